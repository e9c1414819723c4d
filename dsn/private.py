"""Files and folders about persons: for the account that runs the service, and nobody else of the machine."""

import os
from pathlib import Path
from typing import BinaryIO


def create_file(path: Path) -> BinaryIO:
    """Open a file anew for writing, mode 0600."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def write_file(path: Path, data: bytes) -> None:
    with create_file(path) as file:
        file.write(data)


def make_folder(folder: Path) -> Path:
    """Make a folder where there is none, mode 0700 whoever made it before."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
