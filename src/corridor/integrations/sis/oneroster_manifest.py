"""What manifest.csv says about each file: bulk, delta or absent; and what to make of it when it does not."""

import difflib

import msgspec

from corridor.campus.roster.records import Mode, Problem
from corridor.integrations.sis.oneroster_columns import FILES, FileSpec
from corridor.integrations.sis.oneroster_files import MANIFEST, Package
from corridor.integrations.sis.oneroster_rows import Reader

_SURE = 0.8
_SPEC = FileSpec(kind=None, name=MANIFEST, required=("propertyName", "value"), fields={})
_OTHER_FILES = (
    *(
        "categories",
        "classResources",
        "courseResources",
        "demographics",
        "lineItems",
        "resources",
        "results",
        "userProfiles",
    ),
    *("userResources", "lineItemLearningObjectiveIds", "lineItemScoreScales", "resultLearningObjectiveIds"),
    *("resultScoreScales", "scoreScales"),
)


class Manifest(msgspec.Struct):
    """`modes` by file name. `version` is 1.1, 1.2 or None where it is not said."""

    modes: dict[str, Mode]
    version: str | None
    problems: list[Problem]


def read_manifest(package: Package, override: Mode | None) -> Manifest:
    """Decide how to read each file. `override` is for every file that is there, whatever the manifest says.

    Without a word from the manifest a file is a complete list: a list of changes taken for a complete one is stopped by
    the guard against removals, while the other way round those who left would stay for ever without anybody noticing.
    """
    problems: list[Problem] = []
    properties = _properties(package, problems)
    modes = {spec.name: _mode(package, spec, properties, override, problems, told=bool(properties)) for spec in FILES}
    return Manifest(modes, _version(properties, problems), problems)


def _mode(
    package: Package,
    spec: FileSpec,
    properties: dict[str, str],
    override: Mode | None,
    problems: list[Problem],
    *,
    told: bool,
) -> Mode:
    said = properties.get(f"file.{spec.manifest_name}".casefold())
    is_here = spec.name in package.found
    if not is_here:
        if said not in (None, Mode.ABSENT):
            problems.append(
                _problem(
                    "promised_file",
                    spec.name,
                    f"The manifest says that {spec.name} is {said}, but it is not there.",
                    "Export it too, or let the manifest say absent. What Corridor has of it was left as it is.",
                )
            )
        return Mode.ABSENT
    if package.size(spec.name) == 0:
        if said != Mode.ABSENT:
            problems.append(
                _problem(
                    "empty_file",
                    spec.name,
                    f"{spec.name} is empty, even without a header; it was taken as absent.",
                    "Export it with its header. What Corridor has of it was left as it is.",
                )
            )
        return Mode.ABSENT
    if said == Mode.ABSENT:
        problems.append(
            _problem(
                "unpromised_file",
                spec.name,
                f"The manifest says that {spec.name} is absent, so it was not read.",
                "Let the manifest say bulk or delta if it is to be read.",
            )
        )
        return Mode.ABSENT
    if override is not None:
        return override
    if said is not None:
        return Mode(said)
    if told:
        problems.append(
            _problem(
                "unsaid_mode",
                spec.name,
                f"The manifest does not say what {spec.name} is; it was read as a complete list.",
                "Let the manifest say bulk, or delta if the file holds only changes.",
            )
        )
    return Mode.BULK


def _properties(package: Package, problems: list[Problem]) -> dict[str, str]:
    """The manifest's properties in lower case, as far as they can be understood."""
    if MANIFEST not in package.found or package.size(MANIFEST) == 0:
        problems.append(_no_manifest("There is no manifest.csv, or it is empty."))
        return {}
    reader = Reader(package, _SPEC, ())
    known = {f"file.{name}".casefold() for name in (*(spec.manifest_name for spec in FILES), *_OTHER_FILES)}
    properties: dict[str, str] = {}
    for row in reader.rows():
        name, value = (row.text("propertyName") or "").casefold(), row.text("value")
        if value is None:
            continue
        if name.startswith("file."):
            name = _known_name(name, known, problems, row.line)
            mode = value.casefold()
            if mode not in list(Mode):
                problems.append(
                    _problem(
                        "bad_mode",
                        value,
                        "The manifest says something other than bulk, delta or absent; it was not heeded.",
                        "Write bulk, delta or absent.",
                        line=row.line,
                        field=row.text("propertyName"),
                    )
                )
                continue
            value = mode
        properties[name] = value
    problems += reader.take_problems()
    if not any(name.startswith("file.") for name in properties):
        problems.append(_no_manifest("The manifest says of no file what it is."))
        return {key: value for key, value in properties.items() if key == "oneroster.version"}
    return properties


def _known_name(name: str, known: set[str], problems: list[Problem], line: int) -> str:
    if name in known:
        return name
    close = difflib.get_close_matches(name, known, 1, _SURE)
    if not close:
        return name
    problems.append(
        _problem(
            "misspelt_property",
            name,
            f"A property of the manifest is misspelt; it was read as {close[0]}.",
            "Write it as OneRoster does.",
            line=line,
        )
    )
    return close[0]


def _version(properties: dict[str, str], problems: list[Problem]) -> str | None:
    version = properties.get("oneroster.version")
    if version in ("1.1", "1.2"):
        return version
    if not properties:
        return None
    problems.append(
        _problem(
            "unknown_version",
            version,
            "The manifest does not say which version of OneRoster this is; it was told by its columns.",
            "Let oneroster.version say 1.1 or 1.2.",
        )
    )
    return None


def _no_manifest(why: str) -> Problem:
    return _problem(
        "no_manifest",
        None,
        f"{why} The files that are there were read as complete lists: who is not in them has left.",
        "Add a manifest.csv. If the files hold only changes, it must say delta of them.",
    )


def _problem(
    code: str, value: str | None, why: str, advice: str, *, line: int | None = None, field: str | None = None
) -> Problem:
    return Problem(kind=None, code=code, why=why, advice=advice, file=MANIFEST, line=line, field=field, value=value)
