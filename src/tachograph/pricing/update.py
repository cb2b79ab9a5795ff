"""What another price list would change, and the owner's rows after it: history is never changed silently.

A list without dates (litellm's catalogue) says what holds now: a price that differs becomes a row from the day of the
update on, and the row before it ends there. A list in our own format says which days it is about; what would change days
that have passed is a change of history, which is named day by day and made only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from tachograph.pricing.catalogue import Catalogue, Offer
from tachograph.pricing.names import normalise
from tachograph.pricing.price import PriceTable, without_days
from tachograph.pricing.rows import CLASSES, PriceRow, Rates, Table
from tachograph.pricing.write import table_as_toml, usd_per_million

__all__ = ["HEAD", "Change", "Difference", "Plan", "own_after", "plan_from_catalogue", "plan_from_table"]

HEAD = """Your own prices, which go before the packaged ones on the days that they cover.
Written by `tachograph prices update`; you may also edit it. The format is that of the packaged table, whose head
explains it (prices.toml in the package tachograph.pricing).
A change is a new row with valid_from and a valid_to on the old one, never an edit of the past.
`tachograph prices check` looks for mistakes; `tachograph prices reprice` applies what changed to what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One number that is another."""

    what: str  # "input", "above 200,000: output", "batch", "web_search_per_1000"
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row to add."""

    row: PriceRow
    kind: str  # new: had no price on these days; changed: had another
    differences: tuple[Difference, ...] = ()
    rewrites: tuple[date, date] | None = None  # days that have passed and had another price; the end excluded


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an update would do."""

    changes: tuple[Change, ...]
    same: int  # models whose price is the same
    not_listed: tuple[str, ...] = ()  # models that the catalogue does not have, or not with all it had: left alone
    skipped: Mapping[str, int] = field(default_factory=dict)  # entries of the list that cannot be used, by reason

    @property
    def rewrites(self) -> tuple[Change, ...]:
        """Those that change days that have passed."""
        return tuple(change for change in self.changes if change.rewrites is not None)


def plan_from_catalogue(catalogue: Catalogue, table: PriceTable, *, today: date, start: date, source: str) -> Plan:
    """What the catalogue says now, as of `start`; a model that has no price at all gets one from the beginning."""
    changes: list[Change] = []
    same, offered = 0, set[str]()
    dropped: list[str] = []
    for offer in catalogue.offers:
        offered |= {offer.row.model, normalise(offer.row.model)}
        known = table.row_on(offer.row.model, start)
        if known is None:
            first = start if table.rows_of(offer.row.model) or start != today else date.min
            changes.append(Change(row=replace(offer.row, valid_from=first, source=source, origin="own"), kind="new"))
            continue
        offered.add(known.model)
        if len(known.tiers) > 1 and len(offer.row.tiers) == 1:
            dropped.append(f"{known.model} (its price above {known.tiers[1][0]:,} tokens)")
        row = replace(_merged(known, offer), source=source, origin="own", valid_from=max(start, known.valid_from))
        if offer.row.model not in known.names:  # a snapshot: it must not take its model along
            row = replace(row, model=offer.row.model, names=(offer.row.model,))
        if row.same_price(known):
            same += 1
            continue
        changes.append(_changed(row, known, today))
    held = {row.model for row in table.rows if row.valid_from <= start < row.valid_to}
    return Plan(
        changes=tuple(changes),
        same=same,
        not_listed=(*sorted(held - offered), *dropped),
        skipped=catalogue.skipped,
    )


def plan_from_table(theirs: Table, table: PriceTable, *, today: date, start: date | None) -> Plan:
    """What a list with dates says; with `start`, only from that day on."""
    changes: list[Change] = []
    same = set[str]()
    for listing in theirs.rows:
        if start is not None and listing.valid_to <= start:
            continue
        first = listing.valid_from if start is None else max(listing.valid_from, start)
        row = replace(listing, valid_from=first, origin="own")
        for piece, known in _pieces(row, table.rows_of(listing.model)):
            if known is None:
                changes.append(Change(row=piece, kind="new"))
            elif piece.same_price(known):
                same.add(listing.model)
            else:
                changes += _split_at(today, piece, known)
    return Plan(changes=tuple(changes), same=len(same - {change.row.model for change in changes}))


def own_after(
    own: Table | None, plan: Plan, *, today: date, sources: Mapping[str, Mapping[str, Any]], head: str = HEAD
) -> str:
    """The owner's file after the plan, as TOML: their rows end where a new one begins."""
    kept = list(own.rows) if own is not None else []
    for change in plan.changes:
        kept = [
            part
            for row in kept
            for part in (
                without_days(row, change.row.valid_from, change.row.valid_to)
                if row.model == change.row.model
                else [row]
            )
        ]
    rows = sorted((*kept, *(change.row for change in plan.changes)), key=lambda row: (row.model, row.valid_from))
    known = {**(own.sources if own is not None else {}), **sources}
    return table_as_toml(_joined(rows), version=today.isoformat(), sources=known, head=head)


def differences(before: PriceRow, after: PriceRow) -> tuple[Difference, ...]:
    """What differs, number by number."""
    found: list[Difference] = []

    def compare(what: str, one: str | None, other: str | None) -> None:
        if one != other:
            found.append(Difference(what=what, before=one, after=other))

    old, new = dict(before.tiers), dict(after.tiers)
    for threshold in sorted({*old, *new}):
        label = f"above {threshold:,}: " if threshold else ""
        for name in CLASSES:
            compare(label + name, _price(old.get(threshold), name), _price(new.get(threshold), name))
    compare("tiers", *("marginal" if row.marginal else "whole" for row in (before, after)))
    for name in sorted({*before.multiply, *after.multiply}):
        compare(name, _factor(before, name), _factor(after, name))
    compare("web_search_per_1000", *(usd_per_million(row.web_search_femtousd // 1000) for row in (before, after)))
    return tuple(found)


def _changed(row: PriceRow, known: PriceRow, today: date) -> Change:
    rewrites = (row.valid_from, min(today, row.valid_to)) if row.valid_from < today else None
    return Change(row=row, kind="changed", differences=differences(known, row), rewrites=rewrites)


def _split_at(today: date, row: PriceRow, known: PriceRow) -> list[Change]:
    """The days that have passed and the others, apart."""
    if row.valid_from < today < row.valid_to:
        return [
            _changed(replace(row, valid_to=today), known, today),
            _changed(replace(row, valid_from=today), known, today),
        ]
    return [_changed(row, known, today)]


def _pieces(row: PriceRow, known: Iterable[PriceRow]) -> Iterator[tuple[PriceRow, PriceRow | None]]:
    """The row, cut where ours begin and end, each piece with the row of ours that holds there."""
    at = row.valid_from
    for ours in known:
        if ours.valid_to <= at or ours.valid_from >= row.valid_to:
            continue
        if at < ours.valid_from:
            yield replace(row, valid_from=at, valid_to=ours.valid_from), None
            at = ours.valid_from
        end = min(ours.valid_to, row.valid_to)
        yield replace(row, valid_from=at, valid_to=end), ours
        at = end
    if at < row.valid_to:
        yield replace(row, valid_from=at), None


def _merged(known: PriceRow, offer: Offer) -> PriceRow:
    """The row that holds, with what the catalogue states in it; what it does not state stays."""
    tiers = offer.row.tiers
    if len(tiers) == 1 and len(known.tiers) > 1:
        tiers = (*tiers, *known.tiers[1:])
    ours = dict(known.tiers)
    filled = tuple((threshold, _filled(rates, ours.get(threshold), offer.stated)) for threshold, rates in tiers)
    multiply = {
        **known.multiply,
        **{name: factor for name, factor in offer.row.multiply.items() if known.factor([name]) != factor},
    }
    search = offer.row.web_search_femtousd if "web_search" in offer.stated else known.web_search_femtousd
    return replace(known, tiers=filled, multiply=multiply, web_search_femtousd=search)


def _filled(rates: Rates, ours: Rates | None, stated: frozenset[str]) -> Rates:
    """Prices that are not stated stay as they are, as long as what they go by does."""
    if ours is None or ours.input != rates.input:
        return rates
    return replace(rates, **{name: getattr(ours, name) for name in CLASSES if name not in stated})


def _joined(rows: Iterable[PriceRow]) -> Iterator[PriceRow]:
    """Rows that follow each other with the same price as one."""
    last: PriceRow | None = None
    for row in rows:
        if last is not None and last.same_price(row) and _follows(last, row):
            last = replace(last, valid_to=row.valid_to)
            continue
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last


def _follows(one: PriceRow, other: PriceRow) -> bool:
    return one.valid_to == other.valid_from and all(
        getattr(one, name) == getattr(other, name) for name in ("model", "names", "source")
    )


def _price(rates: Rates | None, name: str) -> str | None:
    return None if rates is None else usd_per_million(getattr(rates, name))


def _factor(row: PriceRow, name: str) -> str | None:
    factor = row.multiply.get(name)
    return None if factor is None else f"as {factor}" if isinstance(factor, str) else str(factor)
