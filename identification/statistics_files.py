"""Statistics fetched from a server, kept in files: fetched once for a machine, one copy in memory for all processes."""

import mmap
import tempfile
from pathlib import Path

from scoring.statistics import digest_of

_FOLDER = "statistics"
_MOST_KEPT = 4


class StatisticsFiles:
    """Files under the data directory, each named by its digest: letters and digits.

    One that cannot be read or written is done without.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / _FOLDER

    def find(self, digest: str) -> memoryview | None:
        """Return the statistics of this digest as a view of their file; None where there are none, or only damaged."""
        try:
            data = _mapped(self._path(digest))
        except (OSError, ValueError):  # an empty file cannot be mapped
            return None
        return data if digest_of(data) == digest else None

    def keep(self, digest: str, data: bytes | memoryview) -> bytes | memoryview:
        """Return the same statistics as a view of a file where one can be written, and remove those not used lately."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(data)
            kept = self._path(digest)
            Path(file.name).replace(kept)
            others = [path for path in self._folder.iterdir() if path != kept]  # a clock may say that they are younger
            for old in sorted(others, key=lambda path: path.stat().st_mtime, reverse=True)[_MOST_KEPT - 1 :]:
                old.unlink(missing_ok=True)
            return _mapped(kept)
        except OSError:
            return data

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.bin"


def _mapped(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
