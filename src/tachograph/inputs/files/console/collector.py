"""The text of the Collector's debug exporter with `verbosity: detailed`, line by line: log records and metrics.

A resource begins with `ResourceLog #0` or `ResourceMetrics #0`, behind what the Collector's log puts before it; then come
`Resource attributes:` as `     -> service.name: Str(claude-code)`, scopes, records and points, each field on a line. Spans
are passed over: they say again what events say.

Shortened forms are read too: records without a resource, a body that is a JSON object, and a `Name:` with a `Value:` within
the fourteen lines that follow.
Source: opentelemetry-collector, exporter/internal/otlptext (databuffer.go, logs.go, metrics.go).
"""

from __future__ import annotations

import json
import re
from calendar import timegm
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tachograph.inputs.files.console.one_line import number_of
from tachograph_sdk.model.event import AttributeValue

__all__ = ["CollectorText", "TextPoint", "TextRecord"]

LOOSE_LINES: Final = 14
_RESOURCE: Final = re.compile(r"(?:.*\s)?Resource(Log|Logs|Metrics|Spans) #[0-9]{1,9}$")
_SCOPE: Final = re.compile(r"Scope(?:Logs|Metrics|Spans) #[0-9]{1,9}$")
_LOG: Final = re.compile(r"LogRecord #[0-9]{1,9}$")
_METRIC: Final = re.compile(r"Metric #[0-9]{1,9}$")
_SPAN: Final = re.compile(r"Span #[0-9]{1,9}$")
_POINTS: Final = re.compile(r"(?:Number|Histogram|ExponentialHistogram|Summary)DataPoints #[0-9]{1,9}$")
_LIST: Final = re.compile(r"(Resource|InstrumentationScope|Data point|Exemplar)? ?[Aa]ttributes:$")
_ITEM: Final = re.compile(r"\s*-> ([^:\s][^:]{0,255}): (.*)$")
_FIELD: Final = re.compile(r"([A-Z][A-Za-z ]{1,31}):(?: (.*))?$")
_LOOSE_NAME: Final = re.compile(r"(?:.*\s)?Name: ([A-Za-z_][A-Za-z0-9_./-]{0,127})\s*$")
_LOOSE_VALUE: Final = re.compile(r"(?:.*\s)?Value: (\S{1,64})\s*$")
_TYPED: Final = re.compile(r"(Empty|Str|Bool|Int|Double|Map|Slice|Bytes)\((.*)\)$", re.DOTALL)
_OPEN: Final = re.compile(r"(?:Str|Map|Slice)\(")
_TIME: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(?: ?\+0000 UTC|Z| UTC)?$"
)
_END: Final = re.compile(r"\t?\{\"(?:kind|resource|otelcol\.component\.id)\": ?[\"{].*\}$")
_TEMPORALITY: Final = {"Cumulative": True, "Delta": False}
_MOST_ATTRIBUTES: Final = 4096
_MOST_TEXT_LINES: Final = 10_000  # of one value


@dataclass(slots=True)
class TextRecord:
    """A log record. It may hold anything, so it is never stored, logged or shown."""

    resource: dict[str, AttributeValue]
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    body: AttributeValue = None
    event_name: str | None = None
    time_ns: int = 0
    observed_ns: int = 0
    trace_id: str = ""
    span_id: str = ""

    def __repr__(self) -> str:
        return f"TextRecord({len(self.attributes)} attributes)"


@dataclass(slots=True)
class TextPoint:
    """A point of a metric; the same holds."""

    resource: dict[str, AttributeValue]
    name: str
    unit: str
    monotonic: bool
    cumulative: bool | None  # None where the text does not say
    attributes: dict[str, AttributeValue]
    start_ns: int
    time_ns: int
    value: int | float | None  # None where it is no number
    count: int | None = None  # of a histogram

    def __repr__(self) -> str:
        return f"TextPoint({self.name!r}, {len(self.attributes)} attributes)"


@dataclass(slots=True)
class _Metric:
    name: str = ""
    unit: str = ""
    monotonic: bool = True
    cumulative: bool | None = None
    left: int | None = None  # lines in which a value may still come, in the loose form


@dataclass(slots=True)
class _Point:
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    start_ns: int = 0
    time_ns: int = 0
    count: int | None = None


class CollectorText:
    """Takes the lines of a text in order and gives away each record when it is whole.

    Args:
        on_record, on_point: take what is whole.
    """

    def __init__(self, on_record: Callable[[TextRecord], None], on_point: Callable[[TextPoint], None]) -> None:
        self.is_open = False  # within what the exporter wrote at once
        self.opens_at = (0, 0)  # bytes and lines before that
        self.spans = 0
        self._on_record = on_record
        self._on_point = on_point
        self._is_headed = False  # by a resource
        self._resource: dict[str, AttributeValue] = {}
        self._record: TextRecord | None = None
        self._metric: _Metric | None = None
        self._point: _Point | None = None
        self._items: dict[str, AttributeValue] | None = None  # of the list that is being read
        self._key = ""  # of a text that goes on over more lines
        self._text: list[str] = []

    @property
    def is_within_record(self) -> bool:
        """Whether a record was begun that may not be whole."""
        return self._record is not None

    def take(self, line: str, at: tuple[int, int]) -> bool:
        """Read one line; whether it was the exporter's. `at`: bytes and lines before it."""
        if _RESOURCE.match(line):  # also within a text, which was cut off then
            self._begin(at, is_headed=True)
            return True
        if self._key:
            return self._go_on(line)
        metric = self._metric
        if metric is not None and metric.left is not None:
            metric.left -= 1
            if metric.left < 0:
                self._leave_metric()
        if not self.is_open:
            if not (_LOG.match(line) or _METRIC.match(line) or line == "Descriptor:" or _LOOSE_NAME.match(line)):
                return False
            self._begin(at, is_headed=False)
        return self._line(line)

    def end(self) -> None:
        """No more lines will come: what was begun is given away as it is."""
        self._close_text()
        self._finish_record()
        self.is_open = False
        self._metric = self._point = self._items = None

    def _begin(self, at: tuple[int, int], *, is_headed: bool) -> None:
        self.end()
        self.is_open = True
        self.opens_at = at
        self._is_headed = is_headed
        self._resource = {}

    def _leave_metric(self) -> None:
        self._metric = self._point = self._items = None
        self.is_open = self._is_headed

    def _line(self, line: str) -> bool:
        if (item := _ITEM.match(line)) is not None:
            return self._item(item.group(1), item.group(2))
        if _SCOPE.match(line) or _SPAN.match(line):
            self._finish_record()
            self.spans += line.startswith("Span ")
            self._metric = self._point = self._items = None
        elif _LOG.match(line):
            self._finish_record()
            self._metric = self._point = None
            self._record = TextRecord(self._resource)
        elif _METRIC.match(line):
            self._finish_record()
            self._metric, self._point, self._items = _Metric(), None, None
        elif line == "Descriptor:":
            self._metric = self._metric or _Metric()
        elif _POINTS.match(line):
            self._point, self._items = _Point(), None
            if self._metric is not None:
                self._metric.left = None
        elif self._is_free and (named := _LOOSE_NAME.match(line)) is not None:
            self._metric, self._point = _Metric(name=named.group(1), left=LOOSE_LINES), None
        elif self._is_loose and (value := _LOOSE_VALUE.match(line)) is not None:
            self._give_point(value.group(1))
        elif (start := _LIST.match(line)) is not None:
            self._items = self._list_for(start.group(1))
        elif _END.match(line):
            self.end()
        elif (said := _FIELD.match(line)) is not None:
            return self._field(said.group(1), said.group(2) or "")
        else:
            return False
        return True

    @property
    def _is_loose(self) -> bool:
        return self._metric is not None and self._metric.left is not None

    @property
    def _is_free(self) -> bool:
        """Whether a name that stands by itself begins a metric here."""
        return self._record is None and (self._metric is None or self._metric.left is not None)

    def _list_for(self, of: str | None) -> dict[str, AttributeValue] | None:
        if of == "Resource":
            return self._resource
        if of == "Data point":
            if self._point is None:
                self._point = _Point()
            return self._point.attributes
        return self._record.attributes if of is None and self._record is not None else None

    def _item(self, key: str, said: str) -> bool:
        metric = self._metric
        if self._items is not None:
            if len(self._items) >= _MOST_ATTRIBUTES:
                return True
            if _OPEN.match(said) and not said.endswith(")"):
                self._key, self._text = key, [said]
            else:
                self._items.setdefault(key, _value(said))
        elif key == "Name" and self._is_free:
            self._metric, self._point = _Metric(name=said.strip(), left=LOOSE_LINES), None
        elif metric is not None:
            if key == "Name":
                metric.name = said.strip()
            elif key == "Unit":
                metric.unit = said.strip()
            elif key == "IsMonotonic":
                metric.monotonic = said.strip() == "true"
            elif key == "AggregationTemporality":
                metric.cumulative = _TEMPORALITY.get(said.strip())
            elif key == "Value":
                self._give_point(said.strip())
        return True

    def _go_on(self, line: str) -> bool:
        self._text.append(line)
        if line.endswith(")") or len(self._text) > _MOST_TEXT_LINES:
            self._close_text()
        return True

    def _close_text(self) -> None:
        value = _value("\n".join(self._text))
        if self._key and self._items is not None:
            self._items.setdefault(self._key, value)
        elif self._key == "Body" and self._record is not None:
            self._record.body = value
        self._key, self._text = "", []

    def _field(self, name: str, said: str) -> bool:
        if self._record is not None:
            return self._field_of_record(self._record, name, said)
        if self._metric is None:
            return False
        if self._point is None:
            self._point = _Point()
        if name == "StartTimestamp":
            self._point.start_ns = _time_ns(said)
        elif name == "Timestamp":
            self._point.time_ns = _time_ns(said)
        elif name == "Count":
            count = number_of(said.strip())
            self._point.count = count if isinstance(count, int) else None
        elif name in ("Value", "Sum"):
            self._give_point(said.strip())
        else:
            return False
        self._items = None
        return True

    def _field_of_record(self, record: TextRecord, name: str, said: str) -> bool:
        if name == "Body" and _OPEN.match(said) and not said.endswith(")"):
            self._key, self._text = "Body", [said]
        elif name == "Body":
            record.body = _value(said)
        elif name == "Timestamp":
            record.time_ns = _time_ns(said)
        elif name == "ObservedTimestamp":
            record.observed_ns = _time_ns(said)
        elif name == "EventName":
            record.event_name = said.strip()
        elif name == "Trace ID":
            record.trace_id = said.strip()
        elif name == "Span ID":
            record.span_id = said.strip()
        elif name == "Flags":
            self._finish_record()
        elif name not in ("SeverityText", "SeverityNumber"):
            return False
        self._items = None
        return True

    def _give_point(self, said: str) -> None:
        metric, point = self._metric, self._point or _Point()
        if metric is None or not metric.name:
            return
        self._on_point(
            TextPoint(
                self._resource,
                metric.name,
                metric.unit,
                metric.monotonic,
                metric.cumulative,
                point.attributes,
                point.start_ns,
                point.time_ns,
                number_of(said),
                point.count,
            )
        )
        self._point = None
        if metric.left is not None:  # one value to a name
            self._leave_metric()

    def _finish_record(self) -> None:
        record, self._record, self._items = self._record, None, None
        if record is not None:
            self._on_record(record)


def _value(said: str) -> AttributeValue:
    typed = _TYPED.match(said)
    if typed is None:
        return said
    kind, text = typed.groups()
    if kind == "Int":
        number = number_of(text)
        return number if isinstance(number, int) else text
    if kind == "Double":
        return _double(text)
    if kind == "Bool":
        return text == "true"
    if kind in ("Map", "Slice"):
        try:
            told: Any = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return told if isinstance(told, dict | list) else text
    return None if kind == "Empty" else text


def _double(text: str) -> AttributeValue:
    try:
        return float(text)
    except ValueError:
        return text


def _time_ns(said: str) -> int:
    """Nanoseconds since 1970; 0 where it is no time, or the one that stands for none."""
    match = _TIME.match(said.strip())
    if match is None:
        return 0
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    try:
        datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return 0
    return timegm((year, month, day, hour, minute, second)) * 10**9 + int((match.group(7) or "0").ljust(9, "0"))
