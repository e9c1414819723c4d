"""Write the tables of docs/accuracy.md anew from two evaluations: a dense register, and one of all ages.

    sngi evaluate --born-in 1970 --persons 1000000 --questions 300000 --names FOLDER -o dense
    sngi evaluate --persons 1000000 --questions 300000 --names FOLDER -o ages
    python -m devtools.accuracy_tables dense/figures.json ages/figures.json

What is said between the tables stays, and is to be read again.
"""

import argparse
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from evaluation.figures import Goal

_DOCUMENT = Path("docs/accuracy.md")
_TABLE = re.compile(r"(?:^\|.*\|\n)+", re.MULTILINE)
_MIXES = ("traits only", "with number", "with parents")
_KINDS = tuple(f"{register}, {mix}" for register in ("dense", "all ages") for mix in _MIXES)
_FIRST_THRESHOLD = 0.9
_FEWEST_ASKED = 100
Figures = dict[str, Any]
Row = Sequence[str]


def summary(evaluations: Sequence[Figures]) -> Iterator[Row]:
    yield "", *_KINDS
    for said, cell in _SUMMARY.items():
        yield said, *map(cell, evaluations)


def _wrong(figures: Figures) -> str:
    wrong = figures["total"]["wrong"]
    return f"{wrong['count']} ({wrong['rate']:.1e}, at most {wrong['upper']:.1e})"


def _refused(figures: Figures) -> str:
    outcomes = figures["total"]["outcomes"]
    return ", ".join(f"{outcomes[name]:,}" for name in ("ambiguous", "too_distant", "not_found", "insufficient"))


def _settled(figures: Figures) -> str:
    return ", ".join(_percent(figures["paths"].get(path, 0) / figures["questions"]) for path in ("nir", "keys", "wide"))


def _scored(figures: Figures) -> str:
    quantiles = figures["candidates_quantiles"]
    return f"{quantiles['mean']:.1f}, {quantiles['p50']:.0f}, {quantiles['p99']:.0f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


_SUMMARY: dict[str, Callable[[Figures], str]] = {
    "registered persons": lambda of: f"{of['identities']:,}",
    "questions, of absent persons": lambda of: f"{of['questions']:,}, {of['absent']['questions']:,}",
    "right": lambda of: f"{of['total']['outcomes']['right']:,}",
    "**wrong identity**": _wrong,
    "of these about absent persons": lambda of: str(of["absent"]["outcomes"]["wrong"]),
    "ambiguous, too distant, not found, insufficient": _refused,
    "**missed**": lambda of: _percent(of["total"]["missed"]["rate"]),
    "true person among the candidates": lambda of: f"{100 * of['total']['among_candidates']['rate']:.3f} %",
    "calibration error": lambda of: f"{of['calibration_error']:.4f}",
    "settled by number, keys, wide": _settled,
    "candidates scored: mean, p50, p99": _scored,
    "exact join of name, given name, date: wrong, missed": lambda of: (
        f"{of['baseline']['wrong']['count']}, {_percent(of['baseline']['missed']['rate'])}"
    ),
}


def budgets(evaluations: Sequence[Figures]) -> Iterator[Row]:
    yield "", *(goal["name"] for goal in evaluations[0]["goals"])
    for kind, figures in zip(_KINDS, evaluations, strict=True):
        yield kind, *(_measured(Goal(**goal)) for goal in figures["goals"])


def _measured(goal: Goal) -> str:
    return f"{goal.measured:.3g} ({'**missed**' if goal.met == 'missed' else goal.met})"


def groups(title: str, part: str, *evaluations: Figures) -> Iterator[Row]:
    yield title, *(name for kind in ("dense", "all ages")[-len(evaluations) :] for name in _heads(kind, evaluations))
    rows = [{row["group"]: row for row in figures[part]} for figures in evaluations]
    for group in dict.fromkeys(group for found in rows for group in found):
        if any(group in found and found[group]["questions"] >= _FEWEST_ASKED for found in rows):
            name = group.removeprefix("born ").replace("_", " ")
            yield name, *(cell for found in rows for cell in _outcome(found.get(group)))


def _heads(kind: str, evaluations: Sequence[Figures]) -> Row:
    return f"{kind}: asked" if len(evaluations) > 1 else "asked", "wrong", "missed"


def _outcome(row: Figures | None) -> Row:
    if row is None:
        return "–", "–", "–"
    missed = _percent(row["missed"]["rate"]) if row["registered"] else "–"
    return f"{row['questions']:,}", str(row["outcomes"]["wrong"]), missed


def thresholds(dense: Figures, ages: Figures) -> Iterator[Row]:
    yield "threshold", "dense: precision, recall", "all ages: precision, recall"
    for of_dense, of_ages in zip(dense["thresholds"], ages["thresholds"], strict=True):
        if of_dense["threshold"] >= _FIRST_THRESHOLD:
            points = (f"{point['precision']:.5f}, {point['recall']:.4f}" for point in (of_dense, of_ages))
            yield f"{of_dense['threshold']:g}", *points


def reliability(dense: Figures, ages: Figures) -> Iterator[Row]:
    yield "confidence", "dense: right of", "all ages: right of"
    for of_dense, of_ages in zip(dense["reliability"], ages["reliability"], strict=True):
        said = f"{of_dense['low']:g} to {of_dense['high']:g} (mean {of_dense['confidence']:.4f})"
        yield said, *(f"{found['right']['rate']:.4f} of {found['right']['of']:,}" for found in (of_dense, of_ages))


def families(dense: Figures, ages: Figures) -> Iterator[Row]:
    both = ("dense", "all ages")
    yield (
        *("family", "stage", "keys per identity", f"block mean, p99: {both[0]}", both[1]),
        *(f"finds: {both[0]}", both[1], f"alone of its stage: {both[0]}", both[1]),
    )
    for pair in zip(dense["families"], ages["families"], strict=True):
        blocks = (f"{found['mean_block']:.1f}, {found['p99_block']:.0f}" for found in pair)
        shares = (_percent(found[what] / found["asked"]) for what in ("found", "alone") for found in pair)
        yield pair[0]["family"], pair[0]["stage"], f"{pair[0]['terms']:.1f}", *blocks, *shares


def markdown(rows: Iterable[Row]) -> str:
    head, *body = (f"| {' | '.join(row)} |\n" for row in rows)
    return head + re.sub(r"[^|\n]+", " --- ", head) + "".join(body)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dense", type=Path)
    parser.add_argument("ages", type=Path)
    arguments = parser.parse_args()
    evaluations = [figures for path in (arguments.dense, arguments.ages) for figures in orjson.loads(path.read_bytes())]
    dense, ages = evaluations[:: len(_MIXES)]
    tables = iter(
        (
            summary(evaluations),
            budgets(evaluations),
            groups("class", "by_class", dense, ages),
            groups("origin", "by_origin", dense, ages),
            groups("born", "by_age", ages),
            thresholds(dense, ages),
            reliability(dense, ages),
            families(dense, ages),
        )
    )
    text = _TABLE.sub(lambda table: markdown(next(tables)), _DOCUMENT.read_text("utf-8"))
    _DOCUMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
