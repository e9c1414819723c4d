"""What an agreement is worth in this register, in bits: log2(m/u), u being the share of the register that agrees."""

from math import log2, prod
from typing import get_args

from analyzers.identity import Record, Sex
from scoring.comparisons import Agreement
from scoring.model import Criterion, Model
from scoring.statistics import LONGEST_MEASURED, Statistics, at, country_of_birth, given_names_group

_SEXES = frozenset(get_args(Sex))
_MOST_REMEMBERED = 1 << 17
_WEIGHT_OF_ALL_GIVEN_NAMES = 200
"""A decade of one sex is drawn to all given names as if this many more persons were counted."""
_WEIGHT_OF_ALL_ORIGINS = 50
_GIVEN_KINDS = frozenset({"given", "given_sound", "given_skeleton"})
_SLIPS = {"close": "1", "two_slips": "2"}
_ONE_DIGIT_AWAY = {"day": 0.2, "same_day": 0.3, "same_month": 0.36}
"""Share of other years, months, days that differ from one by a digit."""
_SLIPS_OF_DATES = ("near", "near_year")
_SHARE_OF_A_MONTH, _SHARE_OF_A_DAY_OF_MONTH = 1 / 12, 1 / 30.4


class Weights:
    """A model read in one register. It remembers what it looked up and worked out; it changes no answer by that."""

    def __init__(self, model: Model, statistics: Statistics) -> None:
        self.model = model
        self.statistics = statistics
        self._shares: dict[tuple[str, str], float] = {}
        self._bits: dict[tuple[Criterion, Agreement, str, str], float] = {}
        smoothing = model.smoothing
        self._least_slips = {
            "name1": smoothing.close_name,
            "name2": smoothing.far_name,
            "given1": smoothing.close_given,
            "given2": smoothing.far_given,
        }
        self._priors = {
            "name": smoothing.name,
            "part": smoothing.name,
            "sound": smoothing.name,
            "skeleton": smoothing.name,
            "given": smoothing.given,
            "given_sound": smoothing.given,
            "given_skeleton": smoothing.given,
            "date": smoothing.date,
            "year": smoothing.year,
            "day": smoothing.day,
            "commune": smoothing.place,
            "label": smoothing.place,
            "department": smoothing.department,
            "nation": smoothing.nation,
        }

    def share(self, kind: str, value: str, origin: str = "") -> float:
        """Return the share of the register that has this value, drawn to the country's while the register is thin.

        With an origin, the share among the persons born in that country where it is larger.
        """
        key = (kind + at(origin), value) if origin else (kind, value)
        known = self._shares.get(key)
        if known is None:
            known = self._share_at(kind, value, origin) if origin else self._share_of_all(kind, value)
            self._remember(*key, known)
        return known

    def _share_of_all(self, kind: str, value: str) -> float:
        weight = self.model.smoothing.weight
        return (self.statistics.count(kind, value) + weight * self._priors[kind]) / (
            self.statistics.identities + weight
        )

    def _share_at(self, kind: str, value: str, origin: str) -> float:
        overall = self.share(kind, value)
        persons = self.statistics.groups.get(at(origin), 0)
        weight = _WEIGHT_OF_ALL_ORIGINS
        count = self.statistics.count(kind + at(origin), value)
        return max(overall, (count + weight * overall) / (persons + weight))

    def given_share(self, kind: str, given: str, group: str, origin: str = "") -> float:
        """Return the share of one sex and decade that bears a given name; of all persons where these are unknown.

        With an origin, of the persons of one sex born in that country, where it is larger.
        """
        known = self.share(kind, given)
        if group and kind == "given":
            known = self._share_of_group(given, group)
        return max(known, min(1.0, 2 * self.share(kind, given, origin))) if origin else known

    def _share_of_group(self, given: str, group: str) -> float:
        key = (f"given:{group}", given)
        known = self._shares.get(key)
        if known is None:
            overall = self.share("given", given)
            persons = self.statistics.groups.get(group, 0)
            weight = _WEIGHT_OF_ALL_GIVEN_NAMES
            known = (self.statistics.count(*key) + weight * overall) / (persons + weight) if persons else overall
            self._remember(*key, known)
        return known

    def _remember(self, kind: str, value: str, share: float) -> None:
        if len(self._shares) >= _MOST_REMEMBERED:
            self._shares.clear()
        self._shares[kind, value] = share

    def bits(self, criterion: Criterion, agreement: Agreement, group: str = "", origin: str = "") -> float:
        """Return the worth of one agreement.

        Args:
            group: the sex and decade among which given names are counted.
            origin: the country among whose natives the value is counted.
        """
        key = criterion, agreement, group, origin
        known = self._bits.get(key)
        if known is None:
            if len(self._bits) >= _MOST_REMEMBERED:
                self._bits.clear()
            known = self._bits[key] = self._bits_of(criterion, agreement, group, origin)
        return known

    def _bits_of(self, criterion: Criterion, agreement: Agreement, group: str, origin: str) -> float:
        if criterion == "birth_name" and agreement.level == "different":
            return self.bits_of_other_surname(None)
        u = self.model.u[criterion].get(agreement.level) if criterion in self.model.u else None
        if u is None:
            u = self._counted_share(agreement, group, origin)
        if agreement.declared:
            return self._worth_of_variant(criterion, agreement, u, group, origin)
        return self._worth(criterion, agreement.level, min(1.0, u * agreement.tries))

    def _worth_of_variant(
        self, criterion: Criterion, agreement: Agreement, near: float, group: str, origin: str
    ) -> float:
        """Return the worth of a name declared otherwise than recorded, given that it was declared so.

        Either somebody bears the declared name, or it is one of the ways to write wrong one of the names near it:
        P(recorded | declared) over P(recorded), which is 1 over the share of the names near where nobody bears it.
        """
        m, level, declared = self.model.m[criterion], agreement.level, agreement.declared
        if agreement.kind in _GIVEN_KINDS:
            decade = group[1:]
            borne = max(self.given_share("given", declared, decade and sex + decade, origin) for sex in _SEXES)
        else:
            borne = self.share("name", declared, origin)
        variants = self.model.variants[level] * (len(declared) if level in _SLIPS else 1)
        u = borne * variants * max(m.get("exact", 0.0), m.get("same", 0.0)) / m[level] + near
        return self._at_most(criterion, -log2(min(1.0, u * agreement.tries)))

    def bits_of_other_surname(self, sex: Sex | None) -> float:
        """Return the worth of a surname that differs altogether: a man hardly ever bears one that nobody registered."""
        share = self.model.other_surname
        return log2(share[sex] if sex else max(share.values()))

    def bits_beside_nir(self, criterion: Criterion, agreement: Agreement, bits: float) -> float:
        """Return what is left of a trait that an agreeing number says already: it may subtract, never add twice."""
        u = self.model.u_given_nir.get(criterion, {}).get(agreement.level)
        return min(bits, self._worth(criterion, agreement.level, u) if u else 0.0)

    def _worth(self, criterion: Criterion, level: str, u: float) -> float:
        return self._at_most(criterion, log2(self.model.m[criterion][level] / u))

    def _at_most(self, criterion: Criterion, bits: float) -> float:
        most = self.model.most_bits.get(criterion)
        return min(bits, most) if most is not None else bits

    def _counted_share(self, agreement: Agreement, group: str, origin: str) -> float:
        """Return u of a level. A slip away lie the bearers of the recorded name and those of every other that near."""
        kind, value = agreement.kind, agreement.value
        if kind == "given_words":
            return prod(self.given_share("given", word, group, origin) for word in value.split(" "))
        if kind in _GIVEN_KINDS:
            share = self.given_share(kind, value, group, origin)
        elif kind in _ONE_DIGIT_AWAY or kind == "month":
            return self._share_of_date_parts(agreement, origin)
        else:
            share = self.share(kind, value, origin)
        slips = _SLIPS.get(agreement.level)
        return share + self._near("given" if kind in _GIVEN_KINDS else "name", slips, len(value)) if slips else share

    def _near(self, name: str, slips: str, letters: int) -> float:
        kind = name + slips
        return max(self.statistics.slip_share(kind, min(letters, LONGEST_MEASURED)), self._least_slips[kind])

    def _share_of_date_parts(self, agreement: Agreement, origin: str) -> float:
        kind, value = agreement.kind, agreement.value
        if kind == "day":
            share = self.share("day", value, origin)
        elif kind == "same_day":
            share = self.share("year", value) * _SHARE_OF_A_DAY_OF_MONTH
        else:
            share = self.share("year", value) * _SHARE_OF_A_MONTH
        return share * _ONE_DIGIT_AWAY[kind] if agreement.level in _SLIPS_OF_DATES else share


def groups_of(record: Record) -> tuple[str, ...]:
    """Return the groups among whom the given names of a record are counted: one, unless its date was rectified."""
    groups = (given_names_group(record.sex, date.year) for date in record.birth_dates)
    return tuple(dict.fromkeys(groups)) or ("",)


def origin_of(record: Record, statistics: Statistics) -> str:
    """Return the country that a person's names come from: of birth, or where many bearers of the surname were born."""
    born = country_of_birth(record)
    if born or record.birth_name is None:
        return born
    return statistics.origin_of(record.birth_name.joined)
