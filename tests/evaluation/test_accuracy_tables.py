"""The tables of docs/accuracy.md: written of the figures of two evaluations, in the place of those that were there."""

from dataclasses import asdict, replace
from pathlib import Path

import orjson
import pytest

from devtools import accuracy_tables
from tests.evaluation.test_report import figures, row

DENSE = orjson.loads(orjson.dumps(asdict(replace(figures(), candidates_quantiles={"mean": 6.2, "p50": 3, "p99": 50}))))


def test_every_table_of_the_document_is_written_anew_and_what_is_said_between_them_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = [f"said before table {place}\n" for place in range(8)]
    document, figures_file = tmp_path / "accuracy.md", tmp_path / "figures.json"
    document.write_text(
        "".join(f"{said}| as it was | {place} |\n| --- | --- |\n| 1 | 2 |\n" for place, said in enumerate(between))
    )
    figures_file.write_bytes(orjson.dumps([DENSE] * 3))
    monkeypatch.setattr(accuracy_tables, "_DOCUMENT", document)
    monkeypatch.setattr("sys.argv", ["accuracy_tables", str(figures_file), str(figures_file)])
    accuracy_tables.main()
    lines = document.read_text().splitlines(keepends=True)
    assert [line for line in lines if not line.startswith("|")] == between
    assert not any("as it was" in line for line in lines)
    assert "| **wrong identity** | 3 (1.2e-03, at most 3.5e-03) " in document.read_text()
    assert "| two errors | 1,000 | 2 | 29.00 % | 1,000 | 2 | 29.00 % |\n" in lines
    assert "| name_date | tight | 2.2 | 1.4, 9 | 1.4, 9 | 89.47 % | 89.47 % | 1.63 % | 1.63 % |\n" in lines


def test_a_class_that_one_register_lacks_is_a_dash_there_and_one_hardly_asked_is_left_out() -> None:
    ages = DENSE | {
        "by_class": [asdict(row("absent_relative", 500, 0, wrong=1)), asdict(row("rare", 99, 99, right=99))]
    }
    written = accuracy_tables.markdown(accuracy_tables.groups("class", "by_class", DENSE, ages))
    assert "| absent relative | – | – | – | 500 | 1 | – |\n" in written
    assert "rare" not in written
