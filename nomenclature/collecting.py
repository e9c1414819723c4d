"""Python's collector of cycles, kept away from what lives as long as the process.

An edition is 300,000 objects, and names that are remembered become as many. A full collection walks them all: 0.4 s in
which nobody is answered, again and again while caches fill. What is loaded here goes without it: it is in no cycle.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakMethod

_ALLOCATIONS, _YOUNG, _OLD = 50_000, 20, 50
_ONE_LOADS = Lock()
R = TypeVar("R")


@contextmanager
def loaded_for_good() -> Iterator[None]:
    """Collect nothing while something large is loaded; then set apart all objects there are, and collect more seldom.

    What is set apart still goes with its last reference; only cycles of that moment stay.
    """
    with _ONE_LOADS:
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
            gc.freeze()
            gc.set_threshold(_ALLOCATIONS, _YOUNG, _OLD)
        finally:
            if was_enabled:
                gc.enable()


def remembered(method: Callable[..., R], most: int) -> Callable[..., R]:
    """Return a cache of a method for its own object to keep: the two are in no cycle."""
    weak = WeakMethod(method)

    @lru_cache(most)
    def found(*arguments: Any) -> R:
        alive = weak()
        assert alive is not None
        return alive(*arguments)

    return found
