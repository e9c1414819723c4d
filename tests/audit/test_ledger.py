"""The ledger: nobody goes on before the line is on the disk, and one write serves many."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.chain import Chain
from audit.ledger import AuditUnavailable, Ledger
from audit.verification import verify
from tests.audit.test_chain import KEY, call


def ledger_in(folder: Path) -> Ledger:
    return Ledger(Chain(folder, KEY, lambda: datetime.now(UTC)), KEY)


async def test_a_line_is_there_when_the_write_returns(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    for count in (1, 2):
        await ledger.write(call())
        assert verify(tmp_path, [KEY]).consultations == count
    await ledger.close()
    assert verify(tmp_path, [KEY]).unclosed == []


async def test_many_calls_at_once_share_a_few_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, sync = [], os.fdatasync

    def counted(handle: int) -> None:
        waits.append(handle)
        sync(handle)

    monkeypatch.setattr(os, "fdatasync", counted)
    ledger = ledger_in(tmp_path)
    await asyncio.gather(*(ledger.write(call()) for _ in range(500)))
    await ledger.close()
    verified = verify(tmp_path, [KEY])
    assert (verified.consultations, verified.findings) == (500, [])
    assert len(waits) < 10


async def test_when_the_disk_refuses_every_caller_hears_of_it_and_the_next_one_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_in(tmp_path)
    await ledger.write(call())

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        heard = await asyncio.gather(*(ledger.write(call("lost")) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in heard] == [AuditUnavailable] * 3
    await ledger.write(call())
    await ledger.close()
    assert dict(verify(tmp_path, [KEY]).outcomes) == {"identified": 2}


async def test_a_caller_that_goes_away_stops_nobody(tmp_path: Path) -> None:
    ledger = ledger_in(tmp_path)
    gone = asyncio.create_task(ledger.write(call()))
    stays = asyncio.create_task(ledger.write(call()))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    await ledger.close()
    assert verify(tmp_path, [KEY]).consultations == 2
