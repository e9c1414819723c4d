"""Work under way at the same time, which ends together."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


@asynccontextmanager
async def together() -> AsyncGenerator[asyncio.TaskGroup]:
    """Begin tasks in the group. The first failure is raised as it is, when all the others have ended: none is left that
    would ask an engine which its caller has given up or closed."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
