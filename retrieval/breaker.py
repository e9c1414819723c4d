"""A circuit breaker: an engine that has stopped answering is left alone for a moment, and callers are told at once.

Closed, every call goes through. After some calls in a row that found no engine it is open: calls fail without being
made. When its pause is over one call is let through as a probe; its answer closes the circuit, its failure opens it
for another pause.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from retrieval.protocol import EngineBusy, EngineUnavailable


class CircuitOpen(EngineUnavailable):
    """The engine did not answer just now, so it was not asked."""


class Breaker:
    """
    Args:
        most_failures: calls in a row without an engine that open the circuit.
        pause_s: how long it stays open before the next probe.
    """

    def __init__(
        self, most_failures: int = 3, pause_s: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_failures = most_failures
        self._pause_s = pause_s
        self._clock = clock
        self._failures = 0
        self._asked_again_at = 0.0
        self._probing = False

    @contextmanager
    def call(self) -> Iterator[None]:
        """Enclose one call. A busy engine, or one that answers an error, is there.

        Raises:
            CircuitOpen: the call is not to be made.
        """
        probing = self._is_open
        if probing and (self._probing or self._clock() < self._asked_again_at):
            raise CircuitOpen("the engine does not answer: it is asked again in a moment")
        self._probing = self._probing or probing
        try:
            yield
        except EngineBusy:
            self._failures = 0
            raise
        except EngineUnavailable:
            self._failures += 1
            self._asked_again_at = self._clock() + self._pause_s
            raise
        except Exception:
            self._failures = 0
            raise
        else:
            self._failures = 0
        finally:
            if probing:
                self._probing = False

    @property
    def _is_open(self) -> bool:
        return self._failures >= self._most_failures
