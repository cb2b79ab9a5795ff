"""How a text with OTLP/JSON begins. On its own, because looking for it must load nothing."""

from __future__ import annotations

import re

from tachograph.inputs.opening import BYTE_ORDER_MARK

__all__ = ["begins_json_request"]

_request = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"resource(?:Logs|Metrics|Spans)"').match


def begins_json_request(head: bytes) -> bool:
    """Whether these bytes begin an OTLP/JSON request."""
    return _request(head.removeprefix(BYTE_ORDER_MARK)) is not None
