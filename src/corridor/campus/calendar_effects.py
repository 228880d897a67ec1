"""Whom a change of the calendar concerns, in words."""

from collections.abc import Sequence
from datetime import date

import msgspec

from corridor.campus.calendar import Calendar, DayChange
from corridor.campus.timetable import cycle_on, schedule_on


class Effects(msgspec.Struct, frozen=True):
    """`changed`: dates with school, before or after, whose schedule or day of the rotation becomes another. `lost` of
    them have no school any more, `gained` have some now. `noted`: dates of which only the note differs, or whose
    change no school day shows."""

    changed: tuple[date, ...] = ()
    lost: tuple[date, ...] = ()
    gained: tuple[date, ...] = ()
    noted: tuple[date, ...] = ()

    @property
    def words(self) -> str:
        """In a sentence or two: "18 school days change. On 3 of them there is no school then." """
        if not self.changed and not self.noted:
            return "Nothing changes: the calendar says so already."
        if not self.changed:
            return (
                f"No school day changes; {_days(self.noted)} {'gets' if len(self.noted) == 1 else 'get'} another note."
            )
        kept = len(self.changed) - len(self.gained)
        said = []
        if kept:
            said.append(f"{_count(kept, 'school day')} {'changes' if kept == 1 else 'change'}.")
        if self.lost:
            several = "On all of them" if len(self.lost) == kept else f"On {len(self.lost)} of them"
            said.append(f"{'On it' if kept == 1 else several} there is no school any more.")
        if self.gained:
            said.append(
                f"{_days(self.gained)} {'becomes a school day' if len(self.gained) == 1 else 'become school days'}."
            )
        return " ".join(said)


def effects_of(known: Calendar, changes: Sequence[DayChange]) -> Effects:
    """What would come of changes to the calendar as it is."""
    days = {**known.calendar, **{change.day: change.after for change in changes}}
    then = Calendar(known.bell_schedules, {day: said for day, said in days.items() if said})
    changed, lost, gained, noted = [], [], [], []
    for change in changes:
        before, after = schedule_on(known, change.day), schedule_on(then, change.day)
        if (before or after) and (before, cycle_on(known, change.day)) != (after, cycle_on(then, change.day)):
            changed.append(change.day)
            if after is None:
                lost.append(change.day)
            elif before is None:
                gained.append(change.day)
        else:
            noted.append(change.day)
    return Effects(tuple(changed), tuple(lost), tuple(gained), tuple(noted))


def _days(days: Sequence[date]) -> str:
    return _count(len(days), "day")


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
