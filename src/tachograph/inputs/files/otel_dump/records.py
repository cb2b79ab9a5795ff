"""One object of the SDK as the records that the OTLP decoder would make of it, with the same keys.

Shapes differ between releases of the SDK (`hrTime` and `_hrTime`, `_rawAttributes` and `_attributes`); what is written a
second time within one object is the text "[Circular]", and the numbers of temporality are the SDK's, one less than OTLP's.
Source: docs/formats/otel_dumps.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tachograph.inputs.otlp.attributes import BadRecord
from tachograph.inputs.otlp.raw_records import (
    MAX_ATTRIBUTES,
    Decoded,
    Request,
    Resource,
    Resources,
    TooManyRecords,
    add_log,
    add_span,
    hex_id,
    metric_points,
    too_many,
)
from tachograph_sdk.model.event import AttributeValue, DropReason

__all__ = ["DumpReader"]

_CIRCULAR = "[Circular]"
_KINDS = ("histogram", "exponential_histogram", "gauge", "sum")  # by the SDK's dataPointType
_DOUBLE = 1  # the SDK's valueType
_MAX_SECONDS = 9_000_000_000

_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class _Data:
    """What the decoder asks of a metric, with OTLP's numbers."""

    aggregation_temporality: int
    is_monotonic: bool
    data_points: list[Any]


class DumpReader:
    """Reads objects; holds only a bounded memo of resources."""

    def __init__(self) -> None:
        self._shared = Resources()

    def read(self, body: bytes, received_us: int) -> Decoded | None:
        """The records of one object, None if it is none of the SDK's. Never raises for what is in it.

        An object is taken as a request of its own, so that the same one gives the same keys wherever it stands.
        """
        out = Decoded()
        try:
            told = _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            out.refused = DropReason.MALFORMED
            return out
        if not isinstance(told, dict):
            return None
        request = Request(received_us, out)
        try:
            if isinstance(told.get("scopeMetrics"), list):
                self._metrics(request, told)
            elif "startTime" in told and _context(told):
                self._span(request, told)
            elif "hrTime" in told or "_hrTime" in told:
                self._log(request, told)
            else:
                return None
        except BadRecord as bad:
            request.drop(bad.reason, bad.what)
        except TooManyRecords:
            request.drop(DropReason.TOO_LARGE, "records")
        return out

    def _log(self, request: Request, told: dict[str, Any]) -> None:
        context = _context(told)
        body = told.get("_body", told.get("body"))
        name = told.get("eventName", told.get("_eventName"))
        time_ns = _time(told.get("hrTime", told.get("_hrTime")))
        add_log(
            request,
            self._resource(told),
            _attributes(told),
            body,
            lambda value: value,
            name if isinstance(name, str) else None,
            time_ns or _time(told.get("hrTimeObserved", told.get("_hrTimeObserved"))),
            hex_id(context.get("traceId"), 16),
            hex_id(context.get("spanId"), 8),
        )

    def _span(self, request: Request, told: dict[str, Any]) -> None:
        context = _context(told)
        parent = told.get("parentSpanContext")
        parent_id = parent.get("spanId") if isinstance(parent, dict) else told.get("parentSpanId")
        status = told.get("status")
        code = status.get("code") if isinstance(status, dict) else 0
        events = told.get("events")
        name = told.get("name")
        add_span(
            request,
            self._resource(told),
            name if isinstance(name, str) else "",
            _attributes(told),
            (hex_id(context.get("traceId"), 16), hex_id(context.get("spanId"), 8), hex_id(parent_id, 8)),
            _time(told.get("startTime")),
            _time(told.get("endTime")),
            code if isinstance(code, int) else 0,
            len(events) if isinstance(events, list) else 0,
        )

    def _metrics(self, request: Request, told: dict[str, Any]) -> None:
        resource = self._resource(told)
        times = _Times()
        for part in told["scopeMetrics"]:
            if not isinstance(part, dict):
                request.drop(DropReason.MALFORMED, "record")
                continue
            scope = part.get("scope")
            names = (_text(scope, "name"), _text(scope, "version")) if isinstance(scope, dict) else ("", "")
            metrics = part.get("metrics")
            for metric in metrics if isinstance(metrics, list) else ():
                if isinstance(metric, dict):
                    self._metric(request, resource, names, metric, times)
                else:
                    request.drop(DropReason.MALFORMED, "metric")

    def _metric(
        self, request: Request, resource: Resource, scope: tuple[str, str], metric: dict[str, Any], times: _Times
    ) -> None:
        descriptor, kind = metric.get("descriptor"), metric.get("dataPointType")
        points, temporality = metric.get("dataPoints"), metric.get("aggregationTemporality")
        if not isinstance(descriptor, dict) or not isinstance(points, list) or kind not in (0, 1, 2, 3):
            request.drop(DropReason.MALFORMED, "metric")
            return
        name = _KINDS[kind]
        data = _Data(
            aggregation_temporality=temporality + 1 if temporality in (0, 1) else 0,
            is_monotonic=metric.get("isMonotonic") is True,
            data_points=points,
        )
        made = metric_points(request, resource, scope, _text(descriptor, "name"), _text(descriptor, "unit"), name, data)
        is_double = descriptor.get("valueType") == _DOUBLE
        for point in points:
            if not isinstance(point, dict):
                request.drop(DropReason.MALFORMED, "point")
                continue
            start, end = times.take(point)  # also of a metric that is left out: the next one refers to them
            if made is None:
                continue
            try:
                value, count = _value(point.get("value"), name, is_double=is_double)
                made.add(_attributes(point), start, end, value, count)
            except BadRecord as bad:
                request.drop(bad.reason, bad.what)

    def _resource(self, told: dict[str, Any]) -> Resource:
        resource = told.get("resource")
        if not isinstance(resource, dict):
            return self._shared.get({})
        pairs = resource.get("_rawAttributes")
        if isinstance(pairs, list):
            found: dict[str, AttributeValue] = {}
            for pair in pairs:  # of several with one name the first holds
                if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and pair[1] is not None:
                    found.setdefault(pair[0], pair[1])
        else:
            told_as = resource.get("attributes", resource.get("_attributes", resource.get("_syncAttributes")))
            found = {k: v for k, v in told_as.items() if v is not None} if isinstance(told_as, dict) else {}
        if len(found) > MAX_ATTRIBUTES:
            too_many()
        return self._shared.get(found)


class _Times:
    """Times of data points: one that is written again within an object is the last one that was written out."""

    def __init__(self) -> None:
        self._start: object = None
        self._end: object = None

    def take(self, point: dict[str, Any]) -> tuple[int, int]:
        """Start and end of this point, 0 where they cannot be known."""
        if (start := point.get("startTime")) != _CIRCULAR:
            self._start = start
        if (end := point.get("endTime")) != _CIRCULAR:
            self._end = end
        return _time(self._start), _time(self._end)


def _value(value: object, kind: str, *, is_double: bool) -> tuple[float | int | None, int | None]:
    """A point's value, or a histogram's sum and count."""
    if kind in ("sum", "gauge"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRecord(DropReason.BAD_NUMBER, "point")
        return (float(value) if is_double else value), None
    if not isinstance(value, dict):
        raise BadRecord(DropReason.MALFORMED, "point")
    total, count = value.get("sum"), value.get("count")
    if isinstance(total, bool) or not isinstance(total, int | float) or not isinstance(count, int) or count < 0:
        raise BadRecord(DropReason.BAD_NUMBER, "point")
    return float(total), count


def _context(told: dict[str, Any]) -> dict[str, Any]:
    context = told.get("_spanContext", told.get("spanContext"))
    return context if isinstance(context, dict) else {}


def _attributes(told: dict[str, Any]) -> dict[str, AttributeValue]:
    found = told.get("attributes")
    if not isinstance(found, dict):
        if found is None:
            return {}
        raise BadRecord(DropReason.MALFORMED, "attributes")  # "[Circular]": whose they are is not said
    if len(found) > MAX_ATTRIBUTES:
        too_many()
    return found


def _time(value: object) -> int:
    """[seconds, nanoseconds] as nanoseconds, 0 if it is not one."""
    if not isinstance(value, list) or len(value) != 2:
        return 0
    seconds, rest = value
    if not isinstance(seconds, int) or not isinstance(rest, int) or not 0 <= seconds < _MAX_SECONDS:
        return 0
    return seconds * 1_000_000_000 + rest if 0 <= rest < 1_000_000_000 else 0


def _text(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""
