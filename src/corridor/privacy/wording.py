"""An entry of the access log as a sentence."""

from corridor.identity.access import Look
from corridor.privacy.who_looked import DISCLOSURE, Entry

ROLE_WORDS = {
    "student": "student",
    "guardian": "guardian",
    "teacher": "teacher",
    "substitute": "substitute",
    "destination_staff": "destination staff",
    "hall_monitor": "hall monitor",
    "front_office": "front office",
    "school_admin": "school administrator",
    "district_admin": "district administrator",
    "integration": "program",
    "kiosk": "kiosk",
    "first_responder": "first responder",
}
KIND_WORDS = {Look.RECORD: "One record", Look.LIST: "A list", Look.EXPORT: "A copy", DISCLOSURE: "Disclosure"}
_RECORDS = {
    "record": "the record",
    "student": "today's passes",
    "pass": "a pass",
    "passes": "the passes",
    "appointments": "the appointments",
    "accommodations": "the accommodations",
    "check": "what the rules would say",
    "access log": "who looked",
    "credentials": "that there is a PIN, and the badges",
    "family": "the family's view",
    "records requests": "the family's request",
}
_LISTS = {
    "board": "the board",
    "desk": "a desk's list",
    "class": "a class",
    "line": "a line",
    "events": "the live events",
    "students": "the list of students",
    "search": "the results of a search",
    "sections": "the list of classes",
    "passes": "a list of passes",
    "appointments": "a list of appointments",
    "accommodations": "the accommodations",
    "group": "a group",
    "absences": "who is not on campus",
    "restrictions": "the records that few may see",
    "access log": "the access log",
    "legal holds": "the legal holds",
    "credentials": "the list of PINs and badges",
    "records requests": "the requests about records",
}
FORM_WORDS = {"csv": "as a file", "pdf": "as a PDF", "text": "as text", "json": "as data", "link": "through a link"}


def what_was_seen(entry: Entry, *, whose: bool = True) -> str:
    """Such as "saw the record", or "saw on the board, with 41 others". `whose`: it is one student's own log, so that
    "others" says whom it means."""
    if entry.kind == DISCLOSURE:
        said = f"received who is out and where {FORM_WORDS.get(entry.what, '')}".strip()
        return f"{said}{_company(entry, whose=whose)}"
    if entry.kind == Look.EXPORT:
        return f"took a copy of {_named(entry)}{_company(entry, whose=whose)}"
    if entry.kind == Look.RECORD:
        return f"saw {_RECORDS.get(entry.what, entry.what)}"
    return f"saw {_named(entry)}{_company(entry, whose=whose)}"


def _named(entry: Entry) -> str:
    return _LISTS.get(entry.what) or _RECORDS.get(entry.what) or entry.what


def _company(entry: Entry, *, whose: bool) -> str:
    if whose:
        return f", with {entry.others} other{'s' * (entry.others != 1)}" if entry.others else ""
    return f", {entry.number} student{'s' * (entry.number != 1)}" if entry.number else ""
