"""Made-up sessions in the agent's own formats, for the demonstration: transcripts, and telemetry and limits of the same sessions.

The same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tachograph.inputs.agents.claude_code.sample_limits import Spent, note_limits
from tachograph.inputs.agents.claude_code.sample_telemetry import Request, Telemetry, Tool
from tachograph.inputs.agents.kit.made_up import DAYS, PEOPLE, Dice, Play, json_lines, plan_stints, stamp
from tachograph.statusline.memory import FOLDER, OBSERVED

__all__ = ["make_weeks"]

VERSIONS = ("2.0.76", "2.1.288", "2.1.301", "2.1.314", "2.1.322", "2.1.328")  # each for as long
BEFORE = (("claude-sonnet-5-5", 60), ("claude-opus-5", 32), ("claude-haiku-5-5", 8))
AFTER = (("claude-opus-5-5", 65), ("claude-sonnet-5-5", 27), ("claude-haiku-5-5", 8))
LONG = "claude-opus-5-5"
CHANGED = 0.55  # of the weeks are over when the team takes another model
TOOLS = (
    ("Bash", 33), ("Read", 27), ("Edit", 18), ("Grep", 9), ("Write", 5), ("Glob", 4), ("WebFetch", 2),
    ("mcp__github__search_code", 2), ("mcp__linear__get_issue", 1), ("Task", 2), ("Skill", 1),
)  # fmt: skip
SUBAGENTS = (("Explore", 6), ("code-reviewer", 3), ("test-writer", 1))
SKILLS = (("pdf", 2), ("release-notes", 3), ("changelog", 1))
EXTENSIONS = (".py", ".ts", ".svelte", ".go", ".sql", ".md")
FAILURES = (
    ("Error: Exit code 1", 5),
    ("Error: File does not exist.", 3),
    ("Error: String to replace not found in file.", 3),
    ("Error: Command timed out after 2m 0.0s", 1),
)
API_ERRORS = (("529 overloaded_error", 6), ("429 rate_limit_error", 3), ("500 api_error", 1))
FAILURE_SHARE = 0.06
REFUSED_SHARE = 0.015  # of calls that somebody does not allow
COMMIT_SHARE = 0.35  # of sessions that changed something
ERROR_SHARE = 0.04  # of prompts that end in an API error
RETRIED_SHARE = 0.01  # of requests that were tried twice
CONTEXT = 165_000  # tokens, above which it is compacted
STUCK_CALLS = 9


def make_weeks(
    *, last_day: date, days: int = DAYS, seed: int = 7, until: datetime | None = None
) -> Iterator[tuple[str, bytes]]:
    """All that a made-up team's weeks leave behind, played once.

    Args:
        last_day: the newest day, UTC.
        days: how many days up to and including it.
        seed: other seeds give other weeks.
        until: what would be written from then on is not there yet: a session that runs then ends in the middle.

    Yields:
        Path below a home, and the file's bytes: transcripts below `projects`, OTLP below `telemetry`, and what the first
        one's status line noted of a plan's limits, where the core looks for that.
    """
    dice, spent = Dice(seed), []
    for stint in plan_stints(dice, last_day=last_day, days=days, per_day=8.0, with_busy_day=True):
        session = _Session(dice=dice, stint=stint, until=until)
        session.play()
        yield from ((f"projects/{path}", data) for path, data in session.files())
        if data := session.telemetry.as_lines():
            yield f"telemetry/{session.session}.jsonl", data
        if stint.person == PEOPLE[0]:
            whose = {"session": session.session, "version": session.version}
            spent += [Spent(at=at, usd=usd, **whose) for at, usd in session.telemetry.costs]
    if spent:
        yield f"{FOLDER}/{OBSERVED}", note_limits(spent)


@dataclass(slots=True)
class _Session(Play):
    side_lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by subagent
    context: int = 18_000  # tokens that later requests read from cache
    changed: bool = False
    session: str = ""
    model: str = ""
    version: str = ""
    prompt_id: str = ""
    parent: str | None = None
    side: dict[str, Any] = field(default_factory=dict)  # of the lines that a subagent writes
    file: str = ""
    telemetry: Telemetry = field(init=False)

    def play(self) -> None:
        """From the first prompt to the last."""
        rng, stint = self.dice.random, self.stint
        self.session = self.dice.uuid()
        self.model = LONG if stint.is_long else self.dice.pick(BEFORE if stint.age < CHANGED else AFTER)
        self.version = VERSIONS[int(stint.age * len(VERSIONS))]
        self.telemetry = Telemetry(
            session=self.session, person=stint.person, project=stint.project, version=self.version, until=self.until,
            started=self.now,
        )  # fmt: skip
        prompts = 1 + round(rng.gammavariate(6.0, 0.4)) if not stint.is_long else rng.randrange(22, 27)
        for number in range(prompts):
            self._prompt(is_stuck=stint.is_stuck and number == 0)
        if self.changed and self.dice.chance(COMMIT_SHARE):
            self._turn("Bash", {"command": "git commit -am 'made-up work'"}, {"stdout": "[main 1a2b3c4] made-up work"})
            if self.dice.chance(0.4):
                url = f"https://example.invalid/demo/{stint.project}/pull/{rng.randrange(1, 999)}"
                self._turn("Bash", {"command": "gh pr create --fill"}, {"stdout": url})

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Path and bytes of the transcripts of the session and of its subagents, those that are there."""
        folder = self.stint.folder.replace("/", "-")
        beside = {f"{self.session}/subagents/agent-{agent}": lines for agent, lines in self.side_lines.items()}
        for name, lines in {self.session: self.lines, **beside}.items():
            if lines:
                yield f"{folder}/{name}.jsonl", json_lines(lines)

    def _prompt(self, *, is_stuck: bool) -> None:
        rng = self.dice.random
        self.prompt_id = self.dice.uuid()
        self._user("a made-up prompt " * rng.randrange(1, 20), promptId=self.prompt_id, promptSource="typed")
        asked_at = self.now
        if is_stuck:
            for _ in range(STUCK_CALLS):
                self._turn("Bash", {"command": "made-up-tests --all"}, "Error: Exit code 1")
        for _ in range(round(rng.gammavariate(4.0, 1.2))):
            self._use(self.dice.pick(TOOLS))
        if self.dice.chance(ERROR_SHARE * (5 if is_stuck else 1)):
            self._failed()
        self._assistant([{"type": "text", "text": "A made-up answer."}], "end_turn")
        self.telemetry.add_active("cli", (self.now - asked_at).total_seconds(), self.now)
        away = self.dice.wait(rng.expovariate(1 / 180))
        self.now += away
        self.telemetry.add_active("user", min(60.0, away.total_seconds()), self.now)

    def _use(self, tool: str) -> None:
        """One tool, as it goes."""
        rng = self.dice.random
        if tool == "Task":
            self._delegate(self.dice.pick(SUBAGENTS))
        elif tool == "Skill":
            skill = self.dice.pick(SKILLS)
            whose = {"attributionPlugin": "team-kit"} if skill == "release-notes" else {}
            self._turn(tool, {"skill": skill}, {"success": True}, attributionSkill=skill, **whose)
        elif tool == "Bash" and self.dice.chance(FAILURE_SHARE * 2):
            self._turn(tool, {"command": "made-up-tests"}, "Error: Exit code 1")
            if self.dice.chance(0.6):
                self._turn(tool, {"command": "made-up-tests"}, {"stdout": "made up"})
        elif tool.startswith("mcp__"):
            self._turn(tool, {}, {"stdout": "made up"}, attributionMcpServer=tool.split("__")[1])
        elif self.dice.chance(FAILURE_SHARE):
            self._turn(tool, {}, self.dice.pick(FAILURES))
        elif tool in {"Edit", "Write"}:
            if not self.file or self.dice.chance(0.5):
                self.file = f"{self.stint.folder}/file{rng.randrange(9)}{rng.choice(EXTENSIONS)}"
                if tool == "Edit" and self.dice.chance(0.8):
                    self._turn("Read", {"file_path": self.file}, {"stdout": "made up"})
            self._change(tool)
        else:
            self._turn(tool, {}, {"stdout": "made up"})

    def _change(self, tool: str) -> None:
        rng = self.dice.random
        if self.dice.chance(REFUSED_SHARE * 3):
            self._turn(tool, {"file_path": self.file}, "User rejected tool use", denied="user-rejected")
            return
        self.changed = True
        added, removed = rng.randrange(1, 40), rng.randrange(0, 15) if tool == "Edit" else 0
        patch = {"oldStart": 1, "newStart": 1, "lines": ["+made up"] * added + ["-made up"] * removed}
        self._turn(
            tool, {"file_path": self.file}, {"filePath": self.file, "structuredPatch": [patch], "type": "update"}
        )

    def _delegate(self, kind: str) -> None:
        """A subagent works in a transcript of its own, and its result is a tool's."""
        agent, own_context, parent = f"a{self.dice.hex(16)}", self.context, self.parent
        call = self._call("Task", {"subagent_type": kind})
        self.side = {"isSidechain": True, "agentId": agent}
        self.side_lines[agent] = []
        self.context, self.parent = 9_000, None
        self._user("a made-up task", promptId=self.prompt_id)
        for _ in range(self.dice.random.randrange(2, 7)):
            self._turn(
                self.dice.pick((("Read", 5), ("Grep", 3), ("Bash", 2))),
                {},
                {"stdout": "made up"},
                attributionAgent=kind,
            )
        self._assistant([{"type": "text", "text": "A made-up report."}], "end_turn", attributionAgent=kind)
        self.side, self.context, self.parent = {}, own_context, parent
        self._result(call, "Task", {"stdout": "made up"}, self.now)

    def _turn(self, tool: str, arguments: dict[str, Any], result: Any, *, denied: str = "", **more: Any) -> None:
        call = self._call(tool, arguments, **more)
        started = self.now
        self.now += self.dice.wait(self.dice.random.lognormvariate(0.3, 1.1))
        self._result(call, tool, result, started, denied)

    def _call(self, tool: str, arguments: dict[str, Any], **more: Any) -> str:
        call = f"toolu_{self.dice.hex(24)}"
        self._assistant([{"type": "tool_use", "id": call, "name": tool, "input": arguments}], "tool_use", **more)
        return call

    def _result(self, call: str, tool: str, result: Any, started: datetime, denied: str = "") -> None:
        failed = isinstance(result, str)
        block = {"type": "tool_result", "tool_use_id": call, "content": "made up", "is_error": failed}
        told: dict[str, Any] = {"toolDenialKind": denied}
        if not denied:
            told = {"permissionDecision": {"decision": "accept", "source": "config"}}
            took = (self.now - started).total_seconds() * 1000
            self.telemetry.add_tool(
                Tool(at=self.now, call=call, name=tool, prompt=self.prompt_id, duration_ms=took, success=not failed)
            )
        self._user([block], toolUseResult=result, promptId=self.prompt_id, **told)

    def _assistant(self, content: list[dict[str, Any]], stop_reason: str, **more: Any) -> None:
        rng = self.dice.random
        started = self.now
        if self.dice.chance(RETRIED_SHARE):
            error = {"status": 529, "requestId": f"req_{self.dice.hex(24)}"}
            self._line("system", subtype="api_error", level="error", error=error, retryAttempt=1)
        self.now += self.dice.wait(rng.lognormvariate(1.6, 0.7))
        written = round(rng.lognormvariate(7.2, 0.9))
        output = round(rng.lognormvariate(5.4, 1.0))
        usage = {
            "input_tokens": rng.randrange(2, 60),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": self.context,
            "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"thinking_tokens": round(output * rng.random() * 0.5)},
            "service_tier": "standard",
            "speed": "standard",
        }
        message = {
            "id": f"msg_{self.dice.hex(24)}",
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": stop_reason,
            "usage": usage,
        }
        request = f"req_{self.dice.hex(24)}"
        took = (self.now - started).total_seconds() * 1000
        self._line("assistant", message=message, requestId=request, effort="medium", **more)
        self.telemetry.add_request(
            Request(
                at=self.now, request=request, prompt=self.prompt_id, model=self.model, usage=usage, duration_ms=took,
                ttft_ms=took * (0.15 + 0.3 * rng.random()), query_source="subagent" if self.side else "main",
            )
        )  # fmt: skip
        self.context += written
        if self.context > CONTEXT and not self.side:
            told = {"trigger": "auto", "preTokens": self.context, "postTokens": 30_000}
            self._line("system", subtype="compact_boundary", content="Conversation compacted", compactMetadata=told)
            self.context = 30_000

    def _failed(self) -> None:
        status, _, name = self.dice.pick(API_ERRORS).partition(" ")
        message = {
            "id": self.dice.uuid(),
            "role": "assistant",
            "model": "<synthetic>",
            "content": [],
            "usage": {"input_tokens": 0, "output_tokens": 0},
        }
        self._line("assistant", message=message, isApiErrorMessage=True, apiErrorStatus=int(status), error=name)

    def _user(self, content: Any, **more: Any) -> None:
        self._line("user", message={"role": "user", "content": content}, **more)

    def _line(self, kind: str, **more: Any) -> None:
        identity = self.dice.uuid()
        if not self.is_there():
            return
        lines = self.side_lines[self.side["agentId"]] if self.side else self.lines
        lines.append(
            {
                "parentUuid": self.parent,
                "isSidechain": False,
                "type": kind,
                "uuid": identity,
                "timestamp": stamp(self.now),
                "userType": "external",
                "entrypoint": "cli",
                "cwd": self.stint.folder,
                "sessionId": self.session,
                "version": self.version,
                "gitBranch": "main",
                **self.side,
                **more,
            }
        )
        self.parent = identity
