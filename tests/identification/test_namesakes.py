"""A namesake who agrees otherwise is seen before anybody is sure."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import orjson
import pytest

from identification.cascade import Identifier
from identification.observing import BatchSeen
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


@pytest.mark.parametrize(
    ("recorded", "is_looked_at_again"),
    [
        ({}, False),
        ({"given_names": ["MARIE", "ANNE"]}, False),
        ({"birth_place": {"code": "69123"}}, True),
        ({"birth_place": None}, True),
    ],
    ids=["as said", "more given names", "elsewhere", "nowhere"],
)
async def test_only_for_one_who_agrees_with_all_that_was_said_no_loose_key_is_asked(
    engine: Engine, recorded: dict[str, object], is_looked_at_again: bool
) -> None:
    await build_lines(engine, [orjson.dumps(SAID | {"id": "A"} | recorded)])
    seen: list[BatchSeen] = []
    (answer,) = await Identifier(engine, observer=Watching(seen)).identify([read_question(SAID)])
    assert answer.outcome == "identified"
    assert ["loose" in batch.seconds for batch in seen] == [is_looked_at_again]


@dataclass
class Watching:
    seen: list[BatchSeen]

    def batch(self, seen: BatchSeen) -> AbstractContextManager[object]:
        self.seen.append(seen)
        return nullcontext()
