"""Which lines ccusage takes for the same request, and which of them it keeps (rules.py)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tachograph.analytics.explain.ccusage.files import Entry
from tachograph.analytics.explain.ccusage.rates import CcusageTable

__all__ = ["Kept", "dedupe", "price_of"]

_FEMTO_PER_NANO = 1_000_000


@dataclass(slots=True)
class Kept:
    """What counts for one request, by its rules."""

    entry: Entry
    cost_femtousd: int
    lines: int = 1  # that were taken for the same request


def price_of(entry: Entry, table: CcusageTable) -> int:
    """Femto-dollars of one entry: its own figure, else by the table, else nothing."""
    if entry.cost_nanousd is not None:
        return entry.cost_nanousd * _FEMTO_PER_NANO
    rates = table.find(entry.model)
    return 0 if rates is None else rates.price(entry.usage, fast=entry.fast)


def dedupe(entries: Iterable[Entry], table: CcusageTable) -> list[Kept]:
    """One entry for each request, in the order of their first lines."""
    kept: list[Kept] = []
    exact: dict[tuple[object, ...], int] = {}
    of_message: dict[tuple[str, str], list[int]] = {}
    for entry in entries:
        cost = price_of(entry, table)
        if entry.message_id is None:
            kept.append(Kept(entry, cost))
            continue
        key: tuple[object, ...] = (entry.message_id, entry.request_id)
        if entry.request_id is None:
            key = (*key, entry.session_id, entry.at_ms)
        place = (entry.message_id, entry.session_id)
        index = exact.get(key)
        if index is None:
            candidates = of_message.get(place, ())
            index = next((i for i in candidates if entry.sidechain or kept[i].entry.sidechain), None)
        if index is None:
            index = len(kept)
            kept.append(Kept(entry, cost))
        else:
            known = kept[index]
            known.lines += 1
            if not _is_better(entry, cost, known):
                continue
            known.entry, known.cost_femtousd = entry, cost
        exact.setdefault(key, index)
        indexes = of_message.setdefault(place, [])
        if index not in indexes:
            indexes.append(index)
    return kept


def _is_better(entry: Entry, cost: int, known: Kept) -> bool:
    other = known.entry
    if entry.sidechain != other.sidechain:
        return other.sidechain
    if entry.usage.total != other.usage.total:
        return entry.usage.total > other.usage.total
    if cost != known.cost_femtousd:
        return cost > known.cost_femtousd
    return entry.has_speed and not other.has_speed
