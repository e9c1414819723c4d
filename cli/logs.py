"""What the service says while it runs: one event a line, as JSON unless a person reads it on a terminal.

No personal value: events are fixed words with counts beside. Libraries say what they like, so of theirs only the
words that do not change are kept, and of an error its type and its places in the code.
"""

import logging
from typing import TextIO

import orjson
import structlog
from structlog.typing import Processor

from api.failures import places_of

_TRUSTED = "uvicorn"
"""Its messages are about ports and processes; requests are told by us."""
_TOLD_BY_US = "opensearch"
"""It warns at every attempt that failed; what all attempts came to is an event of ours."""


def configure_logs(stream: TextIO) -> None:
    """Send the events of ours and of all libraries to a stream."""
    json = structlog.processors.JSONRenderer(serializer=lambda event, **_: orjson.dumps(event, default=str).decode())
    renderer: Processor = structlog.dev.ConsoleRenderer() if stream.isatty() else json
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    root = logging.getLogger()
    root.handlers = [FromLibraries()]
    root.setLevel(logging.WARNING)
    logging.getLogger(_TRUSTED).setLevel(logging.INFO)
    logging.getLogger(_TOLD_BY_US).setLevel(logging.ERROR)


class FromLibraries(logging.Handler):
    """Gives what libraries log to structlog, without their values."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"logger": record.name}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            fields |= {"error": type(error).__name__, "at": places_of(error)}
        trusted = record.name.partition(".")[0] == _TRUSTED
        said = record.getMessage() if trusted else str(record.msg).partition("\n")[0]
        structlog.get_logger().log(record.levelno, said, **fields)
