"""From request bytes to released events on one core: decode, classify and the wall, without journal and store.

    ./dev bench decode [--requests 1000] [--rounds 5]

The floor in the same run is the protobuf library parsing the same bytes with the full schema and taking nothing out.
Bodies are 20 log records of about 26 attributes each.
"""

from __future__ import annotations

import argparse
import base64
import json
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bench.otlp import LogRequests
from bench.record import median, record
from tachograph.inputs.agents.registry import AGENTS
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Frame, FrameKind, Position
from tachograph.pricing.price import PriceTable
from tachograph_sdk.model.event import Event
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release

RECORDS = 20
AT_ONCE = 100  # frames a batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    source = LogRequests(records=RECORDS)
    bodies = list(source.bodies(options.requests))
    count, tokens = source.totals.records, sum(source.totals.counts[name] for name in _SENT)
    protobuf = [_frame(FrameKind.LOGS_PROTOBUF, body, n) for n, body in enumerate(bodies, 1)]
    as_json = [_frame(FrameKind.LOGS_JSON, _json(body), n) for n, body in enumerate(bodies, 1)]

    def floor() -> None:
        for frame in protobuf:
            ExportLogsServiceRequest.FromString(frame.body)

    def decode(frames: list[Frame]) -> None:
        decoder = Decoder()
        assert sum(len(decoder.decode(frame).records) for frame in frames) == count

    def whole(frames: list[Frame]) -> list[Event]:
        pipeline = Pipeline(
            decoder=Decoder(), agents=AGENTS, release=Release(Pseudonymizer(bytes(32))), prices=PriceTable.load()
        )
        events: list[Event] = []
        for start in range(0, len(frames), AT_ONCE):
            events += pipeline.run(frames[start : start + AT_ONCE]).events
        return events

    for events in map(whole, (protobuf, as_json)):
        assert len(events) == count
        assert sum(int(e.attributes.get(name, 0)) for e in events for name in _TOKENS) == tokens

    steps: list[tuple[str, Callable[[], object], list[Frame]]] = [
        ("protobuf: parse with the full schema, take nothing out", floor, protobuf),
        ("protobuf: decode", lambda: decode(protobuf), protobuf),
        ("protobuf: decode to released events", lambda: whole(protobuf), protobuf),
        ("JSON: decode", lambda: decode(as_json), as_json),
        ("JSON: decode to released events", lambda: whole(as_json), as_json),
    ]
    taken: dict[str, list[float]] = {name: [] for name, _, _ in steps}
    for _ in range(options.rounds):
        for name, step, _ in steps:
            start = time.process_time()
            step()
            taken[name].append(time.process_time() - start)
    rows = []
    for name, _, frames in steps:
        seconds = median(taken[name])
        megabytes = sum(len(frame.body) for frame in frames) / 1e6
        rows.append((name, f"{count / seconds:,.0f}", f"{seconds / count * 1e6:.1f}", f"{megabytes / seconds:,.0f}"))
    record(
        "decode",
        ("what", "records/s", "microseconds a record", "MB/s"),
        rows,
        [
            f"{count:,} log records, {RECORDS} a request; CPU time of one core, medians of {options.rounds}; totals checked"
        ],
    )


_SENT = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def _frame(kind: FrameKind, body: bytes, number: int) -> Frame:
    return Frame(kind=kind, received_us=1_795_000_000_000_000, body=body, end=Position(1, number))


def _json(body: bytes) -> bytes:
    def ids(node: Any) -> Any:
        if isinstance(node, dict):
            return {k: base64.b64decode(v).hex() if k in ("traceId", "spanId") else ids(v) for k, v in node.items()}
        return [ids(item) for item in node] if isinstance(node, list) else node

    return json.dumps(ids(MessageToDict(ExportLogsServiceRequest.FromString(body)))).encode()


if __name__ == "__main__":
    main()
