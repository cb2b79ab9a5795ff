"""What is wrong, or odd, in a price table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise

from tachograph.pricing.rows import PriceRow, read_table
from tachograph_sdk.errors import ConfigError

__all__ = ["Finding", "check_table", "hidden_rows"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that somebody should look at."""

    level: str  # mistake: the table cannot be used; odd: it can, but is it meant?
    message: str


def check_table(text: str) -> list[Finding]:
    """All that is wrong or odd in a table of ours; nothing if it is fine."""
    problems: list[str] = []
    try:
        table = read_table(text, problems=problems)
    except ConfigError as error:
        return [Finding(level="mistake", message=error.message.removeprefix("prices: "))]
    found = [Finding(level="mistake", message=problem) for problem in problems]
    found += [Finding(level="mistake", message=message) for message in _overlaps(table.rows)]
    found += [Finding(level="odd", message=message) for message in _odd(table.rows)]
    unused = sorted(set(table.sources) - {row.source for row in table.rows})
    if unused and not problems:
        found.append(Finding(level="odd", message=f"sources that no row names: {', '.join(unused)}"))
    return found


def hidden_rows(own: Iterable[PriceRow], packaged: Iterable[PriceRow]) -> list[Finding]:
    """The owner's rows that hide a packaged one that begins later: it was meant to take over."""
    packaged = list(packaged)
    return [
        Finding(
            level="odd",
            message=f"your row of {mine.model} from {_day(mine.valid_from)} hides the packaged one from {row.valid_from}; "
            "give it a valid_to if that one is right",
        )
        for mine in own
        for row in packaged
        if row.model == mine.model and mine.valid_from < row.valid_from < mine.valid_to and not row.same_price(mine)
    ]


def _overlaps(rows: Iterable[PriceRow]) -> Iterator[str]:
    by_name: dict[str, list[PriceRow]] = {}
    for row in rows:
        for name in dict.fromkeys(row.names):
            by_name.setdefault(name, []).append(row)
    for name, its in by_name.items():
        for one, other in combinations(its, 2):
            start, end = max(one.valid_from, other.valid_from), min(one.valid_to, other.valid_to)
            if start < end:
                yield f"{name} has two rows from {_day(start)} to {_day(end)}"


def _odd(rows: Iterable[PriceRow]) -> Iterator[str]:
    by_model: dict[str, list[PriceRow]] = {}
    for row in rows:
        by_model.setdefault(row.model, []).append(row)
    for model, its in by_model.items():
        its.sort(key=lambda row: row.valid_from)
        for one, other in pairwise(its):
            if one.valid_to < other.valid_from:
                yield f"{model} has no price from {one.valid_to} to {other.valid_from}"
        for row in its:
            for threshold, rates in row.tiers:
                where = f"{model}" + (f" above {threshold:,} tokens" if threshold else "")
                if rates.cache_read > rates.input:
                    yield f"{where}: reading the cache costs more than fresh input"
                if rates.output < rates.input:
                    yield f"{where}: output costs less than input"
                if not rates.input:
                    yield f"{where}: input costs nothing"


def _day(day: date) -> str:
    if day == date.min:
        return "the beginning"
    return "the end" if day == date.max else day.isoformat()
