"""The agent's own total of a session (`/cost`), against what the ledger holds of it. Some agents count tokens only.

Claude Code writes `cost-state` at the end of each run: tokens and cost by model since the session began, subagents,
titles and compaction included. It goes on over a resume, and a fork begins with its parent's. The last one counts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tachograph.analytics.explain.comparison import Comparison, Tally
from tachograph.analytics.explain.counters import SESSION_TOTAL
from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.scope import Selection
from tachograph.ports import Statement, Store
from tachograph.pricing.price import normalise

__all__ = ["compare_session_totals"]

_TOTALS = """
select session_id, model, occurred_at, coalesce(input_tokens, 0) as i, coalesce(output_tokens, 0) as o,
    coalesce(cache_read_tokens, 0) as r,
    greatest(coalesce(cache_write_tokens, 0),
        coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) as w, coalesce(cost_nanousd, 0) as k,
    case when cost_nanousd is null then 1 else 0 end as no_money
from events
where kind = 'usage.counter' and counter = $counter and session_id is not null {where}
order by session_id, model, occurred_at, i, o, r, w, k
"""

_ROWS = """
select q.session_id as session_id, q.model as model, q.outcome as outcome, q.cost_basis as basis, count(*) as n,
    sum(q.input_tokens) as i, sum(q.output_tokens) as o, sum(q.cache_read_tokens) as r, sum(q.cache_write_tokens) as w,
    sum(coalesce(q.cost_nanousd, 0)) as k
from requests q
where q.outcome in ('ok', 'residual') and q.session_id is not null {where}
group by 1, 2, 3, 4
"""

# What a session's file begins with: requests that count for the session they were copied from.
_COPIED = """
select c.session_id as session_id, q.model as model, count(*) as n, sum(q.input_tokens) as i, sum(q.output_tokens) as o,
    sum(q.cache_read_tokens) as r, sum(q.cache_write_tokens) as w, sum(coalesce(q.cost_nanousd, 0)) as k
from (
    select event_id, session_id from event_copies
    union all
    select event_id, session_id from events where event_id in (select event_id from event_copies)
) c
join events e on e.event_id = c.event_id
join requests q on q.agent = e.agent and q.message_id = e.message_id
where e.kind = 'api.request' and q.session_id <> c.session_id {where}
group by 1, 2
"""


def compare_session_totals(store: Store, selection: Selection) -> Comparison:
    """Each session that has a total, by model. Only sessions and models of the selection; its time range does not count,
    because a total has none.
    """  # noqa: D205 - one sentence
    tally = Tally()
    totals = {_place(row): row for row in _ask(store, "session_totals", _TOTALS, selection, "")}
    last = {place: _figure(row) for place, row in totals.items()}
    tokens_only = {place for place, row in totals.items() if row["no_money"]}
    sessions = {session for session, _ in last}
    for place, total in last.items():
        tally.theirs(place, total)
    reported: dict[tuple[str, str], bool] = {}
    for row in _ask(store, "session_rows", _ROWS, selection, "q."):
        place = _place(row)
        if row["session_id"] not in sessions:
            continue
        tally.ours(place, _figure(row, requests=row["outcome"] == "ok"))
        tally.step(place, "not_counted", Figure(requests=int(row["n"]) if row["outcome"] == "ok" else 0), 0)
        if place in tokens_only:
            tally.step(place, "no_money", Figure(cost_nanousd=int(row["k"])), 0)
        reported[place] = reported.get(place, True) and row["basis"] == "reported"
    for row in _ask(store, "session_copies", _COPIED, selection, "c."):
        if (place := _place(row)) in last:
            copied = _figure({**row, "k": 0}) if place in tokens_only else _figure(row)
            tally.step(place, "carried_over", -copied, int(row["n"]))
    for place in tally.places():
        _explain_rest(tally, place, all_reported=reported.get(place, False))
    notes = []
    if not sessions:
        notes.append("no transcript here holds a total of its session: only newer versions of Claude Code write one")
    compared = tally.compare("cost", "the agent's own /cost", notes, sessions=len(sessions))
    return compared if sessions else replace(compared, sentence="No session here has a total of the agent's own.")


def _explain_rest(tally: Tally, place: tuple[str, str], *, all_reported: bool) -> None:
    rest = tally.rest(place)
    if not rest:
        return
    only_money = rest == Figure(cost_nanousd=rest.cost_nanousd)
    requests = max(1, tally.totals(place)[1].requests)
    if only_money and abs(rest.cost_nanousd) <= 1000 * requests:
        tally.step(place, "rounding", rest, 0)
    elif only_money and not all_reported:
        tally.step(place, "reported", rest, 0)
    else:
        tally.step(place, "session_total", rest, 0)


def _ask(store: Store, name: str, sql: str, selection: Selection, alias: str) -> list[dict[str, Any]]:
    where = ""
    bound: dict[str, Any] = {"counter": SESSION_TOTAL} if "$counter" in sql else {}
    if selection.session is not None:
        where += f" and {alias}session_id = $session"
        bound["session"] = selection.session
    rows = store.query(Statement(name=name, sql=sql.format(where=where), parameters=bound)).records()
    if selection.models is None:
        return rows
    wanted = {normalise(model) for model in selection.models}
    return [row for row in rows if normalise(row["model"] or "") in wanted]


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["session_id"], normalise(row["model"] or "-")


def _figure(row: dict[str, Any], *, requests: bool = False) -> Figure:
    return Figure(
        requests=int(row["n"]) if requests else 0,
        input_tokens=int(row["i"]),
        output_tokens=int(row["o"]),
        cache_read_tokens=int(row["r"]),
        cache_write_tokens=int(row["w"]),
        cost_nanousd=int(row["k"]),
    )
