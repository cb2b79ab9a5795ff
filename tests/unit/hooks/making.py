"""Payloads as the original client and this product's plugin send them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

__all__ = ["KEY", "KEY_ID", "body_of", "event", "native_event", "native_session", "session", "signed"]

KEY = bytes(range(32))
KEY_ID = hashlib.sha256(KEY).hexdigest()[:16]


def _sha256(*parts: str) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def body_of(payload: Any) -> bytes:
    """As the clients write it: ASCII."""
    return json.dumps(payload).encode()


def event(**changes: Any) -> dict[str, Any]:
    """What the original sends for a slash command; a change to ... leaves a key out."""
    made: dict[str, Any] = {
        "type": "slash_command",
        "name": "jira:solve",
        "engine": "claude",
        "version": "1.0",
        "timestamp": "2026-11-20T01:31:50+00:00",
        "session_id": "s1",
        "os": "linux",
        "mac": "",
        "prompt_length": 42,
        "user_id": "550e8400-e29b-41d4-a716-446655440000",
    } | changes
    if made["mac"] == "":
        made["mac"] = _sha256(str(made["session_id"]), str(made["timestamp"]))
    return {name: value for name, value in made.items() if value is not ...}


def session(**changes: Any) -> dict[str, Any]:
    """What the original sends when a session ends."""
    made: dict[str, Any] = {
        "session_id": "s1",
        "user_id": "550e8400-e29b-41d4-a716-446655440000",
        "os": "linux",
        "engine": "claude",
        "start_timestamp": "2026-11-20T01:00:00.123Z",
        "end_timestamp": "2026-11-20T02:30:00.123Z",
        "session_duration": 5400,
        "exit_reason": "clear",
        "mac": "",
        "turn_count": 42,
        "user_message_count": 45,
        "assistant_message_count": 48,
        "total_tool_calls": 156,
        "tool_error_count": 3,
        "bash_call_count": 28,
        "file_read_count": 42,
        "file_edit_count": 18,
        "file_write_count": 5,
        "grep_call_count": 12,
        "glob_call_count": 8,
        "web_fetch_call_count": 2,
        "web_search_call_count": 1,
        "had_errors": True,
        "total_input_tokens": 50000,
        "total_output_tokens": 12000,
        "cache_creation_tokens": 15000,
        "cache_read_tokens": 35000,
    } | changes
    if made["mac"] == "":
        made["mac"] = _sha256(str(made["session_id"]), str(made["start_timestamp"]))
    return {name: value for name, value in made.items() if value is not ...}


def native_event(**changes: Any) -> dict[str, Any]:
    """What this product's plugin sends for a command, unsigned."""
    return event(
        **{"form": "native", "plugin_version": "0.1.0", "session_id_kind": "real", "name_source": "transcript"}
        | changes
    )


def native_session(**changes: Any) -> dict[str, Any]:
    """What this product's plugin sends when a session ends, unsigned."""
    usage = {
        "model": "claude-opus-4-5",
        "input_tokens": 10,
        "output_tokens": 200,
        "cache_creation_tokens": 3000,
        "cache_creation_1h_tokens": 1000,
        "cache_read_tokens": 40000,
        "responses": 7,
    }
    return session(
        **{
            "total_input_tokens": 10,
            "total_output_tokens": 200,
            "cache_creation_tokens": 3000,
            "cache_read_tokens": 40000,
            "form": "native",
            "plugin_version": "0.1.0",
            "session_id_kind": "real",
            "counting": {"method": "responses", "version": 1},
            "prompt_count": 5,
            "response_count": 7,
            "api_error_count": 0,
            "active_seconds": 12.5,
            "lines_added": 8,
            "lines_removed": None,
            "subagents": {"runs": 1, "response_count": 2, "tool_calls": 3, "tool_errors": 1, "input_tokens": 4},
            "usage": [usage],
            "commands": {"jira:solve": 2},
            "skills": {"pdf": 1},
            "hook_ms": 31.5,
            "client_version": "2.1.328",
        }
        | changes
    )


def signed(payload: dict[str, Any], key: bytes = KEY) -> dict[str, Any]:
    """The same with a signature."""
    whole = payload | {"key_id": hashlib.sha256(key).hexdigest()[:16]}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return whole | {"hmac": hmac.new(key, text.encode(), "sha256").hexdigest()}
