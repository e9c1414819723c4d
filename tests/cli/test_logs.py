"""What is written while the service runs: JSON for machines, lines for a person, no value of a library."""

import io
import logging
from collections.abc import Iterator

import orjson
import pytest
import structlog

from cli.logs import configure_logs


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Writes(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return super().write(text)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root, server = logging.getLogger(), logging.getLogger("uvicorn")
    handlers, level, structured = root.handlers[:], root.level, structlog.get_config()
    server_handlers, propagates = server.handlers, server.propagate
    server.handlers, server.propagate = [], True  # a server that another test ran with its own logs keeps them
    yield
    server.handlers, server.propagate = server_handlers, propagates
    root.handlers, root.level = handlers, level
    structlog.configure(**structured)


def test_an_event_is_a_json_line_beside_what_its_request_is_called() -> None:
    stream = io.StringIO()
    configure_logs(stream)
    with structlog.contextvars.bound_contextvars(request_id="ab12"):
        structlog.get_logger().info("request_answered", status=200)
    event = orjson.loads(stream.getvalue())
    assert (event["event"], event["status"], event["request_id"], event["level"]) == (
        "request_answered",
        200,
        "ab12",
        "info",
    )


def test_a_line_is_written_whole_so_that_those_of_several_workers_do_not_mix() -> None:
    stream = Writes()
    configure_logs(stream)
    structlog.get_logger().info("request_answered", status=200)
    assert [text.endswith("}\n") for text in stream.written] == [True]


def test_on_a_terminal_a_person_can_read_it() -> None:
    stream = Terminal()
    configure_logs(stream)
    structlog.get_logger().info("request_answered", status=200)
    assert "request_answered" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_of_an_error_in_a_library_only_type_and_place_are_told(stream: io.StringIO) -> None:
    configure_logs(stream)
    try:
        int("ZZQUIVERNE")
    except ValueError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved\nfuture: %r", "ZZQUIVERNE")
        logging.getLogger("aiohttp").warning("GET %s failed", "/ZZQUIVERNE", exc_info=True)
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    told = stream.getvalue()
    assert "ZZQUIVERNE" not in told
    assert told.count("ValueError") == 3
    assert "tests.cli.test_logs:" in told
