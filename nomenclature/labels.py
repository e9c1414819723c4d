"""How a place label is read: one spelling for its many, its article, its arrondissement and what is in parentheses."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import tomllib
from importlib.resources import files

from analyzers.fold import fold_label

_PARENTHESES = re.compile(r"\(([^)]*)\)?")
_ARTICLES = frozenset({"LE", "LA", "LES", "L", "AUX", "LAS", "LOS"})
"""TNCC 2 to 8 of the official files."""
_CEDEX = re.compile(r" CEDEX(?: \d{1,2})?$")
_NUMBER = re.compile(
    r"^(?P<city>PARIS|LYON|MARSEILLE)(?: 0?(?P<digits>\d{1,2})| (?P<roman>[IVX]+))"
    r" ?(?:ER|ERE|E|EME|IEME|ND|NDE)?(?: ?(?:ARRONDISSEMENT|ARRDT|ARRDI?|ARDT|ARR|AR|A))?$"
)
_POSTCODE = re.compile(r"^(?:\d{5} )|(?: \d{5})$")
_ROMAN = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it compares. `name` keeps its article, `bare` has none, `hint` was in parentheses or after a comma.

    `city` and `number` are those of an arrondissement municipal: ("PARIS", 12).
    """

    name: str
    bare: str
    hint: str | None = None
    city: str | None = None
    number: int | None = None


@cache
def _words() -> dict[str, str]:
    table: dict[str, Any] = tomllib.loads(files("nomenclature.data").joinpath("labels.toml").read_text("utf-8"))
    words: dict[str, str] = table["words"]
    return words


def read_label(text: str) -> Label:
    """Return the label in its comparable forms. Source of the steps: the official spelling rules of the COG files."""
    hint, text = _hint_of(text)
    name = spelt(text)
    if hint in _ARTICLES:  # MANS(LE), as older files write LE MANS
        name, hint = f"{hint} {name}", None
    name = _CEDEX.sub("", _POSTCODE.sub("", name)) or name
    city, number = _arrondissement(name)
    return Label(name, without_article(name), hint or None, city, number)


def spelt(text: str) -> str:
    """Return the folded label, its usual abbreviations written out: "St-Étienne s/ Loire" is SAINT ETIENNE SUR LOIRE."""
    words = _words()
    return " ".join(words.get(word, word) for word in fold_label(text).replace(" S S ", " SS ").split())


def without_article(name: str) -> str:
    """Return the name without a leading article: LE MANS is MANS. A name that is nothing else keeps it."""
    first, _, rest = name.partition(" ")
    return rest if first in _ARTICLES and len(rest) > 1 else name


def _hint_of(text: str) -> tuple[str | None, str]:
    found = _PARENTHESES.search(text)
    if found:
        return spelt(found[1]), _PARENTHESES.sub(" ", text) if found.start() else found[1]
    town, comma, after = text.partition(",")
    return (spelt(after), town) if comma and town.strip() else (None, text)


def _arrondissement(name: str) -> tuple[str | None, int | None]:
    found = _NUMBER.fullmatch(name)
    if found is None:
        return None, None
    return found["city"], int(found["digits"]) if found["digits"] else _roman(found["roman"])


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
