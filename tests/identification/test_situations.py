"""Who is it? The declarations of the demo, of both engines; batches change no answer. The rest: every situation."""

from dataclasses import replace
from random import Random
from typing import Any

import orjson
import pytest

from cli.demo import read_declarations
from identification.answers import Answer
from identification.cascade import Identifier
from identification.explanation import explain
from identification.questions import Asked, read_question
from identification.verification import verify
from indexer.counting import HOT_KEY_HOLDERS
from retrieval.protocol import Engine
from tests.conftest import OpenEngine, build_lines, demo_lines

EXPECTED = {  # reference in the demo declarations → outcome, identity, reason, number
    "D01": ("identified", "P001", None, "in_force"),
    "D02": ("identified", "P001", None, "absent"),
    "D03": ("identified", "P002", None, "absent"),
    "D04": ("identified", "P006", None, "absent"),
    "D05": ("identified", "P009", None, "unusable"),
    "D06": ("identified", "P012", "number_conflict", "conflict"),
    "D07": ("identified", "P015", None, "former"),
    "D08": ("identified", "P013", None, "absent"),
    "D09": ("identified", "P018", None, "absent"),
    "D10": ("identified", "P008", None, "absent"),
    "D11": ("identified", "P017", None, "absent"),
    "D12": ("ambiguous", None, "possible_duplicate", "absent"),
    "D13": ("ambiguous", None, "siblings", "absent"),
    "D14": ("too_distant", None, "veto", "absent"),
    "D15": ("not_found", None, None, "absent"),
    "D16": ("insufficient", None, None, "absent"),
}


def declarations() -> list[Asked]:
    return [read_question(declaration["query"]) for declaration in read_declarations()]


async def demo(engine: Engine) -> Identifier:
    await build_lines(engine, demo_lines())
    return Identifier(engine)


def told(answer: Answer) -> tuple[Any, ...]:
    identity = answer.identity["id"] if answer.identity else None
    return answer.outcome, identity, answer.reason, answer.nir_declared


async def test_each_situation_of_the_demo_has_its_answer(engine: Engine) -> None:
    answers = await (await demo(engine)).identify(declarations())
    assert {answer.reference: told(answer) for answer in answers} == EXPECTED


def settled(answer: Answer) -> tuple[Any, ...]:
    return *told(answer), answer.matched_as, answer.divergences, answer.flags


async def test_whoever_the_keys_alone_settle_is_whom_the_whole_search_finds(engine: Engine) -> None:
    identifier = await demo(engine)
    careful = replace(identifier.model, decision=replace(identifier.model.decision, unseen_rivals=0.0))
    answers = await identifier.identify(declarations())
    thorough = await Identifier(engine, careful).identify(declarations())
    assert "keys" in {answer.path for answer in answers}
    assert {answer.path for answer in thorough} <= {"nir", "wide", None}
    assert [settled(answer) for answer in answers] == [settled(answer) for answer in thorough]


async def test_a_register_of_nobody_finds_nobody(engine: Engine) -> None:
    await build_lines(engine, [])
    (answer,) = await Identifier(engine).identify(declarations()[1:2])
    assert (answer.outcome, answer.confidence) == ("not_found", None)


def crowd() -> list[bytes]:
    """A register in which a given name with a date, and a surname with it, make hot keys; and a few persons beside."""
    day = {"sex": "F", "birth_date": "1950-01-01"}
    names = [f"{a}{b}{c}OT" for a in ("BA", "CO", "DU", "FI", "GRE", "LO") for b in "BDFGLMRTV" for c in "AIOU"]
    places = [{"code": f"{n % 90 + 1:02d}001"} for n in range(len(names))]
    people = [
        day | {"id": f"{kind}{n}", "birth_name": surname, "given_names": [given], "birth_place": place}
        for n, (name, place) in enumerate(zip(names, places, strict=True))
        for kind, surname, given in (("G", name, "MARIE"), ("S", "MARTIN", name))
    ]
    assert len(names) > HOT_KEY_HOLDERS
    return [*map(orjson.dumps, people), *demo_lines()]


async def test_permuting_and_splitting_a_batch_changes_no_byte(engine: Engine) -> None:
    report = await build_lines(engine, crowd())
    assert report.hot_keys == 2
    identifier = Identifier(engine)
    hot = {"given_names": ["Marie"], "birth_date": "1950-01-01", "birth_place": {"code": "07001"}, "birth_name": "BADO"}
    more: tuple[dict[str, Any], ...] = (
        {},
        {"oops": 1},
        {"birth_name": "X"},
        {"birth_name": "MARTIN", "given_names": ["Bado"]},
    )
    asked = [*declarations(), *(read_question(hot | said) for said in more)]
    alone = [(await identifier.identify([question]))[0].to_json() for question in asked]
    chance = Random(3)
    for _ in range(6):
        order = chance.sample(range(len(asked)), len(asked))
        cut = chance.randint(0, len(asked))
        batches = [order[:cut], order[cut:]]
        answers = [a for batch in batches for a in await identifier.identify([asked[i] for i in batch])]
        assert [answer.to_json() for answer in answers] == [alone[position] for position in order]


async def test_an_explanation_holds_the_answer_and_every_candidate(engine: Engine) -> None:
    identifier = await demo(engine)
    (finding,) = await identifier.find(declarations()[11:12])
    explanation = explain(finding, identifier.model)
    assert {candidate.identity["id"] for candidate in explanation.candidates} >= {"P026", "P027"}
    assert explanation.answer.to_json() == finding.answer.to_json()


@pytest.mark.parametrize(
    ("nir", "name", "result", "declared"),
    [
        ("1 56 03 99999 101 12", "LE GOFF", "confirmed", "in_force"),
        ("1560399999101", "LEGOF", "confirmed", "in_force"),
        ("1480499999915", "SANTONI", "confirmed", "former"),
        ("1560399999101", "MARTIN", "not_confirmed", None),
        ("1560399999999", "LE GOFF", "not_confirmed", None),
        ("1 56 03 99999 101 13", "LE GOFF", "not_confirmed", "unusable"),
        ("?", "LE GOFF", "not_confirmed", "unusable"),
        ("1560399999101", "SANS NOM", "not_confirmed", None),
    ],
)
async def test_a_number_and_a_name_are_confirmed_together_or_not_at_all(
    open_engine: OpenEngine, nir: str, name: str, result: str, declared: str | None
) -> None:
    engine = open_engine("embedded")
    found = await verify(await demo(engine), engine, nir, name)
    assert (found.result, found.nir_declared) == (result, declared)
    assert (found.identity is not None) == (result == "confirmed")
