"""Makes a Claude Code `projects` tree: deterministic for a seed, with totals to check against.

    python -m bench.transcripts DIRECTORY [--mb 1040] [--files 1500] [--seed 1]

What importers get wrong is in it on purpose: a response is several lines that repeat its ids and usage, some first with
a placeholder; sessions are forked, so that their history is copied under another session id; subagents have files of
their own; a few files end in half a line; texts are unicode; there are error rows and records nobody reads.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["PRICES", "TreeTotals", "make_tree"]

PRICES = {  # nano-dollars per token: input, output, cache write (5 minutes), cache read
    "claude-opus-4-5-20251101": (5_000, 25_000, 6_250, 500),
    "claude-sonnet-4-5-20250929": (3_000, 15_000, 3_750, 300),
    "claude-haiku-4-5-20251001": (1_000, 5_000, 1_250, 100),
}
TOOLS = ("Bash", "Read", "Edit", "Grep", "Write", "Glob", "WebFetch", "TodoWrite")
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAYS = 60
PROJECTS = 25
TORN_FILES = 5
VOCABULARY = (
    "the function returns a value when test fails because of cache index parser error handler request session token "
    "model data frame update file path module import class def async await commit branch merge naïve 値 → ✓ résumé"
)

Json = dict[str, Any]


@dataclass(slots=True)
class TreeTotals:
    """What the tree holds, each response, prompt and tool call counted once."""

    files: int = 0
    bytes: int = 0
    lines: int = 0
    copied_lines: int = 0
    torn: int = 0
    sessions: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_nanousd: int = 0
    prompts: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0


def make_tree(directory: Path, *, megabytes: float = 1040, files: int = 1500, seed: int = 1) -> TreeTotals:
    """Write the tree below `directory`, which becomes a `projects` folder, and say what is in it."""
    rng = random.Random(seed)
    totals = TreeTotals()
    weights = [rng.lognormvariate(0, 1.1) for _ in range(files)]
    scale = megabytes * 1e6 / sum(weights)
    text = _Text(rng)
    earlier: list[list[Json]] = []
    for number, weight in enumerate(weights):
        torn = number < TORN_FILES
        session = _Session(rng=rng, text=text, totals=totals)
        if earlier and rng.random() < 0.1:
            session.fork(rng.choice(earlier))
        session.fill(int(weight * scale), subagent=rng.random() < 0.08)
        data = session.data() + (b'{"type":"assistant","message":{"id":"msg_torn","usage":{"input_to' if torn else b"")
        folder = directory / session.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{session.id}.jsonl").write_bytes(data)
        totals.files += 1
        totals.bytes += len(data)
        totals.torn += torn
        totals.lines += len(session.lines) + torn
        earlier = [*earlier[-20:], session.lines[: rng.randrange(8, 60)]]
        if session.side_lines:
            _write_subagent(folder / session.id, session, totals)
    return totals


def _write_subagent(folder: Path, session: _Session, totals: TreeTotals) -> None:
    path = folder / "subagents" / f"agent-{session.side_id}.jsonl"
    path.parent.mkdir(parents=True)
    data = b"".join(_line(record) for record in session.side_lines)
    path.write_bytes(data)
    totals.files += 1
    totals.bytes += len(data)
    totals.lines += len(session.side_lines)


def _line(record: Json) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class _Text:
    """Pieces of one long made-up text: quick to cut, different each time."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        words = VOCABULARY.split()
        self._all = " ".join(rng.choice(words) for _ in range(40_000))

    def __call__(self, low: int, high: int) -> str:
        length = self._rng.randrange(low, high)
        start = self._rng.randrange(len(self._all) - length)
        return self._all[start : start + length]


@dataclass(slots=True)
class _Session:
    rng: random.Random
    text: _Text
    totals: TreeTotals
    id: str = ""
    folder: str = ""
    now: datetime = START
    common: Json = field(default_factory=dict)
    lines: list[Json] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    size: int = 0
    side_id: str = ""
    side_lines: list[Json] = field(default_factory=list)
    parent: str | None = None

    def __post_init__(self) -> None:
        self.id = self._uuid()
        project = min(int(self.rng.expovariate(0.25)), PROJECTS - 1)
        self.folder = f"-home-dev-src-project{project:02d}"
        self.now = START + timedelta(days=self.rng.randrange(DAYS), seconds=self.rng.randrange(36_000))
        self.common = {
            "userType": "external",
            "entrypoint": "cli",
            "cwd": f"/home/dev/src/project{project:02d}",
            "sessionId": self.id,
            "version": f"2.1.{self.rng.randrange(200, 329)}",
            "gitBranch": "main",
        }
        self.totals.sessions += 1

    def fork(self, history: list[Json]) -> None:
        """Begin with a copy of another session's first records, as the agent does: same ids, this session."""
        for record in history:
            self._put({**record, "sessionId": self.id})
            self.totals.copied_lines += 1

    def fill(self, budget: int, *, subagent: bool) -> None:
        """Add turns, at least one, until the file has about `budget` bytes."""
        self._turn()
        while self.size < budget:
            self._turn()
        if subagent:
            self.side_id = f"a{self._hex(15)}"
            for _ in range(self.rng.randrange(3, 12)):
                self._step(side=True)
        if self.rng.random() < 0.02:
            self._error()

    def data(self) -> bytes:
        return b"".join(self.encoded)

    def _turn(self) -> None:
        self._wait(5_000, 240_000)
        self.totals.prompts += 1
        prompt_id = self._uuid()
        self._record("user", {"role": "user", "content": self.text(20, 600)}, promptId=prompt_id)
        if self.rng.random() < 0.3:
            self._put(
                {"type": "queue-operation", "operation": "enqueue", "timestamp": self._stamp(), "sessionId": self.id}
            )
        for _ in range(self.rng.randrange(1, 14)):
            self._step(side=False)

    def _step(self, *, side: bool) -> None:
        """One response and, mostly, one tool call with its result."""
        rng = self.rng
        self._wait(800, 30_000)
        model = rng.choices(tuple(PRICES), (3, 5, 2))[0]
        # Together below 200,000: above that, tools read the prices of some models differently.
        write = min(40_000, int(rng.lognormvariate(6.5, 1.2)))
        usage: Json = {
            "input_tokens": rng.randrange(1, 40),
            "cache_creation_input_tokens": write,
            "cache_read_input_tokens": min(150_000, int(rng.lognormvariate(10.4, 0.7))),
            "cache_creation": {"ephemeral_5m_input_tokens": write, "ephemeral_1h_input_tokens": 0},
            "output_tokens": int(rng.lognormvariate(5, 1)) + 2,
            "service_tier": "standard",
        }
        self._count(model, usage)
        blocks: list[Json] = []
        if rng.random() < 0.25:
            blocks.append({"type": "thinking", "thinking": self.text(50, 900), "signature": self._hex(200)})
        if rng.random() < 0.5:
            blocks.append({"type": "text", "text": self.text(30, 900)})
        call = self._call() if rng.random() < 0.8 or not blocks else None
        if call:
            blocks.append({"type": "tool_use", **call})
        ids = {"id": f"msg_01{self._hex(22)}", "requestId": f"req_011C{self._hex(20)}"}
        for index, block in enumerate(blocks):
            # Releases before 2.1.97 wrote a placeholder for all but the last.
            early = index < len(blocks) - 1 and ids["id"].endswith(("0", "1"))
            message = {
                "id": ids["id"],
                "type": "message",
                "role": "assistant",
                "model": model,
                "content": [block],
                "stop_reason": None if early else "tool_use" if call else "end_turn",
                "stop_sequence": None,
                "usage": usage | {"output_tokens": 1} if early else usage,
            }
            self._record("assistant", message, side=side, requestId=ids["requestId"])
        if call:
            self._result(call, side=side)

    def _count(self, model: str, usage: Json) -> None:
        totals = self.totals
        tokens = (
            usage["input_tokens"],
            usage["output_tokens"],
            usage["cache_creation_input_tokens"],
            usage["cache_read_input_tokens"],
        )
        totals.requests += 1
        totals.input_tokens += tokens[0]
        totals.output_tokens += tokens[1]
        totals.cache_write_tokens += tokens[2]
        totals.cache_read_tokens += tokens[3]
        totals.cost_nanousd += sum(n * price for n, price in zip(tokens, PRICES[model], strict=True))

    def _call(self) -> Json:
        name = self.rng.choice(TOOLS)
        path = f"{self.common['cwd']}/src/{self._hex(6)}.py"
        if name == "Bash":
            commit = self.rng.random() < 0.05
            command = (
                f"git add -A && git commit -q -m '{self.text(10, 40)}'" if commit else "pytest -q " + self.text(10, 60)
            )
            given: Json = {"command": command, "description": self.text(10, 40)}
        elif name == "Edit":
            given = {"file_path": path, "old_string": self.text(40, 900), "new_string": self.text(40, 1200)}
        elif name == "Write":
            given = {"file_path": path, "content": self.text(40, 1200)}
        else:
            given = {"file_path": path}
        self.totals.tool_calls += 1
        return {"id": f"toolu_01{self._hex(22)}", "name": name, "input": given}

    def _result(self, call: Json, *, side: bool) -> None:
        rng, totals = self.rng, self.totals
        self._wait(20, 20_000)
        failed = rng.random() < 0.06
        totals.tool_errors += failed
        body = self.text(1, int(min(60_000, rng.lognormvariate(7.45, 1.3))) + 2)
        told: Any = {"stdout": body[:2000], "stderr": "", "interrupted": False, "isImage": False}
        if failed:
            told = "Error: " + body[:2000]
        elif call["name"] in ("Edit", "Write"):
            added, removed = rng.randrange(1, 30), rng.randrange(0, 10)
            patch = ["+" + self.text(5, 60) for _ in range(added)] + ["-" + self.text(5, 60) for _ in range(removed)]
            told = {"filePath": call["input"]["file_path"], "structuredPatch": [{"oldStart": 1, "lines": patch}]}
            totals.lines_added += added
            totals.lines_removed += removed
        elif "git commit" in call["input"].get("command", ""):
            totals.commits += 1
        block = {"tool_use_id": call["id"], "type": "tool_result", "content": body, "is_error": failed}
        self._record("user", {"role": "user", "content": [block]}, side=side, toolUseResult=told)

    def _error(self) -> None:
        message = {
            "id": self._uuid(),
            "model": "<synthetic>",
            "role": "assistant",
            "type": "message",
            "content": [{"type": "text", "text": "API Error: 529 overloaded"}],
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        self._record("assistant", message, isApiErrorMessage=True)

    def _record(self, kind: str, message: Json, *, side: bool = False, **more: Any) -> None:
        own = self._uuid()
        record = {
            "parentUuid": self.parent,
            "isSidechain": side,
            **self.common,
            "type": kind,
            "message": message,
            **more,
            "uuid": own,
            "timestamp": self._stamp(),
        }
        self.parent = own
        if side:
            self.side_lines.append({**record, "agentId": self.side_id})
        else:
            self._put(record)

    def _put(self, record: Json) -> None:
        data = _line(record)
        self.lines.append(record)
        self.encoded.append(data)
        self.size += len(data)

    def _wait(self, low_ms: int, high_ms: int) -> None:
        self.now += timedelta(milliseconds=self.rng.randrange(low_ms, high_ms))

    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"

    def _hex(self, digits: int) -> str:
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def _uuid(self) -> str:
        return "-".join((self._hex(8), self._hex(4), "4" + self._hex(3), "a" + self._hex(3), self._hex(12)))


def main() -> None:
    """Write a tree and print what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--mb", type=float, default=1040)
    parser.add_argument("--files", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    totals = make_tree(options.directory, megabytes=options.mb, files=options.files, seed=options.seed)
    print(json.dumps(asdict(totals)))


if __name__ == "__main__":
    main()
