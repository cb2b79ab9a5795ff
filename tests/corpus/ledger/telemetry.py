"""A plan's sessions as Claude Code exports them: log records, spans and counters, in OTLP requests of either encoding.

Each run of the client is a process of its own: its event sequence starts at 0 and its counters start anew, so that a
resumed session has several streams of each counter. Shapes: docs/formats/claude_code_telemetry.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.corpus.ledger.claims import Claim, Export, told_by
from tests.corpus.ledger.things import Era, Failure, Process, Prompt, Request, Session, reported_cost

__all__ = ["Said", "counters_of", "export", "recoded", "records_of", "spans_of"]

Json = dict[str, Any]
METERS = {"input": "input", "output": "output", "cache_read": "cacheRead", "cache_write": "cacheCreation"}
SOURCES = {"main": "main", "subagent": "subagent", "auxiliary": "auxiliary"}
_REQUESTS = {
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "traces": ExportTraceServiceRequest,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One log record, span or point in OTLP/JSON's shape, and what it says."""

    data: Json
    at_ms: int
    claims: tuple[Claim, ...]
    part: object = None  # the request, prompt or failure it is a part of
    metric: str = ""  # of a point
    unit: str = ""
    cumulative: bool = False


def records_of(session: Session, process: Process, *, named: bool) -> list[Said]:
    """The log records of one run, in order. `named`: whether they carry session.id."""
    era = process.era
    out: list[Said] = []

    def say(name: str, at_ms: int, part: object, claims: Sequence[Claim], **attributes: Any) -> None:
        values: Json = {**_common(session, named), "event.name": name, "event.timestamp": _stamp(at_ms)}
        if era.sequence:
            values["event.sequence"] = len(out)
        if prompt is not None and era.prompt_ids:
            values["prompt.id"] = prompt.id
        values |= {key: value for key, value in attributes.items() if value is not None}
        data = {
            "timeUnixNano": str(at_ms * 1_000_000),
            "observedTimeUnixNano": str(at_ms * 1_000_000),
            "body": {"stringValue": f"claude_code.{name}"},
            "attributes": _attributes(values, as_text=not era.numbers),
        }
        whose = session.index if named else None
        out.append(Said(data=data, at_ms=at_ms, part=part, claims=tuple(replace(c, session=whose) for c in claims)))

    prompt: Prompt | None = None
    for item in process.items:
        if isinstance(item, Prompt):
            if item.origin == "command" and not era.request_ids:
                continue  # up to 2.1.72 a slash command is no prompt
            prompt = item
            claim = Claim(what="prompt", source="log", session=None, thing=item, at_ms=item.at_ms)
            command = "demo" if item.origin == "command" else None
            say("user_prompt", item.at_ms, item, [claim], prompt_length="5", prompt="<REDACTED>", command_name=command)
        elif isinstance(item, Failure):
            claim = Claim(what="failure", source="log", session=None, thing=item, at_ms=item.at_ms)
            request_id = item.request_id if era.request_ids else None
            say("api_error", item.at_ms, item, [claim], status_code=529, attempt=11, request_id=request_id, error="x")
        else:
            prompt = item.prompt or prompt
            _say_request(say, era, item)
    return out


def _say_request(say: Any, era: Era, item: Request) -> None:
    tokens = item.tokens
    claim = Claim(
        what="request", source="log", session=None, thing=item, cost=reported_cost(item, era), at_ms=item.at_ms,
        told=told_by(tokens, split=era.split, searches=False),
    )  # fmt: skip
    more: Json = {}
    if era.request_ids:
        more = {"request_id": item.request_id, "query_source": item.role, "effort": "medium"}
        more["cost_usd_micros"] = (reported_cost(item, era) + 500) // 1000
    if era.split:
        more |= {"cache_creation_5m_tokens": tokens.cache_5m, "cache_creation_1h_tokens": tokens.cache_1h}
    if item.agent_id is not None:
        more["agent_id"] = item.agent_id
    say(
        "api_request", item.at_ms + 3, item, [claim], model=item.model, input_tokens=tokens.input,
        output_tokens=tokens.output, cache_read_tokens=tokens.cache_read, cache_creation_tokens=tokens.cache_write,
        cost_usd=reported_cost(item, era) / 1e9, duration_ms=900, speed="fast" if item.fast else "normal", **more,
    )  # fmt: skip
    for call in item.calls:
        shared: Json = {"tool_name": "mcp_tool" if call.name.startswith("mcp__") else call.name}
        if era.tool_ids:
            shared["tool_use_id"] = call.id
        at_ms = call.at_ms - 20
        told = {"outcome": "rejected" if call.outcome == "rejected" else None}
        claim = Claim(what="call", source="log", session=None, thing=call, at_ms=at_ms, told=told)
        if era.decisions:
            verdict = "reject" if call.outcome == "rejected" else "accept"
            say("tool_decision", at_ms, item, [claim], decision=verdict, source="config", **shared)
        if call.outcome != "rejected":
            if not era.tool_ids and era.decisions and call.outcome == "failed":
                shared["use_id"] = call.id  # 2.1.72 tells the id of failed calls only
            claim = replace(claim, what="result", at_ms=call.at_ms + 2, told={"outcome": call.outcome})
            ok = "true" if call.outcome == "ok" else "false"
            say("tool_result", call.at_ms + 2, item, [claim], success=ok, duration_ms="12", **shared)


def spans_of(session: Session, process: Process, *, named: bool) -> list[Said]:
    """The spans of one run's requests."""
    out = []
    for item in process.items:
        if not isinstance(item, Request) or not process.era.spans:
            continue
        tokens = item.tokens
        values = {
            **_common(session, named), "span.type": "llm_request", "model": item.model, "query_source": item.role,
            "input_tokens": tokens.input, "output_tokens": tokens.output, "cache_read_tokens": tokens.cache_read,
            "cache_creation_tokens": tokens.cache_write, "request_id": item.request_id, "attempt": 1 + item.retries,
            "success": True, "ttft_ms": 80, "speed": "fast" if item.fast else "normal",
        }  # fmt: skip
        data = {
            "traceId": hashlib.md5(item.request_id.encode()).hexdigest(),
            "spanId": hashlib.md5(item.message_id.encode()).hexdigest()[:16],
            "name": "claude_code.llm_request",
            "kind": 1,
            "startTimeUnixNano": str((item.at_ms - 900) * 1_000_000),
            "endTimeUnixNano": str((item.at_ms + 2) * 1_000_000),
            "attributes": _attributes(values),
            "status": {},
        }
        claim = Claim(
            what="request", source="span", session=session.index if named else None, thing=item,
            told=told_by(tokens, split=False, searches=False), at_ms=item.at_ms - 900,
        )  # fmt: skip
        out.append(Said(data=data, at_ms=item.at_ms + 2, claims=(claim,), part=item))
    return out


def counters_of(
    session: Session, process: Process, *, named: bool, cumulative: bool, long_context: bool, every_ms: int
) -> list[list[Said]]:
    """The points of one run's counters, one list for each time they are exported."""
    steps: dict[int, dict[tuple[str, tuple[tuple[str, Any], ...]], int]] = defaultdict(lambda: defaultdict(int))
    for at_ms, meter, labels, amount in _amounts(process, long_context=long_context):
        export_ms = process.start_ms + ((at_ms - process.start_ms) // every_ms + 1) * every_ms
        steps[min(export_ms, process.end_ms)][meter, tuple(labels.items())] += amount
    totals: dict[tuple[str, tuple[tuple[str, Any], ...]], int] = defaultdict(int)
    exports = []
    start_ms = process.start_ms
    for now_ms in sorted(steps):
        points = []
        for key, amount in steps[now_ms].items():
            totals[key] += amount
        for key, amount in (totals if cumulative else steps[now_ms]).items():
            begun_ms = process.start_ms if cumulative else start_ms
            points.append(_point(session, process, key, amount, (begun_ms, now_ms), named=named, cumulative=cumulative))
        exports.append(points)
        start_ms = now_ms
    return exports


def _amounts(process: Process, *, long_context: bool) -> Iterator[tuple[int, str, Json, int]]:
    """Everything that is counted: time, metric, labels, amount; costs in nano-dollars."""
    for item in process.items:
        if not isinstance(item, Request):
            continue
        model = f"{item.model}[1m]" if long_context and "opus" in item.model else item.model
        labels: Json = {"model": model}
        if process.era.request_ids:
            labels["query_source"] = SOURCES[item.role]
        told = told_by(item.tokens)
        for name, meter in METERS.items():
            yield item.at_ms, "token.usage", {**labels, "type": meter}, told[name]
        yield item.at_ms, "cost.usage", labels, reported_cost(item, process.era)
        for call in item.calls:
            if call.added or call.removed:
                added = call.added + (1 if call.creates else 0)  # the client counts a new file's last line end, too
                yield call.at_ms, "lines_of_code.count", {"type": "added"}, added
                yield call.at_ms, "lines_of_code.count", {"type": "removed"}, call.removed
            if call.commits:
                yield call.at_ms, "commit.count", {}, 1


def _point(
    session: Session, process: Process, key: tuple[str, tuple[tuple[str, Any], ...]], amount: int,
    span_ms: tuple[int, int], *, named: bool, cumulative: bool,
) -> Said:  # fmt: skip
    meter, labels = key
    values = dict(labels)
    data = {
        "startTimeUnixNano": str(span_ms[0] * 1_000_000),
        "timeUnixNano": str(span_ms[1] * 1_000_000),
        "asDouble": amount / 1e9 if meter == "cost.usage" else float(amount),
        "attributes": _attributes({**_common(session, named), **values}),
    }
    told: Json = {"amount": amount, "cumulative": cumulative}
    if meter in ("token.usage", "cost.usage"):
        back = {theirs: ours for ours, theirs in METERS.items()}
        told |= {"model": values["model"].replace("[1m]", ""), "class": back.get(values.get("type", ""), "cost")}
    else:
        told["class"] = {"commit.count": "commits"}.get(meter) or values["type"]
    claim = Claim(
        what="counter", source="metric", session=session.index if named else None, told=told, at_ms=span_ms[1],
        place=f"{session.index} {process.start_ms} {key}",
    )  # fmt: skip
    unit = {"token.usage": "tokens", "cost.usage": "USD"}.get(meter, "")
    return Said(data=data, at_ms=span_ms[1], claims=(claim,), metric=meter, unit=unit, cumulative=cumulative)


def export(kind: str, version: str, said: Sequence[Said], *, protobuf: bool) -> Export:
    """One OTLP request with these records."""
    resource = {"attributes": _attributes({"service.name": "claude-code", "service.version": version})}
    if kind == "logs":
        inner: Json = {"scope": {"name": "com.anthropic.claude_code.events", "version": version}}
        inner["logRecords"] = [s.data for s in said]
        body: Json = {"resourceLogs": [{"resource": resource, "scopeLogs": [inner]}]}
    elif kind == "traces":
        inner = {"scope": {"name": "com.anthropic.claude_code.tracing", "version": "1.0.0"}}
        inner["spans"] = [_base64_ids(s.data) if protobuf else s.data for s in said]
        body = {"resourceSpans": [{"resource": resource, "scopeSpans": [inner]}]}
    else:
        metrics: dict[str, Json] = {}
        for s in said:
            total: Json = {"dataPoints": [], "aggregationTemporality": 2 if s.cumulative else 1, "isMonotonic": True}
            metric = {"name": f"claude_code.{s.metric}", "unit": s.unit, "sum": total}
            metrics.setdefault(s.metric, metric)["sum"]["dataPoints"].append(s.data)
        inner = {"scope": {"name": "com.anthropic.claude_code", "version": version}, "metrics": list(metrics.values())}
        body = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [inner]}]}
    claims = tuple(claim for s in said for claim in s.claims)
    data = json.dumps(body).encode()
    if protobuf:
        data = json_format.ParseDict(body, _REQUESTS[kind]()).SerializeToString()
    sent_ms = max((s.at_ms for s in said), default=0)
    return Export(kind=kind, body=data, protobuf=protobuf, claims=claims, sent_ms=sent_ms)


def recoded(one: Export) -> Export:
    """The same request in the other encoding, as a collector between client and us would send it on."""
    if one.kind == "traces":
        return one  # the generic JSON of protobuf writes ids in another way than OTLP does
    message = _REQUESTS[one.kind]()
    if one.protobuf:
        message.ParseFromString(one.body)
        return replace(one, body=json_format.MessageToJson(message).encode(), protobuf=False)
    return replace(one, body=json_format.Parse(one.body, message).SerializeToString(), protobuf=True)


def _common(session: Session, named: bool) -> Json:
    common = {"user.id": session.user, "terminal.type": "xterm"}
    return {**common, "session.id": session.id} if named else common


def _attributes(values: Json, *, as_text: bool = False) -> list[Json]:
    return [{"key": key, "value": _value(value, as_text and key != "event.sequence")} for key, value in values.items()]


def _value(value: Any, as_text: bool) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str) or as_text:
        return {"stringValue": str(value)}
    return {"intValue": value} if isinstance(value, int) else {"doubleValue": value}


def _base64_ids(span: Json) -> Json:
    return {**span, **{k: base64.b64encode(bytes.fromhex(span[k])).decode() for k in ("traceId", "spanId")}}


def _stamp(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
