"""The demo: a small invented register in the embedded engine, and declarations identified against it."""

from importlib.resources import files
from io import BytesIO
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.declaring import SEVERITY_COLOURS
from dsn.channel import Channel, Outcome
from dsn.reader import Reader
from identification.answers import Answer
from identification.cascade import Identifier
from identification.questions import read_question
from indexer.lines import Line
from indexer.rebuild import build
from indexer.sources import read_source
from indexer.tables import TableMap
from retrieval.embedded import EmbeddedEngine
from retrieval.protocol import IndexNotReady
from retrieval.settings import EngineSettings

_SOURCE = "demo"
_COLOURS = {"identified": "green", "ambiguous": "yellow", "too_distant": "yellow", "not_found": "red"}


async def run_demo(console: Console, settings: EngineSettings) -> int:
    """Build the demo register, unless one is served already, and show what becomes of its declarations."""
    engine = EmbeddedEngine(settings.data_dir, await _alias_for_demo(settings))
    if not await _serves_demo(engine):
        lines = [Line(number, line) for number, line in enumerate(_data("demo_register.ndjson").splitlines(), start=1)]
        report = await build(engine, read_source(lines, "ndjson", TableMap()), source_format=_SOURCE)
        console.print(f"{report.identities} invented identities indexed as {report.index}", highlight=False)
    declarations = read_declarations()
    asked = [read_question(declaration["query"]) for declaration in declarations]
    identifier = Identifier(engine, data_dir=settings.data_dir)
    answers = await identifier.identify(asked)
    console.print(_table(declarations, answers))
    named = sum(answer.outcome == "identified" for answer in answers)
    console.print(
        f"{named} of {len(answers)} identified; the others are refused, each with its reason.", highlight=False
    )
    console.print(await _payroll_table(identifier))
    return 0


async def _payroll_table(identifier: Identifier) -> Table:
    """Show a small payroll declaration as its employer would get it back."""
    table = Table("line", "declared in a DSN file", "outcome", "differs in the register", title="\nthe payroll channel")
    reader = Reader(BytesIO(_data("demo.dsn")))
    async for entries in Channel(identifier).outcomes(reader):
        for outcome in entries:
            if isinstance(outcome, Outcome):
                declared, verdict = outcome.declared, outcome.verdict
                gaps = (f"{gap.rubric[-3:]} {gap.register or ''}".strip() for gap in verdict.gaps)
                table.add_row(
                    str(outcome.individual.line),
                    escape(" ".join(filter(None, (declared.number, declared.name, declared.given_names)))),
                    f"[{SEVERITY_COLOURS[verdict.severity]}]{verdict.outcome}[/]",
                    escape(", ".join(gaps) or (verdict.reason or "")),
                )
    return table


async def _alias_for_demo(settings: EngineSettings) -> str:
    """A register of the user's own keeps its alias: the demo then goes beside it."""
    engine = EmbeddedEngine(settings.data_dir, settings.alias)
    try:
        await engine.served()
    except IndexNotReady:
        return settings.alias
    return settings.alias if await _serves_demo(engine, any_version=True) else f"{settings.alias}_demo"


async def _serves_demo(engine: EmbeddedEngine, any_version: bool = False) -> bool:
    try:
        index = await engine.served()
    except IndexNotReady:
        return False
    meta = await engine.meta(index)
    return meta.source == _SOURCE and (any_version or not meta.differing())


def read_declarations() -> list[dict[str, Any]]:
    """Return the declarations of the demo, each with the situation that it shows."""
    declarations: list[dict[str, Any]] = orjson.loads(_data("demo_declarations.json"))
    return declarations


def _data(name: str) -> bytes:
    return files("cli.data").joinpath(name).read_bytes()


def _table(declarations: list[dict[str, Any]], answers: list[Answer]) -> Table:
    table = Table("situation", "declared", "outcome", "identity in the register", "confidence")
    for declaration, answer in zip(declarations, answers, strict=True):
        colour = _COLOURS.get(answer.outcome, "dim")
        reason = f"\n{answer.reason}" if answer.reason else ""
        confidence = f"{answer.confidence:.6f}" if answer.confidence is not None else ""
        table.add_row(
            declaration["situation"],
            escape(_declared(declaration["query"])),
            f"[{colour}]{answer.outcome}[/]{reason}",
            escape(_identity(answer)),
            confidence,
        )
    return table


def _declared(query: dict[str, Any]) -> str:
    place = query.get("birth_place", {})
    given = " ".join(query.get("given_names", ()))
    person = f"{query.get('birth_name', '')} {given}".strip()
    rest = " ".join(filter(None, (query.get("birth_date"), place.get("label") or place.get("code"))))
    return "\n".join(filter(None, (query.get("nir"), person, rest)))


def _identity(answer: Answer) -> str:
    identity = answer.identity
    if identity is None:
        return ""
    person = f"{identity['birth_name'] or '(no surname)'} {' '.join(identity['given_names'])}"
    flags = f"\n{', '.join(answer.flags)}" if answer.flags else ""
    return f"{identity['id']} {person}\n{identity['birth_date']}{flags}"
