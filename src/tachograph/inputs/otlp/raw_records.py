"""What a record becomes once its encoding no longer matters: name, time, key and limits, the same for all.

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
from typing import Any, NoReturn

from tachograph.inputs.otlp.attributes import BadRecord, canonical
from tachograph.ports import Drops
from tachograph_sdk.model.event import AttributeValue, DropReason, Point, RawEvent, Source, Span

__all__ = [
    "DATA",
    "MAX_ATTRIBUTES",
    "Decoded",
    "MetricPoints",
    "Request",
    "Resource",
    "Resources",
    "TooManyRecords",
    "add_log",
    "add_span",
    "hex_id",
    "metric_points",
    "text_of",
    "too_many",
]

MAX_ATTRIBUTES = 1024  # of one record or resource
MAX_RECORDS = 100_000  # of one request; 64 MiB of real ones are fewer
MAX_WAITING = 50_000  # attributes in memory at once
MAX_NAME = 256

EARLIEST_NS = 315_532_800 * 10**9  # 1980
LATEST_NS = 7_258_118_400 * 10**9  # 2200

_DELTA, _CUMULATIVE = 1, 2
_RESOURCES = 4096  # remembered, then the memo starts again

DATA = ("sum", "gauge", "histogram", "exponential_histogram", "summary")
"""The types of metric."""


class TooManyRecords(Exception):
    """The request has more records than any client sends: the rest is counted, not read."""


@dataclass(slots=True)
class Decoded:
    """What one request held."""

    records: list[RawEvent] = field(default_factory=list)
    drops: Drops = field(default_factory=dict)
    refused: DropReason | None = None  # the whole request, unread


@dataclass(slots=True)
class Resource:
    """Who sent: the attributes, and the same as canonical text."""

    attributes: Mapping[str, AttributeValue]
    content: str  # canonical


@dataclass(slots=True)
class Request:
    """One request while it is read."""

    received_us: int
    out: Decoded
    sink: Callable[[list[RawEvent]], None] | None = None  # takes what is ready when a request is a large one
    seen: dict[bytes, int] = field(default_factory=dict)  # log records without a sequence, by content
    count: int = 0
    waiting: int = 0  # attributes in out.records

    def drop(self, reason: DropReason, what: str, count: int = 1) -> None:
        """Count what was left out; `what` is one of our words, never input."""
        key = (reason, what)
        self.out.drops[key] = self.out.drops.get(key, 0) + count

    def drop_rest(self, items: Iterable[object]) -> None:
        """Count the record at which TooManyRecords was raised and those after it."""
        self.drop(DropReason.TOO_LARGE, "records", 1 + sum(1 for _ in items))

    def time(self, ns: int) -> int:
        """The record's time, or the time of arrival where it has none that can be."""
        if EARLIEST_NS <= ns < LATEST_NS:
            return ns
        if ns:
            self.drop(DropReason.BAD_TIME, "time")
        return self.received_us * 1000

    def add(self, record: RawEvent) -> None:
        """Keep one record. Raises TooManyRecords if there are more than any client sends."""
        if self.count >= MAX_RECORDS:
            raise TooManyRecords
        self.count += 1
        self.out.records.append(record)
        self.waiting += len(record.attributes) + 1
        if self.waiting > MAX_WAITING and self.sink is not None:
            ready, self.out.records, self.waiting = self.out.records, [], 0
            self.sink(ready)


class Resources:
    """One object for equal resources, so that later steps can tell by identity that they know it."""

    def __init__(self) -> None:
        self._by_content: dict[str, Resource] = {}

    def get(self, attributes: dict[str, AttributeValue]) -> Resource:
        """The resource with these attributes."""
        content = canonical(attributes)
        found = self._by_content.get(content)
        if found is None:
            found = Resource(attributes, content)
            if len(self._by_content) >= _RESOURCES:
                self._by_content.clear()
            if len(content) < 8192:
                self._by_content[content] = found
        return found


def add_log(
    request: Request,
    resource: Resource,
    attributes: dict[str, AttributeValue],
    body: Any,
    read_body: Callable[[Any], AttributeValue],
    event_name: bytes | str | None,
    time_ns: int,
    trace_id: bytes | None,
    span_id: bytes | None,
) -> None:
    """Add one log record; ids are b"" where absent and None where they are none. Raises BadRecord."""
    get: Callable[[str], Any] = attributes.get
    name = get("event.name")
    text: AttributeValue = None
    if name.__class__ is not str or not name:
        text = read_body(body) if body else None
        name = text if isinstance(text, str) and text else text_of(event_name)
    sequence = get("event.sequence")
    if sequence is not None:
        key = (
            f"{get('session.id')}\x1f{name}\x1f{time_ns}\x1f{sequence}\x1f{get('request_id')}\x1f{get('tool_use_id')}"
            f"\x1f{get('prompt.id')}\x1f{get('message.uuid')}\x1f{get('agent_id')}\x1f{get('user.id')}"
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
            name=name[:MAX_NAME],
            at_ns=time_ns if EARLIEST_NS <= time_ns < LATEST_NS else request.time(time_ns),
            received_us=request.received_us,
            key=key,
            attributes=attributes,
            resource=resource.attributes,
            span=span,
        )
    )


def add_span(
    request: Request,
    resource: Resource,
    name: str,
    attributes: dict[str, AttributeValue],
    ids: tuple[bytes | None, bytes | None, bytes | None],
    start_ns: int,
    end_ns: int,
    status: int,
    events: int,
) -> None:
    """Add one span; `ids` are trace, span and parent, None where they are none. Raises BadRecord."""
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
class MetricPoints:
    """One metric of one resource and scope, to which points are added."""

    request: Request
    resource: Resource
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
        """Add one point. Raises BadRecord if it has no finite value."""
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


def metric_points(
    request: Request, resource: Resource, scope: tuple[str, str], name: str, unit: str, kind: str, data: Any
) -> MetricPoints | None:
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
    return MetricPoints(
        request=request,
        resource=resource,
        name=name[:MAX_NAME],
        unit=unit[:64],
        cumulative=cumulative,
        monotonic=bool(data.is_monotonic) if kind == "sum" else kind != "gauge",
        content=f"{resource.content}{canonical([*scope, name])}",
    )


def hex_id(text: object, size: int) -> bytes | None:
    """An id of `size` bytes from hex digits; empty is b"", None is an id of another length or not hex."""
    if not text:
        return b""
    if not isinstance(text, str) or len(text) != 2 * size:
        return None
    try:
        return bytes.fromhex(text) if text.isalnum() else None
    except ValueError:
        return None


def text_of(data: bytes | str | None) -> str:
    """A text field of either encoding."""
    if not data:
        return ""
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


def too_many() -> NoReturn:
    """More attributes than any telemetry has."""
    raise BadRecord(DropReason.TOO_LARGE, "attributes")
