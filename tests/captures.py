"""The recorded Claude Code sessions as frames, in both encodings, and a pipeline to run them through."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict, Parse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tachograph.inputs.agents.claude_code.agent import ClaudeCode
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Frame, FrameKind, Position
from tachograph.pricing.price import PriceTable
from tachograph_sdk.privacy.policy import POLICIES, Preset
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release

__all__ = [
    "CAPTURES",
    "RECEIVED_US",
    "SCHEMAS",
    "expected",
    "frame",
    "frames",
    "otlp_json",
    "pipeline",
    "to_json",
    "to_protobuf",
]

GOLDEN = Path(__file__).parent / "golden" / "agents" / "claude_code"
CAPTURES = sorted(path.parent for path in GOLDEN.glob("*/*/expected.json") if (path.parent / "otlp").is_dir())
RECEIVED_US = 1_795_141_900_000_000  # a minute after the last of them was recorded

SCHEMAS: dict[str, Any] = {
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "traces": ExportTraceServiceRequest,
}
_IDS = ("traceId", "spanId", "parentSpanId")


def expected(capture: Path) -> dict[str, Any]:
    """The true totals."""
    found: dict[str, Any] = json.loads((capture / "expected.json").read_text("utf-8"))
    return found


def frame(kind: FrameKind, body: bytes, *, end: int = 1, received_us: int = RECEIVED_US) -> Frame:
    """A journal frame around a body."""
    return Frame(kind=kind, received_us=received_us, body=body, end=Position(1, end))


@functools.cache
def frames(capture: Path, encoding: str) -> tuple[Frame, ...]:
    """The requests of a session in order, all as "protobuf" or all as "json", converted where they came otherwise."""
    found = []
    bodies = [path for path in sorted((capture / "otlp").iterdir()) if not path.name.endswith(".meta.json")]
    for number, path in enumerate(bodies, 1):
        signal = path.name.split(".")[1]
        body = path.read_bytes()
        if encoding == "json" and path.suffix == ".pb":
            body = to_json(signal, body)
        elif encoding == "protobuf" and path.suffix == ".json":
            body = to_protobuf(signal, body)
        found.append(frame(FrameKind[f"{signal}_{encoding}".upper()], body, end=number))
    return tuple(found)


def otlp_json(message: Any) -> Any:
    """A message of the full schema as OTLP/JSON: ids in hex, enums as numbers."""
    return _ids(MessageToDict(message, use_integers_for_enums=True), lambda text: base64.b64decode(text).hex())


def to_json(signal: str, body: bytes) -> bytes:
    """Protobuf to OTLP/JSON by the full schema."""
    return json.dumps(otlp_json(SCHEMAS[signal].FromString(body)), ensure_ascii=False).encode()


def to_protobuf(signal: str, body: bytes) -> bytes:
    """OTLP/JSON to protobuf by the full schema."""
    document = _ids(json.loads(body), lambda text: base64.b64encode(bytes.fromhex(text)).decode())
    message: bytes = Parse(json.dumps(document), SCHEMAS[signal](), ignore_unknown_fields=True).SerializeToString()
    return message


def _ids(node: Any, convert: Callable[[str], str]) -> Any:
    if isinstance(node, dict):
        return {k: convert(v) if k in _IDS and isinstance(v, str) else _ids(v, convert) for k, v in node.items()}
    return [_ids(item, convert) for item in node] if isinstance(node, list) else node


@functools.cache
def _prices() -> PriceTable:
    return PriceTable.load()


def pipeline(**options: Any) -> Pipeline:
    """A whole pipeline with a fixed secret and the shipped prices; `preset` says what is kept."""
    policy = POLICIES[options.pop("preset", Preset.STANDARD)]
    return Pipeline(
        decoder=Decoder(),
        agents=[ClaudeCode()],
        release=Release(Pseudonymizer(b"a secret of thirty-two bytes len"), policy),
        prices=options.pop("prices", None) or _prices(),
        **options,
    )
