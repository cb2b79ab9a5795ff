"""Makes OTLP log requests as a busy coding agent sends them: deterministic for a seed, with totals to check against."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

__all__ = ["LogRequests", "Totals"]

MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")
TOOLS = ("Bash", "Read", "Edit", "Grep", "Write", "Glob", "WebFetch")
START_NS = 1_795_000_000_000_000_000  # 2026-11-18; every run has the same days

Value = str | int | float | bool


@dataclass(slots=True)
class Totals:
    """What the requests made so far add up to."""

    records: int = 0
    bytes: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # requests, prompts, tool_calls, tokens, cost_microusd


@dataclass(slots=True)
class _Session:
    common: dict[str, Value]
    sequence: int = 0
    prompt_id: str = ""


class LogRequests:
    """An endless source of ExportLogsServiceRequest bodies."""

    def __init__(self, *, records: int = 20, sessions: int = 50, seed: int = 11) -> None:
        self._rng = random.Random(seed)
        self._records = records
        self._now_ns = START_NS
        self._sessions = [self._session(n) for n in range(sessions)]
        self.totals = Totals()

    def bodies(self, count: int) -> Iterator[bytes]:
        """`count` protobuf bodies, each with `records` records of one session."""
        for _ in range(count):
            body = self._request().SerializeToString()
            self.totals.bytes += len(body)
            yield body

    def _session(self, number: int) -> _Session:
        rng = random.Random(number % 17)  # 17 people
        return _Session(
            {
                "user.id": f"{rng.getrandbits(256):064x}",
                "session.id": self._uuid(),
                "organization.id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                "user.email": f"dev{number % 17:02}@example.invalid",
                "user.account_uuid": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                "terminal.type": ("vscode", "iTerm.app", "tmux")[number % 3],
                "anthropic.provider": "firstParty",
                "anthropic.custom_base_url": False,
            }
        )

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def _request(self) -> ExportLogsServiceRequest:
        session = self._rng.choice(self._sessions)
        message = ExportLogsServiceRequest()
        resource_logs = message.resource_logs.add()
        for key, value in {
            "host.arch": "arm64",
            "os.type": "darwin",
            "os.version": "25.1.0",
            "service.name": "claude-code",
            "service.version": "2.1.328",
        }.items():
            pair = resource_logs.resource.attributes.add()
            pair.key, pair.value.string_value = key, value
        scope_logs = resource_logs.scope_logs.add()
        scope_logs.scope.name, scope_logs.scope.version = "com.anthropic.claude_code.events", "2.1.328"
        for _ in range(self._records):
            self._now_ns += self._rng.randrange(1, 90) * 1_000_000
            self._record(scope_logs.log_records.add(), session)
        self.totals.records += self._records
        return message

    def _record(self, record: LogRecord, session: _Session) -> None:
        name, specific = self._event()
        if name == "user_prompt" or not session.prompt_id:
            session.prompt_id = self._uuid()
        record.time_unix_nano = record.observed_time_unix_nano = self._now_ns
        record.body.string_value = f"claude_code.{name}"
        session.sequence += 1
        attributes: dict[str, Value] = {
            **session.common,
            "event.name": name,
            "event.timestamp": "2026-11-18T00:00:00.000Z",
            "event.sequence": session.sequence,
            "prompt.id": session.prompt_id,
            **specific,
        }
        for key, value in attributes.items():
            pair = record.attributes.add()
            pair.key = key
            if isinstance(value, bool):
                pair.value.bool_value = value
            elif isinstance(value, int):
                pair.value.int_value = value
            elif isinstance(value, float):
                pair.value.double_value = value
            else:
                pair.value.string_value = value

    def _event(self) -> tuple[str, dict[str, Value]]:
        rng, counts = self._rng, self.totals.counts
        what = rng.random()
        if what < 0.40:
            tokens = {
                "input_tokens": rng.randrange(1, 900),
                "output_tokens": round(rng.lognormvariate(5.5, 1.0)),
                "cache_read_tokens": round(rng.lognormvariate(10.0, 0.8)),
                "cache_creation_tokens": rng.randrange(0, 9000),
            }
            microusd = round(rng.lognormvariate(9.5, 1.0))
            counts["requests"] += 1
            counts["cost_microusd"] += microusd
            counts.update(tokens)
            return "api_request", {
                **tokens,
                "cache_creation_5m_tokens": tokens["cache_creation_tokens"],
                "cache_creation_1h_tokens": 0,
                "model": rng.choice(MODELS),
                "cost_usd": microusd / 1e6,
                "cost_usd_micros": microusd,
                "duration_ms": round(rng.lognormvariate(8.5, 0.7)),
                "ttft_ms": rng.randrange(400, 3000),
                "request_id": f"req_011{rng.getrandbits(84):021x}",
                "speed": "normal",
                "query_source": "repl_main_thread",
                "effort": "medium",
            }
        if what < 0.90:
            counts["tool_calls"] += 1
            return "tool_result", {
                "tool_name": rng.choice(TOOLS),
                "tool_use_id": f"toolu_01{rng.getrandbits(88):022x}",
                "request_id": f"req_011{rng.getrandbits(84):021x}",
                "success": "true" if rng.random() > 0.06 else "false",
                "duration_ms": str(round(rng.lognormvariate(5.0, 1.5))),
                "tool_result_size_bytes": str(rng.randrange(20, 20_000)),
                "tool_input_size_bytes": str(rng.randrange(20, 2_000)),
                "tool_parameters": '{"bash_command":"made-up","full_command":"' + "x" * rng.randrange(8, 120) + '"}',
            }
        if what < 0.97:
            return "assistant_response", {
                "response_length": rng.randrange(10, 4000),
                "response": "<REDACTED>",
                "model": rng.choice(MODELS),
                "request_id": f"req_011{rng.getrandbits(84):021x}",
            }
        counts["prompts"] += 1
        return "user_prompt", {"prompt_length": str(rng.randrange(5, 900)), "prompt": "<REDACTED>"}
