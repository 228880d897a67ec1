"""Who stands in for whom, as pages show it and forms ask for it."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import FormMultiDict

from corridor.base.errors import InvalidInput
from corridor.campus.model import Campus, Section
from corridor.campus.starters import natural_order
from corridor.day.policy import Delegation
from corridor.day.state import SchoolState
from corridor.passes.teacher_desk import uuid_in


class Standing(StrEnum):
    TODAY = "today"
    COMING = "coming"
    PAST = "past"


class Row(msgspec.Struct, frozen=True):
    """`words` say who does what for whom, `dates` when."""

    id: UUID
    words: str
    dates: str
    ends_on: date


class Typed(msgspec.Struct, frozen=True):
    """The form as it was typed, or as it begins."""

    starts_on: str
    ends_on: str
    to_id: str = ""
    substitute: bool = True
    section_ids: frozenset[str] = frozenset()


def rows_of(state: SchoolState, delegations: Sequence[Delegation], today: date) -> dict[Standing, list[Row]]:
    """In words, by when they hold; the past ones the newest first."""
    rows: dict[Standing, list[Row]] = {standing: [] for standing in Standing}
    for each in sorted(delegations, key=lambda each: (each.starts_on, each.id)):
        standing = Standing.COMING if today < each.starts_on else Standing.TODAY
        rows[Standing.PAST if each.ends_on < today else standing].append(_row(state.campus, each))
    rows[Standing.PAST].sort(key=lambda row: row.ends_on, reverse=True)
    return rows


def sections_taught(campus: Campus, teacher_id: UUID) -> list[Section]:
    taught = [section for section in campus.sections.values() if teacher_id in section.teacher_ids]
    return sorted(taught, key=lambda section: (natural_order(section.title), section.id))


def teachers(campus: Campus) -> list[tuple[UUID, str]]:
    """Those who teach a section, by name."""
    ids = {id for section in campus.sections.values() for id in section.teacher_ids}
    return by_name((id, name) for id, name in campus.staff.items() if id in ids)


def by_name(people: Any) -> list[tuple[UUID, str]]:
    return sorted(people, key=lambda person: (person[1].rpartition(" ")[2].casefold(), person[1].casefold()))


def read_form(form: FormMultiDict) -> Typed:
    return Typed(
        str(form.get("starts_on", "")),
        str(form.get("ends_on", "")),
        str(form.get("to_id", "")),
        form.get("what", "substitute") == "substitute",
        frozenset(map(str, form.getall("section", []))),
    )


def delegation_from(typed: Typed, id: UUID, teacher_id: UUID) -> Delegation:
    """Raises `InvalidInput` for what cannot be read."""
    to_id = uuid_in(typed.to_id)
    if to_id is None:
        raise InvalidInput("Choose who stands in.", field="to_id")
    starts_on = _day(typed.starts_on, "starts_on")
    return Delegation(
        id=id,
        teacher_id=teacher_id,
        to_id=to_id,
        starts_on=starts_on,
        ends_on=_day(typed.ends_on, "ends_on") if typed.ends_on.strip() else starts_on,
        section_ids=frozenset(section_id for text in typed.section_ids if (section_id := uuid_in(text))),
        substitute=typed.substitute,
    )


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInput("Give the day as 2026-11-24.", field=field) from None


def _row(campus: Campus, each: Delegation) -> Row:
    teacher = campus.staff.get(each.teacher_id, "A former teacher")
    other = campus.staff.get(each.to_id, "someone who left")
    titles = sorted(campus.sections[id].title for id in each.section_ids if id in campus.sections)
    what = f" in {', '.join(titles)}" if titles else ""
    words = (
        f"{other} stands in for {teacher}{what}."
        if each.substitute
        else f"{teacher} is out of office: requests{what} go to {other} too."
    )
    first, last = _spoken(each.starts_on), _spoken(each.ends_on)
    return Row(each.id, words, first if first == last else f"{first} to {last}", each.ends_on)


def _spoken(day: date) -> str:
    return f"{day:%A, %B} {day.day}, {day.year}"
