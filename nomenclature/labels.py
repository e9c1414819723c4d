"""How a place label is read: one spelling for its many, its article, its arrondissement and what is in parentheses."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from analyzers.fold import fold_label

_PARENTHESES = re.compile(r"\(([^)]*)\)?")
_ARTICLES = frozenset({"LE", "LA", "LES", "L", "AUX", "LAS", "LOS"})
"""TNCC 2 to 8 of the official files."""
_CEDEX = re.compile(r" CEDEX(?: \d{1,2})?$")
_CITY = re.compile(r"(PARIS|LYON|MARSEILLE) ?(.+)")
_POSTCODE = re.compile(r"^(?:\d{5} )|(?: \d{5})$")
_SPELT_NUMBERS = """
    I PREMI, II DEUX SECO, III TROIS, IV QUATR, V CINQU, VI SIX, VII SEPT, VIII HUIT, IX NEUV, X DIX, XI ONZ, XII DOUZ,
    XIII TREIZ, XIV QUATORZ, XV QUINZ, XVI SEIZ, XVII DIXSEPT, XVIII DIXHUIT, XIX DIXNEUV, XX VINGT
"""
"""Roman numbers and ordinals without their ending, 1 to 20."""
_NUMBERS = {word: number for number, words in enumerate(_SPELT_NUMBERS.split(","), start=1) for word in words.split()}
_ENDINGS = ("", "EME", "IEME", "ERE", "ER", "E", "NDE", "ND")
_SHORTEST = 5
"""A part of a name with fewer letters means too many places."""
_FORMER = re.compile(r"^ANCIEN(?:NE)? ")
_OVERSEAS = re.compile(r"(?<=.) (REUNION|GUADELOUPE|MARTINIQUE|GUYANE|MAYOTTE|NOUVELLE CALEDONIE|TAHITI)$")
_BEFORE_OVERSEAS = frozenset({"ILE", "DE", "LA", "EN", "A", "DU"})
_TAIL = re.compile(r" (?:SUR|SOUS|LES|LA|LE|L|EN|DE|DES|DU|D|AUX|AU|PRES|SECTION|HAMEAU) .*$")


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
    """Return the folded label, abbreviations written out: "St-Étienne s/ Loire" is SAINT ETIENNE SUR LOIRE."""
    words = _words()
    return " ".join(words.get(word, word) for word in fold_label(text).replace(" S S ", " SS ").split())


def without_article(name: str) -> str:
    """Return the name without a leading article: LE MANS is MANS. A name that is nothing else keeps it."""
    first, _, rest = name.partition(" ")
    return rest if first in _ARTICLES and len(rest) > 1 else name


def other_readings(label: Label) -> Iterator[Label]:
    """Yield what a label that is nobody's name may stand for, the nearest first.

    "ANCIEN SENEGAL" is SENEGAL, "SAINT DENIS DE LA REUNION" has a hint in it, "ST ADRESSE" is a SAINTE, and
    "CLICHY LA GARENNE" says more than the name.
    """
    if _FORMER.match(label.name):
        yield read_label(_FORMER.sub("", label.name))
    if found := _OVERSEAS.search(label.name):
        town = _town_before(label.name[: found.start()])
        yield Label(town, without_article(town), found[1])
    if label.bare.startswith("SAINT "):
        other = "SAINTE " + label.bare.removeprefix("SAINT ")
        yield Label(other, other, label.hint)
    shorter = _TAIL.sub("", label.bare)
    if len(shorter) >= _SHORTEST and shorter != label.bare:
        yield Label(shorter, shorter, label.hint)


def _town_before(text: str) -> str:
    """Return SAINT DENIS of SAINT DENIS DE LA; a pattern of both takes the square of the time on DE DE DE DE."""
    words = text.split(" ")
    while len(words) > 1 and words[-1] in _BEFORE_OVERSEAS:
        words.pop()
    return " ".join(words)


def _hint_of(text: str) -> tuple[str | None, str]:
    found = _PARENTHESES.search(text)
    if found:
        return spelt(found[1]), _PARENTHESES.sub(" ", text) if found.start() else found[1]
    town, comma, after = text.partition(",")
    return (spelt(after), town) if comma and town.strip() else (None, text)


def _arrondissement(name: str) -> tuple[str | None, int | None]:
    """Return the city and number of PARIS 12, LYON 3E ARRONDISSEMENT, PARIS DIX SEPTIEME ARRONDISS, PARIS XII."""
    found = _CITY.fullmatch(name)
    if found is None:
        return None, None
    text = "".join(word for word in found[2].split() if not word.startswith("AR"))
    for ending in _ENDINGS:
        stem = text.removesuffix(ending)
        number = int(stem) if stem.isdigit() and len(stem) <= 2 else _NUMBERS.get(stem)
        if number:
            return found[1], number
    return None, None
