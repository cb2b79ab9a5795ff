"""Decides, before anything is acknowledged, whether a request can be read and which of its records may be kept."""

from __future__ import annotations

from tachograph.inputs.otlp.signals import Encoding, Signal
from tachograph.inputs.otlp.validate_json import validate_json
from tachograph.inputs.otlp.validate_protobuf import validate_protobuf
from tachograph.inputs.otlp.verdict import Verdict

__all__ = ["Verdict", "validate"]


def validate(signal: Signal, encoding: Encoding, body: bytes | bytearray) -> Verdict:
    """What of a request may be kept; `body` is decompressed.

    Raises:
        DecodeError: it cannot be read as what it claims to be.
        PayloadTooLarge: it has more parts than anybody needs.
    """
    if encoding is Encoding.PROTOBUF:
        return validate_protobuf(signal, body)
    return validate_json(signal, body)
