"""Its metrics: running totals of one process. Source: docs/formats/qwen_code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import counters

__all__ = ["METRICS", "NOT_NEEDED"]

# `output` has the thoughts in it or beside it, as the API behind it counts, and the metric does not say which. The usual
# one has them inside; taking them so never counts usage twice.
_COUNTERS = {"input": "input_total", "cache": "cache_read", "output": "output", "thought": "reasoning"}


METRICS = counters(_COUNTERS)

NOT_NEEDED = (
    "acp.",
    "api.request.",
    "api.retry.",
    "arena.",
    "channel.",
    "chat.",
    "chat_compression",
    "cpu.",
    "daemon.",
    "file.operation.",
    "goal.",
    "http.client.",  # of the HTTP library
    "memory.",
    "performance.",
    "repeated_tool_failure_guard.",
    "slash_command.",
    "startup.",
    "subagent.execution.",
    "token.efficiency",
    "tool.call.",
    "tool.execution.",
    "tool.queue.",
)
"""What the names of its other metrics begin with: counts and times that its events tell one by one."""
