"""The `sngi doctor` command: what is wrong with this installation, and what to do about each."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson
from rich.console import Console
from rich.markup import escape

from api.settings import ApiSettings
from audit.settings import AuditSettings
from cli.checkup import machine, register, rights
from cli.checkup.findings import Finding, State, fine, wrong
from cli.checkup.register import Register
from retrieval.cluster import Cluster, state_of
from retrieval.protocol import Engine, EngineUnavailable
from retrieval.settings import EngineSettings

_SIGNS: dict[State, str] = {"fine": "[green]fine  [/]", "notice": "[yellow]notice[/]", "wrong": "[red]WRONG [/]"}


async def examine(
    engine: Engine, settings: EngineSettings, api: ApiSettings, audit: AuditSettings, now: datetime
) -> list[Finding]:
    """Look at everything. What one thing hides is left out: without an engine there is no index to look at."""
    data_dir = settings.data_dir
    findings = [*machine.check_versions(), *machine.check_folder(data_dir)]
    found, about_register = await _register(engine, settings)
    findings += about_register
    findings += rights.check_organisms(api, data_dir, now.date())
    about_audit, tail = rights.check_audit(audit, data_dir, needed=api.organisms_in(data_dir) is not None)
    seen = {"the served build": found.built_at, "the last line of the audit": tail.last if tail else None}
    clock = machine.check_clock(now, {what: at for what, at in seen.items() if at})
    return [*findings, *about_audit, clock]


async def _register(engine: Engine, settings: EngineSettings) -> tuple[Register, list[Finding]]:
    try:
        found, findings = await register.read_register(engine)
        cluster = await _cluster(settings, found)
    except EngineUnavailable as error:
        to_do = "start it, or correct SNGI_OPENSEARCH_URL"
        return Register(), [wrong("engine", f"{settings.engine_name}: {error}", to_do)]
    findings += register.check_cluster(cluster) if cluster else [fine("engine", "embedded, in this process")]
    if found.served:
        findings += [finding async for finding in register.check_build(engine, found.served)]
        findings.append(await register.check_journal(engine, found.served.index))
        findings += register.check_nomenclature(settings.data_dir, found.served.meta)
        findings += register.check_settings(cluster) if cluster else ()
    size = found.served.size_bytes if found.served else 0
    findings += _room(cluster, settings.data_dir, size)
    return found, findings


async def _cluster(settings: EngineSettings, found: Register) -> Cluster | None:
    if settings.engine_name == "embedded":
        return None
    return await state_of(settings.opensearch_access(), found.served.index if found.served else None)


def _room(cluster: Cluster | None, data_dir: Path, index_bytes: int) -> list[Finding]:
    """Disk and memory of the machine where the index is."""
    if cluster:
        disk, memory = cluster.free_disk_bytes, cluster.memory_bytes
    elif data_dir.is_dir():
        disk, memory = machine.free_disk(data_dir), machine.memory()
    else:
        return []
    return [machine.check_disk(disk, index_bytes), machine.check_memory(memory, index_bytes)]


def print_findings(out: Console, findings: list[Finding]) -> None:
    for finding in findings:
        out.print(f"{_SIGNS[finding.state]} {finding.subject:14} {escape(finding.said)}", highlight=False)
        if finding.to_do:
            out.print(f"{'':21} → {escape(finding.to_do)}", highlight=False)
    count = sum(finding.state == "wrong" for finding in findings)
    out.print(f"{count} wrong" if count else "nothing is wrong", highlight=False)


def as_json(findings: list[Finding]) -> str:
    return orjson.dumps([asdict(finding) for finding in findings], option=orjson.OPT_INDENT_2).decode()


def exit_code(findings: list[Finding]) -> int:
    return 1 if any(finding.state == "wrong" for finding in findings) else 0
