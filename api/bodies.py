"""The body of a request, read whole and no longer than allowed."""

from typing import Any

import orjson
from fastapi import Request

from api.problems import Invalid, TooLarge
from identification.questions import invalid


async def read_json(request: Request) -> Any:
    """Read the whole body, no more than is allowed of it."""
    most = request.app.state.settings.most_body_bytes
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > most:
            raise TooLarge
    try:
        return orjson.loads(bytes(received))
    except orjson.JSONDecodeError as error:
        raise Invalid(invalid("not_json").errors) from error
