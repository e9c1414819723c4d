"""The report of evaluations: one HTML page that needs nothing beside it, drawn from figures."""

import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from io import StringIO
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from evaluation.figures import OUTCOMES, Figures, Histogram, Rate, ReliabilityBin, Row, ThresholdPoint, rate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {  # as they stand beside each other in a bar
    "right": "#4f9d72",
    "ambiguous": "#e8bf55",
    "too_distant": "#7d9cc0",
    "not_found": "#ccd1d8",
    "insufficient": "#8d939c",
    "wrong": "#c00d1e",
}
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a class named `$x$` is no formula
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa0a8",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#e6e8eb",
    "legend.frameon": False,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color"), "#333840"),
}
_NEARLY_SURE = 1 - 1e-6
_PROBABILITIES = (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)

_Bars = tuple[str, str, Histogram]
_Drawn = TypeVar("_Drawn")


def render(figures: Sequence[Figures]) -> str:
    """Return one HTML page: a line for each of the figures, then a section for each. Same figures, same page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"share": _share, "counted": _counted, "words": _words, "number": "{:,}".format}
    environment.globals |= {"outcomes": OUTCOMES, "colours": _COLOURS, "rate": rate}
    page = environment.from_string(files("evaluation.data").joinpath("report.html.j2").read_text("utf-8"))
    return page.render(sections=[(f"s{place}", one, _plots(one, f"s{place}")) for place, one in enumerate(figures, 1)])


def _share(value: float) -> str:
    """Write a share in per cent, with more digits the nearer it is to none or all; a tiny one as 2.9e-5."""
    if not isfinite(value):
        return "–"
    if 0 < value < 1e-4:
        return re.sub(r"(\.0)?e-0?", "e-", f"{value:.1e}")
    if 1 - 1e-5 < value < 1:
        return "> 99.999 %"
    rest = min(value, 1 - value) * 100
    decimals = 0 if rest <= 0 else 1 if rest >= 1 else 1 - floor(round(log10(rest), 9))
    return f"{100 * value:.{decimals}f} %"


def _counted(measured: Rate) -> Markup:
    """Write a rate and its interval; a rare one as a count and its upper bound: 3 in 300,000 (≤ 2.9e-5)."""
    if measured.of == 0:
        return Markup("–")
    if measured.rate < 1e-3:
        return Markup(f"{measured.count:,} in {measured.of:,} <small>(≤ {_share(measured.upper)})</small>")
    lower, upper = _share(measured.lower).removesuffix(" %"), _share(measured.upper)
    return Markup(f"{_share(measured.rate)} <small>({lower}–{upper})</small>")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _plots(figures: Figures, section: str) -> dict[str, Markup]:
    rows = [row for row in (figures.total, *figures.by_class) if row.questions]
    bins = [one for one in figures.reliability if one.right.of]
    candidates = ("questions", _COLOURS["too_distant"], figures.candidates)
    right = ("the person", _COLOURS["right"], figures.margins_right)
    wrong = ("somebody else", _COLOURS["wrong"], figures.margins_wrong)
    asked, margins = ([one for one in bars if any(one[2].counts)] for bars in ((candidates,), (right, wrong)))
    return {
        "thresholds": _svg(f"{section}-thresholds", 10, 3, _draw_thresholds, figures.thresholds),
        "reliability": _svg(f"{section}-reliability", 4.9, 4.9, _draw_reliability, bins),
        "outcomes": _svg(f"{section}-outcomes", 10, 1 + 0.24 * len(rows), _draw_outcomes, rows),
        "candidates": _svg(f"{section}-candidates", 4.9, 2.3, _draw_candidates, asked),
        "margins": _svg(f"{section}-margins", 4.9, 2.3, _draw_margins, margins),
    }


def _svg(
    name: str, width: float, height: float, draw: Callable[["Figure", Sequence[_Drawn]], None], data: Sequence[_Drawn]
) -> Markup:
    """Return a plot to stand inside HTML, its ids its own by `name`; nothing when there are no data."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    if not data:
        return Markup()
    written = StringIO()
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure((width, height), layout="constrained")
        draw(figure, data)
        figure.savefig(written, format="svg", metadata={"Date": None})
    body = written.getvalue().partition("<svg")[2].partition(">")[2]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    return Markup(f'<svg role="img" aria-label="{name}" viewBox="0 0 {72 * width:g} {72 * height:g}">{body}')


def _draw_thresholds(figure: "Figure", points: Sequence[ThresholdPoint]) -> None:
    strictness = [max(1 - point.threshold, 1 - _NEARLY_SURE) for point in points]
    precision, recall, false = figure.subplots(1, 3, sharex=True)
    errors, of_absent = [1 - point.precision for point in points], [point.false_on_absent for point in points]
    _draw_rare(precision, strictness, errors, _COLOURS["too_distant"], lambda value: _tick(1 - value))
    _draw_rare(false, strictness, of_absent, _COLOURS["wrong"], _tick)
    recall.plot(strictness, [point.recall for point in points], ".-", color=_COLOURS["right"])
    recall.yaxis.set_major_formatter(lambda value, _: _tick(value))
    precision.set_title("precision: right among identified")
    recall.set_title("recall: right among registered")
    false.set_title("identified among absent")
    precision.invert_yaxis()
    recall.set(xlabel="threshold on the confidence, stricter to the right", xscale="log")
    recall.invert_xaxis()
    recall.xaxis.set_major_formatter(lambda value, _: "" if round(log10(value)) % 2 else f"{1 - value:.9g}")
    recall.minorticks_off()


def _draw_rare(
    axes: "Axes", x: Sequence[float], y: Sequence[float], colour: str, write: Callable[[float], str]
) -> None:
    """Draw shares on powers of ten, below which there is room for none at all."""
    positive = [value for value in y if value > 0] or [1e-6]
    smallest = 10.0 ** floor(log10(min(positive)))
    axes.plot(x, y, ".-", color=colour, clip_on=False, zorder=3)
    axes.set_yscale("symlog", linthresh=smallest)
    axes.set_ylim(0, max(10 * smallest, 1.5 * max(positive)))
    axes.yaxis.set_major_formatter(lambda value, _: write(value))


def _tick(share: float) -> str:
    return f"{100 * share:.9f}".rstrip("0").rstrip(".") + " %"


def _draw_reliability(figure: "Figure", bins: Sequence[ReliabilityBin]) -> None:
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.set_yscale("logit")
    below.set_xscale("logit")
    x = [_inside(one.confidence) for one in bins]
    lower, upper = [_inside(one.right.lower) for one in bins], [_inside(one.right.upper) for one in bins]
    above.plot(_PROBABILITIES, _PROBABILITIES, "--", color="#9aa0a8", linewidth=1, label="as it should be")
    above.plot(x, [_inside(one.right.rate) for one in bins], "o", color="#2f5f8f", markersize=4, label="measured")
    above.vlines(x, lower, upper, color="#2f5f8f", label="95 % interval")
    above.legend(loc="upper left")
    above.set_ylabel("share that is the person")
    above.set_yticks(_PROBABILITIES, [_tick(value) for value in _PROBABILITIES])
    above.minorticks_off()
    low = [_inside(one.low) for one in bins]
    width = [_inside(one.high) - start for start, one in zip(low, bins, strict=True)]
    below.bar(low, [one.right.of for one in bins], width, align="edge", color="#b9c9dc", edgecolor="white")
    below.set_xticks(_PROBABILITIES, [f"{value:g}" if value in _PROBABILITIES[::2] else "" for value in _PROBABILITIES])
    below.set(ylabel="answers", xlabel="confidence of the best candidate")
    _scale_counts(below)


def _inside(probability: float) -> float:
    return min(max(probability, _PROBABILITIES[0]), _NEARLY_SURE)


def _scale_counts(axes: "Axes") -> None:
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.7)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.minorticks_off()


def _draw_outcomes(figure: "Figure", rows: Sequence[Row]) -> None:
    axes = figure.subplots()
    places = range(len(rows))
    left = [0.0] * len(rows)
    for outcome, colour in _COLOURS.items():
        widths = [row.outcomes.get(outcome, 0) / row.questions for row in rows]
        axes.barh(places, widths, 0.78, left, color=colour, label=_words(outcome))
        left = [start + width for start, width in zip(left, widths, strict=True)]
    for place, row in zip(places, rows, strict=True):
        if count := row.outcomes.get("wrong", 0):
            axes.barh(place, 0.004, 0.78, 0.996, color=_COLOURS["wrong"])
            axes.text(1.008, place, f"{count:,} wrong", color=_COLOURS["wrong"], weight="bold", va="center_baseline")
    axes.set_yticks(places, [_words(row.group) for row in rows])
    axes.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6))
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    figure.legend(loc="outside upper left", ncols=len(_COLOURS))


def _draw_candidates(figure: "Figure", bars: Sequence[_Bars]) -> None:
    _draw_histograms(figure, bars).set(xlabel="candidates scored", ylabel="questions")


def _draw_margins(figure: "Figure", bars: Sequence[_Bars]) -> None:
    _draw_histograms(figure, bars).set(xlabel="bits between the best candidate and the next", ylabel="answers")
    figure.legend(loc="outside upper left", ncols=2, title="the best candidate is", alignment="left")


def _draw_histograms(figure: "Figure", bars: Sequence[_Bars]) -> "Axes":
    """Draw bins equally wide, whatever their edges; each further histogram stands narrower before the one behind."""
    axes = figure.subplots()
    edges = sorted({edge for _, _, one in bars for edge in one.edges})
    place = {edge: position for position, edge in enumerate(edges)}
    for depth, (label, colour, one) in enumerate(bars):
        middles = [(place[low] + place[high]) / 2 for low, high in pairwise(one.edges)]
        widths = [(place[high] - place[low]) * (0.92 - 0.5 * depth) for low, high in pairwise(one.edges)]
        axes.bar(middles, one.counts, widths, color=colour, label=label)
    step = ceil(len(edges) / 12)
    axes.set_xticks(range(0, len(edges), step), [f"{edge:,.10g}".replace("inf", "∞") for edge in edges[::step]])
    axes.grid(visible=False, axis="x")
    _scale_counts(axes)
    return axes
