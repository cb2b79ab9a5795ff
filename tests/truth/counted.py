"""What only counters saw, put together as it can be known: by session, model and day, at the last time that was counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from tachograph.pricing.price import PriceTable
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.usage import TokenUsage
from tests.truth.things import Month, Request

__all__ = ["price_of", "put_together", "rates_of"]


def put_together(month: Month) -> None:
    """In place of the hidden requests their sums, which have no time but that of the counter's last word of the day."""
    hidden = [request for request in month.requests if "counter" in request.told]
    month.requests[:] = [request for request in month.requests if "counter" not in request.told]
    ends = {report.session.number: report.at for report in month.reports}
    groups: dict[tuple[object, ...], list[Request]] = {}
    for request in hidden:
        if request.session.told == {"plugin"}:  # counts once, when the session ends
            request = replace(request, at=ends[request.session.number], told=frozenset({"counter", "hook"}))
        groups.setdefault(_key(request), []).append(request)
    for key, members in groups.items():
        at = max(m.at for m in members)
        for other in month.requests:  # the counter went on to count what was seen of the same day
            if "metrics" in other.session.told and other.outcome == "ok" and _key(other) == key:
                at = max(at, other.at)
        counts = {name: sum(m.counts[name] for m in members) for name in members[0].counts}
        cost = sum(m.cost for m in members if m.cost is not None)
        first = members[0]
        known = replace(first, at=at, counts=counts, cost=cost, basis="counter", query_source=None, speed=None)
        if first.session.told == {"plugin"}:
            known = replace(known, cost=price_of(known))
        month.requests.append(known)


@cache
def _prices() -> PriceTable:
    return PriceTable.load()


@cache
def _rates_on(model: str, day: datetime) -> tuple[int, int, int] | None:
    def femto(**used: int) -> int:  # of one token, at so few that no threshold is met
        usage = TokenUsage(**{name: 1000 * count for name, count in used.items()})
        return _prices().price(usage, model=model, at_us=_us(day)).nanousd * 1000

    try:
        fresh = femto(input=1)
        return fresh - femto(cache_read=1), femto(cache_write=1) - fresh, femto(cache_write=1, cache_write_1h=1) - fresh
    except UnknownModel:
        return None


def rates_of(model: str | None, at: datetime) -> tuple[int, int, int] | None:
    """Femto-dollars a token that a read from a cache saves, and that a write for 5 minutes and one for an hour costs extra."""
    return _rates_on(model or "", datetime(at.year, at.month, at.day))  # noqa: DTZ001 - UTC, as all times here


def price_of(request: Request) -> int | None:
    """Nano-dollars by the price table; None where it does not know the model."""
    counts = request.counts
    usage = TokenUsage(
        input=counts["input_tokens"], output=counts["output_tokens"], cache_read=counts["cache_read_tokens"],
        cache_write=counts["cache_write_tokens"], cache_write_1h=counts["cache_write_1h_tokens"],
        web_search_requests=counts["web_search_requests"],
    )  # fmt: skip
    try:
        return _prices().price(usage, model=request.model or "", at_us=_us(request.at)).nanousd
    except UnknownModel:
        return None


def _key(request: Request) -> tuple[object, ...]:
    session = request.session
    who = (session.agent, session.user) if session.id is None else session.number
    return who, request.model, _day(request.at)


def _us(at: datetime) -> int:
    return (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _day(at: datetime) -> object:
    return at.date()
