"""`GET /metrics`: what all workers counted, and the state of the index at this moment.

It needs the right `metrics` and no purpose: nobody is consulted. Without a file of organisms it is for callers of the
same machine, as everything is.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import psutil
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from api.access import MetricsCall
from api.metrics import Metrics
from api.problems import UNAVAILABLE
from api.schemas import refusals
from api.settings import METRICS_FOLDER_VARIABLE
from identification.cascade import Identifier
from identification.served import ServedBuild


def add_metrics_route(app: FastAPI) -> None:
    app.get(
        "/metrics",
        summary="Metrics for Prometheus, of all workers",
        response_class=PlainTextResponse,
        responses=refusals(),
    )(metrics)


async def metrics(request: Request, _: MetricsCall) -> Response:
    counted: Metrics = request.app.state.metrics
    build = await _served(request.app.state.identifier)
    content = await asyncio.to_thread(_exposed, counted, build)
    return Response(content, media_type=CONTENT_TYPE_LATEST)


def _exposed(counted: Metrics, build: ServedBuild | None) -> bytes:
    """Return what all workers counted where they count together, else what this process did."""
    state, together = CollectorRegistry(), CollectorRegistry()
    state.register(_IndexState(build))
    folder = os.environ.get(METRICS_FOLDER_VARIABLE)
    if folder:
        forget_dead_workers(Path(folder))
        MultiProcessCollector(together, folder)
    return generate_latest(together if folder else counted.registry) + generate_latest(state)


async def _served(identifier: Identifier) -> ServedBuild | None:
    try:
        return await identifier.served()
    except tuple(UNAVAILABLE):
        return None


class _IndexState(Collector):
    """What is served, as the worker that answers sees it; without it, `sngi_index_served` is 0 and the rest absent."""

    def __init__(self, build: ServedBuild | None) -> None:
        self._build = build

    def collect(self) -> Iterable[Metric]:
        build = self._build
        yield _gauge("sngi_index_served", "Whether an index is served, readable and reachable.", [build is not None])
        if build is None:
            return
        meta = build.meta
        names = {"index": build.index, "model": build.stamp.model, "nomenclature": meta.nomenclature or "none"}
        yield InfoMetricFamily("sngi_index", "What is served.", value=names)
        yield _gauge("sngi_index_identities", "Identities when the index was built.", [meta.identities])
        yield _gauge("sngi_index_revision", "Number of the last change that the index holds.", [build.revision])
        built = datetime.fromisoformat(meta.created_at).timestamp()
        yield _gauge("sngi_index_built_timestamp_seconds", "When the index was built.", [built])
        vintage = (meta.nomenclature or "")[-4:]
        years = [int(vintage)] if vintage.isdecimal() else []
        yield _gauge("sngi_index_vintage_year", "Year of the nomenclature in which places are read.", years)


def _gauge(name: str, documentation: str, values: Sequence[float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation)
    for value in values:
        family.add_metric([], value)
    return family


def forget_dead_workers(folder: Path) -> None:
    """Remove the gauges of workers that are no more: what was in flight there is not. Their counters stay."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, str(folder))
