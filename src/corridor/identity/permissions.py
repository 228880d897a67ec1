"""Who may do what: one table. Each cell is how far the role's right to the action goes; an empty cell is no right."""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from corridor.base.errors import NotFound, NotPermitted
from corridor.identity.principal import Principal, Role


class Scope(StrEnum):
    """How far a right goes, narrowest first.

    `own`: the person's own rows. `sections`: the students of sections they teach. `location`: passes to and from the
    place they staff. `school`: the schools they belong to. `district`: every school.
    """

    OWN = "own"
    SECTIONS = "sections"
    LOCATION = "location"
    SCHOOL = "school"
    DISTRICT = "district"


class Action(StrEnum):
    """What can be done.

    `pass.request` asks for a pass that somebody else may have to approve, `pass.issue` makes one at once,
    `pass.move` says that a student arrived, left again or is back, `pass.check` asks what the rules would say,
    `pass.correct` puts right what the record says of one that is over.
    `closure.change` closes and opens locations, `absence.change` says who is not on campus, `freeze.change` puts all
    passes on hold. `summon` calls a student; `appointment.make` decides on passes for later, `appointment.ask` asks for
    one. `health.view` shows that a pass leads to a place whose name tells of a student's health.
    `me.change` is about one's own password, second step and sessions, `credential.change` about students' PINs and
    badges. `access_log.view` shows who looked at a student's record, `family.view` is a guardian's own page,
    `records.ask` and `records.answer` are a family's requests about the record, `disclosure.make` hands records out in
    an emergency. `privacy.change` is what a school shows to whom, `retention.change` how long the district keeps what.
    """

    ME_VIEW = "me.view"
    ME_CHANGE = "me.change"
    SCHOOL_VIEW = "school.view"
    STUDENT_VIEW = "student.view"
    SECTION_VIEW = "section.view"
    LOCATION_VIEW = "location.view"
    LOCATION_CHANGE = "location.change"
    BELLS_CHANGE = "bells.change"
    PASS_TYPE_VIEW = "pass_type.view"
    PASS_VIEW = "pass.view"
    HEALTH_VIEW = "health.view"
    PASS_REQUEST = "pass.request"
    PASS_ISSUE = "pass.issue"
    PASS_DECIDE = "pass.decide"
    PASS_MOVE = "pass.move"
    PASS_CANCEL = "pass.cancel"
    PASS_EXTEND = "pass.extend"
    PASS_END = "pass.end"
    PASS_CHECK = "pass.check"
    PASS_CORRECT = "pass.correct"
    LINE_MANAGE = "line.manage"
    RULE_OVERRIDE = "rule.override"
    RULE_VIEW = "rule.view"
    RULE_CHANGE = "rule.change"
    PASS_TYPE_CHANGE = "pass_type.change"
    GROUP_VIEW = "group.view"
    GROUP_CHANGE = "group.change"
    ACCOMMODATION_VIEW = "accommodation.view"
    ACCOMMODATION_CHANGE = "accommodation.change"
    CLOSURE_CHANGE = "closure.change"
    ABSENCE_CHANGE = "absence.change"
    FREEZE_CHANGE = "freeze.change"
    DELEGATION_CHANGE = "delegation.change"
    SUMMON = "summon"
    APPOINTMENT_VIEW = "appointment.view"
    APPOINTMENT_MAKE = "appointment.make"
    APPOINTMENT_ASK = "appointment.ask"
    SLOT_PLAN_CHANGE = "slot_plan.change"
    BOARD_VIEW = "board.view"
    STREAM_VIEW = "stream.view"
    EVENTS_VIEW = "events.view"
    KIOSK_USE = "kiosk.use"
    CREDENTIAL_CHANGE = "credential.change"
    DEVICE_MANAGE = "device.manage"
    ROSTER_VIEW = "roster.view"
    ROSTER_IMPORT = "roster.import"
    ACCOUNT_MANAGE = "account.manage"
    TOKEN_MANAGE = "token.manage"
    SIGN_IN_CHANGE = "sign_in.change"
    AUDIT_VIEW = "audit.view"
    FAMILY_VIEW = "family.view"
    FAMILY_INVITE = "family.invite"
    RECORDS_ASK = "records.ask"
    RECORDS_ANSWER = "records.answer"
    ACCESS_LOG_VIEW = "access_log.view"
    DISCLOSURE_MAKE = "disclosure.make"
    RESPONDER_VIEW = "responder.view"
    PRIVACY_CHANGE = "privacy.change"
    RETENTION_CHANGE = "retention.change"
    LEGAL_HOLD_CHANGE = "legal_hold.change"


COLUMNS = (
    Role.STUDENT,
    Role.GUARDIAN,
    Role.TEACHER,
    Role.SUBSTITUTE,
    Role.DESTINATION_STAFF,
    Role.HALL_MONITOR,
    Role.FRONT_OFFICE,
    Role.SCHOOL_ADMIN,
    Role.DISTRICT_ADMIN,
    Role.INTEGRATION,
    Role.KIOSK,
    Role.FIRST_RESPONDER,
)

_TABLE = """
#                                              substi- dest.  hall    front  school district integ-        first
#                     student guardian teacher tute    staff  monitor office admin  admin    ration kiosk  responder

# oneself and the campus
me.view               own     own      own     own     own    own     own    own    own      own    own    own
me.change             own     own      own     own     own    own     own    own    own      -      -      -
school.view           school  school   school  school  school school  school school all      school school school
student.view          own     -        class   class   school school  school school all      school -      -
section.view          own     -        class   class   school school  school school all      school -      -
location.view         school  -        school  school  school school  school school all      school school school
location.change       -       -        -       -       -      -       -      school all      school -      -
bells.change          -       -        -       -       -      -       -      school all      school -      -

# passes
pass_type.view        school  -        school  school  school school  school school all      school school school
pass.view             own     -        class   class   place  school  school school all      school -      -
health.view           own     own      class   class   place  -       school school all      -      -      -
pass.request          own     -        -       -       -      -       school school all      school -      -
pass.issue            -       -        class   class   place  school  school school all      school -      -
pass.decide           -       -        class   class   place  -       school school all      school -      -
pass.move             own     -        class   class   place  school  school school all      school -      -
pass.cancel           own     -        class   class   place  school  school school all      school -      -
pass.extend           -       -        class   class   place  -       school school all      school -      -
pass.end              -       -        class   class   place  school  school school all      school -      -
pass.check            own     -        class   class   place  school  school school all      school -      -
pass.correct          -       -        -       -       -      -       -      school all      -      -      -
line.manage           -       -        class   class   place  school  school school all      school -      -
rule.override         -       -        class   -       place  -       school school all      -      -      -

# what a school decides
rule.view             -       -        school  school  school school  school school all      school -      -
rule.change           -       -        -       -       -      -       -      school all      school -      -
pass_type.change      -       -        -       -       -      -       -      school all      school -      -
group.view            -       -        -       -       -      -       school school all      school -      -
group.change          -       -        -       -       -      -       -      school all      school -      -
accommodation.view    -       -        -       -       -      -       -      school all      -      -      -
accommodation.change  -       -        -       -       -      -       -      school all      -      -      -
closure.change        -       -        -       -       place  school  school school all      school -      -
absence.change        -       -        -       -       -      -       school school all      school -      -
freeze.change         -       -        -       -       -      school  school school all      school -      -
delegation.change     -       -        own     -       -      -       school school all      school -      -
summon                -       -        -       -       place  -       school school all      school -      -
appointment.view      own     -        class   class   place  school  school school all      school -      -
appointment.make      -       -        class   -       place  -       school school all      school -      -
appointment.ask       own     -        -       -       -      -       -      -      -        -      -      -
slot_plan.change      -       -        -       -       place  -       -      school all      school -      -

# the live day
board.view            -       -        class   class   place  school  school school all      school -      -
stream.view           own     -        class   class   place  school  school school all      school -      -
events.view           -       -        -       -       -      -       -      school all      school -      -
kiosk.use             -       -        -       -       -      -       -      -      -        -      place  -
credential.change     own     -        class   -       -      -       school school all      -      -      -
device.manage         -       -        -       -       -      -       school school all      -      -      -

# administration
roster.view           -       -        -       -       -      -       -      -      all      all    -      -
roster.import         -       -        -       -       -      -       -      -      all      all    -      -
account.manage        -       -        -       -       -      -       -      school all      -      -      -
token.manage          -       -        -       -       -      -       -      school all      -      -      -
sign_in.change        -       -        -       -       -      -       -      -      all      -      -      -
audit.view            -       -        -       -       -      -       -      school all      -      -      -

# families and privacy
family.view           -       own      -       -       -      -       -      -      -        -      -      -
family.invite         -       -        -       -       -      -       school school all      -      -      -
records.ask           -       own      -       -       -      -       -      -      -        -      -      -
records.answer        -       -        -       -       -      -       -      school all      -      -      -
access_log.view       -       own      -       -       -      -       -      school all      -      -      -
disclosure.make       -       -        -       -       -      -       school school all      -      -      -
responder.view        -       -        -       -       -      -       -      -      -        -      -      school
privacy.change        -       -        -       -       -      -       -      school all      -      -      -
retention.change      -       -        -       -       -      -       -      -      all      -      -      -
legal_hold.change     -       -        -       -       -      -       -      school all      -      -      -
"""

_CELLS = {
    "own": Scope.OWN,
    "class": Scope.SECTIONS,
    "place": Scope.LOCATION,
    "school": Scope.SCHOOL,
    "all": Scope.DISTRICT,
    "-": None,
}


def _read(table: str) -> dict[Action, tuple[Scope | None, ...]]:
    rows = (line.split() for line in table.splitlines() if line and not line.startswith("#"))
    return {Action(name): tuple(_CELLS[cell] for cell in cells) for name, *cells in rows}


TABLE = _read(_TABLE)
_BREADTH = {scope: breadth for breadth, scope in enumerate(Scope, start=1)}
_RIGHTS: dict[tuple[Role, Action], Scope] = {
    (role, action): scope
    for action, row in TABLE.items()
    for role, scope in zip(COLUMNS, row, strict=True)
    if scope is not None
}


def right_of(role: Role, action: Action) -> Scope | None:
    """How far the role's right to the action goes; `None` when it has none."""
    return _RIGHTS.get((role, action))


def rights_of(role: Role) -> dict[Action, Scope]:
    """Everything the role may do."""
    return {action: scope for action in Action if (scope := right_of(role, action))}


def scope_of(principal: Principal, action: Action) -> Scope | None:
    """How far this principal's right goes: that of the role, unless a token was made for less."""
    if principal.actions is not None and action not in principal.actions:
        return None
    return _RIGHTS.get((principal.role, action))


def covers(role: Role, other: Role, actions: Collection[Action] | None = None) -> bool:
    """Whether `role` may do to others everything that `other` may, or these `actions` of it: only then may it hand
    `other` out."""
    return all(
        scope is Scope.OWN or ((mine := right_of(role, action)) is not None and _BREADTH[mine] >= _BREADTH[scope])
        for action, scope in rights_of(other).items()
        if actions is None or action in actions
    )


def require(
    principal: Principal, action: Action, *, school_id: UUID | None = None, person_id: UUID | None = None
) -> Scope:
    """Refuse unless the principal may do this, in this school and about this person where they are given.

    Returns how far the right goes: with `own`, the caller must keep to the rows of `principal.own_ids`; `sections` and
    `location` are resolved by `corridor.policy.sight`.
    Raises `NotPermitted` when the role has no such right, and `NotFound` for a school or a person out of reach, so that
    an answer never tells what exists elsewhere.
    """
    scope = scope_of(principal, action)
    if scope is None:
        raise not_included(principal, action)
    if school_id is not None and not principal.reaches(school_id):
        raise NotFound("There is no such school, or it is not one of yours.")
    if scope is Scope.OWN and person_id is not None and person_id not in principal.own_ids:
        raise NotFound("There is no such person, or the record is not yours to see.")
    return scope


def not_included(principal: Principal, action: Action) -> NotPermitted:
    """The refusal of who may not do this."""
    if right_of(principal.role, action):
        return NotPermitted("This token was not made for this.", code="insufficient_scope", action=action)
    return NotPermitted(f"Your role ({principal.role}) does not include this.", action=action)


def require_district(principal: Principal, action: Action) -> None:
    """Refuse unless the principal may do this to the whole district, which a limit to some schools rules out."""
    if require(principal, action) is not Scope.DISTRICT or principal.school_ids is not None:
        raise NotPermitted("This concerns the whole district; your rights do not.", action=action)


def person_limit(principal: Principal, action: Action) -> UUID | None:
    """The one person whose rows the principal may reach with this action; `None` when it is not bound to one."""
    if require(principal, action) is not Scope.OWN:
        return None
    if principal.person_id is None:
        raise NotPermitted("This is about a person's own records, and no roster person stands behind your account.")
    return principal.person_id
