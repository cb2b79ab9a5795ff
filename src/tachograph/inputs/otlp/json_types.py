"""OTLP/JSON as types that refuse what protobuf could not hold: ranges, ids, depth. Parsed and checked in C.

`json_schema` reads the same JSON to take values out of it; these types are there to say no, so they are stricter, and
they know every field of the protocol whose type a client could get wrong.
"""

from __future__ import annotations

import types
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from tachograph.inputs.otlp.records import LATEST_NS

__all__ = ["MOST_LEVELS", "DataPoint", "LogRecord", "Resource", "Scope", "Span"]

MOST_LEVELS: Final = 32
"""Of arrays and maps in an AnyValue. Protobuf libraries stop at 31 maps in each other, from the request on."""


def _up_to(limit: int) -> str:
    """A regular expression for the decimal digits of 0..limit, with leading zeros allowed up to its length."""
    digits = str(limit)
    branches = [f"[0-9]{{1,{len(digits) - 1}}}"]
    for index, digit in enumerate(digits):
        if digit != "0":
            rest = len(digits) - index - 1
            branches.append(digits[:index] + f"[0-{int(digit) - 1}]" + (f"[0-9]{{{rest}}}" if rest else ""))
    return "(?:" + "|".join([*branches, digits]) + ")"


_Int64 = (
    Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    | Annotated[str, Meta(pattern=f"^(?:{_up_to(2**63 - 1)}|-{_up_to(2**63)})$")]
    | None
)
_Uint64 = (
    Annotated[int, Meta(ge=0, le=2**63 - 1)] | Annotated[str, Meta(pattern=f"^{_up_to(2**64 - 1)}$")] | None
)  # a count above 2**63 as a number is refused: msgspec compares in signed 64 bits
_Time = Annotated[int, Meta(ge=0, le=LATEST_NS)] | Annotated[str, Meta(pattern=f"^{_up_to(LATEST_NS)}$")] | None
_Double = (
    float
    | Annotated[str, Meta(pattern=r"^(?:NaN|-?Infinity|-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?)$")]
) | None
_Finite = float | Annotated[str, Meta(pattern=r"^-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,2})?$")] | None
_Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)] | None
_Uint32 = Annotated[int, Meta(ge=0, le=2**32 - 1)] | None
_TraceId = Annotated[str, Meta(pattern="^(?:[0-9a-fA-F]{32})?$")] | None
_SpanId = Annotated[str, Meta(pattern="^(?:[0-9a-fA-F]{16})?$")] | None
_OwnTraceId = Annotated[str, Meta(pattern="^(?!0{32})[0-9a-fA-F]{32}$")]
_OwnSpanId = Annotated[str, Meta(pattern="^(?!0{16})[0-9a-fA-F]{16}$")]
_Base64 = Annotated[str, Meta(pattern="^[A-Za-z0-9+/_-]*={0,2}$")] | None


class _Struct(msgspec.Struct, rename="camel", gc=False):
    """A JSON object with lowerCamelCase keys."""


def _any_value(levels: int) -> tuple[Any, Any]:
    """The types of an AnyValue and of a KeyValue that may hold `levels` more levels."""
    array: Any
    pairs: Any
    fields: list[tuple[str, Any, Any]] = [
        ("string_value", str | None, None),
        ("bool_value", bool | None, None),
        ("int_value", _Int64, None),
        ("double_value", _Double, None),
        ("bytes_value", _Base64, None),
    ]
    if levels:
        inner, pair = _any_value(levels - 1)
        inners, pairs = types.GenericAlias(list, inner), types.GenericAlias(list, pair)
        array = msgspec.defstruct("Array", [("values", inners | None, None)], rename="camel", gc=False)
        pairs = msgspec.defstruct("Pairs", [("values", pairs | None, None)], rename="camel", gc=False)
    else:
        array = pairs = msgspec.defstruct("Nothing", [("values", None, None)], rename="camel", gc=False)
    fields += [("array_value", array | None, None), ("kvlist_value", pairs | None, None)]
    value = msgspec.defstruct("AnyValue", fields, rename="camel", gc=False)
    key_value = msgspec.defstruct(
        "KeyValue", [("key", str | None, None), ("value", value | None, None)], rename="camel", gc=False
    )
    return value, key_value


_AnyValue, _KeyValue = _any_value(MOST_LEVELS)
_Attributes = list[_KeyValue] | None  # type: ignore[valid-type]


class Resource(_Struct):
    """Who sends."""

    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None


class Scope(_Struct):
    """The instrumentation within the sender."""

    name: str | None = None
    version: str | None = None
    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None


class LogRecord(_Struct):
    """One log record."""

    time_unix_nano: _Time = None
    observed_time_unix_nano: _Time = None
    severity_number: _Int32 = None
    severity_text: str | None = None
    body: _AnyValue | None = None  # type: ignore[valid-type]
    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None
    flags: _Uint32 = None
    trace_id: _TraceId = None
    span_id: _SpanId = None
    event_name: str | None = None


class _Exemplar(_Struct):
    filtered_attributes: _Attributes = None
    time_unix_nano: _Time = None
    as_double: _Double = None
    as_int: _Int64 = None
    span_id: _SpanId = None
    trace_id: _TraceId = None


class _Quantile(_Struct):
    quantile: _Double = None
    value: _Double = None


class _Buckets(_Struct):
    offset: _Int32 = None
    bucket_counts: list[_Uint64] | None = None


class DataPoint(_Struct):
    """A data point of any metric type: each uses some of these."""

    start_time_unix_nano: _Time = None
    time_unix_nano: _Time = None
    as_double: _Finite = None
    as_int: _Int64 = None
    count: _Uint64 = None
    sum: _Finite = None
    min: _Double = None
    max: _Double = None
    bucket_counts: list[_Uint64] | None = None
    explicit_bounds: list[_Double] | None = None
    scale: _Int32 = None
    zero_count: _Uint64 = None
    zero_threshold: _Double = None
    positive: _Buckets | None = None
    negative: _Buckets | None = None
    quantile_values: list[_Quantile] | None = None
    exemplars: list[_Exemplar] | None = None
    flags: _Uint32 = None
    attributes: _Attributes = None


class _Event(_Struct):
    time_unix_nano: _Time = None
    name: str | None = None
    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None


class _Link(_Struct):
    trace_id: _TraceId = None
    span_id: _SpanId = None
    trace_state: str | None = None
    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None
    flags: _Uint32 = None


class _Status(_Struct):
    message: str | None = None
    code: _Int32 = None


class Span(_Struct):
    """One span; it must have both ids."""

    trace_id: _OwnTraceId
    span_id: _OwnSpanId
    parent_span_id: _SpanId = None
    trace_state: str | None = None
    flags: _Uint32 = None
    name: str | None = None
    kind: _Int32 = None
    start_time_unix_nano: _Time = None
    end_time_unix_nano: _Time = None
    attributes: _Attributes = None
    dropped_attributes_count: _Uint32 = None
    events: list[_Event] | None = None
    dropped_events_count: _Uint32 = None
    links: list[_Link] | None = None
    dropped_links_count: _Uint32 = None
    status: _Status | None = None
