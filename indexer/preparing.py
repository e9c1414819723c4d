"""Prepare a part of a register for an index: lines in, documents as their engine takes them and counts out.

A part is prepared alone, in any process: what is known only of the whole, such as a repeated id, is left to the build.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from indexer.census import Census
from indexer.counting import Hashes, id_hashes
from indexer.records import UnreadableRecord
from indexer.sources import Unread
from mappings.document import Document, RecordTooLong, document_of
from nomenclature.locating import EditionInUse

Encode = Callable[[Document], bytes]


@dataclass(slots=True)
class Prepared:
    """One part, side by side: line numbers, hashes of ids, names, and the documents as their engine takes them.

    `surnames` and `given_names` are the first of each person, joined; empty where there is none. `keys` are those of
    all documents, in one text. `first` is one document as it is, to be looked for in the index.
    """

    refused: list[tuple[int, str]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ids: Hashes = field(default_factory=lambda: id_hashes(()))
    surnames: list[str] = field(default_factory=list)
    given_names: list[str] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    keys: str = ""
    census: Census = field(default_factory=Census)
    first: Document | None = None


def prepare(encode: Encode, edition: EditionInUse, part: Sequence[Unread]) -> Prepared:
    """Read, locate, count and encode each line of a part."""
    prepared, locator = Prepared(), edition.locator()
    ids: list[str] = []
    keys: list[str] = []
    for number, read in part:
        try:
            record = locator.record(read())
            document = document_of(record)
        except (UnreadableRecord, RecordTooLong) as error:
            prepared.refused.append((number, str(error)))
            continue
        prepared.numbers.append(number)
        ids.append(record.id)
        prepared.surnames.append(record.birth_name.joined if record.birth_name else "")
        prepared.given_names.append(record.given_names[0].joined if record.given_names else "")
        prepared.encoded.append(encode(document))
        prepared.census.add(record)
        prepared.first = prepared.first or document
        keys += document.keys
    prepared.ids = id_hashes(ids)
    prepared.keys = "".join(keys)
    return prepared
