"""Rows of the policy for what an agent's side tells of itself: counts over a session, and limits of the plan."""

from __future__ import annotations

from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.rules import Purpose, Rule, keep

__all__ = ["TOLD"]

_K = EventKind
_SUMMARY = frozenset({_K.SESSION_SUMMARY})

TOLD: tuple[Rule, ...] = (
    # what an agent's side counted over a whole session
    *keep(
        Purpose.LINKING,
        _SUMMARY | {_K.FEATURE_USE},
        "how far it can be believed, and whether it joins anything",
        "payload_form",
        "integrity",
        "session_id_kind",
        shape="word",
    ),
    *keep(
        Purpose.ENVIRONMENT,
        _SUMMARY | {_K.FEATURE_USE},
        "what a record means depends on the version",
        "plugin_version",
        shape="version",
    ),
    *keep(Purpose.ADOPTION, frozenset({_K.FEATURE_USE}), "how the name was checked", "name_source", shape="word"),
    *keep(Purpose.LINKING, _SUMMARY, "how it was counted", "counting", shape="word"),
    *keep(Purpose.LINKING, _SUMMARY, "how it was counted", "counting_version"),
    *keep(Purpose.OUTCOME, _SUMMARY, "when, and how long", "started_ms", "ended_ms", "session_seconds"),
    *keep(Purpose.OUTCOME, _SUMMARY, "how it ended", "exit_reason", shape="word"),
    *keep(
        Purpose.OUTCOME,
        _SUMMARY,
        "how much was said and done, as counts",
        "turns",
        "user_messages",
        "assistant_messages",
        "prompts_counted",
        "responses_counted",
    ),
    *keep(
        Purpose.RELIABILITY,
        _SUMMARY,
        "how much of it failed, as counts",
        "api_errors_counted",
        "tool_errors_counted",
        "subagent_tool_errors",
        "had_errors",
    ),
    *keep(
        Purpose.ADOPTION,
        _SUMMARY,
        "how often tools, subagents, commands and skills were used; not on what",
        "tool_calls_counted",
        "bash_calls",
        "read_calls",
        "edit_calls",
        "write_calls",
        "grep_calls",
        "glob_calls",
        "web_fetch_calls",
        "web_search_calls",
        "subagent_runs",
        "subagent_responses",
        "subagent_tool_calls",
        "command_uses",
        "skill_uses",
    ),
    *keep(
        Purpose.COST,
        _SUMMARY,
        "the client's own figures, shown beside the ledger's",
        "said_input_tokens",
        "said_output_tokens",
        "said_cache_write_tokens",
        "said_cache_read_tokens",
    ),
    *keep(Purpose.PERFORMANCE, _SUMMARY, "what the plugin itself cost the session in time", "hook_ms"),
    # a limit of the plan
    *keep(Purpose.COST, frozenset({_K.USAGE_LIMIT}), "which of the plan's limits", "limit_window", shape="word"),
    *keep(
        Purpose.COST,
        frozenset({_K.USAGE_LIMIT}),
        "how much of the plan was used, and until when that counts",
        "limit_used_ratio",
        "limit_resets_s",
    ),
)
"""As `standard` keeps them; `strict.py` says what of them `strict` keeps."""
