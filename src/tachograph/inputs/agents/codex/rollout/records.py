"""The parts of a rollout's records that are read at all.

Everything not named here is skipped by the JSON parser without ever becoming a Python object; what may be long or holds
text stays raw until it is known to be needed. Every field may be absent.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "ABSENT",
    "Call",
    "CommandArguments",
    "Complete",
    "ErrorStatus",
    "Git",
    "Item",
    "ItemCompleted",
    "Line",
    "Meta",
    "Output",
    "Passthrough",
    "Settings",
    "Started",
    "ThreadSettings",
    "TokenCount",
    "TokenInfo",
    "Tokens",
    "ToolText",
    "TurnContext",
    "UsageRecord",
    "UserMessage",
]

ABSENT = msgspec.Raw(b"")
"""A raw value that is not there."""


class Line(msgspec.Struct, gc=False):
    """One line."""

    timestamp: str | None = None
    ordinal: int | None = None
    type: str | None = None
    payload: msgspec.Raw = ABSENT


class Kind(msgspec.Struct, gc=False):
    """What kind of event or item a payload is."""

    type: str | None = None


class Git(msgspec.Struct, gc=False):
    """The repository a thread was started in."""

    repository_url: str | None = None


class Meta(msgspec.Struct, gc=False):
    """`session_meta`: whose thread this is."""

    id: str | None = None
    timestamp: str | None = None
    cwd: str | None = None
    originator: str | None = None
    cli_version: str | None = None
    model_provider: str | None = None
    source: msgspec.Raw = ABSENT  # a word, or an object that says which thread spawned this one
    thread_source: str | None = None
    forked_from_id: str | None = None
    parent_thread_id: str | None = None
    agent_role: str | None = None
    subagent_history_start_ordinal: int | None = None
    git: Git | None = None


class Settings(msgspec.Struct, gc=False):
    """Settings of a collaboration mode."""

    reasoning_effort: str | None = None


class Mode(msgspec.Struct, gc=False):
    """A collaboration mode."""

    settings: Settings | None = None


class TurnContext(msgspec.Struct, gc=False):
    """`turn_context`: what the requests that follow are made with."""

    turn_id: str | None = None
    cwd: str | None = None
    model: str | None = None
    effort: str | None = None
    service_tier: str | None = None
    collaboration_mode: Mode | None = None


class ThreadSettings(msgspec.Struct, gc=False):
    """`event_msg/thread_settings_applied`, the settings."""

    service_tier: str | None = None


class SettingsApplied(msgspec.Struct, gc=False):
    """`event_msg/thread_settings_applied`."""

    thread_settings: ThreadSettings | None = None


class Tokens(msgspec.Struct, gc=False, frozen=True):
    """A usage: input holds what was cached, output holds reasoning."""

    input_tokens: int | None = None
    cached_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_output_tokens: int | None = None
    total_tokens: int | None = None


class UsageRecord(msgspec.Struct, gc=False):
    """`token_usage_record`: what one response used."""

    turn_id: str | None = None
    response_id: str | None = None
    usage: Tokens | None = None
    thread_token_usage: Tokens | None = None


class TokenInfo(msgspec.Struct, gc=False):
    """What the thread used, and what its last response did."""

    total_token_usage: Tokens | None = None
    last_token_usage: Tokens | None = None


class TokenCount(msgspec.Struct, gc=False):
    """`event_msg/token_count`."""

    info: TokenInfo | None = None


class Started(msgspec.Struct, gc=False):
    """`event_msg/task_started`."""

    turn_id: str | None = None


class ErrorStatus(msgspec.Struct, gc=False):
    """Details of an error of the API."""

    http_status_code: int | None = None


class Failure(msgspec.Struct, gc=False):
    """Why a turn failed; the message is never read."""

    codex_error_info: msgspec.Raw = ABSENT  # a word, or an object with one key


class Complete(msgspec.Struct, gc=False):
    """`event_msg/task_complete` and `event_msg/turn_aborted`."""

    turn_id: str | None = None
    duration_ms: float | None = None
    time_to_first_token_ms: float | None = None
    reason: str | None = None
    error: Failure | None = None


class Passthrough(msgspec.Struct, gc=False):
    """What the client notes on an item."""

    turn_id: str | None = None


class CommandArguments(msgspec.Struct, gc=False):
    """What the tools that run commands are given, under the names it has had."""

    cmd: msgspec.Raw = ABSENT
    command: msgspec.Raw = ABSENT
    workdir: msgspec.Raw = ABSENT
    working_directory: msgspec.Raw = ABSENT


class Call(msgspec.Struct, gc=False):
    """`response_item` of the types function_call, custom_tool_call, local_shell_call and web_search_call."""

    call_id: str | None = None
    name: str | None = None
    namespace: str | None = None
    arguments: msgspec.Raw = ABSENT
    input: msgspec.Raw = ABSENT
    action: msgspec.Raw = ABSENT
    internal_chat_message_metadata_passthrough: Passthrough | None = None


class Action(msgspec.Struct, gc=False):
    """What a web search did."""

    type: str | None = None


class Output(msgspec.Struct, gc=False):
    """`response_item` of the types function_call_output and custom_tool_call_output."""

    call_id: str | None = None
    output: msgspec.Raw = ABSENT


class ToolText(msgspec.Struct, gc=False):
    """One part of a result."""

    text: msgspec.Raw = ABSENT


class Seconds(msgspec.Struct, gc=False):
    """A duration."""

    secs: int | None = None
    nanos: int | None = None


class Change(msgspec.Struct, gc=False):
    """What was done to one file."""

    type: str | None = None
    unified_diff: str | None = None
    content: str | None = None


class Item(msgspec.Struct, gc=False):
    """What an item was, whichever type; only some of these are there."""

    type: str | None = None
    id: str | None = None
    status: str | None = None
    command: list[str] | None = None
    exit_code: int | None = None
    duration: Seconds | None = None
    source: str | None = None
    changes: dict[str, Change] | None = None
    server: str | None = None
    tool: str | None = None
    content: msgspec.Raw = ABSENT


class ItemCompleted(msgspec.Struct, gc=False):
    """`event_msg/item_completed`."""

    turn_id: str | None = None
    item: msgspec.Raw = ABSENT
    started_at_ms: float | None = None
    completed_at_ms: float | None = None


class UserMessage(msgspec.Struct, gc=False):
    """`event_msg/user_message`, as releases before items wrote it."""

    message: msgspec.Raw = ABSENT
