"""What is asked wide, of those whom no key found: surnames near the declared ones, beside rare enough other traits.

A pair of traits that many share beside such a surname by chance brings the more records the larger the register, and
none of them could be identified by so little. Such pairs must come in twos, which is three traits of the four.
"""

from collections.abc import Iterable

from analyzers.identity import Query
from analyzers.keys import KeyFamily, Traits, keys_of, pair_families
from analyzers.names import analysed_codes, letters_less
from identification.rarity import Said, by_chance, said_in
from retrieval.protocol import WideSearch
from scoring.weights import Weights

_MOST_NEAR_BY_CHANCE = 1.0
"""So many persons may be expected to share a surname near the declared one and a pair of traits by chance alone."""


def wide_search(query: Query, traits: Traits, weights: Weights) -> WideSearch:
    """Return what is asked wide of a register with these counts."""
    surnames = query.surnames
    families, said = pair_families(traits), said_in(query)
    common = [family for family in families if _by_chance(said, family, weights) > _MOST_NEAR_BY_CHANCE]
    in_twos = common if len(families) > 1 else []
    return WideSearch(
        fr2=_distinct(code for name in surnames for code in analysed_codes(name.folded, "fr2")),
        skxs=_distinct(code for name in surnames for code in analysed_codes(name.folded, "skxs")),
        slips=_distinct(form for name in surnames for form in letters_less(name.joined)),
        pairs=keys_of(traits, [family for family in families if family not in in_twos]),
        in_twos=keys_of(traits, in_twos),
    )


def _by_chance(said: Said, family: KeyFamily, weights: Weights) -> float:
    return by_chance(said, ("near_name", *family.traits), weights)


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
