"""What an index is called."""

from datetime import date

DEFAULT_ALIAS = "identities"
_STATISTICS = ".statistics"
_JOURNAL = ".journal"


def index_name(alias: str, day: date, short_id: str) -> str:
    """Return the name of one immutable build: `identities-20250301-a1b2c3`."""
    return f"{alias}-{day:%Y%m%d}-{short_id}"


def statistics_name(index: str) -> str:
    """The companion index that holds the statistics of a build: it comes and goes with it."""
    return index + _STATISTICS


def journal_name(alias: str) -> str:
    """Where the changes of a register are kept: beside its builds, and not one of them."""
    return alias + _JOURNAL


def is_statistics(name: str) -> bool:
    return name.endswith(_STATISTICS)
