"""The names and places of an invented population: made up, or read from a folder of official files."""

from pathlib import Path

from evaluation.names import FrequencyFiles, Names, invented_names, names_of_files
from evaluation.places import COMMUNES_FILE, Places, invented_places, places_of_file


class MissingFile(Exception):
    """A folder of names and places lacks a file."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the folder holds no {name}")


def open_sources(folder: Path | None, seed: int) -> tuple[Names, Places]:
    """Return names and places: of the files of a folder and its sub-folders, or invented where there is none.

    Raises:
        MissingFile: the folder lacks one of the files.
    """
    if folder is None:
        return invented_names(seed), invented_places()
    names = _find(folder, FrequencyFiles().surnames).parent
    try:
        return names_of_files(names), places_of_file(_find(folder, COMMUNES_FILE))
    except FileNotFoundError as error:
        raise MissingFile(Path(str(error.filename)).name) from error


def _find(folder: Path, name: str) -> Path:
    found = next(iter(sorted(folder.rglob(name))), None)
    if found is None:
        raise MissingFile(name)
    return found
