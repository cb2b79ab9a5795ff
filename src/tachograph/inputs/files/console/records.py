"""From printed objects to the raw records that OTLP would have brought.

* Events and spans have all that identifies them, so they get the keys and the source of their OTLP twins: whoever
  prints and sends them has them once. Times are printed in microseconds.
* Metrics are printed without resource, scope and temporality, so they cannot be told to be the same points as those of
  OTLP. Their source is the console, of which the store counts nothing that another source of the session has. The
  service is known by the metric's name.
* Temporality, by rule: a point with the same metric, attributes and start as an earlier one is the running total of the
  same stream; a new start is a new stream, whose value counts whole. Exporters of increments give every point the end
  of the one before as its start; those of totals keep the start as long as the process lives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from tachograph.inputs.files.console.dumps import Dump
from tachograph.inputs.files.console.literals import Unreadable, read_literal
from tachograph.inputs.otlp.attributes import BadRecord, canonical
from tachograph.inputs.otlp.raw_records import (
    EARLIEST_NS,
    LATEST_NS,
    MAX_ATTRIBUTES,
    Decoded,
    Request,
    Resource,
    Resources,
    add_log,
    add_span,
    hex_id,
    too_many,
)
from tachograph.ports import Drops, Frame, FrameKind, Position
from tachograph_sdk.model.event import AttributeValue, DropReason, Point, RawEvent, Source

if TYPE_CHECKING:
    from tachograph.inputs.otlp.decode import Decoder

__all__ = ["DumpReader", "PrintedPoint"]

SERVICES: Final = {"claude_code.": "claude-code"}
"""The service that names its events and metrics so."""

_REQUESTS: Final = {
    b'"resourceLogs"': FrameKind.LOGS_JSON,
    b'"resourceMetrics"': FrameKind.METRICS_JSON,
    b'"resourceSpans"': FrameKind.TRACES_JSON,
}
_MONOTONIC: Final = frozenset({"COUNTER", "OBSERVABLE_COUNTER", "HISTOGRAM"})
_MAX_OPEN: Final = 20_000  # streams whose last point is held back

Printed = dict[str, Any]
"""An object as it was printed; what is in it may be anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedPoint:
    """A point of a metric, however it was printed."""

    name: str
    unit: str
    monotonic: bool
    cumulative: bool | None  # None where nothing says: then it is found out
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]  # empty where it was not printed
    start_ns: int
    end_ns: int  # 0 where there is no time
    value: int | float
    count: int | None = None
    place: str = ""  # tells apart points that say the same


class DumpReader:
    """Reads the dumps of one file in order; `take()` gives what is ready, `finish()` the rest.

    Args:
        received_us: when the file was written last.
        known_totals: for who goes on later: the streams of running totals met before. A point that waits at the end
            is then given away as the first of a running total, which adds as much, and is known next time.
    """

    def __init__(self, received_us: int, *, known_totals: frozenset[str] | None = None) -> None:
        self._known_totals = known_totals
        self.dumps = 0  # that were records
        self.others = 0  # that were none
        self._received_us = received_us
        self._decoder: Decoder | None = None
        self._resources = Resources()
        self._seen: dict[bytes, int] = {}
        self._request = self._new_request()
        self._metrics_resource: Resource | None = None
        self._open: dict[tuple[str, str], tuple[int, RawEvent, bool]] = {}  # (metric, attributes): start, point, total?

    def read(self, dump: Dump) -> None:
        """Read one.

        Raises:
            Unreadable: it is no printed object.
        """
        value, _ = read_literal(dump.text.decode("utf-8", "replace"))
        if not isinstance(value, dict):
            raise Unreadable("no object")
        read = self._resource_of_metrics if dump.is_resource else self._reader_for(value)
        if read is None:
            self.others += 1
            return
        self.dumps += not dump.is_resource
        try:
            read(value)
        except BadRecord as bad:
            self._request.drop(bad.reason, bad.what)

    def take(self) -> tuple[list[RawEvent], Drops]:
        """The records that are ready, and what was left out, since the last call."""
        out = self._request.out
        self._request = self._new_request()
        return out.records, out.drops

    def finish(self) -> None:
        """No more dumps will come: points held back are ready."""
        for _, point, is_total in self._open.values():
            if not is_total:
                self._request.add(point if self._known_totals is None else _as_total(point))
        self._open.clear()

    def _new_request(self) -> Request:
        return Request(self._received_us, Decoded(), seen=self._seen)

    def _reader_for(self, value: Printed) -> Callable[[Printed], None] | None:
        if "descriptor" in value and "dataPoints" in value:
            return self._metric
        if "id" in value and "traceId" in value and "duration" in value:
            return self._span
        if "timestamp" in value and "attributes" in value and "id" not in value:
            return self._log
        return None

    def _resource_of_metrics(self, value: Printed) -> None:
        self._metrics_resource = self._resources.get(_limited(value))

    def _log(self, value: Printed) -> None:
        attributes = _limited(value.get("attributes"))
        body = value.get("body")
        event_name = value.get("eventName")
        name = attributes.get("event.name")
        add_log(
            self._request,
            self._resource(value, body if isinstance(body, str) else name),
            attributes,
            body,
            _as_it_is,
            event_name if isinstance(event_name, str) else None,
            _microseconds(value.get("timestamp")),
            hex_id(value.get("traceId"), 16),
            hex_id(value.get("spanId"), 8),
        )

    def _span(self, value: Printed) -> None:
        name = value.get("name")
        start_ns = _microseconds(value.get("timestamp"))
        duration = value.get("duration")
        if not _is_number(duration) or not 0 <= duration < 1e15:
            raise BadRecord(DropReason.BAD_NUMBER, "span")
        parent = value.get("parentSpanContext")
        parent_id = (
            parent.get("spanId") if isinstance(parent, dict) else value.get("parentSpanId", value.get("parentId"))
        )
        status = value.get("status")
        code = status.get("code") if isinstance(status, dict) else 0
        events = value.get("events")
        add_span(
            self._request,
            self._resource(value, name),
            name if isinstance(name, str) else "",
            _limited(value.get("attributes")),
            (hex_id(value.get("traceId"), 16), hex_id(value.get("id"), 8), hex_id(parent_id, 8)),
            start_ns,
            start_ns + round(duration * 1000),
            code if isinstance(code, int) else 0,
            len(events) if isinstance(events, list) else 0,
        )

    def _metric(self, value: Printed) -> None:
        descriptor, points = value["descriptor"], value["dataPoints"]
        name = descriptor.get("name") if isinstance(descriptor, dict) else None
        if not isinstance(descriptor, dict) or not isinstance(name, str) or not isinstance(points, list):
            raise BadRecord(DropReason.MALFORMED, "metric")
        for point in points:
            try:
                self._point(name, descriptor, point)
            except BadRecord as bad:
                self._request.drop(bad.reason, bad.what)

    def _point(self, name: str, descriptor: Printed, point: Any) -> None:
        if not isinstance(point, dict):
            raise BadRecord(DropReason.MALFORMED, "point")
        attributes = _limited(point.get("attributes"))
        value: Any = point.get("value")
        count = None
        if isinstance(value, dict):  # a histogram
            value, count = value.get("sum"), value.get("count")
        if not _is_number(value):
            raise BadRecord(DropReason.BAD_NUMBER, "point")
        unit = descriptor.get("unit")
        self.add_point(
            PrintedPoint(
                name=name,
                unit=unit if isinstance(unit, str) else "",
                monotonic=str(descriptor.get("type")) in _MONOTONIC,
                cumulative=None,
                attributes=attributes,
                resource={},
                start_ns=_seconds_and_nanos(point.get("startTime")),
                end_ns=_seconds_and_nanos(point.get("endTime")),
                value=value,
                count=count if isinstance(count, int) else None,
            )
        )

    def add_point(self, point: PrintedPoint) -> None:
        """Add a point of a metric. Raises BadRecord."""
        if not math.isfinite(point.value):
            raise BadRecord(DropReason.BAD_NUMBER, "point")
        said = canonical(_limited(point.attributes))
        service = _service(point.name)
        stream = blake2b(
            f"{service}\x1f{point.name}\x1f{said}{point.start_ns}".encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()
        if point.resource:
            resource = self._resources.get(_limited(point.resource))
        else:
            resource = self._metrics_resource or self._resources.get({"service.name": service} if service else {})
        record = RawEvent(
            agent="",
            source=Source.CONSOLE,
            name=point.name[:256],
            at_ns=self._request.time(point.end_ns),
            received_us=self._received_us,
            key=f"{stream}{point.end_ns};{canonical(point.value)}{point.place}".encode(),
            attributes=point.attributes,
            resource=resource.attributes,
            point=Point(
                value=point.value,
                count=point.count,
                start_ns=point.start_ns,
                cumulative=point.cumulative is True,
                monotonic=point.monotonic,
                unit=point.unit[:64],
                stream=stream,
            ),
        )
        if point.cumulative is None and not point.place:
            self._hold_back((point.name, said), point.start_ns, record)
        else:
            self._request.add(record)

    def add_printed_log(
        self,
        attributes: dict[str, AttributeValue],
        body: AttributeValue,
        *,
        resource: dict[str, AttributeValue],
        event_name: str | None = None,
        time_ns: int = 0,
        trace_id: str = "",
        span_id: str = "",
    ) -> None:
        """Add a log record. Raises BadRecord."""
        service = _service(body) if isinstance(body, str) else ""
        add_log(
            self._request,
            self._resources.get(_limited(resource) or ({"service.name": service} if service else {})),
            _limited(attributes),
            body,
            _as_it_is,
            event_name,
            time_ns,
            hex_id(trace_id, 16),
            hex_id(span_id, 8),
        )

    def read_request(self, body: bytes) -> int:
        """Read an OTLP/JSON request; how many records it had. Raises BadRecord."""
        from tachograph.inputs.otlp.decode import Decoder  # loaded where there is one

        kind = next((kind for mark, kind in _REQUESTS.items() if mark in body[:64]), FrameKind.LOGS_JSON)
        self._decoder = self._decoder or Decoder()
        decoded = self._decoder.decode(Frame(kind=kind, received_us=self._received_us, body=body, end=Position(0, 0)))
        if decoded.refused is not None:
            raise BadRecord(decoded.refused, "request")
        self._request.out.records += decoded.records
        for (reason, what), count in decoded.drops.items():
            self._request.drop(reason, what, count)
        return len(decoded.records)

    def drop(self, reason: DropReason, what: str) -> None:
        """Count what was left out; `what` is one of our words."""
        self._request.drop(reason, what)

    def _hold_back(self, stream: tuple[str, str], start_ns: int, record: RawEvent) -> None:
        """Keep a point until the next of its kind says whether it is a total: only then is it ready."""
        before = self._open.get(stream)
        assert record.point is not None
        is_total = before is not None and before[0] == start_ns and start_ns != 0
        is_total = is_total or (self._known_totals is not None and record.point.stream in self._known_totals)
        if before is not None and not before[2]:
            self._request.add(_as_total(before[1]) if is_total else before[1])
        if is_total:
            self._request.add(_as_total(record))
        elif len(self._open) >= _MAX_OPEN and before is None:
            self.finish()
        self._open[stream] = (start_ns, record, is_total)

    def _resource(self, value: Printed, name: Any) -> Resource:
        resource = value.get("resource")
        attributes = resource.get("attributes") if isinstance(resource, dict) else None
        if isinstance(attributes, dict) and attributes:
            return self._resources.get(_limited(attributes))
        service = _service(name) if isinstance(name, str) else ""
        return self._resources.get({"service.name": service} if service else {})


def _as_total(record: RawEvent) -> RawEvent:
    assert record.point is not None
    return replace(record, point=replace(record.point, cumulative=True))


def _service(name: str) -> str:
    return next((service for prefix, service in SERVICES.items() if name.startswith(prefix)), "")


def _limited(attributes: Any) -> dict[str, AttributeValue]:
    if attributes is None:
        return {}
    if not isinstance(attributes, dict):
        raise BadRecord(DropReason.MALFORMED, "attribute")
    if len(attributes) > MAX_ATTRIBUTES:
        too_many()
    return attributes


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _microseconds(value: Any) -> int:
    """Nanoseconds; 0 if there is no time."""
    if not _is_number(value) or not 0 <= value < LATEST_NS:
        return 0
    return round(value * 1000)


def _seconds_and_nanos(value: Any) -> int:
    """Nanoseconds of [seconds, nanoseconds]; 0 if it is no time."""
    if not isinstance(value, list) or len(value) != 2 or not all(type(part) is int for part in value):
        return 0
    ns = int(value[0]) * 10**9 + int(value[1])
    return ns if EARLIEST_NS <= ns < LATEST_NS else 0


def _as_it_is(value: AttributeValue) -> AttributeValue:
    return value
