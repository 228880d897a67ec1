"""The closed vocabularies of a campus."""

from enum import StrEnum


class LocationKind(StrEnum):
    CLASSROOM = "classroom"
    RESTROOM = "restroom"
    NURSE = "nurse"
    OFFICE = "office"
    LIBRARY = "library"
    COUNSELOR = "counselor"
    FOUNTAIN = "fountain"
    LOCKER = "locker"
    GYM = "gym"
    CAFETERIA = "cafeteria"
    OTHER = "other"


class PersonRole(StrEnum):
    """What a person is to a school, as rosters say it (OneRoster's roles, folded)."""

    STUDENT = "student"
    TEACHER = "teacher"
    AIDE = "aide"
    COUNSELOR = "counselor"
    PROCTOR = "proctor"
    ADMINISTRATOR = "administrator"
    GUARDIAN = "guardian"
    OTHER = "other"
