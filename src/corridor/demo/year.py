"""The made-up district's school year: August to June, two semesters, four quarters, and school on every weekday but
the holidays."""

from datetime import date, timedelta

import msgspec

_MONDAY, _THURSDAY, _FRIDAY = 0, 3, 4


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the year. `kind` is OneRoster's academic session type; both dates belong to it."""

    key: str
    title: str
    kind: str
    starts_on: date
    ends_on: date
    parent: str = ""


class SchoolYear(msgspec.Struct, frozen=True):
    """The school year that begins in the autumn of calendar year `autumn`."""

    autumn: int

    @property
    def label(self) -> str:
        return f"{self.autumn}-{(self.autumn + 1) % 100:02d}"

    @property
    def starts_on(self) -> date:
        return _on_or_after(date(self.autumn, 8, 8), _MONDAY)

    @property
    def ends_on(self) -> date:
        return _on_or_before(date(self.autumn + 1, 6, 19), _FRIDAY)

    @property
    def first_semester_ends_on(self) -> date:
        return _on_or_before(date(self.autumn + 1, 1, 21), _FRIDAY)

    def holidays(self) -> dict[date, str]:
        """Weekdays of the year without school, and why."""
        autumn, spring = self.autumn, self.autumn + 1
        thanksgiving = _on_or_after(date(autumn, 11, 22), _THURSDAY)
        break_ = _on_or_after(date(spring, 3, 29), _MONDAY)
        days = {
            _on_or_after(date(autumn, 9, 1), _MONDAY): "Labor Day",
            thanksgiving: "Thanksgiving",
            thanksgiving + timedelta(days=1): "Thanksgiving",
            _on_or_after(date(spring, 1, 15), _MONDAY): "Martin Luther King Day",
            _on_or_after(date(spring, 2, 15), _MONDAY): "Presidents' Day",
            _on_or_before(date(spring, 5, 31), _MONDAY): "Memorial Day",
        }
        days |= {date(autumn, 12, 23) + timedelta(days=ahead): "Winter break" for ahead in range(11)}
        days |= {break_ + timedelta(days=ahead): "Spring break" for ahead in range(5)}
        return {day: why for day, why in sorted(days.items()) if day.weekday() <= _FRIDAY}

    def sessions(self) -> list[Session]:
        """The year, its semesters and its quarters; they follow each other without a gap."""
        quarter_ends = [
            _on_or_before(date(self.autumn, 10, 18), _FRIDAY),
            self.first_semester_ends_on,
            _on_or_before(date(self.autumn + 1, 3, 28), _FRIDAY),
            self.ends_on,
        ]
        year = Session(key="year", title=self.label, kind="schoolYear", starts_on=self.starts_on, ends_on=self.ends_on)
        parts = [("s1", "Semester 1", 0, 1), ("s2", "Semester 2", 2, 3)]
        parts += [(f"q{number + 1}", f"Quarter {number + 1}", number, number) for number in range(4)]
        sessions = [year]
        for key, title, first, last in parts:
            starts_on = quarter_ends[first - 1] + timedelta(days=1) if first else self.starts_on
            is_semester = key.startswith("s")
            sessions.append(
                Session(
                    key=key,
                    title=f"{title} {self.label}",
                    kind="semester" if is_semester else "term",
                    starts_on=starts_on,
                    ends_on=quarter_ends[last],
                    parent="year" if is_semester else f"s{1 + first // 2}",
                )
            )
        return sessions


def school_year(day: date) -> SchoolYear:
    """The school year a day counts to; days of the summer up to the end of June count to the one just over."""
    return SchoolYear(day.year if day.month >= 7 else day.year - 1)


def is_school_day(day: date) -> bool:
    year = school_year(day)
    return day.weekday() <= _FRIDAY and year.starts_on <= day <= year.ends_on and day not in year.holidays()


def school_day_on_or_before(day: date) -> date:
    while not is_school_day(day):
        day -= timedelta(days=1)
    return day


def school_day_after(day: date) -> date:
    day += timedelta(days=1)
    while not is_school_day(day):
        day += timedelta(days=1)
    return day


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _on_or_before(day: date, weekday: int) -> date:
    return day - timedelta(days=(day.weekday() - weekday) % 7)
