"""What the agents' counters add up to, and what becomes of that on the way to the ledger."""

from __future__ import annotations

from typing import Any

from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.scope import Selection
from tachograph.analytics.explain.sources import Told
from tachograph.ports import Statement, Store

__all__ = ["COUNTERS", "tell_counters"]

COUNTERS = {"otel_metric": "OpenTelemetry counters", "console": "counters on the console"}

SESSION_TOTAL = "session_total"  # readings of an agent's own running total: never added up

_COUNTED = """
with points as (
    select agent, occurred_at, session_id, replace(model, '[1m]', '') as model, counter, cost_nanousd,
        coalesce(quantity, case counter when 'input' then input_tokens when 'output' then output_tokens
            when 'cache_read' then cache_read_tokens when 'cache_write' then cache_write_tokens end) as amount
    from events where kind = 'usage.counter' and source = $source and counter <> 'session_total'
)
select p.agent as agent, p.counter as counter, sum(p.amount) as amount, sum(p.cost_nanousd) as cost, count(*) as points
from points p where {rows} group by 1, 2
"""

_ROWS = """
select q.outcome as outcome,
    case when q.agent in (select agent from events where kind = 'usage.counter' and source = $source
            and counter <> 'session_total' and session_id is null)
        or coalesce(q.session_id, '') in (select session_id from events where kind = 'usage.counter'
            and source = $source and counter <> 'session_total' and session_id is not null)
        then 1 else 0 end as counted,
    case when q.agent in (select agent from events where kind = 'usage.counter' and source = $source and counter = 'cost')
        then 1 else 0 end as costed,
    count(*) as n, sum(q.input_tokens) as i, sum(q.output_tokens) as o, sum(q.cache_read_tokens) as r,
    sum(q.cache_write_tokens) as w, sum(coalesce(q.cost_nanousd, 0)) as k
from requests q where q.outcome in ('ok', 'residual') and {rows} group by 1, 2, 3
"""


def tell_counters(store: Store, selection: Selection, source: str) -> Told | None:
    """The way from the sum of a source's counters to the ledger; None if it has none."""
    bound = {**selection.parameters(), "source": source}
    points = _ask(store, f"explain_{source}_counters", _COUNTED.format(rows=selection.rows("p")), bound)
    if not points:
        return None
    told = Told(source=source, events=sum(int(p["points"]) for p in points), start=_sum(points))
    reached = told.start
    counted = Figure()
    without_money = 0
    for row in _ask(store, f"explain_{source}_counted", _ROWS.format(rows=selection.rows("q")), bound):
        figure = Figure(
            requests=int(row["n"]) if row["outcome"] == "ok" else 0,
            input_tokens=int(row["i"]),
            output_tokens=int(row["o"]),
            cache_read_tokens=int(row["r"]),
            cache_write_tokens=int(row["w"]),
            cost_nanousd=int(row["k"]),
        )
        if row["counted"]:
            counted += figure
            if not row["costed"]:
                without_money += figure.cost_nanousd
        else:
            told.change("without_counters", figure)
    told.change("not_counted", Figure(requests=counted.requests))
    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_nanousd"):
        change = getattr(counted, name) - getattr(reached, name)
        if name == "cost_nanousd" and without_money:
            told.change("no_money", Figure(cost_nanousd=without_money))
            change -= without_money
        told.change("beyond_counters" if change > 0 else "counter_excess", Figure(**{name: change}))
    return told


def _sum(points: list[dict[str, Any]]) -> Figure:
    """Counters of all agents; some count the cache into the input, or reasoning apart from the output."""
    total = Figure()
    for agent in {p["agent"] for p in points}:
        of = {p["counter"]: p for p in points if p["agent"] == agent}

        def amount(name: str, of: dict[str, Any] = of) -> int:
            return int(of[name]["amount"] or 0) if name in of else 0

        read, write = amount("cache_read"), amount("cache_write")
        fresh = amount("input")
        if "input_total" in of:
            fresh += max(0, amount("input_total") - read - write)
        output = amount("output")
        if "output_visible" in of:
            output += amount("output_visible") + amount("reasoning")
        cost = int(of["cost"]["cost"] or 0) if "cost" in of else 0
        total += Figure(
            input_tokens=fresh,
            output_tokens=output,
            cache_read_tokens=read,
            cache_write_tokens=write,
            cost_nanousd=cost,
        )
    return total


def _ask(store: Store, name: str, sql: str, bound: dict[str, Any]) -> list[dict[str, Any]]:
    used = {key: value for key, value in bound.items() if f"${key}" in sql}
    return store.query(Statement(name=name, sql=sql, parameters=used)).records()
