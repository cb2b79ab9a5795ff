"""What is sent, field by field.

`compat` is what the plugin that this one replaces sent: the same names, order, types and check sum, counted by its
rules. `native` has the same names first, counted right, then more, and is signed. Both are ASCII JSON objects.
"""

from __future__ import annotations

import hashlib
import json
import platform
import time
from typing import Any, Mapping

import counting
import identity
from names import most_used

__all__ = ["COMPAT", "NATIVE", "body", "compat_counts", "event", "mac", "native_counts", "seal", "session", "stamp"]

NATIVE, COMPAT = "native", "compat"
_TOKENS = ("total_input_tokens", "total_output_tokens", "cache_creation_tokens", "cache_read_tokens")
_TOOLS = {
    "bash_call_count": "Bash",
    "file_read_count": "Read",
    "file_edit_count": "Edit",
    "file_write_count": "Write",
    "grep_call_count": "Grep",
    "glob_call_count": "Glob",
    "web_fetch_call_count": "WebFetch",
    "web_search_call_count": "WebSearch",
}
_COUNTS = (
    "turn_count",
    "user_message_count",
    "assistant_message_count",
    "total_tool_calls",
    "tool_error_count",
    *_TOOLS,
    "had_errors",
)


def mac(session_id: str, timestamp: str) -> str:
    """The check sum of a payload: SHA-256 of both strings as sent, one after the other. It proves nothing."""
    return hashlib.sha256((session_id + timestamp).encode("utf-8")).hexdigest()


def stamp(seconds: float) -> str:
    """A time as the old plugin wrote it: UTC, whole seconds, `+00:00`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(seconds))


def event(
    item: Mapping[str, Any], *, session_id: str, user_id: str | None, is_pseudonym: bool, form: str, version: str | None
) -> dict[str, Any]:
    """The payload of a command or skill that was used.

    Args:
        item: `type` slash_command or skill, `name`, `at` in seconds since 1970, `chars`, `name_source`.
        session_id: as it is sent.
        user_id: the installation's, or None.
        is_pseudonym: whether that session id is one.
        form: compat or native.
        version: of this plugin, or None.
    """
    at = stamp(item["at"])
    payload = {
        "type": item["type"],
        "name": item["name"],
        "engine": "claude",
        "version": "1.0",
        "timestamp": at,
        "session_id": session_id,
        "os": platform.system().lower(),
        "mac": mac(session_id, at),
        "prompt_length": item.get("chars") or 0,
        "user_id": user_id,
    }
    if form == NATIVE:
        payload.update(_native_head(is_pseudonym, version))
        payload["name_source"] = item.get("name_source") or "none"
    return payload


def session(
    item: Mapping[str, Any], *, session_id: str, user_id: str | None, is_pseudonym: bool, form: str, version: str | None
) -> dict[str, Any]:
    """The payload of a session.

    Args:
        item: `counts` as compat_counts() or native_counts() gave them, `exit_reason`, `counted_at` in seconds.
        session_id, user_id, is_pseudonym, form, version: as for event().
    """
    counts, now = item["counts"], stamp(item["counted_at"])
    start = counts["start_timestamp"] or now
    payload = {
        "session_id": session_id,
        "user_id": user_id,
        "os": platform.system().lower(),
        "engine": "claude",
        "start_timestamp": start,
        "end_timestamp": counts["end_timestamp"] or now,
        "session_duration": counts["session_duration"],
        "exit_reason": item.get("exit_reason") or "other",
        "mac": mac(session_id, start),
    }
    payload.update((name, counts[name]) for name in _COUNTS)
    if form == COMPAT:
        payload.update((name, counts[name]) for name in _TOKENS if counts[name] > 0)
        return payload
    payload.update((name, counts[name]) for name in _TOKENS)
    payload.update(_native_head(is_pseudonym, version))
    payload.update(counts["more"])
    return payload


def _native_head(is_pseudonym: bool, version: str | None) -> dict[str, Any]:
    return {
        "form": NATIVE,
        "plugin_version": version,
        "session_id_kind": "rotating" if is_pseudonym else "real",
    }


def compat_counts(counted: Mapping[str, Any]) -> dict[str, Any]:
    """Counts of compat.count_compat() as they are kept until they are sent."""
    return dict(counted)


def native_counts(counts: counting.Counts, *, hook_ms: float | None) -> dict[str, Any]:
    """Counts of counting.count_session() as they are kept until they are sent.

    The names of the old payload are the session's own conversation; `subagents` is theirs; `usage`, lines, errors of
    the API and active seconds are the whole session's. Without any record all counts of tokens are None: not known.

    Args:
        counts: what was counted.
        hook_ms: what this plugin's hooks cost the session, in milliseconds of wall time; None if not known.
    """
    own, theirs = counts.tokens_of(False), counts.tokens_of(True)
    is_known = bool(counts.records)
    more: dict[str, Any] = {
        "counting": {"method": counting.METHOD, "version": counting.VERSION},
        "prompt_count": counts.prompts_of("human", "command"),
        "response_count": counts.responses_of(False),
        "api_error_count": len(counts.api_errors),
        "active_seconds": counts.active_seconds(),
        "lines_added": counts.lines_added if is_known else None,
        "lines_removed": counts.lines_removed if is_known else None,
        "subagents": dict(
            {
                "runs": len(counts.runs),
                "response_count": counts.responses_of(True),
                "tool_calls": len(counts.agents.tools),
                "tool_errors": len(counts.agents.failed),
            },
            **{name: number if is_known else None for name, number in theirs.items()},
        ),
        "usage": counts.usage(),
        "commands": most_used(counts.names.commands),
        "skills": most_used(counts.names.skills),
        "hook_ms": hook_ms,
        "client_version": counts.client_version,
    }
    kept: dict[str, Any] = {
        "start_timestamp": counts.start[1] if counts.start else None,
        "end_timestamp": counts.end[1] if counts.end else None,
        "session_duration": counts.duration(),
        "turn_count": counts.prompts_of("human", "command"),
        "user_message_count": counts.prompts_of("human", "command", "agent"),
        "assistant_message_count": counts.responses_of(False),
        "total_tool_calls": len(counts.main.tools),
        "tool_error_count": len(counts.main.failed),
        "had_errors": bool(counts.main.failed or counts.agents.failed or counts.api_errors),
        "more": more,
    }
    kept.update((ours, counts.tool_calls(theirs_name)) for ours, theirs_name in _TOOLS.items())
    for ours, name in zip(_TOKENS, ("input_tokens", "output_tokens", "cache_creation_tokens", "cache_read_tokens")):
        kept[ours] = own[name] if is_known else None
    return kept


def seal(payload: dict[str, Any], key: str | None) -> dict[str, Any]:
    """Sign a native payload: `key_id`, then `hmac` over all of it but `hmac`. Without a key it stays unsigned."""
    if payload.get("form") == NATIVE and key:
        payload["key_id"] = identity.key_id(key)
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        payload["hmac"] = identity.sign(key, text)
    return payload


def body(payload: Mapping[str, Any]) -> bytes:
    """The bytes that are sent."""
    return json.dumps(payload).encode("ascii")
