"""The circuit breaker: it opens, probes and closes, and a busy engine is not a dead one."""

import asyncio
from contextlib import suppress

import pytest

from retrieval.breaker import Breaker, CircuitOpen
from retrieval.protocol import EngineBusy, EngineError, EngineUnavailable


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failing(breaker: Breaker, error: type[Exception] = EngineUnavailable, times: int = 1) -> None:
    for _ in range(times):
        with suppress(error), breaker.call():
            raise error("")


def is_open(breaker: Breaker) -> bool:
    try:
        with breaker.call():
            raise asyncio.CancelledError  # the call ends without telling anything of the engine
    except CircuitOpen:
        return True
    except asyncio.CancelledError:
        return False


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = Breaker(most_failures=3, clock=Clock())
    failing(breaker, times=2)
    with breaker.call():
        pass
    failing(breaker, times=2)
    assert not is_open(breaker)
    failing(breaker)
    assert is_open(breaker)


@pytest.mark.parametrize("error", [EngineBusy, EngineError])
def test_an_engine_that_answers_is_there(error: type[Exception]) -> None:
    breaker = Breaker(most_failures=3, clock=Clock())
    failing(breaker, times=2)
    failing(breaker, error)
    failing(breaker, times=2)
    assert not is_open(breaker)


def test_after_the_pause_one_probe_goes_through_and_its_answer_closes_the_circuit() -> None:
    clock = Clock()
    breaker = Breaker(most_failures=1, pause_s=1.0, clock=clock)
    failing(breaker)
    clock.now = 1.0
    with breaker.call():
        assert is_open(breaker)
    assert not is_open(breaker)


def test_a_probe_that_fails_opens_for_another_pause_and_one_that_is_given_up_leaves_its_place() -> None:
    clock = Clock()
    breaker = Breaker(most_failures=1, pause_s=1.0, clock=clock)
    failing(breaker)
    clock.now = 1.0
    failing(breaker)
    assert is_open(breaker)
    clock.now = 2.0
    assert not is_open(breaker)
    assert not is_open(breaker)
