"""Transcripts made by hand, one for each of ccusage's rules, and how to ask the program and ourselves about them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.transcripts import make_tree
from tachograph.analytics.explain.ccusage.report import read_ccusage
from tachograph.analytics.explain.ccusage.rules import CCUSAGE_VERSION
from tachograph.analytics.zones import find_zone

__all__ = ["CASES", "GOLDEN", "RECORDED", "Case", "ask", "find_program", "lay_out", "our_cells", "trees"]

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "agents" / "claude_code"
RECORDED = ROOT / "tests" / "golden" / "ccusage" / "recorded.json"

Cells = dict[str, list[Any]]  # "day model": input, output, cache write, cache read, US dollars

MODELS = (
    "claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-5",
    "claude-opus-5-5", "claude-sonnet-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1", "claude-mythos-5",
    "claude-opus-4-8", "claude-opus-4-7-20260416", "claude-opus-4-6", "claude-sonnet-4-6", "claude-opus-4-1-20250805",
    "claude-opus-4-20250514", "claude-sonnet-4-20250514", "claude-sonnet-4-5-20250929[1m]", "claude-3-5-haiku-20241022",
    "claude-3-7-sonnet-20250219", "claude-3-opus-20240229", "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Files below `projects`, and the rule they are about."""

    rule: str
    name: str
    files: dict[str, list[Any]]
    zone: str = "UTC"


def line(
    message_id: str | None = "msg_1",
    request_id: str | None = "req_1",
    *,
    used: dict[str, Any] | None = None,
    message: dict[str, Any] | None = None,
    without: Iterable[str] = (),
    **record: Any,
) -> dict[str, Any]:
    """A record of a response of ten tokens in and one out, changed as said."""
    usage = {"input_tokens": 10, "output_tokens": 1, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    told = {"id": message_id, "model": "claude-sonnet-4-5", "role": "assistant", "usage": usage | (used or {})}
    whole = {
        "type": "assistant",
        "timestamp": "2026-05-01T10:00:00.000Z",
        "sessionId": "session-1",
        "version": "2.1.200",
        "message": told | (message or {}),
        "requestId": request_id,
    } | record
    left_out = {*without, *(("id",) if message_id is None else ()), *(("requestId",) if request_id is None else ())}
    for part in (whole, whole["message"], whole["message"]["usage"]):
        for name in left_out & part.keys():
            del part[name]
    return whole


def out(tokens: int) -> dict[str, Any]:
    return {"used": {"output_tokens": tokens}}


def split(five: int, hour: int, total: int) -> dict[str, Any]:
    return {
        "cache_creation_input_tokens": total,
        "cache_creation": {"ephemeral_5m_input_tokens": five, "ephemeral_1h_input_tokens": hour},
    }


def one(*lines: Any) -> dict[str, list[Any]]:
    return {"p/a.jsonl": list(lines)}


SIDE: dict[str, Any] = {"isSidechain": True}
LATER: dict[str, Any] = {"timestamp": "2026-05-01T10:00:05.000Z"}
OTHER: dict[str, Any] = {"sessionId": "session-2"}
ADVISOR = {"type": "advisor_message", "model": "claude-opus-4-5", "input_tokens": 1000, "output_tokens": 100}
PROGRESS = {
    "type": "progress",
    "sessionId": "session-1",
    "data": {
        "message": {
            "timestamp": "2026-05-01T10:00:00.000Z",
            "requestId": "req_9",
            "message": {
                "id": "msg_9",
                "model": "claude-sonnet-4-5",
                "usage": {"input_tokens": 7, "output_tokens": 3},
            },
        }
    },
}
PLACES = (
    "a.jsonl", "p/s/subagents/b.jsonl", "p/x.orphaned-1.jsonl", "p/x.jsonl.superseded-1", "p/tool-results/z.jsonl",
    "p/history.jsonl", "p/.hidden.jsonl", "p/u.JSONL", ".h/u.jsonl",
)  # fmt: skip

CASES = (
    Case("files", "all places", {p: [line(f"m{i}", used={"input_tokens": 10**i})] for i, p in enumerate(PLACES)}),
    Case("lines", "with a space", {"p/a.jsonl": [json.dumps(line())]}),
    Case("lines", "a user record", one(line(type="user"))),
    Case("lines", "a progress record", one(PROGRESS)),
    Case("lines", "a progress record and its line", one(PROGRESS, line("msg_9", "req_9"))),
    Case("nulls", "speed", one(line(used={"speed": None}))),
    Case("nulls", "working directory", one(line(cwd=None))),
    Case("nulls", "cost", one(line(costUSD=None))),
    Case("nulls", "model", one(line(message={"model": None}))),
    Case("nulls", "id of a content block", one(line(message={"content": [{"type": "x", "id": None}]}))),
    Case("nulls", "in a text", one(line(message={"content": [{"type": "text", "text": '{"id":null}'}]}))),
    Case("nulls", "stop reason", one(line(message={"stop_reason": None}))),
    Case("nulls", "model of a sub-call", one(line(used={"iterations": [{"type": "message", "model": None}]}))),
    Case("nulls", "split", one(line(used={"cache_creation": None, "cache_creation_input_tokens": 7}))),
    Case("nulls", "part of a split", one(line(used={"cache_creation": {"ephemeral_5m_input_tokens": None}}))),
    Case("nulls", "iterations", one(line(used={"iterations": None}))),
    Case("nulls", "sidechain", one(line(isSidechain=None))),
    *[
        Case("fields", f"time {stamp}", one(line(timestamp=stamp)))
        for stamp in (
            "2026-05-01T10:00:00Z", "2026-05-01T10:00:00.123456Z", "2026-05-01T10:00:00+02:00", "2026-05-01 10:00:00",
            "2026-05-01", "2026-05-01T10:00:00.1Z", "2026-05-01T10:00:00",
        )
    ],
    Case("fields", "version dev", one(line(version="dev"))),
    Case("fields", "version 2.1", one(line(version="2.1"))),
    Case("fields", "no version", one(line(without=["version"]))),
    Case("fields", "no session", one(line(without=["sessionId"]))),
    Case("fields", "a session that is a number", one(line(sessionId=5))),
    Case("fields", "empty request id", one(line(request_id=""))),
    Case("fields", "no input", one(line(without=["input_tokens"]))),
    Case("fields", "no cache", one(line(without=["cache_creation_input_tokens", "cache_read_input_tokens"]))),
    Case("fields", "below zero", one(line(used={"input_tokens": -5}))),
    Case("fields", "not whole", one(line(used={"input_tokens": 5.5}))),
    Case("fields", "speed turbo", one(line(used={"speed": "turbo"}))),
    Case("same_request", "placeholder first", one(line(), line(**out(50)))),
    Case("same_request", "placeholder last", one(line(**out(50)), line())),
    Case("same_request", "fork", {"p/a.jsonl": [line(**out(50))], "p/b.jsonl": [line(**OTHER, **out(40))]}),
    Case(
        "same_request",
        "larger fork on another day",
        {"p/a.jsonl": [line()], "p/b.jsonl": [line(**OTHER, **out(50), timestamp="2026-05-03T10:00:00.000Z")]},
    ),
    Case("same_request", "other request", one(line(**out(50)), line(request_id="req_2", **out(40)))),
    Case(
        "same_request",
        "same sum, dearer",
        one(line(used={"input_tokens": 50, "output_tokens": 10}), line(used={"input_tokens": 10, "output_tokens": 50})),
    ),
    Case("same_request", "speed", one(line(), line(used={"speed": "standard"}))),
    Case(
        "same_request",
        "the first by path",
        {"p/b.jsonl": [line()], "p/a.jsonl": [line(timestamp="2026-05-02T10:00:00.000Z")]},
    ),
    Case("no_request_id", "same time", one(line(request_id=None), line(request_id=None, **out(9)))),
    Case("no_request_id", "other time", one(line(request_id=None), line(request_id=None, **out(9), **LATER))),
    Case(
        "no_request_id",
        "other session",
        {"p/a.jsonl": [line(request_id=None)], "p/b.jsonl": [line(request_id=None, **out(9), **OTHER)]},
    ),
    Case("no_request_id", "no message id", one(line(None), line(None))),
    Case("replays", "after", one(line(**out(50)), line(request_id="req_2", **SIDE, **out(70)))),
    Case("replays", "before", one(line(request_id="req_2", **SIDE, **out(70)), line(**out(50)))),
    Case("replays", "other session", one(line(**out(50)), line(request_id="req_2", **SIDE, **OTHER, **out(70)))),
    Case("replays", "other time", one(line(**out(50)), line(request_id="req_2", **SIDE, **LATER, **out(70)))),
    Case("replays", "same ids", one(line(**SIDE, **out(50)), line(**out(10)))),
    Case(
        "replays",
        "of two",
        one(line(request_id="r1"), line(request_id="r2", **out(50)), line(request_id="r3", **SIDE, **out(70))),
    ),
    Case("advisor", "twice", one(line(used={"iterations": [ADVISOR]}), line(used={"iterations": [ADVISOR]}))),
    Case("advisor", "second of two", one(line(used={"iterations": [ADVISOR | {"type": "message"}, ADVISOR]}))),
    Case("cache_writes", "split", one(line(used=split(400, 600, 1000)))),
    Case("cache_writes", "no total", one(line(used=split(400, 600, 0)))),
    Case("cache_writes", "larger total", one(line(used=split(400, 600, 5000)))),
    Case("cache_writes", "split of zeros", one(line(used=split(0, 0, 5000)))),
    Case("cache_writes", "no split", one(line(used={"cache_creation_input_tokens": 1000}))),
    Case("price", "own figure", one(line(costUSD=1.5))),
    Case("price", "own figure of nothing", one(line(costUSD=0))),
    *[
        Case("price", f"{name} of {model}", one(line(used={"input_tokens": 0, "output_tokens": 0, name: 100_000}, message={"model": model})))
        for model in MODELS
        for name in ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    ],
    Case("long_context", "one class", one(line(used={"input_tokens": 300_000}))),
    Case("long_context", "cache", one(line(used={"cache_read_input_tokens": 300_000}))),
    Case("long_context", "1-hour writes", one(line(used=split(0, 300_000, 300_000)))),
    Case(
        "long_context",
        "three classes",
        one(line(used={"input_tokens": 100_000, "cache_creation_input_tokens": 100_000, "cache_read_input_tokens": 100_000})),
    ),
    *[
        Case("fast", model, one(line(used={"input_tokens": 100_000, "speed": "fast"}, message={"model": model})))
        for model in ("claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-sonnet-4-6")
    ],
    Case("not_priced", "web search", one(line(used={"server_tool_use": {"web_search_requests": 3}}))),
    Case("not_priced", "region", one(line(used={"inference_geo": "us"}))),
    Case("synthetic", "row", one(line(message={"model": "<synthetic>"}), line("msg_2", "req_2"))),
    Case("day", "Berlin", one(line(timestamp="2026-05-01T23:30:00.000Z")), zone="Europe/Berlin"),
    Case("day", "Kolkata", one(line(timestamp="2026-05-01T18:29:59.999Z"), line("m2", "r2", timestamp="2026-05-01T18:30:00Z")), zone="Asia/Kolkata"),
)  # fmt: skip


def lay_out(case: Case, root: Path) -> Path:
    """Write a case's files; the configuration folder."""
    shutil.rmtree(root, ignore_errors=True)
    for name, lines in case.files.items():
        path = root / "projects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        texts = [one if isinstance(one, str) else json.dumps(one, separators=(",", ":")) for one in lines]
        path.write_text("\n".join(texts) + "\n")
    return root


def trees(root: Path) -> dict[str, tuple[Path, str]]:
    """The recorded sessions and a generated tree: configuration folder and zone of each, by a name."""
    found = {}
    for transcripts in sorted(GOLDEN.glob("*/*/transcripts")):
        folder = root / transcripts.parent.name
        shutil.copytree(transcripts, folder / "projects")
        found[transcripts.parent.name] = (folder, "UTC")
    tree = root / "generated"
    make_tree(tree / "projects", megabytes=3, files=24, seed=7)
    for zone in ("UTC", "America/New_York", "Asia/Kolkata"):
        found[f"generated {zone}"] = (tree, zone)
    return found


def our_cells(root: Path, zone: str) -> tuple[Cells, list[Any]]:
    """What we say that ccusage says: its table, and its totals."""
    report = read_ccusage({"CLAUDE_CONFIG_DIR": str(root)}, root, find_zone(zone))
    cells = {
        f"{day} {model}": [
            f.input_tokens,
            f.output_tokens,
            f.cache_write_tokens,
            f.cache_read_tokens,
            f.cost_nanousd / 1e9,
        ]
        for (day, model), f in report.cells.items()
        if model != "-"
    }
    f = report.total
    return cells, [f.input_tokens, f.output_tokens, f.cache_write_tokens, f.cache_read_tokens, f.cost_nanousd / 1e9]


_NAMES = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens")


def ask(program: Path, root: Path, zone: str) -> tuple[Cells, list[Any]]:
    """What ccusage itself says."""
    environment = {"CLAUDE_CONFIG_DIR": str(root), "HOME": str(root / "nobody"), "PATH": os.environ.get("PATH", "")}
    command = [str(program), "claude", "daily", "--offline", "--json", "-z", zone]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    told = json.loads(done.stdout)
    cells = {
        f"{day['date']} {part['modelName']}": [*(part[n] for n in _NAMES), part["cost"]]
        for day in told["daily"]
        for part in day["modelBreakdowns"]
    }
    totals = told.get("totals") or {}
    return cells, [*(totals.get(n, 0) for n in _NAMES), totals.get("totalCost", 0)]


def find_program() -> Path | None:
    """ccusage in the version whose rules we know, installed below .dev/ where npm can; None where it cannot."""
    folder = ROOT / ".dev" / f"ccusage-{CCUSAGE_VERSION}"
    pattern = "node_modules/@ccusage/*/bin/ccusage"
    if not any(folder.glob(pattern)) and shutil.which("npm") is not None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
        environment = {**os.environ, "npm_config_cache": str(folder / "cache")}
        subprocess.run(
            [*command, f"ccusage@{CCUSAGE_VERSION}"], env=environment, capture_output=True, check=False, timeout=300
        )
    for program in folder.glob(pattern):
        program.chmod(0o755)
        return program
    return None
