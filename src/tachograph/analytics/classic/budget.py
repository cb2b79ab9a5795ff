"""How much of the month's budget is spent, and whether it will do."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.classic.daily import ask_days, why_null
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.series import moment_of
from tachograph.analytics.classic.shares import percent
from tachograph.analytics.scope import Scope
from tachograph.ports import Store

__all__ = ["budget_progress"]

NO_BUDGET: Final = "no monthly budget is set: see the setting budget.month_usd"


def budget_progress(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Of the month that the window ends in, up to that end. Two statements."""
    days = ask_days(store, scope, ("cost_microusd", "sessions", "total_tokens"))
    cost, sessions, tokens = (days.month(name) for name in ("cost_microusd", "sessions", "total_tokens"))
    spent = math.fsum(cost.values()) / 1e6
    budget = None if scope.monthly_budget_microusd is None else scope.monthly_budget_microusd / 1e6
    projected = days.forecast("cost_microusd", scale=1e6)
    why = {"projected_month_end_cost": projected.reason or "", **why_null("projection", projected)}
    is_over = None
    if budget is None:
        why |= dict.fromkeys(("monthly_budget", "percentage_used", "is_over_budget"), NO_BUDGET)
    elif spent > budget:
        is_over = True
    elif projected.value is not None:
        is_over = projected.value > budget
    else:
        why["is_over_budget"] = f"not yet; what the month will come to is not known: {projected.reason}"
    if budget == 0:
        why["percentage_used"] = "the budget is 0"
    is_empty = not any(found.days or found.so_far for found in days.series.values())
    data = {
        "current_month_cost": spent,
        "monthly_budget": budget,
        "percentage_used": None if budget is None else percent(spent, budget),
        "days_remaining": calendar.monthrange(days.today.year, days.today.month)[1] - days.today.day,
        "projected_month_end_cost": projected.value,
        "is_over_budget": is_over,
        "daily_breakdown": []
        if is_empty
        else [
            {
                "date": moment_of(day.isoformat(), scope.window.zone),
                "cost": value / 1e6,
                "sessions": round(sessions[day]),
                "tokens": round(tokens[day]),
            }
            for day, value in cost.items()
        ],
        "projection": projected.details,
    }
    return reasoned(data, why)
