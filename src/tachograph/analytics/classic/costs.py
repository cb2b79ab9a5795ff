"""What usage cost: totals, over time, by model and by person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tachograph.analytics.classic.palette import COLORS
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.series import fill, grain_of
from tachograph.analytics.classic.shares import percent, ratio
from tachograph.analytics.compile import answer, ask, half_up
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.metrics.metric import Metric, measured
from tachograph.analytics.query import Query
from tachograph.analytics.scope import NO_PEOPLE, Scope
from tachograph.ports import Store

__all__ = ["TOP", "costs", "model_costs", "token_trend"]

TOP = 10  # people that are listed, those with most first

NO_SESSIONS = "no session was active in this time"
NO_COST = "nothing cost anything in this time"
NO_MODEL = "no source says which model it was"
NO_PERSON = "no source says who it was"

_OF_NO_SESSION = "what was used belongs to no known session"
_ONLY_TOTALS = "only counters saw this usage, no single request"

_WHY = {
    "average_cost_per_session": NO_SESSIONS,
    "model_breakdown.model_name": NO_MODEL,
    "model_breakdown.percentage_of_total": NO_COST,
    "top_users_by_cost.user_email": NO_PERSON,
    "top_users_by_cost.avg_cost_per_session": _OF_NO_SESSION,
    "models.model_name": NO_MODEL,
    "models.cost_per_session": _OF_NO_SESSION,
    "models.avg_input_tokens": _ONLY_TOTALS,
    "models.avg_output_tokens": _ONLY_TOTALS,
    "models.efficiency_score": "no token was counted beside this cost",
}

_TOKENS = ("input_tokens", "output_tokens", "cache_write_tokens", "cache_read_tokens")
_TREND = {
    "cost_usd": 0.0, "input_tokens": 0, "output_tokens": 0, "cache_creation_tokens": 0, "cache_read_tokens": 0,
}  # fmt: skip


def _of_requests(name: str, column: str) -> Metric:
    """Of what is a request of its own: what only counters saw has no number of requests to divide by."""
    summed = f"sum({column}) filter (where outcome = 'ok')"
    return measured(name, "tokens", "neither", "", formula="", sql={"usage": summed, "requests": summed})


_NANO = measured(
    "nano", "count", "neither", "", formula="", sql=dict.fromkeys(("usage", "requests"), "sum(cost_nanousd)")
)
_INPUT = _of_requests("input_of_requests", "input_tokens")
_OUTPUT = _of_requests("output_of_requests", "output_tokens")


def costs(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Totals, points over time, models and the people with the highest cost. Four statements."""
    grain = grain_of(scope.window)
    sums = ("cost_microusd", *_TOKENS)
    (total,) = answer(store, _query(scope, (*sums, "sessions", "unpriced_requests"))).records()
    points = answer(store, _query(scope, sums, grain)).records()
    models = answer(store, _query(scope, (*sums, "sessions", "requests"), "model")).records()
    spent = ("cost_microusd", "total_tokens", "sessions")
    people = answer(store, _query(scope, spent, "user")).records() if scope.compares_people else []
    whole = total["cost_microusd"]
    data = {
        "total_cost_usd": whole / 1e6,
        **{f"total_{name}": value for name, value in _named(total).items()},
        "average_cost_per_session": ratio(whole / 1e6, total["sessions"]),
        "cost_trend": fill([_point(row, grain) for row in points], scope, grain, _TREND),
        "model_breakdown": [
            {
                "model_name": row["model"],
                "total_cost_usd": row["cost_microusd"] / 1e6,
                "input_tokens": row["input_tokens"],
                "output_tokens": row["output_tokens"],
                "sessions": row["sessions"],
                "percentage_of_total": percent(row["cost_microusd"], whole),
            }
            for row in sorted(filter(_is_used, models), key=_by_cost("model"))
        ],
        "top_users_by_cost": [
            {
                "user_email": row["user"],
                "total_cost_usd": row["cost_microusd"] / 1e6,
                "total_tokens": row["total_tokens"],
                "sessions": row["sessions"],
                "avg_cost_per_session": ratio(row["cost_microusd"] / 1e6, row["sessions"]),
            }
            for row in sorted(filter(_is_used, people), key=_by_cost("user"))[:TOP]
        ],
    }
    notes = {"total_cost_usd": note} if (note := unpriced(total["unpriced_requests"])) else {}
    return reasoned(data, _WHY, notes if scope.compares_people else {**notes, "top_users_by_cost": NO_PEOPLE})


def token_trend(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Tokens by class over time. One statement."""
    grain = grain_of(scope.window)
    rows = answer(store, _query(scope, (*_TOKENS, "total_tokens"), grain)).records()
    empty = {**{name: 0 for name in _TREND if name != "cost_usd"}, "total_tokens": 0}
    points = [{grain: row[grain], **_named(row), "total_tokens": row["total_tokens"]} for row in rows]
    return reasoned({"range": scope.parameters["period"], "data_points": fill(points, scope, grain, empty)}, {})


def model_costs(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Models side by side: cost by session and by token. One statement."""
    metrics = ("cost_microusd", "total_tokens", "requests", "sessions", "unpriced_requests")
    asked = [*(METRICS[name] for name in metrics), _INPUT, _OUTPUT, _NANO]
    rows = ask(store, _query(scope, (), "model"), asked).records()
    rows = sorted(filter(_is_used, rows), key=_by_cost("model"))
    data = {
        "models": [
            {
                "model_name": row["model"],
                "cost_per_session": ratio(row["cost_microusd"] / 1e6, row["sessions"]),
                "total_sessions": row["sessions"],
                "total_cost": row["cost_microusd"] / 1e6,
                "avg_input_tokens": ratio(row["input_of_requests"], row["requests"]),
                "avg_output_tokens": ratio(row["output_of_requests"], row["requests"]),
                "efficiency_score": ratio(row["cost_microusd"] / 1e6, row["total_tokens"]),
                "color": COLORS[place % len(COLORS)],
            }
            for place, row in enumerate(rows)
        ],
        "total_cost": half_up(sum(int(row["nano"] or 0) for row in rows)) / 1e6,  # rounded once, as everywhere
        "period": scope.parameters["period"],
    }
    note = unpriced(sum(row["unpriced_requests"] for row in rows))
    return reasoned(data, _WHY, {"total_cost": note} if note else {})


def unpriced(requests: int) -> str:
    """What a cost leaves out; empty if nothing."""
    return f"{requests} requests have no known price and count 0: see `tachograph prices check`" if requests else ""


def _query(scope: Scope, metrics: tuple[str, ...], *by: str) -> Query:
    return Query(metrics=metrics, by=by, filters=scope.filters, window=scope.window)


def _named(row: Mapping[str, Any]) -> dict[str, int]:
    """Tokens by the names that these answers have for them."""
    return {name.replace("cache_write", "cache_creation"): row[name] for name in _TOKENS}


def _point(row: Mapping[str, Any], grain: str) -> dict[str, Any]:
    return {grain: row[grain], "cost_usd": row["cost_microusd"] / 1e6, **_named(row)}


def _is_used(row: Mapping[str, Any]) -> bool:
    """Whether there is anything but failed requests behind a row."""
    return any(row.get(name) for name in ("cost_microusd", "total_tokens", "requests", *_TOKENS))


def _by_cost(name: str) -> Any:
    return lambda row: (-row["cost_microusd"], row[name] is None, str(row[name]))
