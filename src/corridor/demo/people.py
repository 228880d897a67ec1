"""The people of a made-up school: households with students and guardians, and the staff besides the teachers."""

from collections.abc import Sequence
from random import Random

import msgspec

from corridor.demo.names import FullName, Namer, user_name
from corridor.demo.plan import MAIL_DOMAIN, Person

_DOMAINS = {"stu": f"students.{MAIL_DOMAIN}", "stf": MAIL_DOMAIN, "gua": f"families.{MAIL_DOMAIN}"}
_CHILDREN = (1, 2, 3)
_CHILDREN_WEIGHTS = (75, 21, 4)
_GUARDIAN_ROLES = ("parent", "guardian", "relative")
_GUARDIAN_ROLE_WEIGHTS = (82, 12, 6)

# (role, students per person): every school has one of each at least.
_STAFF_RATIOS = (
    ("principal", 100_000),
    ("siteAdministrator", 800),
    ("counselor", 400),
    ("ext:nurse", 1500),
    ("ext:librarian", 2000),
    ("ext:office", 400),
    ("proctor", 400),
    ("aide", 400),
)


def draw_families(
    random: Random, school: int, grades: Sequence[str], students: int, guardian_share: float
) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    """A school's students, evenly spread over its grades, and the guardians on record."""
    namer = Namer(random)
    grade_of = [grades[number % len(grades)] for number in range(students)]
    random.shuffle(grade_of)
    everybody: list[Person] = []
    guardians: list[Person] = []
    while len(everybody) < students:
        children = min(random.choices(_CHILDREN, _CHILDREN_WEIGHTS)[0], students - len(everybody))
        child_ids = tuple(_id("stu", school, len(everybody) + nth) for nth in range(children))
        language = namer.language()
        family = namer.family(language)
        adults = random.choice((1, 2)) if random.random() < guardian_share else 0
        guardian_ids = tuple(_id("gua", school, len(guardians) + nth) for nth in range(adults))
        for nth in range(adults):
            own_family = namer.family(language) if nth and random.random() < 0.3 else family
            name = namer.person(language, own_family, preferred=0.02, pronouns=0)
            role = random.choices(_GUARDIAN_ROLES, _GUARDIAN_ROLE_WEIGHTS)[0]
            guardian = _person("gua", school, len(guardians), name, role)
            phone = f"+1 555 555 01{random.randrange(100):02d}"
            guardians.append(msgspec.structs.replace(guardian, phone=phone, agent_ids=child_ids))
        for _ in range(children):
            name = namer.person(language, family, preferred=0.09, pronouns=0.14)
            student = _person("stu", school, len(everybody), name, "student")
            grade = grade_of[len(everybody)]
            everybody.append(msgspec.structs.replace(student, grade=grade, agent_ids=guardian_ids))
    return tuple(everybody), tuple(guardians)


def draw_staff(random: Random, school: int, students: int, teachers: int) -> tuple[Person, ...]:
    """Teachers first, then everybody else who works at the school."""
    roles = ["teacher"] * teachers
    for role, ratio in _STAFF_RATIOS:
        roles += [role] * max(1, round(students / ratio))
    return _staff(random, school, roles)


def draw_central_office(random: Random) -> tuple[Person, ...]:
    """Those who work for the whole district."""
    return _staff(random, -1, ("districtAdministrator", "districtAdministrator", "systemAdministrator"))


def _staff(random: Random, school: int, roles: Sequence[str]) -> tuple[Person, ...]:
    namer = Namer(random)
    staff = []
    for number, role in enumerate(roles):
        language = namer.language()
        name = namer.person(language, namer.family(language), preferred=0.04, pronouns=0.3)
        staff.append(_person("stf", school, number, name, role))
    return tuple(staff)


def _id(prefix: str, school: int, number: int) -> str:
    return f"{prefix}-{school + 1:02d}-{number + 1:04d}"


def _person(prefix: str, school: int, number: int, name: FullName, role: str) -> Person:
    digits = f"{school + 1:02d}{number + 1:04d}"
    known_as = user_name(name, str(int(digits)) if prefix == "stu" else f"{prefix[0]}{int(digits)}")
    return Person(
        id=_id(prefix, school, number),
        user_name=known_as,
        email=f"{known_as}@{_DOMAINS[prefix]}",
        number=f"1{digits}" if prefix == "stu" else f"{prefix[0].upper()}{digits}",
        name=name,
        role=role,
    )
