"""The chain: what is written is whole, and whatever is done to it afterwards is found."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audit.chain import Chain
from audit.keys import AuditKey, UnreadableKeys, keys_made_if_missing, read_keys
from audit.lines import AuditedCall, Consultation, day_files
from audit.retention import ClockInDoubt, purge, years_before
from audit.subject import accesses, hashes_of
from audit.verification import Verified, verify

KEY, OTHER_KEY = AuditKey(b"k" * 32), AuditKey(b"o" * 32)
NUMBER = "1560399999101"


class Clock:
    """A day that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)


def call(outcome: str = "identified", number: str = NUMBER) -> AuditedCall:
    seen = KEY.number(number)
    return AuditedCall("caisse-a", "11112222", None, "droits", "/v1/identify", (Consultation(outcome, seen, (seen,)),))


def written(folder: Path, clock: Callable[[], datetime], calls: int = 3, closed: bool = True) -> Chain:
    chain = Chain(folder, KEY, clock)
    for _ in range(calls):
        chain.append("call", [call().fields()])
    if closed:
        chain.close()
    return chain


def codes(verified: Verified) -> set[str]:
    return {finding.code for finding in verified.findings}


def test_what_was_written_is_sound_and_counted(tmp_path: Path) -> None:
    chain = Chain(tmp_path, KEY, Clock())
    chain.append("call", [call().fields(), call("not_found").fields()])
    chain.close()
    verified = verify(tmp_path, [KEY])
    assert (verified.files, verified.lines, verified.consultations) == (1, 4, 2)
    assert verified.outcomes == {"identified": 1, "not_found": 1}
    assert (verified.findings, verified.unclosed, verified.torn) == ([], [], [])


def test_a_chain_goes_on_over_days_and_beside_others(tmp_path: Path) -> None:
    clock = Clock()
    first, second = written(tmp_path, clock, closed=False), written(tmp_path, clock, closed=False)
    clock.pass_days(1)
    for chain in (first, second):
        chain.append("call", [call().fields()])
        chain.close()
    verified = verify(tmp_path, [KEY])
    assert (verified.files, verified.findings, verified.unclosed) == (4, [], [])


def test_a_clock_set_forward_and_back_loses_no_line(tmp_path: Path) -> None:
    """The file of a day that was left is not written a second time: another chain goes on, and saw the first."""
    clock = Clock()
    chain = written(tmp_path, clock, closed=False)
    for days in (1, -1, 400, -400):
        clock.pass_days(days)
        chain.append("call", [call().fields()])
    chain.close()
    verified = verify(tmp_path, [KEY])
    assert (verified.consultations, verified.findings) == (7, [])
    latest = max(day_files(tmp_path))
    latest.path.write_bytes(b"".join(latest.path.read_bytes().splitlines(keepends=True)[:-1]))
    assert codes(verify(tmp_path, [KEY])) == {"end_missing"}


def lines_of(folder: Path) -> list[bytes]:
    (file,) = day_files(folder)
    return file.path.read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, lines: list[bytes]) -> None:
    (file,) = day_files(folder)
    file.path.write_bytes(b"".join(lines))


@settings(max_examples=60)
@given(calls=st.integers(1, 5), data=st.data())
def test_any_changed_byte_is_found(calls: int, data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, Clock(), calls)
        whole = b"".join(lines_of(folder))
        place = data.draw(st.integers(0, len(whole) - 2))
        byte = data.draw(st.integers(0, 255))
        assume(whole[place] != byte)
        rewrite(folder, [whole[:place], bytes([byte]), whole[place + 1 :]])
        assert verify(folder, [KEY]).findings


@settings(max_examples=40)
@given(calls=st.integers(2, 6), data=st.data())
def test_any_removed_repeated_or_reordered_line_is_found(calls: int, data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, Clock(), calls)
        lines = lines_of(folder)
        place = data.draw(st.integers(0, len(lines) - 2))
        other = data.draw(st.integers(0, len(lines) - 1).filter(lambda index: index != place))
        swapped = list(lines)
        swapped[place], swapped[other] = swapped[other], swapped[place]
        for changed in (lines[:place] + lines[place + 1 :], lines[: place + 1] + lines[place:], swapped):
            rewrite(folder, changed)
            assert verify(folder, [KEY]).findings


def test_a_removed_end_leaves_the_chain_unclosed_and_marks_kept_elsewhere_find_it(tmp_path: Path) -> None:
    written(tmp_path, Clock())
    kept = verify(tmp_path, [KEY]).marks.values()
    rewrite(tmp_path, lines_of(tmp_path)[:-2])
    assert len(verify(tmp_path, [KEY]).unclosed) == 1
    assert codes(verify(tmp_path, [KEY], kept)) == {"end_missing"}


@pytest.mark.parametrize("kept_lines", [0, 2])
def test_a_chain_that_lost_its_end_or_is_gone_is_missed_by_the_one_that_opened_later(
    tmp_path: Path, kept_lines: int
) -> None:
    clock = Clock()
    written(tmp_path, clock, closed=False)
    (file,) = day_files(tmp_path)
    clock.pass_days(3)
    written(tmp_path, clock)
    assert codes(verify(tmp_path, [KEY])) == set()
    file.path.write_bytes(b"".join(file.path.read_bytes().splitlines(keepends=True)[:kept_lines]))
    assert codes(verify(tmp_path, [KEY])) == {"end_missing"}
    file.path.unlink()
    assert codes(verify(tmp_path, [KEY])) == {"end_missing"}


def test_who_has_not_the_key_cannot_write_a_chain_that_passes(tmp_path: Path) -> None:
    Chain(tmp_path, OTHER_KEY, Clock()).append("call", [call().fields()])
    assert codes(verify(tmp_path, [KEY])) == {"unknown_key"}
    assert codes(verify(tmp_path, [KEY, OTHER_KEY])) == set()


def test_a_line_that_a_killed_process_left_half_written_is_said_and_is_no_fraud(tmp_path: Path) -> None:
    written(tmp_path, Clock(), closed=False)
    rewrite(tmp_path, [*lines_of(tmp_path), b'{"chain":"'])
    verified = verify(tmp_path, [KEY])
    assert (len(verified.torn), verified.findings) == (1, [])


def test_after_a_failed_write_nothing_of_it_remains_and_the_next_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = written(tmp_path, Clock(), closed=False)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        with pytest.raises(OSError, match="No space"):
            chain.append("call", [call("lost").fields()])
    chain.append("call", [call().fields()])
    verified = verify(tmp_path, [KEY])
    assert (verified.findings, dict(verified.outcomes)) == ([], {"identified": 4})


def test_a_purge_removes_what_is_too_old_and_nothing_else_may_be_missing(tmp_path: Path) -> None:
    clock = Clock()
    running = written(tmp_path, clock, closed=False)
    written(tmp_path, clock)
    clock.pass_days(1)
    running.append("call", [call().fields()])
    clock.pass_days(365)
    running.append("call", [call().fields()])
    running.close()
    assert len(purge(tmp_path, KEY, 2, clock)) == 0
    assert len(purge(tmp_path, KEY, 1, clock, clock_is_right=True)) == 2
    assert codes(verify(tmp_path, [KEY])) == set()
    next(file for file in day_files(tmp_path) if file.chain == running.id).path.unlink()
    assert codes(verify(tmp_path, [KEY])) == {"start_missing"}


def test_a_purge_by_a_clock_ahead_removes_nothing_until_somebody_says_that_it_is_right(tmp_path: Path) -> None:
    clock = Clock()
    written(tmp_path, clock)
    clock.pass_days(800)
    for _ in range(2):  # at first nothing is written by that clock, then something is
        with pytest.raises(ClockInDoubt, match="800 days"):
            purge(tmp_path, KEY, 1, clock)
        written(tmp_path, clock)
    assert len(day_files(tmp_path)) == 3
    assert len(purge(tmp_path, KEY, 1, clock, clock_is_right=True)) == 1
    assert codes(verify(tmp_path, [KEY])) == set()


def test_a_year_before_a_leap_day_is_the_last_of_february() -> None:
    assert years_before(datetime(2028, 2, 29).date(), 1) == datetime(2027, 2, 28).date()


def test_who_consulted_a_person_is_answered_by_number_or_identifier(tmp_path: Path) -> None:
    chain, asked = Chain(tmp_path, KEY, Clock()), KEY.number(NUMBER)
    refused = Consultation("too_distant", asked)
    unnumbered = Consultation("identified", None, (KEY.identifier("P028"),))
    for consultation in (refused, unnumbered, Consultation("identified", None, (asked,))):
        by = AuditedCall("caisse-a", None, "agent-7", "droits", "/v1/identify", (consultation,))
        chain.append("call", [by.fields()])
    found = list(accesses(tmp_path, hashes_of([OTHER_KEY, KEY], [NUMBER], [])))
    assert [(item.outcome, item.shown) for item in found] == [("too_distant", False), ("identified", True)]
    assert [item.agent for item in accesses(tmp_path, hashes_of([KEY], [], ["P028"]))] == ["agent-7"]
    assert list(accesses(tmp_path, hashes_of([OTHER_KEY], [NUMBER], []))) == []


def test_corsica_before_and_after_1976_is_one_number() -> None:
    assert KEY.number("1560320999101") == KEY.number("156032A999101") != KEY.number("1560321999101")


def test_a_missing_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "audit.key"
    assert keys_made_if_missing(file) == keys_made_if_missing(file) == read_keys(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["audit.key"]


@pytest.mark.parametrize("text", ["", "SECRET", "ab" * 31])
def test_a_file_that_is_no_key_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit.key").write_text(text)
    with pytest.raises(UnreadableKeys) as refused:
        read_keys(tmp_path / "audit.key")
    assert not text or text not in str(refused.value)
