"""Progress of long work on a terminal; nothing where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Source(Protocol):
    """A file that says how far it is read; nobody knows how long a pipe is."""

    size_bytes: int | None

    @property
    def bytes_read(self) -> int: ...


@contextmanager
def lines_progress(console: Console, what: str, source: Source, unit: str = "lines") -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of lines done: the bar follows the bytes of the file."""
    with _bar(console, what, TaskProgressColumn(), TextColumn("{task.fields[lines]:,} " + unit)) as bar:
        task = bar.add_task(what, total=source.size_bytes, lines=0)
        yield lambda lines: bar.update(task, completed=source.bytes_read, lines=lines)


@contextmanager
def count_progress(console: Console, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number done; `total` is None where nobody knows how many there are."""
    with _bar(console, what, TextColumn("{task.completed:,}")) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _bar(console: Console, what: str, *counts: ProgressColumn) -> Progress:
    columns = (TextColumn(what), BarColumn(), *counts, TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
