"""The `sngi` command."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from api.settings import ApiSettings
from audit.settings import AuditSettings
from cli.cog import import_edition, print_changes, print_editions
from cli.consoles import err, out
from cli.declaring import DsnWish, identify_dsn, invent_dsn_files, print_totals
from cli.demo import run_demo
from cli.doctor import as_json, examine, exit_code, print_findings
from cli.explaining import print_explanation
from cli.identifying import Counts, identify_file
from cli.logs import configure_logs
from cli.progress import count_progress, lines_progress
from cli.reindexing import Approval
from cli.resuming import OtherQuestions
from cli.rights import audit_app, key_app
from cli.settings import read_settings
from cli.stopping import stop_by_sigterm
from dsn.lines import FileBroken
from dsn.run import NotADsn
from evaluation.invent import NotALabelledQuestion
from evaluation.sources import MissingFile
from identification.bulk import ProcessLost, others_of
from identification.cascade import Identifier
from identification.explanation import explain_served
from identification.questions import LONGEST_LINE_BYTES as LONGEST_QUESTION_BYTES
from identification.questions import read_line
from indexer import rebuild
from indexer.cutting import cut_journal
from indexer.lines import LineSource, SourceBroken
from indexer.records import LONGEST_LINE_BYTES
from indexer.reindexing import AnotherReindex, only_one, reindex
from indexer.replaying import JournalCut
from indexer.sources import read_source
from indexer.tables import BadTable, TableMap, read_map
from indexer.updating import TooManyRefused, update
from mappings.build import IncompatibleBuild
from nomenclature.checks import UnsoundEdition
from nomenclature.editions import EditionFolder, UnknownEdition, UnreadableEdition
from nomenclature.locating import WrongEdition, edition_in_use, edition_named
from nomenclature.official import NotAnEnsemble
from retrieval.protocol import AnotherUpdate, Engine, EngineError, EngineUnavailable, IndexGone, IndexNotReady
from retrieval.settings import EngineSettings, open_engine

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, help="Who is this? One identity, or none and why."
)
index_app = typer.Typer(no_args_is_help=True, help="Builds of the register.")
app.add_typer(index_app, name="index")
cog_app = typer.Typer(no_args_is_help=True, help="Editions of the nomenclature of places (code officiel géographique).")
app.add_typer(cog_app, name="cog")
dsn_app = typer.Typer(no_args_is_help=True, help="Payroll declarations (DSN).")
app.add_typer(dsn_app, name="dsn")
app.add_typer(key_app, name="key")
app.add_typer(audit_app, name="audit")

_FAILURES = (
    NotAnEnsemble,
    UnknownEdition,
    UnreadableEdition,
    UnsoundEdition,
    WrongEdition,
    rebuild.BuildFailed,
    rebuild.NothingToServe,
    rebuild.BuildIsServed,
    SourceBroken,
    BadTable,
    FileBroken,
    NotADsn,
    MissingFile,
    NotALabelledQuestion,
    OtherQuestions,
    ProcessLost,
    AnotherReindex,
    AnotherUpdate,
    JournalCut,
    TooManyRefused,
    IndexNotReady,
    IndexGone,
    IncompatibleBuild,
    EngineUnavailable,
    EngineError,
)


class RegisterFormat(StrEnum):
    ndjson = "ndjson"
    csv = "csv"
    insee_deaths = "insee-deaths"


class QueryFormat(StrEnum):
    ndjson = "ndjson"
    csv = "csv"


DEFAULT_WORKERS = os.cpu_count() or 1
WorkersOption = Annotated[int, typer.Option(min=1, max=256, help="Processes.", show_default="one a core")]
MapOption = Annotated[
    Path | None, typer.Option("--map", exists=True, dir_okay=False, help="TOML: columns, separator, dates.")
]


def _settings() -> EngineSettings:
    return read_settings(EngineSettings, err)


def _run(work: Coroutine[Any, Any, int]) -> None:
    """Run to the end; SIGTERM stops as Ctrl-C does, so that a build under way is removed."""

    async def stoppable() -> int:
        task = asyncio.ensure_future(work)
        stop_by_sigterm(task)
        return await task

    try:
        code = asyncio.run(stoppable())
    except _FAILURES as error:
        err.print(f"[red]failed:[/] {escape(str(error))}", highlight=False)
        for note in getattr(error, "__notes__", ()):
            err.print(escape(note), highlight=False)
        if isinstance(error, rebuild.TooManyErrors | TooManyRefused):
            _print_refusals(error.refusals)
        code = 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        err.print("stopped")
        code = 1
    except BrokenPipeError:
        sys.stderr.close()
        code = 1
    raise typer.Exit(code)


def _run_with_engine(work: Callable[[Engine], Coroutine[Any, Any, int]]) -> None:
    """Run with the engine of the settings, closed at the end."""
    settings = _settings()

    async def opened() -> int:
        engine = open_engine(settings)
        try:
            return await work(engine)
        finally:
            await engine.close()

    _run(opened())


@index_app.command("build")
def index_build(
    source: Annotated[str, typer.Argument(help="Register file, plain or gzip; - is standard input.")],
    format_: Annotated[RegisterFormat, typer.Option("--format")] = RegisterFormat.ndjson,
    map_: MapOption = None,
    max_errors: Annotated[
        int | None, typer.Option(min=0, help="Refused lines allowed; default 1 %, at least 100.")
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option(min=0, help="The last change that the source holds; default the last one known at the start."),
    ] = None,
    workers: WorkersOption = DEFAULT_WORKERS,
) -> None:
    """Build aside, check, swap. What is served stays served until then."""

    async def work(engine: Engine) -> int:
        table = read_map(map_) if map_ else TableMap()
        with LineSource(source, LONGEST_LINE_BYTES) as lines, lines_progress(err, "Indexing", lines) as progress:
            report = await rebuild.build(
                engine,
                read_source(lines, format_.value, table),
                source_format=format_.value,
                revision=revision,
                most_errors=max_errors,
                workers=workers,
                edition=edition_in_use(_settings().data_dir),
                progress=progress,
            )
        out.print(f"index       {report.index}", highlight=False)
        out.print(f"identities  {report.identities:,}", highlight=False)
        out.print(f"refused     {report.refusals.count:,} of {report.refusals.lines:,} lines", highlight=False)
        out.print(f"hot keys    {report.hot_keys:,}", highlight=False)
        per_identity = report.size_bytes / max(report.identities, 1)
        out.print(f"size        {report.size_bytes:,} bytes, {per_identity:.0f} per identity", highlight=False)
        _print_refusals(report.refusals)
        return 0

    _run_with_engine(work)


def _print_refusals(refusals: rebuild.Refusals) -> None:
    for reason, count in refusals.by_reason.most_common():
        first = refusals.numbers[reason]
        more = ", …" if count > len(first) else ""
        err.print(f"  {count:,} × {escape(reason)}: line {', '.join(map(str, first))}{more}", highlight=False)


@index_app.command("update")
def index_update(
    changes: Annotated[str, typer.Argument(help="Changes as NDJSON, plain or gzip; - is standard input.")],
    max_errors: Annotated[int, typer.Option(min=0, help="Refused changes allowed; past it the update stops.")] = 100,
) -> None:
    """Do changes to the served index, in order. Whatever stops it, the same file can be run again."""

    async def work(engine: Engine) -> int:
        with LineSource(changes, LONGEST_LINE_BYTES) as lines, lines_progress(err, "Updating", lines) as progress:
            report = await update(
                engine, lines, data_dir=_settings().data_dir, most_refused=max_errors, progress=progress
            )
        out.print(f"index       {report.index}", highlight=False)
        done = ", ".join(f"{op} {report.done[op]:,}" for op in ("upsert", "delete", "merge"))
        out.print(f"done        {report.done.total():,} ({done})", highlight=False)
        out.print(f"skipped     {report.skipped:,} done before", highlight=False)
        out.print(f"refused     {report.refusals.count:,} of {report.refusals.lines:,} lines", highlight=False)
        out.print(f"revision    {report.revision}", highlight=False)
        _print_refusals(report.refusals)
        return 1 if report.refusals.count else 0

    _run_with_engine(work)


@index_app.command("list")
def index_list() -> None:
    """Builds with date, size and vintage, the newest first."""

    async def work(engine: Engine) -> int:
        builds = await engine.list()
        table = Table("index", "served", "built", "identities", "refused", "bytes", "nomenclature", "state", box=None)
        for found in builds:
            meta = found.meta
            state = "complete" if meta.complete else "unfinished"
            table.add_row(
                found.index,
                "yes" if found.served else "",
                meta.created_at[:19],
                f"{meta.identities:,}",
                f"{meta.refused:,}",
                f"{found.size_bytes:,}",
                meta.nomenclature or "none",
                state,
            )
        out.print(table) if builds else out.print("no build yet")
        return 0

    _run_with_engine(work)


@index_app.command("reindex")
def index_reindex(
    nomenclature: Annotated[
        str | None, typer.Option(help="An edition, as `sngi cog list` names it; default the one in use.")
    ] = None,
    throttle: Annotated[int | None, typer.Option(min=10, help="Identities read a second, at most.")] = None,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where the differences go, JSON; default in the data folder.")
    ] = None,
    checkpoint: Annotated[
        float, typer.Option(min=0.1, help="Seconds of work from one checkpoint to the next: what a kill may cost.")
    ] = 30.0,
    workers: WorkersOption = DEFAULT_WORKERS,
) -> None:
    """Locate the places of the served identities in another edition: build aside, compare, swap.

    Killed or stopped, it goes on where it was when it is run again.
    """

    async def work(engine: Engine) -> int:
        data_dir = _settings().data_dir
        edition = edition_named(data_dir, nomenclature) if nomenclature else edition_in_use(data_dir)
        with only_one(data_dir, engine.alias), count_progress(err, "Reading anew", None) as progress:
            found = await reindex(
                engine,
                edition,
                approve=Approval(engine, edition, out, report),
                workers=workers,
                throttle=throttle,
                checkpoint_every_s=checkpoint,
                progress=progress,
            )
        for index in found.dropped:
            out.print(f"dropped     {index}, left by a run that was killed", highlight=False)
        if found.resumed:
            out.print(f"resumed     after {found.resumed:,} identities", highlight=False)
        if found.new is None:
            out.print(f"{found.old} is in edition {edition.name} already: nothing to do", highlight=False)
            return 0
        out.print(f"index       {found.new}", highlight=False)
        out.print(f"identities  {found.identities:,}", highlight=False)
        return 0

    _run_with_engine(work)


@index_app.command("rollback")
def index_rollback() -> None:
    """Serve the previous build again."""

    async def work(engine: Engine) -> int:
        out.print(f"served: {await rebuild.rollback(engine, _settings().data_dir)}", highlight=False)
        return 0

    _run_with_engine(work)


@index_app.command("drop")
def index_drop(name: Annotated[str, typer.Argument(help="A build that is not served.")]) -> None:
    """Remove one build."""

    async def work(engine: Engine) -> int:
        await rebuild.drop(engine, name)
        out.print(f"dropped: {escape(name)}", highlight=False)
        return 0

    _run_with_engine(work)


@index_app.command("cut-journal")
def index_cut_journal() -> None:
    """Forget the changes that every build has. A source older than that can no longer be built."""

    async def work(engine: Engine) -> int:
        cut = await cut_journal(engine)
        out.print(f"cut up to   {cut.revision}, in {cut.batches:,} batches now", highlight=False)
        if cut.kept_for:
            out.print(f"later ones  kept for {cut.kept_for}: drop it to cut further", highlight=False)
        return 0

    _run_with_engine(work)


@app.command()
def identify(
    queries: Annotated[str, typer.Argument(help="Questions, plain or gzip; - is standard input.")],
    output: Annotated[str, typer.Option("--output", "-o", help="Answers, one a line; - is standard output.")] = "-",
    format_: Annotated[QueryFormat, typer.Option("--format")] = QueryFormat.ndjson,
    map_: MapOption = None,
    workers: WorkersOption = DEFAULT_WORKERS,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep the answers that are there, up to the first that failed, and go on.")
    ] = False,
) -> None:
    """Answer each question of a file, one answer a line, in its order."""
    if resume and output == "-":
        raise typer.BadParameter("--resume needs the file of the answers: -o")

    async def work(engine: Engine) -> int:
        table = read_map(map_) if map_ else TableMap()
        with (
            LineSource(queries, LONGEST_QUESTION_BYTES) as lines,
            lines_progress(err, "Identifying", lines) as progress,
        ):
            settings = _settings()
            identifier = Identifier(engine, data_dir=settings.data_dir)
            counts = await identify_file(
                identifier, settings, lines, output, format_.value, table, workers, resume, progress
            )
        _print_counts(counts)
        return 1 if counts.outcomes["failed"] or counts.is_stopped else 0

    _run_with_engine(work)


def _print_counts(counts: Counts) -> None:
    total = counts.outcomes.total()
    for outcome, count in counts.outcomes.most_common():
        err.print(f"{outcome:13} {count:>12,} {count / total:7.2%}", highlight=False)
    err.print(f"{total:,} questions, {total / max(counts.seconds, 1e-9):,.0f} a second", highlight=False)
    if counts.kept:
        err.print(f"{counts.kept:,} answers were there before", highlight=False)
    if counts.is_stopped:
        err.print("stopped: the same command with --resume goes on with the next question", highlight=False)


@dsn_app.command("identify")
def dsn_identify(
    file: Annotated[str, typer.Argument(help="DSN file, plain or gzip; - is standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", file_okay=False, help="Folder of the report.")],
    workers: WorkersOption = DEFAULT_WORKERS,
) -> None:
    """Identify everybody declared in a DSN file: report.html, outcomes, totals and the view of the CRM 121."""

    async def work(engine: Engine) -> int:
        settings = _settings()
        identifier = Identifier(engine, data_dir=settings.data_dir)
        totals = await identify_dsn(identifier, file, output, err, others_of(settings, workers))
        print_totals(out, totals, output)
        if not totals.complete:
            err.print(f"[red]failed:[/] the file is damaged after line {totals.lines:,}", highlight=False)
        return 0 if totals.complete and not totals.outcomes.get("NON_TRAITE") else 1

    _run_with_engine(work)


@dsn_app.command("invent")
def dsn_invent(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where register, DSN file and truth are written.")],
    individuals: Annotated[int, typer.Option(min=1, help="Individuals declared, about.")] = 10_000,
    persons: Annotated[int, typer.Option(min=100, help="Persons registered, about.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed invents the same files.")] = 2,
    names: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of name and place files; else made up.")
    ] = None,
) -> None:
    """Invent a register, a DSN file about its persons and others, and the truth of each individual."""

    async def work() -> int:
        written = invent_dsn_files(DsnWish(persons, individuals, seed, names), folder, err)
        out.print(f"{written.individuals:,} individuals in {escape(str(written.dsn))}", highlight=False)
        out.print(f"register {escape(str(written.register))}, truth {escape(str(written.truth))}", highlight=False)
        return 0

    _run(work())


@app.command()
def explain(
    query: Annotated[str, typer.Argument(help="One question as JSON; - reads it from standard input.")],
) -> None:
    """One question, every candidate, why each won or lost."""

    async def work(engine: Engine) -> int:
        asked = read_line(sys.stdin.buffer.read() if query == "-" else query.encode(errors="surrogateescape"))
        if asked.errors:
            for item in asked.errors:
                err.print(f"[red]{escape(item.field) or 'question'}:[/] {item.message}", highlight=False)
            return 2
        identifier = Identifier(engine, data_dir=_settings().data_dir)
        finding = (await identifier.find([asked]))[0]
        print_explanation(out, await explain_served(finding, identifier))
        return 0

    _run_with_engine(work)


@app.command()
def serve(
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(min=1, max=256)] = 1,
    open_to_others: Annotated[
        bool,
        typer.Option("--open", envvar="SNGI_API_OPEN", help="Listen beyond loopback although access control is off."),
    ] = False,
) -> None:
    """The HTTP service. Without a file of organisms it listens on loopback only, unless told otherwise."""
    import uvicorn

    from api.connections import GRACE_S, IDLE_S, BoundedProtocol
    from cli.serving import Workers, check_access, counting_together

    check_access(host, open_to_others, _settings(), read_settings(ApiSettings, err), err)
    err.print(f"listening on http://{host}:{port}", highlight=False)
    configure_logs(sys.stderr)
    with counting_together():
        options: dict[str, Any] = {
            "app": "cli.main:create_service",
            "factory": True,
            "host": host,
            "port": port,
            "workers": workers,
            "http": BoundedProtocol,
            "timeout_keep_alive": IDLE_S,
            "timeout_graceful_shutdown": GRACE_S,
            "access_log": False,
            "log_config": None,
            "proxy_headers": False,  # a header must not say where a call comes from: proxies are known by their address
        }
        if workers == 1:
            uvicorn.run(**options)
        else:
            config = uvicorn.Config(**options)
            Workers(config, [config.bind_socket()]).run()


def create_service() -> Any:
    """Build the service in each worker, its logs on standard error."""
    from api.app import create_app
    from cli.changing import Changing
    from cli.serving import end_with_the_first_process

    configure_logs(sys.stderr)
    end_with_the_first_process()
    settings = EngineSettings()
    return create_app(settings, apply_changes=Changing(settings))


@app.command()
def evaluate(
    register: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="Register, NDJSON.")] = None,
    questions: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="Labelled questions, NDJSON: see the README.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", help="Folder of report.html and figures.json.")] = Path(
        "evaluation-report"
    ),
    persons: Annotated[int, typer.Option(min=100, help="Persons to invent where no register is given.")] = 20_000,
    asked: Annotated[int, typer.Option("--questions", min=100, help="Questions to invent, of each mix.")] = 10_000,
    born_in: Annotated[
        int | None, typer.Option(min=1900, max=2020, help="A dense register: everybody is born in this year.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed invents the same persons and questions.")] = 2,
    names: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of name and place files; else made up.")
    ] = None,
    workers: WorkersOption = DEFAULT_WORKERS,
) -> None:
    """How right is it? Labelled questions, of a file or invented, and a report with plots."""
    from cli.evaluating import Wish, evaluate_files, evaluate_invented, print_figures

    if (register is None) != (questions is None):
        err.print("[red]misused:[/] a register comes with its labelled questions", highlight=False)
        raise typer.Exit(2)

    async def work() -> int:
        settings = _settings()
        if register and questions:
            found = await evaluate_files(register, questions, settings, output, workers, err)
        else:
            wish = Wish(persons, asked, seed, born_in, names)
            found = await evaluate_invented(wish, settings, output, workers, err)
        print_figures(out, found, output)
        return 0

    _run(work())


@cog_app.command("import")
def cog_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Insee's cog_ensemble_AAAA_csv.zip.")],
) -> None:
    """Read a yearly zip, check it and keep it; the latest vintage is then in use."""

    async def work() -> int:
        import_edition(file, EditionFolder(_settings().data_dir), out, err)
        return 0

    _run(work())


@cog_app.command("list")
def cog_list() -> None:
    """Editions, the latest vintage first."""

    async def work() -> int:
        print_editions(EditionFolder(_settings().data_dir), out)
        return 0

    _run(work())


@cog_app.command("diff")
def cog_diff(
    old: Annotated[str, typer.Argument(help="An edition, as `sngi cog list` names it.")],
    new: Annotated[str, typer.Argument(help="A later one.")],
    shown: Annotated[int, typer.Option(min=0, help="Lines of each kind to show.")] = 20,
) -> None:
    """What changed between two editions, and how many codes have another lineage or name."""

    async def work() -> int:
        print_changes(EditionFolder(_settings().data_dir), old, new, shown, out)
        return 0

    _run(work())


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="The findings as JSON on standard output.")] = False,
) -> None:
    """What is wrong with this installation, and what to do about it. Exit 0: nothing is wrong."""
    api, audit = read_settings(ApiSettings, err), read_settings(AuditSettings, err)

    async def work(engine: Engine) -> int:
        findings = await examine(engine, _settings(), api, audit, datetime.now(UTC))
        typer.echo(as_json(findings)) if json else print_findings(out, findings)
        return exit_code(findings)

    _run_with_engine(work)


@app.command()
def demo() -> None:
    """A small invented register in the embedded engine, and declarations identified against it."""

    _run(run_demo(out, _settings()))


if __name__ == "__main__":
    app()
