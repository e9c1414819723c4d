"""What OpenAPI says of bodies that the service reads and writes itself, with examples of the demo register."""

from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from api.places import PlaceLabel, Places
from dsn.store import Job
from identification.answers import Answer
from identification.explanation import Explanation
from identification.questions import Question
from identification.verification import Verification

_REFERENCE = "#/components/schemas/{model}"

QUESTION_EXAMPLE = {
    "reference": "row-1",
    "birth_name": "LE GOFF",
    "given_names": ["Yann"],
    "birth_date": "1956-03-04",
    "birth_place": {"label": "Brest", "department": "29"},
}
VERIFICATION_EXAMPLE = {"nir": "1 56 03 99999 101 12", "birth_name": "LE GOFF"}


def _schema_of(kind: Any) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema(ref_template=_REFERENCE, mode="serialization")


_BATCH = {
    "type": "object",
    "required": ["queries"],
    "additionalProperties": False,
    "properties": {
        "queries": {"type": "array", "maxItems": 1000, "items": {"$ref": _REFERENCE.format(model="Question")}}
    },
}
_ANSWERS = {
    "type": "object",
    "required": ["answers"],
    "properties": {"answers": {"type": "array", "items": {"$ref": _REFERENCE.format(model="Answer")}}},
}
_VERIFY = {
    "type": "object",
    "required": ["nir", "birth_name"],
    "additionalProperties": False,
    "properties": {"nir": {"type": "string", "maxLength": 100}, "birth_name": {"type": "string", "maxLength": 300}},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "reference": {"type": ["string", "null"]},
        "errors": {"type": "array", "items": {"$ref": _REFERENCE.format(model="FieldError")}},
    },
}

_COUNT = {"type": "integer", "minimum": 0}
_CHANGED = {
    "type": "object",
    "required": ["index", "revision", "lines", "done", "skipped", "refused"],
    "properties": {
        "index": {"type": "string"},
        "revision": _COUNT,
        "lines": _COUNT,
        "done": {"type": "object", "properties": dict.fromkeys(("upsert", "delete", "merge"), _COUNT)},
        "skipped": _COUNT,
        "refused": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "reason": {"type": "string"},
                    "count": _COUNT,
                    "lines": {"type": "array", "items": _COUNT},
                },
            },
        },
    },
}

NDJSON = "application/x-ndjson"


def _content(model: str, media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REFERENCE.format(model=model)}}}


_PROBLEM_CONTENT = _content("Problem", "application/problem+json")


def body(model: str, example: Any) -> dict[str, Any]:
    """Return the `openapi_extra` of an endpoint that reads this model."""
    content = {"schema": {"$ref": _REFERENCE.format(model=model)}, "example": example}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def responses(model: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "Answered.", "content": _content(model)},
        **refusals(),
        408: {"description": "The body did not come in time.", "content": _PROBLEM_CONTENT},
        413: {"description": "The body is too large.", "content": _PROBLEM_CONTENT},
        422: {"description": "The body cannot be read.", "content": _PROBLEM_CONTENT},
        503: {"description": "Nothing can be searched for now.", "content": _PROBLEM_CONTENT},
    }


def refusals() -> dict[int | str, dict[str, Any]]:
    """What any guarded route may answer."""
    return {
        401: {"description": "No key of an organism, in force.", "content": _PROBLEM_CONTENT},
        403: {"description": "The organism has not this right or purpose.", "content": _PROBLEM_CONTENT},
        429: {"description": "Too much was asked, or tries that come near each other.", "content": _PROBLEM_CONTENT},
    }


def index_responses() -> dict[int | str, dict[str, Any]]:
    return {
        **refusals(),
        503: {"description": "No index is served, or it cannot be read.", "content": _PROBLEM_CONTENT},
    }


def ready_responses() -> dict[int | str, dict[str, Any]]:
    return {503: {"description": "Not ready.", "content": _PROBLEM_CONTENT}}


def job_read_responses() -> dict[int | str, dict[str, Any]]:
    """What a job or its report is answered with; 422 takes the place of what FastAPI says of its own answer."""
    return {
        **refusals(),
        404: {"description": "There is no such job, or it is not the caller's.", "content": _PROBLEM_CONTENT},
        409: {"description": "The job is not done: there is no report.", "content": _PROBLEM_CONTENT},
        422: {"description": "There is no such format.", "content": _PROBLEM_CONTENT},
        503: {"description": "The audit cannot be written.", "content": _PROBLEM_CONTENT},
    }


def upload_body() -> dict[str, Any]:
    """Return the `openapi_extra` of an endpoint that takes a file as its body."""
    return {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def stream_body() -> dict[str, Any]:
    """Return the `openapi_extra` of an endpoint that reads questions, one a line."""
    return {"requestBody": {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}}


def stream_responses() -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "One answer a line, in the order of the questions.", "content": {NDJSON: {}}},
        **refusals(),
        503: {"description": "Nothing can be searched for now.", "content": _PROBLEM_CONTENT},
    }


def changes_responses() -> dict[int | str, dict[str, Any]]:
    """What is refused is said by line number and reason; `done`, `skipped` and `revision` are then members as well."""
    return {
        200: {"description": "All is done, or was done before.", "content": _content("Changed")},
        **refusals(),
        409: {"description": "Another update is under way: send the same again.", "content": _PROBLEM_CONTENT},
        422: {
            "description": "Some changes are refused, or the body cannot be read to its end.",
            "content": _PROBLEM_CONTENT,
        },
        503: {"description": "There is nothing to change for now.", "content": _PROBLEM_CONTENT},
    }


def job_responses() -> dict[int | str, dict[str, Any]]:
    return {
        200: {"description": "Known: it was sent before, and is done.", "content": _content("Job")},
        202: {"description": "Received.", "content": _content("Job")},
        **refusals(),
        408: {"description": "The file did not come in time.", "content": _PROBLEM_CONTENT},
        413: {"description": "The file is too large.", "content": _PROBLEM_CONTENT},
        422: {"description": "There is no file.", "content": _PROBLEM_CONTENT},
    }


def install_openapi(app: FastAPI) -> None:
    """Add the models that no endpoint declares, because their bodies are read and written without a copy."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas |= {
                "Changed": _CHANGED,
                "Batch": _BATCH,
                "Answers": _ANSWERS,
                "VerificationRequest": _VERIFY,
                "Problem": _PROBLEM,
            }
            for kind in (Question, Answer, Explanation, Verification, PlaceLabel, Places, Job):
                model = _schema_of(kind)
                schemas |= model.pop("$defs", {})
                schemas[kind.__name__] = model
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents
