"""The campus tables that a roster fills row by row, in the order in which they refer to each other."""

from corridor.campus.roster.matching import Target
from corridor.campus.roster.records import Kind

SCHOOLS = Target(Kind.SCHOOLS, "school", ("name", "identifier"))
TERMS = Target(Kind.TERMS, "term", ("title", "kind", "starts_on", "ends_on", "parent_id", "school_year"))
COURSES = Target(Kind.COURSES, "course", ("school_id", "title", "code"))
PEOPLE = Target(
    Kind.PEOPLE,
    "person",
    (
        *("given_name", "middle_name", "family_name", "preferred_given_name", "preferred_family_name", "pronouns"),
        *("identifier", "username", "email", "phone", "grade", "may_sign_in"),
    ),
)
SECTIONS = Target(Kind.SECTIONS, "section", ("school_id", "course_id", "title", "code", "kind"))
ENROLLMENTS = Target(
    Kind.ENROLLMENTS, "enrollment", ("section_id", "person_id", "role", "is_primary", "begins_on", "ends_on")
)
