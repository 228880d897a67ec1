"""Who may do what: one table. Each cell is how far the role's right to the action goes; an empty cell is no right."""

from enum import StrEnum
from typing import Final
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
    `pass.move` says that a student arrived, left again or is back, `pass.check` asks what the rules would say.
    `closure.change` closes and opens locations, `absence.change` says who is not on campus, `freeze.change` puts all
    passes on hold. `summon` calls a student; `appointment.make` decides on passes for later, `appointment.ask` asks for
    one.
    """

    ME_VIEW = "me.view"
    SCHOOL_VIEW = "school.view"
    STUDENT_VIEW = "student.view"
    SECTION_VIEW = "section.view"
    LOCATION_VIEW = "location.view"
    LOCATION_CHANGE = "location.change"
    BELLS_CHANGE = "bells.change"
    PASS_TYPE_VIEW = "pass_type.view"
    PASS_VIEW = "pass.view"
    PASS_REQUEST = "pass.request"
    PASS_ISSUE = "pass.issue"
    PASS_DECIDE = "pass.decide"
    PASS_MOVE = "pass.move"
    PASS_CANCEL = "pass.cancel"
    PASS_EXTEND = "pass.extend"
    PASS_END = "pass.end"
    PASS_CHECK = "pass.check"
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
    ROSTER_VIEW = "roster.view"
    ROSTER_IMPORT = "roster.import"
    ACCOUNT_MANAGE = "account.manage"
    TOKEN_MANAGE = "token.manage"


_COLUMNS = (
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
)
_: Final = None
own: Final = Scope.OWN
school: Final = Scope.SCHOOL
all_: Final = Scope.DISTRICT

# fmt: off
TABLE: dict[Action, tuple[Scope | None, ...]] = {
    #                        student guardian teacher  substi- destin. hall    front   school  district integra-
    #                                                  tute    staff   monitor office  admin   admin    tion    kiosk
    Action.ME_VIEW:         (own,    own,    own,      own,    own,    own,    own,    own,    own,     own,    own),
    Action.SCHOOL_VIEW:     (school, school, school,   school, school, school, school, school, all_,    school, school),
    Action.STUDENT_VIEW:    (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.SECTION_VIEW:    (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.LOCATION_VIEW:   (school, _,      school,   school, school, school, school, school, all_,    school, school),
    Action.LOCATION_CHANGE: (_,      _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.BELLS_CHANGE:    (_,      _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.PASS_TYPE_VIEW:  (school, _,      school,   school, school, school, school, school, all_,    school, school),
    Action.PASS_VIEW:       (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.PASS_REQUEST:    (own,    _,      _,        _,      _,      _,      school, school, all_,    school, _),
    Action.PASS_ISSUE:      (_,      _,      school,   school, school, school, school, school, all_,    school, _),
    Action.PASS_DECIDE:     (_,      _,      school,   school, school, _,      school, school, all_,    school, _),
    Action.PASS_MOVE:       (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.PASS_CANCEL:     (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.PASS_EXTEND:     (_,      _,      school,   school, school, _,      school, school, all_,    school, _),
    Action.PASS_END:        (_,      _,      school,   school, school, school, school, school, all_,    school, _),
    Action.RULE_OVERRIDE:   (_,      _,      school,   _,      school, _,      school, school, all_,    _,      _),
    Action.PASS_CHECK:      (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.LINE_MANAGE:     (_,      _,      school,   school, school, school, school, school, all_,    school, _),
    Action.RULE_VIEW:       (_,      _,      school,   school, school, school, school, school, all_,    school, _),
    Action.RULE_CHANGE:     (_,      _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.PASS_TYPE_CHANGE: (_,     _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.GROUP_VIEW:      (_,      _,      _,        _,      _,      _,      school, school, all_,    school, _),
    Action.GROUP_CHANGE:    (_,      _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.ACCOMMODATION_VIEW: (_,   _,      _,        _,      _,      _,      _,      school, all_,    _,      _),
    Action.ACCOMMODATION_CHANGE: (_, _,      _,        _,      _,      _,      _,      school, all_,    _,      _),
    Action.CLOSURE_CHANGE:  (_,      _,      _,        _,      school, school, school, school, all_,    school, _),
    Action.ABSENCE_CHANGE:  (_,      _,      _,        _,      _,      _,      school, school, all_,    school, _),
    Action.FREEZE_CHANGE:   (_,      _,      _,        _,      _,      school, school, school, all_,    school, _),
    Action.DELEGATION_CHANGE: (_,    _,      own,      _,      _,      _,      school, school, all_,    school, _),
    Action.SUMMON:          (_,      _,      _,        _,      school, _,      school, school, all_,    school, _),
    Action.APPOINTMENT_VIEW: (own,   _,      school,   school, school, school, school, school, all_,    school, _),
    Action.APPOINTMENT_MAKE: (_,     _,      school,   _,      school, _,      school, school, all_,    school, _),
    Action.APPOINTMENT_ASK: (own,    _,      _,        _,      _,      _,      _,      _,      _,       _,      _),
    Action.SLOT_PLAN_CHANGE: (_,     _,      _,        _,      school, _,      _,      school, all_,    school, _),
    Action.BOARD_VIEW:      (_,      _,      school,   school, school, school, school, school, all_,    school, _),
    Action.STREAM_VIEW:     (own,    _,      school,   school, school, school, school, school, all_,    school, _),
    Action.EVENTS_VIEW:     (_,      _,      _,        _,      _,      _,      _,      school, all_,    school, _),
    Action.ROSTER_VIEW:     (_,      _,      _,        _,      _,      _,      _,      _,      all_,    all_,   _),
    Action.ROSTER_IMPORT:   (_,      _,      _,        _,      _,      _,      _,      _,      all_,    all_,   _),
    Action.ACCOUNT_MANAGE:  (_,      _,      _,        _,      _,      _,      _,      school, all_,    _,      _),
    Action.TOKEN_MANAGE:    (_,      _,      _,        _,      _,      _,      _,      school, all_,    _,      _),
}
# fmt: on

_BREADTH = {scope: breadth for breadth, scope in enumerate(Scope, start=1)}
_RIGHTS: dict[tuple[Role, Action], Scope] = {
    (role, action): scope
    for action, row in TABLE.items()
    for role, scope in zip(_COLUMNS, row, strict=True)
    if scope is not None
}


def scope_of(role: Role, action: Action) -> Scope | None:
    """How far the role's right to the action goes; `None` when it has none."""
    return _RIGHTS.get((role, action))


def rights_of(role: Role) -> dict[Action, Scope]:
    """Everything the role may do."""
    return {action: scope for action in Action if (scope := scope_of(role, action))}


def covers(role: Role, other: Role) -> bool:
    """Whether `role` may do to others everything that `other` may: only then may it hand `other` out."""
    return all(
        scope is Scope.OWN or ((mine := scope_of(role, action)) is not None and _BREADTH[mine] >= _BREADTH[scope])
        for action, scope in rights_of(other).items()
    )


def require(
    principal: Principal, action: Action, *, school_id: UUID | None = None, person_id: UUID | None = None
) -> Scope:
    """Refuse unless the principal may do this, in this school and about this person where they are given.

    Returns how far the right goes: with `own`, the caller must keep to the rows of `principal.person_id`.
    Raises `NotPermitted` when the role has no such right, and `NotFound` for a school or a person out of reach, so that
    an answer never tells what exists elsewhere.
    """
    scope = scope_of(principal.role, action)
    if scope is None:
        raise NotPermitted(f"Your role ({principal.role}) does not include this.", action=action)
    if school_id is not None and not principal.reaches(school_id):
        raise NotFound("There is no such school, or it is not one of yours.")
    if scope is Scope.OWN and person_id is not None and person_id != principal.person_id:
        raise NotFound("There is no such person, or the record is not yours to see.")
    return scope


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
