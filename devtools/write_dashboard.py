"""Write the Grafana dashboard from one table of panels: deploy/grafana/sngi.json.

python -m devtools.write_dashboard
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DASHBOARD = Path(__file__).parents[1] / "deploy" / "grafana" / "sngi.json"
COLUMNS, _WIDTH, _HEIGHT = 3, 8, 7
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_RATE = "[$__rate_interval]"


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over time: each an expression and what it is called. `help` says what an operator reads from it."""

    title: str
    unit: str
    lines: tuple[tuple[str, str], ...]
    help: str


def _rate(metric: str, labels: str = "") -> str:
    return f"sum(rate({metric}{labels}{_RATE}))"


def _by(label: str, metric: str) -> str:
    return f"sum by ({label}) (rate({metric}{_RATE}))"


def _quantile(share: float, histogram: str, by: str = "le", labels: str = "") -> str:
    return f"histogram_quantile({share}, sum by ({by}) (rate({histogram}_bucket{labels}{_RATE})))"


def _share_up_to(bound: str) -> str:
    below = _rate("sngi_confidence_bucket", f'{{le="{bound}"}}')
    return f"{below} / {_rate('sngi_confidence_count')}"


_UNIT_CALL = '{endpoint="/v1/identify"}'
PANELS = (
    Panel(
        "Answers by outcome",
        "ops",
        ((_by("outcome", "sngi_answers_total"), "{{outcome}}"),),
        "A falling share of identified means worse questions, or a build or nomenclature that does not fit them.",
    ),
    Panel(
        "Settled by",
        "ops",
        ((_by("path", "sngi_answers_total"), "{{path}}"),),
        "The number should settle most payroll questions; wide is the dearest step.",
    ),
    Panel(
        "Reasons of refusals",
        "ops",
        ((_by("reason", "sngi_reasons_total"), "{{reason}}"),),
        "number_conflict and truncated call for a look at the source of the questions, and at the register.",
    ),
    Panel(
        "Requests by status",
        "reqps",
        ((_by("status", "sngi_requests_total"), "{{status}}"),),
        "503: engine or index; 429: quotas or probing; 500: a defect.",
    ),
    Panel(
        "Time of a unit call",
        "s",
        tuple((_quantile(q, "sngi_request_seconds", labels=_UNIT_CALL), f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)),
        "Budget: p99 below 200 ms at 70 % of capacity.",
    ),
    Panel(
        "In flight",
        "short",
        (
            ("sum(sngi_requests_in_flight)", "requests"),
            ("sum by (lane) (sngi_calls_waiting)", "waiting, {{lane}}"),
            ("sum by (lane) (rate(sngi_calls_refused_total[5m]))", "refused a second, {{lane}}"),
        ),
        "What grows without end is more than the service can answer.",
    ),
    Panel(
        "Where the time of batches goes",
        "s",
        ((_by("step", "sngi_step_seconds_sum"), "{{step}}"),),
        "Seconds spent a second, all workers together. score is ours, the others wait for the engine.",
    ),
    Panel(
        "Time of an engine search, p99",
        "s",
        ((_quantile(0.99, "sngi_engine_search_seconds", by="le, search"), "{{search}}"),),
        "Memory of the page cache too small, or a neighbour on the same disk.",
    ),
    Panel(
        "Failed engine searches",
        "ops",
        ((_by("kind", "sngi_engine_errors_total"), "{{kind}}"),),
        "After all attempts. Their questions were answered failed or 503.",
    ),
    Panel(
        "Candidates of a question",
        "short",
        (
            (f"{_rate('sngi_candidates_sum')} / {_rate('sngi_candidates_count')}", "mean"),
            (_quantile(0.99, "sngi_candidates"), "p99"),
        ),
        "It grows with the register, and with questions that say little.",
    ),
    Panel(
        "Blocks left out or cut off",
        "ops",
        (
            (_rate("sngi_hot_keys_left_out_total"), "hot keys not asked"),
            (_rate("sngi_truncated_searches_total"), "wide searches truncated"),
        ),
        "Persons in these blocks are found by their other keys, or not at all.",
    ),
    Panel(
        "Questions of a batch",
        "short",
        ((f"{_rate('sngi_batch_questions_sum')} / {_rate('sngi_batch_questions_count')}", "mean"),),
        "Few questions a batch cost more each.",
    ),
    Panel(
        "Confidence",
        "percentunit",
        tuple((_share_up_to(bound), f"up to {bound}") for bound in ("0.5", "0.98", "0.999")),
        "Share of questions whose best candidate is at most so sure; 0.98 is the threshold.",
    ),
    Panel(
        "Margin to the runner-up",
        "short",
        tuple((_quantile(q, "sngi_margin_bits"), f"p{q * 100:g}") for q in (0.05, 0.25, 0.5)),
        "Bits; below 6.64 nobody is identified.",
    ),
    Panel(
        "Age of the index",
        "d",
        (("(time() - max(sngi_index_built_timestamp_seconds)) / 86400", "days since it was built"),),
        "A build comes each month.",
    ),
    Panel("Identities", "short", (("max(sngi_index_identities)", "when built"),), "A sudden step is a wrong source."),
    Panel("Revision", "short", (("max(sngi_index_revision)", "last change"),), "A flat line: updates do not arrive."),
    Panel(
        "Age of the nomenclature",
        "none",
        (("year() - max(sngi_index_vintage_year)", "years since its vintage"),),
        "A new edition comes each January.",
    ),
    Panel("An index is served", "none", (("max(sngi_index_served)", "served"),), "0: every call is a 503."),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it; the data source is chosen there."""
    return {
        "title": "sngi",
        "uid": "sngi",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}]},
        "panels": [_drawn(number, panel) for number, panel in enumerate(PANELS)],
    }


def _drawn(number: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.help,
        "datasource": _SOURCE,
        "gridPos": {
            "x": number % COLUMNS * _WIDTH,
            "y": number // COLUMNS * _HEIGHT,
            "w": _WIDTH,
            "h": _HEIGHT,
        },
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "datasource": _SOURCE, "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(panel.lines)
        ],
    }


def as_text() -> str:
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    DASHBOARD.write_text(as_text())
