"""What is asked when: calls at times that do not depend on the answers, about persons drawn as they are in life."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

Kind = Literal["unit", "batch"]
Rate = Callable[[float], float]
"""Calls a second, at so many seconds from the start."""
T = TypeVar("T")
_ZIPF = 1.3
"""Few persons are asked about often and most hardly ever: the share of the n-th falls as n to this power."""
_NOT_AGAIN_WITHIN = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A call to be made: its body, and for each question in it the id of the person asked about, None for nobody."""

    body: bytes
    truths: Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Called:
    """A call that was made. `ms` counts from the time at which it was due, so that a stall is not hidden."""

    kind: Kind
    due_s: float
    late_ms: float
    ms: float
    status: int
    questions: int
    right: int
    wrong: int
    failed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Calls of one kind for some seconds."""

    kind: Kind
    rate: Rate
    seconds: float


def steady(calls_a_second: float) -> Rate:
    return lambda at_s: calls_a_second


def ramp(calls_a_second: float, rising_s: float) -> Rate:
    """From nothing to full within some seconds: the morning of the 5th and of the 15th."""
    return lambda at_s: calls_a_second * min(1.0, at_s / rising_s)


def arrivals(plan: Plan, random: np.random.Generator) -> Iterator[float]:
    """Yield the seconds at which calls arrive: independent callers, so a Poisson process, thinned to the rate."""
    highest = max(plan.rate(at_s) for at_s in np.linspace(0, plan.seconds, 101))
    at_s = 0.0
    while highest > 0:
        at_s += random.exponential(1 / highest)
        if at_s >= plan.seconds:
            return
        if random.random() * highest < plan.rate(at_s):
            yield at_s


def drawn(items: Sequence[T], random: np.random.Generator) -> Iterator[T]:
    """Yield items without end, some often; none again within the next few hundred, as far as there are others."""
    order, lately = random.permutation(len(items)), deque[int](maxlen=min(_NOT_AGAIN_WITHIN, len(items) // 2))
    while True:
        place = int(order[(random.zipf(_ZIPF) - 1) % len(items)])
        if place in lately:
            place = int(order[random.integers(len(items))])
        if place not in lately:
            lately.append(place)
            yield items[place]
