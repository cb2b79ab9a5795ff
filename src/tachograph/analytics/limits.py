"""How a plan was used: of each limit the highest reading of a window, and when it was."""

from __future__ import annotations

from typing import Any

from tachograph.analytics.query import Window
from tachograph.analytics.windowed import between
from tachograph.ports import Statement, Store

__all__ = ["limits_of", "name_of_limit", "used_share"]

_NAMES = {"five_hour": "5-hour window", "seven_day": "7-day window", "spend_limit": "spend limit"}

_SQL = """
select p.limit_window, p.agent, p.peak, min(l.occurred_at) as first_at, max(p.readings) as n
from limits l join (
    select limit_window, agent, max(used_ratio) as peak, count(*) as readings from limits {where} group by 1, 2
) p on p.limit_window = l.limit_window and p.agent = l.agent and p.peak = l.used_ratio
{and_where}
group by 1, 2, 3 order by 1, 2
"""


def name_of_limit(limit: str) -> str:
    """What a limit is called on screen."""
    return _NAMES.get(limit, limit.replace("_", " "))


def used_share(ratio: float) -> str:
    """How much of it was used, in whole percent: never 100 before it is all."""
    whole = int(ratio * 100 + 0.5)
    return f"{99 if whole >= 100 and ratio < 1 else whole} %"


def limits_of(store: Store, window: Window) -> list[dict[str, Any]]:
    """One entry per limit and agent that was read in the window: `limit`, `agent`, `peak_ratio`, `peak_at`, `readings`.

    The peak is that of the readings; between them more may have been used. `peak_at` is the first time it was read, ISO
    8601 with the zone's offset. Empty where no status line wrote any.
    """
    parameters: dict[str, Any] = {}
    inner = between("occurred_at", window, parameters)
    outer = between("l.occurred_at", window, parameters)
    sql = _SQL.format(
        where="where " + " and ".join(inner) if inner else "", and_where="where " + " and ".join(outer) if outer else ""
    )
    rows = store.query(Statement(name="limits of the plan", sql=sql, parameters=parameters)).rows
    return [
        {"limit": limit, "agent": agent, "peak_ratio": peak, "peak_at": window.zone.as_text(at), "readings": int(count)}
        for limit, agent, peak, at, count in rows
    ]
