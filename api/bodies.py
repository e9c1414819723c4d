"""The body of a request, no longer than allowed and no slower."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import Request

from api.problems import Invalid, TooLarge, TooSlow
from identification.questions import invalid


async def read_json(request: Request) -> Any:
    """Read the whole body, no more than is allowed of it, in the time that it is given.

    Raises:
        TooLarge, TooSlow, Invalid
    """
    settings = request.app.state.settings
    received = bytearray()
    try:
        async with asyncio.timeout(settings.body_timeout_s):
            async for chunk in request.stream():
                received += chunk
                if len(received) > settings.most_body_bytes:
                    raise TooLarge
    except TimeoutError as error:
        raise TooSlow from error
    try:
        return orjson.loads(bytes(received))
    except orjson.JSONDecodeError as error:
        raise Invalid(invalid("not_json").errors) from error


async def upload(request: Request) -> AsyncIterator[bytes]:
    """Yield a body of any length as it comes. Raises TooSlow: nothing came for as long as a whole body may take."""
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(request.app.state.settings.body_timeout_s):
                chunk = await anext(chunks, None)
        except TimeoutError as error:
            raise TooSlow from error
        if chunk is None:
            return
        yield chunk
