"""What the weights are fitted to: how often true pairs agree at each level, counted over labelled questions.

The questions are those of the training mix: their shares and their slips are not those of the reports. The figures
are kept beside the model, which a person rounds from them, and a test holds the two together.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from evaluation.running import Result


def level_shares(results: Iterable[Result]) -> dict[str, dict[str, Any]]:
    """Return for each criterion how many true pairs spoke of it, and the share of each level among them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        for criterion, level in result.levels:
            counts[criterion][level] += 1
    return {
        criterion: {
            "pairs": levels.total(),
            "levels": {level: round(count / levels.total(), 5) for level, count in levels.most_common()},
        }
        for criterion, levels in sorted(counts.items())
    }
