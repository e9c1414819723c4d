"""Since when and until when a code was a commune déléguée or associée: read from the events, which have no periods."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from nomenclature.values import END, FIRST_DAY, Kind, Period

_STATUSES = (Kind.DELEGATED, Kind.ASSOCIATED)
Key = tuple[str, str]


def status_periods(events: Iterable[Mapping[str, str]], in_force: Mapping[Key, str]) -> Iterator[Period]:
    """Yield the periods of déléguées and associées.

    A day on which a status stands after an event opens it, one on which it stands only before closes it.

    Args:
        events: rows of the official events, columns TYPECOM, COM and LIBELLE with _AV and _AP, and DATE_EFF.
        in_force: names by (code, status) of today; one that no event opened holds since the first day.
    """
    days: dict[Key, dict[str, tuple[bool, str]]] = defaultdict(dict)
    for row in events:
        for side, stands in (("AV", False), ("AP", True)):
            key = (row[f"COM_{side}"], row[f"TYPECOM_{side}"])
            if key[1] in _STATUSES:
                already = days[key].get(row["DATE_EFF"], (False, ""))[0]
                days[key][row["DATE_EFF"]] = (stands or already, row[f"LIBELLE_{side}"])
    for key in {*days, *(key for key in in_force if key[1] in _STATUSES)}:
        yield from _periods(key, days.get(key, {}), in_force.get(key))


def _periods(key: Key, days: Mapping[str, tuple[bool, str]], name_now: str | None) -> Iterator[Period]:
    code, kind = key[0], Kind(key[1])
    start, name = None, name_now or ""
    for day, (stands, name_then) in sorted(days.items()):
        if stands and start is None:
            start, name = day, name_then
        elif not stands:
            yield Period(code, kind, name_then, start or FIRST_DAY, day)
            start = None
    if start or name_now:
        yield Period(code, kind, name_now or name, start or FIRST_DAY, END)
