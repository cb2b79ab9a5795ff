"""What can be measured: each metric once, with its unit, its SQL, what emptiness means and a sentence of help.

`sql` maps a fact (a derived table, see dimensions.py) to one aggregate expression over it, in the subset of SQL that
every store runs; the first fact that has all wanted dimensions is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tachograph.analytics.dimensions import Fact

__all__ = ["METRICS", "Metric", "Unit"]

Unit = Literal["count", "tokens", "microusd", "usd", "lines", "seconds", "ms", "ratio", "mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that can be measured. Costs are summed in nano-dollars and rounded once, when shown."""

    name: str
    unit: Unit
    sql: Mapping[Fact, str]
    empty: int | None  # what it is when nothing matches: 0, or null for "not known"
    better: Literal["higher", "lower", "neither"]
    help: str


def _m(
    name: str,
    unit: Unit,
    better: Literal["higher", "lower", "neither"],
    help: str,  # noqa: A002 - reads as a table
    *expressions: Mapping[str, str],
    empty: int | None = 0,
    **sql: str,
) -> Metric:
    for several in expressions:
        sql |= several
    return Metric(name=name, unit=unit, sql=sql, empty=empty, better=better, help=help)  # type: ignore[arg-type]


_OK = "outcome = 'ok'"
_COST = "sum(cost_nanousd)"
_TOKENS = "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"


def _covered(of: str) -> str:
    """A sum over what is a row of its own, not what only counters saw."""
    return f"sum(case when outcome <> 'residual' then {of} else 0 end)"


def _both(expression: str) -> dict[str, str]:
    """A sum, which whole days and single requests give alike."""
    return {"usage": expression, "requests": expression}


def _mean(expression: str, condition: str) -> str:
    """Over the rows that meet the condition; null if there are none, on every engine."""
    return f"sum({expression}) filter (where {condition}) / nullif(count(*) filter (where {condition}), 0)"


_COUNTED = "counting <> 'records'"
_ALL_CALLS = "tool_calls + coalesce(subagent_tool_calls, 0)"
_ALL_ERRORS = "coalesce(tool_errors, 0) + coalesce(subagent_tool_errors, 0)"
_SAID = (
    "coalesce(said_input_tokens, 0) + coalesce(said_output_tokens, 0) + coalesce(said_cache_read_tokens, 0)"
    " + coalesce(said_cache_write_tokens, 0)"
)


def _how_many(condition: str) -> dict[str, str]:
    """How many requests, of days that are counted already or of single ones."""
    return {"usage": f"sum(n) filter (where {condition})", "requests": f"count(*) filter (where {condition})"}


_TABLE: tuple[Metric, ...] = (
    _m(
        "sessions", "count", "neither", "Sessions with a prompt, a request, a tool call or counted usage.",
        activity="count(distinct session_id)", requests="count(distinct session_id)",
        tool_calls="count(distinct session_id)", prompts="count(distinct session_id)",
        outcomes="count(distinct session_id)", feature_uses="count(distinct session_id)",
        hook_sessions="count(distinct session_id)",
    ),
    _m(
        "users", "count", "neither", "People or installations (pseudonyms) that were active.",
        activity="count(distinct user_id)", requests="count(distinct user_id)",
        tool_calls="count(distinct user_id)", feature_uses="count(distinct user_id)",
        hook_sessions="count(distinct user_id)",
    ),
    _m(
        "prompts", "count", "neither", "Prompts a person sent: typed or a command, not the agent's own turns.",
        prompts="count(*) filter (where prompt_origin in ('human', 'command'))",
    ),
    _m(
        "agent_prompts", "count", "neither", "Turns the agent started itself, such as a background task's result.",
        prompts="count(*) filter (where prompt_origin = 'agent')",
    ),
    _m("requests", "count", "neither", "API requests that were answered.", _how_many(_OK)),
    _m(
        "api_errors", "count", "lower", "API requests that failed after all tries.",
        _how_many("outcome = 'error'"),
    ),
    _m(
        "api_retries", "count", "lower", "Failed tries that were repeated, as far as a transcript shows them.",
        _how_many("outcome = 'retried'"),
    ),
    _m("input_tokens", "tokens", "neither", "Fresh prompt tokens, cache excluded.", _both("sum(input_tokens)")),
    _m("output_tokens", "tokens", "neither", "Tokens generated, reasoning included.", _both("sum(output_tokens)")),
    _m("reasoning_tokens", "tokens", "neither", "The part of output_tokens spent on reasoning.", _both("sum(reasoning_tokens)")),
    _m("cache_read_tokens", "tokens", "higher", "Prompt tokens read from cache.", _both("sum(cache_read_tokens)")),
    _m("cache_write_tokens", "tokens", "neither", "Prompt tokens written to cache.", _both("sum(cache_write_tokens)")),
    _m(
        "total_tokens", "tokens", "neither", "All tokens: input, output, cache read and cache written.",
        _both(f"sum({_TOKENS})"),
    ),
    _m(
        "cache_write_5m_tokens", "tokens", "neither", "The part of cache_write_tokens kept for 5 minutes, where a source says.",
        _both("sum(cache_write_5m_tokens)"),
    ),
    _m(
        "cache_write_1h_tokens", "tokens", "neither", "The part of cache_write_tokens kept for an hour, where a source says.",
        _both("sum(cache_write_1h_tokens)"),
    ),
    _m(
        "web_search_requests", "count", "neither", "Web searches the provider ran for the model, which cost extra.",
        _both("sum(web_search_requests)"),
    ),
    _m(
        "residual_tokens", "tokens", "lower", "The part of total_tokens that only counters saw, in no single request.",
        _both(f"sum({_TOKENS}) filter (where outcome = 'residual')"),
    ),
    _m(
        "residual_cost_microusd", "microusd", "lower", "The part of cost_microusd that only counters saw.",
        _both("sum(cost_nanousd) filter (where outcome = 'residual')"),
    ),
    _m(
        "coverage", "ratio", "higher",
        "Share of total_tokens (where there are none, of cost) that was seen request by request; the rest is residual.",
        _both(
            f"coalesce({_covered(_TOKENS)} / nullif(sum({_TOKENS}), 0),"
            f" {_covered('cost_nanousd')} / nullif(sum(cost_nanousd), 0))"
        ),
        empty=None,
    ),
    _m("cost_microusd", "microusd", "lower", "Cost in whole micro-dollars: reported, else priced.", _both(_COST)),
    _m("cost_usd", "usd", "lower", "Cost in dollars: cost_microusd divided by a million.", _both(_COST)),
    _m(
        "unpriced_requests", "count", "lower", "Requests whose cost nobody knows: no report, no price for the model.",
        _how_many("outcome = 'ok' and cost_basis = 'unpriced'"),
    ),
    _m(
        "cache_hit_ratio", "ratio", "higher", "Share of prompt tokens served from cache.",
        _both("sum(cache_read_tokens) / nullif(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)"), empty=None,
    ),
    _m(
        "api_error_ratio", "ratio", "lower", "Share of API requests that failed.", empty=None,
        # a sum over nothing is null here and 0 there
        usage="coalesce(sum(n) filter (where outcome = 'error'), 0)"
        " / nullif(coalesce(sum(n) filter (where outcome in ('ok', 'error')), 0), 0)",
        requests="count(*) filter (where outcome = 'error') / nullif(count(*) filter (where outcome in ('ok', 'error')), 0)",
    ),
    _m(
        "request_p50_ms", "ms", "lower", "Median time of an API request.", empty=None,
        requests=f"p50(case when {_OK} then duration_ms end)",
    ),
    _m(
        "request_p95_ms", "ms", "lower", "Time that 95 of 100 API requests stay below.", empty=None,
        requests=f"p95(case when {_OK} then duration_ms end)",
    ),
    _m("ttft_p50_ms", "ms", "lower", "Median time to the first token.", empty=None, requests="p50(ttft_ms)"),
    _m("tool_calls", "count", "neither", "Tool calls the model made, rejected ones included.", tool_calls="count(*)"),
    _m(
        "tool_errors", "count", "lower", "Tool calls that ran and failed.",
        tool_calls="count(*) filter (where is_error)",
    ),
    _m(
        "tool_rejections", "count", "lower", "Tool calls a person or rule did not allow.",
        tool_calls="count(*) filter (where decision = 'reject')",
    ),
    _m(
        "tool_error_ratio", "ratio", "lower", "Share of tool calls that ran and failed.", empty=None,
        tool_calls="count(*) filter (where is_error) / nullif(count(*), 0)",
    ),
    _m("tool_p50_ms", "ms", "lower", "Median time of a tool call.", empty=None, tool_calls="p50(duration_ms)"),
    _m("tool_p95_ms", "ms", "lower", "Time that 95 of 100 tool calls stay below.", empty=None, tool_calls="p95(duration_ms)"),
    _m("lines_added", "lines", "neither", "Lines added by the agent's edits.", outcomes="sum(lines_added)"),
    _m("lines_removed", "lines", "neither", "Lines removed by the agent's edits.", outcomes="sum(lines_removed)"),
    _m("commits", "count", "higher", "Commits made through the agent.", outcomes="sum(commits)"),
    _m("pull_requests", "count", "higher", "Pull requests opened through the agent.", outcomes="sum(pull_requests)"),
    _m(
        "active_seconds", "seconds", "neither", "Seconds of active time; null when no source says, as transcripts do not.",
        empty=None, outcomes="sum(active_seconds)",
    ),
    _m(
        "limit_used_ratio", "ratio", "neither",
        "Most that was used of a limit of the plan, as status lines saw it; split by limit, or it is the highest of all.",
        empty=None, limits="max(used_ratio)",
    ),
    _m(
        "feature_uses", "count", "neither",
        "Uses of commands, skills and subagents; each once, whoever told of it. Split by feature and feature_name.",
        feature_uses="count(*)",
    ),
    _m(
        "reported_sessions", "count", "neither", "Sessions that a plugin reported when they ended.",
        hook_sessions="count(distinct session_id)",
    ),
    _m(
        "turns_per_session", "mean", "neither",
        "Mean prompts of a reported session; without those of the original client, which counts tool results as turns too.",
        empty=None, hook_sessions=_mean("turns", f"{_COUNTED} and turns is not null"),
    ),
    _m(
        "tool_calls_per_session", "mean", "neither", "Mean tool calls of a reported session, subagents' included.",
        empty=None, hook_sessions=_mean(_ALL_CALLS, "tool_calls is not null"),
    ),
    _m(
        "reported_tool_error_ratio", "ratio", "lower", "Share of reported tool calls that failed.", empty=None,
        hook_sessions=f"sum({_ALL_ERRORS}) / nullif(sum({_ALL_CALLS}), 0)",
    ),
    _m(
        "session_p50_seconds", "seconds", "neither", "Median time from a reported session's first record to its last.",
        empty=None, hook_sessions="p50(session_seconds)",
    ),
    _m(
        "hook_ms_per_session", "ms", "lower", "Mean milliseconds that the plugin's own hooks took of a reported session.",
        empty=None, hook_sessions=_mean("hook_ms", "hook_ms is not null"),
    ),
    _m(
        "reported_tokens", "tokens", "neither",
        "Tokens as plugins report them, beside total_tokens and never part of it; not from the original client, which counts"
        " a response several times.",
        hook_sessions=f"sum({_SAID}) filter (where {_COUNTED})",
    ),
)  # fmt: skip

METRICS: dict[str, Metric] = {metric.name: metric for metric in _TABLE}
