"""The whole channel on the embedded engine: a file in, an outcome for everybody, a report that keeps its promises."""

import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from dsn.channel import Channel, Memory, Outcome
from dsn.codes import ESSENTIAL, wording
from dsn.page import Kept, render
from dsn.reader import Reader
from dsn.records import Crm121Line, IndividualLine, Totals, UnitTotals, json_schema
from dsn.report import CRM121, DECLARATIONS, OUTCOMES, PAGE, TOTALS
from dsn.run import DsnFile, NotADsn, report_on
from dsn.verdicts import Gap, Verdict
from identification.bulk import Identifiers, Others
from identification.cascade import Finding, GiveWay, Identifier
from identification.questions import Asked
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import EngineUnavailable
from retrieval.settings import EngineSettings
from tests.conftest import build_lines, demo_lines
from tests.dsn.test_fuzz import _cut, _drop, _noise, _recode, _repeat, _shuffle, _unquote
from tests.dsn_files import CLAIRE, DECLARATION, ENVELOPE, SIREN, YANN, as_bytes, block, closed, demo_dsn, lines

SCHEMA = Path(__file__).parents[2] / "docs" / "dsn-report.schema.json"


@pytest.fixture
def identifier(data_dir: Path) -> Identifier:
    return Identifier(EmbeddedEngine(data_dir))


async def outcomes(identifier: Identifier, data: bytes, **options: Any) -> list[Outcome]:
    batches = Channel(identifier, **options).outcomes(Reader(io.BytesIO(data)))
    return [entry async for entries in batches for entry in entries if isinstance(entry, Outcome)]


async def one(identifier: Identifier, rubrics: dict[str, str]) -> Verdict:
    (outcome,) = await outcomes(identifier, as_bytes(lines(rubrics)))
    return outcome.verdict


async def write(identifier: Identifier, data: bytes, folder: Path, others: Others | None = None) -> Totals:
    path = folder / "file.dsn"
    path.write_bytes(data)
    with DsnFile(str(path)) as file:
        return await report_on(file, path.name, folder / "report", identifier, others=others)


def read(folder: Path, name: str) -> list[Any]:
    return [orjson.loads(line) for line in (folder / "report" / name).read_bytes().splitlines()]


async def test_the_demo_file_shows_each_outcome(identifier: Identifier) -> None:
    found = await outcomes(identifier, demo_dsn())
    assert [outcome.verdict.outcome for outcome in found] == [
        "IDENTIFIE",
        "IDENTIFIE_AVEC_ECARTS",
        "IDENTIFIE_AVEC_ECARTS",
        "NIR_RECTIFIE",
        "NIA",
        "IDENTIFIE_AVEC_ECARTS",
        "AMBIGU",
        "NIR_RECTIFIE",
        "NON_IDENTIFIE",
        "REJET_FORMAT",
    ]


async def test_a_gap_says_what_was_declared_and_what_the_register_has(identifier: Identifier) -> None:
    found = await outcomes(identifier, demo_dsn())
    gaps = {gap.rubric: (gap.declared, gap.register) for gap in found[2].verdict.gaps}
    assert gaps == {
        "S21.G00.30.002": ("PETROVITCH", "PETROVIC"),
        "S21.G00.30.006": ("1979-03-21", "1977-03-21"),
    }
    assert found[5].verdict.gaps[0].register == "2881299999113"
    assert found[5].verdict.gaps[0].declared is None


@pytest.mark.parametrize(
    ("rubrics", "gap"),
    [
        ({"006": "31021956"}, Gap("S21.G00.30.006", "31021956", "1956-03-04")),
        ({"006": "99999999"}, Gap("S21.G00.30.006", "99999999", "1956-03-04")),
        ({"006": ""}, Gap("S21.G00.30.006", None, "1956-03-04")),
        ({"002": "?"}, Gap("S21.G00.30.002", "?", "LE GOFF")),
        ({"002": ""}, Gap("S21.G00.30.002", None, "LE GOFF")),
    ],
)
async def test_a_name_or_date_that_says_nothing_is_not_that_of_the_register(
    identifier: Identifier, rubrics: dict[str, str], gap: Gap
) -> None:
    verdict = await one(identifier, YANN | rubrics)
    assert (verdict.outcome, verdict.gaps) == ("IDENTIFIE_AVEC_ECARTS", (gap,))


async def test_register_values_stand_only_for_identified_persons_and_essential_rubrics(identifier: Identifier) -> None:
    for outcome in await outcomes(identifier, demo_dsn()):
        named = outcome.verdict.outcome in ("IDENTIFIE", "IDENTIFIE_AVEC_ECARTS", "NIR_RECTIFIE", "NIA")
        for gap in outcome.verdict.gaps:
            assert gap.register is None or (named and gap.rubric in ESSENTIAL)


@pytest.mark.parametrize(
    ("rubrics", "outcome", "reason", "rubric"),
    [
        ({"002": "MARTIN", "004": "Marie", "006": "01011950"}, "AMBIGU", None, "001"),
        ({"002": "MARTIN"}, "REJET_FORMAT", None, "004"),
        ({"001": "1" * 200, "002": "LE GOFF"}, "REJET_FORMAT", None, "001"),
        ({"002": "A" * 301, "004": "Yann", "006": "04031956"}, "REJET_FORMAT", None, "002"),
        (
            YANN | {"001": "1380299999190", "002": "ZWINGELSTEIN", "004": "Odilon", "006": "02021938"},
            "NON_IDENTIFIE",
            "INTROUVABLE",
            "001",
        ),
        (YANN | {"001": "2740299999121"}, "NIR_RECTIFIE", "CONFLIT_NUMERO", "001"),
        (
            YANN | {"001": YANN["001"], "002": "ZORN", "004": "Max", "006": "01011990"},
            "NON_IDENTIFIE",
            "CONFLIT_NUMERO",
            "001",
        ),
    ],
)
async def test_outcomes_say_why_and_where(
    identifier: Identifier, rubrics: dict[str, str], outcome: str, reason: str | None, rubric: str
) -> None:
    verdict = await one(identifier, rubrics)
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert f"S21.G00.30.{rubric}" in verdict.rubrics
    assert verdict.actions


async def test_a_number_of_another_differs_from_that_of_a_person_who_has_none(tmp_path: Path) -> None:
    engine, numberless = EmbeddedEngine(tmp_path), orjson.loads(demo_lines()[0]) | {"id": "N1", "nir": None}
    holder = {"id": "N2", "nir": "2740299999121", "birth_name": "ZORN", "sex": "F", "birth_date": "1974-02-03"}
    await build_lines(engine, [orjson.dumps(numberless), orjson.dumps(holder)])
    verdict = await one(Identifier(engine), YANN | {"001": "2740299999121"})
    assert (verdict.outcome, verdict.severity, verdict.reason) == (
        "IDENTIFIE_AVEC_ECARTS",
        "NON_BLOQUANT",
        "CONFLIT_NUMERO",
    )
    assert verdict.gaps == (Gap("S21.G00.30.001", "2740299999121", None),)
    assert not any("répertoire" in action for action in verdict.actions)


async def test_a_ntt_in_the_place_of_the_number_is_no_former_number(identifier: Identifier) -> None:
    verdict = await one(identifier, YANN | {"001": f"1{SIREN}00042"})
    assert (verdict.outcome, verdict.gaps) == (
        "IDENTIFIE_AVEC_ECARTS",
        (Gap("S21.G00.30.001", None, "1560399999101"),),
    )
    assert not any("S21.G00.31.008" in action for action in verdict.actions)


async def test_the_apostrophe_that_software_drops_is_no_gap(identifier: Identifier) -> None:
    rubrics = {
        "001": "2881299999113",
        "002": "D ALMEIDA",
        "004": "Rose",
        "005": "02",
        "006": "03121988",
        "007": "COTONOU",
    }
    assert (await one(identifier, rubrics)).outcome == "IDENTIFIE"


async def test_a_former_name_of_block_31_helps_to_identify(identifier: Identifier) -> None:
    rubrics = {"002": "KOWALCZYK", "004": "Rose", "005": "02", "006": "99991988"}
    alone = await one(identifier, rubrics)
    changed = block({"001": "01022026", "009": "D ALMEIDA"}, "S21.G00.31")
    (helped,) = await outcomes(identifier, as_bytes(lines(rubrics, between=changed)))
    assert (alone.outcome, helped.verdict.outcome) == ("NON_IDENTIFIE", "IDENTIFIE_AVEC_ECARTS")


async def test_a_former_name_longer_than_any_is_left_out_and_rejects_nobody(identifier: Identifier) -> None:
    changed = block({"001": "01022026", "009": "A" * 301}, "S21.G00.31")
    (found,) = await outcomes(identifier, as_bytes(lines(YANN, between=changed)))
    assert found.verdict.outcome == "IDENTIFIE"


async def test_the_same_person_under_several_contracts_is_asked_once(identifier: Identifier) -> None:
    text = [*ENVELOPE]
    for _ in range(5):
        text += [*DECLARATION, *block(YANN | {"019": "7"}), *block(CLAIRE)]
    channel = Channel(identifier, batch=3)
    batches = channel.outcomes(Reader(io.BytesIO(as_bytes(closed(text, 5)))))
    found = [entry async for entries in batches for entry in entries if isinstance(entry, Outcome)]
    assert (len(found), channel.asked) == (10, 2)
    assert len({id(outcome.verdict) for outcome in found}) == 2


async def test_what_is_remembered_and_the_batch_change_no_outcome(identifier: Identifier) -> None:
    data = demo_dsn() + demo_dsn()
    expected = [outcome.verdict for outcome in await outcomes(identifier, data)]
    for batch, remembered in ((1, 1), (3, 2), (7, 100)):
        found = await outcomes(identifier, data, batch=batch, remembered=remembered)
        assert [outcome.verdict for outcome in found] == expected


def test_the_memory_keeps_what_was_asked_last() -> None:
    memory = Memory(2)
    first, _ = memory.put(b"a"), memory.put(b"b")
    assert memory.get(b"a") is first
    last = memory.put(b"c")
    assert (memory.get(b"a"), memory.get(b"b"), memory.get(b"c")) == (first, None, last)


async def test_an_employee_who_comes_again_and_again_is_counted_once(
    identifier: Identifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsn.report._EMPLOYEES_REMEMBERED", 2)
    others = [CLAIRE | {"002": name} for name in ("A", "B", "C")]
    totals = await write(identifier, as_bytes(lines(YANN, others[0], YANN, others[1], YANN, others[2], YANN)), tmp_path)
    assert totals.employees == 4


class LostIdentifier(Identifier):
    """An identifier whose engine is lost once the first batch is answered."""

    async def find(self, asked: Sequence[Asked], give_way: GiveWay | None = None) -> list[Finding]:
        if any(one.query and one.query.birth_name and one.query.birth_name.text == "ROUSSEL" for one in asked):
            raise EngineUnavailable
        return await super().find(asked, give_way)


async def test_a_lost_engine_gives_an_outcome_to_everybody_and_is_asked_again(data_dir: Path) -> None:
    channel = Channel(LostIdentifier(EmbeddedEngine(data_dir)), batch=1)
    batches = channel.outcomes(Reader(io.BytesIO(as_bytes(lines(YANN, CLAIRE, CLAIRE)))))
    found = [entry.verdict.outcome async for entries in batches for entry in entries if isinstance(entry, Outcome)]
    assert found == ["IDENTIFIE", "NON_TRAITE", "NON_TRAITE"]
    assert channel.asked == 3


@pytest.mark.parametrize("seed", range(25))
async def test_individuals_in_are_outcomes_out_whatever_becomes_of_the_file(
    identifier: Identifier, tmp_path: Path, seed: int
) -> None:
    chance, data = Random(seed), demo_dsn()
    for way in chance.sample((_cut, _shuffle, _repeat, _drop, _noise, _recode, _unquote), 2):
        data = way(data, chance)
    reader = Reader(io.BytesIO(data))
    individuals = [entry.line for entry in reader if not hasattr(entry, "siret")]
    if not reader.structure.rubrics:
        with pytest.raises(NotADsn):
            await write(identifier, data, tmp_path)
        return
    totals = await write(identifier, data, tmp_path)
    written = read(tmp_path, OUTCOMES)
    assert [line["line"] for line in written] == individuals
    assert totals.individuals == len(individuals) == sum(totals.outcomes.values())
    units = read(tmp_path, DECLARATIONS)
    for kind in ("establishment", "declaration"):
        assert sum(unit["individuals"] for unit in units if unit["kind"] == kind) == totals.individuals


async def test_totals_of_establishments_and_declarations_add_up(identifier: Identifier, tmp_path: Path) -> None:
    other = [line.replace("'00017'", "'00025'") for line in DECLARATION]
    text = [*ENVELOPE, *DECLARATION, *block(YANN), *other, *block(CLAIRE), *block(CLAIRE | {"001": "2740299999199"})]
    totals = await write(identifier, as_bytes(closed(text, 2)), tmp_path)
    units = [
        (unit["kind"], unit["declaration"], unit["siret"], unit["individuals"], unit["state"])
        for unit in read(tmp_path, DECLARATIONS)
    ]
    assert units == [
        ("establishment", 1, "12345678200017", 1, "REUSSITE"),
        ("declaration", 1, None, 1, "REUSSITE"),
        ("establishment", 2, "12345678200025", 2, "ANOMALIES"),
        ("declaration", 2, None, 2, "ANOMALIES"),
    ]
    assert (totals.declarations, totals.establishments, totals.employees, totals.to_act_on) == (2, 2, 2, 1)


async def test_every_line_of_a_report_is_valid_against_the_published_schema(
    identifier: Identifier, tmp_path: Path
) -> None:
    await write(identifier, demo_dsn().replace(b"S90.G00.90.002,'1'", b"S90.G00.90.002,'2'"), tmp_path)
    published = json.loads(SCHEMA.read_text("utf-8"))
    assert published == json_schema(), "python -m devtools.write_dsn_schema"
    for name, kind in ((OUTCOMES, IndividualLine), (DECLARATIONS, UnitTotals), (CRM121, Crm121Line)):
        adapter = TypeAdapter(kind)
        raw = (tmp_path / "report" / name).read_bytes().splitlines()
        assert raw
        for line in raw:
            adapter.validate_json(line)
            assert set(json.loads(line)) == set(published["$defs"][kind.__name__]["properties"])
    TypeAdapter(Totals).validate_json((tmp_path / "report" / TOTALS).read_bytes())


async def test_the_view_of_the_crm_holds_three_rubrics_of_monthly_declarations_only(
    identifier: Identifier, tmp_path: Path
) -> None:
    await write(identifier, demo_dsn(), tmp_path)
    view = read(tmp_path, CRM121)
    assert {gap["rubric"] for line in view for gap in line["gaps"]} == set(ESSENTIAL)
    assert [(line["matricule"], line["status"]) for line in view] == [
        ("0002", "ECART"),
        ("0003", "ECART"),
        ("0004", "ECART"),
        ("0006", "ECART"),
        ("0007", "CONFUSION_POSSIBLE"),
        ("0008", "ECART"),
        ("0009", "NON_TROUVE"),
        ("0010", "NON_TROUVE"),
    ]
    await write(identifier, demo_dsn().replace(b"S20.G00.05.001,'01'", b"S20.G00.05.001,'07'"), tmp_path)
    assert read(tmp_path, CRM121) == []


async def test_the_same_file_gives_the_same_bytes_plain_or_gzip(identifier: Identifier, tmp_path: Path) -> None:
    names = (OUTCOMES, DECLARATIONS, CRM121, TOTALS, PAGE)
    await write(identifier, demo_dsn(), tmp_path)
    plain = [(tmp_path / "report" / name).read_bytes() for name in names]
    await write(identifier, gzip.compress(demo_dsn()), tmp_path)
    assert [(tmp_path / "report" / name).read_bytes() for name in names] == plain
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == sorted(names)


def _long_file() -> bytes:
    """More batches than one process keeps for itself: new persons in each, others declared many batches before.

    What is wrong with one of them is seen when it is reported, with a later one when that is read.
    """
    numbers = (number if number % 5 == 0 else number // 7 for number in range(13 * 500))
    persons = [(YANN, CLAIRE)[number % 2] | {"002": f"LE GOFF {number}"} for number in numbers]
    persons[5200] = persons[5200] | {"006": "31021956"}
    persons[6400] = persons[6400] | {"003": ""}
    return as_bytes(lines(*persons))


async def test_a_long_file_gives_the_same_bytes_on_several_processes(
    identifier: Identifier, data_dir: Path, tmp_path: Path
) -> None:
    settings = EngineSettings(data_dir=data_dir, engine="embedded", opensearch_url=None)
    opened: list[Identifiers] = []

    def others() -> Identifiers:
        opened.append(Identifiers(settings, 2))
        return opened[-1]

    reports = []
    for share in (None, others):
        await write(identifier, _long_file(), tmp_path, share)
        reports.append({path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()})
    assert len(opened) == 1
    assert reports[0] == reports[1]
    assert orjson.loads(reports[0][TOTALS])["individuals"] == 6500


async def test_the_page_is_bounded_says_so_and_escapes_what_was_declared(
    identifier: Identifier, tmp_path: Path
) -> None:
    many = [{"002": f"<b>NOM{number}", "004": "Odilon", "006": "02021938", "019": str(number)} for number in range(700)]
    totals = await write(identifier, as_bytes(lines(*many)), tmp_path)
    page = (tmp_path / "report" / PAGE).read_text("utf-8")
    assert totals.individuals == 700
    assert len(page) < 400_000
    assert "Seuls les 300 premiers sont listés ici, sur 700" in page
    assert "&lt;b&gt;NOM0" in page
    assert "<b>NOM" not in page


async def test_a_date_in_no_form_at_all_stands_on_the_page_as_it_was_declared(
    identifier: Identifier, tmp_path: Path
) -> None:
    await write(identifier, as_bytes(lines({"002": "ZORN", "006": "1956--3-04"})), tmp_path)
    assert "1956--3-04" in (tmp_path / "report" / PAGE).read_text("utf-8")


async def test_a_file_without_anomaly_is_a_success(identifier: Identifier, tmp_path: Path) -> None:
    totals = await write(identifier, as_bytes(lines(YANN, CLAIRE)), tmp_path)
    assert totals.to_act_on == 0
    assert "Réussite de traitement : tous les salariés sont identifiés" in (tmp_path / "report" / PAGE).read_text(
        "utf-8"
    )


async def test_what_is_no_dsn_leaves_nothing_behind(identifier: Identifier, tmp_path: Path) -> None:
    with pytest.raises(NotADsn):
        await write(identifier, b"id;nom\n1;MARTIN\n", tmp_path)
    assert list((tmp_path / "report").iterdir()) == []


def test_every_code_has_its_french_words() -> None:
    definitions = json_schema()["$defs"]
    texts = wording()
    line = definitions["IndividualLine"]["properties"]
    assert set(line["outcome"]["enum"]) == set(texts["outcomes"])
    assert set(line["severity"]["enum"]) == set(texts["severities"])
    assert set(line["reason"]["anyOf"][0]["enum"]) == set(texts["reasons"])
    assert set(definitions["FindingTotals"]["properties"]["code"]["enum"]) == set(texts["findings"])


def test_a_page_of_nobody_can_be_drawn() -> None:
    empty = Totals("f", False, 3, 3, 0, 0, 0, 0, 0, 0, {}, {}, (), "m", "i")
    page = render(empty, Kept())
    assert "Aucun salarié" in page
    assert "jusqu’à la ligne 3" in page
