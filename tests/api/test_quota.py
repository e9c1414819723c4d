"""Quotas: a rate that is paid off, a day that ends, one count for all workers."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from api.access import LOCAL, Call
from api.control import control_of
from api.metrics import Metrics
from api.organisms import Limits
from api.quota import Quotas, TooMany, worth
from api.settings import ApiSettings
from api.watching import Seen
from audit.settings import AuditSettings
from identification.questions import read_question
from tests.api.organism_files import caller, organism

LIMITS = Limits(per_second=10, per_day=100)
NOON = 20_000 * 86_400 + 43_200.0


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


def test_a_batch_is_paid_off_before_the_next_one(tmp_path: Path) -> None:
    clock = Clock()
    quotas = Quotas(tmp_path, clock)
    quotas.spend("a", LIMITS, 50)
    with pytest.raises(TooMany) as refused:
        quotas.spend("a", LIMITS, 1)
    assert refused.value.retry_after_s == 4
    clock.now += 4
    quotas.spend("a", LIMITS, 1)


def test_the_day_ends_at_midnight_utc_and_organisms_are_counted_apart(tmp_path: Path) -> None:
    clock = Clock()
    quotas = Quotas(tmp_path, clock)
    quotas.spend("a", LIMITS, 100)
    quotas.spend("b", LIMITS, 100)
    clock.now += 60
    with pytest.raises(TooMany) as refused:
        quotas.spend("a", LIMITS, 1)
    assert refused.value.retry_after_s == 43_200 - 60
    clock.now += 43_200
    quotas.spend("a", LIMITS, 1)


def test_what_was_asked_already_is_counted_in_any_case(tmp_path: Path) -> None:
    quotas = Quotas(tmp_path, Clock())
    quotas.spend("a", LIMITS, 1_000, may_overdraw=True)
    with pytest.raises(TooMany):
        quotas.spend("a", LIMITS, 1)


def test_workers_share_a_count_that_outlives_them(tmp_path: Path) -> None:
    clock = Clock()
    first, second = Quotas(tmp_path, clock), Quotas(tmp_path, clock)
    first.spend("a", LIMITS, 60)
    first.close()
    clock.now += 60
    with pytest.raises(TooMany):
        second.spend("a", LIMITS, 41)
    second.spend("a", LIMITS, 40)


async def test_a_stream_waits_for_its_rate_instead_of_being_refused(data_dir: Path) -> None:
    (data_dir / "organisms.toml").write_text(organism(per_second=100, per_day=10_000))
    moments = iter((NOON, NOON, NOON, NOON + 1))
    async with control_of(ApiSettings(), AuditSettings(), data_dir) as control:
        assert control
        timed = replace(control, quotas=Quotas(data_dir / "timed", moments.__next__))
        limits = Limits(100, 10_000)
        call = Call(replace(LOCAL, limits=limits), "/v1/identify/batch", Seen(Metrics()), control=timed)
        await call.admit(150)
        with pytest.raises(TooMany):
            await call.admit(1)
        await call.admit(1, patiently=True)
        timed.quotas.close()
    assert list(moments) == []


LONG: dict[str, object] = {"birth_name": "LE GOFF", "given_names": ["ANNE " * 60], "birth_date": "1956-03-04"}
SHORT = LONG | {"given_names": ["ANNE"]}


def test_a_question_of_usual_length_is_one_and_one_of_hundreds_of_words_is_many() -> None:
    def of(question: dict[str, object]) -> int:
        return worth(read_question(question))

    parents = [{"birth_name": "LE GOFF", "given_names": ["ANNE", "MARIE"]}] * 2
    assert of(SHORT | {"parents": parents}) == of({"nir": "1560399999101"}) == of({"reference": "1"}) == 1
    assert of(LONG) == 2
    assert of(LONG | {"parents": [{"given_names": ["ANNE " * 60] * 50}] * 10}) > 500


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/identify", orjson.dumps(LONG)),
        ("/v1/identify/batch", orjson.dumps({"queries": [LONG]})),
        ("/v1/identify/stream", orjson.dumps(LONG)),
    ],
    ids=["unit", "batch", "stream"],
)
def test_whichever_way_it_is_asked_a_long_question_counts_as_several(data_dir: Path, path: str, asked: bytes) -> None:
    with caller(data_dir, per_second=1_000, per_day=3) as http:
        assert http.post(path, content=asked).status_code == 200
        one_more = [http.post("/v1/identify", json=SHORT).status_code for _ in range(2)]
    assert one_more == [200, 429]
