"""OTLP requests to raw records: protobuf and JSON, logs, metrics and traces, all to the same `RawEvent`s.

One bad record never costs the others: it is left out and counted by reason. A request that cannot be read at all is
refused as a whole (`Decoded.refused`). What a record is called, when it was and what makes it
itself is decided in `raw_records.py`, the same way for both encodings.
"""

from __future__ import annotations

from collections.abc import Callable

from tachograph.inputs.otlp.attributes import BadRecord
from tachograph.inputs.otlp.raw_records import Decoded, Request, Resources
from tachograph.inputs.otlp.read_json import JsonReader
from tachograph.inputs.otlp.read_protobuf import ProtobufReader
from tachograph.ports import Frame, FrameKind
from tachograph_sdk.model.event import RawEvent

__all__ = ["Decoded", "Decoder"]


class Decoder:
    """Reads frames. Holds only bounded memos, so one decoder serves a process for its life; not for several threads."""

    def __init__(self) -> None:
        resources = Resources()
        protobuf = ProtobufReader(resources)
        json = JsonReader(resources)
        self._read: dict[FrameKind, Callable[[Request, bytes], None]] = {
            FrameKind.LOGS_PROTOBUF: protobuf.logs,
            FrameKind.LOGS_JSON: json.logs,
            FrameKind.METRICS_PROTOBUF: protobuf.metrics,
            FrameKind.METRICS_JSON: json.metrics,
            FrameKind.TRACES_PROTOBUF: protobuf.traces,
            FrameKind.TRACES_JSON: json.traces,
        }

    def decode(self, frame: Frame, sink: Callable[[list[RawEvent]], None] | None = None) -> Decoded:
        """All records of a request; never raises for what is in it.

        Args:
            frame: the request.
            sink: takes records in between when there are many, so that a large request is never whole in memory; what
                it took is not in the result.
        """
        out = Decoded()
        try:
            self._read[frame.kind](Request(frame.received_us, out, sink), frame.body)
        except BadRecord as bad:
            out.refused = bad.reason
            key = (bad.reason, bad.what)
            out.drops[key] = out.drops.get(key, 0) + 1
        return out
