"""A TCP proxy between the service and OpenSearch whose network can be made bad at any moment."""

import asyncio
from asyncio import ALL_COMPLETED, FIRST_COMPLETED
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Network:
    """What happens to what OpenSearch sends; each field may change while connections are open.

    `cut_after_bytes`: a connection is reset once so many bytes of replies went through. `hides_departures`: OpenSearch
    is not told that a caller has left. `asked_bytes` went to OpenSearch.
    """

    delay_s: float = 0.0
    cut_after_bytes: int | None = None
    silent: bool = False
    hides_departures: bool = False
    cuts: int = 0
    asked_bytes: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, replies: bool) -> None:
        passed = 0
        while data := await source.read(65_536):
            if replies:
                await asyncio.sleep(self.delay_s)
                while self.silent:
                    await asyncio.sleep(0.02)
                if self.cut_after_bytes is not None and passed + len(data) > self.cut_after_bytes:
                    target.write(data[: max(self.cut_after_bytes - passed, 0)])
                    await target.drain()
                    self.cuts += 1
                    return
            passed += len(data)
            self.asked_bytes += 0 if replies else len(data)
            target.write(data)
            await target.drain()


@asynccontextmanager
async def network_to(url: str, port: int = 0) -> AsyncIterator[Network]:
    """Open the proxy to an OpenSearch on a port, a free one unless given, and close it with all its connections."""
    network, target = Network(), urlsplit(url)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_connection(target.hostname, target.port)
        both = [
            asyncio.ensure_future(network.carry(reader, engine_writer, replies=False)),
            asyncio.ensure_future(network.carry(engine_reader, writer, replies=True)),
        ]
        try:
            await asyncio.wait(both, return_when=ALL_COMPLETED if network.hides_departures else FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            writer.transport.abort()  # a reset, in the middle of whatever was sent
            engine_writer.transport.abort()

    connections: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(connect(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        server.close()
        left = list(connections)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await server.wait_closed()
