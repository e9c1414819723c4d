"""The report of a DSN file is a consultation of each individual in it: audited before the report leaves, every time."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from analyzers.nir import InvalidNir, read_nir
from api.access import Call, NotAllowed
from api.visible import IdentityField
from audit.keys import AuditKey
from audit.lines import Consultation
from dsn.codes import NIR

_IDENTIFIED = ("IDENTIFIE", "IDENTIFIE_AVEC_ECARTS", "NIR_RECTIFIE", "NIA")
_SHOWN: frozenset[IdentityField] = frozenset(("nir", "birth_name", "birth_date"))
_LINES_AT_ONCE = 1_000


async def audit_report(call: Call, outcomes: Path, individuals: int) -> None:
    """Count and audit the individuals of a report: they were asked about, and what differs of them is shown.

    Raises:
        NotAllowed: the organism may not see the number, the birth name or the birth date, which a report shows.
        AuditUnavailable: the report must not leave.
    """
    control, limits = call.control, call.organism.limits
    if control is None or limits is None:
        return
    if not call.organism.fields >= _SHOWN:
        raise NotAllowed("A report shows number, birth name and birth date; this organism may not see them all.")
    call.count(individuals)
    with outcomes.open("rb") as lines:
        consulted = (_consulted(orjson.loads(line), control.ledger.key) for line in lines)
        while chunk := await asyncio.to_thread(_next, consulted):
            await call.audit(chunk)


def _next(consulted: Iterator[Consultation]) -> list[Consultation]:
    return list(islice(consulted, _LINES_AT_ONCE))


def _consulted(line: dict[str, Any], key: AuditKey) -> Consultation:
    """The person is known by the register's number where that differs, else by the declared one."""
    declared = _hash(line["nir"], key)
    known = next((_hash(gap["register"], key) for gap in line["gaps"] if gap["rubric"] == NIR), declared)
    is_shown = known is not None and line["outcome"] in _IDENTIFIED
    return Consultation(line["outcome"], declared, (known,) if known is not None and is_shown else ())


def _hash(number: str | None, key: AuditKey) -> str | None:
    try:
        return key.number(read_nir(number).body) if number else None
    except InvalidNir:
        return None
