"""What requests used and cost: from the hours, and from single requests where a dimension needs them."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.dimensions import Fact
from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["USAGE", "USAGE_PARTS"]

_OK: Final = "outcome = 'ok'"
_COST: Final = "sum(cost_nanousd)"
_TOKENS: Final = "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
_NO_TIME: Final = "no source says how long an answered request took"
_NO_TTFT: Final = "no source says when the first token of a request came"


def _covered(of: str) -> str:
    """A sum over what is a row of its own, not what only counters saw."""
    return f"sum(case when outcome <> 'residual' then {of} else 0 end)"


def _both(expression: str) -> dict[Fact, str]:
    """A sum, which whole hours and single requests give alike."""
    return {"usage": expression, "requests": expression}


def _how_many(condition: str) -> dict[Fact, str]:
    """How many requests, of hours that are counted already or of single ones."""
    return {"usage": f"sum(n) filter (where {condition})", "requests": f"count(*) filter (where {condition})"}


def _femto(tokens: str, rate: str) -> str:
    """Tokens times a rate, in integers wide enough for the tokens of years."""
    return f"cast({tokens} as Int128) * {rate}"


_SAVED: Final = (
    f"sum({_femto('cache_read_tokens', 'cache_read_saved_femtousd')}"
    f" - {_femto('(cache_write_tokens - cache_write_1h_tokens)', 'cache_write_5m_extra_femtousd')}"
    f" - {_femto('cache_write_1h_tokens', 'cache_write_1h_extra_femtousd')})"
)
"""In femto-dollars. What no source says the time of counts as kept for 5 minutes."""


def _attributed(name: str, column: str, spoken: str) -> Metric:
    """Cost of requests that an agent attributes to something; the hours do not know it."""
    return measured(
        name, "microusd", "neither", f"The part of cost_microusd that is attributed to {spoken}.",
        formula=f"cost of requests that name {spoken}",
        sql={"requests": f"sum(cost_nanousd) filter (where {column} is not null)"},
    )  # fmt: skip


USAGE: tuple[Metric, ...] = (
    measured(
        "requests", "count", "neither", "API requests that were answered.",
        formula="number of requests with an answer", sql=_how_many(_OK),
    ),
    measured(
        "api_errors", "count", "lower", "API requests that failed after all tries.",
        formula="number of requests that ended in an error", sql=_how_many("outcome = 'error'"),
    ),
    measured(
        "api_retries", "count", "lower", "Failed tries that were repeated, as far as a transcript shows them.",
        formula="number of tries that failed and were repeated", sql=_how_many("outcome = 'retried'"),
    ),
    measured(
        "input_tokens", "tokens", "neither", "Fresh prompt tokens, cache excluded.",
        formula="sum of fresh prompt tokens", sql=_both("sum(input_tokens)"),
    ),
    measured(
        "output_tokens", "tokens", "neither", "Tokens generated, reasoning included.",
        formula="sum of generated tokens", sql=_both("sum(output_tokens)"),
    ),
    measured(
        "reasoning_tokens", "tokens", "neither", "The part of output_tokens spent on reasoning.",
        formula="sum of reasoning tokens", sql=_both("sum(reasoning_tokens)"),
    ),
    measured(
        "cache_read_tokens", "tokens", "higher", "Prompt tokens read from cache.",
        formula="sum of tokens read from cache", sql=_both("sum(cache_read_tokens)"),
    ),
    measured(
        "cache_write_tokens", "tokens", "neither", "Prompt tokens written to cache.",
        formula="sum of tokens written to cache", sql=_both("sum(cache_write_tokens)"),
    ),
    measured(
        "total_tokens", "tokens", "neither", "All tokens: input, output, cache read and cache written.",
        formula="input_tokens + output_tokens + cache_read_tokens + cache_write_tokens", sql=_both(f"sum({_TOKENS})"),
    ),
    measured(
        "cache_write_5m_tokens", "tokens", "neither", "The part of cache_write_tokens kept for 5 minutes, where a source says.",
        formula="sum of tokens written to the cache of 5 minutes", sql=_both("sum(cache_write_5m_tokens)"),
    ),
    measured(
        "cache_write_1h_tokens", "tokens", "neither", "The part of cache_write_tokens kept for an hour, where a source says.",
        formula="sum of tokens written to the cache of an hour", sql=_both("sum(cache_write_1h_tokens)"),
    ),
    measured(
        "web_search_requests", "count", "neither", "Web searches the provider ran for the model, which cost extra.",
        formula="sum of web searches", sql=_both("sum(web_search_requests)"),
    ),
    measured(
        "residual_tokens", "tokens", "lower", "The part of total_tokens that only counters saw, in no single request.",
        formula="total_tokens of what only counters saw", sql=_both(f"sum({_TOKENS}) filter (where outcome = 'residual')"),
    ),
    measured(
        "residual_cost_microusd", "microusd", "lower", "The part of cost_microusd that only counters saw.",
        formula="cost of what only counters saw", sql=_both("sum(cost_nanousd) filter (where outcome = 'residual')"),
    ),
    measured(
        "coverage", "ratio", "higher",
        "Share of total_tokens (where there are none, of cost) that was seen request by request; the rest is residual.",
        formula="(total_tokens - residual_tokens) / total_tokens", reason="nothing was used",
        sql=_both(
            f"coalesce({_covered(_TOKENS)} / nullif(sum({_TOKENS}), 0),"
            f" {_covered('cost_nanousd')} / nullif(sum(cost_nanousd), 0))"
        ),
    ),
    measured(
        "cost_microusd", "microusd", "lower", "Cost in whole micro-dollars: reported, else priced.",
        formula="sum of what requests cost, rounded half up once; by session_length: of sessions that began in the window",
        sql={**_both(_COST), "sessions": _COST},
    ),
    measured(
        "cost_usd", "usd", "lower", "Cost in dollars: cost_microusd divided by a million.",
        formula="cost_microusd / 1,000,000", sql={**_both(_COST), "sessions": _COST},
    ),
    measured(
        "retry_cost_microusd", "microusd", "lower", "The part of cost_microusd spent on calling a tool again that had just failed.",
        formula="cost of requests whose answer repeats a failed tool call",
        sql={"requests": "sum(cost_nanousd) filter (where for_retry)"},
    ),
    measured(
        "cache_saved_microusd", "microusd", "higher",
        "What the cache saved at the plain rates of the day: reads that were no fresh input, less what writing cost extra."
        " Can be negative. Models without a price give nothing.",
        formula="cache reads x (rate of fresh input - rate of a read) - cache writes x (rate of a write - rate of fresh input)",
        sql=dict.fromkeys(("cache", "cache_rows"), _SAVED), scale=1_000_000,
    ),
    derived(
        "cache_unrated_tokens", "tokens", "lower",
        "Tokens read from cache or written to it of models without a price: what they saved is not in cache_saved_microusd.",
        made_of="{cache_read_tokens} + {cache_write_tokens} - {cache_rated_tokens}",
        formula="cache_read_tokens + cache_write_tokens of models without a price", reason=None, is_mean=False,
    ),
    measured(
        "subagent_cost_microusd", "microusd", "neither", "The part of cost_microusd that subagents caused.",
        formula="cost of requests whose query_source is subagent",
        sql=_both("sum(cost_nanousd) filter (where query_source = 'subagent')"),
    ),
    _attributed("skill_cost_microusd", "skill", "a skill"),
    _attributed("plugin_cost_microusd", "plugin", "a plugin"),
    _attributed("mcp_cost_microusd", "mcp_server", "an MCP server"),
    measured(
        "unpriced_requests", "count", "lower", "Requests whose cost nobody knows: no report, no price for the model.",
        formula="number of answered requests without a cost", sql=_how_many("outcome = 'ok' and cost_basis = 'unpriced'"),
    ),
    measured(
        "cache_hit_ratio", "ratio", "higher", "Share of prompt tokens served from cache.",
        formula="cache_read_tokens / (input_tokens + cache_read_tokens + cache_write_tokens)",
        reason="no prompt token was used",
        sql=_both("sum(cache_read_tokens) / nullif(sum(input_tokens + cache_read_tokens + cache_write_tokens), 0)"),
    ),
    measured(
        "api_error_ratio", "ratio", "lower", "Share of API requests that failed.",
        formula="api_errors / (requests + api_errors)", reason="no request was made",
        sql={
            # a sum over nothing is null here and 0 there
            "usage": "coalesce(sum(n) filter (where outcome = 'error'), 0)"
            " / nullif(coalesce(sum(n) filter (where outcome in ('ok', 'error')), 0), 0)",
            "requests": "count(*) filter (where outcome = 'error')"
            " / nullif(count(*) filter (where outcome in ('ok', 'error')), 0)",
        },
    ),
    measured(
        "request_p50_ms", "ms", "lower", "Median time of an API request.",
        formula="median of the time of answered requests", reason=_NO_TIME,
        sql={"requests": f"p50(case when {_OK} then duration_ms end)"},
    ),
    measured(
        "request_p95_ms", "ms", "lower", "Time that 95 of 100 API requests stay below.",
        formula="95th percentile of the time of answered requests", reason=_NO_TIME,
        sql={"requests": f"p95(case when {_OK} then duration_ms end)"},
    ),
    measured(
        "ttft_p50_ms", "ms", "lower", "Median time to the first token.",
        formula="median of the time to the first token", reason=_NO_TTFT, sql={"requests": "p50(ttft_ms)"},
    ),
    measured(
        "ttft_p95_ms", "ms", "lower", "Time to the first token that 95 of 100 requests stay below.",
        formula="95th percentile of the time to the first token", reason=_NO_TTFT, sql={"requests": "p95(ttft_ms)"},
    ),
)  # fmt: skip

USAGE_PARTS: tuple[Metric, ...] = (
    measured(
        "cache_rated_tokens", "tokens", "neither", "Tokens read from cache or written to it of models with a price.",
        formula="cache_read_tokens + cache_write_tokens of models with a price",
        sql=dict.fromkeys(("cache", "cache_rows"), "sum(cache_read_tokens + cache_write_tokens)"),
    ),
)  # fmt: skip
