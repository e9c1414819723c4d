"""Progress of long work on a terminal; nothing where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from indexer.lines import LineSource


@contextmanager
def lines_progress(console: Console, what: str, source: LineSource) -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of lines done: the bar follows the bytes of the file."""
    columns = (
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=source.size_bytes, lines=0)
        yield lambda lines: bar.update(task, completed=source.bytes_read, lines=lines)
