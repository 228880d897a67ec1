"""What can be set of a rule, as typed fields: its parameters, read from their struct, and its scope. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from corridor.day.policy import Rule
from corridor.day.words import Channel
from corridor.rules.kind import Kind


class FieldType(StrEnum):
    """`number`: whole, within bounds. `choice`: one of `labels`. `yes_no`. `spans`: any number of from-to times.
    `picks`: any number of what `source` has, `pick`: one of it or none. `date`: a date or none."""

    NUMBER = "number"
    CHOICE = "choice"
    YES_NO = "yes_no"
    SPANS = "spans"
    PICKS = "picks"
    PICK = "pick"
    DATE = "date"


class Field(msgspec.Struct, frozen=True):
    """A value of a rule that can be changed. `path` says where it stands, such as "params.most" or "scope.grades".

    `labels` are its values in words; the value `unsaid` is not worth a word in a plain sentence. `words` say the value
    in a sentence, "{}" standing for it; `empty` is said when nothing is set, `asks` while that can be changed.
    """

    path: str
    type: FieldType
    title: str
    least: int | None = None
    most: int | None = None
    labels: Mapping[Any, str] = {}
    unsaid: Any = None
    source: str = ""
    words: str = "{}"
    empty: str = ""
    asks: str = ""

    @property
    def name(self) -> str:
        return self.path.partition(".")[2]

    def value_in(self, rule: Rule) -> Any:
        return getattr(rule.params if self.path.startswith("params.") else rule.scope, self.name)


CHANNEL_LABELS: Mapping[Channel, str] = {
    Channel.STUDENT: "students ask on their device",
    Channel.KIOSK: "students ask at a kiosk",
    Channel.STAFF: "staff issue it",
    Channel.APPOINTMENT: "it is for an appointment",
    Channel.SUMMONS: "a student is summoned",
}

_SOURCES = {
    "group_ids": "groups",
    "student_ids": "students",
    "zone_ids": "zones",
    "instead_id": "locations",
}
_TYPES: Mapping[type[inspect.Type], FieldType] = {
    inspect.IntType: FieldType.NUMBER,
    inspect.LiteralType: FieldType.CHOICE,
    inspect.BoolType: FieldType.YES_NO,
    inspect.VarTupleType: FieldType.SPANS,
    inspect.FrozenSetType: FieldType.PICKS,
    inspect.UnionType: FieldType.PICK,
}


def _picks(name: str, title: str, source: str) -> Field:
    return Field(f"scope.{name}", FieldType.PICKS, title, source=source)


WHOM: Sequence[Field] = (
    _picks("grades", "In grade", "grades"),
    _picks("group_ids", "In group", "groups"),
    _picks("student_ids", "Students", "students"),
)
WHAT: Sequence[Field] = (
    _picks("pass_type_ids", "Type of pass", "pass_types"),
    _picks("location_ids", "To these places", "locations"),
    _picks("zone_ids", "To zones", "zones"),
)
WHEN: Sequence[Field] = (
    _picks("periods", "In period", "periods"),
    Field("scope.starts_on", FieldType.DATE, "From"),
    Field("scope.ends_on", FieldType.DATE, "Until"),
    Field("scope.channels", FieldType.PICKS, "Only when", source="channels", labels=CHANNEL_LABELS),
)


@cache
def params_of(kind: Kind) -> Mapping[str, Field]:
    """The parameters of a kind, by name."""
    info = inspect.type_info(kind.params)
    assert isinstance(info, inspect.StructType)
    return {field.name: _field(field) for field in info.fields}


def fields_of(kind: Kind) -> list[Field]:
    """Everything that can be set of a rule of this kind, but for its effect."""
    return [*params_of(kind).values(), *WHOM, *WHAT, *WHEN]


def for_districts(kind: Kind) -> bool:
    """Whether a district may set such a rule: its parameters need nothing of a single school."""
    return all(field.type is not FieldType.PICKS for field in params_of(kind).values())


def _field(field: inspect.Field) -> Field:
    meta = field.type
    assert isinstance(meta, inspect.Metadata), f"{field.name} is not described for forms"
    plain = meta.type
    more: dict[str, Any] = {"source": _SOURCES.get(field.name, ""), **(meta.extra or {})}
    if isinstance(plain, inspect.IntType):
        more |= {"least": plain.ge, "most": plain.le}
    title = (meta.extra_json_schema or {}).get("title", field.name)
    return Field(f"params.{field.name}", _TYPES[type(plain)], title, **more)
