"""The `sngi cog` commands: editions of the nomenclature imported, listed and compared."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.progress import count_progress
from nomenclature.changes import Change, compare_editions, touched_codes
from nomenclature.checks import check, refuse_unsound
from nomenclature.editions import EditionFolder, digest
from nomenclature.facts import with_facts
from nomenclature.nomenclature import Nomenclature
from nomenclature.official import read_ensemble
from nomenclature.values import END, Edition, Kind

_CODES_A_LINE = 20


def import_edition(file: Path, editions: EditionFolder, out: Console, err: Console) -> None:
    """Read, check and keep the edition of a yearly zip; defects go to `err`.

    Raises:
        NotAnEnsemble: the file cannot be read.
        UnsoundEdition: too much of it is wrong; nothing is kept.
    """
    with count_progress(err, "Reading", None) as progress:
        read = read_ensemble(file, progress)
    edition = with_facts(read.edition)
    findings = check(edition, read.parents, read.unusable)
    for found in findings:
        more = ", …" if found.count > len(found.examples) else ""
        err.print(f"  {found.count:,} × {found.what}: {', '.join(found.examples)}{more}", highlight=False)
    refuse_unsound(read.edition, findings)
    editions.save(read.edition)
    out.print(f"edition   {edition.name}", highlight=False)
    out.print(f"communes  {_communes(edition):,} in force", highlight=False)
    out.print(f"periods   {len(edition.periods):,}", highlight=False)
    out.print(f"links     {len(edition.links):,}", highlight=False)
    out.print(f"digest    {digest(edition)}", highlight=False)


def print_editions(editions: EditionFolder, out: Console) -> None:
    table = Table("edition", "in use", "communes", "periods", "digest", "source", box=None)
    for stored in editions.list():
        edition = editions.open(stored.name)
        in_use = "yes" if stored.in_use else ""
        counts = (f"{_communes(edition):,}", f"{len(edition.periods):,}")
        table.add_row(stored.name, in_use, *counts, digest(edition), escape(edition.source))
    out.print(table)


def print_changes(editions: EditionFolder, old: str, new: str, shown: int, out: Console) -> None:
    """Print what changed, the first `shown` of each kind.

    Raises:
        UnknownEdition: no edition has one of the names.
    """
    before, after = editions.open(old), editions.open(new)
    changes = compare_editions(before, after)
    for what in ("created", "abolished", "merged", "renamed", "renumbered"):
        rows: tuple[Change, ...] = getattr(changes, what)
        out.print(f"{what:11} {len(rows):>7,}", highlight=False)
        for row in rows[:shown]:
            out.print(f"  {row.code}  {_said(row)}", highlight=False)
    touched = touched_codes(Nomenclature(before), Nomenclature(after))
    out.print(f"{'touched':11} {len(touched):>7,}  codes of another lineage or name", highlight=False)
    for start in range(0, min(len(touched), shown), _CODES_A_LINE):
        out.print(f"  {' '.join(sorted(touched)[start : min(start + _CODES_A_LINE, shown)])}", highlight=False)


def _said(row: Change) -> str:
    return escape(" → ".join(name for name in (row.before, row.after) if name))


def _communes(edition: Edition) -> int:
    return sum(period.kind is Kind.COMMUNE and period.end == END for period in edition.periods)
