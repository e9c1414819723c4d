"""Birth places as declared: code, label, département and country in comparable forms."""

import json
import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

from analyzers.fold import fold_label

_CODE = re.compile(r"(?:2[AB]|\d{2})\d{3}", re.ASCII)
_DEPARTMENT = re.compile(r"2[AB]|97\d|98\d|\d{2}", re.ASCII)
_COUNTRY = re.compile(r"99\d{3}|[A-Z]{2}", re.ASCII)
_ARRONDISSEMENT = re.compile(r" (?:CEDEX|\d{1,2} ?(?:E|ER|EME)?(?: ARRONDISSEMENT)?)( \d{1,2})?$")
_ARTICLE = re.compile(r"^(?:LE|LA|LES|L) (?=.{3})")
_ABBREVIATIONS = {"ST": "SAINT", "STE": "SAINTE"}
FRANCE = "FR"
ABROAD = "99"
_FRANCE_AS_COUNTRY = "99100"
_UNKNOWN_CODES = frozenset({"00000", _FRANCE_AS_COUNTRY, "99990", "99999"})
"""Codes of no commune and no foreign country: unknown, or somewhere in France."""
_UNKNOWN_COMMUNE = "990"
_SEVERAL = 2


@cache
def cog_countries() -> dict[str, str]:
    """Return the COG code of the countries that declarations name most by their ISO code."""
    table: dict[str, str] = json.loads(files("analyzers.data").joinpath("countries.json").read_text("utf-8"))[
        "iso_to_cog"
    ]
    return table


class InvalidPlace(ValueError):
    """A part of the place has not the form it must have. `field` and `code` say which; no value is quoted."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """A place as written, and as it compares.

    `commune` is a COG code (the country's for a birth abroad), `name` the folded label, `town` the same without an
    arrondissement and article, `department` two or three characters (Corsica is 20, abroad 99), `nation` "FR" or the
    country by its COG code where it is known; each None when unknown. `lineage` are the codes under which a birth there
    may be recorded, its own first, and `departments` what they and the label say; several places that a label may mean
    have a lineage together and no commune.
    """

    code: str | None = None
    label: str | None = None
    country: str | None = None
    commune: str | None = None
    name: str | None = None
    town: str | None = None
    department: str | None = None
    nation: str | None = None
    lineage: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash((self.code, self.label, self.country, self.department))

    @property
    def departments(self) -> tuple[str, ...]:
        own = (self.department,) if self.department else ()
        if self.department == ABROAD or len(self.lineage) < _SEVERAL:
            return own
        return tuple(dict.fromkeys((*own, *map(department_of, self.lineage))))

    @property
    def terms(self) -> tuple[str, ...]:
        """What tells this place among others: its codes, or its label where none is known or it is in a country."""
        if self.lineage and self.department != ABROAD:
            return self.lineage
        return (*self.lineage, *((self.town,) if self.town else ()))


def is_code(term: str) -> bool:
    """Say whether a term of a place is a COG code; else it is a town."""
    return _CODE.fullmatch(term) is not None


def department_of(code: str) -> str:
    """Return the comparable département of a COG code: 2A and 2B are 20, overseas takes three characters."""
    return code[:3] if code[:2] in ("97", "98") else code[:2].replace("2A", "20").replace("2B", "20")


@lru_cache(maxsize=1 << 17)
def read_place(
    code: str | None = None, label: str | None = None, department: str | None = None, country: str | None = None
) -> Place | None:
    """Return the place that these parts describe, None when they say nothing.

    Raises:
        InvalidPlace: a code, département or country of another form.
    """
    code, department, country = (_upper(part) for part in (code, department, country))
    if code and not is_code(code):
        raise InvalidPlace("code", "place_code")
    if department and not _DEPARTMENT.fullmatch(department):
        raise InvalidPlace("department", "department")
    if country and not _COUNTRY.fullmatch(country):
        raise InvalidPlace("country", "country")
    label = label.strip() if label and label.strip() else None
    if not (code or label or department or country):
        return None
    commune = code if code and code not in _UNKNOWN_CODES and code[2:] != _UNKNOWN_COMMUNE else None
    if code and code not in _UNKNOWN_CODES:
        department = department_of(code)
    elif department:
        department = department.replace("2A", "20").replace("2B", "20")
    name = _spelt_out(fold_label(label)) if label else None
    return Place(
        code=code,
        label=label,
        country=country,
        commune=commune,
        name=name,
        town=_town(name) if name else None,
        department=department,
        nation=_nation(code, commune, department, country),
        lineage=(commune,) if commune else (),
    )


def located(place: Place, lineage: tuple[str, ...]) -> Place:
    """Return the place under its codes through time, its own first: 92352, Oran of 1950, is in Algeria, 99352."""
    country = next((code for code in lineage if code.startswith(ABROAD)), None)
    return replace(
        place,
        lineage=lineage,
        commune=lineage[0],
        department=ABROAD if country else department_of(lineage[0]),
        nation=country or FRANCE,
    )


def as_written(place: Place) -> Place:
    """Return the place as its code, label and country say alone, before it was located."""
    return read_place(place.code, place.label, None, place.country) or place


def _town(name: str) -> str:
    """Return the label without an arrondissement and without its article: LA TRINITE and TRINITE are one."""
    town = _ARRONDISSEMENT.sub("", name) or name
    return _ARTICLE.sub("", town) or town


def _spelt_out(folded: str) -> str | None:
    return " ".join(_ABBREVIATIONS.get(word, word) for word in folded.split(" ")) or None


def _upper(text: str | None) -> str | None:
    return (text.strip().upper() or None) if text else None


def _nation(code: str | None, commune: str | None, department: str | None, country: str | None) -> str | None:
    if commune and commune.startswith(ABROAD):
        return commune
    if _FRANCE_AS_COUNTRY in (code, country):
        return FRANCE
    if country and country not in _UNKNOWN_CODES:
        return cog_countries().get(country, country)
    return FRANCE if department and department != ABROAD else None
