"""What came of it: lines, commits, pull requests, active time."""

from __future__ import annotations

from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["OUTCOMES", "OUTCOME_PARTS"]


def _active_by(who: str, spoken: str, name: str = "") -> Metric:
    return measured(
        f"{name or who}_active_seconds", "seconds", "neither", f"Seconds in which {spoken}; a part of active_seconds.",
        formula=f"sum of active time of {who}", sql={"outcomes": f"sum(case when active_by = '{who}' then active_seconds end)"},
        reason="no source in this window says who was active; the agent's OpenTelemetry metrics do",
    )  # fmt: skip


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
    _active_by("user", "a person was active: typing, reading, deciding"),
    _active_by("cli", "the agent worked", "agent"),
    derived(
        "files_changed", "count", "neither", "Files (pseudonyms) that the agent's edits changed.",
        made_of="case when {files_known} > 0 or {code_changes} = 0 then {files_known} end",
        formula="number of different files of code changes", is_mean=False, counts_nothing=True,
        reason="code was changed, but no source says in which files",
    ),
)  # fmt: skip

OUTCOME_PARTS: tuple[Metric, ...] = (
    measured(
        "files_known", "count", "neither", "Different files of code changes, as far as they are known.",
        formula="number of different files", sql={"outcomes": "count(distinct case when kind = 'code.change' then file end)"},
    ),
    measured(
        "code_changes", "count", "neither", "Records of changed code.",
        formula="number of records of changed code", sql={"outcomes": "count(*) filter (where kind = 'code.change')"},
    ),
)  # fmt: skip
