"""What came of it: lines, commits, pull requests, active time."""

from __future__ import annotations

from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["OUTCOMES", "OUTCOME_PARTS"]

OUTCOMES: tuple[Metric, ...] = (
    measured(
        "lines_added", "lines", "neither", "Lines added by the agent's edits.",
        formula="sum of added lines", sql={"outcomes": "sum(lines_added)"},
    ),
    measured(
        "lines_removed", "lines", "neither", "Lines removed by the agent's edits.",
        formula="sum of removed lines", sql={"outcomes": "sum(lines_removed)"},
    ),
    derived(
        "lines_net", "lines", "neither", "Lines that the agent's edits left behind: added less removed; can be negative.",
        made_of="{lines_added} - {lines_removed}", formula="lines_added - lines_removed", reason=None, is_mean=False,
    ),
    derived(
        "code_churn", "lines", "neither", "Lines that the agent's edits touched: added and removed.",
        made_of="{lines_added} + {lines_removed}", formula="lines_added + lines_removed", reason=None, is_mean=False,
    ),
    measured(
        "commits", "count", "higher", "Commits made through the agent.",
        formula="sum of commits", sql={"outcomes": "sum(commits)"},
    ),
    measured(
        "pull_requests", "count", "higher", "Pull requests opened through the agent.",
        formula="sum of pull requests", sql={"outcomes": "sum(pull_requests)"},
    ),
    measured(
        "active_seconds", "seconds", "neither", "Seconds of active time; null when no source says, as transcripts do not.",
        formula="sum of active time", sql={"outcomes": "sum(active_seconds)"},
        reason="no source in this window says how long somebody was active; the agent's OpenTelemetry metrics do",
    ),
)  # fmt: skip

OUTCOME_PARTS: tuple[Metric, ...] = ()
