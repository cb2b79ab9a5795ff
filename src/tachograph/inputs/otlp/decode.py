"""OTLP requests to raw records: protobuf and JSON, logs, metrics and traces, all to the same `RawEvent`s.

One bad record never costs the others: it is left out and counted by reason. A request that cannot be read at all is
refused as a whole (`Decoded.refused`). What a record is called, when it was and what makes it itself is decided here,
the same way for both encodings:

* name: attribute `event.name`, else the body if it is a text, else the field event_name.
* time: the record's, or the observed one where that is 0, or the time of arrival where both are. A time outside
  1980..2200 is a clock that was never set: it is dropped and counted (`bad_time`), and the record kept with its time
  of arrival, because what it says of tokens and cost is still true.
* key (see `RawEvent.key`): a log record with `event.sequence` is known by its ids, time and sequence; any other by all
  it says, and by how many like it came before in the same request. A data point is known by resource, scope, metric,
  attributes, start, time and value; a span by its ids.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from google.protobuf.message import DecodeError as ProtobufDecodeError

from tachograph.inputs.otlp import json_schema, lazy_schema
from tachograph.inputs.otlp.attributes import AttributeMemo, BadRecord, any_value, canonical
from tachograph.ports import Drops, Frame, FrameKind
from tachograph_sdk.model.event import AttributeValue, DropReason, Point, RawEvent, Source, Span

__all__ = ["Decoded", "Decoder"]

MAX_ATTRIBUTES = 1024  # of one record or resource
MAX_RECORDS = 200_000  # of one request
MAX_NAME = 256

EARLIEST_NS = 315_532_800 * 10**9  # 1980
LATEST_NS = 7_258_118_400 * 10**9  # 2200

_NO_VALUE = 1  # flag of a data point that says: there is none
_DELTA, _CUMULATIVE = 1, 2
_RESOURCES = 4096  # remembered, then the memo starts again


@dataclass(slots=True)
class Decoded:
    """What one request held."""

    records: list[RawEvent] = field(default_factory=list)
    drops: Drops = field(default_factory=dict)
    refused: DropReason | None = None  # the whole request, unread


@dataclass(slots=True)
class _Resource:
    attributes: Mapping[str, AttributeValue]
    content: str  # canonical


@dataclass(slots=True)
class _Request:
    """One request while it is read."""

    received_us: int
    out: Decoded
    seen: dict[bytes, int] = field(default_factory=dict)  # log records without a sequence, by content

    def drop(self, reason: DropReason, what: str, count: int = 1) -> None:
        key = (reason, what)
        self.out.drops[key] = self.out.drops.get(key, 0) + count

    def time(self, ns: int) -> int:
        """The record's time, or the time of arrival where it has none that can be."""
        if EARLIEST_NS <= ns < LATEST_NS:
            return ns
        if ns:
            self.drop(DropReason.BAD_TIME, "time")
        return self.received_us * 1000

    def add(self, record: RawEvent) -> None:
        if len(self.out.records) >= MAX_RECORDS:
            raise BadRecord(DropReason.TOO_LARGE, "records")
        self.out.records.append(record)


class Decoder:
    """Reads frames. Holds only bounded memos, so one decoder serves a process for its life; not for several threads."""

    def __init__(self) -> None:
        self._memo = AttributeMemo()
        self._resources: dict[bytes, _Resource] = {}
        self._by_content: dict[str, _Resource] = {}
        self._read: dict[FrameKind, Callable[[_Request, bytes], None]] = {
            FrameKind.LOGS_PROTOBUF: self._logs_protobuf,
            FrameKind.LOGS_JSON: self._logs_json,
            FrameKind.METRICS_PROTOBUF: self._metrics_protobuf,
            FrameKind.METRICS_JSON: self._metrics_json,
            FrameKind.TRACES_PROTOBUF: self._traces_protobuf,
            FrameKind.TRACES_JSON: self._traces_json,
        }

    def decode(self, frame: Frame) -> Decoded:
        """All records of a request; never raises for what is in it."""
        out = Decoded()
        try:
            self._read[frame.kind](_Request(frame.received_us, out), frame.body)
        except BadRecord as bad:
            out.refused = bad.reason
            key = (bad.reason, bad.what)
            out.drops[key] = out.drops.get(key, 0) + 1
        return out

    # --- protobuf -------------------------------------------------------------------------------------------------

    def _logs_protobuf(self, request: _Request, body: bytes) -> None:
        read = self._memo.read
        for resource, _, items in self._protobuf(request, body, lazy_schema.LOGS_WHOLE, lazy_schema.LOG_RECORD):
            for item in items:
                try:
                    raw = item.attributes
                    _log(
                        request,
                        resource,
                        read(raw) if len(raw) <= MAX_ATTRIBUTES else _too_many(),
                        item.body,
                        any_value,
                        item.event_name,
                        item.time_unix_nano or item.observed_time_unix_nano,
                        item.trace_id,
                        item.span_id,
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)

    def _metrics_protobuf(self, request: _Request, body: bytes) -> None:
        for resource, scope, items in self._protobuf(request, body, lazy_schema.METRICS_WHOLE, lazy_schema.METRIC):
            for item in items:
                kind = item.WhichOneof("data")
                if kind is None:
                    request.drop(DropReason.MALFORMED, "metric")
                    continue
                data = getattr(item, kind)
                metric = _metric(request, resource, scope, _text(item.name), _text(item.unit), kind, data)
                for point in data.data_points if metric else ():
                    try:
                        value = _protobuf_value(kind, point)
                        if len(point.attributes) > MAX_ATTRIBUTES:
                            _too_many()
                        metric.add(
                            self._memo.read(point.attributes),
                            point.start_time_unix_nano,
                            point.time_unix_nano,
                            None if point.flags & _NO_VALUE else value,
                            None if kind in ("sum", "gauge") else point.count,
                        )
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)

    def _traces_protobuf(self, request: _Request, body: bytes) -> None:
        for resource, _, items in self._protobuf(request, body, lazy_schema.TRACES_WHOLE, lazy_schema.SPAN):
            for item in items:
                try:
                    if len(item.attributes) > MAX_ATTRIBUTES:
                        _too_many()
                    _span(
                        request,
                        resource,
                        _text(item.name),
                        self._memo.read(item.attributes),
                        (item.trace_id, item.span_id, item.parent_span_id),
                        item.start_time_unix_nano,
                        item.end_time_unix_nano,
                        item.status.code,
                        len(item.events),
                    )
                except BadRecord as bad:
                    request.drop(bad.reason, bad.what)

    def _protobuf(
        self, request: _Request, body: bytes, whole: Any, single: Any
    ) -> Iterable[tuple[_Resource, tuple[str, str], Iterable[Any]]]:
        """Resource, scope and items of each group; a request with a broken item is read item by item."""
        try:
            message = whole.FromString(body)
            parse = None
        except ProtobufDecodeError:
            try:
                message = lazy_schema.LOGS_SPLIT.FromString(body)
            except ProtobufDecodeError:
                raise BadRecord(DropReason.MALFORMED, "request") from None
            parse = single
        for group in message.resources:
            try:
                resource = self._protobuf_resource(group.resource)
            except BadRecord as bad:
                request.drop(bad.reason, "resource", sum(len(part.items) for part in group.scopes))
                continue
            for part in group.scopes:
                items = part.items if parse is None else _parse_each(request, parse, part.items)
                yield resource, _scope(part.scope), items

    def _protobuf_resource(self, data: bytes) -> _Resource:
        found = self._resources.get(data)
        if found is None:
            try:
                message = lazy_schema.RESOURCE.FromString(data)
            except ProtobufDecodeError:
                raise BadRecord(DropReason.MALFORMED, "resource") from None
            if len(message.attributes) > MAX_ATTRIBUTES:
                _too_many()
            found = self._resource(self._memo.read(message.attributes))
            if len(self._resources) >= _RESOURCES:
                self._resources.clear()
            if len(data) < 4096:
                self._resources[data] = found
        return found

    def _resource(self, attributes: dict[str, AttributeValue]) -> _Resource:
        """One object for equal resources, so that later steps can tell by identity that they know it."""
        content = canonical(attributes)
        found = self._by_content.get(content)
        if found is None:
            found = _Resource(attributes, content)
            if len(self._by_content) >= _RESOURCES:
                self._by_content.clear()
            if len(content) < 8192:
                self._by_content[content] = found
        return found

    # --- JSON -----------------------------------------------------------------------------------------------------

    def _logs_json(self, request: _Request, body: bytes) -> None:
        integer, hex_id = json_schema.integer, json_schema.hex_id
        for resource, _, items in self._json(request, body, _LOGS, ("resourceLogs", "scopeLogs", "logRecords")):
            for item in items:
                try:
                    if item.attributes is not None and len(item.attributes) > MAX_ATTRIBUTES:
                        _too_many()
                    _log(
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

    def _metrics_json(self, request: _Request, body: bytes) -> None:
        integer = json_schema.integer
        for resource, scope, items in self._json(
            request, body, _METRICS, ("resourceMetrics", "scopeMetrics", "metrics")
        ):
            for item in items:
                kind = next((name for name in _DATA if getattr(item, name) is not None), None)
                if kind is None:
                    request.drop(DropReason.MALFORMED, "metric")
                    continue
                data = getattr(item, kind)
                metric = _metric(request, resource, scope, item.name or "", item.unit or "", kind, data)
                for point in data.data_points or () if metric else ():
                    try:
                        if point.attributes is not None and len(point.attributes) > MAX_ATTRIBUTES:
                            _too_many()
                        metric.add(
                            json_schema.attributes(point.attributes),
                            integer(point.start_time_unix_nano),
                            integer(point.time_unix_nano),
                            None if (point.flags or 0) & _NO_VALUE else _json_value(kind, point),
                            None if kind in ("sum", "gauge") else integer(point.count),
                        )
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)

    def _traces_json(self, request: _Request, body: bytes) -> None:
        integer, hex_id = json_schema.integer, json_schema.hex_id
        for resource, _, items in self._json(request, body, _TRACES, ("resourceSpans", "scopeSpans", "spans")):
            for item in items:
                try:
                    if item.attributes is not None and len(item.attributes) > MAX_ATTRIBUTES:
                        _too_many()
                    _span(
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

    def _json(
        self, request: _Request, body: bytes, signal: _JsonSignal, names: tuple[str, str, str]
    ) -> Iterable[tuple[_Resource, tuple[str, str], Iterable[Any]]]:
        try:
            groups = signal.decoder.decode(body).resources or ()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            yield from self._json_each(request, body, signal, names)
            return
        for group in groups:
            try:
                resource = self._json_resource(group.resource)
            except BadRecord as bad:
                lost = sum(len(part.items or ()) for part in group.scopes or ())
                request.drop(bad.reason, "resource", lost)
                continue
            for part in group.scopes or ():
                scope = part.scope
                yield resource, (scope.name or "", scope.version or "") if scope else ("", ""), part.items or ()

    def _json_each(
        self, request: _Request, body: bytes, signal: _JsonSignal, names: tuple[str, str, str]
    ) -> Iterable[tuple[_Resource, tuple[str, str], Iterable[Any]]]:
        """The same, one record at a time, for a request in which something has the wrong type."""
        try:
            document = json_schema.lenient(body)
        except (ValueError, RecursionError):
            raise BadRecord(DropReason.MALFORMED, "request") from None
        if not isinstance(document, dict):
            raise BadRecord(DropReason.MALFORMED, "request")
        for group in _objects(request, document.get(names[0]), "resource"):
            try:
                resource = self._json_resource(_convert(group.get("resource"), json_schema.Resource, "resource"))
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
                        items.append(_convert(item, signal.item, "record"))
                    except BadRecord as bad:
                        request.drop(bad.reason, bad.what)
                yield resource, (scope.name or "", scope.version or "") if scope else ("", ""), items

    def _json_resource(self, resource: json_schema.Resource | None) -> _Resource:
        items = resource.attributes if resource is not None else None
        if items is not None and len(items) > MAX_ATTRIBUTES:
            _too_many()
        return self._resource(json_schema.attributes(items))


# --- the same for both encodings ----------------------------------------------------------------------------------


def _log(
    request: _Request,
    resource: _Resource,
    attributes: dict[str, AttributeValue],
    body: Any,
    read_body: Callable[[Any], AttributeValue],
    event_name: bytes | str | None,
    time_ns: int,
    trace_id: bytes | None,
    span_id: bytes | None,
) -> None:
    get = attributes.get
    name = get("event.name")
    text: AttributeValue = None
    if name.__class__ is not str or not name:
        text = read_body(body) if body else None
        name = text if isinstance(text, str) and text else _text(event_name)
    sequence = get("event.sequence")
    if sequence is not None:
        key = (
            f"{get('session.id')}\x1f{name}\x1f{time_ns}\x1f{sequence}\x1f{get('request_id')}\x1f{get('tool_use_id')}"
            f"\x1f{get('prompt.id')}\x1f{get('message.uuid')}\x1f{get('agent_id')}"
        ).encode("utf-8", "surrogatepass")
    else:
        if text is None and body:
            text = read_body(body)
        content = f"{time_ns};{canonical(text)}{canonical(attributes)}"
        digest = blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        times = request.seen[digest] = request.seen.get(digest, -1) + 1
        key = digest + times.to_bytes(4, "big")
    span = None
    if trace_id or trace_id is None or span_id or span_id is None:
        if trace_id is not None and span_id is not None and len(trace_id) == 16 and len(span_id) in (0, 8):
            span = Span(trace_id=trace_id, span_id=span_id, parent_span_id=b"", end_ns=0, status_code=0)
        else:
            request.drop(DropReason.BAD_ID, "log")
    request.add(
        RawEvent(
            agent="",
            source=Source.OTEL_LOG,
            name=name[:MAX_NAME],  # type: ignore[index,arg-type]
            at_ns=time_ns if EARLIEST_NS <= time_ns < LATEST_NS else request.time(time_ns),
            received_us=request.received_us,
            key=key,
            attributes=attributes,
            resource=resource.attributes,
            span=span,
        )
    )


def _span(
    request: _Request,
    resource: _Resource,
    name: str,
    attributes: dict[str, AttributeValue],
    ids: tuple[bytes | None, bytes | None, bytes | None],
    start_ns: int,
    end_ns: int,
    status: int,
    events: int,
) -> None:
    trace_id, span_id, parent_id = ids
    if (
        trace_id is None
        or span_id is None
        or len(trace_id) != 16
        or len(span_id) != 8
        or not any(trace_id)
        or not any(span_id)
    ):
        raise BadRecord(DropReason.BAD_ID, "span")
    if parent_id is None or len(parent_id) not in (0, 8):
        request.drop(DropReason.BAD_ID, "parent_span")
        parent_id = b""
    if events:
        request.drop(DropReason.NOT_RELEASED, "span.events", events)
    at_ns = request.time(start_ns)
    request.add(
        RawEvent(
            agent="",
            source=Source.OTEL_SPAN,
            name=name[:MAX_NAME],
            at_ns=at_ns,
            received_us=request.received_us,
            key=trace_id + span_id,
            attributes=attributes,
            resource=resource.attributes,
            span=Span(
                trace_id=trace_id,
                span_id=span_id,
                parent_span_id=parent_id,
                end_ns=end_ns if at_ns <= end_ns < LATEST_NS else 0,
                status_code=status if status in (0, 1, 2) else 0,
            ),
        )
    )


@dataclass(slots=True)
class _Metric:
    """One metric of one resource and scope, to which points are added."""

    request: _Request
    resource: _Resource
    name: str
    unit: str
    cumulative: bool
    monotonic: bool
    content: str  # of resource, scope and name

    def add(
        self,
        attributes: dict[str, AttributeValue],
        start_ns: int,
        time_ns: int,
        value: float | None,
        count: int | None,
    ) -> None:
        if value is None or not math.isfinite(value):
            raise BadRecord(DropReason.BAD_NUMBER, "point")
        stream = blake2b(
            f"{self.content}{canonical(attributes)}{start_ns}".encode("utf-8", "surrogatepass"), digest_size=16
        ).hexdigest()
        self.request.add(
            RawEvent(
                agent="",
                source=Source.OTEL_METRIC,
                name=self.name,
                at_ns=self.request.time(time_ns),
                received_us=self.request.received_us,
                key=f"{stream}{time_ns};{canonical(value)}".encode(),
                attributes=attributes,
                resource=self.resource.attributes,
                point=Point(
                    value=value,
                    count=count,
                    start_ns=start_ns,
                    cumulative=self.cumulative,
                    monotonic=self.monotonic,
                    unit=self.unit,
                    stream=stream,
                ),
            )
        )


def _metric(
    request: _Request, resource: _Resource, scope: tuple[str, str], name: str, unit: str, kind: str, data: Any
) -> _Metric | None:
    """The metric, or None where its points cannot be read for a reason that holds for all of them."""
    cumulative = False
    if kind in ("sum", "histogram", "exponential_histogram"):
        temporality = data.aggregation_temporality
        if temporality not in (_DELTA, _CUMULATIVE):
            request.drop(DropReason.MALFORMED, "temporality", len(data.data_points or ()))
            return None
        cumulative = temporality == _CUMULATIVE
    elif kind == "summary":
        cumulative = True
    return _Metric(
        request=request,
        resource=resource,
        name=name[:MAX_NAME],
        unit=unit[:64],
        cumulative=cumulative,
        monotonic=bool(data.is_monotonic) if kind == "sum" else kind != "gauge",
        content=f"{resource.content}{canonical([*scope, name])}",
    )


_DATA = ("sum", "gauge", "histogram", "exponential_histogram", "summary")


def _protobuf_value(kind: str, point: Any) -> float | None:
    if kind in ("sum", "gauge"):
        which = point.WhichOneof("value")
        return None if which is None else getattr(point, which)  # type: ignore[no-any-return]
    if kind == "summary" or point.HasField("sum"):
        return point.sum  # type: ignore[no-any-return]
    return None


def _json_value(kind: str, point: json_schema.DataPoint) -> float | None:
    if kind in ("sum", "gauge"):
        if point.as_int is not None:
            return json_schema.integer(point.as_int, -(2**63), 2**63)
        return None if point.as_double is None else json_schema.double(point.as_double)
    if point.sum is None:
        return 0.0 if kind == "summary" else None  # a summary's sum has no presence: absent is zero
    return json_schema.double(point.sum)


# --- small parts --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _JsonSignal:
    decoder: msgspec.json.Decoder[Any]
    item: Any


_LOGS = _JsonSignal(msgspec.json.Decoder(json_schema.LogsRequest), json_schema.LogRecord)
_METRICS = _JsonSignal(msgspec.json.Decoder(json_schema.MetricsRequest), json_schema.Metric)
_TRACES = _JsonSignal(msgspec.json.Decoder(json_schema.TracesRequest), json_schema.Span)


def _too_many() -> Any:
    raise BadRecord(DropReason.TOO_LARGE, "attributes")


def _text(data: bytes | str | None) -> str:
    if not data:
        return ""
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


def _scope(data: bytes) -> tuple[str, str]:
    try:
        scope = lazy_schema.SCOPE.FromString(data)
    except ProtobufDecodeError:
        return "", ""
    return _text(scope.name), _text(scope.version)


def _parse_each(request: _Request, single: Any, items: Iterable[bytes]) -> Iterable[Any]:
    for data in items:
        try:
            yield single.FromString(data)
        except ProtobufDecodeError:
            request.drop(DropReason.MALFORMED, "record")


def _objects(request: _Request, items: Any, what: str) -> Iterable[dict[str, Any]]:
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


def _convert(item: Any, type_: Any, what: str) -> Any:
    try:
        return msgspec.convert(item, type_) if item is not None else None
    except (msgspec.ValidationError, RecursionError, OverflowError):
        raise BadRecord(DropReason.MALFORMED, what) from None
