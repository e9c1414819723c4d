"""The end of the audit: days past their retention are removed, and the audit says which."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

from audit.chain import Chain, last_mark
from audit.keys import AuditKey
from audit.lines import day_files

_NOTHING_WRITTEN_FOR_DAYS = 31


class ClockInDoubt(Exception):
    """Nothing was written for so long that the clock may be ahead, and what must be kept would go."""

    def __init__(self, days: int) -> None:
        super().__init__(f"nothing was written for {days:,} days on end: if the clock is right, say --clock-is-right")


def purge(
    folder: Path, key: AuditKey, years: int, now: Callable[[], datetime], clock_is_right: bool = False
) -> list[str]:
    """Remove the files of days older than a number of years, and return their names.

    What goes is written first, in a chain of its own: a verification then knows that nothing else is missing.

    Raises:
        ClockInDoubt: nothing is removed.
        OSError: nothing is removed, or not all; run it again.
    """
    today, kept = now().date(), day_files(folder)
    limit = years_before(today, years)
    old = [file for file in kept if file.day < limit]
    if not old:
        return []
    days = [*(file.day for file in kept), today]
    silent_days = max((later - earlier).days for earlier, later in pairwise(days) if later >= limit)
    if silent_days > _NOTHING_WRITTEN_FOR_DAYS and not clock_is_right:
        raise ClockInDoubt(silent_days)
    gone = [asdict(mark) for file in old if (mark := last_mark(file))]
    chain = Chain(folder, key, now)
    chain.append("purged", [{"files": gone}])
    chain.close()
    for file in old:
        file.path.unlink()
    return [file.path.name for file in old]


def years_before(day: date, years: int) -> date:
    """Return the same day some years ago; 28 February for a 29th that was not."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
