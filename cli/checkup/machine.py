"""The machine and what is installed on it: versions, disk, memory, clock."""

import os
import platform
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile

import psutil
from packaging.requirements import Requirement

from api.tracing import is_wanted
from cli.checkup.findings import Finding, fine, notice, size_in_words, wrong

_PACKAGE = "sngi"
_SPARE = 1.2
"""A build is made beside the served one; merging its segments needs a little more."""
_LEAST_FREE_BYTES = 1_000_000_000
_TOLERATED = timedelta(minutes=5)


def check_versions() -> Iterator[Finding]:
    """Compare what is installed with what this version declares that it needs."""
    unmet = []
    for needed in map(Requirement, requires(_PACKAGE) or ()):
        if needed.marker and not needed.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = version(needed.name)
        except PackageNotFoundError:
            unmet.append(f"{needed} is missing")
            continue
        if not needed.specifier.contains(installed, prereleases=True):
            unmet.append(f"{needed.name} is {installed}, not {needed.specifier}")
    if unmet:
        yield wrong("versions", "; ".join(unmet), "install the locked versions: pip install -r requirements.lock")
    else:
        yield fine("versions", f"sngi {version(_PACKAGE)} on Python {platform.python_version()}, libraries as declared")
    if is_wanted() and find_spec("opentelemetry.exporter") is None:
        yield notice("versions", "a collector of traces is named, nothing can send them", "pip install 'sngi[otel]'")


def check_folder(data_dir: Path) -> Iterator[Finding]:
    if not data_dir.is_dir():
        yield wrong("data folder", f"{data_dir} is not there", "name it in SNGI_DATA_DIR, or create it")
        return
    try:
        with NamedTemporaryFile(dir=data_dir, prefix=".doctor-"):
            pass
    except OSError as error:
        said = f"{data_dir} cannot be written: {os.strerror(error.errno or 0)}"
        yield wrong("data folder", said, "give the user of the service the right to write, or free the disk")
        return
    yield fine("data folder", f"{data_dir} can be written")


def check_disk(free_bytes: int, index_bytes: int) -> Finding:
    """Say whether a new build has room beside the one that is served."""
    needed = max(round(index_bytes * _SPARE), _LEAST_FREE_BYTES)
    said = f"{size_in_words(free_bytes)} free, a build beside the served one needs {size_in_words(needed)}"
    if free_bytes < needed:
        return wrong("disk", said, "free the disk, or remove builds that are not served: sngi index list, then drop")
    return fine("disk", said)


def free_disk(data_dir: Path) -> int:
    return shutil.disk_usage(data_dir).free


def check_memory(total_bytes: int, index_bytes: int) -> Finding:
    said = f"{size_in_words(total_bytes)} of memory, the index is {size_in_words(index_bytes)}"
    if index_bytes > total_bytes:
        return notice("memory", said, "searches wait for the disk: more memory, or more nodes")
    return fine("memory", said)


def memory() -> int:
    return int(psutil.virtual_memory().total)


def check_clock(now: datetime, seen: dict[str, datetime]) -> Finding:
    """Compare the clock with times that are past: keys expire and audits are kept by it."""
    for what, at in seen.items():
        if at > now + _TOLERATED:
            said = f"it is {now:%Y-%m-%d %H:%M} UTC by this clock, and {what} was at {at:%Y-%m-%d %H:%M}"
            return wrong("clock", said, "set the clock, and keep it by NTP")
    return fine("clock", f"{now:%Y-%m-%d %H:%M} UTC, after all that was written")
