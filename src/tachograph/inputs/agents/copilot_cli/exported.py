"""What Copilot CLI's file exporter wrote: a span or a metric on each line. Pure: no file is opened here.

A span in a file is the span that would have been sent: it gets the same key, so that both together count once.
Metrics are left out: they are running totals of what the spans of the same file say one by one.
"""

from __future__ import annotations

from typing import Any

from tachograph.inputs.agents.copilot_cli.agent import CopilotCli
from tachograph.inputs.agents.copilot_cli.session.lines import decode_object, part
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.lines import LineByLine
from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import DropReason, RawEvent, Source, Span

__all__ = ["ExportedReader"]

_MAX_NS = 2**63 - 1
_ID_BYTES = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


class ExportedReader(LineByLine):
    """Takes a file's lines in as many portions as the caller likes; each line says all that is needed.

    Args:
        file_hint: not needed.
        received_us: UTC microseconds since 1970, now.
        from_start: not needed.
    """

    def __init__(self, *, file_hint: str, received_us: int, from_start: bool = True) -> None:
        super().__init__(Emitter(CopilotCli.id, received_us))
        self._received_us = received_us

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line."""
        found = decode_object(line)
        if found["type"] != "span":
            self.ignored["metric" if found["type"] == "metric" else "<other>"] += 1
            return
        read = CopilotCli.classify(_span(found, self._received_us))
        if isinstance(read, DropReason):
            self.ignored[read.value] += 1
        else:
            self._out.add(read)


def _span(found: dict[str, Any], received_us: int) -> RawEvent:
    trace, span, parent = (_identity(found, name) for name in _ID_BYTES)
    name, code = found.get("name"), part(found, "status").get("code")
    if not isinstance(name, str) or not trace or not span:
        raise Unusable(DropReason.BAD_ID, "a span without a name or id")
    return RawEvent(
        agent=CopilotCli.id,
        source=Source.OTEL_SPAN,
        name=name[:256],
        at_ns=_time_ns(found.get("startTime")),
        received_us=received_us,
        key=trace + span,  # as a span that comes by OTLP
        attributes=dict(part(found, "attributes")),
        resource=part(found, "resource", "attributes"),
        span=Span(
            trace_id=trace,
            span_id=span,
            parent_span_id=parent,
            end_ns=_time_ns(found.get("endTime")),
            status_code=code if code in (0, 1, 2) else 0,
        ),
    )


def _identity(found: dict[str, Any], name: str) -> bytes:
    """The bytes of an id in hex, empty if there is none."""
    text = found.get(name)
    if text is None or text == "":
        return b""
    try:
        read = bytes.fromhex(text)
    except (TypeError, ValueError):
        read = b""
    if len(read) != _ID_BYTES[name] or not any(read):
        raise Unusable(DropReason.BAD_ID, "an id that is none")
    return read


def _time_ns(pair: Any) -> int:
    """Seconds and nanoseconds since 1970, UTC."""
    if isinstance(pair, list) and len(pair) == 2 and all(type(n) is int and n >= 0 for n in pair):
        ns: int = pair[0] * 1_000_000_000 + pair[1]
        if ns <= _MAX_NS:
            return ns
    raise Unusable(DropReason.BAD_TIME, "no time")
