"""The `sngi serve` command: where the service may listen, and how it says so."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from multiprocessing import parent_process
from tempfile import TemporaryDirectory
from threading import Thread

import typer
from rich.console import Console
from rich.markup import escape
from uvicorn.supervisors import Multiprocess

from api.organisms import BadOrganisms, Organisms
from api.settings import METRICS_FOLDER_VARIABLE, ApiSettings
from retrieval.settings import EngineSettings


def check_access(host: str, open_to_others: bool, engine: EngineSettings, api: ApiSettings, err: Console) -> None:
    """Say what protects the service, and exit 2 where nothing does and others could reach it.

    Workers read the environment: it names the file of organisms, so that one started later cannot do without it.
    """
    file = api.organisms_in(engine.data_dir)
    if file is None:
        if not (is_loopback(host) or open_to_others):
            err.print(
                "[red]failed:[/] access control is off: only a loopback address is allowed, or --open", highlight=False
            )
            raise typer.Exit(2)
        os.environ["SNGI_API_OPEN"] = str(open_to_others).lower()
        err.print("access control is off", highlight=False)
        return
    try:
        Organisms(file)
    except BadOrganisms as error:
        err.print(f"[red]settings:[/] {escape(str(file))}: {escape(str(error))}", highlight=False)
        raise typer.Exit(2) from None
    os.environ["SNGI_API_ORGANISMS"] = str(file)
    err.print(f"access control is on: {escape(str(file))}", highlight=False)


@contextmanager
def counting_together() -> Iterator[None]:
    """Name a folder in which all workers of a service count; it goes when the service ends, by SIGTERM too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with TemporaryDirectory(prefix="sngi-metrics-") as folder:
        os.environ[METRICS_FOLDER_VARIABLE] = folder
        yield


class Workers(Multiprocess):
    """Workers that end together: who connects from then on is refused, where nobody would have answered.

    Only one that has ended is replaced. uvicorn also kills each that does not answer its parent within seconds: on a
    busy machine that was every one before it had started, and no signal is heard while that answer is waited for.
    """

    def keep_subprocess_alive(self) -> None:
        living = [worker for worker in self.processes if worker.process.is_alive()]
        self.processes = [worker for worker in self.processes if worker not in living]
        super().keep_subprocess_alive()
        self.processes += living

    def terminate_all(self) -> None:
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def end_with_the_first_process() -> None:
    """End this worker, as SIGTERM does, when the process that started it is killed: it would keep the port."""
    first = parent_process()
    if first is None:
        return

    def wait() -> None:
        first.join()
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, daemon=True).start()


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
