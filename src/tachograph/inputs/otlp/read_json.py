"""OTLP in JSON: the request is split into records in one pass, each record is then parsed and checked on its own.

So one with a wrong type costs only itself, and a large request is never in memory as objects all at once.
"""

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
    TooManyRecords,
    add_log,
    add_span,
    hex_id,
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
        integer = json_schema.integer
        for resource, _, items in self._groups(request, body, _LOGS):
            rest = iter(items)
            for item in rest:
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
                except TooManyRecords:
                    request.drop_rest(rest)

    def metrics(self, request: Request, body: bytes) -> None:
        """Data points. Raises BadRecord if the request cannot be read at all."""
        integer = json_schema.integer
        for resource, scope, items in self._groups(request, body, _METRICS):
            for item in items:
                kind = next((name for name in DATA if getattr(item, name) is not None), None)
                if kind is None:
                    request.drop(DropReason.MALFORMED, "metric")
                    continue
                data = getattr(item, kind)
                metric = metric_points(request, resource, scope, item.name or "", item.unit or "", kind, data)
                if metric is None:
                    continue
                rest = iter(_each(request, _POINT, data.data_points or (), "point"))
                for point in rest:
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
                    except TooManyRecords:
                        request.drop_rest(rest)

    def traces(self, request: Request, body: bytes) -> None:
        """Spans. Raises BadRecord if the request cannot be read at all."""
        integer = json_schema.integer
        for resource, _, items in self._groups(request, body, _TRACES):
            rest = iter(items)
            for item in rest:
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
                except TooManyRecords:
                    request.drop_rest(rest)

    def _groups(
        self, request: Request, body: bytes, signal: _Signal
    ) -> Iterable[tuple[Resource, tuple[str, str], Iterable[Any]]]:
        """Resource, scope and items of each group; each item is parsed when it is asked for."""
        for group in self._resources(request, body, signal):
            try:
                resource = self._resource(group.resource)
            except BadRecord as bad:
                lost = sum(len(part.items or ()) for part in group.scopes or ())
                request.drop(bad.reason, "resource", lost)
                continue
            for part in group.scopes or ():
                scope = part.scope
                items = _each(request, signal.item, part.items or (), "record")
                yield resource, (scope.name or "", scope.version or "") if scope else ("", ""), items

    def _resources(self, request: Request, body: bytes, signal: _Signal) -> Iterable[Any]:
        try:
            return signal.request.decode(body).resources or ()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # something outside the records has the wrong type: what part is it?
        try:
            groups = signal.outline.decode(body).resources or ()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BadRecord(DropReason.MALFORMED, "request") from None
        return _each(request, signal.group, groups, "resource")

    def _resource(self, resource: json_schema.Resource | None) -> Resource:
        items = resource.attributes if resource is not None else None
        if items is not None and len(items) > MAX_ATTRIBUTES:
            too_many()
        return self._shared.get(json_schema.attributes(items))


def _each(
    request: Request, decoder: msgspec.json.Decoder[Any], items: Iterable[msgspec.Raw], what: str
) -> Iterable[Any]:
    """The items that are what they should be; the others are counted."""
    for item in items:
        try:
            yield decoder.decode(item)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            request.drop(DropReason.MALFORMED, what)


def _value(kind: str, point: json_schema.DataPoint) -> float | None:
    if kind in ("sum", "gauge"):
        if point.as_int is not None:
            return json_schema.integer(point.as_int, -(2**63), 2**63)
        return None if point.as_double is None else json_schema.double(point.as_double)
    if point.sum is None:
        return 0.0 if kind == "summary" else None  # a summary's sum has no presence: absent is zero
    return json_schema.double(point.sum)


@dataclass(frozen=True, slots=True)
class _Signal:
    request: msgspec.json.Decoder[Any]  # down to the records
    outline: msgspec.json.Decoder[Any]  # down to the resources
    group: msgspec.json.Decoder[Any]  # one resource
    item: msgspec.json.Decoder[Any]  # one record


_LOGS = _Signal(*map(msgspec.json.Decoder, json_schema.LOGS))
_METRICS = _Signal(*map(msgspec.json.Decoder, json_schema.METRICS))
_TRACES = _Signal(*map(msgspec.json.Decoder, json_schema.TRACES))
_POINT = msgspec.json.Decoder(json_schema.DataPoint)
