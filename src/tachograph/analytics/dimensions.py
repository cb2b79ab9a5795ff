"""By what can be split and filtered, and which facts have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["BASIS", "DIMENSIONS", "FACTS", "Dimension", "Fact", "Grain"]

Grain = Literal["day", "hour"]
"""How fine a local time is needed: a week is a matter of days, the hour of the day of hours."""

Fact = Literal[
    "usage", "requests", "tool_calls", "prompts", "outcomes", "activity", "limits", "feature_uses", "hook_sessions",
    "sessions", "compactions", "cache", "cache_rows",
]  # fmt: skip
"""What metrics count over. Most are tables; `usage` (sums of requests) and `activity` (which session was active when)
take whole hours from the hour tables and what the window cuts off from the rows themselves: see windowed.py. `sessions`
are those that began in the window; `cache` and `cache_rows` are `usage` and `requests` beside the rates of their models.
Where their rows come from: facts.py."""

FACTS: tuple[Fact, ...] = (
    "usage", "requests", "tool_calls", "prompts", "outcomes", "activity", "limits", "feature_uses", "hook_sessions",
    "sessions", "compactions", "cache", "cache_rows",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way to split: an expression per fact that has it."""

    name: str
    sql: Mapping[Fact, str]  # {local} is the local time, {hour} the first moment of the local hour
    type: Literal["text", "number", "time"]  # of its values; time: it cuts time into pieces, named by their start
    help: str
    grain: Grain | None = None  # the local time it needs to know
    values: Sequence[str] = ()  # all that there are, in order, where that is not the order of their letters

    def order(self, column: str) -> str:
        """The expression by which its values in a column are put in order."""
        if not self.values:
            return column
        places = " ".join(f"when '{value}' then {place}" for place, value in enumerate(self.values))
        return f"case {column} {places} end"


_ROWS: tuple[Fact, ...] = (
    "requests", "tool_calls", "prompts", "outcomes", "activity", "limits", "feature_uses", "hook_sessions",
    "sessions", "compactions",
)  # fmt: skip


def _time(name: str, sql: str, help: str, *, grain: Grain = "day", number: bool = False) -> Dimension:  # noqa: A002
    type_: Literal["number", "time"] = "number" if number else "time"
    return Dimension(name=name, sql=dict.fromkeys(FACTS, sql), type=type_, help=help, grain=grain)


def _column(name: str, explained: str, *facts: Fact, column: str = "", number: bool = False) -> Dimension:
    sql = dict.fromkeys(facts or _ROWS, column or name)
    return Dimension(name=name, sql=sql, type="number" if number else "text", help=explained)


_SEEN = (
    "case when {otel} and seen_transcript then 'both' when seen_transcript then 'transcript' when {otel} then 'otel'"
    " else 'hook' end"
)
_SEEN_USAGE = (
    "case when outcome = 'residual' then 'counter' else "
    + _SEEN.format(otel="(seen_event or seen_console or seen_span)")
    + " end"
)
_SEEN_BY = (
    "case source when 'transcript' then 'transcript' when 'hook' then 'hook' when 'sdk' then 'hook' else 'otel' end"
)
_SEEN_REST = _SEEN.format(otel="(seen_event or seen_span)")

_MINUTES = (5, 15, 30, 60, 120)
_LENGTHS = [f"{low}-{high}" for low, high in zip((0, *_MINUTES), _MINUTES, strict=False)]
_LENGTH = (
    "case "
    + " ".join(
        f"when date_diff('microsecond', began_at, ended_at) < {minutes * 60_000_000} then '{name}'"
        for minutes, name in zip(_MINUTES, _LENGTHS, strict=True)
    )
    + f" else '{_MINUTES[-1]}+' end"
)

BASIS = "case when cost_nanousd is null then 'unpriced' else cost_basis end"
"""What a cost rests on; what only a counter saw may have no price either."""

_TABLE: tuple[Dimension, ...] = (
    _time("hour", "{hour}", "hour of the zone asked for, named by its first moment", grain="hour"),
    _time("day", "date_trunc('day', {local})", "day of the zone asked for"),
    _time("week", "date_trunc('week', {local})", "week of that zone, named by its Monday"),
    _time("month", "date_trunc('month', {local})", "month of that zone, named by its first day"),
    _time("weekday", "iso_dow({local})", "day of the week there, 1 Monday to 7 Sunday", number=True),
    _time("hour_of_day", "hour({local})", "hour of the day there, 0 to 23", grain="hour", number=True),
    _column("agent", "coding agent", *FACTS),
    _column("session", "session (pseudonym)", column="session_id"),
    _column("user", "person or installation (pseudonym)", *FACTS, column="user_id"),
    _column("organization", "organization (pseudonym)", *FACTS, column="organization_id"),
    _column("project", "working directory (pseudonym)"),
    _column("repository", "repository (pseudonym)"),
    _column("agent_version", "version of the agent"),
    _column("entrypoint", "how the agent was started"),
    _column("model", "model, without suffixes", "usage", "requests", "outcomes"),
    _column("model_requested", "model that was asked for, where another may have answered", "requests"),
    _column("query_source", "what the request was for: main, subagent, compact, …", "usage", "requests"),
    _column("effort", "reasoning effort", "requests"),
    _column("speed", "normal or fast", "requests"),
    _column("service_tier", "standard, batch, priority", "requests"),
    _column("subagent", "type of the subagent", "requests", "tool_calls"),
    _column("skill", "skill the usage is attributed to", "requests"),
    _column("plugin", "plugin the usage is attributed to", "requests"),
    _column("mcp_server", "MCP server", "requests", "tool_calls"),
    Dimension(
        name="cost_basis",
        sql={"usage": "cost_basis", "requests": BASIS},
        type="text",
        help="reported, priced, unpriced or counter",
    ),
    _column("outcome", "ok, error, retried, or residual: only a counter saw it", "usage", "requests"),
    _column("status_code", "HTTP status of the last try", "requests", number=True),
    _column("attempts", "tries it took, as far as a source says", "requests", number=True),
    _column("error_class", "kind of error", "requests", "tool_calls"),
    _column("tool", "tool", "tool_calls", "outcomes", column="tool_name"),
    _column("tool_class", "kind of tool: edit, read, search, shell, web, agent, mcp, other", "tool_calls"),
    _column("file", "file (pseudonym)", "tool_calls", "outcomes"),
    _column("language", "programming language of the changed file", "outcomes"),
    _column("active_by", "who was active: user, cli", "outcomes"),
    _column("trigger", "what made the context be compacted: auto, manual, …", "compactions"),
    _column("decision", "accept or reject", "tool_calls"),
    _column("decision_source", "who decided: config, hook, user, …", "tool_calls"),
    _column("prompt_origin", "human, command or agent", "prompts"),
    _column("limit", "limit of the plan: five_hour, seven_day, …", "limits", column="limit_window"),
    _column("feature", "command (typed), skill (used by the model) or subagent", "feature_uses"),
    _column("feature_name", "name of the command, skill or subagent; null where nobody tells it", "feature_uses"),
    _column("exit_reason", "how the session ended: clear, prompt_input_exit, …", "hook_sessions", "sessions"),
    _column("counting", "how it was counted: responses, or records as the original client does", "hook_sessions"),
    _column("integrity", "how far the report can be believed: keyed, checksum, unverified", "hook_sessions"),
    _column("session_id_kind", "real, or rotating: joined with nothing else", "hook_sessions"),
    _column("plugin_version", "version of the plugin that reported", "hook_sessions"),
    Dimension(
        name="session_length",
        sql={"sessions": _LENGTH},
        type="text",
        help="minutes from its first to its last record: 0-5, 5-15, … 120+",
        values=(*_LENGTHS, f"{_MINUTES[-1]}+"),
    ),
    Dimension(
        name="source",
        sql={
            "usage": _SEEN_USAGE,
            "requests": _SEEN_USAGE,
            "tool_calls": _SEEN_REST,
            "prompts": _SEEN_REST,
            "feature_uses": _SEEN_BY,
            "compactions": _SEEN_BY,
        },
        type="text",
        help="who saw it: otel, transcript, both, counter, hook",
    ),
)

_BESIDE_RATES: Mapping[Fact, Fact] = {"usage": "cache", "requests": "cache_rows"}


def _beside_rates(dimension: Dimension) -> Dimension:
    """With the facts that are the same rows beside something else."""
    more = {more: dimension.sql[fact] for fact, more in _BESIDE_RATES.items() if fact in dimension.sql}
    return replace(dimension, sql={**dimension.sql, **more})


DIMENSIONS: dict[str, Dimension] = {dimension.name: _beside_rates(dimension) for dimension in _TABLE}
