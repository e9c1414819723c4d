"""The tables of threats and of faults name tests that exist: a promise without a test is no promise."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("threats.md", "faults.md"))
HEADS = ("| attack", "| fault", "|---")
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(HEADS)]
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.M)
}


@pytest.mark.parametrize("row", ROWS, ids=[row.split("|")[1].strip()[:60] for row in ROWS])
def test_each_threat_and_fault_has_a_test_that_exists(row: str) -> None:
    named = re.findall(r"`(test_\w+|tests/[\w/.]+)`", row.rsplit("|", 2)[1])
    assert named, "no test is named"
    for name in named:
        assert name in TESTS or (ROOT / name).is_file(), name
