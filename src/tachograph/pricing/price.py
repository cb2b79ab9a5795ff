"""What one API request costs, from a dated table, in exact integers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import resources
from itertools import pairwise
from pathlib import Path

from tachograph.ports import PricePeriod
from tachograph.pricing.names import is_regional, normalise, spellings
from tachograph.pricing.rows import CLASSES, PriceRow, Rates, Table, read_table
from tachograph_sdk.errors import ConfigError, UnknownModel
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["PriceRow", "PriceTable", "Rates", "normalise", "packaged_table", "read_own", "without_days"]

_DAY_US = 86_400_000_000
_FEMTO_PER_NANO = 1_000_000
_MEMO_LIMIT = 20_000  # entries; model names come from outside, so that there may be any number of them
_TIERS = frozenset({"batch", "flex", "priority"})

_Question = tuple[str, int, str | None, str | None, str | None]
_Plain = tuple[int, int, int, int, int]  # femto-dollars a token, in the order of CLASSES
_Answer = tuple[int, int, int, int, int, int, "_Tiered | None"]  # and a search; and what is dearer above a threshold


class _Tiered:
    """The prices of a row with thresholds."""

    def __init__(self, tiers: Sequence[tuple[int, Rates]], *, marginal: bool) -> None:
        self._base = _plain(tiers[0][1])
        self._above = [(more_than, _plain(rates)) for more_than, rates in tiers[1:]]
        self._marginal = marginal

    def femto(self, usage: TokenUsage) -> int:
        """What the tokens cost, searches apart."""
        write, hour = usage.cache_write, usage.cache_write_1h
        if self._marginal:
            counts = (usage.input, usage.output, usage.cache_read, write - hour, hour)
            return sum(self._bracketed(count, at) for at, count in enumerate(counts))
        context = usage.input + usage.cache_read + write
        rates = self._base
        for more_than, higher in self._above:
            if context > more_than:
                rates = higher
        fresh, output, read, write_5m, write_1h = rates
        return (
            usage.input * fresh
            + usage.output * output
            + usage.cache_read * read
            + (write - hour) * write_5m
            + hour * write_1h
        )

    def _bracketed(self, count: int, at: int) -> int:
        """So many tokens of one class, each at the price of the bracket that it falls into."""
        cost, rate, begin = 0, self._base[at], 0
        for more_than, higher in self._above:
            cost += max(0, min(count, more_than) - begin) * rate
            rate, begin = higher[at], more_than
        return cost + max(0, count - begin) * rate


class PriceTable:
    """All rows, and a memory of which one applied, because the same few questions are asked again and again.

    The owner's rows go before the packaged ones: on the days for which there is one, it holds.
    """

    def __init__(self, rows: Iterable[PriceRow], *, version: str) -> None:
        self.rows = _layered(tuple(rows))
        self.version = version  # stored with each price, so that a number can be traced to its table
        self._by_name: dict[str, list[PriceRow]] = {}
        for row in sorted(self.rows, key=lambda row: row.origin != "own"):
            for name in dict.fromkeys(row.names):
                known = self._by_name.setdefault(name, [])
                if any(_overlap(row, other) for other in known if other.origin == row.origin):
                    raise ConfigError(f"prices: two rows for {name} hold on the same day")
                known.append(row)
        self._memo: dict[_Question, _Answer | None] = {}

    @classmethod
    def load(cls, path: Path | None = None, *, own: Path | None = None) -> PriceTable:
        """The table that ships with the package, or one like it; with the owner's rows if there is such a file.

        Raises:
            ConfigError: a file has a mistake.
        """
        table = packaged_table() if path is None else read_table(path.read_text("utf-8"))
        rows, version = table.rows, table.version
        found = read_own(own) if own is not None else None
        if found is not None:
            theirs, mark = found
            rows, version = (*rows, *theirs.rows), f"{version}+{mark}"
        return cls(rows, version=version)

    def price(
        self,
        usage: TokenUsage,
        *,
        model: str,
        at_us: int,
        speed: str | None = None,
        service_tier: str | None = None,
        inference_geo: str | None = None,
    ) -> Money:
        """Cost of one API request under the row in force at `at_us` (UTC microseconds since 1970).

        Args:
            usage: what was used.
            model: id as reported; other spellings are understood, see names.py.
            at_us: when the request was made.
            speed: "fast" costs a factor where the row has one; anything else is normal.
            service_tier: "batch", "flex", "priority" likewise.
            inference_geo: "us" likewise.

        Returns:
            Whole nano-dollars, rounded half up once; Money(0) for an empty usage.

        Raises:
            UnknownModel: no row matches; store the event unpriced.

        Source: prices.toml, each row with its page and date.
        """
        key = (model, at_us // _DAY_US, speed, service_tier, inference_geo)
        try:
            found = self._memo[key]
        except KeyError:
            found = self._look_up(*key)
        if found is None:
            # The name itself is unreleased text, so that no message repeats it.
            raise UnknownModel("no price for this model on this day", hint="add a row to the price table")
        fresh, output, read, write_5m, write_1h, search, tiered = found
        if tiered is None:
            hour = usage.cache_write_1h
            femto = (
                usage.input * fresh
                + usage.output * output
                + usage.cache_read * read
                + (usage.cache_write - hour) * write_5m
                + hour * write_1h
            )
        else:
            femto = tiered.femto(usage)
        femto += usage.web_search_requests * search
        return Money((femto + _FEMTO_PER_NANO // 2) // _FEMTO_PER_NANO)

    def row(self, model: str, *, at_us: int) -> PriceRow | None:
        """The row in force, or None."""
        return self.row_on(model, datetime.fromtimestamp(at_us / 1_000_000, UTC).date())

    def row_on(self, model: str, day: date) -> PriceRow | None:
        """The row in force on a day (UTC), or None."""
        for name in spellings(model):
            for row in self._by_name.get(name, ()):
                if row.valid_from <= day < row.valid_to:
                    return row
        return None

    def rows_of(self, model: str) -> list[PriceRow]:
        """All rows of a model, the oldest first; none if it is not known."""
        for name in spellings(model):
            if rows := self._by_name.get(name):
                return sorted(rows, key=lambda row: row.valid_from)
        return []

    def periods(self, model: str) -> list[PricePeriod]:
        """When the model had which plain rates, the oldest first: those up to the first threshold, without factors."""
        rows = [row for name in spellings(model) for row in self._by_name.get(name, ())]
        days = sorted({day for row in rows for day in (row.valid_from, row.valid_to)})
        found: list[PricePeriod] = []
        for start, end in pairwise(days):
            row = self.row_on(model, start)
            if row is None:
                continue
            rates = row.tiers[0][1]
            period = PricePeriod(
                from_day=None if start == date.min else start,
                until_day=None if end == date.max else end,
                input=rates.input,
                output=rates.output,
                cache_read=rates.cache_read,
                cache_write_5m=rates.cache_write_5m,
                cache_write_1h=rates.cache_write_1h,
            )
            if found and found[-1] == replace(period, from_day=found[-1].from_day, until_day=period.from_day):
                period = replace(period, from_day=found.pop().from_day)
            found.append(period)
        return found

    def _look_up(
        self, model: str, day: int, speed: str | None, service_tier: str | None, inference_geo: str | None
    ) -> _Answer | None:
        try:
            row = self.row(model, at_us=day * _DAY_US)
        except (ValueError, OverflowError, OSError):  # a day outside the calendar
            row = None
        found: _Answer | None = None
        if row is not None:
            names = {service_tier} & _TIERS if service_tier else set()
            if speed == "fast":
                names.add("fast")
            if is_regional(model):
                names.add("regional")
            elif inference_geo == "us":
                names.add("us")
            factor = row.factor(names)
            tiers = [(more_than, rates.times(factor)) for more_than, rates in row.tiers]
            tiered = _Tiered(tiers, marginal=row.marginal) if len(tiers) > 1 else None
            found = (*_plain(tiers[0][1]), row.web_search_femtousd, tiered)
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        self._memo[model, day, speed, service_tier, inference_geo] = found
        return found


def packaged_table() -> Table:
    """What ships with this version. Raises ConfigError."""
    return read_table(resources.files("tachograph.pricing").joinpath("prices.toml").read_text("utf-8"))


def read_own(path: Path) -> tuple[Table, str] | None:
    """The owner's rows and eight hex digits of their file; None if there is no such file.

    Raises:
        ConfigError: it has a mistake, or cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read ({error.strerror})") from None
    try:
        table = read_table(data.decode("utf-8"), origin="own")
    except (ConfigError, UnicodeDecodeError) as error:
        told = error.message if isinstance(error, ConfigError) else "prices: this is not UTF-8"
        hint = "`tachograph prices check` names every mistake in it; move the file away to go on without it"
        raise ConfigError(f"your own {told}", hint=hint) from error
    return table, hashlib.sha256(data).hexdigest()[:8]


def without_days(row: PriceRow, start: date, end: date) -> list[PriceRow]:
    """What is left of a row outside of these days."""
    before = replace(row, valid_to=min(row.valid_to, start)) if row.valid_from < start else None
    after = replace(row, valid_from=max(row.valid_from, end)) if end < row.valid_to else None
    return [part for part in (before, after) if part is not None]


def _layered(rows: tuple[PriceRow, ...]) -> tuple[PriceRow, ...]:
    """Packaged rows only for the days that no row of the owner's has; the owner's under all names the model has."""
    own = [row for row in rows if row.origin == "own"]
    if not own:
        return rows
    known: dict[str, tuple[str, ...]] = {}
    kept: list[PriceRow] = []
    for row in rows:
        if row.origin == "own":
            continue
        known[row.model] = tuple(dict.fromkeys((*known.get(row.model, ()), *row.names)))
        left = [row]
        for mine in own:
            if mine.model == row.model:
                left = [part for piece in left for part in without_days(piece, mine.valid_from, mine.valid_to)]
        kept += left
    named = [replace(row, names=tuple(dict.fromkeys((*row.names, *known.get(row.model, ()))))) for row in own]
    return (*kept, *named)


def _overlap(one: PriceRow, other: PriceRow) -> bool:
    return one.valid_from < other.valid_to and other.valid_from < one.valid_to


def _plain(rates: Rates) -> _Plain:
    fresh, output, read, write_5m, write_1h = (getattr(rates, name) for name in CLASSES)
    return fresh, output, read, write_5m, write_1h
