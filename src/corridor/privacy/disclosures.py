"""Handing out who is out and where in an emergency, on record before anything is shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from corridor.base.errors import NotPermitted
from corridor.base.ids import new_id
from corridor.day.state import SchoolState
from corridor.identity.links import ResponderLink
from corridor.identity.names import names_of
from corridor.identity.permissions import Action, require, scope_of
from corridor.identity.principal import Principal
from corridor.ledger.words import Answer
from corridor.policy.sight import sight_of
from corridor.privacy.access_log import RecordsLedger, shortened
from corridor.privacy.commands import Form, MakeDisclosure
from corridor.privacy.out_now import OutNow, out_now

_LIST = """
    SELECT id, at, by, by_role, person_id, form, threat, parties, number, unmasked, link_id, address
    FROM disclosure WHERE school_id = %s ORDER BY at DESC, seq DESC LIMIT %s"""
_LINKS = """
    SELECT id, threat, parties, unmasked, made_at, made_by, expires_at, revoked_at
    FROM responder_link WHERE school_id = %s ORDER BY made_at DESC LIMIT %s"""
_MOST_LISTED = 200
_GONE = "Somebody who has left"


class DisclosureView(msgspec.Struct, frozen=True):
    """`form` is csv, pdf, text, json or link; `number` how many students' records were handed out. `link_id` is the
    link through which they were seen."""

    id: UUID
    at: datetime
    by: UUID
    by_name: str
    by_role: str
    form: str
    threat: str
    parties: str
    number: int
    unmasked: bool
    link_id: UUID | None
    address: str


class LinkView(msgspec.Struct, frozen=True):
    """A link for first responders. `stands`: it can be opened now. Its secret is not kept."""

    id: UUID
    threat: str
    parties: str
    unmasked: bool
    made_at: datetime
    made_by: UUID
    made_by_name: str
    expires_at: datetime
    revoked_at: datetime | None
    stands: bool


def may_unmask(state: SchoolState, principal: Principal, now: datetime) -> bool:
    """Whether they may hand out places that tell of health: who may see all of those themselves."""
    return scope_of(principal, Action.HEALTH_VIEW) is not None and (
        sight_of(state, principal, Action.HEALTH_VIEW, now).everyone
    )


def must_unmask(state: SchoolState, principal: Principal, now: datetime) -> None:
    """Raises `NotPermitted`."""
    if not may_unmask(state, principal, now):
        raise NotPermitted("You may hand out the list, but not the places that tell of a student's health.")


async def disclose(
    records: RecordsLedger,
    state: SchoolState,
    maker: Principal,
    form: Form,
    *,
    threat: str,
    parties: str,
    unmasked: bool,
    address: str,
) -> OutNow:
    """What may be handed out, once it is on record that it was.

    Raises `NotPermitted`, `NotFound` for a school out of reach, `InvalidInput` without a threat or parties.
    """
    now = records.clock.now()
    school_id = state.campus.school.id
    require(maker, Action.DISCLOSURE_MAKE, school_id=school_id)
    if unmasked:
        must_unmask(state, maker, now)
    out = out_now(state, now, unmasked=unmasked)
    await _record(records, school_id, maker, form, out, threat, parties, unmasked, None, address)
    return out


async def show_through(
    records: RecordsLedger, state: SchoolState, viewer: Principal, link: ResponderLink, address: str
) -> OutNow:
    """What the link shows now, once it is on record whom it showed."""
    out = out_now(state, records.clock.now(), unmasked=link.unmasked)
    await _record(
        records, link.school_id, viewer, Form.LINK, out, link.threat, link.parties, link.unmasked, link.id, address
    )
    return out


async def _record(
    records: RecordsLedger,
    school_id: UUID,
    by: Principal,
    form: Form,
    out: OutNow,
    threat: str,
    parties: str,
    unmasked: bool,
    link_id: UUID | None,
    address: str,
) -> Answer:
    command = MakeDisclosure(
        disclosure_id=new_id(),
        by=by.id,
        by_kind=by.kind,
        by_role=by.role,
        person_id=by.person_id,
        form=form,
        threat=threat,
        parties=parties,
        student_ids=out.student_ids,
        unmasked=unmasked,
        link_id=link_id,
        address=shortened(address),
    )
    return await records.record(school_id, command)


async def list_disclosures(
    connection: psycopg.AsyncConnection[Any], school_id: UUID, limit: int = _MOST_LISTED
) -> list[DisclosureView]:
    """The newest first. Who may ask is the caller's to check."""
    rows = await (await connection.execute(_LIST, [school_id, limit])).fetchall()
    names = await names_of(connection, {id for row in rows for id in (row[2], row[4]) if id})
    return [
        DisclosureView(
            id=id,
            at=at,
            by=by,
            by_name=names.get(person_id) or names.get(by) or _GONE,
            by_role=by_role,
            form=form,
            threat=threat,
            parties=parties,
            number=number,
            unmasked=unmasked,
            link_id=link_id,
            address=address,
        )
        for id, at, by, by_role, person_id, form, threat, parties, number, unmasked, link_id, address in rows
    ]


async def list_links(
    connection: psycopg.AsyncConnection[Any], school_id: UUID, now: datetime, limit: int = _MOST_LISTED
) -> list[LinkView]:
    """The newest first. Who may ask is the caller's to check."""
    rows = await (await connection.execute(_LINKS, [school_id, limit])).fetchall()
    names = await names_of(connection, {row[5] for row in rows})
    return [
        LinkView(
            id=id,
            threat=threat,
            parties=parties,
            unmasked=unmasked,
            made_at=made_at,
            made_by=made_by,
            made_by_name=names.get(made_by, _GONE),
            expires_at=expires_at,
            revoked_at=revoked_at,
            stands=revoked_at is None and now < expires_at,
        )
        for id, threat, parties, unmasked, made_at, made_by, expires_at, revoked_at in rows
    ]
