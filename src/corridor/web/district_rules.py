"""A district's rules: the same rule, under the same id, in the ledger of every school."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import msgspec

from corridor.base.errors import Conflict, CorridorError, NotFound
from corridor.campus.model import School
from corridor.campus.queries import list_schools
from corridor.day.policy import Rule, RuleText
from corridor.day.state import SchoolState
from corridor.day.words import Level
from corridor.ledger.words import Command
from corridor.passes.api import Services
from corridor.policy.commands import Drop, Keep
from corridor.rules.kinds import in_order, read_rule

_MOST_SCHOOLS = 10_000


class Standing(msgspec.Struct, frozen=True):
    """A rule of the district as most schools have it, how many do, and which do not: it did not reach them, or they
    have an older version of it."""

    rule: Rule
    schools: int
    missing: tuple[School, ...]

    @property
    def text(self) -> RuleText:
        return self.rule.text


async def all_schools(services: Services) -> list[School]:
    return await list_schools(services.database, None, None, _MOST_SCHOOLS)


async def some_state(services: Services) -> SchoolState:
    """The state of any of the district's schools. Raises `NotFound` when there is none."""
    for school in await list_schools(services.database, None, None, 1):
        return await services.ledger.state(school.id)
    raise NotFound("There is no school here yet. An administrator imports the roster first.")


async def standings(services: Services) -> list[Standing]:
    """The district's rules, in the order in which they are asked."""
    schools = await all_schools(services)
    versions: dict[UUID, list[tuple[RuleText, School]]] = {}
    for school in schools:
        for rule in (await services.ledger.state(school.id)).all_rules:
            if rule.text.level is Level.DISTRICT:
                versions.setdefault(rule.id, []).append((rule.text, school))
    found = {rule_id: _standing(held, schools) for rule_id, held in versions.items()}
    return [found[rule.id] for rule in in_order(each.rule for each in found.values())]


async def standing(services: Services, rule_id: UUID) -> Standing:
    """Raises `NotFound`."""
    for each in await standings(services):
        if each.rule.id == rule_id:
            return each
    raise NotFound("The district has no such rule, or someone has removed it.")


async def keep_everywhere(services: Services, by: UUID, text: RuleText, command_id: UUID | None) -> Standing:
    """Have the rule stand in every school. Doing it again reaches those that it had missed.

    Raises what the schools' ledgers raised when it reached none.
    """
    await _everywhere(services, Keep(by, text), command_id)
    return await standing(services, text.id)


async def drop_everywhere(services: Services, by: UUID, rule_id: UUID, command_id: UUID | None) -> None:
    """Remove the rule from every school that has it. Raises `NotFound` when none has, and `Unavailable` when some of
    them could not be reached."""
    errors = await _everywhere(services, Drop(by, "rule", rule_id, Level.DISTRICT), command_id)
    for error in errors:
        if not isinstance(error, NotFound):
            raise error


async def _everywhere(services: Services, command: Command, command_id: UUID | None) -> list[CorridorError]:
    """What went wrong, where it did. Raises it when it went wrong everywhere."""
    schools = await all_schools(services)
    if not schools:
        raise Conflict("There is no school yet that the rule could be for.", code="no_schools")
    answers = await asyncio.gather(
        *(services.ledger.submit(school.id, command, command_id) for school in schools), return_exceptions=True
    )
    errors = []
    for answer in answers:
        if isinstance(answer, CorridorError):
            errors.append(answer)
        elif isinstance(answer, BaseException):
            raise answer
    if len(errors) == len(schools):
        raise errors[0]
    return errors


def _standing(held: Sequence[tuple[RuleText, School]], schools: Sequence[School]) -> Standing:
    texts = [text for text, _ in held]
    newest = max(texts, key=texts.count)
    reached = {school.id for text, school in held if text == newest}
    return Standing(read_rule(newest), len(reached), tuple(each for each in schools if each.id not in reached))
