"""Sessions, what was asked in them, how long they took."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.dimensions import Fact
from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["SESSIONS", "SESSION_PARTS"]

_WHERE_SEEN: Final[tuple[Fact, ...]] = (
    "activity", "requests", "tool_calls", "prompts", "outcomes", "feature_uses", "hook_sessions",
)  # fmt: skip

_LENGTH: Final = "case when ended_at >= began_at then date_diff('microsecond', began_at, ended_at) / 1000000 end"
"""Seconds. The case makes it nullable: where nothing matches every engine says null."""

_NONE_BEGAN: Final = "no session began in this window"

SESSIONS: tuple[Metric, ...] = (
    measured(
        "sessions", "count", "neither", "Sessions with a prompt, a request, a tool call or counted usage.",
        formula="number of different sessions", sql=dict.fromkeys(_WHERE_SEEN, "count(distinct session_id)"),
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
)  # fmt: skip

SESSION_PARTS: tuple[Metric, ...] = (
    measured(
        "repositories_known", "count", "neither", "Different repositories, as far as they are known.",
        formula="number of different repositories",
        sql={"activity": "count(distinct repository)", "requests": "count(distinct repository)"},
    ),
)  # fmt: skip
