"""What each source would say if one simply added up its records, and what becomes of that on the way to the ledger.

An event is what one record, or all records of one response, became. `c` is how often it is seen inside the scope: once
in its own session, once more in every session that holds a copy; `r` is whether its row of the ledger is inside; `n`
is how many records repeated its usage. Everything is whole numbers, so that all of it adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.prices import Pricer
from tachograph.analytics.explain.scope import Selection
from tachograph.ports import Statement, Store

__all__ = ["SOURCES", "Told", "tell"]

SOURCES = {
    "transcript": ("transcripts", "seen_transcript"),
    "otel_log": ("OpenTelemetry events", "seen_event"),
    "otel_span": ("OpenTelemetry spans", "seen_span"),
    "console": ("console output", "seen_event"),
    "hook": ("hooks", "seen_hook"),
    "sdk": ("SDK", "seen_hook"),
}
"""Sources that tell of single requests: name, and the ledger's mark of what they saw."""

_EVENTS = """
with ev as (
    select event_id, agent, session_id, message_id, request_id, occurred_at, replace(model, '[1m]', '') as model,
        cost_basis, cache_write_1h_tokens,
        coalesce(input_tokens, 0) as i, coalesce(output_tokens, 0) as o, coalesce(cache_read_tokens, 0) as r_,
        greatest(coalesce(cache_write_tokens, 0),
            coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0)) as w,
        coalesce(cost_nanousd, 0) as k,
        cast(coalesce(attr(attributes, 'usage_records'), '1') as bigint) as records,
        cast(coalesce(attr(attributes, 'naive_output_tokens'), '-1') as bigint) as naive
    from events
    where kind = 'api.request' and source = $source and {near}
      and not (not coalesce(success, true)
          and coalesce(input_tokens, 0) + coalesce(output_tokens, 0) + coalesce(cache_read_tokens, 0) = 0)
),
sighted as (
    select event_id, sum(times) as times from (
        select event_id, {own} as times from ev
        union all
        select event_id, 1 as times from event_copies where {copied} and event_id in (select event_id from ev)
    ) seen group by event_id
),
links as (
    select e.event_id as event_id, concat(q.agent, ' ', q.request_key) as row_key,
        max(case when {rows} then 1 else 0 end) as row_in
    from ev e join requests q on q.agent = e.agent and q.message_id = e.message_id
    where q.outcome = 'ok' group by e.event_id, concat(q.agent, ' ', q.request_key)
    union all
    select e.event_id as event_id, min(concat(q.agent, ' ', q.request_key)) as row_key,
        max(case when {rows} then 1 else 0 end) as row_in
    from ev e join requests q on q.agent = e.agent and q.request_id = e.request_id
    where e.message_id is null and q.outcome = 'ok' group by e.event_id
),
told as (
    select e.*, l.row_key as row_key, l.row_in as row_in from ev e join links l on l.event_id = e.event_id
    union all
    select e.*, '' as row_key, -1 as row_in from ev e where e.event_id not in (select event_id from links)
),
counted as (
    select t.*, case when {inside} then s.times else 0 end as c,
        case when t.event_id in (select event_id from event_copies) then 1 else 0 end as held
    from told t join sighted s on s.event_id = t.event_id
),
facts as (
    select f.*, case when held = 0 then c when row_in = -1 then least(c, 1) else least(c, row_in) end as once
    from counted f
)
"""

_SUMS = """
select count(*) as events, sum(c * records) as naive_n, sum(c * records * i) as naive_i, sum(c * records * r_) as naive_r,
    sum(c * records * w) as naive_w, sum(c * records * k) as naive_k,
    sum(c * case when naive >= 0 then naive else records * o end) as naive_o, sum(c * records * o) as full_o,
    sum(c) as single_n, sum(c * i) as single_i, sum(c * r_) as single_r, sum(c * w) as single_w, sum(c * o) as single_o,
    sum(c * k) as single_k,
    sum(once) as own_n, sum(once * i) as own_i, sum(once * r_) as own_r, sum(once * w) as own_w, sum(once * o) as own_o,
    sum(once * k) as own_k,
    sum(case when row_in = -1 then once else 0 end) as loose_n,
    sum(case when row_in = -1 then once * i else 0 end) as loose_i,
    sum(case when row_in = -1 then once * r_ else 0 end) as loose_r,
    sum(case when row_in = -1 then once * w else 0 end) as loose_w,
    sum(case when row_in = -1 then once * o else 0 end) as loose_o,
    sum(case when row_in = -1 then once * k else 0 end) as loose_k
from facts
"""

_PLACEHOLDERS = """
select model, date_trunc('day', occurred_at) as day, sum(c * (records * o - naive)) as missing
from facts where naive >= 0 and c > 0 and cost_basis = 'priced' group by 1, 2
"""

# One row for each request: what the source says of it all in all, and what the ledger says.
_ROWS = """
, by_row as (
    select row_key, max(row_in) as inside, max(case when once > 0 then 1 else 0 end) as shown, min(cost_basis) as basis,
        sum(once) as s_n, sum(once * i) as s_i, sum(once * r_) as s_r, sum(once * w) as s_w, sum(once * o) as s_o,
        sum(once * k) as s_k,
        max(case when once > 0 then i else 0 end) as w_i, max(case when once > 0 then r_ else 0 end) as w_r,
        max(case when once > 0 then w else 0 end) as w_w, max(case when once > 0 then o else 0 end) as w_o,
        max(case when once > 0 then k else 0 end) as w_k,
        max(i) as m_i, max(r_) as m_r, max(w) as m_w, max(o) as m_o, max(k) as m_k
    from facts where row_in >= 0 group by row_key
),
paired as (
    select b.*, q.model as model, date_trunc('day', q.occurred_at) as day, q.cost_basis as row_basis,
        q.cache_write_1h_tokens as hour,
        case when shown = 1 then w_i else m_i end as f_i, case when shown = 1 then w_r else m_r end as f_r,
        case when shown = 1 then w_w else m_w end as f_w, case when shown = 1 then w_o else m_o end as f_o,
        case when shown = 1 then w_k else m_k end as f_k,
        q.input_tokens as q_i, q.cache_read_tokens as q_r, q.cache_write_tokens as q_w, q.output_tokens as q_o,
        coalesce(q.cost_nanousd, 0) as q_k
    from by_row b join requests q on concat(q.agent, ' ', q.request_key) = b.row_key
    where b.inside = 1 or b.shown = 1
),
judged as (
    select p.*, case when f_i = q_i and f_r = q_r and f_w = q_w and f_o = q_o then 1 else 0 end as same,
        case when hour > 0 then 1 else 0 end as has_hour,
        case when q_k - f_k between -1000 and 1000 then 1 else 0 end as near
    from paired p
)
"""

_JUDGED = """
select inside, shown, same, coalesce(basis, '') as basis, row_basis, near, count(*) as rows_,
    sum(s_n) as s_n, sum(s_i) as s_i, sum(s_r) as s_r, sum(s_w) as s_w, sum(s_o) as s_o, sum(s_k) as s_k,
    sum(f_i) as f_i, sum(f_r) as f_r, sum(f_w) as f_w, sum(f_o) as f_o, sum(f_k) as f_k,
    sum(q_i) as q_i, sum(q_r) as q_r, sum(q_w) as q_w, sum(q_o) as q_o, sum(q_k) as q_k
from judged group by 1, 2, 3, 4, 5, 6
"""

_HOURS = """
select model, day, sum(hour) as hours, sum(q_k - f_k) as difference, count(*) as rows_
from judged
where inside = 1 and same = 1 and near = 0 and has_hour = 1 and basis = 'priced' and row_basis = 'reported' group by 1, 2
"""

_OTHERS = """
select q.outcome as outcome, q.agent as agent, q.auxiliary as auxiliary, q.{mark} as marked, count(*) as n,
    sum(q.input_tokens) as i, sum(q.cache_read_tokens) as r, sum(q.cache_write_tokens) as w, sum(q.output_tokens) as o,
    sum(coalesce(q.cost_nanousd, 0)) as k
from requests q
where q.outcome in ('ok', 'residual') and {rows}
  and concat(q.agent, ' ', q.request_key) not in (select row_key from links)
group by 1, 2, 3, 4
"""


@dataclass(slots=True, kw_only=True)
class Told:
    """What one source tells of the scope, and each change on the way to the ledger."""

    source: str
    events: int
    start: Figure
    steps: dict[str, Figure] = field(default_factory=dict)

    def change(self, id_: str, figure: Figure) -> None:
        """Add to a step."""
        self.steps[id_] = self.steps.get(id_, Figure()) + figure


def tell(store: Store, selection: Selection, source: str, pricer: Pricer) -> Told | None:
    """What the source says of single requests; None if it told of none of them."""
    question = _Question(store, selection, source)
    sums = question.ask("sums", _SUMS)[0]
    if not sums["events"]:
        return None
    placeholder = sum(
        pricer.extra_output(row["missing"], model=row["model"], at_us=_us(row["day"])) or 0
        for row in question.ask("placeholders", _PLACEHOLDERS)
    )
    naive, single, own = _figure(sums, "naive_"), _figure(sums, "single_"), _figure(sums, "own_")
    raised = Figure(output_tokens=sums["full_o"] - sums["naive_o"], cost_nanousd=placeholder)
    told = Told(source=source, events=sums["events"], start=naive - Figure(cost_nanousd=placeholder))
    told.change("placeholder_output", raised)
    told.change("repeated_records", single - (told.start + raised))
    told.change("forked_history", own - single)
    _pair(question, told, pricer)
    if not told.start and not told.steps.get("elsewhere"):
        return None  # it told of something near by, and of nothing inside
    _add_others(question, told, _figure(sums, "loose_"))
    return told


def _pair(question: _Question, told: Told, pricer: Pricer) -> None:
    """Requests that the source and the ledger both know by an id."""
    for row in question.ask("judged", _ROWS + _JUDGED):
        said, best = _figure(row, "s_"), _figure({**row, "f_n": row["rows_"]}, "f_")
        ledger = _figure({**row, "q_n": row["rows_"]}, "q_")
        if row["shown"]:
            told.change("reported_again", best - said)
        if not row["inside"]:
            told.change("elsewhere", -best)
            continue
        if not row["shown"]:
            told.change("elsewhere", best)
        if not row["same"]:
            told.change("corrected", ledger - best)
        else:
            told.change("rounding" if row["near"] else "reported", ledger - best)
    for row in question.ask("hours", _ROWS + _HOURS):
        surplus = pricer.hour_surplus(row["hours"], model=row["model"], at_us=_us(row["day"]))
        if surplus and abs(row["difference"] + surplus) <= 1000 * row["rows_"]:
            told.change("reported", Figure(cost_nanousd=surplus))
            told.change("cache_tier", Figure(cost_nanousd=-surplus))


def _add_others(question: _Question, told: Told, loose: Figure) -> None:
    """Rows that no event of the source is about by its id: those it saw all the same, and those it did not see."""
    agents = question.agents()
    seen = Figure()
    for row in question.ask("others", _OTHERS):
        figure = _figure(row, "")
        if row["outcome"] == "residual":
            told.change("residual", Figure() + figure - Figure(requests=figure.requests))
        elif row["marked"]:
            seen += figure
        elif row["agent"] not in agents:
            told.change("other_agent", figure)
        else:
            told.change("auxiliary" if row["auxiliary"] else "other_sources", figure)
    told.change("corrected", seen - loose)


class _Question:
    def __init__(self, store: Store, selection: Selection, source: str) -> None:
        self._store = store
        self._source = source
        self._parameters = {**selection.parameters(), "source": source}
        session = selection.session is not None
        self._parts = {
            "near": selection.near(),
            "own": "case when session_id = $session then 1 else 0 end" if session else "1",
            "copied": "session_id = $session" if session else "1 = 1",
            "rows": selection.rows("q"),
            "inside": selection.inside("t"),
            "mark": SOURCES[source][1],
        }

    def ask(self, name: str, sql: str) -> list[dict[str, Any]]:
        text = (_EVENTS + sql).format(**self._parts)
        records = self._store.query(
            Statement(name=f"explain_{self._source}_{name}", sql=text, parameters=self._bound(text))
        ).records()
        return [{k: _whole(v) for k, v in record.items()} for record in records]

    def agents(self) -> set[str]:
        sql = "select distinct agent from events where kind = 'api.request' and source = $source"
        name = f"explain_{self._source}_agents"
        found = self._store.query(Statement(name=name, sql=sql, parameters={"source": self._source}))
        return {agent for (agent,) in found.rows}

    def _bound(self, text: str) -> dict[str, Any]:
        return {name: value for name, value in self._parameters.items() if f"${name}" in text}


def _figure(row: dict[str, Any], prefix: str) -> Figure:
    return Figure(
        requests=row[f"{prefix}n"] or 0,
        input_tokens=row[f"{prefix}i"] or 0,
        output_tokens=row[f"{prefix}o"] or 0,
        cache_read_tokens=row[f"{prefix}r"] or 0,
        cache_write_tokens=row[f"{prefix}w"] or 0,
        cost_nanousd=row[f"{prefix}k"] or 0,
    )


def _whole(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, str, datetime)) else int(value)


def _us(day: datetime) -> int:
    return int(day.replace(tzinfo=UTC).timestamp()) * 1_000_000
