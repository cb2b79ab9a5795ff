"""OTLP in protobuf: the lazy schema splits a request in C, attributes come from the memo."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf.message import DecodeError as ProtobufDecodeError

from tachograph.inputs.otlp import lazy_schema
from tachograph.inputs.otlp.attributes import AttributeMemo, BadRecord, any_value
from tachograph.inputs.otlp.raw_records import (
    MAX_ATTRIBUTES,
    Request,
    Resource,
    Resources,
    TooManyRecords,
    add_log,
    add_span,
    metric_points,
    text_of,
    too_many,
)
from tachograph_sdk.model.event import DropReason

__all__ = ["ProtobufReader"]

_NO_VALUE = 1  # flag of a data point that says: there is none
_AT_ONCE_BYTES = 4 * 1024 * 1024  # larger requests are parsed record by record, so that they never swell in memory
_RESOURCES = 4096  # remembered by their bytes, then the memo starts again


class ProtobufReader:
    """Reads the three kinds of request; a record that cannot be read is left out and counted."""

    def __init__(self, shared: Resources) -> None:
        self._memo = AttributeMemo()
        self._shared = shared
        self._resources: dict[bytes, Resource] = {}

    def logs(self, request: Request, body: bytes) -> None:
        """Log records. Raises BadRecord if the request cannot be read at all."""
        read = self._memo.read
        for resource, _, items in self._groups(request, body, lazy_schema.LOGS_WHOLE, lazy_schema.LOG_RECORD):
            rest = iter(items)
            for item in rest:
                try:
                    raw = item.attributes
                    add_log(
                        request,
                        resource,
                        read(raw) if len(raw) <= MAX_ATTRIBUTES else too_many(),
                        item.body,
                        any_value,
                        item.event_name,
                        item.time_unix_nano or item.observed_time_unix_nano,
                        item.trace_id,
                        item.span_id,
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)
                except TooManyRecords:
                    request.drop_rest(rest)

    def metrics(self, request: Request, body: bytes) -> None:
        """Data points. Raises BadRecord if the request cannot be read at all."""
        for resource, scope, items in self._groups(request, body, lazy_schema.METRICS_WHOLE, lazy_schema.METRIC):
            for item in items:
                kind = item.WhichOneof("data")
                if kind is None:
                    request.drop(DropReason.MALFORMED, "metric")
                    continue
                data = getattr(item, kind)
                metric = metric_points(request, resource, scope, text_of(item.name), text_of(item.unit), kind, data)
                if metric is None:
                    continue
                rest = iter(data.data_points)
                for point in rest:
                    try:
                        value = _value(kind, point)
                        if len(point.attributes) > MAX_ATTRIBUTES:
                            too_many()
                        metric.add(
                            self._memo.read(point.attributes),
                            point.start_time_unix_nano,
                            point.time_unix_nano,
                            None if point.flags & _NO_VALUE else value,
                            None if kind in ("sum", "gauge") else point.count,
                        )
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)
                    except TooManyRecords:
                        request.drop_rest(rest)

    def traces(self, request: Request, body: bytes) -> None:
        """Spans. Raises BadRecord if the request cannot be read at all."""
        for resource, _, items in self._groups(request, body, lazy_schema.TRACES_WHOLE, lazy_schema.SPAN):
            rest = iter(items)
            for item in rest:
                try:
                    if len(item.attributes) > MAX_ATTRIBUTES:
                        too_many()
                    add_span(
                        request,
                        resource,
                        text_of(item.name),
                        self._memo.read(item.attributes),
                        (item.trace_id, item.span_id, item.parent_span_id),
                        item.start_time_unix_nano,
                        item.end_time_unix_nano,
                        item.status.code,
                        len(item.events),
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)
                except TooManyRecords:
                    request.drop_rest(rest)

    def _groups(
        self, request: Request, body: bytes, whole: Any, single: Any
    ) -> Iterable[tuple[Resource, tuple[str, str], Iterable[Any]]]:
        """Resource, scope and items of each group; a large request, or one with a broken item, is read item by item."""
        parse = None
        try:
            message = whole.FromString(body) if len(body) <= _AT_ONCE_BYTES else None
        except ProtobufDecodeError:
            message = None
        if message is None:
            try:
                message = lazy_schema.SPLIT.FromString(body)
            except ProtobufDecodeError:
                raise BadRecord(DropReason.MALFORMED, "request") from None
            parse = single
        for group in message.resources:
            try:
                resource = self._resource(group.resource)
            except BadRecord as bad:
                request.drop(bad.reason, "resource", sum(len(part.items) for part in group.scopes))
                continue
            for part in group.scopes:
                items = part.items if parse is None else _parse_each(request, parse, part.items)
                yield resource, _scope(part.scope), items

    def _resource(self, data: bytes) -> Resource:
        found = self._resources.get(data)
        if found is None:
            try:
                message = lazy_schema.RESOURCE.FromString(data)
            except ProtobufDecodeError:
                raise BadRecord(DropReason.MALFORMED, "resource") from None
            if len(message.attributes) > MAX_ATTRIBUTES:
                too_many()
            found = self._shared.get(self._memo.read(message.attributes))
            if len(self._resources) >= _RESOURCES:
                self._resources.clear()
            if len(data) < 4096:
                self._resources[data] = found
        return found


def _value(kind: str, point: Any) -> float | None:
    if kind in ("sum", "gauge"):
        which = point.WhichOneof("value")
        return None if which is None else getattr(point, which)
    if kind == "summary" or point.HasField("sum"):
        return point.sum  # type: ignore[no-any-return]
    return None


def _scope(data: bytes) -> tuple[str, str]:
    try:
        scope = lazy_schema.SCOPE.FromString(data)
    except ProtobufDecodeError:
        return "", ""
    return text_of(scope.name), text_of(scope.version)


def _parse_each(request: Request, single: Any, items: Iterable[bytes]) -> Iterable[Any]:
    for data in items:
        try:
            yield single.FromString(data)
        except ProtobufDecodeError:
            request.drop(DropReason.MALFORMED, "record")
