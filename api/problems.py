"""Errors as `application/problem+json` (RFC 9457): the one table from what happened to what is answered."""

from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.access import NotAllowed, UnknownCaller
from api.quota import TooMany
from audit.ledger import AuditUnavailable
from identification.questions import FieldError
from mappings.build import IncompatibleBuild
from nomenclature.editions import UnreadableEdition
from retrieval.protocol import EngineError, EngineUnavailable, IndexGone, IndexNotReady

RETRY_AFTER = {"Retry-After": "2"}
UNAVAILABLE: Mapping[type[Exception], str] = {
    IndexNotReady: "No index is served yet.",
    IncompatibleBuild: "The served index was built by another version.",
    IndexGone: "The served index changed while it was read.",
    EngineUnavailable: "The search engine cannot be reached for now.",
    EngineError: "The search engine failed.",
    UnreadableEdition: "The nomenclature in use cannot be read.",
    AuditUnavailable: "The audit cannot be written, so nothing is answered.",
}
log = structlog.get_logger()


class Invalid(Exception):
    """The request cannot be read; `errors` say which fields, without their values."""

    def __init__(self, errors: tuple[FieldError, ...], reference: str | None = None) -> None:
        super().__init__("invalid request")
        self.errors = errors
        self.reference = reference


class TooLarge(Exception):
    """The body is longer than this endpoint reads."""


class TooSlow(Exception):
    """The body did not come in the time that it is given."""


def problem(status: int, title: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    body = {"type": "about:blank", "title": title, "status": status} | members
    return Response(orjson.dumps(body), status, headers, "application/problem+json")


def too_many_problem(error: TooMany) -> Response:
    return problem(429, str(error), {"Retry-After": str(error.retry_after_s)})


def install_problem_handlers(app: FastAPI) -> None:
    async def invalid(_: Request, error: Exception) -> Response:
        assert isinstance(error, Invalid)
        return problem(422, "The question cannot be read.", reference=error.reference, errors=error.errors)

    async def too_large(_: Request, __: Exception) -> Response:
        return problem(413, "The body is too large.")

    async def too_slow(_: Request, __: Exception) -> Response:
        return problem(408, "The body did not come in time.", {"Connection": "close"})

    async def left(_: Request, __: Exception) -> Response:
        log.info("request_left_by_client")
        return problem(400, "The body was not sent to its end.")

    async def wrong_parameter(_: Request, __: Exception) -> Response:
        """FastAPI's own answer quotes what was sent."""
        return problem(422, "A parameter has not one of the values that it takes.")

    async def unknown_caller(_: Request, __: Exception) -> Response:
        return problem(401, "A key of an organism is needed, in force.", {"WWW-Authenticate": "Bearer"})

    async def not_allowed(_: Request, error: Exception) -> Response:
        return problem(403, str(error))

    async def too_many(_: Request, error: Exception) -> Response:
        assert isinstance(error, TooMany)
        return too_many_problem(error)

    async def unavailable(_: Request, error: Exception) -> Response:
        log.warning("request_failed", error=type(error).__name__)
        title = next(title for kind, title in UNAVAILABLE.items() if isinstance(error, kind))
        return problem(503, title, RETRY_AFTER)

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, error.detail, error.headers)

    app.add_exception_handler(Invalid, invalid)
    app.add_exception_handler(TooLarge, too_large)
    app.add_exception_handler(TooSlow, too_slow)
    app.add_exception_handler(ClientDisconnect, left)
    app.add_exception_handler(RequestValidationError, wrong_parameter)
    app.add_exception_handler(UnknownCaller, unknown_caller)
    app.add_exception_handler(NotAllowed, not_allowed)
    app.add_exception_handler(TooMany, too_many)
    for kind in UNAVAILABLE:
        app.add_exception_handler(kind, unavailable)
    app.add_exception_handler(HTTPException, http)
