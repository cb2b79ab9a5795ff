"""Three sentences about a window: what it cost, where it went, what stands out; each with where its figure is shown.

A sentence says one figure, the same that is answered for the address that it names. What cannot be said is said to be so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from tachograph.analytics.amounts import counted, dollars
from tachograph.analytics.compile import answer
from tachograph.analytics.coverage import percent
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.anomalies import Anomaly, find_anomalies
from tachograph.analytics.trends.daily import answerable, ask_series
from tachograph.analytics.trends.series import ONE_DAY, DailySeries
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError, UnknownDimension

__all__ = ["Evidence", "Sentence", "three_sentences"]

BASE_DAYS = 90  # that a day is measured against, as `/api/v1/anomalies` does
NOW_AT_LEAST, NOW_AT_MOST = timedelta(seconds=5), timedelta(minutes=10)
"""How long ago a window may have ended that is still called "the last …": a hundredth of it, within these."""

WATCHED: Mapping[str, tuple[str, str, str]] = {  # metric: one of it, and the panel that shows it
    "cost_microusd": ("", "costs", "Cost"),
    "api_errors": ("failed API request", "tools", "API errors"),
    "tool_errors": ("failed tool call", "tools", "Failed calls over time"),
}
PLACES: Mapping[str, tuple[str, str]] = {  # dimension: the panel that shows what it cost
    "project": ("overview", "Top projects"),
    "model": ("costs", "Cost by model"),
    "agent": ("overview", "Share of cost by agent"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a sentence's figure is shown: changes to the address that was asked.

    Dates are days of the zone; null: the same time range. Filters are added; a value null is what is not known.
    """

    tab: str  # name of a dashboard
    panel: str  # title of one of its panels
    filters: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence. Its parts are kept apart until names in the clear stand where pseudonyms stood."""

    about: Literal["cost", "where", "odd"]
    parts: tuple[str, ...]
    metric: str | None = None
    value: int | None = None  # of that metric for the evidence's address
    evidence: Evidence | None = None


def three_sentences(
    store: Store, scope: Scope, figures: Mapping[str, Any], earlier: Mapping[str, Any] | None
) -> list[Sentence]:
    """What the window cost, where it went, what stands out, in this order. Raises QueryError.

    Args:
        store: answers.
        scope: window and filters.
        figures: the window's cost_microusd, requests, unpriced_requests, sessions, prompts.
        earlier: those of the window before, if there is one.
    """
    return [_cost(scope, figures, earlier), _where(store, scope, figures), _odd(store, scope)]


# --- what it cost --------------------------------------------------------------------------------------------------


def _cost(scope: Scope, figures: Mapping[str, Any], earlier: Mapping[str, Any] | None) -> Sentence:
    window, cost = _words(scope), figures["cost_microusd"]
    requests, unpriced = figures["requests"], figures["unpriced_requests"]
    if not cost and not any(figures[name] for name in ("requests", "sessions", "prompts")):
        return Sentence(about="cost", parts=(f"Nothing is recorded of {_lower(window)}.",))
    if not cost and not requests:
        said = f"What {_lower(window)} cost is not known: no request is recorded, only {_sessions(figures)}."
        shown = Evidence(tab="overview", panel="Sessions")
        return Sentence(about="cost", parts=(said,), metric="sessions", value=figures["sessions"], evidence=shown)
    if not cost and unpriced >= requests:
        none = "its one request has no known price" if requests == 1 else f"none of {requests:,} requests has a price"
        said = f"What {_lower(window)} cost is not known: {none}."
        shown = Evidence(tab="costs", panel="What a cost rests on")
        return Sentence(about="cost", parts=(said,), metric="requests", value=requests, evidence=shown)
    said = f"{window} cost {dollars(cost)}" if cost else f"{window} cost nothing"
    if figures["sessions"]:
        said += f", in {_sessions(figures)}"
    if unpriced:
        have = "has no known price and is" if unpriced == 1 else "have no known price and are"
        said += f"; {counted(unpriced, 'request')} {have} not in it"
    elif cost and earlier and earlier["cost_microusd"] and not earlier["unpriced_requests"]:
        is_over = scope.window.end is not None and scope.window.end <= scope.now
        said += _change(cost, earlier["cost_microusd"], so_far="" if is_over else "so far ")
    shown = Evidence(tab="costs", panel="Cost")
    return Sentence(about="cost", parts=(said + ".",), metric="cost_microusd", value=cost, evidence=shown)


def _change(now: int, before: int, *, so_far: str) -> str:
    ratio = now / before
    if ratio >= 2:
        return f"; {so_far}{ratio:,.1f} times the {dollars(before)} of as long a time before"
    if round(abs(ratio - 1) * 100) == 0:
        return f"; {so_far}as much as in as long a time before ({dollars(before)})"
    return f"; {so_far}{abs(ratio - 1) * 100:.0f} % {'more' if ratio > 1 else 'less'} than in as long a time before"


def _sessions(figures: Mapping[str, Any]) -> str:
    return counted(figures["sessions"], "session")


# --- where it went -------------------------------------------------------------------------------------------------


def _where(store: Store, scope: Scope, figures: Mapping[str, Any]) -> Sentence:
    metric = "cost_microusd" if figures["cost_microusd"] else "requests"
    whole = figures[metric]
    if not whole:
        return Sentence(about="where", parts=("Where it went cannot be said: there is no request.",))
    for dimension, (tab, panel) in PLACES.items():
        if len(scope.filters.get(dimension, ())) == 1:
            continue  # that was asked for: it is no news
        found = answer(store, Query(metrics=[metric], by=[dimension], window=scope.window, filters=scope.filters)).rows
        rows = sorted(((amount or 0, name) for name, amount in found if amount), key=lambda row: (-row[0], str(row[1])))
        if not rows or rows[0][1] is None:
            continue  # what is not known says nothing
        amount, name = rows[0]
        if metric == "requests":
            tab, panel = "costs", "What a cost rests on"
        shown = Evidence(tab=tab, panel=panel, filters={dimension: [name]})
        parts = _went(metric, dimension, str(name), amount, whole, len(rows))
        return Sentence(about="where", parts=parts, metric=metric, value=amount, evidence=shown)
    unknown = "Where it went is not known: no project, model or agent stands out by its name."
    return Sentence(about="where", parts=(unknown,))


def _went(metric: str, dimension: str, name: str, amount: int, whole: int, count: int) -> tuple[str, ...]:
    is_cost = metric == "cost_microusd"
    told = dollars(amount) if is_cost else counted(amount, "request")
    went = f"went to {dimension} " if is_cost else f"{'was' if amount == 1 else 'were'} of {dimension} "
    if amount == whole:
        return (f"All of it, {told}, {went}", name, ".")
    if 2 * amount > whole:
        return (f"Most of it, {told} ({percent(amount / whole)}), {went}", name, ".")
    kinds = counted(count, dimension)
    return (f"The largest part, {told} ({percent(amount / whole)}), {went}", name, f", one of {kinds}.")


# --- what stands out -----------------------------------------------------------------------------------------------


def _odd(store: Store, scope: Scope) -> Sentence:
    watched = [name for name in WATCHED if _is_answerable(name, scope)]
    try:
        series = ask_series(store, scope, watched, days=max(BASE_DAYS, _days_of(scope)), with_profile=False)
    except QueryError:  # pieces of time, or a window that has not begun
        series = {}
    if not any(value for found in series.values() for _, value in found.with_today):
        return Sentence(about="odd", parts=("Nothing stands out: there is nothing to compare.",))
    first = _first_day(scope)
    reasons: dict[str, str] = {}
    for name, found in series.items():
        running = (found.today, found.so_far) if found.with_today != found.days else None
        all_of, why = find_anomalies(found.days, running=running, is_sum=True)
        if why:
            reasons[name] = why
        inside = [one for one in all_of if first is None or one.day >= first]
        if inside:
            return _stands_out(name, max(inside, key=lambda one: (abs(one.score), one.day)))
    if watched[0] in reasons:
        return _highest(series[watched[0]], first, reasons[watched[0]])
    shown = Evidence(tab="overview", panel="What stands out")
    untold = [f"{WATCHED[name][0]}s" for name in reasons if any(value for _, value in series[name].with_today)]
    if untold:
        said = f"No day is known to stand out; of {' and '.join(untold)} that cannot be told yet."
    else:
        said = "No day stands out: each is within what its weekday usually is."
    return Sentence(about="odd", parts=(said,), evidence=shown)


def _stands_out(metric: str, one: Anomaly) -> Sentence:
    noun, tab, panel = WATCHED[metric]
    value, usual = round(one.value), round(one.expected)
    told, about = (
        (dollars(value), f"about {dollars(usual)} is") if not noun else (counted(value, noun), f"about {usual:,} are")
    )
    if not usual:
        about = "next to nothing is"
    day = f"{one.day:%A} {one.day}"
    so_far = ", which is not over," if one.is_running else ""
    said = f"{day}{so_far} stands out: {told}, where {about} usual for a {one.day:%A}."
    shown = Evidence(tab=tab, panel=panel, since=one.day, until=one.day + ONE_DAY)
    return Sentence(about="odd", parts=(said,), metric=metric, value=value, evidence=shown)


def _highest(found: DailySeries, first: date | None, why: str) -> Sentence:
    """The day with most, where nobody can tell yet what is usual."""
    days = [(value, day) for day, value in found.with_today if value and (first is None or day >= first)]
    reason = f"Whether a day stands out cannot be told yet: {why}."
    if len(days) < 2:
        return Sentence(about="odd", parts=(reason,), evidence=Evidence(tab="overview", panel="What stands out"))
    amount, day = max(days)
    value = round(amount)
    noun, tab, panel = WATCHED[found.metric]
    told = counted(value, noun) if noun else dollars(value)
    said = f"The day with most was {day:%A} {day}: {told}. {reason}"
    shown = Evidence(tab=tab, panel=panel, since=day, until=day + ONE_DAY)
    return Sentence(about="odd", parts=(said,), metric=found.metric, value=value, evidence=shown)


def _is_answerable(metric: str, scope: Scope) -> bool:
    try:
        answerable(metric, scope)
    except UnknownDimension:
        return False
    return True


def _first_day(scope: Scope) -> date | None:
    return None if scope.window.start is None else scope.window.zone.local_of(scope.window.start).date()


def _days_of(scope: Scope) -> int:
    first = _first_day(scope)
    return BASE_DAYS if first is None else (scope.window.zone.local_of(scope.now).date() - first).days


# --- how a window is called ----------------------------------------------------------------------------------------


def _words(scope: Scope) -> str:
    window = scope.window
    start, end = window.start, window.end
    if start is None:
        return "All that is recorded" if end is None else f"The time before {_moment(window, end)}"
    # A page asks with the moment its other figures are of, which may be some minutes old.
    is_now = end is None or abs(scope.now - end) < max(NOW_AT_LEAST, min(NOW_AT_MOST, (end - start) / 100))
    if end is not None and is_now and (hours := round((end - start) / timedelta(hours=1))) >= 1:
        days, rest = divmod(hours, 24)
        if days > 1 and not rest:
            return f"The last {days:,} days"
        return "The last hour" if hours == 1 else f"The last {hours:,} hours"
    if end is None:
        return f"The time since {_moment(window, start)}"
    first, last = _moment(window, start), _moment(window, end)
    if len(first) == len(last) == 10:  # whole days: the last one is the one before the end
        last = str(date.fromisoformat(last) - ONE_DAY)
        return first if first == last else f"The time from {first} to {last}"
    return f"The time from {first} to {last}"


def _moment(window: Window, moment: Any) -> str:
    text = window.zone.as_text(moment)
    return text[:10] if text[11:19] == "00:00:00" else text[:16].replace("T", " ")


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]
