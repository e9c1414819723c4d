"""Python's collector of cycles, kept away from what lives as long as the process.

An edition is 300,000 objects, and names that are remembered become as many. A full collection walks them all: 0.4 s in
which nobody is answered, again and again while caches fill.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS, _YOUNG, _OLD = 50_000, 20, 50


@contextmanager
def loaded_for_good() -> Iterator[None]:
    """Collect nothing while something large is loaded; then set apart all objects there are, and collect more seldom.

    Done again, it first looks at what was set apart: what was left of the last one goes.
    """
    gc.disable()
    try:
        yield
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(_ALLOCATIONS, _YOUNG, _OLD)
    finally:
        gc.enable()
