"""The audit as the service writes it: many calls wait, one write to the disk serves them all."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from audit.chain import Chain
from audit.keys import AuditKey
from audit.lines import AuditedCall, Fields


class AuditUnavailable(Exception):
    """The audit cannot be written, so nothing may be answered."""


class Ledger:
    """Group commit: what arrives while the disk is busy is written together as soon as it is free.

    So a lonely call waits for one write, a crowd shares it, and there is no timer to tune. One event loop owns it.
    """

    def __init__(self, chain: Chain, key: AuditKey) -> None:
        self.key = key
        self._chain = chain
        self._waiting: list[tuple[Fields, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "audit")

    async def write(self, call: AuditedCall) -> None:
        """Return once the line of a call is on the disk.

        Raises:
            AuditUnavailable: it is not, and the answer must not leave.
        """
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call.fields(), written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def close(self) -> None:
        """Write what waits, and the last line of the chain."""
        if self._writing is not None:
            await self._writing
        await asyncio.get_running_loop().run_in_executor(self._thread, self._chain.close)
        self._thread.shutdown()

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            group, self._waiting = self._waiting, []
            lines = [fields for fields, _ in group]
            try:
                await loop.run_in_executor(self._thread, self._chain.append, "call", lines)
            except Exception as error:  # whatever it is, the callers must hear of it instead of waiting for ever
                _tell(group, error)
            else:
                _tell(group, None)
        self._writing = None


def _tell(group: list[tuple[Fields, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, written in group:
        if written.done():
            continue  # its caller went away
        if error is None:
            written.set_result(None)
        else:
            unavailable = AuditUnavailable(f"the audit cannot be written: {type(error).__name__}")
            unavailable.__cause__ = error
            written.set_exception(unavailable)
