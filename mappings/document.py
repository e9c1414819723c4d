"""What one identity puts into an index."""

from dataclasses import dataclass

from analyzers.identity import Record
from analyzers.keys import PAIRS_INDEXED, Traits, keys_of, record_traits
from analyzers.names import Name, analysed_codes, letters_less
from analyzers.nir import nir_term
from mappings.payload import LONGEST_PAYLOAD_BYTES, encode_record


@dataclass(frozen=True, slots=True)
class Document:
    """The fields of one identity, ready for either engine; surnames still as written.

    `slips` are the surnames with a letter less, `pairs` the keys of two traits: by these a record is found wide.
    """

    id: str
    payload: str
    keys: tuple[str, ...]
    nirs: tuple[str, ...]
    names: tuple[Name, ...]
    slips: tuple[str, ...]
    pairs: tuple[str, ...]


class RecordTooLong(ValueError):
    """More than one document can store."""


def payload_of(record: Record) -> str:
    """
    Raises:
        RecordTooLong: it is more than one document can store.
    """
    payload = encode_record(record)
    if len(payload.encode()) > LONGEST_PAYLOAD_BYTES:
        raise RecordTooLong("record too long")
    return payload


def document_of(record: Record) -> Document:
    """
    Raises:
        RecordTooLong: before anything is made of names that fill megabytes.
    """
    payload = payload_of(record)
    traits: Traits = record_traits(record)
    return Document(
        id=record.id,
        payload=payload,
        keys=keys_of(traits),
        nirs=tuple(dict.fromkeys(nir_term(nir) for nir in record.nirs)),
        names=tuple({name.folded: name for name in record.surnames}.values()),
        slips=tuple(dict.fromkeys(form for name in record.surnames for form in letters_less(name.joined))),
        pairs=keys_of(traits, PAIRS_INDEXED),
    )


def analysed(names: tuple[Name, ...], chain: str) -> list[str]:
    """Return what an analysed field of these names holds, for an engine that does not analyse by itself."""
    return list(dict.fromkeys(code for name in names for code in analysed_codes(name.folded, chain)))
