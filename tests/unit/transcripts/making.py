"""Transcripts made by hand, a store that is a dictionary, and the totals that its events add up to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.importer import Importer
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Batch, FileState, Quarantined, WriteResult
from tachograph.pricing.price import PriceTable
from tachograph_sdk.model.event import Event
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release

SECRET = b"made-up-secret-made-up-secret-32"
SESSION = "11111111-2222-4333-8444-555555555555"
FOLDER = "-home-dev-project"
NAMES = Pseudonymizer(SECRET)


def make_pipeline() -> Pipeline:
    """The real wall and prices; nothing is decoded here."""
    return Pipeline(decoder=None, agents=(), release=Release(Pseudonymizer(SECRET)), prices=PriceTable.load())  # type: ignore[arg-type]


def line(**record: Any) -> bytes:
    """A record as the agent writes it, without its line end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def common(second: float = 0, **more: Any) -> dict[str, Any]:
    """What every record of a session has."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return {
        "sessionId": SESSION,
        "timestamp": f"2026-11-20T{10 + int(hours):02d}:{int(minutes):02d}:{seconds:06.3f}Z",
        "cwd": "/home/dev/project",
        "version": "2.1.328",
        "entrypoint": "cli",
        "isSidechain": False,
        "uuid": f"00000000-0000-4000-8000-{int(second * 1000):012d}",
    } | more


def usage(tokens_in: int = 10, tokens_out: int = 20, read: int = 300, write: int = 40, **more: Any) -> dict[str, Any]:
    """A response's usage."""
    return {
        "input_tokens": tokens_in,
        "output_tokens": tokens_out,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": write,
    } | more


def response(number: int = 1, *, used: Any = None, blocks: Any = None, message: Any = None, **more: Any) -> bytes:
    """An assistant record: one line of response `number`."""
    return line(
        type="assistant",
        message={
            "id": f"msg_{number:04d}",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [{"type": "text", "text": "answer"}] if blocks is None else blocks,
            "usage": usage() if used is None else used,
        }
        | (message or {}),
        **common(number, **{"requestId": f"req_{number:04d}"} | more),
    )


def prompt(number: int = 1, text: Any = "Do it", **more: Any) -> bytes:
    """A user record."""
    return line(
        type="user",
        promptId=f"prompt-{number:04d}",
        message={"role": "user", "content": text},
        **common(number, **more),
    )


def tool_use(number: int, name: str = "Bash", **tool_input: Any) -> dict[str, Any]:
    """A block that asks for a tool."""
    return {"type": "tool_use", "id": f"toolu_{number:04d}", "name": name, "input": tool_input}


def tool_result(number: int, *, told: Any = None, is_error: bool | None = None, **more: Any) -> bytes:
    """The record with the result of tool call `number`."""
    block = {"type": "tool_result", "tool_use_id": f"toolu_{number:04d}", "content": "done"}
    if is_error is not None:
        block["is_error"] = is_error  # type: ignore[assignment]
    record: dict[str, Any] = {"message": {"role": "user", "content": [block]}}
    if told is not None:
        record["toolUseResult"] = told
    return line(type="user", **record, **common(number + 0.5, **more))


def joined(*lines: bytes, end: bytes = b"\n") -> bytes:
    """A file of these lines."""
    return b"".join(one + end for one in lines)


class ListStore:
    """Keeps batches as the real store does: all or nothing, an event once, whatever its time."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.states: dict[str, FileState] = {}
        self.quarantined: list[Quarantined] = []
        self.batches: list[Batch] = []
        self.settled = 0

    def write(self, batch: Batch) -> WriteResult:
        before = len(self.events)
        for event in batch.events:
            known = self.events.setdefault(event.event_id, event)
            assert known.at_us == event.at_us, "one event has two times, which the real store cannot see"
        self.states.update((state.file_id, state) for state in batch.files)
        self.quarantined += batch.quarantined
        self.batches.append(batch)
        new = len(self.events) - before
        return WriteResult(new=new, duplicate=len(batch.events) - new)

    def settle(self) -> None:
        self.settled += 1

    def files(self) -> dict[str, FileState]:
        return dict(self.states)


class FakeClock:
    """A clock that stands still until told otherwise, before any file was written: none is old."""

    def __init__(self, now_us: int = 1_600_000_000_000_000) -> None:
        self.us = now_us
        self.s = 0.0

    def now_us(self) -> int:
        return self.us

    def monotonic_s(self) -> float:
        return self.s


def make_importer(store: ListStore, root: Path, *, workers: int = 0, **more: Any) -> Importer:
    """An importer of everything below `root`, in this process unless told otherwise."""
    config = ImportConfig(workers=workers, worker_threshold_bytes=0)
    clock = more.pop("clock", None) or FakeClock()
    return Importer(
        store,  # type: ignore[arg-type]
        make_pipeline,
        config,
        clock,
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], root),),
        **more,
    )


CLASSES = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def totals(events: Sequence[Event] | dict[str, Event]) -> Counter[str]:
    """What events add up to by the ledger's rule: one row per response, the largest value of each class."""
    events = list(events.values()) if isinstance(events, dict) else events
    rows: dict[object, dict[str, int]] = {}
    tools: dict[object, bool | None] = {}
    denied = set()
    prompts = set()
    counts: Counter[str] = Counter()
    for event in events:
        has: Any = event.attributes
        if event.kind == "api.request":
            row = rows.setdefault((has.get("message_id"), has.get("request_id")), dict.fromkeys(CLASSES, 0))
            for name in CLASSES:
                row[name] = max(row[name], has[name])
        elif event.kind == "tool.call":
            tools[has["tool_use_id"]] = has.get("success", tools.get(has["tool_use_id"]))
            if has.get("decision") == "reject":
                denied.add(has["tool_use_id"])
        elif event.kind == "prompt":
            prompts.add((has.get("prompt_id") or event.event_id, has["prompt_origin"]))
        elif event.kind == "code.change":
            counts["lines_added"] += has["lines_added"]
            counts["lines_removed"] += has["lines_removed"]
        elif event.kind in ("vcs.commit", "vcs.pull_request", "api.error"):
            counts[{"vcs.commit": "commits", "vcs.pull_request": "pull_requests"}.get(event.kind, "errors")] += 1
    for row in rows.values():
        counts.update(row)
    counts["requests"] = len(rows)
    counts["tool_calls"] = len(tools)
    counts["tool_failures"] = sum(ok is False for id_, ok in tools.items() if id_ not in denied)
    counts["tool_denials"] = len(denied)
    counts["prompts"] = sum(origin != "agent" for _, origin in prompts)
    counts["agent_prompts"] = sum(origin == "agent" for _, origin in prompts)
    return +counts
