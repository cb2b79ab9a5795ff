"""Reads an OTLP/JSON request before it is acknowledged, and takes single bad records out.

A small request is read in one go, into types. A large one, or one with something wrong in it, is taken apart level by
level without reading what is inside (`msgspec.Raw`), and its records are read one by one: so a bad record costs itself
only, and a large body never exists as objects all at once.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Raw

from tachograph.inputs.otlp.json_types import DataPoint, LogRecord, Resource, Scope, Span
from tachograph.inputs.otlp.records import NO_RECORDED_VALUE
from tachograph.inputs.otlp.signals import LOGS, METRICS, TRACES, Signal
from tachograph.inputs.otlp.verdict import Buffer, Verdict
from tachograph_sdk.errors import DecodeError, PayloadTooLarge
from tachograph_sdk.model.event import DropReason

__all__ = ["WHOLE_BYTES", "validate_json"]

WHOLE_BYTES: Final = 256 * 1024
UTF8_STEP: Final = 1024 * 1024
# Each brace or bracket can cost a hundred bytes of memory. Telemetry has one in 20 to 30 bytes.
MOST_BRACES: Final = 200_000
BYTES_PER_BRACE: Final = 16

_Recheck = Callable[[Any], DropReason | None]


class _Struct(msgspec.Struct, gc=False):
    """A JSON object; keys are written as in the protocol."""


class _WholeScopeLogs(_Struct):
    scope: Scope | None = None
    logRecords: list[LogRecord] | None = None  # noqa: N815 - the protocol's key
    schemaUrl: str | None = None  # noqa: N815


class _WholeScopeSpans(_Struct):
    scope: Scope | None = None
    spans: list[Span] | None = None
    schemaUrl: str | None = None  # noqa: N815


class _WholeData(_Struct):
    dataPoints: list[DataPoint] | None = None  # noqa: N815
    aggregationTemporality: int | None = None  # noqa: N815
    isMonotonic: bool | None = None  # noqa: N815


class _WholeMetric(_Struct):
    name: str | None = None
    description: str | None = None
    unit: str | None = None
    gauge: _WholeData | None = None
    sum: _WholeData | None = None
    histogram: _WholeData | None = None
    exponentialHistogram: _WholeData | None = None  # noqa: N815
    summary: _WholeData | None = None


class _WholeScopeMetrics(_Struct):
    scope: Scope | None = None
    metrics: list[_WholeMetric] | None = None
    schemaUrl: str | None = None  # noqa: N815


class _WholeResourceLogs(_Struct):
    resource: Resource | None = None
    scopeLogs: list[_WholeScopeLogs] | None = None  # noqa: N815
    schemaUrl: str | None = None  # noqa: N815


class _WholeResourceSpans(_Struct):
    resource: Resource | None = None
    scopeSpans: list[_WholeScopeSpans] | None = None  # noqa: N815
    schemaUrl: str | None = None  # noqa: N815


class _WholeResourceMetrics(_Struct):
    resource: Resource | None = None
    scopeMetrics: list[_WholeScopeMetrics] | None = None  # noqa: N815
    schemaUrl: str | None = None  # noqa: N815


class _WholeLogs(_Struct):
    resourceLogs: list[_WholeResourceLogs] | None = None  # noqa: N815


class _WholeTraces(_Struct):
    resourceSpans: list[_WholeResourceSpans] | None = None  # noqa: N815


class _WholeMetrics(_Struct):
    resourceMetrics: list[_WholeResourceMetrics] | None = None  # noqa: N815


def _no_recheck(_record: Any) -> None:
    return None


def _recheck_number(point: DataPoint) -> DropReason | None:
    if point.as_double is None and point.as_int is None and not (point.flags or 0) & NO_RECORDED_VALUE:
        return DropReason.BAD_NUMBER
    return None


def _recheck_histogram(point: DataPoint) -> DropReason | None:
    buckets, bounds = len(point.bucket_counts or ()), len(point.explicit_bounds or ())
    return DropReason.BAD_NUMBER if buckets != (bounds + 1 if buckets or bounds else 0) else None


_POINT_CHECKS: Final[dict[str, _Recheck]] = {
    "gauge": _recheck_number,
    "sum": _recheck_number,
    "histogram": _recheck_histogram,
    "exponentialHistogram": _no_recheck,
    "summary": _no_recheck,
}
_SHAPES: Final[dict[str, tuple[str, str, str]]] = {
    LOGS.name: ("resourceLogs", "scopeLogs", "logRecords"),
    TRACES.name: ("resourceSpans", "scopeSpans", "spans"),
    METRICS.name: ("resourceMetrics", "scopeMetrics", "metrics"),
}
_RECORDS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    LOGS.name: msgspec.json.Decoder(LogRecord),
    TRACES.name: msgspec.json.Decoder(Span),
}
_WHOLE: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    LOGS.name: msgspec.json.Decoder(_WholeLogs),
    TRACES.name: msgspec.json.Decoder(_WholeTraces),
    METRICS.name: msgspec.json.Decoder(_WholeMetrics),
}
_POINT: Final = msgspec.json.Decoder(DataPoint)
_FIELDS: Final = msgspec.json.Decoder(dict[str, Raw])
_ITEMS: Final = msgspec.json.Decoder(list[Raw] | None)
_Decoders = dict[str, msgspec.json.Decoder[Any]]
_TEXT: Final[msgspec.json.Decoder[Any]] = msgspec.json.Decoder(str | None)
_AROUND_NOTHING: Final[_Decoders] = {}
_AROUND_SCOPES: Final[_Decoders] = {"resource": msgspec.json.Decoder(Resource | None), "schemaUrl": _TEXT}
_AROUND_RECORDS: Final[_Decoders] = {"scope": msgspec.json.Decoder(Scope | None), "schemaUrl": _TEXT}
_AROUND_DATA: Final[_Decoders] = {"name": _TEXT, "description": _TEXT, "unit": _TEXT}
_AROUND_POINTS: Final[_Decoders] = {
    "aggregationTemporality": msgspec.json.Decoder(int | None),
    "isMonotonic": msgspec.json.Decoder(bool | None),
}


def validate_json(signal: Signal, body: bytes | bytearray) -> Verdict:
    """What of the body may be kept.

    Raises:
        DecodeError: it is no JSON, or what is around the records has the wrong types.
        PayloadTooLarge: it has more parts than anybody needs.
    """
    verdict = Verdict(body=body)
    if len(body) <= WHOLE_BYTES:
        try:
            whole = _WHOLE[signal.name].decode(body)
            if body.isascii() or _is_utf8(body):
                refused = _recheck(signal, whole, verdict)
                if not refused:
                    return verdict
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # the other way finds out what exactly is wrong
    return _apart(signal, body)


def _recheck(signal: Signal, whole: Any, verdict: Verdict) -> bool:
    """Count the records of a request that has the right types. True if one of them is unfit all the same."""
    count = 0
    if signal is LOGS:
        for of_resource in whole.resourceLogs or ():
            for of_scope in of_resource.scopeLogs or ():
                count += len(of_scope.logRecords or ())
    elif signal is TRACES:
        for of_resource in whole.resourceSpans or ():
            for of_scope in of_resource.scopeSpans or ():
                count += len(of_scope.spans or ())
    else:
        for of_resource in whole.resourceMetrics or ():
            for of_scope in of_resource.scopeMetrics or ():
                for metric in of_scope.metrics or ():
                    for name, check in _POINT_CHECKS.items():
                        data = getattr(metric, name)
                        if data is not None and data.dataPoints:
                            if any(check(point) for point in data.dataPoints):
                                return True
                            count += len(data.dataPoints)
    verdict.accepted = count
    return False


def _apart(signal: Signal, body: bytes | bytearray) -> Verdict:
    if body.count(b"{") + body.count(b"[") > MOST_BRACES + len(body) // BYTES_PER_BRACE:
        raise PayloadTooLarge("the body has too many parts for its size")
    if not (body.isascii() or _is_utf8(body)):
        raise DecodeError("the body is not UTF-8")
    try:
        try:
            return _Apart(signal, body).verdict
        except msgspec.ValidationError:
            raise DecodeError("the body is JSON, but not a request of this kind") from None
        except msgspec.DecodeError:
            mended = _mend_surrogates(body)
            if mended is None:
                raise DecodeError("the body is not valid JSON") from None
            return _Apart(signal, mended).verdict
    except msgspec.MsgspecError:
        raise DecodeError("the body is not valid JSON") from None
    except RecursionError:
        raise DecodeError("the body is nested too deeply") from None


class _Apart:
    """One request, taken apart down to its records."""

    def __init__(self, signal: Signal, body: bytes | bytearray) -> None:
        self._signal = signal
        self.verdict = Verdict(body=body)
        resources, scopes, records = _SHAPES[signal.name]
        read = self._metric if signal is METRICS else self._record

        def of_scope(raw: Raw) -> Raw:
            return self._object(raw, records, read, _AROUND_RECORDS)

        def of_resource(raw: Raw) -> Raw:
            return self._object(raw, scopes, of_scope, _AROUND_SCOPES)

        written = self._object(Raw(body), resources, of_resource, _AROUND_NOTHING)
        if self.verdict.refused_count:
            self.verdict.body = bytes(written)

    def _object(self, raw: Raw, key: str, read: Callable[[Raw], Raw | None], around: _Decoders) -> Raw:
        """Check an object whose list `key` holds what `read` reads; its new text, without what `read` left out."""
        fields = _FIELDS.decode(raw)
        for name, decoder in around.items():
            if name in fields:
                decoder.decode(fields[name])
        if key not in fields:
            return raw
        before = self.verdict.refused_count
        items = [read(item) for item in _ITEMS.decode(fields[key]) or ()]
        if self.verdict.refused_count == before:
            return raw
        fields[key] = _encode([item for item in items if item is not None])
        return _encode(fields)

    def _record(self, raw: Raw) -> Raw | None:
        return raw if self._take(_RECORDS[self._signal.name], raw, _no_recheck) else None

    def _metric(self, raw: Raw) -> Raw:
        fields = _FIELDS.decode(raw)
        for name, decoder in _AROUND_DATA.items():
            if name in fields:
                decoder.decode(fields[name])
        before = self.verdict.refused_count
        for name, check in _POINT_CHECKS.items():
            if name in fields and bytes(fields[name]).strip() != b"null":
                read = partial(self._point, check)
                fields[name] = self._object(fields[name], "dataPoints", read, _AROUND_POINTS)
        return _encode(fields) if self.verdict.refused_count > before else raw

    def _point(self, check: _Recheck, raw: Raw) -> Raw | None:
        return raw if self._take(_POINT, raw, check) else None

    def _take(self, decoder: msgspec.json.Decoder[Any], raw: Raw, check: _Recheck) -> bool:
        try:
            reason = check(decoder.decode(raw))
        except msgspec.ValidationError as error:
            reason = _reason(str(error))
        if reason is None:
            self.verdict.accepted += 1
            return True
        self.verdict.refuse(reason)
        return False


def _reason(text: str) -> DropReason:
    """What a type error was about, from the place it names (`… - at `$.traceId``)."""
    place = text.rpartition("`$.")[2].rstrip("`") + " " + text
    field = place.partition(" ")[0]
    if field in {"traceId", "spanId", "parentSpanId"} or "`traceId`" in text or "`spanId`" in text:
        return DropReason.BAD_ID
    if "range" in text or "<=" in text or ">=" in text or "matching regex" in text:
        if field.endswith("UnixNano"):
            return DropReason.BAD_TIME
        if field in {"asDouble", "asInt", "sum", "count"}:
            return DropReason.BAD_NUMBER
    return DropReason.MALFORMED


def _encode(value: Any) -> Raw:
    return Raw(msgspec.json.encode(value))


def _is_utf8(body: Buffer) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for start in range(0, len(view), UTF8_STEP):
            decoder.decode(view[start : start + UTF8_STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_ESCAPES: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def _mend_surrogates(body: bytes | bytearray) -> bytes | None:
    r"""Replace half surrogate pairs by \ufffd, as protobuf libraries do; None if there are none.

    JavaScript cuts texts between the halves of an emoji, and its JSON then has an escape no Unicode text can hold.
    """
    if b"\\ud" not in body and b"\\uD" not in body:
        return None
    mended = _ESCAPES.sub(lambda found: b"\\ufffd" if found[1] else found[0], body)
    return mended if mended != body else None
