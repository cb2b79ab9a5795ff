"""What the preset `strict` keeps of what `standard` keeps: counts and costs, and what keeps records from counting twice.

Every attribute is decided here, with a reason where it is not kept as it is. One that is not decided is dropped.
"""

from __future__ import annotations

from tachograph_sdk.privacy.rules import Treatment

__all__ = ["IN_STRICT"]

_KEPT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sessions are counted, and every request belongs to one; a pseudonym", ("session_id",)),
    (
        "what the price of a request depends on",
        ("model", "model_requested", "provider", "service_tier", "speed", "inference_geo"),
    ),
    (
        "tokens, money and other units",
        (
            "input_tokens",
            "output_tokens",
            "reasoning_tokens",
            "cache_read_tokens",
            "cache_write_tokens",
            "cache_write_5m_tokens",
            "cache_write_1h_tokens",
            "web_search_requests",
            "cost_nanousd",
            "cost_basis",
            "price_version",
            "usage_records",
            "naive_output_tokens",
            "premium_requests",
            "credits_nano",
            "counter",
            "total_tokens",
            "pre_tokens",
            "post_tokens",
        ),
    ),
    (
        "numbers of tries, calls, lines and other things",
        ("attempts", "total_tool_uses", "lines_added", "lines_removed", "quantity", "sequence"),
    ),
    (
        "what was counted over a session, and how",
        (
            "payload_form",
            "integrity",
            "session_id_kind",
            "counting",
            "counting_version",
            "turns",
            "user_messages",
            "assistant_messages",
            "prompts_counted",
            "responses_counted",
            "api_errors_counted",
            "tool_calls_counted",
            "tool_errors_counted",
            "had_errors",
            "subagent_runs",
            "subagent_responses",
            "subagent_tool_calls",
            "subagent_tool_errors",
            "command_uses",
            "skill_uses",
            "said_input_tokens",
            "said_output_tokens",
            "said_cache_write_tokens",
            "said_cache_read_tokens",
        ),
    ),
    (
        "how much of the plan was used: counts of a kind",
        ("limit_window", "limit_used_ratio", "limit_resets_s"),
    ),
    ("tells what counts as failed or refused", ("success", "status_code", "decision", "status")),
    ("tells whose prompt it was: a person's, or an agent's own, which does not count", ("prompt_origin",)),
    ("tells what is counted: a skill, a compaction, an edit; not which", ("feature",)),
    ("usage of subagents is counted apart", ("is_sidechain",)),
)

_PSEUDONYMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "the ledger sees that two records tell of one thing; cannot be looked up at the API's provider",
        ("prompt_id", "request_id", "message_id", "tool_use_id", "lineage"),
    ),
)

_DROPPED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "splits by person, even by pseudonym; counters that name no session are compared for all people together",
        ("user_id",),
    ),
    ("splits by organization, even by pseudonym", ("organization_id",)),
    ("splits by folder, repository or file, even by pseudonym", ("project", "repository", "file")),
    (
        "describes a machine or an installation",
        ("agent_version", "entrypoint", "os_type", "host_arch", "terminal", "plugin_version"),
    ),
    (
        "an id that the ledger does not need",
        (
            "client_request_id",
            "message_uuid",
            "agent_instance_id",
            "parent_agent_instance_id",
            "workflow_id",
            "trace_id",
            "span_id",
            "parent_span_id",
        ),
    ),
    (
        "names what somebody made or uses",
        (
            "skill",
            "plugin",
            "marketplace",
            "subagent",
            "mcp_server",
            "mcp_tool",
            "command",
            "tool_name",
            "feature_name",
            "language",
        ),
    ),
    (
        "says how somebody works, and is neither count nor cost",
        (
            "start_type",
            "query_source",
            "effort",
            "command_source",
            "tool_source",
            "decision_source",
            "permission_mode",
            "feature_source",
            "trigger",
            "is_async",
            "is_builtin",
            "length_chars",
            "tool_input_bytes",
            "tool_result_bytes",
            "exit_reason",
            "name_source",
            "bash_calls",
            "read_calls",
            "edit_calls",
            "write_calls",
            "grep_calls",
            "glob_calls",
            "web_fetch_calls",
            "web_search_calls",
        ),
    ),
    (
        "says how long somebody worked",
        ("active_seconds", "active_by", "started_ms", "ended_ms", "session_seconds"),
    ),
    ("says how long something took", ("duration_ms", "ttft_ms", "hook_ms")),
    ("is a word of the agent's or the API's own", ("stop_reason", "error_class", "span_status")),
)

IN_STRICT: dict[str, tuple[Treatment, str]] = {
    **{name: (Treatment.KEEP, "") for _, names in _KEPT for name in names},
    **{name: (Treatment.PSEUDONYM, why) for why, names in _PSEUDONYMS for name in names},
    **{name: (Treatment.DROP, why) for why, names in _DROPPED for name in names},
}
"""Attribute to what `strict` does with it, and why; KEEP is what `standard` does."""
