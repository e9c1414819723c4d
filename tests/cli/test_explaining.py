"""An explanation on the terminal: what is drawn adds up as it is shown, at any width."""

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from cli.demo import read_declarations
from cli.explaining import print_explanation
from identification.cascade import Identifier
from identification.explanation import Explanation, explain_served
from identification.questions import read_question
from retrieval.embedded import EmbeddedEngine

WIDTHS = (80, 150)
STEP = re.compile(r"([+-]\d+\.\d\d) +([+-]\d+\.\d\d) +[ ▐█▕]*│")
SHARE = re.compile(r"[+-]\d+\.\d\d (\d\.\d{6})")
AMBIGUOUS = {
    "birth_name": "QUESNEL",
    "birth_date": "1990-05-12",
    "birth_place": {"label": "Rouen"},
}
VETOED = {
    "birth_name": "FONTENAY",
    "given_names": ["Edmond"],
    "birth_date": "1958-11-11",
    "birth_place": {"label": "Dijon"},
}


@pytest.fixture
def identifier(data_dir: Path) -> Identifier:
    return Identifier(EmbeddedEngine(data_dir))


async def explained(identifier: Identifier, query: dict[str, Any]) -> Explanation:
    (finding,) = await identifier.find([read_question(query)])
    return await explain_served(finding, identifier)


def shown(explanation: Explanation, width: int = 150) -> str:
    console = Console(width=width, file=io.StringIO())
    print_explanation(console, explanation)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
async def test_what_is_shown_adds_up_and_fits(identifier: Identifier, width: int) -> None:
    for declaration in read_declarations():
        explanation = await explained(identifier, declaration["query"])
        text = shown(explanation, width)
        assert all(len(line) <= width for line in text.splitlines())
        total = 0.0
        for line in text.splitlines():
            if step := STEP.search(line):
                before = 0.0 if line.strip().startswith("prior") else total
                total = float(step[2])
                assert before + float(step[1]) == pytest.approx(total, abs=1e-9)
        shares = [float(share) for share in SHARE.findall(text)]
        if explanation.against:
            assert shares[0] == explanation.answer.confidence
            assert sum(shares) == pytest.approx(1, abs=1e-9)


async def test_evidence_against_stands_left_and_evidence_for_right(identifier: Identifier) -> None:
    lines = shown(await explained(identifier, VETOED)).splitlines()
    against = next(line for line in lines if line.strip().startswith("given names"))
    in_favour = next(line for line in lines if line.strip().startswith("surname"))
    assert re.search(r"-\d+\.\d\d .*█│ *$", against)
    assert re.search(r"\+\d+\.\d\d .* │█", in_favour)


@pytest.mark.parametrize("width", WIDTHS)
async def test_twins_are_told_apart_in_a_sentence(identifier: Identifier, width: int) -> None:
    text = shown(await explained(identifier, AMBIGUOUS), width)
    assert "P009 and P010 differ in the number and the given names." in text
    assert re.search(r"• 0\.\d{6} +the given names, if they are the candidate's", text)
    assert "about P009 only, the best candidate: nobody else was looked for" in text


async def test_a_veto_is_said_in_words_with_what_would_lift_it(identifier: Identifier) -> None:
    text = shown(await explained(identifier, VETOED))
    assert "vetoed: none of its given names was said" in text
    assert "✗ no veto" in text
    assert "the given names, if the candidate's are meant rather than those said" in text


async def test_an_identified_answer_needs_nothing(identifier: Identifier) -> None:
    text = shown(await explained(identifier, read_declarations()[0]["query"]))
    assert "the person asked about" in text
    assert "✗" not in text
    assert "would be identified" not in text


async def test_candidates_beyond_the_third_are_listed(identifier: Identifier) -> None:
    explanation = await explained(identifier, AMBIGUOUS)
    lost = explanation.candidates[1]
    many = [replace(lost, identity=lost.identity | {"id": f"X{n}"}) for n in range(30)]
    text = shown(replace(explanation, candidates=(explanation.candidates[0], *many)), 80)
    assert "X1 " in text
    assert "X2 " in text
    assert "why it lost" in text
    assert "and 8 more, further behind" in text


async def test_without_the_sums_every_candidate_is_listed(identifier: Identifier) -> None:
    explanation = await explained(identifier, AMBIGUOUS)
    bare = tuple(replace(candidate, waterfall=()) for candidate in explanation.candidates)
    text = shown(replace(explanation, candidates=bare, against=(), would_identify=(), separating=(), note="replaced"))
    assert "P009" in text
    assert "P010" in text
    assert "replaced" in text


async def test_without_a_candidate_it_says_so(identifier: Identifier) -> None:
    text = shown(await explained(identifier, {"birth_name": "MARTIN"}))
    assert "no candidate" in text
    assert "nothing was searched" in text
