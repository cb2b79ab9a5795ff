"""The ways from every source to the ledger, for one scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tachograph.analytics.explain.comparison import dollars
from tachograph.analytics.explain.counters import COUNTERS, tell_counters
from tachograph.analytics.explain.figures import Figure, Waterfall, figure_json
from tachograph.analytics.explain.prices import Pricer
from tachograph.analytics.explain.scope import Selection
from tachograph.analytics.explain.sources import SOURCES, Told, tell
from tachograph.analytics.explain.steps import as_steps
from tachograph.analytics.query import Window
from tachograph.ports import Statement, Store
from tachograph.pricing.price import PriceTable

__all__ = ["Explanation", "explain"]

_LEDGER = """
select q.outcome as outcome, q.cost_basis as basis, count(*) as n, sum(q.input_tokens) as i, sum(q.output_tokens) as o,
    sum(q.cache_read_tokens) as r, sum(q.cache_write_tokens) as w, sum(coalesce(q.cost_nanousd, 0)) as k
from requests q where q.outcome in ('ok', 'residual') and {rows} group by 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The ledger's figure, and the way to it from each source that saw something."""

    selection: Selection
    ledger: Figure
    ways: Sequence[Waterfall]
    sentence: str
    notes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """As the API and `--json` show it."""
        return {
            "window": self.selection.window.as_text(),
            "session": self.selection.session,
            "models": None if self.selection.models is None else list(self.selection.models),
            "ledger": figure_json(self.ledger),
            "sentence": self.sentence,
            "waterfalls": [way.as_json() for way in self.ways],
            "notes": list(self.notes),
        }


def explain(
    store: Store, selection: Selection, prices: PriceTable, *, utc_window: Window | None = None, zone: str = "UTC"
) -> Explanation:
    """Why each source's naive sum is not the ledger's figure.

    Args:
        store: where the ledger is.
        selection: which part of it.
        prices: to price what only naive sums hold, such as placeholders.
        utc_window: the same calendar days in UTC, if the selection's are another zone's.
        zone: its name.

    Raises:
        QueryError: a question takes too long or has too many rows.
        ValueError: the steps of a way do not add up, which is a fault of ours.
    """
    parts = _ledger(store, selection)
    ledger = Figure.total(parts.values())
    pricer = Pricer(prices)
    ways: list[Waterfall] = []
    for source, (name, _) in SOURCES.items():
        if (told := tell(store, selection, source, pricer)) is not None:
            ways.append(_way(source, name, told, ledger))
    for source, name in COUNTERS.items():
        if (told := tell_counters(store, selection, source)) is not None:
            ways.append(_way(f"{source}_counters", name, told, ledger))
    if utc_window is not None and utc_window != selection.window:
        zones = _zone_way(store, selection, utc_window, zone, ledger)
        ways += [zones] if zones.steps else []
    return Explanation(
        selection=selection,
        ledger=ledger,
        ways=ways,
        sentence=_sentence(ledger, ways),
        notes=_notes(parts),
    )


def _way(id_: str, name: str, told: Told, ledger: Figure) -> Waterfall:
    notes = [f"{told.events:,} records of usage in the store"]
    return Waterfall(id=id_, name=name, start=told.start, steps=as_steps(told.steps), end=ledger, notes=notes)


def _ledger(store: Store, selection: Selection) -> dict[tuple[str, str], Figure]:
    sql = _LEDGER.format(rows=selection.rows("q"))
    rows = store.query(Statement(name="explain_ledger", sql=sql, parameters=_used(selection, sql))).records()
    return {
        (row["outcome"], row["basis"]): Figure(
            requests=int(row["n"]) if row["outcome"] == "ok" else 0,
            input_tokens=int(row["i"]),
            output_tokens=int(row["o"]),
            cache_read_tokens=int(row["r"]),
            cache_write_tokens=int(row["w"]),
            cost_nanousd=int(row["k"]),
        )
        for row in rows
    }


def _used(selection: Selection, sql: str) -> dict[str, Any]:
    return {name: value for name, value in selection.parameters().items() if f"${name}" in sql}


def _zone_way(store: Store, selection: Selection, utc: Window, zone: str, ledger: Figure) -> Waterfall:
    """From the same calendar days in UTC to those of the zone."""

    def between(start: datetime | None, end: datetime | None) -> Figure:
        if start is not None and end is not None and start >= end:
            return Figure()
        window = Window(start=start, end=end)
        part = Selection(window=window, session=selection.session, models=selection.models)
        return Figure.total(_ledger(store, part).values())

    here = selection.window
    lost = won = Figure()
    if here.start is not None and utc.start is not None:
        won += between(here.start, utc.start)
        lost += between(utc.start, here.start)
    if here.end is not None and utc.end is not None:
        won += between(utc.end, here.end)
        lost += between(here.end, utc.end)
    in_utc = Selection(window=utc, session=selection.session, models=selection.models)
    return Waterfall(
        id="utc_days",
        name=f"the ledger by days in UTC, against days in {zone}",
        start=Figure.total(_ledger(store, in_utc).values()),
        steps=as_steps({"zone_lost": -lost, "zone_won": won}),
        end=ledger,
    )


def _sentence(ledger: Figure, ways: Sequence[Waterfall]) -> str:
    said = f"The ledger says {dollars(ledger.cost_nanousd)} for {_requests(ledger.requests)}"
    told = [way for way in ways if way.id != "utc_days"]
    if not told:
        return f"{said}; no source told of anything here."
    # Counters that count tokens only are no wrong sum of money.
    sources = [way for way in told if all(step.id != "no_money" for step in way.steps)]
    if not sources:
        return f"{said}; no source told of money: it is by the price table."
    wrong = [way for way in sources if way.start.cost_nanousd != ledger.cost_nanousd]
    if not wrong:
        return f"{said}; adding up what each source says gives the same amount."
    # Not the one that is furthest off, which is one that hardly tells of anything, but the one somebody would add up.
    fullest = max(wrong, key=lambda way: way.start.tokens)
    off = fullest.start.cost_nanousd - ledger.cost_nanousd
    biggest = max(fullest.steps, key=lambda step: abs(step.change.cost_nanousd))
    return (
        f"{said}; simply adding up the {fullest.name} would give {dollars(fullest.start.cost_nanousd, ledger.cost_nanousd)}, "
        f"{dollars(abs(off))} too {'much' if off > 0 else 'little'}, most of it because of {biggest.name}."
    )


def _notes(parts: dict[tuple[str, str], Figure]) -> list[str]:
    notes = []
    costs = {basis: sum(f.cost_nanousd for (_, b), f in parts.items() if b == basis) for _, basis in parts}
    named = {"reported": "as the agents reported it", "priced": "by the price table", "counter": "by counters only"}
    told = [f"{dollars(costs[basis])} {name}" for basis, name in named.items() if costs.get(basis)]
    if told:
        notes.append("the ledger's cost: " + ", ".join(told))
    unpriced = sum(f.requests for (_, basis), f in parts.items() if basis == "unpriced")
    if unpriced:
        have = "has" if unpriced == 1 else "have"
        are = "is" if unpriced == 1 else "are"
        notes.append(f"{_requests(unpriced)} {have} no known price and {are} in no sum of money here")
    return notes


def _requests(count: int) -> str:
    return f"{count:,} request" if count == 1 else f"{count:,} requests"
