"""GET /metrics: the product about itself, for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import generate_latest

from tachograph.server.routes.health import health_of
from tachograph.server.routes.shared import Parts
from tachograph.server.services import BUCKETS_S, Services

__all__ = ["router"]

router = APIRouter(tags=["about itself"])


@router.get("/metrics", operation_id="prometheus", response_class=PlainTextResponse)
def metrics(parts: Parts) -> PlainTextResponse:
    """Core and receiver in one text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(parts))
    text = generate_latest(registry).decode() + parts.receiver_metrics()
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")


class _Collector:
    def __init__(self, parts: Services) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """All families."""
        parts, stats, health = self._parts, self._parts.core.stats, health_of(self._parts)
        yield GaugeMetricFamily("tachograph_up", "1 when both processes work", value=health["status"] == "ok")
        yield GaugeMetricFamily("tachograph_journal_bytes", "bytes not yet in the store", value=health["journal_bytes"])
        yield GaugeMetricFamily(
            "tachograph_lag_seconds", "age of the oldest request not in the store", value=health["lag_ms"] / 1000
        )
        events = CounterMetricFamily("tachograph_events", "events written to the store", labels=["state"])
        events.add_metric(["new"], stats.events_new)
        events.add_metric(["duplicate"], stats.events_duplicate)
        yield events
        dropped = CounterMetricFamily("tachograph_dropped", "records and attributes not kept", labels=["reason"])
        for reason, count in sorted(stats.dropped.items()):
            dropped.add_metric([reason], count)
        yield dropped
        yield CounterMetricFamily("tachograph_frames", "journal frames read", value=stats.frames)
        yield CounterMetricFamily("tachograph_batches", "transactions written", value=stats.batches)
        yield CounterMetricFamily("tachograph_write_failures", "transactions that failed", value=stats.write_failures)
        runs = CounterMetricFamily("tachograph_task_runs", "background task turns", labels=["task"])
        failures = CounterMetricFamily("tachograph_task_failures", "background task turns that failed", labels=["task"])
        for task in parts.tasks:
            runs.add_metric([task.name], task.runs)
            failures.add_metric([task.name], task.failures)
        yield runs
        yield failures
        total, buckets = 0, []
        for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), parts.times.counts, strict=True):
            total += count
            buckets.append((bound, total))
        query = HistogramMetricFamily("tachograph_query_seconds", "time queries took")
        query.add_metric([], buckets=buckets, sum_value=parts.times.sum_s)
        yield query
