"""Invented persons for property tests: drawn from short lists, so that records and questions often meet."""

from array import array
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import strategies as st

from analyzers.dates import InvalidDate, PartialDate, make_date
from analyzers.identity import Channel, Death, Former, Parent, Query, Record, Sex
from analyzers.names import Name, read_name
from analyzers.nir import DeclaredNir, nir_key, read_nir
from analyzers.places import Place, read_place
from scoring.statistics import Census, Statistics

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

known_names: st.SearchStrategy[Name] = st.sampled_from([name for name in map(read_name, NAMES) if name])
"""Names of which many sound alike, are parts of each other, or a slip of the pen away."""
written_names: st.SearchStrategy[Name] = st.text(max_size=30).map(read_name).filter(bool)  # type: ignore[assignment]
"""Names with anything around the letters: separators, marks, other scripts."""
known_places: st.SearchStrategy[Place] = st.sampled_from(
    [place for code, label, country in _PLACES if (place := read_place(code, label, None, country))]
)
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
def dates(draw: st.DrawFn) -> PartialDate:
    """One of few days, the month or the day unknown now and then."""
    month = draw(st.sampled_from([0, 1, 2, 3, 4, 12]))
    day = draw(st.sampled_from([0, 1, 2, 3, 4, 12, 25])) if month else 0
    return PartialDate(draw(st.sampled_from([1950, 1956, 1965, 1990])), month, day)


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


@st.composite
def declared_nirs(draw: st.DrawFn) -> DeclaredNir:
    body = draw(st.sampled_from(NIRS))
    return read_nir(draw(st.sampled_from([body, with_key(body), f"{body}{nir_key(body) % 97 + 1:02d}"])))


def lists_of(
    names: st.SearchStrategy[Name], at_least: int = 0, at_most: int = 3
) -> st.SearchStrategy[tuple[Name, ...]]:
    return st.lists(names, min_size=at_least, max_size=at_most).map(tuple)


def parents(names: st.SearchStrategy[Name]) -> st.SearchStrategy[Parent]:
    return st.builds(Parent, st.none() | names, lists_of(names, at_most=2))


_short_ids = st.text("ab", min_size=1, max_size=3)
_few_dates = dates()
_few_nirs = st.sampled_from(NIRS)


@st.composite
def records(
    draw: st.DrawFn,
    ids: st.SearchStrategy[str] = _short_ids,
    names: st.SearchStrategy[Name] = known_names,
    born: st.SearchStrategy[PartialDate] = _few_dates,
    places: st.SearchStrategy[Place] = known_places,
    nirs: st.SearchStrategy[str] = _few_nirs,
    most_given_names: int = 6,
) -> Record:
    """A record as the register's door would make it: every field may be silent, every list empty."""
    nir = draw(st.none() | nirs)
    return Record(
        id=draw(ids),
        nir=nir,
        nir_status=draw(st.sampled_from(["certified", "pending"])) if nir else None,
        former_nirs=tuple(draw(st.lists(nirs, max_size=2))),
        sex=draw(st.none() | sexes),
        birth_name=draw(st.none() | names),
        usage_names=draw(lists_of(names, at_most=2)),
        former_birth_names=draw(lists_of(names, at_most=1)),
        given_names=draw(lists_of(names, at_most=most_given_names)),
        former_given_names=tuple(draw(st.lists(lists_of(names, at_least=1), max_size=1))),
        birth_date=draw(st.none() | born),
        former_birth_dates=tuple(draw(st.lists(born, max_size=1))),
        birth_place=draw(st.none() | places),
        former_birth_places=tuple(draw(st.lists(places, max_size=1))),
        death=draw(st.none() | st.builds(Death, st.none() | born, st.none() | places, st.booleans())),
        parents=tuple(draw(st.lists(parents(names), max_size=2))),
        certified=draw(st.booleans()),
    )


written_records = records(
    ids=st.text(min_size=1, max_size=30),
    names=written_names | known_names,
    born=any_dates(),
    places=written_places | known_places,
    nirs=bodies(),
)
"""Records with anything in their texts that a file could hold."""


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """A question that says any subset of the traits."""
    return Query(
        nir=draw(st.none() | declared_nirs()),
        birth_name=draw(st.none() | known_names),
        usage_name=draw(st.none() | known_names),
        given_names=draw(lists_of(known_names, at_most=6)),
        sex=draw(st.none() | sexes),
        birth_date=draw(st.none() | dates()),
        birth_place=draw(st.none() | known_places),
        parents=tuple(draw(st.lists(parents(known_names), max_size=2))),
        former=draw(
            st.just(Former())
            | st.builds(
                Former,
                st.none() | declared_nirs(),
                st.none() | known_names,
                lists_of(known_names, at_most=2),
                st.none() | dates(),
            )
        ),
        channel=draw(channels),
    )


def statistics_of(records: Sequence[Record], scale: int = 1, close_shares: Sequence[float] = ()) -> Statistics:
    """Return the counts of a register in which each of these persons stands `scale` times."""
    census = Census()
    for record in records:
        census.add(record)
    counted = census.finish(close_shares, ())
    return Statistics(
        identities=counted.identities * scale,
        groups={group: count * scale for group, count in counted.groups.items()},
        close_shares=counted.close_shares,
        hashes=counted.hashes,
        counts=memoryview(array("I", (count * scale for count in counted.counts))),
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
