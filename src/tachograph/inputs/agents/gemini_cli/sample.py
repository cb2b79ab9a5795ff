"""Made-up chats in Gemini CLI's own format, for the demonstration. The same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from tachograph.inputs.agents.kit.made_up import DAYS, Dice, Play, json_lines, plan_stints, stamp

__all__ = ["make_chats"]

MODEL = "gemini-3.8-flash"
TOOLS = (("read_file", 4), ("run_shell_command", 3), ("replace", 2), ("search_file_content", 2))


def make_chats(
    *, last_day: date, days: int = DAYS, seed: int = 9, until: datetime | None = None
) -> Iterator[tuple[str, bytes]]:
    """Chats of a made-up team's weeks; `until` as for the transcripts of Claude Code. It came when half of them were over.

    Yields:
        Path below a `tmp` directory, and the file's bytes.
    """
    dice = Dice(seed)
    for stint in plan_stints(dice, last_day=last_day, days=days // 2, per_day=1.0):
        chat = _Chat(dice=dice, stint=stint, until=until)
        path = chat.play()
        if chat.lines:
            yield path, json_lines(chat.lines)


@dataclass(slots=True)
class _Chat(Play):
    context: int = 6_000  # tokens of the conversation so far

    def play(self) -> str:
        """From the first message to the last; the file's path."""
        session, folder = self.dice.uuid(), self.stint.folder
        project = sha256(folder.encode()).hexdigest()
        path = f"{project}/chats/session-{self.now:%Y-%m-%dT%H-%M}-{session[:8]}.jsonl"
        begun = stamp(self.now)
        header = {"sessionId": session, "projectHash": project, "startTime": begun, "lastUpdated": begun}
        self._line({**header, "kind": "main"})
        for _ in range(max(1, round(self.dice.random.expovariate(1 / 3)))):
            text = "a made-up question " * self.dice.random.randrange(1, 9)
            self._line({**self._message("user"), "content": [{"text": text}]})
            for _ in range(round(self.dice.random.expovariate(1 / 3))):
                self._answer([self._call(folder)])
            self._answer([])
            self.now += self.dice.wait(self.dice.random.expovariate(1 / 150))
        return path

    def _answer(self, calls: list[dict[str, Any]]) -> None:
        rng = self.dice.random
        self.now += self.dice.wait(rng.lognormvariate(1.2, 0.7))
        fresh, output, thoughts = (round(rng.lognormvariate(middle, 0.8)) for middle in (6.5, 4.8, 4.2))
        tokens = {
            "input": self.context + fresh,
            "output": output,
            "cached": self.context,
            "thoughts": thoughts,
            "tool": 0,
        }
        tokens["total"] = tokens["input"] + output + thoughts
        self.context = min(self.context + fresh + output, 400_000)
        told = {
            **self._message("gemini"),
            "content": "A made-up answer.",
            "thoughts": [],
            "tokens": tokens,
            "model": MODEL,
        }
        self._line({**told, "toolCalls": calls} if calls else told)

    def _call(self, folder: str) -> dict[str, Any]:
        name = self.dice.pick(TOOLS)
        file = f"{folder}/file{self.dice.random.randrange(9)}.py"
        shown: Any = ""
        if name == "replace":
            added, removed = self.dice.random.randrange(1, 12), self.dice.random.randrange(0, 6)
            counts = {"model_added_lines": added, "model_removed_lines": removed}
            shown = {"fileName": file.rsplit("/", 1)[1], "filePath": file, "diffStat": counts, "isNewFile": False}
        return {
            "id": f"{name}__{self.dice.hex(16)}",
            "name": name,
            "args": {"command": "made-up-command"} if name == "run_shell_command" else {"file_path": file},
            "status": "error" if self.dice.chance(0.06) else "success",
            "timestamp": stamp(self.now),
            "resultDisplay": shown,
        }

    def _message(self, kind: str) -> dict[str, Any]:
        return {"id": self.dice.uuid(), "timestamp": stamp(self.now), "type": kind}

    def _line(self, told: dict[str, Any]) -> None:
        if self.is_there():
            self.lines.append(told)
