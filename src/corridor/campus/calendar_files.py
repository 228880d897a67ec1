"""Read a school's calendar from a file, CSV or iCalendar, whichever it is."""

from corridor.campus.calendar import Calendar
from corridor.campus.calendar_csv import read_calendar_csv
from corridor.campus.calendar_ics_read import IcsReading, read_calendar_ics


def read_calendar_file(content: bytes, known: Calendar) -> IcsReading:
    """Raises `UnfitFile` with all that is wrong."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].upper() == b"BEGIN:VCALENDAR":
        return read_calendar_ics(content, known)
    return IcsReading(read_calendar_csv(content, known), (), 0)
