"""Made-up sessions in the agent's own transcript format, for the demonstration. The same seed gives the same bytes."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

__all__ = ["make_transcripts"]

VERSION = "2.1.328"
PROJECTS = ("atlas-api", "atlas-web", "billing", "data-pipeline", "docs-site", "mobile-app")
MODELS = (("claude-opus-5-5", 45), ("claude-sonnet-5-5", 40), ("claude-haiku-5-5", 15))
TOOLS = (("Bash", 34), ("Read", 28), ("Edit", 18), ("Grep", 9), ("Write", 5), ("Glob", 4), ("WebFetch", 2))
EXTENSIONS = (".py", ".ts", ".svelte", ".go", ".sql", ".md")
FAILURE_SHARE = 0.06
COMMIT_SHARE = 0.35  # of sessions that changed something
ERROR_SHARE = 0.01  # of requests that end in an API error


def make_transcripts(
    *, last_day: date, days: int = 30, seed: int = 7, until: datetime | None = None
) -> Iterator[tuple[str, bytes]]:
    """Transcript files of a made-up team's month.

    Args:
        last_day: the newest day, UTC.
        days: how many days up to and including it.
        seed: other seeds give other months.
        until: what would be written from then on is not there yet: a session that runs then ends in the middle.

    Yields:
        Path below a `projects` directory, and the file's bytes.
    """
    rng = random.Random(seed)  # made-up data, nothing secret
    for back in range(days - 1, -1, -1):
        day = last_day - timedelta(days=back)
        busy = 5.0 if day.weekday() < 5 else 1.2
        for _ in range(max(0, round(rng.gauss(busy, 1.6)))):
            hour = min(22.0, max(7.0, rng.gauss(13.5, 3.2)))
            start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
            session = _Session(rng=rng, now=start, until=until)
            path, data = session.write()
            if data:
                yield path, data


def _pick(rng: random.Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return rng.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]


@dataclass(slots=True)
class _Session:
    rng: random.Random
    now: datetime
    until: datetime | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    context: int = 18_000  # tokens that later requests read from cache
    changed: bool = False
    project: str = ""
    session: str = ""
    model: str = ""
    prompt_id: str = ""
    parent: str | None = None

    def write(self) -> tuple[str, bytes]:
        """Play the session; its path and bytes."""
        self.project = self.rng.choice(PROJECTS)
        self.session = self._uuid()
        self.model = _pick(self.rng, MODELS)
        for _ in range(max(1, round(self.rng.expovariate(1 / 4)))):
            self._prompt()
        if self.changed and self.rng.random() < COMMIT_SHARE:
            self._turn("Bash", {"command": "git commit -am 'made-up work'"}, {"stdout": "[main 1a2b3c4] made-up work"})
            if self.rng.random() < 0.4:
                url = f"https://example.invalid/demo/{self.project}/pull/{self.rng.randrange(1, 999)}"
                self._turn("Bash", {"command": "gh pr create --fill"}, {"stdout": url})
        data = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in self.lines)
        return f"-home-demo-{self.project}/{self.session}.jsonl", data

    def _prompt(self) -> None:
        self.prompt_id = self._uuid()
        self._user("a made-up prompt " * self.rng.randrange(1, 20), promptId=self.prompt_id, promptSource="typed")
        for _ in range(round(self.rng.expovariate(1 / 5))):
            tool = _pick(self.rng, TOOLS)
            if self.rng.random() < FAILURE_SHARE:
                self._turn(tool, {}, "Error: made-up failure")
            elif tool in {"Edit", "Write"}:
                self.changed = True
                added, removed = self.rng.randrange(1, 40), self.rng.randrange(0, 15) if tool == "Edit" else 0
                path = f"/home/demo/{self.project}/file{self.rng.choice(EXTENSIONS)}"
                patch = {"oldStart": 1, "newStart": 1, "lines": ["+made up"] * added + ["-made up"] * removed}
                result = {"filePath": path, "structuredPatch": [patch], "type": "update"}
                self._turn(tool, {"file_path": path}, result)
            else:
                self._turn(tool, {}, {"stdout": "made up"})
        if self.rng.random() < ERROR_SHARE:
            self._failed()
        self._assistant([{"type": "text", "text": "A made-up answer."}], "end_turn")
        self._wait(self.rng.expovariate(1 / 180))

    def _turn(self, tool: str, arguments: dict[str, Any], result: Any) -> None:
        call = f"toolu_{self._hex(24)}"
        self._assistant([{"type": "tool_use", "id": call, "name": tool, "input": arguments}], "tool_use")
        self._wait(self.rng.lognormvariate(0.3, 1.1))
        failed = isinstance(result, str)
        block = {"type": "tool_result", "tool_use_id": call, "content": "made up", "is_error": failed}
        self._user([block], toolUseResult=result, promptId=self.prompt_id)

    def _assistant(self, content: list[dict[str, Any]], stop_reason: str) -> None:
        self._wait(self.rng.lognormvariate(1.6, 0.7))
        written = round(self.rng.lognormvariate(7.2, 0.9))
        output = round(self.rng.lognormvariate(5.4, 1.0))
        usage = {
            "input_tokens": self.rng.randrange(2, 60),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": self.context,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": round(output * self.rng.random() * 0.5)},
            "service_tier": "standard",
            "speed": "standard",
        }
        self.context = self.context + written if self.context < 170_000 else 30_000
        message = {
            "id": f"msg_{self._hex(24)}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "usage": usage,
        }
        self._line("assistant", message=message, requestId=f"req_{self._hex(24)}", effort="medium")

    def _failed(self) -> None:
        message = {
            "id": self._uuid(),
            "role": "assistant",
            "model": "<synthetic>",
            "content": [],
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        self._line("assistant", message=message, isApiErrorMessage=True, apiErrorStatus=529, error="overloaded_error")

    def _user(self, content: Any, **more: Any) -> None:
        self._line("user", message={"role": "user", "content": content}, **more)

    def _line(self, kind: str, **more: Any) -> None:
        identity = self._uuid()
        if self.until is not None and self.now >= self.until:
            return
        self.lines.append(
            {
                "parentUuid": self.parent,
                "isSidechain": False,
                "type": kind,
                "uuid": identity,
                "timestamp": self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "userType": "external",
                "entrypoint": "cli",
                "cwd": f"/home/demo/{self.project}",
                "sessionId": self.session,
                "version": VERSION,
                "gitBranch": "main",
                **more,
            }
        )
        self.parent = identity

    def _wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=min(seconds, 1800.0))

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def _hex(self, digits: int) -> str:
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"
