"""Every reader of what others write, as a target: bytes in, and nothing out but its own documented error.

Shared by the tests and by `make fuzz`.
"""

import gzip
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from analyzers.keys import FAMILIES, MOST_KEYS, key_of, keys_of, numbers_of, said_in
from api.keys import key_entry, new_key
from api.organisms import BadOrganisms, read_organisms
from dsn.reader import Reader
from evaluation.invent import NotALabelledQuestion, read_labelled
from identification.questions import read_line, read_question
from identification.rarity import by_rarity, populations
from identification.wide import common_keys_search, wide_search
from indexer.changes import UnreadableChange, from_journal, read_change, to_journal
from indexer.lines import Line, LineSource, SourceBroken
from indexer.records import UnreadableRecord
from indexer.sources import Format, read_source
from indexer.tables import QUERY_COLUMNS, BadTable, TableMap, read_map, read_table
from mappings.document import RecordTooLong, document_of
from mappings.payload import decode_record
from nomenclature.checks import UnsoundEdition, check, refuse_unsound
from nomenclature.editions import UnreadableEdition, dump, load
from nomenclature.facts import with_facts
from nomenclature.nomenclature import Nomenclature
from nomenclature.official import NotAnEnsemble, read_ensemble
from nomenclature.values import Alias, Department, Edition, Event, Kind, Link, Period
from retrieval.embedded import encode_for_tantivy
from retrieval.opensearch import encode_for_opensearch
from scoring.model import load_model
from scoring.statistics import Statistics
from scoring.weights import Weights
from tests.api.organism_files import FAR, organism
from tests.nomenclature.official_zip import TABLES

DATA = Path(__file__).parents[1] / "data"
_WEIGHTS = Weights(load_model(), Statistics(identities=10**8))


@dataclass(frozen=True, slots=True)
class Target:
    """A reader, what it may raise, and files that it reads well, to be damaged."""

    read: Callable[[bytes], None]
    errors: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]

    def attack(self, data: bytes) -> None:
        """Raises what the reader should not."""
        try:
            self.read(data)
        except self.errors as error:
            error.__traceback__ = None


def lines(data: bytes) -> list[Line]:
    return [Line(number, line) for number, line in enumerate(data.split(b"\n"), start=1)]


def _register(format_: Format, table: TableMap | None = None) -> Callable[[bytes], None]:
    def read(data: bytes) -> None:
        for _, line in read_source(lines(data), format_, table or TableMap()):
            try:
                record = line()
                document = document_of(record)
            except (UnreadableRecord, RecordTooLong):
                continue
            encode_for_tantivy(document)
            encode_for_opensearch(document)
            assert len(document.keys) <= MOST_KEYS * len(FAMILIES)
            assert decode_record(document.payload).id == record.id

    return read


def _question(data: bytes) -> None:
    asked = read_line(data)
    if asked.query:
        said, among = said_in(asked.query), populations(asked.query.birth_place, _WEIGHTS)
        keys = keys_of(numbers_of(said))
        rare, common = by_rarity(said, FAMILIES, among)
        assert set(map(key_of, (*rare, *common))) == set(keys)
        wide_search(asked.query, said, among)
        common_keys_search(asked.query, said, common, among)


def _questions_of_a_table(data: bytes) -> None:
    for row in read_table(lines(data), TableMap(), QUERY_COLUMNS):
        if row.data is not None:
            read_question(row.data)


def _change(data: bytes) -> None:
    change = read_change(data)
    assert from_journal(to_journal([change])) == [change]


def _map(data: bytes) -> None:
    """A map that can be used can read any table, or says why not."""
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        Path(file.name).write_bytes(data)
        table = read_map(Path(file.name))
    _register("csv", table)(TABLE)
    _register("csv", table)(TABLE.decode().encode("utf-16"))


def _organisms(data: bytes) -> None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    read_organisms(text)


def _ensemble(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        Path(file.name).write_bytes(data)
        read = read_ensemble(Path(file.name), lambda rows: None)
    edition = with_facts(read.edition)
    refuse_unsound(read.edition, check(edition, read.parents, read.unusable))
    Nomenclature(edition)


def _file(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        with LineSource(file.name, 100) as found:
            assert all(line.data is None or len(line.data) <= 100 for line in found)


def _labelled(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        for _ in read_labelled(Path(file.name)):
            pass


def _dsn(data: bytes) -> None:
    for _ in Reader(BytesIO(data)):
        pass


def zipped(tables: Iterable[tuple[str, str]]) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables:
            archive.writestr(name.format(year="2025"), text)
    return held.getvalue()


def _resource(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()


REGISTER = _resource("cli.data", "demo_register.ndjson")
TABLE = (
    b"id,nir,birth_name,given_names,birth_date,birth_place.code,certified,former_given_names\n"
    b'1,1560399999101,"LE ""GOFF""",YANN|PIERRE,1956-03-04,29019,true,ANNE LUZ|ANA\n2,,KERVELLA,,,99352,0,\n'
)
DEATHS = (
    b"nomprenom;sexe;datenaiss;lieunaiss;commnaiss;paysnaiss;datedeces;lieudeces;actedeces\n"
    b"OUVRARD*ANNE LUZ/;2;19310619;85191;LA ROCHE;;20191002;85191;1\n"
) + b"".join(
    (b"OUVRARD*ANNE/".ljust(80) + b"2" + b"19310619" + b"85191" + b"LA ROCHE".ljust(60) + b"20191002" + b"85191")
    + b"\n"
    for _ in range(2)
)
CHANGES = (
    b'{"seq": 1, "op": "upsert", "record": {"id": "P1", "birth_name": "LE GOFF", "parents": [{"given_names": ["A"]}]}}',
    b'{"seq": 2, "op": "delete", "id": "P1"}',
    b'{"seq": 3, "op": "merge", "id": "P1", "into": "P2"}',
)
QUESTIONS = (
    b'{"reference": "r", "nir": "1 56 03 99999 101 12", "birth_name": "LE GOFF", "usage_name": "D\'ALMEIDA", '
    b'"given_names": ["Yann", "Pierre"], "sex": 1, "birth_date": "1956-03-04", "birth_place": {"code": "29019", '
    b'"label": "Brest 2e", "department": "29", "country": "FR"}, "parents": [{"birth_name": "X", "given_names": "A"}], '
    b'"former": {"nir": "2A", "birth_name": "A", "given_names": "L M", "birth_date": "1957"}, "channel": "portal"}',
)
LABELLED = b'{"kind": "exact", "truth": "P1", "origin": "france", "born": 1970, "query": ' + QUESTIONS[0] + b"}\n"
ORGANISMS = (organism(more='subjects = ["CN=a"]') + organism("b") + key_entry("b", new_key(), FAR)).encode()

EDITION = Edition(
    name="cog-2025",
    vintage="2025",
    source="test",
    periods=(Period("29019", Kind.COMMUNE, "Brest"),),
    links=(Link("29019", "29020", Event.MERGED, "2000-01-01"),),
    aliases=(Alias("29019", "BREST"),),
    departments=(Department("29", "Finistère"),),
    codes=(("DZ", "99352"),),
)


@cache
def targets() -> dict[str, Target]:
    questions = b"reference,nir,birth_name,given_names,birth_place.department,former.birth_date\nr,1,A,B C,29,1956\n"
    return {
        "register, NDJSON": Target(_register("ndjson"), (), (REGISTER[:1_500],)),
        "register, CSV": Target(_register("csv"), (BadTable,), (TABLE,)),
        "register, deaths": Target(_register("insee-deaths"), (), (DEATHS,)),
        "changes": Target(_change, (UnreadableChange,), CHANGES),
        "question": Target(_question, (), QUESTIONS),
        "questions, CSV": Target(_questions_of_a_table, (BadTable,), (questions,)),
        "labelled questions": Target(_labelled, (NotALabelledQuestion, SourceBroken), (LABELLED,)),
        "map": Target(_map, (BadTable,), tuple(path.read_bytes() for path in sorted(DATA.glob("*_map.toml")))),
        "organisms": Target(_organisms, (BadOrganisms,), (ORGANISMS,)),
        "places, zip": Target(_ensemble, (NotAnEnsemble, UnsoundEdition), (zipped(TABLES.items()),)),
        "edition": Target(load_only, (UnreadableEdition,), (dump(EDITION),)),
        "lines, gzip or plain": Target(_file, (SourceBroken,), (gzip.compress(b"a\r\nb\n" * 50), b"a" * 101 + b"\nb")),
        "DSN": Target(_dsn, (), (_resource("cli.data", "demo.dsn"),)),
    }


def load_only(data: bytes) -> None:
    load(data)
