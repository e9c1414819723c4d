"""Commands of those who run the service: keys of organisms, and the audit of what was consulted."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from api.organisms import BadOrganisms
from api.settings import ApiSettings
from audit.keys import UnreadableKeys, read_keys
from audit.retention import ClockInDoubt, purge
from audit.settings import AuditSettings
from audit.subject import DamagedLine, accesses, hashes_of
from audit.verification import verify
from cli.auditing import NoNumber, asked_about, keep_marks, numbers_of, print_accesses, print_verified, read_marks
from cli.consoles import err, out
from cli.keys import UnknownOrganism, add_key
from cli.settings import read_settings
from retrieval.settings import EngineSettings

key_app = typer.Typer(no_args_is_help=True, help="Keys of organisms.")
audit_app = typer.Typer(no_args_is_help=True, help="Who consulted whom, when and why.")


@key_app.callback()
def key() -> None:
    """Keys of organisms."""


@key_app.command("new")
def key_new(
    organism: Annotated[str, typer.Argument(help="As the file of organisms names it.")],
    days: Annotated[int, typer.Option(min=1, max=1100, help="Then the key is worth nothing.")] = 365,
) -> None:
    """Add a key, shown now and never again; the other keys of the organism stay valid until they are removed."""
    data_dir = read_settings(EngineSettings, err).data_dir
    file = read_settings(ApiSettings, err).organisms_in(data_dir) or data_dir / "organisms.toml"
    with _failures():
        expires = datetime.now(UTC).date() + timedelta(days=days)
        text = add_key(file, organism, expires)
    err.print(f"a key of {escape(organism)} until {expires}; only its digest is kept:", highlight=False)
    typer.echo(text)


@audit_app.command("verify")
def audit_verify(
    marks: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Last lines of each chain, kept elsewhere: compared, then written anew."),
    ] = None,
) -> None:
    """Read every line of every chain: nothing was changed, removed or put elsewhere."""
    folder, key_file, _ = _audit()
    with _failures():
        verified = verify(folder, read_keys(key_file), read_marks(marks))
        print_verified(out, err, verified)
        if marks and not verified.findings:
            keep_marks(marks, verified.marks.values())
    raise typer.Exit(1 if verified.findings else 0)


@audit_app.command("who")
def audit_who(
    identifier: Annotated[bool, typer.Option(help="Lines are identifiers of records, of persons without number.")] = (
        False
    ),
) -> None:
    """Who consulted a person? Its numbers, former ones too, are read from SNGI_AUDIT_NUMBER or standard input."""
    folder, key_file, _ = _audit()
    with _failures():
        lines = asked_about()
        keys = read_keys(key_file)
        hashes = hashes_of(keys, [], lines) if identifier else hashes_of(keys, numbers_of(lines), [])
        print_accesses(out, accesses(folder, hashes))


@audit_app.command("purge")
def audit_purge(
    years: Annotated[int | None, typer.Option(min=1, max=6, help="Days older than this go.")] = None,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="Although nothing was written for more than a month.")
    ] = False,
) -> None:
    """Remove the days past their retention; SNGI_AUDIT_YEARS says how long it is."""
    folder, key_file, kept_years = _audit()
    with _failures():
        removed = purge(folder, read_keys(key_file)[0], years or kept_years, lambda: datetime.now(UTC), clock_is_right)
    for name in removed:
        out.print(name, highlight=False)
    out.print(f"{len(removed):,} files removed", highlight=False)


def _audit() -> tuple[Path, Path, int]:
    """Return where the audit and its keys are, and how many years it is kept."""
    data_dir, settings = read_settings(EngineSettings, err).data_dir, read_settings(AuditSettings, err)
    return settings.folder_in(data_dir), settings.key_file_in(data_dir), settings.years


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except NoNumber as error:
        err.print(f"[red]misused:[/] {error}", highlight=False)
        raise typer.Exit(2) from None
    except (BadOrganisms, UnknownOrganism, UnreadableKeys, DamagedLine, ClockInDoubt, OSError) as error:
        err.print(f"[red]failed:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from None
