"""`POST /v1/places`: which place is meant. It asks the nomenclature, never the register."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import structlog
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analyzers.dates import InvalidDate, PartialDate, read_date
from api.access import KnownCall
from api.bodies import read_json
from api.problems import Invalid
from identification.questions import field_errors, invalid
from nomenclature.locating import edition_in_use
from nomenclature.nomenclature import Nomenclature
from nomenclature.values import END, FIRST_DAY, Candidate

PLACE_EXAMPLE = {"label": "ST DENIS", "date": "1956-03-04", "department": "93"}
MOST_CANDIDATES = 50
_ShortText = Annotated[str, Field(max_length=100)]
log = structlog.get_logger()


class PlaceLabel(BaseModel):
    """A place as declared: a label, and what narrows it down."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Annotated[str, Field(max_length=300, description="Name of a commune, a country, or a town abroad.")]
    date: _ShortText | None = Field(None, description="Birth date, YYYY-MM-DD with 00 for an unknown part.")
    department: str | None = Field(
        None,
        pattern=r"^(2[ABab]|9[78]\d|\d{2})?$",
        description="Two or three characters, former ones too; 99 is abroad.",
    )
    country: _ShortText | None = Field(None, description="COG code, ISO alpha-2, a declaration's own code, or a name.")


class PlaceCandidate(BaseModel):
    """A place that the label may mean, with the code that it had on the date, today without one."""

    code: str
    name: str
    kind: str = Field(description="COM, COMD, COMA, ARM; PAYS a country; ANC a territory whose code is given no more.")
    start: str | None = Field(description="First day of the name, null for 1943 or earlier.")
    end: str | None = Field(description="Day after the last one, null if it is still the name.")
    department: str
    lineage: list[str] = Field(description="Codes under which the same birth may be recorded.")
    match: str = Field(description="exact, admitted, town (of that country), partial, close, country.")
    in_period: bool = Field(description="Whether the name was in force on the date.")


class Places(BaseModel):
    """The candidates, the best first; none when the label is unknown."""

    nomenclature: str
    candidates: list[PlaceCandidate]


class NomenclatureInUse:
    """The edition in use, opened at the first question: it takes a second, and most callers never ask."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._opening = asyncio.Lock()
        self._opened: Nomenclature | None = None

    async def get(self) -> Nomenclature:
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(lambda: edition_in_use(self._data_dir).locator().nomenclature)
                log.info("nomenclature_opened", edition=self._opened.edition.name, digest=self._opened.digest)
        return self._opened


async def find_places(data: Any, nomenclature: NomenclatureInUse) -> Response:
    """Answer the body of a request, already parsed.

    Raises:
        Invalid: a field is unknown, missing or of another type, or the date or country is none.
    """
    asked, date = _read(data)
    opened = await nomenclature.get()
    if asked.country and asked.country.strip() and opened.country(asked.country) is None:
        raise Invalid(invalid("unknown_value", "country").errors)
    found = opened.resolve(asked.label, asked.department, asked.country, date)
    places = Places(nomenclature=opened.edition.name, candidates=[_shown(row) for row in found[:MOST_CANDIDATES]])
    return Response(orjson.dumps(places.model_dump()), media_type="application/json")


def _read(data: Any) -> tuple[PlaceLabel, PartialDate | None]:
    if not isinstance(data, dict):
        raise Invalid(invalid("not_an_object").errors)
    try:
        asked = PlaceLabel.model_validate(data)
        return asked, read_date(asked.date) if asked.date and asked.date.strip() else None
    except ValidationError as error:
        raise Invalid(field_errors(error)) from error
    except InvalidDate as error:
        raise Invalid(invalid("unknown_value", "date").errors) from error


def _shown(candidate: Candidate) -> PlaceCandidate:
    return PlaceCandidate(
        code=candidate.code,
        name=candidate.name,
        kind=candidate.kind,
        start=None if candidate.start == FIRST_DAY else candidate.start,
        end=None if candidate.end == END else candidate.end,
        department=candidate.department,
        lineage=list(candidate.lineage),
        match=candidate.match,
        in_period=candidate.in_period,
    )


async def places(request: Request, call: KnownCall) -> Response:
    """The endpoint."""
    in_use: NomenclatureInUse = request.app.state.nomenclature
    data = await read_json(request)
    await call.admit(1)
    return await find_places(data, in_use)
