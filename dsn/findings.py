"""Findings counted by code, the first lines of each kept: memory does not grow with the mistakes of a file."""

from collections import Counter
from dataclasses import dataclass, field

from dsn.codes import Finding, FindingCode

_LINES_KEPT = 20


@dataclass(slots=True)
class Findings:
    counts: Counter[FindingCode] = field(default_factory=Counter)
    first: dict[FindingCode, list[Finding]] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        kept = self.first.setdefault(finding.code, [])
        if len(kept) < _LINES_KEPT:
            kept.append(finding)

    def most_common(self) -> list[tuple[FindingCode, int]]:
        """Return the counts, the highest first; equal ones by code, since how far a file is read ahead orders them."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
