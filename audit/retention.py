"""The end of the audit: days past their retention are removed, and the audit says which."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from audit.chain import Chain, last_mark
from audit.keys import AuditKey
from audit.lines import day_files


def purge(folder: Path, key: AuditKey, years: int, now: Callable[[], datetime]) -> list[str]:
    """Remove the files of days older than a number of years, and return their names.

    What goes is written first, in a chain of its own: a verification then knows that nothing else is missing.

    Raises:
        OSError: nothing is removed, or not all; run it again.
    """
    limit = years_before(now().date(), years)
    old = [file for file in day_files(folder) if file.day < limit]
    if not old:
        return []
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
