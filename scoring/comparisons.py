"""How far one trait of a question agrees with the same trait of a record. Silence is no level: it is None.

Each comparison returns the level and what agrees at that level, in the form that the register counts, because the
worth of an agreement is the rarity of what agrees.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from jellyfish import damerau_levenshtein_distance

from analyzers.dates import PartialDate
from analyzers.identity import Parent, Query, Record
from analyzers.names import Name, slips_allowed
from analyzers.nir import same_nir
from analyzers.places import ABROAD, FRANCE, Place
from scoring.model import Level

SHORTEST_SKELETON = 3
MOST_WORDS_GLUED = 4
_WORDS_COUNTED = 2
_BIRTH_IN_NIR = 10
"""Sex, year, month and place come first in a number; its order and key follow."""
_REFORM_OF_1968 = ({"75", "78"}, {"91", "92", "93", "94", "95"})


class Agreement(NamedTuple):
    """One comparison: its level, and the `kind` and `value` that the register counts of what agrees.

    `tries` is how many pairs of values were looked at to find this one. `declared` is the name as declared where it is
    not the recorded one: a name that nobody bears was meant as another, one that many bear was not.
    """

    level: Level
    kind: str = ""
    value: str = ""
    tries: int = 1
    declared: str = ""

    def tried(self, tries: int) -> "Agreement":
        return self if tries == self.tries else Agreement(self.level, self.kind, self.value, tries, self.declared)


def _best(agreements: Sequence[Agreement], rank: Mapping[Level, int]) -> Agreement:
    """Return the first of the best. Most records say one value of a trait: there is nothing to choose."""
    return agreements[0] if len(agreements) == 1 else min(agreements, key=lambda agreement: rank[agreement.level])


DIFFERENT = Agreement("different")


@lru_cache(maxsize=1 << 17)
def slips_between(one: str, other: str) -> int | None:
    """Return how many slips of the pen two joined names are apart: 0, 1, 2, or None when they are too far.

    A slip is a letter more, less, changed, or two neighbours swapped; short names are allowed fewer.
    """
    allowed = slips_allowed(min(len(one), len(other)))
    if abs(len(one) - len(other)) > allowed:
        return None
    slips = damerau_levenshtein_distance(one, other)
    return slips if slips <= allowed else None


SURNAME_LEVELS = ("exact", "part", "phonetic", "close", "skeleton", "two_slips", "word", "different")
_SURNAME_KINDS = ("sound", "name", "skeleton")
_GIVEN_NAME_KINDS = ("given_sound", "given", "given_skeleton")
_SURNAME_RANK = {level: rank for rank, level in enumerate(SURNAME_LEVELS)}


@lru_cache(maxsize=1 << 17)
def compare_surnames(declared: Name, recorded: Name) -> Agreement:
    if declared.joined == recorded.joined:
        return Agreement("exact", "name", recorded.joined)
    part = _common_part(declared, recorded)
    if part:
        return Agreement("part", "part", part)
    otherwise = _written_otherwise(declared, recorded, _SURNAME_KINDS)
    if otherwise is not None:
        return otherwise
    word = next((part for part in declared.parts if part in recorded.parts), None)
    return Agreement("word", "part", word) if word else DIFFERENT


def _written_otherwise(declared: Name, recorded: Name, kinds: tuple[str, str, str]) -> Agreement | None:
    """Compare by sound, one slip of the pen, skeleton, two slips; `kinds` is what the register counts of each."""
    sound_kind, name_kind, skeleton_kind = kinds
    sound = _common_sound(declared, recorded)
    if sound is not None:
        return Agreement("phonetic", sound_kind, sound, declared=declared.joined)
    slips = slips_between(declared.joined, recorded.joined)
    if slips == 1:
        return Agreement("close", name_kind, recorded.joined, declared=declared.joined)
    if len(declared.sx) >= SHORTEST_SKELETON and declared.sx == recorded.sx:
        return Agreement("skeleton", skeleton_kind, recorded.sx, declared=declared.joined)
    return Agreement("two_slips", name_kind, recorded.joined, declared=declared.joined) if slips == 2 else None


def _common_part(declared: Name, recorded: Name) -> str | None:
    """One name is a part of the other, a particle apart: GOFF in LE GOFF, DUPONT in DUPONT MARTIN."""
    for part, whole in ((declared.core, recorded), (recorded.core, declared)):
        if part == whole.core or part in whole.parts:
            return part
    return None


def _common_sound(declared: Name, recorded: Name) -> str | None:
    """One whole name sounds like the other or like a part of it: two halves that sound alike are not enough."""
    whole = (code for code in declared.whole if code in recorded.codes)
    return next(whole, None) or next((code for code in recorded.whole if code in declared.codes), None)


def best_surname(declared: Name, recorded: Sequence[Name]) -> tuple[Agreement, int]:
    """Return the best agreement of one declared name with the recorded ones, and which of them it is."""
    if len(recorded) == 1:
        return compare_surnames(declared, recorded[0]), 0
    agreements = [compare_surnames(declared, name) for name in recorded]
    best = min(range(len(recorded)), key=lambda i: (_SURNAME_RANK[agreements[i].level], i))
    found = agreements[best]
    return found.tried(len(recorded)), best


def surname_rank(agreement: Agreement) -> int:
    return _SURNAME_RANK[agreement.level]


GIVEN_NAME_LEVELS = (
    *("same", "first", "reordered", "phonetic", "close", "one", "skeleton", "two_slips"),
    *("initial", "alike", "word", "different"),
)
_GIVEN_RANK = {level: rank for rank, level in enumerate(GIVEN_NAME_LEVELS)}


def compare_given_names(query: Query, record: Record) -> Agreement | None:
    """Compare lists: all in order, the first one, all in another order, one that sounds alike or is a slip away, any
    one, a word of a compound, an initial.
    """
    declared_lists, recorded_lists = query.given_name_lists, record.given_name_lists
    if not declared_lists or not recorded_lists:
        return None
    return _best(
        [_compare_lists(declared, recorded) for declared in declared_lists for recorded in recorded_lists], _GIVEN_RANK
    )


@lru_cache(maxsize=1 << 17)
def _compare_lists(declared: tuple[Name, ...], recorded: tuple[Name, ...]) -> Agreement:
    """Compare two lists word by word: JEAN-PIERRE and JEAN, PIERRE are the same. A particle alone is no name."""
    asked, known = _words(declared), _words(recorded)
    if asked == known or _written_words(declared) == _written_words(recorded):
        if len(declared) == len(recorded) == 1:
            one, other = declared[0].joined, recorded[0].joined
            return Agreement("same", "given", one if one == other else asked[0])
        return Agreement("same", "given_words", " ".join(asked[:_WORDS_COUNTED]))
    if len(asked) > 1 and sorted(asked) == sorted(known):
        return Agreement("reordered", "given_words", " ".join(asked[:_WORDS_COUNTED]))
    tries = len(declared) * len(recorded)
    return (
        _compare_firsts(declared, recorded, asked, known)
        or _first_written_otherwise(declared, recorded)
        or _any_shared(declared, recorded, tries)
        or _any_alike(declared, recorded, tries)
        or _compare_words(declared, asked, known, tries)
    )


def _compare_firsts(
    declared: Sequence[Name], recorded: Sequence[Name], asked: Sequence[str], known: Sequence[str]
) -> Agreement | None:
    """Compare the names that stand first; two other names stated on both sides must not contradict an equal one."""
    one, other = declared[0], recorded[0]
    contradicted = _contradict(declared[1:], recorded[1:])
    if one.joined == other.joined:
        return None if contradicted else Agreement("first", "given", one.joined)
    is_a_word = asked[0] == known[0] and 1 in (len(one.own), len(other.own)) and not contradicted
    if _begins(asked, known) or _begins(known, asked) or is_a_word:
        return Agreement("first", "given", asked[0])
    return None


def _begins(names: Sequence[str], others: Sequence[str]) -> bool:
    return list(others[: len(names)]) == list(names)


def _contradict(names: Sequence[Name], others: Sequence[Name]) -> bool:
    """Both sides say more names and none of them is alike."""
    return bool(names and others) and not any(
        one.joined == other.joined or _common_sound(one, other) or slips_between(one.joined, other.joined) is not None
        for one in names
        for other in others
    )


def _any_shared(declared: Sequence[Name], recorded: Sequence[Name], tries: int) -> Agreement | None:
    """One name of each list is the same, or a whole part of the other's: PIERRE of JEAN-PIERRE.

    One of the two stands first: children of one family often share a later name.
    """
    for one, other in product(declared, recorded):
        if one is not declared[0] and other is not recorded[0]:
            continue
        if (one is declared[0] and other is recorded[0]) and one.joined == other.joined:
            continue  # these were compared, and what else was said contradicts
        shorter, longer = sorted((one, other), key=lambda name: len(name.own))
        if one.joined == other.joined or (len(shorter.own) == 1 and shorter.core in longer.own):
            return Agreement("one", "given", shorter.joined, tries)
    return None


def _first_written_otherwise(declared: Sequence[Name], recorded: Sequence[Name]) -> Agreement | None:
    """Compare the names that stand first by sound, slips and skeleton; of compounds that share a word, what is left."""
    one, other = declared[0], recorded[0]
    glued = _glued(declared, recorded)
    if glued is not None:
        return Agreement("close", "given", glued)
    common = set(one.own) & set(other.own)
    if common:
        rests = ("".join(word for word in name.own if word not in common) for name in (one, other))
        slip = slips_between(*rests) == 1
        return Agreement("close", "given", other.joined, declared=one.joined) if slip else None
    return _written_otherwise(one, other, _GIVEN_NAME_KINDS)


def _any_alike(declared: Sequence[Name], recorded: Sequence[Name], tries: int) -> Agreement | None:
    """Names of which one does not stand first sound alike or are one slip apart."""
    for one, other in product(declared, recorded):
        if set(one.own) & set(other.own):
            continue
        sound = _common_sound(one, other)
        if sound is not None:
            return Agreement("alike", "given_sound", sound, tries)
        if slips_between(one.joined, other.joined) == 1:
            return Agreement("alike", "given", other.joined, tries)
    return None


def _compare_words(declared: Sequence[Name], asked: Sequence[str], known: Sequence[str], tries: int) -> Agreement:
    word = next((word for word in asked if word in known), None)
    if word is not None:
        return Agreement("word", "given", word, tries)
    if len(declared[0].joined) == 1 and known[0].startswith(declared[0].joined):
        return Agreement("initial")
    return DIFFERENT


def _words(names: Iterable[Name]) -> list[str]:
    return [word for name in names for word in name.own]


def _written_words(names: Iterable[Name]) -> list[str]:
    return [word for name in names for word in name.folded.split(" ")]


def _glued(declared: Sequence[Name], recorded: Sequence[Name]) -> str | None:
    """Return the name that one side writes in one word and the other in several: a space is a slip of the pen too."""
    for names, others in ((declared, recorded), (recorded, declared)):
        whole = {name.joined for name in names}
        run = next((run for run in _glued_words(others) if run in whole), None)
        if run is not None:
            return run
    return None


def _glued_words(names: Iterable[Name]) -> list[str]:
    """Return each run of two to four neighbouring words of a list, in one word."""
    words = _written_words(names)
    return ["".join(words[i : i + n]) for n in range(2, MOST_WORDS_GLUED + 1) for i in range(len(words) - n + 1)]


_SWAPPED_LEVELS = ("exact", "part", "phonetic", "close")


def names_swapped(query: Query, record: Record) -> tuple[Agreement, Agreement] | None:
    """Return how surname and given name agree when each stands in the other's place; None when they do not."""
    given = [name for names in query.given_name_lists for name in names]
    recorded_given = [name for names in record.given_name_lists for name in names]
    if not (given and recorded_given and query.surnames and record.surnames):
        return None
    surname, _ = min((best_surname(name, record.surnames) for name in given), key=lambda found: surname_rank(found[0]))
    as_given, _ = min(
        (best_surname(name, recorded_given) for name in query.surnames), key=lambda found: surname_rank(found[0])
    )
    if surname.level not in _SWAPPED_LEVELS or as_given.level not in _SWAPPED_LEVELS:
        return None
    tries = len(given) * len(record.surnames)
    kinds = {"name": "given", "part": "given", "sound": "given_sound"}
    return Agreement("swapped", surname.kind, surname.value, tries), Agreement(
        "swapped", kinds[as_given.kind], as_given.value, len(query.surnames) * len(recorded_given)
    )


def compare_sex(query: Query, record: Record) -> Agreement | None:
    if query.sex is None or record.sex is None:
        return None
    return Agreement("same") if query.sex == record.sex else DIFFERENT


BIRTH_DATE_LEVELS = ("exact", "partial", "swapped", "near", "near_year", "part", "other_year", "different")
_DATE_RANK = {level: rank for rank, level in enumerate(BIRTH_DATE_LEVELS)}


def compare_birth_date(query: Query, record: Record) -> Agreement | None:
    """Same day, compatible parts, day and month swapped, two parts of three, a slip in the third or not, another."""
    declared_dates, recorded_dates = query.birth_dates, record.birth_dates
    if not declared_dates or not recorded_dates:
        return None
    return _best(
        [_compare_dates(declared, recorded, record) for declared in declared_dates for recorded in recorded_dates],
        _DATE_RANK,
    )


def _compare_dates(declared: PartialDate, recorded: PartialDate, record: Record) -> Agreement:
    if declared == recorded:
        return Agreement("exact", "date", str(recorded))
    if declared.year == recorded.year and _compatible(declared, recorded, _born_abroad(record)):
        month = declared.month if declared.month == recorded.month else 0
        return Agreement("partial", "month" if month else "year", str(recorded.year))
    if (declared.year, declared.month, declared.day) == (recorded.year, recorded.day, recorded.month):
        return Agreement("swapped", "date", str(recorded))
    return _two_parts_of_three(declared, recorded) or DIFFERENT


def _two_parts_of_three(declared: PartialDate, recorded: PartialDate) -> Agreement | None:
    """Two whole dates that differ in one part: by one digit, or two digits swapped, or altogether."""
    if not (declared.day and recorded.day):
        return None
    differing = [at for at in range(3) if declared[at] != recorded[at]]
    if len(differing) != 1:
        return None
    at = differing[0]
    one, other = f"{declared[at]:02d}", f"{recorded[at]:02d}"
    kind = ("day", "same_day", "same_month")[at]  # what the other two parts share
    value = f"{recorded.month:02d}{recorded.day:02d}" if at == 0 else str(recorded.year)
    slip, other_part = ("near_year", "other_year") if at == 0 else ("near", "part")
    return Agreement(slip if damerau_levenshtein_distance(one, other) == 1 else other_part, kind, value)


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
    return _best(known, _PLACE_RANK) if known else None


@lru_cache(maxsize=1 << 17)
def _compare_places(declared: Place, recorded: Place) -> Agreement | None:
    code = _common_code(declared, recorded)
    if code and ABROAD not in (declared.department, recorded.department):
        return Agreement("commune", "commune", code)
    if declared.department and recorded.department and not _same_department(declared, recorded):
        return DIFFERENT
    if declared.nation and recorded.nation and _different_nations(declared, recorded):
        return DIFFERENT
    if declared.town and declared.town == recorded.town:
        return Agreement("label", "label", declared.town)
    if declared.department and declared.department == recorded.department and declared.department != ABROAD:
        return Agreement("department", "department", declared.department)
    if declared.nation and recorded.nation and FRANCE not in (declared.nation, recorded.nation):
        return Agreement("nation", "nation", recorded.nation)
    if declared.town and recorded.town:
        return DIFFERENT
    return None


def _common_code(declared: Place, recorded: Place) -> str | None:
    """One is the other through time, or held it: the code that both births may be recorded under."""
    if declared.commune and declared.commune in recorded.lineage:
        return declared.commune
    return recorded.commune if recorded.commune in declared.lineage else None


def _same_department(one: Place, other: Place) -> bool:
    """Overseas may be declared by two characters of three; the Seine and Seine-et-Oise were divided in 1968."""
    seine, new = _REFORM_OF_1968
    return any(
        mine == yours
        or mine.startswith(yours)
        or yours.startswith(mine)
        or (mine in seine and yours in new)
        or (mine in new and yours in seine)
        for mine, yours in product(one.departments, other.departments)
    )


def _different_nations(one: Place, other: Place) -> bool:
    """A country and the one that it was a part of are not different; codes of two systems cannot be told apart here."""
    assert one.nation and other.nation
    same_system = len(one.nation) == len(other.nation) or FRANCE in (one.nation, other.nation)
    return same_system and one.nation != other.nation and not set(one.lineage) & set(other.lineage)


def compare_nir(query: Query, record: Record) -> Agreement | None:
    """The number in force, a former one, one that the key repairs, another of the same birth, or another person's."""
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
    if not sound:
        return None
    same_birth = any(body[:_BIRTH_IN_NIR] == nir[:_BIRTH_IN_NIR] for body in sound for nir in record.nirs)
    return Agreement("same_birth") if same_birth else DIFFERENT


def compare_parents(query: Query, record: Record) -> Agreement | None:
    """One parent of both is the same by a given name."""
    if not query.parents or not record.parents:
        return None
    asked = _parents_given_names(query.parents)
    known = _parents_given_names(record.parents)
    if not asked or not known:
        return None
    shared = next((name for name in asked if name in known), None)
    return Agreement("shared", "given", shared, len(asked) * len(known)) if shared else DIFFERENT


def _parents_given_names(parents: Iterable[Parent]) -> list[str]:
    return list(dict.fromkeys(parent.given_names[0].joined for parent in parents if parent.given_names))
