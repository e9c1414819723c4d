"""The stored payload: a record as one compact line of text, cheap to write, to send and to read.

Fields are separated by `|`, the items of a list by `;`, their parts by `,`; trailing empty fields are left out. The
name comes first, so that the sorted dictionary of doc values shares prefixes.
"""

from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from analyzers.dates import PartialDate
from analyzers.identity import SEXES, Death, Parent, Record
from analyzers.names import Name, read_name, read_names
from analyzers.places import Place, located, read_place

PAYLOAD_VERSION = "2"
LONGEST_PAYLOAD_BYTES = 32_000
"""Lucene's longest doc-values term is 32,766 bytes."""

_ESCAPES = str.maketrans({"%": "%25", "|": "%7C", ";": "%3B", ",": "%2C"})
_FIELDS = 17
_BIRTH_DATE, _BIRTH_PLACE, _ID, _FORMER_PLACES = 2, 3, 6, 13
"""Where these stand among the fields."""


def encode_record(record: Record) -> str:
    return "|".join(
        (
            _text(record.birth_name),
            _list(record.given_names),
            _date(record.birth_date),
            _place(record.birth_place),
            record.sex or "",
            record.nir or "",
            _escape(record.id),
            "p" if record.nir_status == "pending" else "",
            ";".join(record.former_nirs),
            _list(record.usage_names),
            _list(record.former_birth_names),
            ";".join(",".join(map(_text, names)) for names in record.former_given_names),
            ";".join(map(_date, record.former_birth_dates)),
            ";".join(map(_place, record.former_birth_places)),
            _death(record.death),
            ";".join(map(_parent, record.parents)),
            "" if record.certified else "0",
        )
    ).rstrip("|")


def decode_record(payload: str) -> Record:
    parts = payload.split("|")
    parts += [""] * (_FIELDS - len(parts))
    (name, given, date, place, sex, nir, id_, pending, former_nirs, *rest) = parts
    (usage, former_names, former_given, former_dates, former_places, death, parents, certified) = rest
    return Record(
        id=_unescape(id_),
        nir=nir or None,
        nir_status=("pending" if pending else "certified") if nir else None,
        former_nirs=_split(former_nirs),
        sex=SEXES[sex] if sex else None,
        birth_name=_read(name),
        usage_names=_read_list(usage),
        former_birth_names=_read_list(former_names),
        given_names=_read_list(given),
        former_given_names=tuple(_read_list(names, ",") for names in _split(former_given)),
        birth_date=_read_date(date),
        former_birth_dates=tuple(d for d in map(_read_date, _split(former_dates)) if d),
        birth_place=_read_place(place),
        former_birth_places=tuple(p for p in map(_read_place, _split(former_places)) if p),
        death=_read_death(death),
        parents=tuple(_read_parent(parent) for parent in _split(parents)),
        certified=not certified,
    )


def id_in(payload: str) -> str:
    """Return the id alone, without the cost of the record; empty where the payload is no record's."""
    parts = payload.split("|", _ID + 1)
    return _unescape(parts[_ID]) if len(parts) > _ID else ""


def births_in(payload: str) -> tuple[PartialDate | None, tuple[Place, ...]]:
    """Return the birth date and all birth places as they are stored, without the cost of the record."""
    parts = payload.split("|", _FORMER_PLACES + 1)
    texts = (parts[_BIRTH_PLACE], *_split("".join(parts[_FORMER_PLACES : _FORMER_PLACES + 1])))
    return _read_date(parts[_BIRTH_DATE]), tuple(place for place in map(_read_place, texts) if place)


def _escape(text: str) -> str:
    return text.translate(_ESCAPES)


def _unescape(text: str) -> str:
    return unquote(text) if "%" in text else text


def _text(name: Name | None) -> str:
    return _escape(name.text) if name else ""


def _list(names: Iterable[Name]) -> str:
    return ";".join(map(_text, names))


def _date(date: PartialDate | None) -> str:
    return f"{date.year:04d}{date.month:02d}{date.day:02d}" if date else ""


@lru_cache(maxsize=1 << 16)
def _place(place: Place | None) -> str:
    """The codes through time are written where they are not plain from the others."""
    if place is None:
        return ""
    is_plain = place == read_place(place.code, place.label, None, place.country)
    lineage = "" if is_plain else "+".join(place.lineage)
    return ",".join((place.code or "", _escape(place.label or ""), place.country or "", lineage)).rstrip(",")


def _death(death: Death | None) -> str:
    if death is None:
        return ""
    return ",".join((_date(death.date), "1" if death.certified else "0", _place(death.place))).rstrip(",")


def _parent(parent: Parent) -> str:
    """A parent of whom nothing is known is a lone comma: an empty text would be no parent at all."""
    return ",".join((_text(parent.birth_name), *map(_text, parent.given_names))) or ","


def _split(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(text.split(separator)) if text else ()


def _read(text: str) -> Name | None:
    return read_name(_unescape(text)) if text else None


def _read_list(text: str, separator: str = ";") -> tuple[Name, ...]:
    return read_names([_unescape(part) for part in _split(text, separator)])


def _read_date(text: str) -> PartialDate | None:
    return PartialDate(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


@lru_cache(maxsize=1 << 16)
def _read_place(text: str) -> Place | None:
    if not text:
        return None
    code, label, country, lineage, *_ = (*text.split(","), "", "", "")
    place = read_place(code or None, _unescape(label) or None, None, country or None)
    return located(place, tuple(lineage.split("+"))) if place and lineage else place


def _read_death(text: str) -> Death | None:
    if not text:
        return None
    date, certified, place, *_ = (*text.split(",", 2), "", "")
    return Death(_read_date(date), _read_place(place), certified == "1")


def _read_parent(text: str) -> Parent:
    birth_name, *given = text.split(",")
    return Parent(_read(birth_name), read_names([_unescape(name) for name in given]))
