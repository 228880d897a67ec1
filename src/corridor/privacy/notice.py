"""What is tracked at a school and why, in the words of its actual settings. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from corridor.campus.words import LocationKind
from corridor.day.state import Approval, PassType
from corridor.identity.permissions import COLUMNS, Action, Scope, right_of
from corridor.identity.principal import Role
from corridor.policy.sight import privacy_of
from corridor.privacy.language import Language
from corridor.privacy.notice_facts import Facts
from corridor.privacy.notice_rules import is_told, told
from corridor.privacy.retention_kinds import KEEPINGS, Kind


class KindOfPass(msgspec.Struct, frozen=True):
    """A type of pass in use. `asks` says who lets it begin."""

    name: str
    minutes: int
    most_minutes: int
    asks: str


class Onlooker(msgspec.Struct, frozen=True):
    """A group of people, and what they see."""

    who: str
    sees: str
    health: str


class Kept(msgspec.Struct, frozen=True):
    """What is kept, for how long, and what then becomes of it."""

    what: str
    how_long: str
    then: str


class Notice(msgspec.Struct, frozen=True):
    """The page's parts. `withheld` is how many rules about single students there are, which nobody else may read."""

    school: str
    district: str
    time_zone: str
    passes: Sequence[KindOfPass]
    rules: Sequence[str]
    withheld: int
    kiosks: Sequence[str]
    onlookers: Sequence[Onlooker]
    open_to_staff: bool
    masked: Sequence[str]
    kept: Sequence[Kept]
    programs: Sequence[str]
    providers: Sequence[str]


def notice_of(facts: Facts, language: Language) -> Notice:
    """What is tracked at this school."""
    state = facts.state
    types = sorted(
        (each for each in state.pass_types.values() if each.active), key=lambda each: (each.position, each.name)
    )
    rules = [rule for rule in state.rules if is_told(rule)]
    privacy = privacy_of(state)
    here = {place.kind for place in state.campus.locations.values() if place.active}
    masked = [kind for kind in LocationKind if kind in privacy.masked and kind in here]
    return Notice(
        school=state.campus.school.name,
        district=facts.district,
        time_zone=state.campus.school.time_zone,
        passes=[_kind_of_pass(each, language) for each in types],
        rules=[told(rule, state, language) for rule in rules],
        withheld=len(state.rules) - len(rules),
        kiosks=facts.kiosks,
        onlookers=[_onlooker(role, facts, language, masked=bool(masked)) for role in COLUMNS],
        open_to_staff=privacy.open_to_staff,
        masked=[language.say(PLACES[kind]) for kind in masked],
        kept=[_kept(kind, days, language) for kind, days in facts.kept.items()],
        programs=[_program(role, number, language) for role, number in facts.programs.items()],
        providers=facts.providers,
    )


def _kind_of_pass(each: PassType, language: Language) -> KindOfPass:
    if each.approval is Approval.STAFF:
        asks = language.say("a member of staff approves it")
    else:
        asks = language.say("it begins at once, unless a rule says no")
    return KindOfPass(language.say(each.name), each.minutes, each.most_minutes, asks)


def _onlooker(role: Role, facts: Facts, language: Language, *, masked: bool) -> Onlooker:
    who = language.say(WHO[role])
    if role is Role.GUARDIAN:
        return Onlooker(who, language.say("everything on their own children, and who looked at it"), "")
    if role is Role.FIRST_RESPONDER:
        sees = language.say(
            "in an emergency, who is out of class and where, by a link that the school gives them for a time"
        )
        return Onlooker(who, sees, "")
    scope = right_of(role, Action.PASS_VIEW)
    if scope is Scope.SECTIONS and privacy_of(facts.state).open_to_staff:
        scope = Scope.SCHOOL
    sees = language.say(SEES[scope])
    blind = masked and scope is not None and right_of(role, Action.HEALTH_VIEW) is None
    return Onlooker(who, sees, language.say("where health is concerned, they read “Appointment”") if blind else "")


def _kept(kind: Kind, days: int, language: Language) -> Kept:
    keeping = KEEPINGS[kind]
    if days % 365 == 0:
        how_long = language.count("one year", "%(num)s years", days // 365)
    else:
        how_long = language.count("one day", "%(num)s days", days)
    return Kept(language.say(keeping.title), how_long, language.say(keeping.goes))


def _program(role: str, number: int, language: Language) -> str:
    if role == Role.INTEGRATION:
        return language.count(
            "One program of the district, which reads and writes passes through the interface for programs",
            "%(num)s programs of the district, which read and write passes through the interface for programs",
            number,
        )
    return language.count(
        "One program with the rights of: %(role)s",
        "%(num)s programs with the rights of: %(role)s",
        number,
        role=language.say(WHO[Role(role)]),
    )


WHO: Mapping[Role, str] = {
    Role.STUDENT: "Students",
    Role.GUARDIAN: "Parents and guardians",
    Role.TEACHER: "Teachers",
    Role.SUBSTITUTE: "Substitute teachers",
    Role.DESTINATION_STAFF: "Nurse, counselors, librarians and others who receive students",
    Role.HALL_MONITOR: "Hall monitors and security",
    Role.FRONT_OFFICE: "The front office",
    Role.SCHOOL_ADMIN: "The school's administrators",
    Role.DISTRICT_ADMIN: "The district's administrators",
    Role.INTEGRATION: "Programs that the district has connected",
    Role.KIOSK: "Kiosks",
    Role.FIRST_RESPONDER: "Police, fire and ambulance",
}

SEES: Mapping[Scope | None, str] = {
    None: "nobody's passes; they only take what a student enters there",
    Scope.OWN: "their own passes",
    Scope.SECTIONS: "passes of the students in their own classes",
    Scope.LOCATION: "passes that lead to the place where they work, or begin there",
    Scope.SCHOOL: "passes of all students of the school",
    Scope.DISTRICT: "passes of all students of the district",
}

PLACES: Mapping[LocationKind, str] = {
    LocationKind.CLASSROOM: "classrooms",
    LocationKind.RESTROOM: "restrooms",
    LocationKind.NURSE: "the nurse",
    LocationKind.OFFICE: "the office",
    LocationKind.LIBRARY: "the library",
    LocationKind.COUNSELOR: "the counselor",
    LocationKind.FOUNTAIN: "water fountains",
    LocationKind.LOCKER: "lockers",
    LocationKind.GYM: "the gym",
    LocationKind.CAFETERIA: "the cafeteria",
    LocationKind.OTHER: "other places",
}
