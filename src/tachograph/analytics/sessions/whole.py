"""Sessions as wholes: one row each, also where records that were deleted by age left a session in several parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.compile import half_up
from tachograph.analytics.scope import NO_PEOPLE, Scope

__all__ = ["FORMULA", "PART_REASONS", "WEIGHTS", "WHOLE", "reasons_in", "session_row"]

WEIGHTS: Final[Mapping[str, float]] = {"outcome": 0.4, "reliability": 0.2, "acceptance": 0.2, "one_shot": 0.2}

FORMULA: Final = (
    "10 x (0.4 outcome + 0.2 reliability + 0.2 acceptance + 0.2 one_shot) / (sum of the weights of the known parts); "
    "outcome: 1 with a commit or a pull request, else changed lines / 100, at most 1; "
    "reliability: 1 - tool errors / tool calls; acceptance: edits not rejected / edits decided on or run; "
    "one_shot: turns that needed one attempt / turns in which an edit ran"
)

_SUMS = (
    "prompts", "requests", "api_errors", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "unpriced_requests", "tool_calls", "tool_errors", "tool_retries", "edits", "edit_errors", "edits_decided",
    "edits_accepted", "edit_turns", "one_shot_turns", "subagent_requests", "compactions", "lines_added", "lines_removed",
    "commits", "pull_requests", "files_changed", "active_seconds", "cost_nanousd",
)  # fmt: skip
_SAME = ("user_id", "organization_id", "project", "repository", "entrypoint", "exit_reason")

# The score is worked out as store/rollups/88_scores.sql does it, over all parts of the session; weights in fifths.
_OUTCOME = (
    "case when commits + pull_requests > 0 then 1.0 when lines_added + lines_removed >= 100 then 1.0"
    " when lines_added + lines_removed > 0 or tool_calls > 0 then (lines_added + lines_removed) / 100 end"
)
_PARTS = {
    "outcome": "score_outcome",
    "reliability": "1 - tool_errors / nullif(tool_calls, 0)",
    "acceptance": "edits_accepted / nullif(edits_decided, 0)",
    "one_shot": "one_shot_turns / nullif(edit_turns, 0)",
}
_WEIGHED = " + ".join(
    f"{round(5 * WEIGHTS[name])} * coalesce({text}, 0)" for name, text in _PARTS.items()
)  # of the parts that are known
_KNOWN = " + ".join(
    f"case when {text} is null then 0 else {round(5 * WEIGHTS[name])} end" for name, text in _PARTS.items()
)

WHOLE: Final = f"""
    select *, case when tool_calls > 0 or lines_added + lines_removed > 0 then round(10 * ({_WEIGHED}) / nullif({_KNOWN}, 0), 9)
        end as score,
        case when has_cost > 0 then cost_nanousd end as known_nanousd,
        input_tokens + output_tokens + cache_read_tokens + cache_write_tokens as total_tokens,
        lines_added + lines_removed as lines_changed
    from (
        select *, {_OUTCOME} as score_outcome, {_PARTS["reliability"]} as score_reliability,
            {_PARTS["acceptance"]} as score_acceptance, {_PARTS["one_shot"]} as score_one_shot
        from (
            select s.session_id as session_id, s.agent as agent, max(s.agent_version) as agent_version,
                {", ".join(f"min(s.{name}) as {name}" for name in _SAME)},
                min(s.started_at) as started_at, max(s.ended_at) as ended_at,
                {", ".join(f"sum(s.{name}) as {name}" for name in _SUMS)},
                sum(case when s.cost_nanousd <> 0 or s.unpriced_requests < s.requests or s.requests = 0 then 1 else 0 end)
                    as has_cost,
                max(case when s.has_transcript then 1 else 0 end) as has_transcript,
                max(case when s.has_otel then 1 else 0 end) as has_otel
            from sessions s where {{where}}
            group by s.session_id, s.agent
        ) summed
    ) judged
"""  # noqa: S608 - fixed text
"""A query with a row for each session, after what goes in the place of {where}."""


def session_row(record: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """One session for people and programs. Times are of the zone; costs in whole micro-dollars, null: nobody knows."""
    zone = scope.window.zone
    known = record["known_nanousd"]
    cost = None if known is None else half_up(int(known))
    begun, ended = record["started_at"], record["ended_at"]
    return {
        "id": record["session_id"],
        "agent": record["agent"],
        "user": scope.person(record["user_id"]),
        "organization": record["organization_id"],
        "project": record["project"],
        "repository": record["repository"],
        "agent_version": record["agent_version"],
        "entrypoint": record["entrypoint"],
        "started_at": zone.as_text(begun),
        "ended_at": zone.as_text(ended),
        "duration_seconds": round((ended - begun).total_seconds(), 3),
        **{
            name: int(record[name])
            for name in (
                "prompts", "requests", "api_errors", "input_tokens", "output_tokens", "cache_read_tokens",
                "cache_write_tokens", "total_tokens", "unpriced_requests", "tool_calls", "tool_errors", "tool_retries",
                "edits", "subagent_requests", "compactions", "lines_added", "lines_removed", "commits", "pull_requests",
            )
        },
        "files_changed": None if record["files_changed"] is None else int(record["files_changed"]),
        "active_seconds": None if record["active_seconds"] is None else round(record["active_seconds"], 3),
        "cost_microusd": cost,
        "cost_usd": None if cost is None else cost / 1_000_000,
        "exit_reason": record["exit_reason"],
        "score": record["score"],
        "has_transcript": bool(record["has_transcript"]),
        "has_otel": bool(record["has_otel"]),
    }  # fmt: skip


_REASONS: Final[Mapping[str, str]] = {
    "user": "no source told who it was, as transcripts do not",
    "organization": "no source told the organization, as transcripts do not",
    "project": "no source told the working directory, as telemetry does not",
    "repository": "no source told the repository",
    "agent_version": "no source told the version",
    "entrypoint": "no source told how the agent was started",
    "files_changed": "no source told which files were changed",
    "active_seconds": "no source told the active time, as transcripts do not",
    "cost_microusd": "no request has a known cost: no report, no price for the model",
    "cost_usd": "no request has a known cost: no report, no price for the model",
    "exit_reason": "no plugin reported its end",
    "score": "it called no tool and changed no line",
}


PART_REASONS: Final[Mapping[str, str]] = {
    "outcome": "it called no tool and changed no line",
    "reliability": "it called no tool",
    "acceptance": "none of its edits was decided on",
    "one_shot": "none of its turns has an edit that ran",
}
"""Why a part of a score can be null."""


def reasons_in(rows: list[dict[str, Any]], scope: Scope) -> dict[str, str]:
    """Why fields are null, by field, of those that are null in any of these rows."""
    reasons = _REASONS if scope.compares_people else {**_REASONS, "user": NO_PEOPLE}
    return {name: told for name, told in reasons.items() if any(row[name] is None for row in rows)}
