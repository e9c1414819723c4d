"""A whole evaluation, small, on every engine: the figures are what was measured, and nothing is left behind."""

from pathlib import Path

import orjson
import pytest
from rich.console import Console

from cli.evaluating import FIGURES, REPORT, Wish, evaluate_invented
from evaluation.declarations import TRAITS_ONLY
from evaluation.evaluate import built_aside, evaluate
from evaluation.invent import NotALabelledQuestion, invent, read_labelled
from evaluation.names import invented_names
from evaluation.places import invented_places
from evaluation.population import Population
from retrieval.settings import EngineSettings, open_engine

PERSONS, QUESTIONS = 1_500, 400


def settings_of(engine: str, folder: Path, url: str) -> EngineSettings:
    return EngineSettings(engine=engine, data_dir=folder, opensearch_url=url)


@pytest.mark.parametrize("engine", ["embedded", "opensearch"])
async def test_an_evaluation_finds_nearly_everybody_and_leaves_no_index(
    engine: str, tmp_path: Path, opensearch_url: str
) -> None:
    settings = settings_of(engine, tmp_path, opensearch_url)
    places = invented_places()
    invented = invent(
        tmp_path / "invented", Population(invented_names(1), places, 1), places, [TRAITS_ONLY], PERSONS, QUESTIONS, 1
    )
    async with built_aside(settings, invented.register, workers=1) as built:
        figures = await evaluate(built, invented.questions["traits only"], "small", 1, workers=1)
        own = built.settings
    assert figures.engine == engine
    assert figures.questions == sum(1 for _ in read_labelled(invented.questions["traits only"]))
    assert figures.questions == figures.registered.questions + figures.absent.questions
    assert figures.registered.missed.rate < 0.1
    assert figures.total.wrong.count <= 1
    assert figures.registered.among_candidates.rate > 0.97
    assert figures.absent.outcomes["right"] == 0
    assert figures.baseline.questions == figures.questions
    assert figures.baseline.outcomes["right"] < figures.total.outcomes["right"]
    assert {family.family for family in figures.families} >= {"name_date", "given_date"}
    left = open_engine(own)
    assert await left.list() == []
    await left.close()


async def test_the_command_writes_a_page_and_the_figures(tmp_path: Path) -> None:
    wish = Wish(persons=500, questions=150, seed=3, born_in=1970, names=None)
    settings = EngineSettings(engine="embedded", data_dir=tmp_path)
    output = tmp_path / "report"
    await evaluate_invented(wish, settings, output, 1, Console(stderr=True))
    written = orjson.loads((output / FIGURES).read_bytes())
    assert [one["title"] for one in written] == [
        "everybody born in 1970, traits only (invented names)",
        "everybody born in 1970, with number (invented names)",
        "everybody born in 1970, with parents (invented names)",
    ]
    assert "everybody born in 1970" in (output / REPORT).read_text("utf-8")
    assert not list(tmp_path.glob("indexes/*"))


def test_a_line_that_is_no_labelled_question_is_named_by_its_number(tmp_path: Path) -> None:
    file = tmp_path / "questions.ndjson"
    file.write_text('{"kind": "x", "truth": null, "origin": "france", "born": 1970, "query": {}}\n{"secret": 1}\n')
    with pytest.raises(NotALabelledQuestion, match="line 2 ") as raised:
        list(read_labelled(file))
    assert "secret" not in str(raised.value)
