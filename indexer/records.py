"""The door of the register: one line becomes a record, or the reason why not. No reason quotes a value."""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Annotated, Literal, TypeVar

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from analyzers.dates import InvalidDate, PartialDate, read_date
from analyzers.identity import SEXES, Death, Parent, Record
from analyzers.names import LONGEST_NAME, Name, read_name, read_names
from analyzers.places import InvalidPlace, Place, read_place

LONGEST_LINE_BYTES = 1_000_000
_LONGEST_ID_BYTES = 512
"""OpenSearch refuses a longer `_id`, and with it the build."""
T = TypeVar("T")


def _storable(id_: str) -> str:
    if len(id_.encode()) > _LONGEST_ID_BYTES:
        raise PydanticCustomError("string_too_long", "longer than an index stores")
    return id_


Id = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(_storable)]
NameText = Annotated[str, Field(max_length=LONGEST_NAME)]
Few = Field(max_length=50)
"""As many as a question may say: of a list that goes on and on, no key and no name is made."""
_NIR = re.compile(r"\d{5}(?:\d\d|2[AB])\d{6}", re.ASCII)


class UnreadableRecord(Exception):
    """The line is no record. `reason` names the field and what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Door(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlaceLine(_Door):
    code: str | None = None
    label: NameText | None = None
    country: str | None = None


class DeathLine(_Door):
    date: str | None = None
    place: PlaceLine | None = None
    certified: bool = False


class ParentLine(_Door):
    birth_name: NameText | None = None
    given_names: Annotated[list[NameText], Few] | None = None


class RecordLine(_Door):
    """One line of a register file, as the contract writes it."""

    id: Id
    nir: str | None = None
    nir_status: Literal["certified", "pending"] | None = None
    former_nirs: Annotated[list[str], Few] | None = None
    sex: str | int | None = None
    birth_name: NameText | None = None
    usage_names: Annotated[list[NameText], Few] | None = None
    former_birth_names: Annotated[list[NameText], Few] | None = None
    given_names: Annotated[list[NameText], Few] | None = None
    former_given_names: Annotated[list[Annotated[list[NameText], Few]], Few] | None = None
    birth_date: str | None = None
    former_birth_dates: Annotated[list[str], Few] | None = None
    birth_place: PlaceLine | None = None
    former_birth_places: Annotated[list[PlaceLine], Few] | None = None
    death: DeathLine | None = None
    parents: Annotated[list[ParentLine], Few] | None = None
    certified: bool = True


_REASONS = {
    "extra_forbidden": "unknown field",
    "missing": "required",
    "string_too_short": "empty",
    "string_too_long": "too long",
    "too_long": "too many",
}


def parse_record(line: bytes) -> Record:
    """Read one NDJSON line.

    Raises:
        UnreadableRecord: what is wrong, by field.
    """
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord("not a JSON document in UTF-8") from error
    return read_record(data)


def read_record(data: object) -> Record:
    """Read a record from its JSON value; raises as `parse_record`."""
    if not isinstance(data, Mapping):
        raise UnreadableRecord("not a JSON object")
    try:
        line = RecordLine.model_validate(data)
    except ValidationError as error:
        raise UnreadableRecord(reason_of(error, RecordLine.model_fields | PlaceLine.model_fields)) from error
    return _to_record(line)


def reason_of(error: ValidationError, fields: Container[str]) -> str:
    """Return what is wrong with the first wrong field; only these fields are named, others are the caller's text."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    known = [str(part) for part in first["loc"] if part in fields]
    return f"{'.'.join(known) or 'a field'}: {_REASONS.get(first['type'], 'wrong type or value')}"


def _to_record(line: RecordLine) -> Record:
    nir = _value("nir", _nir, line.nir)
    return Record(
        id=line.id,
        nir=nir,
        nir_status=(line.nir_status or "certified") if nir else None,
        former_nirs=_values("former_nirs", _nir, line.former_nirs),
        sex=_value("sex", _sex, str(line.sex) if line.sex is not None else None),
        birth_name=read_name(line.birth_name) if line.birth_name else None,
        usage_names=read_names(line.usage_names or ()),
        former_birth_names=read_names(line.former_birth_names or ()),
        given_names=read_names(line.given_names or ()),
        former_given_names=_not_empty(read_names(names) for names in line.former_given_names or ()),
        birth_date=_value("birth_date", read_date, line.birth_date),
        former_birth_dates=_values("former_birth_dates", read_date, line.former_birth_dates),
        birth_place=_place("birth_place", line.birth_place),
        former_birth_places=tuple(
            place for place in (_place("former_birth_places", p) for p in line.former_birth_places or ()) if place
        ),
        death=_death(line.death),
        parents=tuple(_parent(parent) for parent in line.parents or ()),
        certified=line.certified,
    )


def _not_empty(lists: Iterable[tuple[Name, ...]]) -> tuple[tuple[Name, ...], ...]:
    return tuple(names for names in lists if names)


def _value(field: str, read: Callable[[str], T | None], text: str | None) -> T | None:
    if text is None or not text.strip():
        return None
    try:
        return read(text)
    except InvalidDate as error:
        raise UnreadableRecord(f"{field}: impossible date") from error
    except ValueError as error:
        raise UnreadableRecord(f"{field}: wrong value") from error


def _values(field: str, read: Callable[[str], T | None], texts: list[str] | None) -> tuple[T, ...]:
    return tuple(value for value in (_value(field, read, text) for text in texts or ()) if value is not None)


def _nir(text: str) -> str:
    number = text.strip().upper()
    if not _NIR.fullmatch(number):
        raise ValueError("not 13 characters of a number")
    return number


def _sex(text: str) -> Literal["M", "F"]:
    sex = SEXES.get(text.strip().upper())
    if sex is None:
        raise ValueError("unknown sex")
    return sex


def _place(field: str, place: PlaceLine | None) -> Place | None:
    if place is None:
        return None
    try:
        return read_place(place.code, place.label, None, place.country)
    except InvalidPlace as error:
        raise UnreadableRecord(f"{field}.{error.field}: wrong form") from error


def _death(death: DeathLine | None) -> Death | None:
    if death is None:
        return None
    date: PartialDate | None = _value("death.date", read_date, death.date)
    return Death(date, _place("death.place", death.place), death.certified)


def _parent(parent: ParentLine) -> Parent:
    return Parent(read_name(parent.birth_name) if parent.birth_name else None, read_names(parent.given_names or ()))
