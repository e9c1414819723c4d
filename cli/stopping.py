"""SIGTERM ends a command as Ctrl-C does, also one that waits for its input."""

import asyncio
import signal
from types import FrameType

_PATIENCE_S = 2.0


def stop_by_sigterm(task: asyncio.Task[int]) -> None:
    """Let SIGTERM cancel the task; where the loop does not hear of it, as a pipe is being read, interrupt that."""
    loop = asyncio.get_running_loop()

    def stop(_: int, __: FrameType | None) -> None:
        task.cancel()
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)
        loop.call_soon_threadsafe(signal.setitimer, signal.ITIMER_REAL, 0)

    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.signal(signal.SIGTERM, stop)
