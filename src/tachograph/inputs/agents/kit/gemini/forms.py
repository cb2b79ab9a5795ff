"""What Gemini CLI and the programs made from it have in common: how they count tokens, name prompts and show edits.

They count as the Gemini API does: the prompt includes what was read from the cache, thoughts are beside the answer, and
the prompt tokens of tool use are beside the prompt. Where another API stands behind them, its own numbers are passed on
under the same names, and an OpenAI-like one has its reasoning inside the answer. Which of them it was shows the total.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import TypeGuard

from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import AttributeValue, DropReason

__all__ = ["MAX_COUNT", "diff_lines", "disjoint_tokens", "prompt_link", "shell_failed", "whole_count"]

MAX_COUNT = 2**53  # what JavaScript counts exactly
_EXIT = "Exit Code: "


def disjoint_tokens(
    prompt: int, answer: int, cached: int, thoughts: int, tool: int, total: int, *, thoughts_inside: bool = False
) -> dict[str, AttributeValue] | None:
    """The numbers of a response, or their sums, as our classes, None if all are zero: then the API sent none.

    Args:
        prompt: prompt tokens, those read from the cache included.
        answer: tokens of the answer.
        cached: tokens read from the cache.
        thoughts: reasoning tokens.
        tool: prompt tokens of tool use.
        total: all of them as the API added them up, 0 where it did not.
        thoughts_inside: whether `answer` has the thoughts in it where the total does not tell.
    """
    if not (prompt or answer or cached or thoughts or tool or total):
        return None
    rest = total - prompt - answer
    if total > 0 and not tool and 0 <= rest <= thoughts:
        beside, tool_beside = rest, 0  # a sum over several APIs may have some of them inside
    elif total > 0 and rest in (0, thoughts, tool, thoughts + tool):
        beside = thoughts if rest in (thoughts, thoughts + tool) else 0
        tool_beside = tool if rest in (tool, thoughts + tool) else 0
    else:
        beside, tool_beside = 0 if thoughts_inside else thoughts, tool
    output, whole = answer + beside, prompt + tool_beside
    return {
        "input_tokens": max(0, whole - cached),
        "cache_read_tokens": cached,
        "output_tokens": output,
        "reasoning_tokens": min(thoughts, output),
    }


def whole_count(values: Mapping[str, object], name: str) -> int:
    """A count of a record: a number or its text; 0 where it is absent.

    Raises:
        Unusable: it is none.
    """
    value = values.get(name)
    if value is None:
        return 0
    if isinstance(value, str) and value.isdigit() and len(value) < 17:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
        raise Unusable(DropReason.BAD_NUMBER, "a count out of range")
    return value


def prompt_link(prompt_id: object, session_id: object) -> str | None:
    """An id that joins what one prompt caused, without the session's id that theirs are made from; None if there is none.

    `<session>########3` is the third prompt of a session. A run without a terminal names the session alone, and does so
    again when that session is continued, so that it names no prompt.
    """
    if not isinstance(prompt_id, str) or not prompt_id or prompt_id == session_id:
        return None
    return blake2b(prompt_id.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def diff_lines(stat: object, diff: object) -> tuple[int, int] | None:
    """Lines that an edit added and removed: by its own count, else by its diff; None if neither says."""
    if isinstance(stat, Mapping):
        added, removed = stat.get("model_added_lines"), stat.get("model_removed_lines")
        if _is_count(added) and _is_count(removed):
            return added, removed
    if not isinstance(diff, str):
        return None
    lines = diff.split("\n")
    added = sum(1 for line in lines if line.startswith("+") and not line.startswith("+++"))
    removed = sum(1 for line in lines if line.startswith("-") and not line.startswith("---"))
    return (added, removed) if added or removed else None


def shell_failed(output: object) -> bool:
    """Whether a shell command ended with a failure, which these programs call a success of the tool."""
    if not isinstance(output, str):
        return False
    line = output.rpartition(_EXIT)[2].partition("\n")[0] if _EXIT in output else "0"
    return line.strip() not in ("0", "(none)")


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT
