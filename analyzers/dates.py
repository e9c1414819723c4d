"""Partial dates: a birth date of which the month or the day may be unknown."""

import calendar
import re
from typing import NamedTuple

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
EARLIEST_YEAR, LATEST_YEAR = 1800, 2199


class InvalidDate(ValueError):
    """The text is no date of the civil calendar. The message never quotes it."""


class PartialDate(NamedTuple):
    """A date of known year; `month` and `day` are 0 when unknown."""

    year: int
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}"


def read_date(text: str) -> PartialDate | None:
    """Return the date of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, `00` for an unknown part; None when all is unknown.

    Raises:
        InvalidDate: another form, or a day that never was. The known day of an unknown month is refused too.
    """
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise InvalidDate("not a date of the form YYYY-MM-DD")
    return make_date(*(int(part or 0) for part in match.groups()))


def make_date(year: int, month: int, day: int) -> PartialDate | None:
    """Return a checked date from its parts, 0 for unknown; None when the year, hence everything, is unknown.

    Raises:
        InvalidDate: a day that never was.
    """
    if year == 0:
        return None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise InvalidDate("year out of range")
    if month > 12 or (month == 0 and day != 0):
        raise InvalidDate("impossible month")
    if month and day > calendar.monthrange(year, month)[1]:
        raise InvalidDate("impossible day")
    return PartialDate(year, month, day)


def keep_what_is_possible(year: int, month: int, day: int) -> PartialDate | None:
    """Return the date with its impossible parts unknown: 31 June becomes June. For files that cannot be corrected."""
    for parts in ((year, month, day), (year, month, 0), (year, 0, 0)):
        try:
            return make_date(*parts)
        except InvalidDate:
            continue
    return None
