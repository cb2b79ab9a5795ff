"""Made-up threads in Codex's own format, for the demonstration. The same seed gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tachograph.inputs.agents.kit.made_up import DAYS, Dice, Play, json_lines, plan_stints, stamp

__all__ = ["make_rollouts"]

VERSIONS = ("0.140.0", "0.152.0", "0.160.0", "0.169.0")  # each for as long
MODELS = (("gpt-5.6", 70), ("gpt-5.5", 30))
SERVERS = (("github", 3), ("linear", 1))
EXTENSIONS = (".py", ".ts", ".rs", ".md")


def make_rollouts(
    *, last_day: date, days: int = DAYS, seed: int = 8, until: datetime | None = None
) -> Iterator[tuple[str, bytes]]:
    """Threads of a made-up team's weeks; `until` as for the transcripts of Claude Code.

    Yields:
        Path below a `sessions` directory, and the file's bytes.
    """
    dice = Dice(seed)
    for stint in plan_stints(dice, last_day=last_day, days=days, per_day=1.6):
        thread = _Thread(dice=dice, stint=stint, until=until)
        path = thread.play()
        if thread.lines:
            yield path, json_lines(thread.lines)


@dataclass(slots=True)
class _Thread(Play):
    context: int = 9_000  # tokens of the conversation so far
    total: dict[str, int] = field(default_factory=dict)

    def play(self) -> str:
        """From the first message to the last; the file's path."""
        identity, folder = self.dice.uuid(), self.stint.folder
        model = self.dice.pick(MODELS)
        path = f"{self.now:%Y/%m/%d}/rollout-{self.now:%Y-%m-%dT%H-%M-%S}-{identity}.jsonl"
        meta = {"id": identity, "timestamp": stamp(self.now), "cwd": folder, "originator": "codex_cli_rs"}
        version = VERSIONS[int(self.stint.age * len(VERSIONS))]
        git = {"branch": "main", "repository_url": f"https://example.invalid/demo/{self.stint.project}.git"}
        told = {"cli_version": version, "source": "cli", "model_provider": "openai", "git": git}
        self._line("session_meta", {**meta, **told})
        for _ in range(max(1, round(self.dice.random.expovariate(1 / 3)))):
            turn = self.dice.uuid()
            self._event("task_started", turn_id=turn, model_context_window=258_400)
            self._line("turn_context", {"turn_id": turn, "cwd": folder, "model": model, "effort": "medium"})
            self._event("user_message", message="a made-up request " * self.dice.random.randrange(1, 12))
            for _ in range(round(self.dice.random.expovariate(1 / 4))):
                self._use(folder)
            self._answered()
            self._event("task_complete", turn_id=turn, last_agent_message="A made-up answer.")
            self.now += self.dice.wait(self.dice.random.expovariate(1 / 200))
        return path

    def _use(self, folder: str) -> None:
        """A request whose answer is a tool call, and its result."""
        call = f"call_{self.dice.hex(16)}"
        self._answered()
        if self.dice.chance(0.3):
            name = f"file{self.dice.random.randrange(9)}{self.dice.random.choice(EXTENSIONS)}"
            added, removed = self.dice.random.randrange(1, 20), self.dice.random.randrange(0, 8)
            lines = "-made up\n" * removed + "+made up\n" * added
            patch = f"*** Begin Patch\n*** Update File: {name}\n@@\n{lines}*** End Patch\n"
            self._item("custom_tool_call", call_id=call, name="apply_patch", input=patch, status="completed")
            told = f"Exit code: 0\nWall time: 0 seconds\nOutput:\nSuccess. Updated the following files:\nM {name}\n"
            self._item("custom_tool_call_output", call_id=call, output=told)
            return
        if self.dice.chance(0.12):
            server = self.dice.pick(SERVERS)
            self._item("function_call", call_id=call, namespace=f"mcp__{server}", name="search", arguments="{}")
        else:
            arguments = json.dumps({"cmd": "made-up-command", "workdir": folder})
            self._item("function_call", call_id=call, name="exec_command", arguments=arguments)
        took = min(120.0, self.dice.random.lognormvariate(0.2, 1.1))
        self.now += self.dice.wait(took)
        code = int(self.dice.chance(0.08))
        told = f"Chunk ID: 000000\nWall time: {took:.4f} seconds\nProcess exited with code {code}\nOutput:\nmade up\n"
        self._item("function_call_output", call_id=call, output=told)

    def _answered(self) -> None:
        rng = self.dice.random
        self.now += self.dice.wait(rng.lognormvariate(1.5, 0.7))
        fresh, output = round(rng.lognormvariate(6.8, 0.8)), round(rng.lognormvariate(5.2, 0.9))
        last = {
            "input_tokens": self.context + fresh,
            "cached_input_tokens": self.context,
            "output_tokens": output,
            "reasoning_output_tokens": round(output * rng.random() * 0.5),
            "total_tokens": self.context + fresh + output,
        }
        self.context = min(self.context + fresh + output, 200_000)
        self.total = {name: self.total.get(name, 0) + count for name, count in last.items()}
        info = {"total_token_usage": self.total, "last_token_usage": last, "model_context_window": 258_400}
        self._event("token_count", info=info, rate_limits=None)

    def _event(self, kind: str, **told: Any) -> None:
        self._line("event_msg", {"type": kind, **told})

    def _item(self, kind: str, **told: Any) -> None:
        self._line("response_item", {"type": kind, **told})

    def _line(self, kind: str, payload: dict[str, Any]) -> None:
        if self.is_there():
            self.lines.append({"timestamp": stamp(self.now), "type": kind, "payload": payload})
