"""The answers of an OTLP receiver: export responses and google.rpc.Status, as protobuf or JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tachograph.inputs.otlp.signals import Encoding, Signal

__all__ = ["CODES", "CONTENT_TYPES", "Refusal", "encode_status", "encode_success"]

CONTENT_TYPES: Final = {Encoding.PROTOBUF: b"application/x-protobuf", Encoding.JSON: b"application/json"}

# google.rpc.Code by HTTP status: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, PERMISSION_DENIED = 3, 4, 5, 7
RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE = 8, 12, 13, 14
CODES: Final = {
    400: INVALID_ARGUMENT,
    403: PERMISSION_DENIED,
    404: NOT_FOUND,
    405: UNIMPLEMENTED,
    408: DEADLINE_EXCEEDED,
    411: INVALID_ARGUMENT,
    413: RESOURCE_EXHAUSTED,
    415: INVALID_ARGUMENT,
    431: RESOURCE_EXHAUSTED,
    500: INTERNAL,
    503: UNAVAILABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request was not accepted. `retry_after_s` is there when another try may help."""

    status: int  # HTTP
    message: str  # fixed wording, nothing of the request
    reason: str  # label of a counter
    retry_after_s: int | None = None


def encode_status(refusal: Refusal, encoding: Encoding) -> bytes:
    """The body of an error answer."""
    code = CODES[refusal.status]
    if encoding is Encoding.JSON:
        return msgspec.json.encode({"code": code, "message": refusal.message})
    encoded: bytes = _status(code, refusal).SerializeToString()
    return encoded


def status_details(refusal: Refusal, code: int) -> bytes:
    """The same for gRPC's `grpc-status-details-bin`, with RetryInfo when another try may help."""
    encoded: bytes = _status(code, refusal).SerializeToString()
    return encoded


def _status(code: int, refusal: Refusal) -> Status:
    status = Status(code=code, message=refusal.message)
    if refusal.retry_after_s is not None:
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=refusal.retry_after_s)))
    return status


def encode_success(signal: Signal, encoding: Encoding, *, rejected: int = 0, message: str = "") -> bytes:
    """The body of a 200 answer; partial success only if something was rejected."""
    if not rejected:
        return b"{}" if encoding is Encoding.JSON else b""
    if encoding is Encoding.JSON:
        # int64 is a string in protobuf's JSON.
        return msgspec.json.encode({"partialSuccess": {signal.rejected_key: str(rejected), "errorMessage": message}})
    response = signal.response()
    setattr(response.partial_success, signal.rejected_field, rejected)
    response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded
