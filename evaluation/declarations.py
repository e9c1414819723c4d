"""An error model of declarations: a person as somebody else writes them, each question labelled with what went wrong.

A `Mix` says how often each class occurs; the published mixes are those of the reports. The classes are rows of a
table: to whom it can happen, and what it does to the question.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from analyzers.fold import fold_label, fold_letters
from analyzers.nir import nir_key
from evaluation.places import Places
from evaluation.population import Family, Person
from evaluation.slips import Slip, digit_wrong, heard, mistaken, romanised, scanned, typed

Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One question and its truth: `truth` is the id of the registered person asked about, None for an absent one."""

    kind: str
    truth: str | None
    origin: str
    born: int
    query: Question


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of classes among the questions about registered persons, and of absent persons among all.

    `with_number` is the share of questions that give a number, `with_parents` of those that name the parents, whether
    the register knows them or not; `slip` is how letters go wrong in the typing classes.
    """

    name: str
    absent: float
    with_number: float
    shares: Mapping[str, float]
    slip: Slip = typed
    with_parents: float = 0.0


_TRAIT_SHARES = {
    "as_registered": 0.40,
    "usage_name_alone": 0.05,
    "both_names": 0.05,
    "surname_typed_wrong": 0.07,
    "surname_as_heard": 0.04,
    "surname_scanned_wrong": 0.01,
    "surname_in_part": 0.02,
    "surname_cut_short": 0.01,
    "given_typed_wrong": 0.05,
    "given_as_heard": 0.02,
    "other_given_name": 0.03,
    "given_names_reordered": 0.02,
    "given_name_cut": 0.02,
    "initial_only": 0.005,
    "day_wrong": 0.03,
    "year_wrong": 0.01,
    "day_and_month_swapped": 0.01,
    "date_partly_known": 0.01,
    "first_of_january": 0.01,
    "place_of_residence": 0.05,
    "other_place": 0.02,
    "no_place": 0.05,
    "names_swapped": 0.01,
    "romanised_otherwise": 0.03,
    "sex_wrong": 0.005,
    "two_errors": 0.05,
}
_NUMBER_SHARES = {
    "number_with_failing_key": 0.006,
    "number_of_another": 0.001,
    "number_of_a_parent": 0.003,
}
_FORMER_NUMBER_STILL_USED = 0.3
"""Of the persons whose number was changed."""
TRAITS_ONLY = Mix("traits only", absent=0.17, with_number=0.0, shares=_TRAIT_SHARES)
WITH_NUMBER = Mix(
    "with number",
    absent=0.15,
    with_number=0.98,
    shares={**{kind: share * 0.35 for kind, share in _TRAIT_SHARES.items()}, "as_registered": 0.75, **_NUMBER_SHARES},
)
WITH_PARENTS = Mix("with parents", absent=0.17, with_number=0.0, shares=_TRAIT_SHARES, with_parents=1.0)
_PARENT_LEFT_OUT, _PARENT_TYPED_WRONG = 0.1, 0.05
_WRONG_SHARE = sum(share for kind, share in _TRAIT_SHARES.items() if kind != "as_registered")
PAYROLL = Mix(
    "payroll",
    absent=0.01,
    with_number=0.98,
    shares={**{kind: 0.03 * share / _WRONG_SHARE for kind, share in _TRAIT_SHARES.items()}, "as_registered": 0.97},
)
"""A month of payroll, for speed alone: nearly all are registered with a number, three in a hundred have an error."""
TRAINING = Mix(
    "training",
    absent=0.25,
    with_number=0.3,
    shares={**dict.fromkeys(_TRAIT_SHARES, 0.03), "as_registered": 0.5, **dict.fromkeys(_NUMBER_SHARES, 0.01)},
    slip=mistaken,
)
"""The mix and the slips to which weights are fitted: other shares and other ways of going wrong than those reported."""


class Declarations:
    """Writes questions about persons of a population, by a mix, from a seed of its own."""

    def __init__(self, mix: Mix, places: Places, seed: int) -> None:
        self._mix, self._places = mix, places
        self._chance = Random(f"{mix.name}/{seed}")
        self._kinds = list(mix.shares)
        self._weights = list(mix.shares.values())

    def of_family(self, family: Family, share: float, share_of_absent: float) -> Iterator[Labelled]:
        """Yield questions about these shares of the registered persons and of the others; above 1 some come twice."""
        for _, labelled in self.of_persons(family, share, share_of_absent):
            yield labelled

    def of_persons(self, family: Family, share: float, share_of_absent: float) -> Iterator[tuple[Person, Labelled]]:
        """Yield the same, each with the person whom it is about."""
        for person in family.persons:
            times = share if person.registered else share_of_absent
            while times > 0:
                if self._chance.random() < times:
                    yield person, self.about(person, family)
                times -= 1

    def about(self, person: Person, family: Family) -> Labelled:
        """Return one question: its class is drawn among those that can happen to this person."""
        kind = self._chance.choices(self._kinds, self._weights)[0]
        if kind not in _NUMBER_CLASSES and not _CLASSES[kind].applies(person):
            kind = "as_registered"
        question = self._as_registered(person)
        if kind == "two_errors":
            for part in self._chance.sample(_SIMPLE, 2):
                if _CLASSES[part].applies(person):
                    self._spoil(part, question, person)
        elif kind not in _NUMBER_CLASSES:
            self._spoil(kind, question, person)
        if self._mix.with_number and self._chance.random() < self._mix.with_number:
            question["channel"] = "payroll"
            kind = self._give_number(kind, question, person, family)
        elif kind in _NUMBER_CLASSES:
            kind = "as_registered"
        if person.parents and self._mix.with_parents and self._chance.random() < self._mix.with_parents:
            question["parents"] = self._parents(person)
        if not person.registered:
            kind = _absent_kind(person, family, kind)
        truth = person.record["id"] if person.registered else None
        return Labelled(kind, truth, person.origin.name, person.year, question)

    def _as_registered(self, person: Person) -> Question:
        chance, record = self._chance, person.record
        given = record["given_names"]
        question: Question = {
            "birth_name": self._written(record["birth_name"]),
            "given_names": [self._written(name) for name in (given if chance.random() < 0.5 else given[:1])],
            "birth_date": record["birth_date"],
        }
        if chance.random() < 0.8:
            question["sex"] = record["sex"]
        place = record["birth_place"]
        if person.origin.country:
            way = chance.random()
            question["birth_place"] = (
                place if way < 0.4 else {"country": person.origin.iso if way > 0.7 else place["country"]}
            )
        else:
            assert person.birthplace is not None
            department = (
                person.birthplace.code[:3] if person.birthplace.code.startswith("97") else person.birthplace.code[:2]
            )
            by_label = {"label": fold_label(place["label"]), "department": department}
            question["birth_place"] = dict(place) if chance.random() < 0.7 else by_label
        return question

    def _parents(self, person: Person) -> list[dict[str, Any]]:
        """Name the parents: one of two is left out at times, or has a letter wrong in the given name."""
        chance, named = self._chance, person.parents
        if len(named) > 1 and chance.random() < _PARENT_LEFT_OUT:
            named = [chance.choice(named)]
        parents = []
        for parent in named:
            given = [self._written(name) for name in parent["given_names"]]
            if chance.random() < _PARENT_TYPED_WRONG:
                given[0] = self._mix.slip(given[0].upper(), chance)
            parents.append({"birth_name": self._written(parent["birth_name"]), "given_names": given})
        return parents

    def _written(self, name: str) -> str:
        """Return a name as software keeps it: half of them drop accents, hyphens and apostrophes."""
        return fold_letters(name) if self._chance.random() < 0.5 else name

    def _spoil(self, kind: str, question: Question, person: Person) -> None:
        _CLASSES[kind].spoil(question, person, self._chance, self._mix, self._places)

    def _give_number(self, kind: str, question: Question, person: Person, family: Family) -> str:
        """Put a number into the question: the person's own, unless the class says otherwise and can."""
        chance, record = self._chance, person.record
        own = record.get("nir")
        lenders = [other for other in family.others(person) if other.record.get("nir") and other.registered]
        if kind == "number_of_a_parent":
            lenders = [
                other for other in lenders if other.role in ("father", "mother") and person.role in ("child", "twin")
            ]
        if kind in ("number_of_a_parent", "number_of_another") and lenders:
            question["nir"] = chance.choice(lenders).record["nir"]
            return kind
        if record.get("former_nirs") and chance.random() < _FORMER_NUMBER_STILL_USED:
            question["nir"] = record["former_nirs"][0]
            return "former_number"
        if own is None:
            return kind if kind not in _NUMBER_CLASSES else "as_registered"
        if kind == "number_with_failing_key":
            question["nir"] = digit_wrong(own, chance) + f"{nir_key(own):02d}"
            return kind
        question["nir"] = own if chance.random() < 0.7 else f"{own}{nir_key(own):02d}"
        return kind if kind not in _NUMBER_CLASSES else "as_registered"


def _absent_kind(person: Person, family: Family, kind: str) -> str:
    if kind in ("number_of_a_parent", "number_of_another"):
        return f"absent_with_{kind}"
    registered = [other for other in family.others(person) if other.registered]
    given = person.record["given_names"][0]
    if any(other.record["given_names"][0] == given for other in registered):
        return "absent_namesake_in_family"
    if any(other.role == "twin" for other in registered) and person.role == "twin":
        return "absent_twin"
    return "absent_relative" if registered else "absent_stranger"


# What goes wrong


@dataclass(frozen=True, slots=True)
class _ErrorClass:
    applies: Callable[[Person], bool]
    spoil: Callable[[Question, Person, Random, Mix, Places], None]


Field = Literal["birth_name", "given_names"]


def _anyone(person: Person) -> bool:
    return True


def _nothing(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    """The question stays as the register has it."""


def _letters(field: Field, slip: Slip | None) -> _ErrorClass:
    """Letters of a name go wrong; without a slip of its own the class has that of the mix."""

    def spoil(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
        change = slip or mix.slip
        if field == "birth_name":
            question[field] = change(question[field].upper() or "X", chance)
        else:
            question[field] = [change(question[field][0].upper() or "X", chance), *question[field][1:]]

    return _ErrorClass(_anyone, spoil)


def _usage_alone(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["birth_name"] = person.usage_name


def _usage_too(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["usage_name"] = person.usage_name


def _words(name: str) -> list[str]:
    return name.replace("-", " ").split()


def _surname_in_part(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["birth_name"] = max(chance.sample(_words(person.record["birth_name"]), 2), key=len)


def _cut_short(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["birth_name"] = question["birth_name"][: chance.randint(6, 9)]


def _other_given(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["given_names"] = [chance.choice(person.record["given_names"][1:])]


def _reordered(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    names = person.record["given_names"]
    question["given_names"] = [*names[1:], names[0]]


def _given_cut(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    words = _words(person.record["given_names"][0])
    question["given_names"] = [chance.choice((words[0], "".join(words)))]


def _initial(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["given_names"] = [question["given_names"][0][0]]


def _day_wrong(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    year, month, day = question["birth_date"].split("-")
    other = [f"{n:02d}" for n in range(1, 29) if f"{n:02d}" != day]
    question["birth_date"] = f"{year}-{month}-{chance.choice([n for n in other if n[0] == day[0] or n[1] == day[1]])}"


def _year_wrong(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    year, month, day = question["birth_date"].split("-")
    changed = int(year) + chance.choice((-10, -2, -1, 1, 2, 10))
    question["birth_date"] = f"{changed}-{month}-{'28' if month + day == '0229' else day}"


def _day_and_month(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    year, month, day = question["birth_date"].split("-")
    question["birth_date"] = f"{year}-{day}-{month}"


def _partial(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    year, month, _ = question["birth_date"].split("-")
    question["birth_date"] = f"{year}-{chance.choice((month, '00'))}-00"


def _january(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["birth_date"] = f"{question['birth_date'][:4]}-01-01"


def _residence(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    assert person.birthplace is not None
    near = places.near(chance, person.birthplace)
    question["birth_place"] = {"code": near.code, "label": near.label}


def _other_place(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    other = places.home(chance)
    question["birth_place"] = {"code": other.code, "label": other.label}


def _no_place(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question.pop("birth_place", None)


def _swapped(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["birth_name"], question["given_names"] = question["given_names"][0], [question["birth_name"]]


def _romanised(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    if chance.random() < 0.5:
        question["birth_name"] = romanised(question["birth_name"].upper(), chance)
    else:
        question["given_names"] = [romanised(question["given_names"][0].upper(), chance), *question["given_names"][1:]]


def _sex_wrong(question: Question, person: Person, chance: Random, mix: Mix, places: Places) -> None:
    question["sex"] = "F" if person.record["sex"] == "M" else "M"


def _has_day(person: Person) -> bool:
    return not person.record["birth_date"].endswith("00")


_CLASSES = {
    "as_registered": _ErrorClass(_anyone, _nothing),
    "usage_name_alone": _ErrorClass(lambda p: p.usage_name is not None, _usage_alone),
    "both_names": _ErrorClass(lambda p: p.usage_name is not None, _usage_too),
    "surname_typed_wrong": _letters("birth_name", None),
    "surname_as_heard": _letters("birth_name", heard),
    "surname_scanned_wrong": _letters("birth_name", scanned),
    "surname_in_part": _ErrorClass(lambda p: len(_words(p.record["birth_name"])) > 1, _surname_in_part),
    "surname_cut_short": _ErrorClass(lambda p: len(p.record["birth_name"]) > 9, _cut_short),
    "given_typed_wrong": _letters("given_names", None),
    "given_as_heard": _letters("given_names", heard),
    "other_given_name": _ErrorClass(lambda p: len(p.record["given_names"]) > 1, _other_given),
    "given_names_reordered": _ErrorClass(lambda p: len(p.record["given_names"]) > 1, _reordered),
    "given_name_cut": _ErrorClass(lambda p: len(_words(p.record["given_names"][0])) > 1, _given_cut),
    "initial_only": _ErrorClass(_anyone, _initial),
    "day_wrong": _ErrorClass(_has_day, _day_wrong),
    "year_wrong": _ErrorClass(_anyone, _year_wrong),
    "day_and_month_swapped": _ErrorClass(
        lambda p: _has_day(p) and int(p.record["birth_date"][8:]) <= 12, _day_and_month
    ),
    "date_partly_known": _ErrorClass(_has_day, _partial),
    "first_of_january": _ErrorClass(lambda p: p.origin.country is not None, _january),
    "place_of_residence": _ErrorClass(lambda p: p.birthplace is not None, _residence),
    "other_place": _ErrorClass(_anyone, _other_place),
    "no_place": _ErrorClass(_anyone, _no_place),
    "names_swapped": _ErrorClass(_anyone, _swapped),
    "romanised_otherwise": _ErrorClass(lambda p: p.origin.name != "france", _romanised),
    "sex_wrong": _ErrorClass(_anyone, _sex_wrong),
    "two_errors": _ErrorClass(_anyone, _nothing),
}
_SIMPLE = [kind for kind in _CLASSES if kind not in ("as_registered", "two_errors", "names_swapped", "initial_only")]
_NUMBER_CLASSES = frozenset(_NUMBER_SHARES)
