"""By what can be split and filtered, and which facts have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["DIMENSIONS", "FACTS", "Dimension", "Fact"]

Fact = Literal["usage", "requests", "tool_calls", "prompts", "outcomes", "activity"]
"""What metrics count over. Four are tables; `usage` (sums of requests) and `activity` (which session was active when)
take whole days from the day tables and what the window cuts off from the rows themselves: see windowed.py."""

FACTS: tuple[Fact, ...] = ("usage", "requests", "tool_calls", "prompts", "outcomes", "activity")
BY_DAY: tuple[Fact, ...] = ("usage", "activity")
"""Facts that do not know the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way to split: an expression per fact that has it."""

    name: str
    sql: Mapping[Fact, str]
    type: Literal["text", "number", "time"]  # of its values; time: it cuts time into pieces, named by their start
    help: str


_ROWS: tuple[Fact, ...] = ("requests", "tool_calls", "prompts", "outcomes", "activity")


def _time(name: str, help: str) -> Dimension:  # noqa: A002 - reads as a table
    facts = FACTS if name != "hour" else tuple(f for f in FACTS if f not in BY_DAY)
    return Dimension(name=name, sql=dict.fromkeys(facts, f"date_trunc('{name}', occurred_at)"), type="time", help=help)


def _column(name: str, explained: str, *facts: Fact, column: str = "", number: bool = False) -> Dimension:
    sql = dict.fromkeys(facts or _ROWS, column or name)
    return Dimension(name=name, sql=sql, type="number" if number else "text", help=explained)


_SEEN = (
    "case when outcome = 'residual' then 'counter' when {otel} and seen_transcript then 'both'"
    " when seen_transcript then 'transcript' when {otel} then 'otel' else 'hook' end"
)

_TABLE: tuple[Dimension, ...] = (
    _time("hour", "hour, UTC"),
    _time("day", "day, UTC"),
    _time("week", "week, from Monday, UTC"),
    _time("month", "month, UTC"),
    Dimension(
        name="weekday",
        sql=dict.fromkeys(FACTS, "iso_dow(occurred_at)"),
        type="number",
        help="day of the week, 1 Monday to 7 Sunday",
    ),
    Dimension(
        name="hour_of_day",
        sql={f: "hour(occurred_at)" for f in FACTS if f not in BY_DAY},
        type="number",
        help="hour of the day, 0 to 23, UTC",
    ),
    _column("agent", "coding agent", *FACTS),
    _column("session", "session (pseudonym)", column="session_id"),
    _column("user", "person or installation (pseudonym)", *FACTS, column="user_id"),
    _column("organization", "organization (pseudonym)", *FACTS, column="organization_id"),
    _column("project", "working directory (pseudonym)"),
    _column("repository", "repository (pseudonym)"),
    _column("agent_version", "version of the agent"),
    _column("entrypoint", "how the agent was started"),
    _column("model", "model, without suffixes", "usage", "requests", "outcomes"),
    _column("query_source", "what the request was for: main, subagent, compact, …", "usage", "requests"),
    _column("effort", "reasoning effort", "requests"),
    _column("speed", "normal or fast", "requests"),
    _column("service_tier", "standard, batch, priority", "requests"),
    _column("subagent", "type of the subagent", "requests", "tool_calls"),
    _column("skill", "skill the usage is attributed to", "requests"),
    _column("plugin", "plugin the usage is attributed to", "requests"),
    _column("mcp_server", "MCP server", "requests", "tool_calls"),
    _column("cost_basis", "reported, priced, unpriced or counter", "usage", "requests"),
    _column("outcome", "ok, error, retried, or residual: only a counter saw it", "usage", "requests"),
    _column("status_code", "HTTP status of the last try", "requests", number=True),
    _column("error_class", "kind of error", "requests", "tool_calls"),
    _column("tool", "tool", "tool_calls", "outcomes", column="tool_name"),
    _column("decision", "accept or reject", "tool_calls"),
    _column("decision_source", "who decided: config, hook, user, …", "tool_calls"),
    _column("prompt_origin", "human, command or agent", "prompts"),
    Dimension(
        name="source",
        sql={
            "usage": _SEEN.format(otel="(seen_event or seen_span)"),
            "requests": _SEEN.format(otel="(seen_event or seen_span)"),
            "tool_calls": _SEEN.format(otel="(seen_event or seen_span)").replace(
                "when outcome = 'residual' then 'counter' ", ""
            ),
            "prompts": _SEEN.format(otel="(seen_event or seen_span)").replace(
                "when outcome = 'residual' then 'counter' ", ""
            ),
        },
        type="text",
        help="who saw it: otel, transcript, both, counter, hook",
    ),
)

DIMENSIONS: dict[str, Dimension] = {dimension.name: dimension for dimension in _TABLE}
