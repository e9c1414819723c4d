"""One fold table for Python and for OpenSearch: a letter reads as the same capitals on both sides."""

import re
from functools import cache, lru_cache
from importlib.resources import files

_NOT_LETTERS = re.compile(r"[^A-Z]+")
_NOT_LETTERS_OR_DIGITS = re.compile(r"[^A-Z0-9]+")
_COMBINING_MARKS = range(0x0300, 0x0370)


@cache
def fold_table() -> dict[str, str]:
    """Return what each foldable character reads as: capitals, or nothing for a combining mark."""
    table = {chr(code): "" for code in _COMBINING_MARKS}
    table |= {letter: letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
    for line in files("analyzers.data").joinpath("fold.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            _, letter, capitals, _ = line.split("\t")
            table[letter] = capitals
    return table


@cache
def _translation(digits: tuple[tuple[str, str], ...]) -> dict[int, str]:
    return str.maketrans(fold_table() | dict(digits))


def fold_letters(text: str, digits: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the capitals A-Z of a name, other characters as single spaces: "D’Alméida" is "D ALMEIDA".

    Args:
        digits: what digits read as, when they stand for letters; others separate like any sign.
    """
    return _NOT_LETTERS.sub(" ", text.translate(_translation(digits))).strip()


@lru_cache(maxsize=1 << 16)
def fold_label(text: str) -> str:
    """Return a place label in capitals, with its digits: "Saint-Étienne (42)" is "SAINT ETIENNE 42"."""
    return _NOT_LETTERS_OR_DIGITS.sub(" ", text.translate(_translation(()))).strip()
