"""Draw the panels of the Grafana dashboard from what a Prometheus holds: the same expressions, without Grafana.

    python -m devtools.draw_dashboard --prometheus http://127.0.0.1:9090 --minutes 10 -o dashboard.png

What an expression gives is computed by Prometheus; only the drawing is ours.
"""

import argparse
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from devtools.write_dashboard import COLUMNS, DASHBOARD

_POINTS = 150
_LEAST_RATE_S = 20
_HOLE = float("nan")


def draw(prometheus: str, minutes: float, output: Path) -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    rows = -(-len(panels) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(7 * COLUMNS, 3.2 * rows), layout="constrained")
    end = time.time()
    for panel, ax in zip(panels, axes.flat, strict=False):
        _draw(panel, ax, prometheus, end - minutes * 60, end)
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    figure.suptitle(
        "The panels of deploy/grafana/sngi.json over minutes: computed by Prometheus, drawn without Grafana"
    )
    figure.savefig(output, dpi=64)


def _draw(panel: dict[str, Any], ax: Axes, prometheus: str, start: float, end: float) -> None:
    step = (end - start) / _POINTS
    for target in panel["targets"]:
        for series in _asked(prometheus, target["expr"], start, end, step):
            label = _label(target["legendFormat"], series["metric"])
            minutes = [(float(at) - end) / 60 for at, _ in series["values"]]
            values = [_HOLE if value == "NaN" else float(value) for _, value in series["values"]]
            ax.plot(minutes, values, label=label, linewidth=1.2)
    ax.set_title(f"{panel['title']} ({panel['fieldConfig']['defaults']['unit']})", fontsize=10, loc="left")
    ax.set_xlim((start - end) / 60, 0)
    ax.set_ylim(bottom=0)
    ax.tick_params(labelsize=8)
    ax.grid(alpha=0.3)
    if ax.lines:
        ax.legend(fontsize=7, loc="upper left", ncols=2)
    else:
        ax.text(0.5, 0.5, "No data", transform=ax.transAxes, ha="center", color="grey")


def _asked(prometheus: str, expression: str, start: float, end: float, step: float) -> list[Any]:
    """Return the series of an expression over time; Grafana chooses the interval of rates, here it is by the step."""
    interval = f"{max(_LEAST_RATE_S, round(4 * step))}s"
    query = {"query": expression.replace("$__rate_interval", interval), "start": start, "end": end, "step": step}
    url = f"{prometheus}/api/v1/query_range?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=30) as reply:
        series: list[Any] = json.load(reply)["data"]["result"]
    return series


def _label(legend: str, labels: dict[str, str]) -> str:
    for name, value in labels.items():
        legend = legend.replace(f"{{{{{name}}}}}", value)
    return legend


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("-o", "--output", type=Path, default=Path("dashboard.png"))
    options = parser.parse_args()
    draw(options.prometheus, options.minutes, options.output)


if __name__ == "__main__":
    main()
