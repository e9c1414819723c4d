"""What is asked wide, of those whom no key found: surnames near the declared ones, beside rare enough other traits.

A pair of traits that many share beside such a surname by chance brings the more records the larger the register, and
hardly any of them could be identified by so little. Such pairs must come in twos, which is three traits of the four.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from analyzers.identity import Query
from analyzers.keys import Said, keys_of, numbers_of, pair_families
from analyzers.names import Name, analysed_codes, letters_less
from identification.rarity import MOST_BY_CHANCE, Population, by_chance
from retrieval.protocol import WideSearch


def wide_search(query: Query, said: Said, among: Sequence[Population]) -> WideSearch:
    """Return what is asked wide of a register of which these are the populations."""
    surnames, traits = query.surnames, numbers_of(said)
    families, share_near = pair_families(traits), partial(_share_near, tuple(dict.fromkeys(surnames)))
    common = [family for family in families if by_chance(said, family, among, share_near) > MOST_BY_CHANCE]
    in_twos = common if len(families) > 1 else []
    return WideSearch(
        fr2=_distinct(code for name in surnames for code in analysed_codes(name.folded, "fr2")),
        skxs=_distinct(code for name in surnames for code in analysed_codes(name.folded, "skxs")),
        slips=_distinct(form for name in surnames for form in letters_less(name.joined)),
        pairs=keys_of(traits, [family for family in families if family not in in_twos]),
        in_twos=tuple(keys_of(traits, [family]) for family in in_twos),
    )


def _share_near(surnames: Iterable[Name], population: Population) -> float:
    """Return the share of those who bear a surname near one of these."""
    weights, country = population.weights, population.country
    return sum(
        sum(weights.share("sound", code, country) for code in analysed_codes(name.folded, "fr2"))
        + sum(weights.share("skeleton", code, country) for code in analysed_codes(name.folded, "skxs"))
        + weights.statistics.slip_share("name1", len(name.joined))
        for name in surnames
    )


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
