"""Connections that nobody can hold open, or fill, without asking anything: what uvicorn leaves without a limit.

And the short way to a refusal, which costs less than half of what it costs in the application.
"""

from asyncio import Event, TimerHandle, Transport
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

LONGEST_HEAD_BYTES = 65_536
"""Of a request line with its headers, or of the trailers of a body; a purpose and a key take some 200."""
HEAD_TIMEOUT_S = 15.0
IDLE_S = 75
"""Longer than proxies and clients keep a connection: whoever ends it first loses the call that comes at that moment."""
LEAVING = "leaving"
"""Name in the state of a request: an event, set when the service is told to end."""
DOOR = "door"
"""Name in the state of the application: its door, where it has one."""
LINGER_S = 5.0
"""So long a client that has been sent all of its answer may go on sending before its connection is cut off."""
GRACE_S = 30
"""What is under way has so long to end after SIGTERM; then it is cut off."""


class Refusal(NamedTuple):
    """An answer that many calls get; `lines` are its headers as they are sent."""

    status: int
    lines: bytes
    body: bytes


class Door(Protocol):
    def refusal_of(self, scope: Scope) -> Refusal | None:
        """Return what is answered to a call that is not given to the application."""
        ...


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(b"%b: %b\r\n" % header for header in headers)


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose headers are too long, or late, and tells requests when the service is to end.

    Bodies are bounded where they are read, and an idle connection by the keep-alive of uvicorn.

    A call that the door of the application refuses is answered without a task of its own, if nothing is to be waited
    for: all of it is there, nothing before it on its connection is under way. Any other is refused by the application.
    Relied on of uvicorn: it starts each call by `_start_asgi_task`, while it reads, or after the answer before it; a
    cycle knows its request (`scope`, `more_body`, `waiting_for_100_continue`) and its answer (`default_headers`,
    `keep_alive`), which has left once `response_complete` is set and `on_response` was called.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unread_bytes = 0
        self._is_in_head = False
        self._hurry: TimerHandle | None = None
        self._leaving = Event()
        self._door: Door | None = self.app_state.get(DOOR)
        self._is_reading = False
        self._came: tuple[RequestResponseCycle, Any] | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast(Transport, _Patient(transport, self)))
        self._hurry_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._unread_bytes += len(data)
        self._is_reading = True
        super().data_received(data)
        self._is_reading = False
        if self._is_in_head:
            self._hurry_head()
        if self._unread_bytes > LONGEST_HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large")
        if self._came is not None:
            (cycle, app), self._came = self._came, None
            self._begin(cycle, app)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][LEAVING] = self._leaving
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread_bytes = 0
        super().on_message_complete()

    def shutdown(self) -> None:
        self._leaving.set()
        super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._is_reading:
            self._came = cycle, app  # its body is not parsed yet
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        is_waited_for = cycle.more_body or cycle.waiting_for_100_continue or self.flow.write_paused
        is_plain = cycle.scope["method"] == "POST" and not is_waited_for
        refusal = self._door.refusal_of(cast(Scope, cycle.scope)) if self._door and is_plain else None
        if refusal is None:
            super()._start_asgi_task(cycle, app)
        else:
            self._answer(cycle, refusal)

    def _answer(self, cycle: RequestResponseCycle, refusal: Refusal) -> None:
        """Write what uvicorn would, in one piece."""
        lines = lines_of(cycle.default_headers) + refusal.lines
        if not cycle.keep_alive:
            lines += b"connection: close\r\n"
        self.transport.write(STATUS_LINE[refusal.status] + lines + b"\r\n" + refusal.body)
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    @property
    def is_cut_short(self) -> bool:
        """Whether the end of the service has ended an answer whose request still comes."""
        return (
            self._leaving.is_set() and self.cycle is not None and self.cycle.response_complete and self.cycle.more_body
        )

    def _hurry_head(self) -> None:
        """Expect the rest of a head in time. One that comes in one piece, as nearly all do, needs no timer."""
        if self._hurry is None:
            self._hurry = self.loop.call_later(HEAD_TIMEOUT_S, self._refuse, b"408 Request Timeout")

    def _head_came(self) -> None:
        self._unread_bytes = 0
        self._is_in_head = False
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _refuse(self, status: bytes) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(b"HTTP/1.1 %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % status)
        self.transport.close()


class _Patient:
    """A transport that ends its own side first where a client still sends, and passes over what comes until that ends.

    Closed at once, the kernel would answer what comes with a reset, and drop what the client has not read yet.
    """

    def __init__(self, transport: Transport, protocol: BoundedProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self._is_ending = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._is_ending or self._transport.is_closing()

    def close(self) -> None:
        if self._is_ending:
            return
        if not (self._protocol.is_cut_short and self._transport.can_write_eof()):
            self._transport.close()
            return
        self._is_ending = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._expect_end()

    def _expect_end(self) -> None:
        self._protocol.loop.call_later(LINGER_S, self._cut_off)

    def _cut_off(self) -> None:
        if self._transport.get_write_buffer_size():
            self._expect_end()
        else:
            self._transport.abort()
