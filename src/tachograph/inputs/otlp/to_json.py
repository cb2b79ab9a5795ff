"""A request as one line of OTLP/JSON, as the Collector's file exporter writes them, whichever encoding it came in.

Source: the OTLP specification, "JSON Protobuf Encoding": protobuf's JSON, but ids in hex digits and enums as numbers.
"""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from tachograph.inputs.otlp.signals import SIGNALS
from tachograph.ports import FrameKind

__all__ = ["json_line"]

_IDS: Final = frozenset({"traceId", "spanId", "parentSpanId"})
_PROTOBUF: Final = {signal.protobuf_kind: signal for signal in SIGNALS}


def json_line(kind: FrameKind, body: bytes | bytearray | memoryview) -> bytes:
    """The request without a line end inside, and one at its end.

    Args:
        kind: its signal and encoding.
        body: the request, already found to be a good one.

    Raises:
        google.protobuf.message.DecodeError: it is none.
    """
    signal = _PROTOBUF.get(kind)
    if signal is None:  # a line end in JSON is blank space: within texts it is escaped
        return bytes(body).replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"
    told = MessageToDict(signal.request.FromString(bytes(body)), use_integers_for_enums=True)
    _ids_to_hex(told)
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _ids_to_hex(value: Any) -> None:
    """Attributes are lists of {"key", "value"}, so no key of an object is anybody's own text."""
    if isinstance(value, list):
        for item in value:
            _ids_to_hex(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in _IDS and isinstance(item, str):
                value[key] = base64.b64decode(item).hex()
            elif isinstance(item, list | dict):
                _ids_to_hex(item)
