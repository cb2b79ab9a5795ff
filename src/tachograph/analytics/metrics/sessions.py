"""Sessions and what was asked in them."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.dimensions import Fact
from tachograph.analytics.metrics.metric import Metric, measured

__all__ = ["SESSIONS"]

_WHERE_SEEN: Final[tuple[Fact, ...]] = (
    "activity", "requests", "tool_calls", "prompts", "outcomes", "feature_uses", "hook_sessions",
)  # fmt: skip

SESSIONS: tuple[Metric, ...] = (
    measured(
        "sessions", "count", "neither", "Sessions with a prompt, a request, a tool call or counted usage.",
        formula="number of different sessions", sql=dict.fromkeys(_WHERE_SEEN, "count(distinct session_id)"),
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
)  # fmt: skip
