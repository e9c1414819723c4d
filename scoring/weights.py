"""What an agreement is worth in this register, in bits: log2(m/u), u being the share of the register that agrees."""

from collections.abc import Iterable
from math import log2
from typing import get_args

from analyzers.identity import Record, Sex
from scoring.comparisons import Agreement
from scoring.model import Criterion, Model
from scoring.statistics import LONGEST_MEASURED, Statistics, given_names_group

_SEXES = frozenset(get_args(Sex))
_MOST_REMEMBERED = 1 << 17
_WEIGHT_OF_ALL_GIVEN_NAMES = 200
"""A decade of one sex is drawn to all given names as if this many more persons were counted."""


class Weights:
    """A model read in one register. It remembers the shares it looked up; it changes no answer by that."""

    def __init__(self, model: Model, statistics: Statistics) -> None:
        self.model = model
        self.statistics = statistics
        self._shares: dict[tuple[str, str], float] = {}
        smoothing = model.smoothing
        lengths = range(LONGEST_MEASURED + 1)
        self._near_surnames = [max(statistics.close_share(n), smoothing.close_name) for n in lengths]
        self._priors = {
            "name": smoothing.name,
            "part": smoothing.name,
            "sound": smoothing.name,
            "skeleton": smoothing.name,
            "given": smoothing.given,
            "given_sound": smoothing.given,
            "date": smoothing.date,
            "year": smoothing.year,
            "commune": smoothing.place,
            "label": smoothing.place,
            "department": smoothing.department,
            "nation": smoothing.nation,
        }

    def share(self, kind: str, value: str) -> float:
        """Return the share of the register that has this value, drawn to the country's while the register is thin."""
        known = self._shares.get((kind, value))
        if known is None:
            weight = self.model.smoothing.weight
            count = self.statistics.count(kind, value)
            known = (count + weight * self._priors[kind]) / (self.statistics.identities + weight)
            self._remember(kind, value, known)
        return known

    def given_share(self, given: str, group: str) -> float:
        """Return the share of one sex and decade that bears a given name; of all persons where these are unknown.

        A sex alone stands for that of its decades where the name is rarest.
        """
        if not group:
            return self.share("given", given)
        kind = f"given:{group}"
        known = self._shares.get((kind, given))
        if known is None:
            known = self._rarest_share(given, group) if group in _SEXES else self._share_of_group(given, group)
            self._remember(kind, given, known)
        return known

    def _share_of_group(self, given: str, group: str) -> float:
        overall = self.share("given", given)
        persons = self.statistics.groups.get(group, 0)
        if not persons:
            return overall
        count = self.statistics.count(f"given:{group}", given)
        weight = _WEIGHT_OF_ALL_GIVEN_NAMES
        return (count + weight * overall) / (persons + weight)

    def _rarest_share(self, given: str, sex: str) -> float:
        decades = (group for group in self.statistics.groups if group.startswith(sex))
        return min((self._share_of_group(given, group) for group in decades), default=self.share("given", given))

    def _remember(self, kind: str, value: str, share: float) -> None:
        if len(self._shares) >= _MOST_REMEMBERED:
            self._shares.clear()
        self._shares[kind, value] = share

    def bits(self, criterion: Criterion, agreement: Agreement, group: str = "") -> float:
        """Return the worth of one agreement; `group` is the sex and decade among which given names are counted."""
        u = self.model.u[criterion].get(agreement.level) if criterion in self.model.u else None
        if u is None:
            u = self._counted_share(agreement, group)
        return self._worth(criterion, agreement.level, min(1.0, u * agreement.tries))

    def bits_beside_nir(self, criterion: Criterion, agreement: Agreement, bits: float) -> float:
        """Return what is left of a trait that an agreeing number says already: it may subtract, never add twice."""
        u = self.model.u_given_nir.get(criterion, {}).get(agreement.level)
        return min(bits, self._worth(criterion, agreement.level, u) if u else 0.0)

    def most_bits_of_a_slip(self, criterion: Criterion, letters: Iterable[int]) -> float:
        """Return the most that a name one slip away, of one of these lengths, can be worth, whichever it is."""
        return self._worth(criterion, "close", min(self.near(criterion == "given_names", length) for length in letters))

    def near(self, given: bool, letters: int) -> float:
        """Return the share of the register whose given name, or surname, is a slip away from a name of this length."""
        return self.model.smoothing.close_given if given else self._near_surnames[min(letters, LONGEST_MEASURED)]

    def _worth(self, criterion: Criterion, level: str, u: float) -> float:
        most = self.model.most_bits.get(criterion)
        bits = log2(self.model.m[criterion][level] / u)
        return min(bits, most) if most is not None else bits

    def _counted_share(self, agreement: Agreement, group: str) -> float:
        """A slip away lie the bearers of the recorded name and those of every other name that near."""
        given, value = agreement.kind == "given", agreement.value
        share = self.given_share(value, group) if given else self.share(agreement.kind, value)
        return self.near(given, len(value)) + share if agreement.level == "close" else share


def groups_of(record: Record) -> tuple[str, ...]:
    """Return the groups among whom the given names of a record are counted: one, unless its date was rectified."""
    groups = (given_names_group(record.sex, date.year) for date in record.birth_dates)
    return tuple(dict.fromkeys(groups)) or ("",)
