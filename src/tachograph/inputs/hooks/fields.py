"""The fields of the two payloads: which there are, of which type, and which must be there.

Order and names are those of docs/formats/claude_code_hooks.md. A field that is null counts as one that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from tachograph.inputs.hooks.times import to_ns

__all__ = ["EVENT", "MAX_COUNT", "MAX_ID", "SESSION", "SUBAGENTS", "USAGE", "USAGE_COUNTS", "Check", "Wrong"]

MAX_ID: Final = 128  # characters of an id
MAX_NAME: Final = 256  # of a command's name; what passes the wall is shorter
MAX_WORD: Final = 64
MAX_TIME: Final = 40
MAX_MODEL: Final = 128
MAX_MODELS: Final = 100
MAX_NAMES: Final = 200  # commands or skills of one session
MAX_COUNT: Final = 10**12  # as of agents' own counts; what costs more than the ledger's integers hold stops it

_HEX: Final = frozenset("0123456789abcdef")


class Wrong(Exception):
    """A field has not the form it must have: its name, a code from a closed set, and what it must be."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message


Check = Callable[[str, Any], None]
"""Raises Wrong if the value, which is not null, cannot be the field's."""


def _text(most: int) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, str):
            raise Wrong("type", field, f"{field} must be a string")
        if not value or len(value) > most:
            raise Wrong("length", field, f"{field} must have 1 to {most} characters")

    return check


def _one_of(*words: str) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, str):
            raise Wrong("type", field, f"{field} must be a string")
        if value not in words:
            raise Wrong("value", field, f"{field} must be one of: {', '.join(words)}")

    return check


def _time(field: str, value: Any) -> None:
    _text(MAX_TIME)(field, value)
    if to_ns(value) is None:
        raise Wrong("value", field, f"{field} must be a time with a zone, as 2026-11-20T01:31:50Z, from 1980 to 2199")


def _hex(size: int) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, str):
            raise Wrong("type", field, f"{field} must be a string")
        if len(value) != size or not _HEX.issuperset(value):
            raise Wrong("value", field, f"{field} must be {size} lower-case hex digits")

    return check


def _count(field: str, value: Any) -> None:
    if value.__class__ is not int:
        raise Wrong("type", field, f"{field} must be a whole number")
    if not 0 <= value <= MAX_COUNT:
        raise Wrong("value", field, f"{field} must be from 0 to 10^12")


def _seconds(field: str, value: Any) -> None:
    """As a count, but the original client counts back where a transcript's lines are out of order."""
    if value.__class__ is not int:
        raise Wrong("type", field, f"{field} must be a whole number")
    if not -MAX_COUNT <= value <= MAX_COUNT:
        raise Wrong("value", field, f"{field} must be within 10^12")


def _amount(field: str, value: Any) -> None:
    if value.__class__ not in (int, float):
        raise Wrong("type", field, f"{field} must be a number")
    if not 0 <= value <= MAX_COUNT:  # what is not a number is not JSON, and never gets here
        raise Wrong("value", field, f"{field} must be from 0 to 10^12")


def _flag(field: str, value: Any) -> None:
    if value is not True and value is not False:
        raise Wrong("type", field, f"{field} must be true or false")


def _object(fields: Mapping[str, tuple[Check, bool]]) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise Wrong("type", field, f"{field} must be an object")
        for name, (check_value, needed) in fields.items():
            inner = value.get(name)
            if inner is not None:
                check_value(f"{field}.{name}", inner)
            elif needed:
                raise Wrong("missing", f"{field}.{name}", f"{field}.{name} is missing")

    return check


def _list_of(check_item: Check, most: int) -> Check:
    def check(field: str, value: Any) -> None:
        if not isinstance(value, list):
            raise Wrong("type", field, f"{field} must be a list")
        if len(value) > most:
            raise Wrong("length", field, f"{field} must have at most {most} items")
        for item in value:
            check_item(f"{field}[]", item)

    return check


def _names(field: str, value: Any) -> None:
    """Uses by name. A name is never part of a message."""
    if not isinstance(value, dict):
        raise Wrong("type", field, f"{field} must be an object")
    if len(value) > MAX_NAMES:
        raise Wrong("length", field, f"{field} must have at most {MAX_NAMES} names")
    for name, uses in value.items():
        if not name or len(name) > MAX_NAME:
            raise Wrong("length", field, f"names in {field} must have 1 to {MAX_NAME} characters")
        _count(f"{field}[]", uses)


_NEEDED, _MAY = True, False

_COMMON: Final[dict[str, tuple[Check, bool]]] = {
    "session_id": (_text(MAX_ID), _NEEDED),
    "user_id": (_text(MAX_ID), _MAY),
    "os": (_text(MAX_WORD), _MAY),
    "engine": (_one_of("claude"), _MAY),
    "version": (_text(MAX_WORD), _MAY),
    # native only
    "form": (_one_of("native", "compat"), _MAY),
    "plugin_version": (_text(MAX_WORD), _MAY),
    "client_version": (_text(MAX_WORD), _MAY),
    "session_id_kind": (_one_of("real", "rotating"), _MAY),
    "hook_ms": (_amount, _MAY),
    "key_id": (_hex(16), _MAY),
    "hmac": (_hex(64), _MAY),
}

EVENT: Final[Mapping[str, tuple[Check, bool]]] = {
    "type": (_one_of("slash_command", "skill"), _NEEDED),
    "name": (_text(MAX_NAME), _NEEDED),
    "timestamp": (_time, _NEEDED),
    **_COMMON,
    "mac": (_hex(64), _NEEDED),
    "prompt_length": (_count, _MAY),
    "name_source": (_one_of("transcript", "skill_tool", "none"), _MAY),
}
"""One use of a command or skill."""

USAGE_COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_creation_tokens",
    "cache_creation_1h_tokens",
    "cache_read_tokens",
    "responses",
)
USAGE: Final[Mapping[str, tuple[Check, bool]]] = {
    "model": (_text(MAX_MODEL), _MAY),  # null where a response names none
    **dict.fromkeys(USAGE_COUNTS, (_count, _MAY)),
}
SUBAGENTS: Final[Mapping[str, tuple[Check, bool]]] = dict.fromkeys(
    (
        "runs",
        "response_count",
        "tool_calls",
        "tool_errors",
        "input_tokens",
        "output_tokens",
        "cache_creation_tokens",
        "cache_read_tokens",
    ),
    (_count, _MAY),
)

SESSION: Final[Mapping[str, tuple[Check, bool]]] = {
    **_COMMON,
    "start_timestamp": (_time, _NEEDED),
    "end_timestamp": (_time, _MAY),
    "session_duration": (_seconds, _MAY),
    "exit_reason": (_text(MAX_WORD), _MAY),
    "mac": (_hex(64), _MAY),
    **dict.fromkeys(
        (
            "turn_count",
            "user_message_count",
            "assistant_message_count",
            "total_tool_calls",
            "tool_error_count",
            "bash_call_count",
            "file_read_count",
            "file_edit_count",
            "file_write_count",
            "grep_call_count",
            "glob_call_count",
            "web_fetch_call_count",
            "web_search_call_count",
        ),
        (_count, _MAY),
    ),
    "had_errors": (_flag, _MAY),
    **dict.fromkeys(
        ("total_input_tokens", "total_output_tokens", "cache_creation_tokens", "cache_read_tokens"), (_count, _MAY)
    ),
    # native only
    "counting": (_object({"method": (_text(MAX_WORD), _NEEDED), "version": (_count, _MAY)}), _MAY),
    **dict.fromkeys(
        ("prompt_count", "response_count", "api_error_count", "lines_added", "lines_removed"), (_count, _MAY)
    ),
    "active_seconds": (_amount, _MAY),
    "subagents": (_object(SUBAGENTS), _MAY),
    "usage": (_list_of(_object(USAGE), MAX_MODELS), _MAY),
    "commands": (_names, _MAY),
    "skills": (_names, _MAY),
}
"""What was counted over a whole session."""
