"""The days that a partial date may be, as ISO text."""

from analyzers.dates import PartialDate
from nomenclature.values import END


def days_of(on: PartialDate | None) -> tuple[str, str]:
    """Return the first and the last day that a date may be; no date is today, hence as late as one likes."""
    if on is None:
        return "9999-12-30", END
    last_month, last_day = on.month or 12, on.day or 31
    return (
        f"{on.year:04d}-{on.month or 1:02d}-{on.day or 1:02d}",
        f"{on.year:04d}-{last_month:02d}-{last_day:02d}",
    )
