"""Phonetic chains, one rule table for Python and for OpenSearch.

FR2 reads a name as French does, SKXS as a consonant skeleton that survives transliteration. The rules live in
`data/phonetics.json`; `analyzers/settings.py` makes OpenSearch token filters of the same lines.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_GROUP = re.compile(r"\$(\d)")


@dataclass(frozen=True, slots=True)
class Rule:
    """One replacement of a chain; `replacement` is in Lucene's notation, `$1` for the first group."""

    id: str
    pattern: str
    replacement: str


@dataclass(frozen=True, slots=True)
class RuleTable:
    version: str
    chains: dict[str, tuple[Rule, ...]]


@cache
def rule_table() -> RuleTable:
    data = json.loads(files("analyzers.data").joinpath("phonetics.json").read_text("utf-8"))
    return RuleTable(
        version=data["version"],
        chains={
            name: tuple(Rule(rule["id"], rule["pattern"], rule["replacement"]) for rule in chain["rules"])
            for name, chain in data["chains"].items()
        },
    )


@cache
def encoder(chain: str) -> Callable[[str], str]:
    """Return the function that reads a folded name, e.g. "LEFEBVRE", as the code of a chain, e.g. "LFVR"."""
    steps = [
        (re.compile(rule.pattern).sub, _GROUP.sub(r"\\g<\1>", rule.replacement)) for rule in rule_table().chains[chain]
    ]

    @lru_cache(maxsize=1 << 18)
    def encode(folded: str) -> str:
        for substitute, replacement in steps:
            folded = substitute(replacement, folded)
        return folded

    return encode
