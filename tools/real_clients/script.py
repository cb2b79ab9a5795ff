"""What is played: the prompts, what the model answers, and what has to be told of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.real_clients.api import WARM_UP, Billed, Step

__all__ = ["PRINT_RUNS", "Truth", "script_for", "truth_of"]

HELLO = 'Greet the person called "Ada"'
SKILL, TOOLS, DELEGATE, COUNT = (
    "Use the greet skill",
    "Look around",
    "Delegate the counting",
    "Count the files, please.",
)
TWO, PATH = "Say two", "/etc/hosts"
BUILT_IN = ("clear", "exit")

# What is typed, the prompt of the script that answers it, commands and skills that have to be told of it.
PRINT_RUNS: tuple[tuple[str, str, dict[str, int], dict[str, int]], ...] = (
    ("/demo:hello Ada", HELLO, {"demo:hello": 1}, {}),
    (SKILL, SKILL, {}, {"demo:greet": 1}),
    (TOOLS, TOOLS, {}, {}),
    (DELEGATE, DELEGATE, {}, {}),
    ("/etc/hosts what is this", PATH, {}, {}),
)


def script_for(version: str) -> dict[str, list[Step]]:
    """The model's part; the tool for subagents was called otherwise in older versions."""
    older = version.startswith(("1.", "2.0."))
    delegate = ("Task" if older else "Agent", {
        "description": "count files", "subagent_type": "general-purpose", "prompt": COUNT,
    })  # fmt: skip
    return {
        HELLO: [Step(text="Hello Ada!", input=105, output=6, cache_write=2222)],
        SKILL: [
            Step(tools=(("Skill", {"skill": "demo:greet"}),), input=111, output=18, cache_read=2222),
            Step(text="Salve!", input=140, output=5, cache_read=2222),
        ],
        TOOLS: [
            Step(
                text="Looking.",
                tools=(
                    ("Bash", {"command": "cat a.txt", "description": "show"}),
                    ("Bash", {"command": "false", "description": "fail on purpose"}),
                ),
                input=117, output=26, cache_read=2222,
            ),
            Step(text="One file.", input=150, output=7, cache_read=2222),
        ],
        DELEGATE: [
            Step(tools=(delegate,), input=201, output=40, cache_write=5000),
            Step(text="The helper is counting.", input=230, output=11, cache_read=5000),
            Step(text="The helper found one file.", input=250, output=12, cache_read=5000),
        ],
        COUNT: [
            Step(tools=(("Bash", {"command": "ls | wc -l", "description": "count"}),), input=81, output=15),
            Step(text="1", input=95, output=3, cache_read=900),
        ],
        TWO: [Step(text="Two.", input=61, output=2, cache_write=100)],
        PATH: [Step(text="A path.", input=33, output=3)],
    }  # fmt: skip


@dataclass(slots=True)
class Truth:
    """What one session was, by the model's own ledger."""

    session: str
    what: str
    commands: dict[str, int]
    skills: dict[str, int]
    tokens: dict[str, int] = field(default_factory=dict)  # the session's own conversation
    subagent_tokens: dict[str, int] = field(default_factory=dict)
    responses: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    subagent_tool_calls: int = 0

    def differences(self, told: dict[str, Any]) -> list[str]:
        """Where a session payload says something else."""
        sub = told.get("subagents") or {}
        expected: list[tuple[str, Any, Any]] = [
            ("response_count", self.responses, told.get("response_count")),
            ("prompt_count", 1, (told.get("prompt_count") or 0) - _built_in(told)),
            ("total_tool_calls", self.tool_calls, told.get("total_tool_calls")),
            ("tool_error_count", self.tool_errors, told.get("tool_error_count")),
            ("total_input_tokens", self.tokens.get("input", 0), told.get("total_input_tokens")),
            ("total_output_tokens", self.tokens.get("output", 0), told.get("total_output_tokens")),
            ("cache_creation_tokens", self.tokens.get("cache_write", 0), told.get("cache_creation_tokens")),
            ("cache_read_tokens", self.tokens.get("cache_read", 0), told.get("cache_read_tokens")),
            ("commands", self.commands, {k: v for k, v in told.get("commands", {}).items() if k not in BUILT_IN}),
            ("skills", self.skills, told.get("skills")),
            ("subagents.tool_calls", self.subagent_tool_calls, sub.get("tool_calls")),
            ("subagents.input_tokens", self.subagent_tokens.get("input", 0), sub.get("input_tokens")),
            ("subagents.output_tokens", self.subagent_tokens.get("output", 0), sub.get("output_tokens")),
        ]
        return [f"{name}: is {true}, told {said}" for name, true, said in expected if true != said]


def _built_in(told: dict[str, Any]) -> int:
    """How often a built-in command was typed: each version writes other ones of them into the transcript."""
    commands: dict[str, int] = told.get("commands") or {}
    return sum(commands.get(name, 0) for name in BUILT_IN)


def truth_of(session: str, what: str, billed: list[Billed], commands: dict[str, int], skills: dict[str, int]) -> Truth:
    """The truth of one session from what was billed while it ran."""
    truth = Truth(session, what, commands, skills)
    for line in billed:
        if line.prompt is None:
            continue  # titles and the like: they leave nothing in a transcript
        amounts = {
            "input": line.step.input, "output": line.step.output,
            "cache_write": line.step.cache_write, "cache_read": line.step.cache_read,
        }  # fmt: skip
        own = line.prompt not in (COUNT, WARM_UP)
        target = truth.tokens if own else truth.subagent_tokens
        for name, amount in amounts.items():
            target[name] = target.get(name, 0) + amount
        if own:
            truth.responses += 1
            truth.tool_calls += len(line.step.tools)
        else:
            truth.subagent_tool_calls += len(line.step.tools)
        truth.tool_errors += sum(arguments.get("command") == "false" for _, arguments in line.step.tools)
    return truth
