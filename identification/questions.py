"""The door: a question as it arrives becomes a canonical query, or an `invalid` answer's errors.

Only an unreadable structure is an error. A value that cannot be used is left out or repaired, said in `ignored`, and
the rest is used. No message quotes a value.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzers.dates import InvalidDate, PartialDate, read_date
from analyzers.identity import SEXES, Channel, Former, Parent, Query, Sex
from analyzers.names import LONGEST_NAME, Name, read_name, split_given_names
from analyzers.nir import DeclaredNir, InvalidNir, read_nir
from analyzers.places import InvalidPlace, Place, read_place

LONGEST_LINE_BYTES = 1_000_000

ShortText = Annotated[str, Field(max_length=100)]
NameText = Annotated[str, Field(max_length=LONGEST_NAME)]
GivenNames = Annotated[list[NameText], Field(max_length=50)] | NameText

_MESSAGES = {
    "unknown_field": "this field does not exist",
    "too_long": "longer than allowed",
    "wrong_type": "not of the type that this field takes",
    "not_json": "not a JSON document in UTF-8",
    "not_an_object": "not a JSON object",
    "unreadable_row": "the row has not the columns of the header, or is not in the encoding of the file",
    "unknown_value": "not one of the values that this field takes",
    "nothing_given": "a question says at least one trait of a person",
}
_PYDANTIC_CODES = {
    "extra_forbidden": "unknown_field",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "literal_error": "unknown_value",
}
_MOST_ERRORS = 100
_FIELD_NAME = re.compile(r"[a-z_]{1,40}|\d{1,4}")


class _Door(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlaceQuestion(_Door):
    code: ShortText | None = None
    label: NameText | None = None
    department: ShortText | None = None
    country: ShortText | None = None


class ParentQuestion(_Door):
    birth_name: NameText | None = None
    given_names: GivenNames | None = None


class FormerQuestion(_Door):
    """What the caller knew before a change."""

    nir: ShortText | None = None
    birth_name: NameText | None = None
    given_names: GivenNames | None = None
    birth_date: ShortText | None = None


class Question(_Door):
    """What an organism knows of a person. No trait is mandatory."""

    reference: Annotated[str, Field(max_length=64)] | None = Field(None, description="The caller's own, echoed.")
    nir: ShortText | None = Field(None, description="13 characters, or 15 with its key; spaces allowed.")
    birth_name: NameText | None = None
    usage_name: NameText | None = None
    given_names: GivenNames | None = Field(None, description="A list, or one text split on spaces and commas.")
    sex: ShortText | int | None = Field(None, description="M or F; 1, 2, 01, 02 and H are read as well.")
    birth_date: ShortText | None = Field(None, description="YYYY-MM-DD with 00 for an unknown part; YYYY, YYYY-MM.")
    birth_place: PlaceQuestion | None = None
    parents: Annotated[list[ParentQuestion], Field(max_length=10)] | None = None
    former: FormerQuestion | None = None
    channel: Channel = "agent"


@dataclass(frozen=True, slots=True)
class Ignored:
    field: str
    code: str


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question read: its query, or the errors that make it invalid."""

    reference: str | None = None
    query: Query | None = None
    ignored: tuple[Ignored, ...] = ()
    errors: tuple[FieldError, ...] = ()


def invalid(code: str, field: str = "", reference: str | None = None) -> Asked:
    return Asked(reference=reference, errors=(FieldError(field, code, _MESSAGES[code]),))


def read_line(line: bytes) -> Asked:
    """Read one question of an NDJSON file."""
    if len(line) > LONGEST_LINE_BYTES:
        return invalid("too_long")
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return invalid("not_json")
    return read_question(data)


def read_question(data: object) -> Asked:
    """Read one question from its JSON value."""
    if not isinstance(data, Mapping):
        return invalid("not_an_object")
    try:
        question = Question.model_validate(data)
    except ValidationError as error:
        reference = data.get("reference")
        echoed = reference if isinstance(reference, str) and len(reference) <= 64 else None
        return Asked(reference=echoed, errors=field_errors(error))
    return to_asked(question)


def field_errors(error: ValidationError) -> tuple[FieldError, ...]:
    """Say which fields are wrong and how, in our words: pydantic's own messages quote values."""
    if error.error_count() > _MOST_ERRORS:  # to name each of a million unknown fields takes seconds and gigabytes
        return invalid("too_long").errors
    found: dict[str, FieldError] = {}
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        code = _PYDANTIC_CODES.get(item["type"], "wrong_type")
        parts = [str(part) if _FIELD_NAME.fullmatch(str(part)) else "?" for part in _without_union_tags(item["loc"])]
        field = ".".join(parts)
        found.setdefault(field, FieldError(field, code, _MESSAGES[code]))
    return tuple(found.values())


def _without_union_tags(location: Sequence[int | str]) -> list[int | str]:
    """Pydantic adds the alternative that it tried, such as `list[...]` or `int`, after the field."""
    return [part for part in location if part not in ("int", "str") and not re.search(r"[\[\]()-]", str(part))]


def to_asked(question: Question) -> Asked:
    """Turn a readable question into its query; what cannot be used goes to `ignored`."""
    reader = _Reader()
    query = reader.query(question)
    if query.is_empty and not reader.ignored and not reader.said_anything:
        return invalid("nothing_given", reference=question.reference)
    return Asked(reference=question.reference, query=query, ignored=tuple(reader.ignored))


class _Reader:
    """Reads the values of one question and remembers what it could not use."""

    def __init__(self) -> None:
        self.ignored: list[Ignored] = []
        self.said_anything = False

    def query(self, question: Question) -> Query:
        former = question.former or FormerQuestion()
        nir = self._nir("nir", question.nir)
        query = Query(
            nir=nir,
            birth_name=self._name("birth_name", question.birth_name),
            usage_name=self._name("usage_name", question.usage_name),
            given_names=self._given_names("given_names", question.given_names),
            sex=self._sex(question.sex),
            birth_date=self._date("birth_date", question.birth_date),
            birth_place=self._place(question.birth_place),
            parents=tuple(self._parent(number, parent) for number, parent in enumerate(question.parents or ())),
            former=Former(
                nir=self._nir("former.nir", former.nir),
                birth_name=self._name("former.birth_name", former.birth_name),
                given_names=self._given_names("former.given_names", former.given_names),
                birth_date=self._date("former.birth_date", former.birth_date),
            ),
            channel=question.channel,
            nir_unusable=bool(question.nir and question.nir.strip()) and (nir is None or nir.key_failed),
        )
        self.said_anything = bool(query.birth_place or query.sex or query.parents)
        return query

    def _ignore(self, field: str, code: str) -> None:
        self.ignored.append(Ignored(field, code))

    def _nir(self, field: str, text: str | None) -> DeclaredNir | None:
        if not text or not text.strip():
            return None
        try:
            nir = read_nir(text)
        except InvalidNir as error:
            self._ignore(field, error.code)
            return None
        if nir.key_failed:
            self._ignore(field, "nir_key")
        return nir

    def _name(self, field: str, text: str | None) -> Name | None:
        if not text or not text.strip():
            return None
        name = read_name(text)
        if name is None:
            self._ignore(field, "no_name")
        return name

    def _given_names(self, field: str, given: list[str] | str | None) -> tuple[Name, ...]:
        texts = split_given_names(given) if isinstance(given, str) else given or []
        names = (self._name(field, text) for text in texts)
        return tuple(name for name in names if name is not None)

    def _sex(self, text: str | int | None) -> Sex | None:
        if text is None or text == "":
            return None
        sex = SEXES.get(str(text).strip().upper())
        if sex is None:
            self._ignore("sex", "unknown_sex")
        return sex

    def _date(self, field: str, text: str | None) -> PartialDate | None:
        if not text or not text.strip():
            return None
        try:
            return read_date(text)
        except InvalidDate:
            self._ignore(field, "impossible_date")
            return None

    def _place(self, place: PlaceQuestion | None) -> Place | None:
        """Leave out the parts of another form, one by one, and keep the others."""
        parts = place.model_dump() if place else {}
        while parts:
            try:
                return read_place(**parts)
            except InvalidPlace as error:
                self._ignore(f"birth_place.{error.field}", error.code)
                parts[error.field] = None
        return None

    def _parent(self, number: int, parent: ParentQuestion) -> Parent:
        field = f"parents.{number}"
        return Parent(
            self._name(f"{field}.birth_name", parent.birth_name),
            self._given_names(f"{field}.given_names", parent.given_names),
        )
