"""What a made-up session sends by OpenTelemetry, as requests of OTLP in JSON. Whose they are is only known from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from tachograph.inputs.agents.kit.made_up import json_lines, stamp
from tachograph.pricing.price import PriceTable
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["Request", "Telemetry", "Tool"]

ORGANIZATION = "00000000-0000-4000-8000-00000000d300"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An answer of the model."""

    at: datetime
    request: str
    prompt: str
    model: str
    usage: Mapping[str, Any]  # as transcripts have it
    duration_ms: float
    ttft_ms: float
    query_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that ran."""

    at: datetime
    call: str
    name: str
    prompt: str
    duration_ms: float
    success: bool


@dataclass(slots=True, kw_only=True)
class Telemetry:
    """Of one session. What comes from `until` on is not sent yet."""

    session: str
    person: str
    project: str
    version: str
    started: datetime
    until: datetime | None = None
    records: list[dict[str, Any]] = field(default_factory=list)
    active: Counter[str] = field(default_factory=Counter)  # milliseconds, by whom
    last: datetime | None = None
    costs: list[tuple[datetime, float]] = field(default_factory=list)  # US dollars of each request

    def add_request(self, told: Request) -> None:
        """`claude_code.api_request`."""
        if not self._is_sent(told.at):
            return
        usage = told.usage
        tokens = TokenUsage(
            input=usage["input_tokens"],
            output=usage["output_tokens"],
            cache_read=usage["cache_read_input_tokens"],
            cache_write=usage["cache_creation_input_tokens"],
        )
        cost = _prices().price(tokens, model=told.model, at_us=int(told.at.timestamp() * 1_000_000))
        self.costs.append((told.at, cost.nanousd / 1e9))
        self._record(
            told.at,
            "api_request",
            {
                "prompt.id": told.prompt,
                "model": told.model,
                "input_tokens": usage["input_tokens"],
                "output_tokens": usage["output_tokens"],
                "cache_read_tokens": usage["cache_read_input_tokens"],
                "cache_creation_tokens": usage["cache_creation_input_tokens"],
                "cost_usd": cost.nanousd / 1e9,
                "duration_ms": round(told.duration_ms),
                "ttft_ms": round(told.ttft_ms),
                "request_id": told.request,
                "speed": "normal",
                "query_source": told.query_source,
                "effort": "medium",
            },
        )

    def add_tool(self, told: Tool) -> None:
        """`claude_code.tool_result`."""
        if not self._is_sent(told.at):
            return
        more = {
            "prompt.id": told.prompt,
            "tool_name": told.name,
            "tool_use_id": told.call,
            "success": "true" if told.success else "false",
            "duration_ms": str(round(told.duration_ms)),
        }
        self._record(told.at, "tool_result", more)

    def add_active(self, by: str, seconds: float, at: datetime) -> None:
        """What `claude_code.active_time.total` grows by; `by` is user or cli."""
        if self._is_sent(at):
            self.active[by] += round(seconds * 1000)

    def as_lines(self) -> bytes:
        """One request of logs, one of metrics."""
        if not self.records or self.last is None:
            return b""
        resource = {"attributes": _attributes({"service.name": "claude-code", "service.version": self.version})}
        scope = {"name": "com.anthropic.claude_code.events", "version": self.version}
        logs = {"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": self.records}]}
        points = [
            {
                "attributes": _attributes({**self._who(), "type": by}),
                "startTimeUnixNano": _nanos(self.started),
                "timeUnixNano": _nanos(self.last),
                "asDouble": millis / 1000,
            }
            for by, millis in sorted(self.active.items())
        ]
        grown = {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": points}
        metric = {"name": "claude_code.active_time.total", "unit": "s", "sum": grown}
        scope = {"name": "com.anthropic.claude_code", "version": self.version}
        metrics = {"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": [metric]}]}
        requests: list[dict[str, Any]] = [{"resourceLogs": [logs]}]
        if points:
            requests.append({"resourceMetrics": [metrics]})
        return json_lines(requests)

    def _is_sent(self, at: datetime) -> bool:
        return self.until is None or at < self.until

    def _record(self, at: datetime, name: str, more: Mapping[str, Any]) -> None:
        told = {**self._who(), "event.name": name, "event.timestamp": stamp(at), "event.sequence": len(self.records)}
        body = {"stringValue": f"claude_code.{name}"}
        self.records.append({"timeUnixNano": _nanos(at), "body": body, "attributes": _attributes({**told, **more})})
        self.last = at

    def _who(self) -> dict[str, str]:
        return {
            "user.id": sha256(self.person.encode()).hexdigest(),
            "user.email": f"{self.person}@example.invalid",
            "organization.id": ORGANIZATION,
            "session.id": self.session,
            "vcs.repository.url.full": f"https://example.invalid/demo/{self.project}.git",
            "terminal.type": "xterm-256color",
        }


@cache
def _prices() -> PriceTable:
    return PriceTable.load()


def _nanos(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1000) * 1_000_000)


def _attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in told.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}
