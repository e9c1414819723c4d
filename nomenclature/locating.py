"""Under which codes a birth may be recorded: places located in one edition, of the register as of questions."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from analyzers.dates import PartialDate
from analyzers.identity import Query, Record
from analyzers.places import ABROAD, FRANCE, Place, as_written, located
from nomenclature.collecting import loaded_for_good, remembered
from nomenclature.editions import BUNDLED, EditionFolder
from nomenclature.facts import dated_prefixes
from nomenclature.nomenclature import Nomenclature

_REMEMBERED = 1 << 17
_MOST_MEANT = 4
"""A label that may mean more places than these says none of them."""


class WrongEdition(Exception):
    """The edition of this name is another one than was asked for: it was imported anew since."""


@dataclass(frozen=True, slots=True)
class EditionInUse:
    """Which edition, and where it is kept: a small value that any process can open."""

    data_dir: Path
    name: str
    digest: str

    def locator(self) -> "Locator":
        """Return the locator of this edition, opened once in each process.

        Raises:
            UnknownEdition, UnreadableEdition: it is not kept here.
            WrongEdition: another one is, under its name.
        """
        return _opened(self)


@lru_cache(maxsize=2)
def _opened(edition: EditionInUse) -> "Locator":
    nomenclature = _nomenclature(edition.data_dir, edition.name)
    if nomenclature.digest != edition.digest:
        _read.cache_clear()
        nomenclature = _nomenclature(edition.data_dir, edition.name)
    if nomenclature.digest != edition.digest:
        raise WrongEdition(f"edition {edition.name!r} is not the one that was asked for")
    return Locator(nomenclature)


def _nomenclature(data_dir: Path, name: str) -> Nomenclature:
    """The bundled edition is the same wherever imported ones are kept."""
    return _read(Path() if name == BUNDLED else data_dir, name)


@lru_cache(maxsize=3)
def _read(data_dir: Path, name: str) -> Nomenclature:
    with loaded_for_good():
        return Nomenclature(EditionFolder(data_dir).open(name))


def edition_in_use(data_dir: Path) -> EditionInUse:
    """Return the latest edition that is kept here."""
    return _edition(data_dir, EditionFolder(data_dir).list()[0].name)


def edition_named(data_dir: Path, name: str) -> EditionInUse:
    """
    Raises:
        UnknownEdition, UnreadableEdition: no edition of this name can be opened here.
    """
    return _edition(data_dir, name)


def bundled_edition() -> EditionInUse:
    return _edition(Path(), BUNDLED)


def _edition(data_dir: Path, name: str) -> EditionInUse:
    return EditionInUse(data_dir, name, _nomenclature(data_dir, name).digest)


def _is_abroad(lineage: tuple[str, ...]) -> bool:
    return any(code.startswith(ABROAD) for code in lineage)


class Locator:
    """Locates places in one edition. It remembers them; it changes no answer by that."""

    def __init__(self, nomenclature: Nomenclature) -> None:
        self.nomenclature = nomenclature
        self._prefixes = tuple(rule.prefix for rule in dated_prefixes())
        self._locate = remembered(self._find, _REMEMBERED)

    def record(self, record: Record) -> Record:
        """Return the record with its birth places located."""
        if not record.birth_places:
            return record
        born = record.birth_date
        place = self._place(record.birth_place, born)
        if place is record.birth_place and not record.former_birth_places:
            return record
        former = tuple(self._located(place, born) for place in record.former_birth_places)
        return replace(record, birth_place=place, former_birth_places=former)

    def moves(self, places: tuple[Place, ...], born: PartialDate | None) -> bool:
        """Say whether places located in another edition would be located otherwise in this one."""
        return any(self._located(as_written(place), born) != place for place in places)

    def query(self, query: Query) -> Query:
        """Return the question with its birth place located; a label may stand for a few places."""
        place = query.birth_place
        if place is None:
            return query
        found = self._located(place, query.birth_date)
        if found == place and place.label and not place.lineage:
            found = self._meant(place)
        return replace(query, birth_place=found)

    def _place(self, place: Place | None, born: PartialDate | None) -> Place | None:
        return self._located(place, born) if place else None

    def _located(self, place: Place, born: PartialDate | None) -> Place:
        code = place.commune or ""
        return self._locate(place, born if code.startswith(self._prefixes) else None)

    def _find(self, place: Place, born: PartialDate | None) -> Place:
        code = place.commune or self._country(place) or self._commune_by_label(place)
        if code is None:
            return place
        others = (other for other in self._lineage(code, born, place) if other != code)
        found = located(place, (code, *others))
        return place if found == place else found

    def _lineage(self, code: str, born: PartialDate | None, place: Place) -> tuple[str, ...]:
        """A code of Algeria before 1968 that is a commune of today too is that commune, unless the label is abroad."""
        then, now = self.nomenclature.lineage(code, born), self.nomenclature.lineage(code)
        if _is_abroad(then) and not _is_abroad(now) and self.nomenclature.periods(code):
            meant = self._candidates(replace(place, department=None)).values()
            return then if any(map(_is_abroad, meant)) else now
        return then

    def _country(self, place: Place) -> str | None:
        """Return the code of a country abroad that is named without a commune."""
        if place.nation in (None, FRANCE):
            return None
        code = self.nomenclature.country(place.nation)
        return code if code and code.startswith(ABROAD) else None

    def _commune_by_label(self, place: Place) -> str | None:
        candidates = self._candidates(place)
        return next(iter(candidates)) if len(candidates) == 1 else None

    def _meant(self, place: Place) -> Place:
        """Return the place with the codes of the few that its label may mean together."""
        candidates = self._candidates(place)
        if not 1 < len(candidates) <= _MOST_MEANT:
            return place
        together = dict.fromkeys(code for lineage in candidates.values() for code in lineage)
        return replace(place, lineage=tuple(together))

    def _candidates(self, place: Place) -> dict[str, tuple[str, ...]]:
        """Return the lineage of each place that the label names as well as the best does."""
        if not place.label:
            return {}
        found = self.nomenclature.resolve(place.label, place.department, place.country)
        return {candidate.code: candidate.lineage for candidate in found if candidate.match == found[0].match}
