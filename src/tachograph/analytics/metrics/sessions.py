"""Sessions, what was asked in them, how long they took."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.dimensions import Fact
from tachograph.analytics.metrics.metric import Metric, derived, mean, measured

__all__ = ["SESSIONS", "SESSION_PARTS"]

_WHERE_SEEN: Final[tuple[Fact, ...]] = (
    "activity", "requests", "tool_calls", "prompts", "outcomes", "feature_uses", "hook_sessions", "sessions",
)  # fmt: skip

_LENGTH: Final = "case when ended_at >= began_at then date_diff('microsecond', began_at, ended_at) / 1000000 end"
"""Seconds. The case makes it nullable: where nothing matches every engine says null."""

_NONE_BEGAN: Final = "no session began in this window"

_SCORE: Final = (
    "10 x (0.4 outcome + 0.2 reliability + 0.2 acceptance + 0.2 one_shot) / (sum of the weights of the known parts)"
)
"""As it stands in store/rollups/88_scores.sql, which works it out."""


def _time_to(what: str, column: str) -> Metric:
    seconds = f"case when {column} >= began_at then date_diff('microsecond', began_at, {column}) / 1000000 end"
    return measured(
        f"time_to_first_{what}_p50_seconds", "seconds", "lower",
        f"Median time from a session's first record to its first {what}; of sessions that began in the window and have one.",
        formula=f"median of the time from the beginning of a session to its first {what}",
        reason=f"no session that began in this window has {'an' if what[0] in 'aeiou' else 'a'} {what}",
        sql={"sessions": f"p50({seconds})"}, is_mean=True,
    )  # fmt: skip


def _part(name: str, formula: str, reason: str) -> Metric:
    column = f"score_{name}"
    return measured(
        column, "ratio", "higher", f"A part of productivity_score, 0 to 1: mean {name.replace('_', ' ')} of sessions.",
        formula=f"mean over sessions of: {formula}", reason=f"{reason}, of those that began in this window",
        sql={"sessions": mean(column, f"{column} is not null")},
    )  # fmt: skip


SESSIONS: tuple[Metric, ...] = (
    measured(
        "sessions", "count", "neither", "Sessions with a prompt, a request, a tool call or counted usage.",
        formula="number of different sessions; by session_length: of those that began in the window",
        sql=dict.fromkeys(_WHERE_SEEN, "count(distinct session_id)"),
    ),
    measured(
        "sessions_started", "count", "neither", "Sessions that began in the window.",
        formula="number of different sessions by when they began", sql={"sessions": "count(distinct session_id)"},
    ),
    measured(
        "prompts", "count", "neither", "Prompts a person sent: typed or a command, not the agent's own turns.",
        formula="number of prompts of the origins human and command",
        sql={"prompts": "count(*) filter (where prompt_origin in ('human', 'command'))"},
    ),
    measured(
        "agent_prompts", "count", "neither", "Turns the agent started itself, such as a background task's result.",
        formula="number of prompts of the origin agent",
        sql={"prompts": "count(*) filter (where prompt_origin = 'agent')"},
    ),
    derived(
        "active_repositories", "count", "neither", "Repositories (pseudonyms) in which a session was active.",
        made_of="case when {repositories_known} > 0 or {sessions} = 0 then {repositories_known} end",
        formula="number of different repositories of active sessions", is_mean=False, counts_nothing=True,
        reason="sessions were active, but no source says in which repository",
    ),
    measured(
        "session_length_p50_seconds", "seconds", "neither",
        "Median time from the first to the last record of a session that began in the window, pauses included.",
        formula="median of the length of sessions", reason=_NONE_BEGAN, sql={"sessions": f"p50({_LENGTH})"}, is_mean=True,
    ),
    measured(
        "session_length_p95_seconds", "seconds", "neither", "Length that 95 of 100 sessions stay below, pauses included.",
        formula="95th percentile of the length of sessions", reason=_NONE_BEGAN, sql={"sessions": f"p95({_LENGTH})"},
        is_mean=True,
    ),
    measured(
        "session_length_mean_seconds", "seconds", "neither", "Mean length of a session, pauses included.",
        formula="mean of the length of sessions", reason=_NONE_BEGAN,
        sql={"sessions": f"sum({_LENGTH}) / nullif(count(*), 0)"}, is_mean=True,
    ),
    _time_to("edit", "first_edit_at"),
    _time_to("commit", "first_commit_at"),
    measured(
        "productivity_score", "mean", "higher", "Mean score of the sessions that began in the window, 0 to 10.",
        formula=f"mean over sessions of {_SCORE}", sql={"sessions": mean("score", "score is not null")},
        reason="no session that began in this window called a tool or changed a line",
    ),
    _part("outcome", "with a commit or a pull request 1, else changed lines / 100, at most 1", "no session called a tool or changed a line"),
    _part("reliability", "1 - tool errors / tool calls", "no session called a tool"),
    _part("acceptance", "edits not rejected / edits decided on or run", "no session has an edit that was decided on"),
    _part("one_shot", "turns that needed one attempt / turns in which an edit ran", "no session has a turn with an edit that ran"),
    measured(
        "compactions", "count", "neither", "Times that a context was compacted.",
        formula="number of compactions", sql={"compactions": "count(*)"},
    ),
    measured(
        "context_before_compaction_p50_tokens", "tokens", "neither", "Median size of a context that was compacted.",
        formula="median of the tokens of a context before it was compacted", is_mean=True,
        reason="no context was compacted, or nobody says how large it was", sql={"compactions": "p50(pre_tokens)"},
    ),
)  # fmt: skip

SESSION_PARTS: tuple[Metric, ...] = (
    measured(
        "repositories_known", "count", "neither", "Different repositories, as far as they are known.",
        formula="number of different repositories",
        sql={"activity": "count(distinct repository)", "requests": "count(distinct repository)"},
    ),
)  # fmt: skip
