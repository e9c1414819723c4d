"""The `sngi audit` commands: verified, asked about a person, and ended after its retention."""

import os
import sys
from collections.abc import Iterable
from getpass import getpass
from pathlib import Path
from secrets import token_hex

import orjson
from rich.console import Console
from rich.table import Table

from analyzers.nir import InvalidNir, read_nir
from audit.lines import Mark, mark_of
from audit.subject import Access
from audit.verification import Verified

NUMBER_VARIABLE = "SNGI_AUDIT_NUMBER"
_MEANING = {
    "not_a_line": "is no line of an audit",
    "digest": "was changed, or what stood before it was",
    "sequence": "is not in its place",
    "not_opened": "does not open a file",
    "unknown_key": "was written with a key that is not there",
    "start_missing": "is preceded by nothing, and no purge removed it",
    "end_missing": "has lost lines at its end, or all of them",
}


class NoNumber(Exception):
    """Nothing that was given is a number with a right key. The message does not quote it."""


def asked_about() -> list[str]:
    """Return the lines of the environment variable, else of standard input: others can read a command line."""
    given = os.environ.get(NUMBER_VARIABLE)
    if given is None:
        given = getpass("number: ") if sys.stdin.isatty() else sys.stdin.read()
    return [line.strip() for line in given.splitlines() if line.strip()]


def numbers_of(lines: Iterable[str]) -> list[str]:
    """Return numbers without their key. Raises NoNumber."""
    numbers = []
    for position, line in enumerate(lines, start=1):
        try:
            declared = read_nir(line)
        except InvalidNir as error:
            raise NoNumber(f"line {position}: {error.code}") from error
        if declared.key_failed:
            raise NoNumber(f"line {position}: the key does not belong to the number")
        numbers.append(declared.body)
    if not numbers:
        raise NoNumber("no number on standard input")
    return numbers


def read_marks(file: Path | None) -> list[Mark]:
    """Return the marks that an earlier verification kept; none at the first one."""
    if file is None or not file.exists():
        return []
    return [mark for line in file.read_bytes().splitlines() if (mark := mark_of(line))]


def keep_marks(file: Path, marks: Iterable[Mark]) -> None:
    beside = file.with_name(f"{file.name}.{token_hex(4)}.tmp")
    beside.write_bytes(b"".join(orjson.dumps(mark) + b"\n" for mark in marks))
    beside.replace(file)


def print_verified(out: Console, err: Console, verified: Verified) -> None:
    for found in verified.findings:
        line = f" line {found.line}" if found.line else ""
        err.print(f"[red]{found.where}[/]{line} {_MEANING[found.code]}", highlight=False)
    for name in verified.torn:
        err.print(f"{name} ends in a part of a line: a process was killed as it wrote", highlight=False)
    for chain in verified.unclosed:
        err.print(f"{chain} is not closed: its process runs still, was killed, or the end was removed", highlight=False)
    out.print(
        f"{len(verified.marks):,} chains, {verified.files:,} files, {verified.lines:,} lines, "
        f"{verified.consultations:,} consultations: {'NOT SOUND' if verified.findings else 'sound'}",
        highlight=False,
    )


def print_accesses(out: Console, accesses: Iterable[Access]) -> None:
    table = Table("at (UTC)", "organism", "key", "agent", "purpose", "operation", "outcome", "record", box=None)
    for item in accesses:
        shown = "shown" if item.shown else "asked about"
        who = (item.organism, item.key or "", item.agent or "")
        table.add_row(item.at, *who, item.purpose, item.operation, item.outcome, shown)
    out.print(table) if table.row_count else out.print("nobody")
