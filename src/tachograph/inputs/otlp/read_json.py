"""OTLP in JSON: typed structs in one go, or record by record where something has the wrong type."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from tachograph.inputs.otlp import json_schema
from tachograph.inputs.otlp.attributes import BadRecord
from tachograph.inputs.otlp.raw_records import (
    DATA,
    MAX_ATTRIBUTES,
    Request,
    Resource,
    Resources,
    add_log,
    add_span,
    metric_points,
    too_many,
)
from tachograph_sdk.model.event import DropReason

__all__ = ["JsonReader"]

_NO_VALUE = 1  # flag of a data point that says: there is none


class JsonReader:
    """Reads the three kinds of request; a record that cannot be read is left out and counted."""

    def __init__(self, shared: Resources) -> None:
        self._shared = shared

    def logs(self, request: Request, body: bytes) -> None:
        """Log records. Raises BadRecord if the request cannot be read at all."""
        integer, hex_id = json_schema.integer, json_schema.hex_id
        for resource, _, items in self._groups(request, body, _LOGS, ("resourceLogs", "scopeLogs", "logRecords")):
            for item in items:
                try:
                    if item.attributes is not None and len(item.attributes) > MAX_ATTRIBUTES:
                        too_many()
                    add_log(
                        request,
                        resource,
                        json_schema.attributes(item.attributes),
                        item.body,
                        json_schema.value,
                        item.event_name,
                        integer(item.time_unix_nano) or integer(item.observed_time_unix_nano),
                        hex_id(item.trace_id, 16),
                        hex_id(item.span_id, 8),
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)

    def metrics(self, request: Request, body: bytes) -> None:
        """Data points. Raises BadRecord if the request cannot be read at all."""
        integer = json_schema.integer
        for resource, scope, items in self._groups(
            request, body, _METRICS, ("resourceMetrics", "scopeMetrics", "metrics")
        ):
            for item in items:
                kind = next((name for name in DATA if getattr(item, name) is not None), None)
                if kind is None:
                    request.drop(DropReason.MALFORMED, "metric")
                    continue
                data = getattr(item, kind)
                metric = metric_points(request, resource, scope, item.name or "", item.unit or "", kind, data)
                if metric is None:
                    continue
                for point in data.data_points or ():
                    try:
                        if point.attributes is not None and len(point.attributes) > MAX_ATTRIBUTES:
                            too_many()
                        metric.add(
                            json_schema.attributes(point.attributes),
                            integer(point.start_time_unix_nano),
                            integer(point.time_unix_nano),
                            None if (point.flags or 0) & _NO_VALUE else _value(kind, point),
                            None if kind in ("sum", "gauge") else integer(point.count),
                        )
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)

    def traces(self, request: Request, body: bytes) -> None:
        """Spans. Raises BadRecord if the request cannot be read at all."""
        integer, hex_id = json_schema.integer, json_schema.hex_id
        for resource, _, items in self._groups(request, body, _TRACES, ("resourceSpans", "scopeSpans", "spans")):
            for item in items:
                try:
                    if item.attributes is not None and len(item.attributes) > MAX_ATTRIBUTES:
                        too_many()
                    add_span(
                        request,
                        resource,
                        item.name or "",
                        json_schema.attributes(item.attributes),
                        (hex_id(item.trace_id, 16), hex_id(item.span_id, 8), hex_id(item.parent_span_id, 8)),
                        integer(item.start_time_unix_nano),
                        integer(item.end_time_unix_nano),
                        (item.status.code or 0) if item.status else 0,
                        len(item.events or ()),
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)

    def _groups(
        self, request: Request, body: bytes, signal: _JsonSignal, names: tuple[str, str, str]
    ) -> Iterable[tuple[Resource, tuple[str, str], Iterable[Any]]]:
        try:
            groups = signal.decoder.decode(body).resources or ()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield from self._each(request, body, signal, names)
            return
        for group in groups:
            try:
                resource = self._resource(group.resource)
            except BadRecord as bad:
                lost = sum(len(part.items or ()) for part in group.scopes or ())
                request.drop(bad.reason, "resource", lost)
                continue
            for part in group.scopes or ():
                scope = part.scope
                yield resource, (scope.name or "", scope.version or "") if scope else ("", ""), part.items or ()

    def _each(
        self, request: Request, body: bytes, signal: _JsonSignal, names: tuple[str, str, str]
    ) -> Iterable[tuple[Resource, tuple[str, str], Iterable[Any]]]:
        """The same, one record at a time, for a request in which something has the wrong type."""
        try:
            document = json_schema.lenient(body)
        except (ValueError, RecursionError):
            raise BadRecord(DropReason.MALFORMED, "request") from None
        if not isinstance(document, dict):
            raise BadRecord(DropReason.MALFORMED, "request")
        for group in _objects(request, document.get(names[0]), "resource"):
            try:
                resource = self._resource(_convert(group.get("resource"), json_schema.Resource, "resource"))
            except BadRecord as bad:
                request.drop(bad.reason, bad.what)
                continue
            for part in _objects(request, group.get(names[1]), "scope"):
                try:
                    scope = _convert(part.get("scope"), json_schema.Scope, "scope")
                except BadRecord:
                    scope = None
                items = []
                for item in _objects(request, part.get(names[2]), "record"):
                    try:
                        if signal is _METRICS:
                            _leave_out_bad_points(request, item)
                        items.append(_convert(item, signal.item, "record"))
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)
                yield resource, (scope.name or "", scope.version or "") if scope else ("", ""), items

    def _resource(self, resource: json_schema.Resource | None) -> Resource:
        items = resource.attributes if resource is not None else None
        if items is not None and len(items) > MAX_ATTRIBUTES:
            too_many()
        return self._shared.get(json_schema.attributes(items))


def _value(kind: str, point: json_schema.DataPoint) -> float | None:
    if kind in ("sum", "gauge"):
        if point.as_int is not None:
            return json_schema.integer(point.as_int, -(2**63), 2**63)
        return None if point.as_double is None else json_schema.double(point.as_double)
    if point.sum is None:
        return 0.0 if kind == "summary" else None  # a summary's sum has no presence: absent is zero
    return json_schema.double(point.sum)


@dataclass(frozen=True, slots=True)
class _JsonSignal:
    decoder: msgspec.json.Decoder[Any]
    item: Any


_DATA = ("sum", "gauge", "histogram", "exponentialHistogram", "summary")
_LOGS = _JsonSignal(msgspec.json.Decoder(json_schema.LogsRequest), json_schema.LogRecord)
_METRICS = _JsonSignal(msgspec.json.Decoder(json_schema.MetricsRequest), json_schema.Metric)
_TRACES = _JsonSignal(msgspec.json.Decoder(json_schema.TracesRequest), json_schema.Span)


def _objects(request: Request, items: Any, what: str) -> Iterable[dict[str, Any]]:
    if items is None:
        return
    if not isinstance(items, list):
        request.drop(DropReason.MALFORMED, what)
        return
    for item in items:
        if isinstance(item, dict):
            yield item
        else:
            request.drop(DropReason.MALFORMED, what)


def _leave_out_bad_points(request: Request, metric: dict[str, Any]) -> None:
    """A point of the wrong type goes, so that the metric's others can be read."""
    for name in _DATA:
        data = metric.get(name)
        if not isinstance(data, dict) or not isinstance(data.get("dataPoints"), list):
            continue
        points = []
        for point in _objects(request, data["dataPoints"], "point"):
            try:
                points.append(_convert(point, json_schema.DataPoint, "point"))
            except BadRecord as bad:
                request.drop(bad.reason, bad.what)
        data["dataPoints"] = points


def _convert(item: Any, type_: Any, what: str) -> Any:
    try:
        return msgspec.convert(item, type_) if item is not None else None
    except (msgspec.ValidationError, RecursionError, OverflowError):
        raise BadRecord(DropReason.MALFORMED, what) from None
