"""Statistics that came from a server are fetched once for a machine, and never believed when damaged."""

import os
from pathlib import Path

import pytest

from identification.served import ServedBuilds
from identification.statistics_files import StatisticsFiles
from scoring.model import load_model
from scoring.statistics import Statistics, digest_of
from tests.conftest import OpenEngine, build_lines, demo_lines

DATA = Statistics(identities=3).to_bytes()
DIGEST = digest_of(DATA)


def test_what_was_kept_is_found_by_another_process_as_a_view_of_the_file(tmp_path: Path) -> None:
    assert StatisticsFiles(tmp_path).find(DIGEST) is None
    kept = StatisticsFiles(tmp_path).keep(DIGEST, DATA)
    assert isinstance(kept, memoryview)
    assert StatisticsFiles(tmp_path).find(DIGEST) == memoryview(DATA)


@pytest.mark.parametrize("left", [b"", DATA[:-1], DATA[:-1] + b"?"], ids=["empty", "cut short", "changed"])
def test_a_damaged_file_is_not_believed_and_is_replaced(tmp_path: Path, left: bytes) -> None:
    files = StatisticsFiles(tmp_path)
    files.keep(DIGEST, DATA)
    (path,) = (tmp_path / "statistics").iterdir()
    path.write_bytes(left)
    assert files.find(DIGEST) is None
    assert files.keep(DIGEST, DATA) == DATA
    assert files.find(DIGEST) == memoryview(DATA)


def test_where_nothing_can_be_written_the_statistics_are_used_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "statistics").write_text("no folder")
    assert StatisticsFiles(tmp_path).keep(DIGEST, DATA) == DATA


def test_only_the_last_few_are_kept(tmp_path: Path) -> None:
    files = StatisticsFiles(tmp_path)
    builds = [Statistics(identities=number).to_bytes() for number in range(8)]
    for data in builds:
        files.keep(digest_of(data), data)
    assert len(list((tmp_path / "statistics").iterdir())) == 4
    assert files.find(digest_of(builds[-1])) == memoryview(builds[-1])


def test_what_was_just_kept_stays_where_a_clock_says_that_all_others_are_younger(tmp_path: Path) -> None:
    files = StatisticsFiles(tmp_path)
    for number in range(8):
        data = Statistics(identities=number).to_bytes()
        files.keep(digest_of(data), data)
        assert files.find(digest_of(data)) == memoryview(data)
        for path in (tmp_path / "statistics").iterdir():
            os.utime(path, (2**32, 2**32))


@pytest.mark.parametrize(("name", "fetched"), [("opensearch", 1), ("embedded", 2)])
async def test_a_second_process_does_not_fetch_what_a_server_gave_the_first_one(
    open_engine: OpenEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fetched: int
) -> None:
    engine = open_engine(name)
    await build_lines(engine, demo_lines())
    asked = []
    statistics = engine.statistics

    async def counted(index: str) -> bytes | memoryview:
        asked.append(index)
        return await statistics(index)

    monkeypatch.setattr(engine, "statistics", counted)
    builds = [await ServedBuilds(engine, load_model(), tmp_path / "state").current() for _ in range(2)]
    assert builds[0].statistics.to_bytes() == builds[1].statistics.to_bytes()
    assert len(asked) == fetched
