"""The canonical attribute names of a released event, their types and what they mean.

Agents name things in their own way; their `otel.py` and `transcript.py` translate to these names. The policy
(`privacy/policy.py`) decides which of them pass and how. The store gives the ones marked `column` a column each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ATTRIBUTES", "CONTENTS", "Attribute", "AttributeType"]

AttributeType = Literal["text", "count", "number", "flag"]
"""text: str; count: int >= 0; number: finite float or int; flag: bool."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One canonical attribute: name, type, whether it has a column of its own, and what it means."""

    name: str
    type: AttributeType
    column: bool
    help: str


def _a(name: str, type: AttributeType, help: str, *, column: bool = True) -> Attribute:  # noqa: A002 - reads as a table
    return Attribute(name, type, column, help)


_TABLE: tuple[Attribute, ...] = (
    # who and where
    _a("user_id", "text", "pseudonym of the person or installation"),
    _a("organization_id", "text", "pseudonym of the organization"),
    _a("project", "text", "pseudonym of the working directory"),
    _a("repository", "text", "pseudonym of the repository"),
    _a("agent_version", "text", "version of the agent's program"),
    _a("entrypoint", "text", "how the agent was started: cli, sdk-py, claude-vscode, …"),
    _a("terminal", "text", "terminal type", column=False),
    _a("os_type", "text", "operating system", column=False),
    _a("host_arch", "text", "processor architecture", column=False),
    _a("sequence", "count", "the agent's own running number, per process", column=False),
    _a("start_type", "text", "fresh, resume, continue, …", column=False),
    # what belongs together
    _a("prompt_id", "text", "id of the prompt that caused this"),
    _a("request_id", "text", "id of the API request"),
    _a("client_request_id", "text", "id the client gave the request", column=False),
    _a("message_id", "text", "id of the API response"),
    _a("message_uuid", "text", "id of the transcript record", column=False),
    _a("tool_use_id", "text", "id of the tool call"),
    _a("agent_instance_id", "text", "id of the subagent that did this", column=False),
    _a("parent_agent_instance_id", "text", "id of the agent that started it", column=False),
    _a("workflow_id", "text", "id of the workflow run", column=False),
    # an API request
    _a("model", "text", "model that answered, as reported"),
    _a("model_requested", "text", "model that was asked for"),
    _a("provider", "text", "API provider: firstParty, bedrock, …", column=False),
    _a("query_source", "text", "what the request was for: main, subagent, auxiliary, compact, sdk, …"),
    _a("effort", "text", "reasoning effort asked for"),
    _a("speed", "text", "normal or fast"),
    _a("service_tier", "text", "standard, batch, priority"),
    _a("inference_geo", "text", "where inference was bound to run", column=False),
    _a("stop_reason", "text", "why the model stopped", column=False),
    _a("subagent", "text", "type of the subagent"),
    _a("skill", "text", "skill the usage is attributed to"),
    _a("plugin", "text", "plugin the usage is attributed to"),
    _a("marketplace", "text", "marketplace of the plugin", column=False),
    _a("mcp_server", "text", "MCP server the usage is attributed to"),
    _a("mcp_tool", "text", "MCP tool the usage is attributed to", column=False),
    _a("is_sidechain", "flag", "made by a subagent", column=False),
    _a("input_tokens", "count", "fresh prompt tokens, cache excluded"),
    _a("output_tokens", "count", "tokens generated, reasoning included"),
    _a("reasoning_tokens", "count", "the part of output_tokens spent on reasoning"),
    _a("cache_read_tokens", "count", "prompt tokens read from cache"),
    _a("cache_write_tokens", "count", "prompt tokens written to cache, both lifetimes"),
    _a("cache_write_5m_tokens", "count", "the part of cache_write_tokens kept 5 minutes"),
    _a("cache_write_1h_tokens", "count", "the part of cache_write_tokens kept 1 hour"),
    _a("web_search_requests", "count", "server-side web searches, billed apart"),
    _a("usage_records", "count", "records that repeat this usage, if more than one", column=False),
    _a("naive_output_tokens", "count", "output_tokens added up over those records, if they differ", column=False),
    _a("cost_nanousd", "count", "cost in whole nano-dollars; see cost_basis"),
    _a("cost_basis", "text", "reported (the agent's figure), priced (our table), unpriced (model unknown)"),
    _a("price_version", "text", "version of the price table used", column=False),
    _a(
        "premium_requests",
        "number",
        "what Copilot bills for the request, in its premium requests; no money",
        column=False,
    ),
    _a(
        "credits_nano",
        "count",
        "what Copilot bills for the request, in 10^-9 of its AI credits; no money",
        column=False,
    ),
    _a("duration_ms", "number", "how long it took"),
    _a("ttft_ms", "number", "time to the first token"),
    _a("attempts", "count", "tries made, the last one included"),
    _a("status_code", "count", "HTTP status of the last try"),
    _a("error_class", "text", "kind of error, from a closed list or a strict pattern"),
    _a("success", "flag", "whether it worked"),
    # a prompt or an answer
    _a("length_chars", "count", "length of the text, which itself is not kept", column=False),
    _a("prompt_origin", "text", "human, command, agent (a subagent's or background task's own turn)"),
    _a("command", "text", "slash command, when it is a known kind", column=False),
    _a("command_source", "text", "builtin, custom, mcp, plugin", column=False),
    # a tool call
    _a("tool_name", "text", "tool, as the agent names it"),
    _a("tool_source", "text", "builtin, mcp, …", column=False),
    _a("decision", "text", "accept or reject"),
    _a("decision_source", "text", "config, hook, user_temporary, …"),
    _a("permission_mode", "text", "default, acceptEdits, bypassPermissions, plan", column=False),
    _a("tool_input_bytes", "count", "size of the tool's input", column=False),
    _a("tool_result_bytes", "count", "size of the tool's result", column=False),
    # what came of it
    _a("lines_added", "count", "lines added"),
    _a("lines_removed", "count", "lines removed"),
    _a("language", "text", "programming language of the file", column=False),
    _a("file", "text", "pseudonym of the path of the file a tool worked on", column=False),
    _a("quantity", "count", "how many, where the record counts something"),
    # a running counter
    _a("counter", "text", "what a running total counts: cost, input, output, cache_read, …; session_total: everything"),
    _a(
        "lineage",
        "text",
        "what a session's running total has been counted since, also over resumes and forks",
        column=False,
    ),
    _a("active_seconds", "number", "seconds of active time"),
    _a("active_by", "text", "user or cli", column=False),
    # a feature
    _a("feature", "text", "skill, subagent, compaction, hook, plugin, mcp_server, mention, …"),
    _a("feature_name", "text", "its name, when it is a known one"),
    _a("feature_source", "text", "where it comes from: bundled, plugin, userSettings, …", column=False),
    _a("trigger", "text", "what set it off", column=False),
    _a("status", "text", "connected, failed, complete, skipped, …", column=False),
    _a("total_tokens", "count", "tokens as the record itself sums them", column=False),
    _a("total_tool_uses", "count", "tool uses as the record itself sums them", column=False),
    _a("pre_tokens", "count", "context tokens before compaction", column=False),
    _a("post_tokens", "count", "context tokens after compaction", column=False),
    _a("is_async", "flag", "ran in the background", column=False),
    _a("is_builtin", "flag", "ships with the agent", column=False),
    # what an agent's side counted over a whole session; figures of their own, never added to what records show
    _a("payload_form", "text", "native (this product's plugin) or compat (the original client's form)", column=False),
    _a("integrity", "text", "checksum, keyed (signed with a key given out here), unverified", column=False),
    _a("session_id_kind", "text", "real, or rotating: another each day, so it joins nothing else", column=False),
    _a("plugin_version", "text", "version of the plugin that sent it", column=False),
    _a("name_source", "text", "what a name was checked against: transcript, skill_tool, none", column=False),
    _a("counting", "text", "how it was counted: responses (each once), records (the original client)", column=False),
    _a("counting_version", "count", "version of that way of counting", column=False),
    _a("started_ms", "count", "when the session began, UTC milliseconds since 1970", column=False),
    _a("ended_ms", "count", "when its last record was made", column=False),
    _a("session_seconds", "count", "seconds between the two, idle time included", column=False),
    _a("exit_reason", "text", "clear, resume, logout, prompt_input_exit, …, other", column=False),
    _a("turns", "count", "exchanges; of the original client every user record, tool results too", column=False),
    _a("user_messages", "count", "messages of the user, counted as turns are", column=False),
    _a("assistant_messages", "count", "messages of the model, counted as turns are", column=False),
    _a("prompts_counted", "count", "prompts somebody sent", column=False),
    _a("responses_counted", "count", "API responses, each once", column=False),
    _a("api_errors_counted", "count", "API requests that failed", column=False),
    _a("tool_calls_counted", "count", "tool calls", column=False),
    _a("tool_errors_counted", "count", "tool calls that failed", column=False),
    _a("had_errors", "flag", "whether any tool call failed", column=False),
    _a("bash_calls", "count", "calls of the tool Bash", column=False),
    _a("read_calls", "count", "calls of the tool Read", column=False),
    _a("edit_calls", "count", "calls of the tool Edit", column=False),
    _a("write_calls", "count", "calls of the tool Write", column=False),
    _a("grep_calls", "count", "calls of the tool Grep", column=False),
    _a("glob_calls", "count", "calls of the tool Glob", column=False),
    _a("web_fetch_calls", "count", "calls of the tool WebFetch", column=False),
    _a("web_search_calls", "count", "calls of the tool WebSearch", column=False),
    _a("subagent_runs", "count", "subagents that ran", column=False),
    _a("subagent_responses", "count", "API responses to subagents", column=False),
    _a("subagent_tool_calls", "count", "tool calls of subagents", column=False),
    _a("subagent_tool_errors", "count", "of them: failed", column=False),
    _a("command_uses", "count", "slash commands used", column=False),
    _a("skill_uses", "count", "skills the model used", column=False),
    _a("said_input_tokens", "count", "the client's own figure, no usage: the original counts too much", column=False),
    _a("said_output_tokens", "count", "the same of tokens generated", column=False),
    _a("said_cache_write_tokens", "count", "the same of tokens written to cache", column=False),
    _a("said_cache_read_tokens", "count", "the same of tokens read from cache", column=False),
    _a("hook_ms", "number", "milliseconds that the plugin's hooks took of the session", column=False),
    # a limit of the plan
    _a("limit_window", "text", "which limit: five_hour, seven_day, spend_limit, …", column=False),
    _a(
        "limit_used_ratio",
        "number",
        "how much of it was used; 1 is all, and a spend limit can be exceeded",
        column=False,
    ),
    _a("limit_resets_s", "count", "when it begins anew, UTC seconds since 1970", column=False),
    # a trace
    _a("trace_id", "text", "32 hex digits"),
    _a("span_id", "text", "16 hex digits"),
    _a("parent_span_id", "text", "16 hex digits, absent for a root"),
    _a("span_status", "text", "unset, ok, error", column=False),
)

ATTRIBUTES: dict[str, Attribute] = {a.name: a for a in _TABLE}

CONTENTS: dict[str, Attribute] = {
    a.name: a
    for a in (
        _a("content_prompt", "text", "text of a prompt", column=False),
        _a(
            "content_tool_input",
            "text",
            "what a tool was given: command line, file path, other arguments",
            column=False,
        ),
        _a("content_tool_parameters", "text", "the same as Claude Code says it apart: the whole command", column=False),
        _a("content_error", "text", "text of an error", column=False),
    )
}
"""Texts, scrubbed: what the preset `content` keeps of an event beside its attributes, and no other preset does."""
