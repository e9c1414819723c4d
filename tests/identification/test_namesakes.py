"""A namesake who agrees otherwise is seen before anybody is sure."""

import orjson

from identification.cascade import Identifier
from identification.questions import read_question
from retrieval.protocol import Engine
from tests.conftest import build_lines

SAID = {
    "birth_name": "QUEMENEUR",
    "given_names": ["MARIE"],
    "birth_date": "1950-03-04",
    "birth_place": {"code": "29019"},
}


async def test_the_one_who_agrees_on_the_date_alone_does_not_hide_the_one_who_agrees_on_the_place(
    engine: Engine,
) -> None:
    elsewhere = SAID | {"id": "A", "birth_place": {"code": "69123"}}
    another_day = SAID | {"id": "B", "birth_date": "1950-03-14"}
    await build_lines(engine, [orjson.dumps(elsewhere), orjson.dumps(another_day)])
    (answer,) = await Identifier(engine).identify([read_question(SAID)])
    assert answer.identity is None or answer.identity["id"] == "B"
