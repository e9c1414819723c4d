"""Invented persons for property tests: drawn from short lists, so that records and questions often meet."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

from analyzers.dates import InvalidDate, PartialDate, make_date
from analyzers.identity import Channel, Death, Former, Parent, Query, Record, Sex
from analyzers.names import Name, read_name
from analyzers.nir import DeclaredNir, nir_key, read_nir
from analyzers.places import Place, read_place
from indexer.census import Census, HashCounts
from scoring.statistics import Statistics

T = TypeVar("T")
NAMES = (
    *("LE GOFF", "LEGOFF", "GOFF", "LE GAUFFE", "DUPONT", "DUPOND", "DUPONT MARTIN", "DUPONT--MARTIN", "MARTIN"),
    *("MARTEN", "MARTINE", "D'ALMEIDA", "D ALMEIDA", "N'DIAYE", "DIAYE", "PETROVIC", "PETROVITCH", "O", "LI", "LI MEI"),
    *("MEI", "XU", "LE", "DE LA", "ABD EL KADER", "ABDELKADER", "ABD EL AZIZ", "EL HADJI", "EL MEHDI", "KADER"),
    *("JEAN", "JEAN-PIERRE", "JEANPIERRE", "PIERRE", "PIERE", "MARIE", "MARIA", "MARIE LOUISE", "LOUISE", "ANNE"),
    *("YANN", "NEIL", "HÉLÈNE", "ELEN", "H", "J", "KEVIN", "AB CD", "AB", "CD"),
)
_PLACES = (
    *(("29019", "BREST", None), ("29019", None, None), (None, "BREST", None), ("29232", "QUIMPER", None)),
    *(("75112", "PARIS 12E ARRONDISSEMENT", None), ("75056", "PARIS", None), (None, "Paris", "FR"), (None, None, "FR")),
    *(
        ("99352", "ORAN", None),
        ("99352", None, None),
        (None, "ORAN", "DZ"),
        ("99350", "BREST", None),
        (None, None, "99352"),
    ),
    *(
        ("2A004", "AJACCIO", None),
        ("20004", "AJACCIO", None),
        ("78650", "LE VESINET", None),
        ("93008", "BOBIGNY", None),
    ),
    *(("99990", None, None), ("99100", None, None), ("29990", None, None), ("97411", "ST DENIS", None)),
)

KNOWN_NAMES = [name for name in map(read_name, NAMES) if name]
KNOWN_PLACES = [
    place for code, label, country in _PLACES if (place := read_place(code, label, None, country)) is not None
]
known_names: st.SearchStrategy[Name] = st.sampled_from(KNOWN_NAMES)
"""Names of which many sound alike, are parts of each other, or a slip of the pen away."""
written_names: st.SearchStrategy[Name] = st.text(max_size=30).map(read_name).filter(bool)  # type: ignore[assignment]
"""Names with anything around the letters: separators, marks, other scripts."""
known_places: st.SearchStrategy[Place] = st.sampled_from(KNOWN_PLACES)
written_places: st.SearchStrategy[Place] = st.builds(
    read_place,
    st.sampled_from([None, "29019", "2A004", "99352", "97411", "99990"]),
    st.none() | st.text(max_size=20),
    st.none(),
    st.sampled_from([None, "FR", "DZ", "99352"]),
).filter(bool)  # type: ignore[assignment]
sexes: st.SearchStrategy[Sex] = st.sampled_from(["M", "F"])
channels: st.SearchStrategy[Channel] = st.sampled_from(["payroll", "agent", "portal"])


@st.composite
def any_dates(draw: st.DrawFn) -> PartialDate:
    """Any date that the calendar knows, whole or partial."""
    year, month, day = draw(st.integers(1800, 2199)), draw(st.integers(0, 12)), draw(st.integers(0, 31))
    for parts in ((year, month, day), (year, month, 0)):
        try:
            date = make_date(*parts)
        except InvalidDate:
            continue
        assert date is not None
        return date
    return PartialDate(year)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A number of 13 characters. Of place 99999 most often, which is nobody's; its order number is invented."""
    month = draw(st.sampled_from([*range(1, 13), *range(20, 43), *range(50, 100)]))
    place = draw(st.sampled_from(["99999", "99999", "2A999", "2B999", "20999"]))
    sex, year, order = draw(st.sampled_from("1234")), draw(st.integers(0, 99)), draw(st.integers(1, 999))
    return f"{sex}{year:02d}{month:02d}{place}{order:03d}"


NIRS = ("1560399999101", "2560399999102", "1560320999103", "156032A999103", "1900499999104")


def with_key(body: str) -> str:
    return f"{body}{nir_key(body):02d}"


def with_wrong_key(body: str) -> str:
    """The number with the last digit of its key mistyped."""
    number = with_key(body)
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def name_of(text: str) -> Name:
    """A name that the text is sure to hold."""
    name = read_name(text)
    assert name is not None
    return name


declared_nirs: st.SearchStrategy[DeclaredNir] = st.sampled_from(
    [read_nir(form) for nir in NIRS for form in (nir, with_key(nir), f"{nir}{nir_key(nir) % 97 + 1:02d}")]
)


_RANDOM = Random(1)
KNOWN_LISTS = sorted(
    (tuple(_RANDOM.choices(KNOWN_NAMES, k=_RANDOM.choice([1, 1, 2, 2, 3, 6]))) for _ in range(600)), key=len
)
"""Lists of given names, drawn once and for all: to draw one of them is much faster than to draw its names."""


def lists_of(
    names: st.SearchStrategy[Name], at_least: int = 0, at_most: int = 3
) -> st.SearchStrategy[tuple[Name, ...]]:
    return st.lists(names, min_size=at_least, max_size=at_most).map(tuple)


known_lists: st.SearchStrategy[tuple[Name, ...]] = st.sampled_from([(), (), (), *KNOWN_LISTS])
_few_names: st.SearchStrategy[tuple[Name, ...]] = st.sampled_from([(), (), *((name,) for name in KNOWN_NAMES)])
_known_parents = st.sampled_from(
    [
        (),
        *((Parent(None, names),) for names in KNOWN_LISTS[:50]),
        (Parent(KNOWN_NAMES[0]), Parent(None, KNOWN_LISTS[9])),
    ]
)
_known_dates = [
    PartialDate(year, month, day if month else 0)
    for year in (1950, 1956, 1965, 1990)
    for month in (0, 1, 2, 3, 4, 12)
    for day in (0, 1, 2, 3, 4, 12, 25)
]
known_dates: st.SearchStrategy[PartialDate] = st.sampled_from(_known_dates)
"""One of few days, the month or the day unknown now and then."""
_former_dates = st.sampled_from([(), (), (), *((date,) for date in _known_dates[::5])])
_former_places = st.sampled_from([(), (), (), *((place,) for place in KNOWN_PLACES)])


def _or_none(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | strategy | strategy


@st.composite
def records(draw: st.DrawFn) -> Record:
    """A person of a register of few names, days and places; every field may be silent, every list empty."""
    nir = draw(st.sampled_from([None, *NIRS]))
    return Record(
        id=draw(st.sampled_from(["A", "B", "C", "AA", "AB"])),
        nir=nir,
        nir_status="certified" if nir else None,
        former_nirs=draw(st.sampled_from([(), (), *((nir,) for nir in NIRS)])),
        sex=draw(_or_none(sexes)),
        birth_name=draw(_or_none(known_names)),
        usage_names=draw(_few_names),
        former_birth_names=draw(_few_names),
        given_names=draw(known_lists),
        former_given_names=draw(st.sampled_from([(), (), *((names,) for names in KNOWN_LISTS[::9])])),
        birth_date=draw(_or_none(known_dates)),
        former_birth_dates=draw(_former_dates),
        birth_place=draw(_or_none(known_places)),
        former_birth_places=draw(_former_places),
        parents=draw(_known_parents),
    )


@st.composite
def written_records(draw: st.DrawFn) -> Record:
    """A record as the door of the register makes it, with anything in its texts that a file could hold."""
    nir, names, places = draw(st.none() | bodies()), written_names | known_names, written_places | known_places
    parents = st.builds(Parent, st.none() | names, lists_of(names, at_most=2))
    return Record(
        id=draw(st.text(min_size=1, max_size=30)),
        nir=nir,
        nir_status=draw(st.sampled_from(["certified", "pending"])) if nir else None,
        former_nirs=tuple(draw(st.lists(bodies(), max_size=2))),
        sex=draw(st.none() | sexes),
        birth_name=draw(st.none() | names),
        usage_names=draw(lists_of(names, at_most=2)),
        former_birth_names=draw(lists_of(names, at_most=1)),
        given_names=draw(lists_of(names)),
        former_given_names=tuple(draw(st.lists(lists_of(names, at_least=1), max_size=1))),
        birth_date=draw(st.none() | any_dates()),
        former_birth_dates=tuple(draw(st.lists(any_dates(), max_size=1))),
        birth_place=draw(st.none() | places),
        former_birth_places=tuple(draw(st.lists(places, max_size=1))),
        death=draw(st.none() | st.builds(Death, st.none() | any_dates(), st.none() | places, st.booleans())),
        parents=tuple(draw(st.lists(parents, max_size=2))),
        certified=draw(st.booleans()),
    )


_formers = st.sampled_from(
    [Former()] * 4
    + [Former(birth_name=name) for name in KNOWN_NAMES[::4]]
    + [Former(birth_date=date, given_names=names) for date, names in zip(_known_dates[::9], KNOWN_LISTS, strict=False)]
    + [Former(nir=read_nir(nir)) for nir in NIRS]
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A question that says any subset of the traits."""
    return Query(
        nir=draw(_or_none(declared_nirs)),
        birth_name=draw(_or_none(known_names)),
        usage_name=draw(_or_none(known_names)),
        given_names=draw(known_lists),
        sex=draw(_or_none(sexes)),
        birth_date=draw(_or_none(known_dates)),
        birth_place=draw(_or_none(known_places)),
        parents=draw(_known_parents),
        former=draw(_formers),
        channel=draw(channels),
    )


@st.composite
def questions_about(draw: st.DrawFn, record: Record) -> Query:
    """A question about a person of the register: each trait as it stands there, otherwise, or not at all."""
    said = draw(queries())
    names, lists = list(record.surnames), list(record.given_name_lists)
    given = draw(st.sampled_from(lists)) if lists else ()
    if draw(st.booleans()) and given:
        given = tuple(draw(st.permutations(given))[: draw(st.integers(1, len(given)))])
    true = Query(
        birth_name=draw(st.sampled_from(names)) if names else None,
        given_names=given,
        sex=record.sex,
        birth_date=draw(st.sampled_from(record.birth_dates)) if record.birth_dates else None,
        birth_place=draw(st.sampled_from(record.birth_places)) if record.birth_places else None,
        parents=record.parents,
    )
    if true.birth_name and given and draw(st.integers(0, 4)) == 0:
        true = replace(true, birth_name=given[0], given_names=(true.birth_name,))
    kept = draw(st.sets(st.sampled_from(["birth_name", "given_names", "sex", "birth_date", "birth_place", "parents"])))
    return replace(said, **{trait: getattr(true, trait) for trait in kept})


def statistics_of(
    records: Sequence[Record], scale: int = 1, slip_shares: Mapping[str, Sequence[float]] | None = None
) -> Statistics:
    """Return the counts of a register in which each of these persons stands `scale` times."""
    census = Census()
    for record in records:
        census.add(record)
    census.identities *= scale
    hashes, counts = census._values.total()
    census._values = HashCounts([(hashes, counts * scale)])
    for persons in (census._groups, census._abroad):
        for value in persons:
            persons[value] *= scale  # type: ignore[index]
    return census.finish(slip_shares or {}, ())
