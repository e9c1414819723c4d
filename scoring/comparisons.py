"""How far one trait of a question agrees with the same trait of a record. Silence is no level: it is None.

Each comparison returns the level and what agrees at that level, in the form that the register counts, because the
worth of an agreement is the rarity of what agrees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jellyfish import damerau_levenshtein_distance

from analyzers.dates import PartialDate
from analyzers.identity import Parent, Query, Record
from analyzers.names import Name, own_words, slips_allowed
from analyzers.nir import same_nir
from analyzers.places import ABROAD, FRANCE, Place
from scoring.model import Level

SHORTEST_SKELETON = 3
MOST_WORDS_GLUED = 4
_REFORM_OF_1968 = ({"75", "78"}, {"91", "92", "93", "94", "95"})


@dataclass(frozen=True, slots=True)
class Agreement:
    """One comparison: its level, and the `kind` and `value` that the register counts of what agrees.

    `tries` is how many pairs of values were looked at to find this one.
    """

    level: Level
    kind: str = ""
    value: str = ""
    tries: int = 1


DIFFERENT = Agreement("different")


@lru_cache(maxsize=1 << 17)
def are_close(one: str, other: str) -> bool:
    """Say whether two joined names are a slip or two apart: a letter more, less, changed, or two neighbours swapped."""
    allowed = slips_allowed(min(len(one), len(other)))
    return abs(len(one) - len(other)) <= allowed and damerau_levenshtein_distance(one, other) <= allowed


@lru_cache(maxsize=1 << 17)
def compare_surnames(declared: Name, recorded: Name) -> Agreement:
    if declared.joined == recorded.joined:
        return Agreement("exact", "name", recorded.joined)
    part = _common_part(declared, recorded)
    if part:
        return Agreement("part", "part", part)
    sound = next((code for code in declared.codes if code in recorded.codes), None)
    if sound is not None:
        return Agreement("phonetic", "sound", sound)
    if are_close(declared.joined, recorded.joined):
        return Agreement("close", "name", recorded.joined)
    if len(declared.sx) >= SHORTEST_SKELETON and declared.sx == recorded.sx:
        return Agreement("skeleton", "skeleton", recorded.sx)
    return DIFFERENT


def _common_part(declared: Name, recorded: Name) -> str | None:
    """One name is a part of the other, a particle apart: GOFF in LE GOFF, DUPONT in DUPONT MARTIN."""
    for part, whole in ((declared.core, recorded), (recorded.core, declared)):
        if part == whole.core or part in whole.parts:
            return part
    return None


SURNAME_LEVELS = ("exact", "part", "phonetic", "close", "skeleton", "different")
_SURNAME_RANK = {level: rank for rank, level in enumerate(SURNAME_LEVELS)}


def best_surname(declared: Name, recorded: Sequence[Name]) -> tuple[Agreement, int]:
    """Return the best agreement of one declared name with the recorded ones, and which of them it is."""
    agreements = [compare_surnames(declared, name) for name in recorded]
    best = min(range(len(recorded)), key=lambda i: (_SURNAME_RANK[agreements[i].level], i))
    found = agreements[best]
    return Agreement(found.level, found.kind, found.value, len(recorded)), best


def surname_rank(agreement: Agreement) -> int:
    return _SURNAME_RANK[agreement.level]


_GIVEN_RANK = {
    level: rank for rank, level in enumerate(("same", "first", "one", "phonetic", "close", "initial", "different"))
}


def compare_given_names(query: Query, record: Record) -> Agreement | None:
    """Compare lists: all in order, the first one, any one, one that sounds alike, one slip away, an initial."""
    declared_lists, recorded_lists = query.given_name_lists, record.given_name_lists
    if not declared_lists or not recorded_lists:
        return None
    return min(
        (_compare_lists(declared, recorded) for declared in declared_lists for recorded in recorded_lists),
        key=lambda agreement: _GIVEN_RANK[agreement.level],
    )


@lru_cache(maxsize=1 << 17)
def _compare_lists(declared: tuple[Name, ...], recorded: tuple[Name, ...]) -> Agreement:
    """Compare two lists word by word: JEAN-PIERRE and JEAN, PIERRE are the same. A particle alone is no name."""
    tries = len(declared) * len(recorded)
    asked, known = _own_words(declared), _own_words(recorded)
    if _words(declared) == _words(recorded):
        return Agreement("same", "given", whole if (whole := declared[0].joined) == recorded[0].joined else asked[0])
    if asked[0] == known[0] or declared[0].joined == recorded[0].joined:
        return Agreement("first", "given", asked[0] if asked[0] == known[0] else declared[0].joined)
    shared = next((word for word in (*(name.joined for name in declared), *asked) if word in known), None)
    if shared is not None:
        return Agreement("one", "given", shared, tries)
    sounds = {code for name in recorded for code in name.codes}
    sound = next((code for name in declared for code in name.codes if code in sounds), None)
    if sound is not None:
        return Agreement("phonetic", "given_sound", sound, tries)
    close = next((k for a in asked for k in known if are_close(a, k)), None) or _glued(declared, recorded)
    if close is not None:
        return Agreement("close", "given", close, tries)
    if len(declared[0].joined) == 1 and known[0].startswith(declared[0].joined):
        return Agreement("initial")
    return DIFFERENT


def _words(names: Iterable[Name]) -> list[str]:
    return [word for name in names for word in name.folded.split(" ")]


def _own_words(names: Iterable[Name]) -> list[str]:
    return [word for name in names for word in own_words(name.folded)]


def _glued(declared: Sequence[Name], recorded: Sequence[Name]) -> str | None:
    """Return the name that one side writes in one word and the other in several: a space is a slip of the pen too."""
    for names, others in ((declared, recorded), (recorded, declared)):
        whole = {name.joined for name in names}
        run = next((run for run in glued_words(others) if run in whole), None)
        if run is not None:
            return run
    return None


def glued_words(names: Iterable[Name]) -> list[str]:
    """Return each run of two to four neighbouring words of a list, in one word."""
    words = _words(names)
    return ["".join(words[i : i + n]) for n in range(2, MOST_WORDS_GLUED + 1) for i in range(len(words) - n + 1)]


def given_names_swapped(query: Query, record: Record) -> tuple[Agreement, Agreement] | None:
    """Return how surname and given name agree when each stands in the other's place; None when they do not."""
    if record.birth_name is None or not query.surnames:
        return None
    given = [name for names in query.given_name_lists for name in names]
    recorded_given = [name for names in record.given_name_lists for name in names]
    if not given or not recorded_given:
        return None
    as_surname = next((name for name in given if name.joined == record.birth_name.joined), None)
    as_given = next(
        (name for name in query.surnames if any(name.joined == other.joined for other in recorded_given)), None
    )
    if as_surname is None or as_given is None:
        return None
    return Agreement("swapped", "name", as_surname.joined), Agreement("swapped", "given", as_given.joined)


def compare_sex(query: Query, record: Record) -> Agreement | None:
    if query.sex is None or record.sex is None:
        return None
    return Agreement("same") if query.sex == record.sex else DIFFERENT


_DATE_RANK = {level: rank for rank, level in enumerate(("exact", "partial", "swapped", "near", "different"))}


def compare_birth_date(query: Query, record: Record) -> Agreement | None:
    """Same day, compatible parts, day and month swapped, two parts of three, or another date."""
    if not query.birth_dates or not record.birth_dates:
        return None
    return min(
        (
            _compare_dates(declared, recorded, record)
            for declared in query.birth_dates
            for recorded in record.birth_dates
        ),
        key=lambda agreement: _DATE_RANK[agreement.level],
    )


def _compare_dates(declared: PartialDate, recorded: PartialDate, record: Record) -> Agreement:
    if declared == recorded:
        return Agreement("exact", "date", str(recorded))
    if declared.year == recorded.year and _compatible(declared, recorded, _born_abroad(record)):
        return Agreement("partial", "year", str(recorded.year))
    if (declared.year, declared.month, declared.day) == (recorded.year, recorded.day, recorded.month):
        return Agreement("swapped", "date", str(recorded))
    if declared.day and recorded.day and sum(a == b for a, b in zip(declared, recorded, strict=True)) == 2:
        return Agreement("near")
    return DIFFERENT


def _compatible(declared: PartialDate, recorded: PartialDate, born_abroad: bool) -> bool:
    """Known parts agree; abroad, the first of January is how an unknown day is often written."""
    if born_abroad and (1, 1) in (declared[1:], recorded[1:]):
        return True
    months_agree = declared.month == recorded.month or 0 in (declared.month, recorded.month)
    return months_agree and 0 in (declared.day, recorded.day)


def _born_abroad(record: Record) -> bool:
    return any(place.department == ABROAD or (place.nation or FRANCE) != FRANCE for place in record.birth_places)


_PLACE_RANK = {level: rank for rank, level in enumerate(("commune", "label", "department", "nation", "different"))}


def compare_birth_place(query: Query, record: Record) -> Agreement | None:
    """Same commune, same label, same département, same country, or another place."""
    if query.birth_place is None:
        return None
    agreements = [_compare_places(query.birth_place, place) for place in record.birth_places]
    known = [agreement for agreement in agreements if agreement is not None]
    return min(known, key=lambda agreement: _PLACE_RANK[agreement.level]) if known else None


@lru_cache(maxsize=1 << 17)
def _compare_places(declared: Place, recorded: Place) -> Agreement | None:
    if declared.commune and declared.commune == recorded.commune:
        return Agreement("commune", "commune", declared.commune)
    if declared.department and recorded.department and not _same_department(declared.department, recorded.department):
        return DIFFERENT
    if declared.nation and recorded.nation and _different_nations(declared.nation, recorded.nation):
        return DIFFERENT
    if declared.town and declared.town == recorded.town:
        return Agreement("label", "label", declared.town)
    if declared.department and declared.department == recorded.department and declared.department != ABROAD:
        return Agreement("department", "department", declared.department)
    if declared.nation and declared.nation == recorded.nation and declared.nation != FRANCE:
        return Agreement("nation", "nation", declared.nation)
    if declared.town and recorded.town:
        return DIFFERENT
    return None


def _same_department(one: str, other: str) -> bool:
    """Overseas may be declared by two characters of three; the Seine and Seine-et-Oise were divided in 1968."""
    seine, new = _REFORM_OF_1968
    reformed = (one in seine and other in new) or (one in new and other in seine)
    return one == other or one.startswith(other) or other.startswith(one) or reformed


def _different_nations(one: str, other: str) -> bool:
    """Codes of two systems, COG and ISO, cannot be told apart here; France has one form."""
    same_system = len(one) == len(other) or FRANCE in (one, other)
    return same_system and one != other


def compare_nir(query: Query, record: Record) -> Agreement | None:
    """The number in force, a former one, one that the key repairs, or another person's."""
    if not query.declared_nirs or not record.nirs:
        return None
    sound = [nir.body for nir in query.declared_nirs if not nir.key_failed]
    if record.nir and any(same_nir(body, record.nir) for body in sound):
        return Agreement("exact")
    if any(same_nir(body, former) for body in sound for former in record.former_nirs):
        return Agreement("former")
    repairs = [body for nir in query.declared_nirs for body in nir.repairs]
    if any(same_nir(body, nir) for body in repairs for nir in record.nirs):
        return Agreement("repaired")
    return DIFFERENT if sound else None


def compare_parents(query: Query, record: Record) -> Agreement | None:
    """One parent of both is the same by a given name."""
    asked = _parents_given_names(query.parents)
    known = _parents_given_names(record.parents)
    if not asked or not known:
        return None
    shared = next((name for name in asked if name in known), None)
    return Agreement("shared", "given", shared, len(asked) * len(known)) if shared else DIFFERENT


def _parents_given_names(parents: Iterable[Parent]) -> list[str]:
    return list(dict.fromkeys(parent.given_names[0].joined for parent in parents if parent.given_names))
