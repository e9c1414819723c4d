"""Where the bytes of an index are: the same identities indexed again without one field, one field after the other.

    python -m devtools.bytes_by_field [--identities 100000] [--names FOLDER]

OpenSearch says how large its files are, by kind. Stored fields are left out: beside the ids, some 7 bytes, they hold
what a replica could still have missed, which depends on when the merge came. Shares are of a small register: its terms
are met less often than those of a large one.
"""

import argparse
import asyncio
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from opensearchpy import AsyncOpenSearch
from rich.console import Console
from rich.table import Table

from devtools.bench_engines import invent_mixes, opensearch
from identification.bulk import batches_of
from indexer.lines import LineSource
from indexer.preparing import prepare
from indexer.records import LONGEST_LINE_BYTES
from indexer.sources import read_source
from indexer.tables import TableMap
from mappings.build import BuildMeta
from mappings.document import Document
from nomenclature.locating import bundled_edition
from retrieval.opensearch import OpenSearchEngine, encode_for_opensearch

_LEFT_OUT = ("", "keys", "nirs", "names", "slips", "pairs", "payload")
_KINDS = {
    "terms": ("tim", "tip", "tmd"),
    "postings": ("doc", "psm"),
    "payload": ("dvd", "dvm"),
    "sequence numbers": ("kdd", "kdi", "kdm"),
}
_PART = 1_000
Sizes = dict[str, float]


def encode_without(field: str, document: Document) -> bytes:
    """Return a document as OpenSearch takes it, without one of its fields; the payload is cut to its id."""
    nothing: Any = document.id if field == "payload" else ()
    return encode_for_opensearch(replace(document, **{field: nothing}) if field else document)


async def sizes_without(field: str, register: Path, url: str) -> Sizes:
    """Return how many bytes an identity takes, by kind of file."""
    engine, client = OpenSearchEngine(url, alias := f"bytes{secrets.token_hex(3)}"), AsyncOpenSearch(hosts=[url])
    index = f"{alias}-1"
    await engine.create(index, BuildMeta(created_at="", model=""))
    try:
        with LineSource(str(register), LONGEST_LINE_BYTES) as lines:
            for part in batches_of(read_source(lines, "ndjson", TableMap()), _PART):
                await engine.add(index, prepare(partial(encode_without, field), bundled_edition(), part).encoded)
        identities = await engine.freeze(index)
        asked = {"include_segment_file_sizes": "true"}
        stats = await client.indices.stats(index=index, metric="segments", params=asked)
        files = stats["indices"][index]["primaries"]["segments"]["file_sizes"]
        return {
            kind: sum(files.get(name, {}).get("size_in_bytes", 0) for name in names) / identities
            for kind, names in _KINDS.items()
        }
    finally:
        await engine.drop(index)
        await client.close()
        await engine.close()


def print_sizes(found: dict[str, Sizes]) -> None:
    """Print what each field takes: what is missing without it."""
    whole = found[""]
    table = Table("", *_KINDS, "together", title="Bytes per identity, stored fields apart")
    for field, sizes in found.items():
        taken = whole if not field else {kind: whole[kind] - sizes[kind] for kind in _KINDS}
        table.add_row(field or "all", *(f"{taken[kind]:.1f}" for kind in _KINDS), f"{sum(taken.values()):.1f}")
    Console(width=120).print(table)


async def run(register: Path, url: str, fields: Sequence[str] = _LEFT_OUT) -> dict[str, Sizes]:
    return {field: await sizes_without(field, register, url) for field in fields}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--identities", type=int, default=100_000)
    parser.add_argument("--names", type=Path, help="folder of name and place files; else made up")
    arguments = parser.parse_args()
    with opensearch() as url, tempfile.TemporaryDirectory() as folder:
        invented, _ = invent_mixes(Path(folder), arguments.identities, 1, arguments.names)
        print_sizes(asyncio.run(run(invented.register, url)))


if __name__ == "__main__":
    main()
