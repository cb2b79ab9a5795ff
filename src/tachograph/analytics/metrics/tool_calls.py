"""Tools: how often, how well, how fast."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.metrics.metric import Metric, measured

__all__ = ["TOOL_CALLS"]

_NOT_REJECTED: Final = "coalesce(decision, '') <> 'reject'"
_RAN: Final = f"success is not null and {_NOT_REJECTED}"
_DECIDED: Final = "tool_class = 'edit' and (decision is not null or success is not null)"

TOOL_CALLS: tuple[Metric, ...] = (
    measured(
        "tool_calls", "count", "neither", "Tool calls the model made, rejected ones included.",
        formula="number of tool calls", sql={"tool_calls": "count(*)"},
    ),
    measured(
        "tool_errors", "count", "lower", "Tool calls that ran and failed.",
        formula="number of tool calls that ran and failed", sql={"tool_calls": "count(*) filter (where is_error)"},
    ),
    measured(
        "tool_rejections", "count", "lower", "Tool calls a person or rule did not allow.",
        formula="number of tool calls that were rejected",
        sql={"tool_calls": "count(*) filter (where decision = 'reject')"},
    ),
    measured(
        "tool_error_ratio", "ratio", "lower", "Share of tool calls that ran and failed.",
        formula="tool_errors / tool_calls", reason="no tool was called",
        sql={"tool_calls": "count(*) filter (where is_error) / nullif(count(*), 0)"},
    ),
    measured(
        "tool_p50_ms", "ms", "lower", "Median time of a tool call.",
        formula="median of the time of tool calls", reason="no source says how long a tool call took",
        sql={"tool_calls": "p50(duration_ms)"},
    ),
    measured(
        "tool_p95_ms", "ms", "lower", "Time that 95 of 100 tool calls stay below.",
        formula="95th percentile of the time of tool calls", reason="no source says how long a tool call took",
        sql={"tool_calls": "p95(duration_ms)"},
    ),
    measured(
        "tool_success_ratio", "ratio", "higher", "Share of the tool calls that ran that did not fail.",
        formula="tool calls that succeeded / tool calls that ran and whose end is known",
        reason="no tool call ran, or nobody says how it ended",
        sql={"tool_calls": f"count(*) filter (where {_RAN} and success) / nullif(count(*) filter (where {_RAN}), 0)"},
    ),
    measured(
        "tool_retries", "count", "lower", "Tool calls that repeat one that had just failed.",
        formula="number of tool calls whose nearest earlier call of the same tool in the same turn failed (of the same file, where"
        " both name one)",
        sql={"tool_calls": "count(*) filter (where is_retry)"},
    ),
    measured(
        "edit_acceptance_ratio", "ratio", "higher", "Share of the edits that were decided on or run that were not rejected.",
        formula="edits not rejected / edits that were accepted, rejected or run", reason="no edit was decided on",
        sql={
            "tool_calls": f"count(*) filter (where {_DECIDED} and {_NOT_REJECTED})"
            f" / nullif(count(*) filter (where {_DECIDED}), 0)"
        },
    ),
    measured(
        "read_before_edit_ratio", "ratio", "higher",
        "Share of edits whose file was read or edited earlier in the session; of edits whose file is known.",
        formula="edits of a file that was read or edited before / edits of a known file",
        reason="no edit says which file it worked on",
        sql={"tool_calls": "count(*) filter (where read_before) / nullif(count(*) filter (where read_before is not null), 0)"},
    ),
    measured(
        "one_shot_ratio", "ratio", "higher",
        "Share of the turns with an edit that needed one attempt: none failed, none was rejected, none came after a command"
        " that had come after an edit.",
        formula="turns that needed one attempt / turns in which an edit ran", reason="no turn has an edit that ran",
        sql={"prompts": "count(*) filter (where is_one_shot) / nullif(count(*) filter (where is_one_shot is not null), 0)"},
    ),
)  # fmt: skip
