"""What one identity puts into an index."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzers.identity import Record
from analyzers.keys import Traits, keys_of, record_traits
from analyzers.names import Name, analysed_codes
from analyzers.nir import nir_term
from mappings.payload import encode_record


@dataclass(frozen=True, slots=True)
class Document:
    """The fields of one identity, ready for either engine; names and places still as written or folded."""

    id: str
    payload: str
    keys: tuple[str, ...]
    nirs: tuple[str, ...]
    names: tuple[Name, ...]
    given: tuple[Name, ...]
    years: tuple[str, ...]
    months: tuple[str, ...]
    days: tuple[str, ...]
    departments: tuple[str, ...]
    places: tuple[str, ...]


def document_of(record: Record) -> Document:
    traits: Traits = record_traits(record)
    dates = record.birth_dates
    return Document(
        id=record.id,
        payload=encode_record(record),
        keys=tuple(keys_of(traits)),
        nirs=tuple(dict.fromkeys(nir_term(nir) for nir in record.nirs)),
        names=_distinct(record.surnames),
        given=_distinct(name for names in record.given_name_lists for name in names),
        years=tuple({f"{date.year}" for date in dates}),
        months=tuple({f"{date.month}" for date in dates if date.month}),
        days=tuple({f"{date.day}" for date in dates if date.day}),
        departments=tuple({place.department for place in record.birth_places if place.department}),
        places=tuple({place.name for place in record.birth_places if place.name}),
    )


def _distinct(names: Iterator[Name] | tuple[Name, ...]) -> tuple[Name, ...]:
    return tuple({name.folded: name for name in names}.values())


def analysed(names: tuple[Name, ...], chain: str) -> list[str]:
    """Return what an analysed field of these names holds, for an engine that does not analyse by itself."""
    return list(dict.fromkeys(code for name in names for code in analysed_codes(name.folded, chain)))
