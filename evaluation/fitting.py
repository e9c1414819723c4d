"""Estimate m from labelled questions: how often a true pair agrees at each level, when both sides speak.

The questions are those of the training mix: their shares and their slips are not those of the reports.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from evaluation.running import Result

_PRIOR_PAIRS = 2.0
"""Each level of the model counts as if it had been seen this often times its share before."""


def estimate_m(
    results: Iterable[Result], model: Mapping[str, Mapping[str, float]], said: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, float]]:
    """Return the share of each level among the true pairs, by criterion.

    Args:
        model: the m in force, which a level that was never seen keeps.
        said: levels that are shares of some pairs only, by criterion: the levels of one name count among themselves.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for criterion, level in result.levels:
            counts[criterion][level] += 1
    return {
        criterion: _shares(counts[criterion], levels, said.get(criterion, {})) for criterion, levels in model.items()
    }


def _shares(seen: Counter[str], levels: Mapping[str, float], said: Mapping[str, str]) -> dict[str, float]:
    totals: Counter[str] = Counter()
    for level, count in seen.items():
        totals[said.get(level, "")] += count
    return {
        level: (seen[level] + _PRIOR_PAIRS * before) / (totals[said.get(level, "")] + _PRIOR_PAIRS)
        for level, before in levels.items()
    }
