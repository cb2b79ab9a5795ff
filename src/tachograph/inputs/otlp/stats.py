"""What the receiver counts, and how it says so: Prometheus text and the JSON of /health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tachograph.inputs.otlp.signals import Encoding, Signal
from tachograph.inputs.otlp.verdict import Verdict
from tachograph.journal.stats import FSYNC_BUCKETS_MS, JournalStats
from tachograph_sdk.model.event import DropReason

__all__ = ["ReceiverStats", "RouteStats"]


@dataclass(slots=True)
class RouteStats:
    """One signal in one encoding over one protocol."""

    requests: int = 0  # read to the end
    acknowledged: int = 0
    records: int = 0  # acknowledged, so durable
    wire_bytes: int = 0  # as sent
    body_bytes: int = 0  # after decompression


@dataclass(slots=True)
class ReceiverStats:
    """Counters since the start."""

    routes: dict[tuple[str, str, str], RouteStats] = field(default_factory=dict)  # signal, encoding, protocol
    refused_records: Counter[tuple[str, DropReason]] = field(default_factory=Counter)  # signal, reason
    refused_requests: Counter[tuple[str, int, str]] = field(default_factory=Counter)  # protocol, HTTP status, reason
    connections: int = 0  # HTTP, now
    waiting_bytes: int = 0  # in memory now
    large_bodies: int = 0  # requests large enough to leave holes in the memory

    def route(self, signal: Signal, encoding: Encoding, protocol: str) -> RouteStats:
        """The counters of one kind of request."""
        key = (signal.name, encoding.value, protocol)
        found = self.routes.get(key)
        if found is None:
            found = self.routes[key] = RouteStats()
        return found

    def count_refused(self, signal: Signal, verdict: Verdict) -> None:
        """Add the records of one request that were left out."""
        for reason, count in verdict.refused.items():
            self.refused_records[signal.name, reason] += count

    def summary(self, journal: JournalStats) -> dict[str, Any]:
        """The numbers a person asks for first."""
        routes = self.routes.values()
        return {
            "requests": sum(route.requests for route in routes),
            "acknowledged": sum(route.acknowledged for route in routes),
            "records": sum(route.records for route in routes),
            "refused_records": sum(self.refused_records.values()),
            "refused_requests": sum(self.refused_requests.values()),
            "connections": self.connections,
            "waiting_bytes": self.waiting_bytes,
            "journal": {
                "bytes_on_disk": journal.bytes_on_disk,
                "segments": journal.segments,
                "frames": journal.frames,
                "groups": journal.groups,
                "fsyncs": journal.fsyncs,
                "fsync_mean_ms": round(journal.fsync_seconds / journal.fsyncs * 1000, 3) if journal.fsyncs else None,
                "failures": journal.failures,
                "refused": dict(journal.refused),
            },
        }

    def prometheus(self, journal: JournalStats) -> str:
        """All counters in Prometheus' text format, version 0.0.4."""
        lines: list[str] = []

        def family(name: str, kind: str, help_text: str, samples: Iterable[tuple[Mapping[str, Any], float]]) -> None:
            full = f"tachograph_receiver_{name}"
            lines.append(f"# HELP {full} {help_text}")
            lines.append(f"# TYPE {full} {kind}")
            for labels, value in samples:
                # Every label value is a word of ours, so nothing needs escaping.
                text = ",".join(f'{key}="{label}"' for key, label in labels.items())
                lines.append(f"{full}{{{text}}} {value}" if text else f"{full} {value}")

        routes = [
            ({"signal": signal, "encoding": encoding, "protocol": protocol}, route)
            for (signal, encoding, protocol), route in sorted(self.routes.items())
        ]
        for name, text in (
            ("requests", "requests read to the end"),
            ("acknowledged", "requests acknowledged, so on disk"),
            ("records", "records acknowledged, so on disk"),
            ("wire_bytes", "bytes of bodies as sent"),
            ("body_bytes", "bytes of bodies after decompression"),
        ):
            family(f"{name}_total", "counter", text, [(labels, getattr(route, name)) for labels, route in routes])
        family(
            "refused_records_total",
            "counter",
            "single records left out of requests that were acknowledged or refused",
            [
                ({"signal": signal, "reason": reason.value}, count)
                for (signal, reason), count in sorted(self.refused_records.items())
            ],
        )
        family(
            "refused_requests_total",
            "counter",
            "requests refused as a whole, by HTTP status or the one that a gRPC code stands for",
            [
                ({"protocol": protocol, "status": status, "reason": reason}, count)
                for (protocol, status, reason), count in sorted(self.refused_requests.items())
            ],
        )
        family("connections", "gauge", "open HTTP connections", [({}, self.connections)])
        family("waiting_bytes", "gauge", "bytes of requests in memory", [({}, self.waiting_bytes)])
        family("journal_disk_bytes", "gauge", "size of all journal segments", [({}, journal.bytes_on_disk)])
        family("journal_segments", "gauge", "journal segments", [({}, journal.segments)])
        family("journal_frames_total", "counter", "requests appended to the journal", [({}, journal.frames)])
        family("journal_groups_total", "counter", "groups of requests made durable together", [({}, journal.groups)])
        family("journal_failures_total", "counter", "groups that could not be made durable", [({}, journal.failures)])
        family(
            "journal_refused_total",
            "counter",
            "requests that the journal refused",
            [({"code": code}, count) for code, count in sorted(journal.refused.items())],
        )
        lines.append("# HELP tachograph_receiver_journal_fsync_seconds time an fsync took")
        lines.append("# TYPE tachograph_receiver_journal_fsync_seconds histogram")
        total = 0
        bounds = [*(str(bound / 1000) for bound in FSYNC_BUCKETS_MS), "+Inf"]
        for bound, count in zip(bounds, journal.fsync_counts, strict=True):
            total += count
            lines.append(f'tachograph_receiver_journal_fsync_seconds_bucket{{le="{bound}"}} {total}')
        lines.append(f"tachograph_receiver_journal_fsync_seconds_sum {journal.fsync_seconds}")
        lines.append(f"tachograph_receiver_journal_fsync_seconds_count {total}")
        return "\n".join(lines) + "\n"
