"""What only plugins and status lines tell: limits, uses of features, sessions as a plugin reports them at their end."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.metrics.metric import Metric, mean, measured

__all__ = ["PLUGINS"]

_COUNTED: Final = "counting <> 'records'"
_ALL_CALLS: Final = "tool_calls + coalesce(subagent_tool_calls, 0)"
_ALL_ERRORS: Final = "coalesce(tool_errors, 0) + coalesce(subagent_tool_errors, 0)"
_SAID: Final = (
    "coalesce(said_input_tokens, 0) + coalesce(said_output_tokens, 0) + coalesce(said_cache_read_tokens, 0)"
    " + coalesce(said_cache_write_tokens, 0)"
)
_NOT_REPORTED: Final = "no plugin reported it of a session"

PLUGINS: tuple[Metric, ...] = (
    measured(
        "limit_used_ratio", "ratio", "neither",
        "Most that was used of a limit of the plan, as status lines saw it; split by limit, or it is the highest of all.",
        formula="highest reading of how much of a limit was used", reason="no status line reported a limit",
        sql={"limits": "max(used_ratio)"},
    ),
    measured(
        "feature_uses", "count", "neither",
        "Uses of commands, skills and subagents; each once, whoever told of it. Split by feature and feature_name.",
        formula="number of uses", sql={"feature_uses": "count(*)"},
    ),
    measured(
        "reported_sessions", "count", "neither", "Sessions that a plugin reported when they ended.",
        formula="number of different reported sessions", sql={"hook_sessions": "count(distinct session_id)"},
    ),
    measured(
        "turns_per_session", "mean", "neither",
        "Mean prompts of a reported session; without those of the original client, which counts tool results as turns too.",
        formula="prompts of reported sessions / reported sessions that count prompts", reason=_NOT_REPORTED,
        sql={"hook_sessions": mean("turns", f"{_COUNTED} and turns is not null")},
    ),
    measured(
        "tool_calls_per_session", "mean", "neither", "Mean tool calls of a reported session, subagents' included.",
        formula="tool calls of reported sessions / reported sessions that count them", reason=_NOT_REPORTED,
        sql={"hook_sessions": mean(_ALL_CALLS, "tool_calls is not null")},
    ),
    measured(
        "reported_tool_error_ratio", "ratio", "lower", "Share of reported tool calls that failed.",
        formula="failed tool calls / tool calls of reported sessions", reason="no plugin reported a tool call",
        sql={"hook_sessions": f"sum({_ALL_ERRORS}) / nullif(sum({_ALL_CALLS}), 0)"},
    ),
    measured(
        "session_p50_seconds", "seconds", "neither", "Median time from a reported session's first record to its last.",
        formula="median of the length of reported sessions", reason=_NOT_REPORTED,
        sql={"hook_sessions": "p50(session_seconds)"}, is_mean=True,
    ),
    measured(
        "hook_ms_per_session", "ms", "lower", "Mean milliseconds that the plugin's own hooks took of a reported session.",
        formula="milliseconds of hooks / reported sessions that tell them", reason=_NOT_REPORTED,
        sql={"hook_sessions": mean("hook_ms", "hook_ms is not null")},
    ),
    measured(
        "reported_tokens", "tokens", "neither",
        "Tokens as plugins report them, beside total_tokens and never part of it; not from the original client, which counts"
        " a response several times.",
        formula="sum of the tokens that reported sessions say", sql={"hook_sessions": f"sum({_SAID}) filter (where {_COUNTED})"},
    ),
)  # fmt: skip
