"""The questions about trends: /api/v1/trends, forecast, anomalies and budget; and the functions others build on."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from tachograph.analytics.metrics import METRICS, adds_up
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.trends.anomalies import ALARMS_PER_MONTH, Anomaly, find_anomalies
from tachograph.analytics.trends.anomalies import METHOD as ANOMALY_METHOD
from tachograph.analytics.trends.budget import Crossing, find_crossing
from tachograph.analytics.trends.changes import METHOD as CHANGE_METHOD
from tachograph.analytics.trends.changes import find_changes
from tachograph.analytics.trends.daily import ask_series, daily_series, find_metrics, moment_of
from tachograph.analytics.trends.direction import LEAST_DAYS, LEVEL, Trend, trend_of
from tachograph.analytics.trends.drivers import Driver, find_drivers
from tachograph.analytics.trends.forecast import MOST_DAYS, Forecast, Refusal, forecast_month_end
from tachograph.analytics.trends.markers import find_markers, markers_near
from tachograph.analytics.trends.series import ONE_DAY, DailySeries
from tachograph.analytics.trends.weekdays import weekdays_of
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError

__all__ = [
    "ANOMALIES",
    "BUDGET",
    "FORECAST",
    "TRENDS",
    "Forecast",
    "Refusal",
    "Trend",
    "anomalies",
    "budget",
    "daily_series",
    "forecast",
    "forecast_month_end",
    "trend_of",
    "trends",
]

USUAL_TRENDS = (
    "cost_microusd", "sessions", "prompts", "total_tokens", "lines_added", "commits", "pull_requests", "cache_hit_ratio",
    "tool_error_ratio",
)  # fmt: skip
USUAL_FORECASTS = ("cost_microusd", "commits", "pull_requests", "lines_added")
USUAL_ANOMALIES = ("cost_microusd", "total_tokens", "api_errors", "tool_errors")
USUAL_DAYS = 90  # looked at where no window says how many
BASE_DAYS = 90  # that a day is measured against at least, however short the window is
MOST_EXPLAINED = 6  # days of each metric whose contributors are looked for, the newest first
COINCIDENCE = "What was new within three days of a change: a coincidence in time, not its cause."


def trends(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Direction, weekdays and change points of each metric in the window; of 90 days where it has no start."""
    metrics, left_out = find_metrics(scope, USUAL_TRENDS)
    days = _window_days(scope, least=1)
    series = ask_series(store, scope, metrics, days=days, with_profile=False)
    first = min((s.days[0][0] for s in series.values() if s.days), default=None)
    today = next(iter(series.values())).today if series else None
    markers = find_markers(store, scope, first - ONE_DAY, today) if first and today else []
    told = []
    for name, found in series.items():
        scale = _rounder(name)
        trend = trend_of(found.days)
        changes, why = find_changes(found.days)
        told.append(
            {
                **_named(found),
                **trend.as_json(),
                **{k: _each(getattr(trend, k), scale) for k in ("slope_per_day", "slope_low", "slope_high")},
                "first_day": found.days[0][0] if found.days else None,
                "last_day": found.days[-1][0] if found.days else None,
                "values": [scale(value) for _, value in found.days],
                "weekdays": weekdays_of(found.days).as_json(),
                "changes": [
                    {
                        "day": change.day,
                        "before": scale(change.before),
                        "after": scale(change.after),
                        "change_ratio": change.change_ratio,
                        "p_value": change.p_value,
                        "coincides_with": [marker.as_json() for marker in markers_near(change.day, markers)],
                    }
                    for change in changes
                ],
                "changes_reason": why,
            }
        )
    return {
        "trends": told,
        "left_out": left_out,
        "level": LEVEL,
        "least_days": LEAST_DAYS,
        "change_method": CHANGE_METHOD,
        "markers": [marker.as_json() for marker in markers],
        "note": COINCIDENCE,
    }


def forecast(store: Store, scope: Scope) -> Mapping[str, Any]:
    """What the month comes to, for each metric that adds up. The window says only when it is asked: at its end."""
    metrics, left_out = find_metrics(scope, USUAL_FORECASTS)
    for name in metrics:
        if not adds_up(METRICS[name]):
            raise QueryError(
                f"{name} has no month-end forecast: a month's is not the sum of its days'",
                hint=f"ask for one that adds up: {', '.join(n for n, m in METRICS.items() if adds_up(m))}",
            )
    moment = moment_of(scope)
    series = ask_series(store, scope, metrics, days=MOST_DAYS)
    return {
        "today": moment.today,
        "forecasts": [{**_named(found), **_forecast_json(found)} for found in series.values()],
        "left_out": left_out,
    }


def anomalies(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Days of the window that stand out, the newest first, with what they are made of."""
    metrics, left_out = find_metrics(scope, USUAL_ANOMALIES)
    days = _window_days(scope, least=1)
    series = ask_series(store, scope, metrics, days=max(days, BASE_DAYS), with_profile=False)
    unknown, told = {}, []
    for name, found in series.items():
        is_running = found.is_sum and found.with_today != found.days
        running = (found.today, found.so_far) if is_running else None
        all_of, why = find_anomalies(found.days, running=running, is_sum=found.unit != "ratio")
        if why:
            unknown[name] = why
        inside = [one for one in all_of if one.day >= found.today - days * ONE_DAY]
        told += [(found, one, drivers) for one, drivers in _explained(store, scope, found, inside)]
    told.sort(key=lambda entry: (entry[1].day, abs(entry[1].score)), reverse=True)
    return {
        "anomalies": [_anomaly_json(scope, found, one, drivers) for found, one, drivers in told],
        "unknown": unknown,
        "left_out": left_out,
        "false_alarms_per_month": ALARMS_PER_MONTH,
        "method": ANOMALY_METHOD,
    }


def budget(store: Store, scope: Scope) -> Mapping[str, Any]:
    """How much of the month's budget is spent, what the month will come to, and when the budget is crossed."""
    series = ask_series(store, scope, ["cost_microusd", "unpriced_requests"], days=MOST_DAYS)
    cost, unpriced = series["cost_microusd"], series["unpriced_requests"]
    limit = scope.monthly_budget_microusd or None
    month = cost.today.replace(day=1)
    days = [(day, value) for day, value in cost.with_today if day >= month]
    spent = math.fsum(value for _, value in days)
    told = forecast_month_end(cost.with_today, cost.today, left_of_today=cost.left_of_today)
    ahead = told if isinstance(told, Forecast) else None
    crossing = (
        Crossing(reason="no budget is set") if limit is None else find_crossing(float(limit), days, ahead, told.reason)
    )
    length = calendar.monthrange(month.year, month.month)[1]
    return {
        "month": month,
        "today": cost.today,
        "budget_microusd": limit,
        "reason": "no budget is set: budget.month_usd in the settings" if limit is None else None,
        "spent_microusd": round(spent),
        "spent_ratio": spent / limit if limit else None,
        "days_in_month": length,
        "days_left": length - cost.today.day,
        "projected": {**_named(cost), **_forecast_json(cost, told)},
        "projected_ratio": ahead.value / limit if ahead and limit else None,
        "is_crossed": crossing.crossed_on is not None if limit else None,
        "crossed_on": crossing.crossed_on,
        "crossing_expected_on": crossing.expected_on,
        "crossing_earliest_on": crossing.earliest_on,
        "crossing_latest_on": crossing.latest_on,
        "crossing_reason": crossing.reason,
        "daily": [
            {
                "day": day,
                "cost_microusd": round(value),
                "month_microusd": round(math.fsum(v for d, v in days if d <= day)),
            }
            for day, value in days
        ],
        "unpriced_requests": round(math.fsum(v for d, v in unpriced.with_today if d >= month)),
    }


TRENDS = Question(make=trends, parameters=frozenset({"metric"}))
FORECAST = Question(make=forecast, parameters=frozenset({"metric"}))
ANOMALIES = Question(make=anomalies, parameters=frozenset({"metric"}))
BUDGET = Question(make=budget)


def _window_days(scope: Scope, *, least: int) -> int:
    """How many days before the running one the window has, its first one whole."""
    if scope.window.start is None:
        return USUAL_DAYS
    first = scope.window.zone.local_of(scope.window.start).date()
    return max(least, (moment_of(scope).today - first).days)


def _forecast_json(found: DailySeries, told: Forecast | Refusal | None = None) -> dict[str, Any]:
    told = told or forecast_month_end(found.with_today, found.today, left_of_today=found.left_of_today)
    scale = _rounder(found.metric)
    fields = told.as_json()
    for name in ("value", "low", "high", "so_far"):
        fields[name] = _each(fields[name], scale)
    fields["path"] = [
        {name: value if name == "day" else scale(value) for name, value in point.items()}
        for point in fields["path"] or ()
    ]
    before = scale(told.so_far) - scale(found.so_far)
    for point in fields["path"]:  # of rounded figures, too, days and month agree
        point["day_value"], before = scale(point["value"] - before), point["value"]
    return fields


def _explained(
    store: Store, scope: Scope, found: DailySeries, inside: Sequence[Anomaly]
) -> list[tuple[Anomaly, list[Driver]]]:
    """Each with its drivers, where the metric is an amount."""
    if not inside or METRICS[found.metric].empty != 0 or METRICS[found.metric].is_mean:
        return [(one, []) for one in inside]
    newest = sorted(inside, key=lambda one: one.day, reverse=True)[:MOST_EXPLAINED]
    rising = {one.day: one.direction == "high" for one in newest}
    first = max(found.days[0][0], found.today - BASE_DAYS * ONE_DAY)
    drivers = find_drivers(store, scope, found.metric, rising, first, (found.today - first).days)
    return [(one, drivers.get(one.day, [])) for one in inside]


def _anomaly_json(scope: Scope, found: DailySeries, one: Anomaly, drivers: Sequence[Driver]) -> dict[str, Any]:
    scale = _rounder(found.metric)
    return {
        **_named(found),
        "day": one.day,
        "value": scale(one.value),
        "expected": scale(one.expected),
        "limit": scale(one.limit),
        "direction": one.direction,
        "score": round(one.score, 2) if math.isfinite(one.score) else None,
        "is_running": one.is_running,
        "contributors": [
            {**driver.as_json(), "amount": scale(driver.amount), "usual": scale(driver.usual)} for driver in drivers
        ],
        "link": _link(scope, found.metric, one.day),
    }


def _link(scope: Scope, metric: str, day: date) -> str:
    """Where that day's hours are."""
    asked = {"metrics": metric, "grain": "hour", "since": day.isoformat(), "until": (day + ONE_DAY).isoformat()}
    filters = {name: ",".join("null" if v is None else v for v in values) for name, values in scope.filters.items()}
    return "/api/v1/query?" + urlencode({**asked, "tz": scope.window.zone.name, **filters})


def _named(found: DailySeries) -> dict[str, Any]:
    metric = METRICS[found.metric]
    return {
        "metric": found.metric,
        "unit": found.unit,
        "better": metric.better,
        "so_far_today": _rounder(found.metric)(found.so_far),
    }


def _rounder(metric: str) -> Any:
    """Money in whole micro-dollars; the rest without the dust of sums."""
    return round if METRICS[metric].unit == "microusd" and not METRICS[metric].is_mean else _nine_digits


def _nine_digits(value: float) -> float:
    return float(f"{value:.9g}")


def _each(value: float | None, scale: Any) -> float | None:
    return None if value is None else scale(value)
