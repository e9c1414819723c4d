"""Every regular expression and every reading of text takes a time that grows as the text does, whatever the text."""

import importlib
import os
import pkgutil
import re
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import analyzers
import api
import audit
import dsn
import identification
import indexer
import mappings
import nomenclature
import retrieval
import scoring
from analyzers.dates import InvalidDate, read_date
from analyzers.fold import fold_label, fold_letters
from analyzers.names import analysed_codes, letters_less, name_spans, read_name, split_given_names
from analyzers.nir import InvalidNir, read_nir
from analyzers.phonetics import encoder, rule_table
from analyzers.places import InvalidPlace, read_place
from dsn.lines import LONGEST_LINE_BYTES, RUN, lines_of, split_rubric
from dsn.values import iso_date
from nomenclature.labels import read_label

METHODS = frozenset({"fullmatch", "match", "search", "sub", "split", "finditer"})
PACKAGES = (analyzers, api, audit, dsn, identification, indexer, mappings, nomenclature, retrieval, scoring)
LONGEST = int(os.environ.get("SNGI_FUZZ_LETTERS", "60000"))
"""`make fuzz` reads a megabyte."""
SLOWEST_RATIO = 3.5
"""Twice as long a text may take so many times as long: a square would take 4 times, of which noise hides little."""
A_MOMENT_S, LONGEST_S = 0.05, 5.0
"""A square of the length of these texts takes seconds."""
RUNS = (
    *("A", "T", "E", "S", "X", "H", " ", "-", "0", "2A", ",", ";", "'", "\0", "\n", "\r", "\u0301", "\u200b", "\u202e"),
    *("É", "œ", "ß", "AE", "TD", "UL", "AI", "ILL", "OU", "EAU", "CH", "LE ", "A ", "DE LA ", "A-", "1 ", "9E ", "ST "),
    *("\udcff", "\U0001f600", "x;y,", "S21.G00.30.001,'A'\n", "S21.G00.30.001,'\n", "S21.G00.", "a_", "-20250301"),
)


MODULES = [
    importlib.import_module(found.name)
    for package in PACKAGES
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]
SOURCES = "\n".join(Path(str(module.__file__)).read_text("utf-8") for module in MODULES)


def patterns() -> dict[str, tuple[Any, frozenset[str]]]:
    """Return every compiled pattern of every module with the methods that are called of it, and the phonetic rules."""
    found = {
        f"{module.__name__}.{name}": (value, frozenset(re.findall(rf"\b{name}\.(\w+)\(", SOURCES)) or METHODS)
        for module in MODULES
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    rules = rule_table().chains.items()
    return found | {
        f"{chain}.{number}.{rule.id}": (re.compile(rule.pattern), frozenset({"sub"}))
        for chain, of in rules
        for number, rule in enumerate(of)
    }


PATTERNS = patterns()


def seconds(work: Callable[[], object]) -> float:
    """Return the time of the processor: how long others had it says nothing of a pattern."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


def assert_linear(work: Callable[[str], object], run: str, longest: int) -> None:
    """Pass what is done in a moment; else compare with half as long a text, three times where it looks bad."""
    half, whole = (run * (size // len(run)) + "!" for size in (longest // 2, longest))
    for _ in range(3):
        second = seconds(lambda: work(whole))
        if second < A_MOMENT_S or second < min(LONGEST_S, SLOWEST_RATIO * seconds(lambda: work(half))):
            return
    pytest.fail(f"{second:.3f} s for {longest:,} characters of {run!r}, and not half of it for half of them")


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_more_than_its_share_of_time(name: str) -> None:
    pattern, methods = PATTERNS[name]
    for run in RUNS:
        assert_linear(lambda text: _try(pattern, methods, text), run, 30_000)


def _try(pattern: Any, methods: frozenset[str], text: str) -> None:
    asked = text if isinstance(pattern.pattern, str) else text.encode(errors="replace")
    for method in methods & METHODS:
        found = pattern.sub(asked[:0], asked) if method == "sub" else getattr(pattern, method)(asked)
        if method == "finditer":
            deque(found, maxlen=0)


def _quietly(read: Callable[[str], object]) -> Callable[[str], object]:
    def reading(text: str) -> None:
        with suppress(InvalidDate, InvalidNir, InvalidPlace):
            read(text)

    return reading


READINGS: dict[str, Callable[[str], object]] = {
    "fold_letters": fold_letters,
    "fold_label": fold_label.__wrapped__,
    "split_given_names": split_given_names,
    "read_nir": read_nir,
    "read_date": read_date,
    "iso_date": iso_date,
    "read_place": lambda text: read_place.__wrapped__(text, text, text, text),
    "read_place, its label": lambda text: read_place.__wrapped__(None, text),
    "read_name": read_name.__wrapped__,
    "read_label": read_label.__wrapped__ if hasattr(read_label, "__wrapped__") else read_label,
    "name_spans": lambda text: list(name_spans(text)),
    "analysed_codes": lambda text: analysed_codes.__wrapped__(text, "skxs"),
    "encoder fr2": lambda text: encoder("fr2")(text),
    "encoder skxs": lambda text: encoder("skxs")(text),
    "split_rubric": lambda text: split_rubric(text.encode(errors="replace")),
    "lines of a DSN file": lambda text: [
        split_rubric(line) for line in lines_of(text.encode(errors="replace")) if len(line) <= LONGEST_LINE_BYTES
    ],
    "RUN": lambda text: list(RUN.finditer(text.encode(errors="replace"))),
}


@pytest.mark.parametrize("run", RUNS, ids=ascii)
@pytest.mark.parametrize("read", READINGS.values(), ids=READINGS)
def test_no_reading_of_a_text_takes_more_than_its_share_of_time(read: Callable[[str], object], run: str) -> None:
    assert_linear(_quietly(read), run, LONGEST)


def test_the_forms_of_one_letter_less_are_made_of_names_that_a_door_lets_in() -> None:
    """They are the one reading that grows with the square: no door lets in a name of more than 300 characters."""
    assert seconds(lambda: letters_less("AB" * 150)) < 0.05
