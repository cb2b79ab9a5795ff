"""The parts of a transcript line that are read at all.

Everything not named here (texts, tool inputs, file contents, unknown keys) is skipped by the JSON parser without ever
becoming a Python object. Every field may be absent: what is needed is asked for where it is used.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "ABSENT",
    "Block",
    "CommandInput",
    "Compaction",
    "FeatureInput",
    "GitOperation",
    "Hunk",
    "Iteration",
    "Message",
    "ModelUsage",
    "Origin",
    "OutputDetails",
    "Permission",
    "PullRequest",
    "Record",
    "RetryError",
    "ServerTools",
    "Split",
    "ToolResult",
    "Usage",
]

ABSENT = msgspec.Raw(b"")
"""A raw value that is not there."""


class Split(msgspec.Struct, gc=False):
    """Cache writes by lifetime."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class OutputDetails(msgspec.Struct, gc=False):
    """The part of the output that was reasoning."""

    thinking_tokens: int | None = None


class ServerTools(msgspec.Struct, gc=False):
    """Tools the API ran itself."""

    web_search_requests: int | None = None


class Iteration(msgspec.Struct, gc=False):
    """One sub-call inside a response; only those of another model are billed apart."""

    type: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: Split | None = None


class Usage(msgspec.Struct, gc=False):
    """`message.usage`: what the API billed for one response."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: Split | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerTools | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    iterations: list[Iteration] | None = None


class Block(msgspec.Struct, gc=False):
    """One block of a message; texts stay raw bytes of the line."""

    type: str | None = None
    id: str | None = None
    name: str | None = None
    tool_use_id: str | None = None
    is_error: bool | None = None
    input: msgspec.Raw = ABSENT
    content: msgspec.Raw = ABSENT
    text: msgspec.Raw = ABSENT


class Message(msgspec.Struct, gc=False):
    """`message` of a user or assistant record. `content` is raw when the line is bulky."""

    id: str | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    content: str | list[Block] | None = None


class Origin(msgspec.Struct, gc=False):
    """Who caused a user record."""

    kind: str | None = None


class Permission(msgspec.Struct, gc=False):
    """What was decided about a tool call, and by whom."""

    decision: str | None = None
    source: str | None = None


class Compaction(msgspec.Struct, gc=False):
    """`compactMetadata`."""

    trigger: str | None = None
    pre_tokens: int | None = msgspec.field(default=None, name="preTokens")
    post_tokens: int | None = msgspec.field(default=None, name="postTokens")
    duration_ms: float | None = msgspec.field(default=None, name="durationMs")


class Record(msgspec.Struct, gc=False, rename="camel"):
    """One line."""

    type: str | None = None
    subtype: str | None = None
    uuid: str | None = None
    timestamp: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    cwd: str | None = None
    version: str | None = None
    entrypoint: str | None = None
    message: Message | None = None
    # assistant
    request_id: str | None = None
    requested_model: str | None = None
    effort: str | None = None
    attribution_skill: str | None = None
    attribution_plugin: str | None = None
    attribution_agent: str | None = None
    attribution_mcp_server: str | None = None
    attribution_mcp_tool: str | None = None
    is_api_error_message: bool | None = None
    api_error_status: int | None = None
    api_error_type: str | None = None
    cost_usd: float | None = msgspec.field(default=None, name="costUSD")
    # user
    prompt_id: str | None = None
    prompt_source: str | None = None
    turn_origin: str | None = None
    origin: Origin | None = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_visible_in_transcript_only: bool | None = None
    permission_mode: str | None = None
    permission_decision: Permission | None = None
    tool_denial_kind: str | None = None
    tool_use_result: msgspec.Raw = ABSENT
    # system
    error: msgspec.Raw = ABSENT
    retry_attempt: int | None = None
    compact_metadata: Compaction | None = None
    # cost-state
    start_time: msgspec.Raw = ABSENT
    total_duration: msgspec.Raw = ABSENT
    model_usage: msgspec.Raw = ABSENT
    # set by us on bulky lines, whose texts are not decoded
    content_raw: msgspec.Raw = msgspec.field(default=ABSENT, name="#content")


class Hunk(msgspec.Struct, gc=False):
    """Part of a patch."""

    lines: list[str] = []


class ModelUsage(msgspec.Struct, gc=False, rename="camel"):
    """What a session used of one model so far, as the agent itself adds it up."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    thinking_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation_ephemeral_5m_input_tokens: int | None = msgspec.field(
        default=None, name="cacheCreationEphemeral5mInputTokens"
    )
    cache_creation_ephemeral_1h_input_tokens: int | None = msgspec.field(
        default=None, name="cacheCreationEphemeral1hInputTokens"
    )
    web_search_requests: int | None = None
    cost_usd: float | None = msgspec.field(default=None, name="costUSD")


class PullRequest(msgspec.Struct, gc=False):
    """What the agent recognised as a pull request in a command's output."""

    action: str | None = None


class GitOperation(msgspec.Struct, gc=False):
    """What the agent recognised a command as."""

    pr: PullRequest | None = None


class ToolResult(msgspec.Struct, gc=False, rename="camel"):
    """The parts of `toolUseResult` that are counted; its texts are used and forgotten."""

    type: str | None = None
    file_path: str | None = None
    notebook_path: str | None = msgspec.field(default=None, name="notebook_path")
    structured_patch: list[Hunk] | None = None
    content: msgspec.Raw = ABSENT
    duration_ms: float | None = None
    total_duration_ms: float | None = None
    git_operation: GitOperation | None = None
    is_async: bool | None = None


class CommandInput(msgspec.Struct):
    """A shell tool's input."""

    command: str | None = None


class FeatureInput(msgspec.Struct):
    """The input of the tools that start a skill or a subagent."""

    skill: str | None = None
    subagent_type: str | None = None


class RetryError(msgspec.Struct, rename="camel"):
    """Why a request was tried again."""

    status: int | None = None
    request_id: str | None = None
