"""How calendars say in words that there is no school."""

import re

_WORDS = re.compile(
    r"""
    \b(?:
        no\ (?:school|classes|students)
        | schools?\ (?:is\ |are\ )?closed | closed | closure | student\ holiday
        | holidays? | (?:thanksgiving|winter|spring|summer|fall|autumn|christmas|easter)?\ ?(?:break|recess) | vacation
        | (?:teachers?|staff|faculty)\ (?:in-?service|work|planning|training)[\ -]?days?
        | (?:in-?service|professional\ development|pd)\ days? | snow\ days?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# A holiday concert is held at school, and before a break or after it there is school.
_SCHOOL_AFTER_ALL = re.compile(
    r"\b(?:concert|party|parties|sale|shop|performance|show|dance|assembly|parade|before|begins? after|resumes?"
    r"|returns?|back from|ends|last day|first day|fundraiser|drive)\b",
    re.IGNORECASE,
)
_EXACTLY = frozenset({"no school", "none", "closed", "off", "holiday", "no classes"})


def means_no_school(text: str) -> bool:
    """Whether these words alone are a way to write "no school", as in a table's cell."""
    return " ".join(text.casefold().split()) in _EXACTLY


def says_no_school(text: str) -> bool:
    """Whether an event of this title, such as "Thanksgiving break" or "Teacher workday", says so."""
    return means_no_school(text) or bool(_WORDS.search(text) and not _SCHOOL_AFTER_ALL.search(text))
