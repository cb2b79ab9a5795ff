"""Every recorded session, over each protocol, from its transcript, twice and all together: always the true totals."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict, Parse
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.flows.harness import Running, command, serve

GOLDEN = Path(__file__).parents[1] / "golden" / "agents" / "claude_code"
SESSIONS = sorted(p.parent for p in GOLDEN.glob("*/*/expected.json"))
WITH_TELEMETRY = [s for s in SESSIONS if (s / "otlp").is_dir()]
PROTOCOLS = ("grpc", "http/protobuf", "http/json")
ID_FIELDS = re.compile(r'"(traceId|spanId|parentSpanId)": "([^"]*)"')

REQUESTS: dict[str, tuple[type[Message], str]] = {
    "logs": (ExportLogsServiceRequest, "/opentelemetry.proto.collector.logs.v1.LogsService/Export"),
    "metrics": (ExportMetricsServiceRequest, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"),
    "traces": (ExportTraceServiceRequest, "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
}

# What the telemetry of these sessions says differently from what was played; `telemetry_differs` of expected.json.
# The transcript of the same session knows better, so both together are right.
TELEMETRY_SAYS: dict[str, dict[str, int]] = {
    "edit-commit-pr-http-protobuf": {"lines_added": 9},  # a new file counts one line more than it has
    "tui-permission": {"lines_added": 2},
}
# Requests that no transcript shows: titles and topic checks. Newer releases write a running total, which has their usage.
TRANSCRIPT_SAYS: dict[str, dict[str, int]] = {
    "older-v2.0.76": {"requests": 7, "input_tokens": 1627, "output_tokens": 143, "cost_microusd": 24_319},
    "tui-permission": {"requests": 3},
}


def expected(session: Path) -> dict[str, Any]:
    """The totals of a session as it was played."""
    told = json.loads((session / "expected.json").read_bytes())
    tokens = told["tokens"]
    return {
        "requests": told["api_responses_ok"],
        "input_tokens": tokens["input"],
        "output_tokens": tokens["output"],
        "cache_read_tokens": tokens["cache_read"],
        "cache_write_tokens": tokens["cache_creation"],
        "cost_microusd": round(told["cost_usd_total_list_price"] * 1e6),
        "prompts": told["user_prompts"],
        "tool_calls": sum(told["tool_use_blocks_sent"].values()),
        "tool_errors": told["tool_failures"],
        "lines_added": told["lines_added"],
        "lines_removed": told["lines_removed"],
        "commits": told["commits"],
        "pull_requests": told["pull_requests"],
    }


def bodies(session: Path) -> Iterator[tuple[str, Message]]:
    """Signal and message of every recorded export, in order."""
    for path in sorted((session / "otlp").iterdir()):
        if path.name.endswith("meta.json"):
            continue
        signal_name = path.name.split(".")[1]
        kind, _ = REQUESTS[signal_name]
        if path.suffix == ".pb":
            yield signal_name, kind.FromString(path.read_bytes())
        else:
            yield signal_name, Parse(ID_FIELDS.sub(_id_to_base64, path.read_text()), kind(), ignore_unknown_fields=True)


def as_otlp_json(message: Message) -> bytes:
    """OTLP/JSON: as protobuf's own JSON, but ids in hex."""
    text = json.dumps(MessageToDict(message, use_integers_for_enums=True))
    return ID_FIELDS.sub(lambda m: f'"{m[1]}": "{base64.b64decode(m[2]).hex()}"', text).encode()


def _id_to_base64(match: re.Match[str]) -> str:
    return f'"{match[1]}": "{base64.b64encode(bytes.fromhex(match[2])).decode()}"'


def replay(server: Running, session: Path, protocol: str) -> None:
    """Send everything the session exported."""
    with grpc.insecure_channel(server.about["otlp_grpc"]) as channel:
        for signal_name, message in bodies(session):
            if protocol == "grpc":
                _, method = REQUESTS[signal_name]
                call = channel.unary_unary(method, request_serializer=None, response_deserializer=None)
                assert call(message.SerializeToString(), timeout=10) == b""
            elif protocol == "http/protobuf":
                body = message.SerializeToString()
                assert server.post_otlp(signal_name, body, content_type="application/x-protobuf") == 200
            else:
                assert server.post_otlp(signal_name, as_otlp_json(message)) == 200
    server.wait_drained()


def differences(totals: dict[str, Any], want: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What is not as wanted: name to (wanted, got)."""
    return {name: (value, totals[name]) for name, value in want.items() if totals[name] != value}


@pytest.mark.parametrize("session", WITH_TELEMETRY, ids=lambda s: s.name)
def test_each_protocol_twice_and_the_transcript_beside_it_give_the_true_totals(session: Path, tmp_path: Path) -> None:
    want = expected(session)
    first = WITH_TELEMETRY.index(session) % 3  # each protocol is the first one for some sessions
    with serve(tmp_path) as server:
        for protocol in (*PROTOCOLS[first:], *PROTOCOLS[:first], PROTOCOLS[first]):
            replay(server, session, protocol)
            telemetry = want | TELEMETRY_SAYS.get(session.name, {})
            assert not differences(server.totals(), telemetry), protocol
        events_before = server.get("/health")["events_new"]
        for _ in range(2):
            command("import", str(session / "transcripts"), home=tmp_path)
            server.wait_drained()
            assert not differences(server.totals(), want)
        totals = server.totals()
        assert totals["active_seconds"] is not None or session.name == "older-v2.0.76"
        assert totals["coverage"]["residual"]["tokens"] == 0
        assert server.get("/health")["events_new"] >= events_before
        missing = want["requests"] - TRANSCRIPT_SAYS.get(session.name, want)["requests"]
        assert totals["coverage"]["auxiliary_requests"] == missing  # said, not hidden


@pytest.mark.parametrize("session", SESSIONS, ids=lambda s: s.name)
def test_the_transcript_alone_gives_what_a_transcript_can_know(session: Path, tmp_path: Path) -> None:
    for _ in range(2):
        command("import", str(session / "transcripts"), home=tmp_path)
        totals = json.loads(command("report", "--json", home=tmp_path).stdout)["totals"]
        assert not differences(totals, expected(session) | TRANSCRIPT_SAYS.get(session.name, {}))
        assert totals["active_seconds"] is None
        assert "active_seconds" in totals["reasons"]
