"""What a session's transcript adds up to by the rules of the plugin that this one replaces, with their errors.

Kept so that figures can be compared with those collected before: every user line is a turn, every content block a
message, usage is added up line by line, at most one error a line. One thing is different: a line that made the old
count stop, or end in nothing (no JSON object, a null where a number should be), is skipped and counted; and what stands for a time but is none is not taken over, because it would be sent as it stands.
"""

from __future__ import annotations

from typing import Any

import transcript

__all__ = ["count_compat", "empty_counts"]

_TOOLS = {
    "Bash": "bash_call_count",
    "Read": "file_read_count",
    "Edit": "file_edit_count",
    "Write": "file_write_count",
    "Grep": "grep_call_count",
    "Glob": "glob_call_count",
    "WebFetch": "web_fetch_call_count",
    "WebSearch": "web_search_call_count",
}
_TOKENS = {
    "input_tokens": "total_input_tokens",
    "output_tokens": "total_output_tokens",
    "cache_creation_input_tokens": "cache_creation_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
}


def empty_counts() -> dict[str, Any]:
    """All counts of a session, none counted."""
    counts: dict[str, Any] = dict.fromkeys(
        ("turn_count", "user_message_count", "assistant_message_count", "total_tool_calls", "tool_error_count"), 0
    )
    counts.update(dict.fromkeys(_TOOLS.values(), 0))
    counts.update(dict.fromkeys(_TOKENS.values(), 0))
    counts.update(had_errors=False, start_timestamp=None, end_timestamp=None, session_duration=0, bad_lines=0)
    return counts


def count_compat(path: str, deadline: float | None = None) -> dict[str, Any]:
    """Count one file, all its lines, whosesoever they are.

    Returns a dictionary: the counts of the payload by its names, `start_timestamp` and `end_timestamp` as the first and
    last line with one have them (None without), `session_duration` in whole seconds, also negative, and `bad_lines`.

    Raises:
        transcript.Unreadable: the file cannot be read whole.
    """
    counts = empty_counts()
    for line in transcript.lines(path, deadline):
        record = transcript.parse(line)
        if record is None:
            counts["bad_lines"] += 1 if line is None or line.strip() else 0
            continue
        stamp = record.get("timestamp")
        if transcript.time_of(stamp) is not None:
            counts["start_timestamp"] = counts["start_timestamp"] or stamp
            counts["end_timestamp"] = stamp
        if record.get("type") == "user":
            counts["user_message_count"] += 1
            counts["turn_count"] += 1
        elif record.get("type") == "assistant":
            counts["assistant_message_count"] += 1
            _count_answer(counts, record.get("message", {}))
        if _has_error(record):
            counts["had_errors"] = True
            counts["tool_error_count"] += 1
    start, end = transcript.time_of(counts["start_timestamp"]), transcript.time_of(counts["end_timestamp"])
    if start is not None and end is not None:
        counts["session_duration"] = int(end - start)
    return counts


def _count_answer(counts: dict[str, Any], message: Any) -> None:
    if not isinstance(message, dict):
        counts["bad_lines"] += 1
        return
    usage = message.get("usage") or {}
    for theirs, ours in _TOKENS.items():
        number = usage.get(theirs, 0) if isinstance(usage, dict) else None
        if isinstance(number, int) and -(10**12) <= number <= 10**12:
            counts[ours] += number
        else:
            counts["bad_lines"] += 1
            break
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and block.get("type") == "tool_use":
            counts["total_tool_calls"] += 1
            name = block.get("name", "")
            if isinstance(name, str) and name in _TOOLS:
                counts[_TOOLS[name]] += 1


def _has_error(record: dict[str, Any]) -> bool:
    told = record.get("toolUseResult")
    if isinstance(told, dict) and told.get("is_error"):
        return True
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and bool(first.get("is_error"))
