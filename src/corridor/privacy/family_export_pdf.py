"""The whole record of a student as a PDF, in the family's language."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from corridor.base.pdf import make_pdf
from corridor.day.state import EndedHow
from corridor.privacy.family_export import PassRecord, RequestRecord, StudentRecord
from corridor.privacy.family_view import ENDED, how_it_went, minutes_in, role_words
from corridor.privacy.language import Language

_TEMPLATE = Path(__file__).parent / "documents" / "record.typ"


async def as_pdf(record: StudentRecord, language: Language) -> bytes:
    _ = language.say
    data = {
        "title": _("The record of %(name)s", name=record.name),
        "lang": language.code,
        "summary": _(
            "Everything that %(school)s keeps on this student in Corridor, as of %(date)s.",
            school=record.school,
            date=language.moment(record.made_at, record.time_zone),
        ),
        "sections": [section for section in _sections(record, language) if section["rows"] or section["always"]],
        "none": _("Nothing."),
        "footer": record.name,
    }
    return await make_pdf(_TEMPLATE, data, record.made_at)


def _sections(record: StudentRecord, language: Language) -> Iterable[dict[str, Any]]:
    _, at = language.say, _Clock(record.time_zone, language)
    known = [(_(_FACTS[name]), str(value)) for name, value in record.student.items() if value and name in _FACTS]
    yield _section(_("The student"), [_("What"), ""], known, always=True)
    yield _section(
        _("Guardians"),
        [_("Name"), _("From"), ""],
        [
            (
                each["name"],
                _("the roster") if each["from_roster"] else _("an invitation"),
                _("ended by the school") if each["ended_by_school"] else "",
            )
            for each in record.guardians
        ],
    )
    yield _section(_("Classes"), [_("Class")], [(each["title"],) for each in record.classes if each["active"]])
    yield _section(
        _("The family's statements, which stay with the record"),
        [_("When"), _("Statement"), _("The school's answer")],
        [_request(each, at, language) for each in record.statements],
    )
    yield _section(
        _("Passes"),
        [_("When"), _("To"), _("Time"), _("How it went"), _("Written on it")],
        [_pass(each, at, language) for each in record.passes],
        always=True,
    )
    yield _section(
        _("Corrections of passes"),
        [_("When"), _("What it said before"), _("What it says now"), _("Why")],
        [
            (at(each.at), _changed(each.before, at, language), _changed(each.after, at, language), each.note)
            for each in record.corrections
        ],
    )
    yield _section(
        _("Passes that rules refused"),
        [_("When"), _("To"), _("Rules")],
        [(at(each.at), each.destination, ", ".join(each.rules)) for each in record.refusals],
    )
    for title, some in (
        (_("Appointments"), record.appointments),
        (_("Accommodations"), record.accommodations),
        (_("Groups"), record.groups),
        (_("Absences"), record.absences),
    ):
        yield _section(title, [_("Set on"), _("What")], [(at(each["set_at"]), _facts(each)) for each in some])
    yield _section(_("Rules about this student"), [_("Rule")], [(_(each),) for each in record.rules_about_the_student])
    yield _section(
        _("Account and badges"),
        [_("What"), _("Since")],
        [
            *(
                (f"{each['username']} ({role_words(each['role'], language)})", at(each["created_at"]))
                for each in record.accounts
            ),
            *((_("Badge"), at(each["assigned_at"])) for each in record.badges),
            *([(_("PIN for kiosks"), at(record.kiosk_pin_set_at))] if record.kiosk_pin_set_at else []),
        ],
    )
    yield _section(
        _("The family's other requests"),
        [_("When"), _("Request"), _("The school's answer")],
        [_request(each, at, language) for each in record.requests],
    )
    yield _section(
        _("Who looked at the record"),
        [_("When"), _("Who"), _("What"), _("Why")],
        [
            (
                at(each.at),
                f"{each.who} ({role_words(each.role, language)})",
                _(_LOOKS.get(each.kind, each.kind)),
                " ".join(filter(None, (each.why, each.given_to))),
            )
            for each in record.looks
        ],
        always=True,
    )


class _Clock:
    """Dates and times on the school's clock, short, for tables."""

    def __init__(self, time_zone: str, language: Language) -> None:
        self._zone = ZoneInfo(time_zone)
        self._language = language

    def __call__(self, instant: datetime | None) -> str:
        return f"{instant.astimezone(self._zone):%Y-%m-%d %H:%M}" if instant else ""


def _section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, always: bool = False
) -> dict[str, Any]:
    return {"title": title, "columns": columns, "rows": [list(row) for row in rows], "always": always}


def _pass(each: PassRecord, at: _Clock, language: Language) -> tuple[str, ...]:
    written = [each.reason, each.deny_reason, each.lift_reason]
    return (
        at(each.started_at or each.requested_at),
        f"{each.destination} ({language.say(each.pass_type)})",
        minutes_in(each.seconds, language) if each.seconds else "",
        how_it_went(each, language),
        "; ".join(filter(None, written)),
    )


def _request(each: RequestRecord, at: _Clock, language: Language) -> tuple[str, ...]:
    return (
        at(each.asked_at),
        each.words or language.say(_KINDS[each.kind.value]),
        " ".join(filter(None, (language.say(_ANSWERED[each.status.value]), each.answer))),
    )


def _changed(values: Mapping[str, Any], at: _Clock, language: Language) -> str:
    """What of a pass was corrected, such as "Ended: 2026-10-06 08:37"."""
    told = {_CHANGED[name]: value for name, value in values.items() if name in _CHANGED}
    return "; ".join(f"{language.say(name)}: {_said(value, at, language)}" for name, value in told.items())


def _said(value: Any, at: _Clock, language: Language) -> str:
    if isinstance(value, datetime):
        return at(value)
    if isinstance(value, EndedHow):
        return language.say(ENDED[value])
    return str(value or "-")


def _facts(known: Mapping[str, Any]) -> str:
    """What of a decision says anything, as it is set."""
    told = [f"{name}: {value}" for name, value in known.items() if value not in (None, [], "") and name != "set_at"]
    return "; ".join(told)


_FACTS: Mapping[str, str] = {
    "given_name": "Given name",
    "middle_name": "Middle name",
    "family_name": "Family name",
    "preferred_given_name": "Preferred given name",
    "preferred_family_name": "Preferred family name",
    "pronouns": "Pronouns",
    "identifier": "Student ID",
    "username": "Username",
    "email": "E-mail address",
    "phone": "Phone",
    "grade": "Grade",
}
_CHANGED: Mapping[str, str] = {
    "started_at": "Began",
    "arrived_at": "Arrived",
    "departed_at": "Left again",
    "ended_at": "Ended",
    "ended_how": "How it went",
    "destination": "To",
}
_LOOKS: Mapping[str, str] = {
    "record": "saw the record",
    "list": "saw a list with this student on it",
    "export": "took a copy of the record",
    "disclosure": "was given it in an emergency",
}
_KINDS: Mapping[str, str] = {
    "inspect": "See the whole record",
    "amend": "Have something put right",
    "restrict": "Limit who may see it",
}
_ANSWERED: Mapping[str, str] = {
    "open": "not answered yet",
    "delivered": "delivered",
    "accepted": "accepted",
    "declined": "declined",
    "withdrawn": "taken back",
}
