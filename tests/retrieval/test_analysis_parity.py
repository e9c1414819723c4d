"""What OpenSearch does to a name and what Python does to it agree, name for name."""

import csv
import gzip
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from opensearchpy import AsyncOpenSearch

from analyzers.fold import fold_label, fold_letters
from analyzers.names import analysed_codes, name_tables
from analyzers.settings import analysis_settings
from tests.conftest import random_alias

_BATCH = 1_000
LEAST_NAMES = 200_000


def _joined(name: str) -> Iterable[str]:
    joined = fold_letters(name, name_tables().digits).replace(" ", "")
    return [joined] if joined else []


def _codes(chain: str) -> Callable[[str], Iterable[str]]:
    return lambda name: analysed_codes(fold_letters(name, name_tables().digits), chain)


def _label(name: str) -> Iterable[str]:
    folded = fold_label(name)
    return [folded] if folded else []


TWINS: dict[str, Callable[[str], Iterable[str]]] = {
    "name_joined": _joined,
    "name_fr2": _codes("fr2"),
    "name_skxs": _codes("skxs"),
    "place_label": _label,
}


@pytest.fixture
async def analysing(opensearch_url: str) -> AsyncIterator[tuple[AsyncOpenSearch, str]]:
    client, index = AsyncOpenSearch(hosts=[opensearch_url], timeout=120), random_alias()
    settings = {"index": {"number_of_replicas": 0, "analyze.max_token_count": 200_000}, "analysis": analysis_settings()}
    await client.indices.create(index=index, body={"settings": settings})
    yield client, index
    await client.indices.delete(index=index)
    await client.close()


async def differences(client: AsyncOpenSearch, index: str, analyzer: str, names: Sequence[str]) -> list[str]:
    """Return the names that OpenSearch reads otherwise; a batch that agrees token for token holds none."""
    twin = TWINS[analyzer]
    reply = await client.indices.analyze(index=index, body={"analyzer": analyzer, "text": list(names)})
    tokens = [token["token"] for token in reply["tokens"]]
    if tokens == [token for name in names for token in twin(name)]:
        return []
    if len(names) == 1:
        return list(names)
    middle = len(names) // 2
    halves = [await differences(client, index, analyzer, half) for half in (names[:middle], names[middle:])]
    return halves[0] + halves[1]


async def count_differences(analysing: tuple[AsyncOpenSearch, str], analyzer: str, names: Iterable[str]) -> int:
    client, index = analysing
    rest, differing = iter(names), 0
    while batch := list(islice(rest, _BATCH)):
        differing += len(await differences(client, index, analyzer, batch))
    return differing


def _reference_names(folder: Path) -> list[str]:
    names: dict[str, None] = {}
    with gzip.open(folder / "names/noms_insee_1891_2000.txt.gz", "rt", encoding="latin-1") as file:
        names |= dict.fromkeys(line.split("\t", 1)[0] for line in islice(file, 1, None))
    with gzip.open(folder / "names/variantes_noms_wikidata_latin.csv.gz", "rt", encoding="utf-8") as file:
        names |= dict.fromkeys(row["forme"] for row in csv.DictReader(file))
    with gzip.open(folder / "names/prenoms_insee_1900_2024.csv.gz", "rt", encoding="utf-8") as file:
        names |= dict.fromkeys(row["prenom"] for row in csv.DictReader(file))
    return [name for name in names if name.strip()]


@pytest.mark.parametrize("analyzer", TWINS)
async def test_every_name_of_the_reference_reads_alike(
    analysing: tuple[AsyncOpenSearch, str], reference: Path, analyzer: str
) -> None:
    names = _reference_names(reference)
    assert len(names) >= LEAST_NAMES
    assert await count_differences(analysing, analyzer, names) == 0


def _invented_names(count: int) -> Iterable[str]:
    """Names of letters from every Latin block, marks, digits, separators and other scripts."""
    chance = Random(7)
    letters = [chr(code) for code in range(0x20, 0x2000) if unicodedata.category(chr(code))[0] in "LMNPZ"]
    letters += list("ABCDEFGHILMNOPRSTUVéèçœ-' ") * 40
    for _ in range(count):
        yield "A" + "".join(chance.choices(letters, k=chance.randint(1, 24)))


@pytest.mark.parametrize("analyzer", TWINS)
async def test_names_in_any_letters_read_alike(analysing: tuple[AsyncOpenSearch, str], analyzer: str) -> None:
    assert await count_differences(analysing, analyzer, _invented_names(20_000)) == 0
