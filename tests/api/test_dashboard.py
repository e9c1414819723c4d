"""Dashboard and alerts speak of metrics that exist, as a service really gives them."""

import re
from pathlib import Path

import orjson
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from api.app import create_app
from devtools.write_dashboard import DASHBOARD, PANELS, as_text
from retrieval.settings import EngineSettings
from tests.api.organism_files import service
from tests.serving import samples

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
QUESTIONS = [
    {"birth_name": "LE GOFF", "given_names": ["Yann"], "birth_date": "1956-03-04", "nir": "156039999910112"},
    {"birth_name": "MOREAU", "given_names": ["Julie"], "birth_date": "1992-04-17"},
    {"birth_name": "ZWINGLI", "given_names": ["Ottokar"], "birth_date": "1931-02-03"},
]
_ALERT = re.compile(r"- alert: (\w+)\n(.*?)(?=\n\n|\Z)", re.DOTALL)


def alerts() -> dict[str, str]:
    return dict(_ALERT.findall(ALERTS.read_text()))


def expressions() -> dict[str, list[str]]:
    """Return the expressions of each panel and alert."""
    panels = {panel["title"]: [t["expr"] for t in panel["targets"]] for panel in orjson.loads(as_text())["panels"]}
    return panels | {name: re.findall(r"expr: (.*)", body) for name, body in alerts().items()}


@pytest.fixture
def there(data_dir: Path) -> set[tuple[str, frozenset[str]]]:
    """Names and labels of a scrape after questions were answered, and after an engine could not be reached."""
    unreachable = EngineSettings(engine="opensearch", opensearch_url=SecretStr("http://127.0.0.1:9"))
    with service(data_dir) as sound, TestClient(create_app(unreachable)) as broken:
        for http in (sound, broken):
            http.post("/v1/identify/batch", json={"queries": QUESTIONS})
        found = samples(sound.get("/metrics").text).keys() | samples(broken.get("/metrics").text).keys()
    return {(name, frozenset(dict(labels))) for name, labels in found}


def test_the_file_is_what_the_table_of_panels_makes() -> None:
    assert DASHBOARD.read_text() == as_text()
    assert len({panel.title for panel in PANELS}) == len(PANELS)


def test_every_metric_and_label_of_a_panel_or_alert_exists(there: set[tuple[str, frozenset[str]]]) -> None:
    labels_of: dict[str, set[str]] = {}
    for name, labels in there:
        labels_of.setdefault(name, set()).update(labels)
    asked = expressions()
    assert all(asked.values())
    for where, of_one in asked.items():
        for expression in of_one:
            names = re.findall(r"sngi_\w+", expression)
            assert set(names) <= labels_of.keys(), where
            wanted = set(re.findall(r"(\w+)(?:=~|!=|=)\"", expression))
            for grouped in re.findall(r"by \(([^)]*)\)", expression):
                wanted |= set(re.split(r", *", grouped))
            known = set().union(*(labels_of[name] for name in names)) | {"job"}
            assert wanted <= known, where


def test_every_metric_is_shown(there: set[tuple[str, frozenset[str]]]) -> None:
    shown = " ".join(expression for of_one in expressions().values() for expression in of_one)
    ours = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, _ in there if name.startswith("sngi_")}
    assert {name for name in ours if name not in shown} == {"sngi_index_info"}


def test_each_alert_says_why_it_is_one_and_what_to_do() -> None:
    assert len(alerts()) > 5
    for name, body in alerts().items():
        for part in ("severity: ", "summary: ", "reason: ", "action: "):
            assert part in body, name
