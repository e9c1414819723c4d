"""What is installed is what the project asks for: pinned, with hashes, and nothing that it forgot to lock."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ASKED = (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])
_REQUIREMENT = re.compile(r"([a-z0-9][a-z0-9._-]*)\s*(?:>=\s*([0-9.]+))?")
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)[^\n]*((?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)*)", re.M)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))


LOCKED = {
    found[1]: (version(found[2]), found[3]) for found in _PINNED.finditer((ROOT / "requirements.lock").read_text())
}


@pytest.mark.parametrize("requirement", ASKED)
def test_each_dependency_is_locked_in_a_version_that_is_asked_for(requirement: str) -> None:
    found = _REQUIREMENT.match(requirement.lower())
    assert found is not None
    assert found[1] in LOCKED, "run `make lock`"
    assert LOCKED[found[1]][0] >= version(found[2] or "0")


def test_every_locked_version_has_its_hashes() -> None:
    assert len(LOCKED) > len(ASKED)
    assert [name for name, (_, hashes) in LOCKED.items() if not hashes] == []


def test_the_lock_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "index-url" not in text and "http://" not in text and "https://" not in text
