"""A plan's sessions as Claude Code writes them down: one file for each session and subagent, line by line.

What importers get wrong is in it: a line for each content block with the same usage on each, placeholders on all but
the last in older releases, a total of cache writes that is 0 beside a split that is not, forks that begin with a copy of
history under their own session id, resumed sessions in the same file, subagents in one of three places, failed requests
as `<synthetic>`, retries, running totals (`cost-state`, which forks inherit), and records that are nothing to us.
Shapes: docs/formats/claude_code_transcripts.md; how a fork begins was seen by forking sessions of 2.1.328.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tests.corpus.ledger.claims import Claim, told_by
from tests.corpus.ledger.things import (
    Call,
    Era,
    Failure,
    Item,
    Plan,
    Process,
    Prompt,
    Request,
    Session,
    Tokens,
    reported_cost,
)

__all__ = ["Line", "inherited", "write_session"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a file, and what it says."""

    data: bytes  # with its line end
    claims: tuple[Claim, ...] = ()
    part: object = None  # what it is a part of: a request with its calls, a prompt, a failure
    result: bool = False  # it holds a tool's result

    @property
    def plain(self) -> bool:
        """Nothing of the line is a call, a result or a prompt."""
        return all(claim.what == "request" for claim in self.claims)


@dataclass(frozen=True, slots=True)
class _Record:
    data: Json
    claims: tuple[Claim, ...]
    part: object
    agent: str | None = None
    result: bool = False


def write_session(plan: Plan, session: Session) -> dict[str, list[Line]]:
    """All files of a session: path below `projects`, and lines."""
    folder = f"-home-dev-{session.folder}"
    main = f"{folder}/{session.id}.jsonl"
    files: dict[str, list[Line]] = {main: []}

    def add(record: _Record, era: Era) -> None:
        path = main
        if record.agent is not None and era.agents != "inline":
            below = f"{session.id}/subagents/" if era.agents == "folder" else ""
            path = f"{folder}/{below}agent-{record.agent}.jsonl"
        claims = tuple(replace(c, session=session.index, place=path) for c in record.claims)
        data = {**record.data, "sessionId": session.id}
        files.setdefault(path, []).append(
            Line(data=_encode(data), claims=claims, part=record.part, result=record.result)
        )

    totals = _Totals.inherited(plan, session)
    for number, process in enumerate(session.processes):
        for noise in _opening(process):
            files[main].append(Line(data=_encode({**noise, "sessionId": session.id})))
        if number == 0:
            for era, item in session.copied:
                for record in _records(session, era, item):
                    if record.agent is None:
                        add(record, era)
        for item in process.items:
            for record in _records(session, process.era, item):
                add(record, process.era)
            totals.add(item, process)
        if process.era.cost_state and process.items:
            files[main].append(totals.line(session, process))
    return files


def inherited(plan: Plan, session: Session) -> dict[str, dict[str, int]]:
    """What a session's running totals began with, by model: its parent's at the time of the fork."""
    return _Totals.inherited(plan, session).models


@dataclass(slots=True)
class _Totals:
    """The client's own running totals of a session: all its requests, and those of the session it was forked from."""

    start_ms: int
    models: dict[str, dict[str, int]]

    @classmethod
    def inherited(cls, plan: Plan, session: Session) -> _Totals:
        if session.parent is None:
            return cls(0, {})
        parent = plan.sessions[session.parent]
        totals = cls.inherited(plan, parent)
        begun_ms = session.processes[0].start_ms
        for process in parent.processes:
            if process.end_ms <= begun_ms:  # it was written down when that run ended
                for item in process.items:
                    totals.add(item, process)
        return totals

    def add(self, item: Item, process: Process) -> None:
        if not process.era.cost_state:
            return
        self.start_ms = self.start_ms or process.start_ms
        if not isinstance(item, Request):
            return
        said = {**told_by(item.tokens), "reasoning": item.tokens.reasoning, "cost": reported_cost(item, process.era)}
        model = self.models.setdefault(item.model, dict.fromkeys(said, 0))
        for name, count in said.items():
            model[name] += count

    def line(self, session: Session, process: Process) -> Line:
        used = {
            model: {
                "inputTokens": n["input"],
                "outputTokens": n["output"],
                "thinkingTokens": n["reasoning"],
                "cacheReadInputTokens": n["cache_read"],
                "cacheCreationInputTokens": n["cache_write"],
                "cacheCreationEphemeral5mInputTokens": n["cache_5m"],
                "cacheCreationEphemeral1hInputTokens": n["cache_1h"],
                "webSearchRequests": n["searches"],
                "costUSD": n["cost"] / 1e9,
            }
            for model, n in self.models.items()
        }
        record = {
            "type": "cost-state",
            "sessionId": session.id,
            "totalCostUSD": sum(n["cost"] for n in self.models.values()) / 1e9,
            "totalAPIDuration": 28,
            "startTime": self.start_ms,
            "modelUsage": used,
            "hasUnknownModelCost": False,
        }
        claims = [
            Claim(
                what="running", source="cost_state", session=session.index, told={"model": model, **n},
                at_ms=process.end_ms, place=session.id,
            )
            for model, n in self.models.items()
        ]  # fmt: skip
        return Line(data=_encode(record), claims=tuple(claims))


def _opening(process: Process) -> Iterator[Json]:
    """What a run of the client begins with, in a fork also before the history that it copied."""
    yield {"type": "mode", "mode": "normal"}
    yield {"type": "queue-operation", "operation": "enqueue", "timestamp": _stamp(process.start_ms)}


def _records(session: Session, era: Era, item: Item) -> Iterator[_Record]:
    common = {
        "parentUuid": None,
        "isSidechain": False,
        "userType": "external",
        "cwd": f"/home/dev/{session.folder}",
        "version": era.version,
        "gitBranch": "main",
    }
    if isinstance(item, Prompt):
        yield _prompt(common, era, item)
    elif isinstance(item, Failure):
        yield _failure(common, era, item)
    elif item.role != "auxiliary":  # titles and compaction leave no trace
        if item.agent_id is not None:
            common |= {"isSidechain": True, "agentId": item.agent_id}
        yield from _retries(common, item)
        yield from _response(common, era, item)
        for call in item.calls:
            yield _result(common, era, item, call)


def _prompt(common: Json, era: Era, item: Prompt) -> _Record:
    text = {"human": "Do it", "command": "<command-name>/demo</command-name>", "agent": "<task-notification>done"}
    record = {
        **common, "type": "user", "message": {"role": "user", "content": text[item.origin]},
        "uuid": _uuid("prompt", item.id), "timestamp": _stamp(item.at_ms),
    }  # fmt: skip
    if era.prompt_ids:
        record["promptId"] = item.id
    return _Record(record, (_claim("prompt", item, item.at_ms),), item)


def _response(common: Json, era: Era, item: Request) -> Iterator[_Record]:
    for index in range(item.lines):
        early = era.placeholders and index < item.lines - 1
        tokens = replace(item.tokens, output=1, reasoning=0, searches=0) if early else item.tokens
        call = index - (item.lines - len(item.calls))
        claims = [replace(_claim("request", item, item.at_ms), told=told_by(tokens))]
        block: Json = {"type": "text", "text": "Well."}
        if call >= 0:
            block = {"type": "tool_use", "id": item.calls[call].id, "name": item.calls[call].name, "input": {}}
            if item.calls[call].name == "Bash":
                block["input"] = {"command": "git commit -q -m x" if item.calls[call].commits else "ls"}
            claims.append(_claim("call", item.calls[call], item.at_ms))
        message = {
            "id": item.message_id, "type": "message", "role": "assistant", "model": item.model, "content": [block],
            "stop_reason": None if early else "end_turn", "usage": _usage(tokens, era, item),
        }  # fmt: skip
        record = {
            **common, "type": "assistant", "message": message, "uuid": _uuid("line", item.message_id, index),
            "timestamp": _stamp(item.at_ms - 200 * (item.lines - 1 - index)),
        }  # fmt: skip
        if era.version != "2.0.76" or item.number % 2:
            record["requestId"] = item.request_id
        yield _Record(record, tuple(claims), item, item.agent_id)


def _usage(tokens: Tokens, era: Era, item: Request) -> Json:
    usage: Json = {
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_5m,
            "ephemeral_1h_input_tokens": tokens.cache_1h,
        },
        "output_tokens": tokens.output,
        "service_tier": "standard",
    }
    if era.placeholders and item.number % 3 == 0:
        usage["cache_creation_input_tokens"] = 0  # as some releases before 2.1.152 did
    if era.request_ids:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning}
    usage["speed"] = "fast" if item.fast else "standard"
    usage["server_tool_use"] = {"web_search_requests": tokens.searches}
    return usage


def _result(common: Json, era: Era, item: Request, call: Call) -> _Record:
    failed = call.outcome != "ok"
    block: Json = {"type": "tool_result", "tool_use_id": call.id, "content": "done"}
    told: Any = {"stdout": "done"}
    claims = [replace(_claim("result", call, call.at_ms), told={"outcome": call.outcome})]
    if failed:
        block["is_error"] = True
        told = "Error: no" if call.outcome == "failed" else "User rejected tool use"
    elif call.creates:
        told = {"type": "create", "filePath": "a.py", "content": "x\n" * call.added, "structuredPatch": []}
    elif call.name == "Edit":
        lines = ["+x"] * call.added + ["-x"] * call.removed
        told = {"filePath": "a.py", "structuredPatch": [{"oldStart": 1, "lines": lines}]}
    if call.added or call.removed:
        claims.append(replace(_claim("lines", call, call.at_ms), told={"added": call.added, "removed": call.removed}))
    record = {
        **common, "type": "user", "message": {"role": "user", "content": [block]}, "toolUseResult": told,
        "uuid": _uuid("result", call.id), "timestamp": _stamp(call.at_ms),
    }  # fmt: skip
    if call.outcome == "rejected":
        record["toolDenialKind"] = "user-rejected"
    if era.prompt_ids and item.prompt is not None:
        record["promptId"] = item.prompt.id
    return _Record(record, tuple(claims), item, item.agent_id, result=True)


def _failure(common: Json, era: Era, item: Failure) -> _Record:
    message = {
        "id": _uuid("failed", item.number), "model": "<synthetic>", "role": "assistant", "type": "message",
        "content": [{"type": "text", "text": "API Error: 529 overloaded"}],
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }  # fmt: skip
    record = {
        **common, "type": "assistant", "message": message, "isApiErrorMessage": True,
        "uuid": _uuid("failure", item.request_id), "timestamp": _stamp(item.at_ms),
    }  # fmt: skip
    if era.request_ids:
        record["requestId"] = item.request_id
    return _Record(record, (_claim("failure", item, item.at_ms),), item)


def _retries(common: Json, item: Request) -> Iterator[_Record]:
    for number in range(item.retries):
        record = {
            **common, "type": "system", "subtype": "api_error", "error": {"status": 529}, "retryAttempt": number + 1,
            "uuid": _uuid("retry", item.number, number), "timestamp": _stamp(item.at_ms - 900 + number),
        }  # fmt: skip
        yield _Record(record, (), None, item.agent_id)


def _claim(what: str, thing: Request | Call | Prompt | Failure, at_ms: int) -> Claim:
    return Claim(what=what, source="transcript", session=None, thing=thing, at_ms=at_ms)


def _encode(record: Json) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _stamp(ms: int) -> str:
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def _uuid(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, ":".join(map(str, parts))))
