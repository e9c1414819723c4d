"""What a load test found, as a table and as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from loadtest.plans import Called, Kind
from loadtest.results import Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: dict[Kind, str] = {"unit": "#4f9d72", "batch": "#7d9cc0"}
_REFUSED, _WRONG = "#e8bf55", "#c00d1e"


def print_stages(console: Console, stages: Sequence[Stage]) -> None:
    table = Table(
        "stage", "", "offered/s", "served/s", "refused/s", "p50", "p95", "p99 ms", "errors", "wrong", "missed"
    )
    for stage in stages:
        for kind, result in stage.results.items():
            rates = (f"{value:,.0f}" for value in (result.offered, result.served, result.refused))
            times = (f"{value:,.0f}" for value in (result.p50_ms, result.p95_ms, result.p99_ms))
            missed = "; ".join(words for words in stage.missed if words.startswith(kind))
            table.add_row(stage.name, kind, *rates, *times, str(result.errors), str(result.wrong), missed)
    console.print(table)


def write_report(
    path: Path,
    stages: Sequence[Stage],
    series: Sequence[tuple[str, Sequence[Called]]],
    memory: Sequence[tuple[float, float]],
) -> None:
    """Draw load against what was served and how fast, each call of the stages of overload and of the last one, and
    the megabytes of the service by second.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(4, 2, figsize=(13, 16), layout="constrained")
    for row, kind in zip(axes[:2], _COLOURS, strict=True):
        steps = [stage.results[kind] for stage in stages if stage.name.startswith(f"{kind} ")]
        _capacity(row[0], kind, [r.offered for r in steps], [r.served for r in steps])
        _latency(row[1], kind, [r.offered for r in steps], [(r.p50_ms, r.p95_ms, r.p99_ms) for r in steps])
    mixed = [(name, called) for name, called in series if name.startswith("three times")]
    for axis, (name, called) in zip(axes[2], mixed, strict=False):
        _calls(axis, name, called)
    _memory(axes[3][0], memory)
    _calls(axes[3][1], *series[-1])
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _memory(axis: "Axes", memory: Sequence[tuple[float, float]]) -> None:
    axis.plot([second for second, _ in memory], [megabytes for _, megabytes in memory], color="#5b6472")
    axis.set(title="memory of the service", xlabel="seconds", ylabel="MB resident", ylim=(0, None))


def _capacity(axis: "Axes", kind: Kind, offered: Sequence[float], served: Sequence[float]) -> None:
    axis.plot(offered, offered, color="#ccd1d8", linestyle="--", label="asked")
    axis.plot(offered, served, color=_COLOURS[kind], marker="o", label="answered")
    axis.set(title=f"{kind} calls: questions a second", xlabel="asked a second", ylabel="answered a second")
    axis.legend()


def _latency(axis: "Axes", kind: Kind, offered: Sequence[float], times: Sequence[tuple[float, float, float]]) -> None:
    for place, (label, style) in enumerate((("p50", "-"), ("p95", "--"), ("p99", ":"))):
        axis.plot(
            offered, [row[place] for row in times], color=_COLOURS[kind], linestyle=style, marker="o", label=label
        )
    axis.set(title=f"{kind} calls: ms from when a call was due", xlabel="asked a second", ylabel="ms", yscale="log")
    axis.legend()


def _calls(axis: "Axes", name: str, called: Sequence[Called]) -> None:
    for kind, colour in _COLOURS.items():
        mine = [call for call in called if call.kind == kind and call.status == 200]
        axis.scatter([c.due_s for c in mine], [c.ms for c in mine], s=5, color=colour, label=f"{kind}, answered")
    refused = [call for call in called if call.status == 429]
    axis.scatter([c.due_s for c in refused], [c.ms for c in refused], s=5, color=_REFUSED, label="refused, 429")
    broken = [call for call in called if call.status not in (200, 429)]
    axis.scatter([c.due_s for c in broken], [c.ms for c in broken], s=12, color=_WRONG, label="error")
    axis.set(title=name, xlabel="second at which a call was due", ylabel="ms")
    if called:
        axis.set_yscale("log")
    axis.legend(markerscale=3)
