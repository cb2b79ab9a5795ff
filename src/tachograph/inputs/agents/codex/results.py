"""Whether a tool call worked, by what Codex says at the start of its result: a verdict leaves, never the text.

Codex calls a command a success whatever it returned, and notes the exit code in the result it shows the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["HEAD_CHARS", "RUNNING", "UNKNOWN", "Verdict", "judge"]

HEAD_CHARS = 512
"""How much of a result's start is looked at."""

_EXITED = re.compile(
    r"(?:Chunk ID: [^\n]{0,80}\n)?(?:Wall time: [^\n]{0,80}\n)?Process exited with code (-?\d{1,10})\b"
)
_RUNNING = re.compile(r"(?:Chunk ID: [^\n]{0,80}\n)?(?:Wall time: [^\n]{0,80}\n)?Process running with session ID\b")
_EXIT_CODE = re.compile(r"Exit code: (-?\d{1,10})\b")
_METADATA = re.compile(r'"metadata"\s*:\s*\{\s*"exit_code"\s*:\s*(-?\d{1,10})\b')
_SCRIPT = re.compile(r"Script (completed|failed|terminated|running)\b")
# How results begin that Codex itself wrote because nothing could be run.
_FAILED = (
    "unsupported call",
    "unsupported custom tool call",
    "apply_patch verification failed",
    "failed to parse",
    "execution error",
    "exec_command failed",
    "err: ",
    "tool call error",
)
_REJECTED = ("exec command rejected", "patch rejected", "rejected by user", "rejected: ", "approval denied")
_ABORTED = ("aborted by user", "aborted")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a result's start says; None where it does not say it."""

    success: bool | None = None
    error_class: str | None = None
    rejected: bool = False
    running: bool = False  # not over yet


UNKNOWN = Verdict()
RUNNING = Verdict(running=True)
_WORKED = Verdict(True)


def judge(head: str, tail: Callable[[], str]) -> Verdict:
    """What the result says of its call.

    Args:
        head: its first HEAD_CHARS characters.
        tail: gives its last ones, where older releases put the exit code.
    """
    found = _EXITED.match(head) or _EXIT_CODE.match(head)
    if found is None and head.startswith('{"'):
        found = _METADATA.search(tail())
    if found is not None:
        return _WORKED if int(found.group(1)) == 0 else Verdict(False, "exit_code")
    if _RUNNING.match(head):
        return RUNNING
    script = _SCRIPT.match(head)
    if script is not None:
        how = script.group(1)
        return _WORKED if how == "completed" else RUNNING if how == "running" else Verdict(False, "script")
    lowered = head[:80].lower()
    if lowered.startswith(_REJECTED):
        return Verdict(False, None, True)
    if lowered.startswith(_ABORTED):
        return Verdict(False, "aborted")
    if lowered.startswith(_FAILED):
        return Verdict(False, "not_run")
    return UNKNOWN
