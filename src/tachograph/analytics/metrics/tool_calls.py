"""Tools: how often, how well, how fast."""

from __future__ import annotations

from tachograph.analytics.metrics.metric import Metric, measured

__all__ = ["TOOL_CALLS"]

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
)  # fmt: skip
