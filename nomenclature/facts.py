"""What no file of communes says: countries, former codes, towns abroad and départements, from the reviewed tables."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from analyzers.places import cog_countries
from nomenclature.values import END, FIRST_DAY, Alias, Department, Edition, Event, Kind, Link, Period

_EVENTS = {"renumbered": Event.RENUMBERED, "merged": Event.MERGED, "detached": Event.DETACHED}


@dataclass(frozen=True, slots=True)
class DatedPrefix:
    """Codes that begin so meant `place`, or something in it, for births before the day."""

    prefix: str
    before: str
    place: str


@cache
def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("nomenclature.data").joinpath(f"{name}.toml").read_text("utf-8"))


def with_facts(edition: Edition) -> Edition:
    """Return the edition with what the tables add; a name or link that it has already is not repeated."""
    known = {period.code for period in edition.periods}
    added = (period for period in (*_countries(), *_former()) if period.code not in known)
    links = dict.fromkeys((*edition.links, *_links(known)))
    return replace(
        edition,
        periods=(*edition.periods, *added),
        links=tuple(links),
        aliases=tuple(dict.fromkeys((*edition.aliases, *_aliases()))),
        departments=_departments(edition.departments),
        codes=tuple(sorted({**_country_codes(), **dict(edition.codes)}.items())),
    )


@cache
def dated_prefixes() -> tuple[DatedPrefix, ...]:
    return tuple(DatedPrefix(*row) for row in _table("former")["dated"]["prefixes"])


def _countries() -> Iterator[Period]:
    """Yield each country under its present name, after the periods of its former ones."""
    former: dict[str, list[Period]] = {}
    for code, name, start, end in _table("former")["names"]["codes"]:
        former.setdefault(code, []).append(Period(code, Kind.COUNTRY, name, max(start, FIRST_DAY), end))
    for code, row in _table("countries")["countries"].items():
        yield from (period for period in former.get(code, ()) if period.end > FIRST_DAY)
        start = max([row.get("since", FIRST_DAY), *(period.end for period in former.get(code, ()))])
        yield Period(code, Kind.COUNTRY, row["names"][0], start, row.get("until", END))


def _former() -> Iterator[Period]:
    for code, name, end in _table("former")["former"]["codes"]:
        yield Period(code, Kind.FORMER, name, FIRST_DAY, end)


def _links(known: set[str]) -> Iterator[Link]:
    """Yield the links of the tables; those of communes that the edition does not have would lead nowhere."""
    table = _table("former")
    ours = {*known, *_table("countries")["countries"], *(row[0] for row in table["former"]["codes"])}
    for section, event in _EVENTS.items():
        for before, after, day in table[section]["codes"]:
            if after in ours:
                yield Link(before, after, event, day)


def _aliases() -> Iterator[Alias]:
    for code, row in _table("countries")["countries"].items():
        yield from (Alias(code, name) for name in row["names"][1:])
    holders = {before: after for before, after, _ in _table("former")["merged"]["codes"]}
    for code, towns in _table("former")["towns"].items():
        for place in filter(None, (code, holders.get(code))):
            yield from (Alias(place, town, is_town=True) for town in towns)


def _departments(official: Iterable[Department]) -> tuple[Department, ...]:
    table = _table("departments")
    current = {code: Department(code, name) for code, name in table["departments"].items()}
    current |= {department.code: department for department in official}
    return (*current.values(), *(Department(*row) for row in table["former"]["names"]))


def _country_codes() -> dict[str, str]:
    table = _table("countries")
    own = {row["iso"]: code for code, row in table["countries"].items() if "iso" in row}
    return {**cog_countries(), **own, **table["other_codes"]}
