"""What one API request costs, from a dated table, in exact integers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError, UnknownModel
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["PriceRow", "PriceTable", "Rates", "normalise"]

_DAY_US = 86_400_000_000
_FEMTO_PER_NANO = 1_000_000
_MEMO_LIMIT = 20_000  # entries; model names come from outside, so that there may be any number of them

_BRACKETS = re.compile(r"\[[^\]]*\]$")  # "[1m]": a longer context of the same model
_BEDROCK = re.compile(r"^(?:[a-z]{2,6}(?:-gov)?\.)?anthropic\.")  # "us.anthropic.", "anthropic."
_REVISION = re.compile(r"(?:-v\d+)?(?::\d+)?$")  # "-v1:0"
_DATE = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


def normalise(model: str) -> str:
    """The plain name of a model: no provider, region, revision, context suffix or date.

    `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `anthropic/claude-sonnet-4.5`, `claude-sonnet-4-5@20250929` and
    `claude-sonnet-4-5-20250929[1m]` all give `claude-sonnet-4-5`.
    """
    name = _BRACKETS.sub("", model.strip().lower())
    name = name.rpartition("/")[2].partition("@")[0]
    name = _REVISION.sub("", _BEDROCK.sub("", name))
    if name.startswith("claude"):
        name = name.replace(".", "-")
    return _DATE.sub("", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Prices in femto-dollars (10^-15 US dollars) a token, so that every factor still gives a whole number."""

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int

    def times(self, factor: Decimal) -> Rates:
        """The same, multiplied. Raises ConfigError if that is no whole number."""
        return Rates(**{name: _whole(getattr(self, name) * factor) for name in self.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One row of the table: what one model costs from one day to another."""

    model: str
    names: tuple[str, ...]  # the canonical id first
    valid_from: date  # UTC, included
    valid_to: date  # UTC, not included
    tiers: tuple[tuple[int, Rates], ...]  # (from this many context tokens on, rates), lowest first, first is 0
    multiply: Mapping[str, Decimal]
    web_search_femtousd: int  # a search
    source: str


class PriceTable:
    """All rows, and a memory of which one applied, because the same few questions are asked again and again."""

    def __init__(self, rows: tuple[PriceRow, ...], *, version: str) -> None:
        self.rows = rows
        self.version = version  # stored with each price, so that a number can be traced to its table
        self._by_name: dict[str, list[PriceRow]] = {}
        for row in rows:
            for name in row.names:
                known = self._by_name.setdefault(name, [])
                if any(row.valid_from < other.valid_to and other.valid_from < row.valid_to for other in known):
                    raise ConfigError(f"prices: two rows for {name} hold on the same day")
                known.append(row)
        self._memo: dict[tuple[Any, ...], tuple[tuple[tuple[int, Rates], ...], int] | None] = {}

    @classmethod
    def load(cls, path: Path | None = None) -> PriceTable:
        """The table that ships with the package, or one like it. Raises ConfigError."""
        if path is None:
            text = resources.files("tachograph.pricing").joinpath("prices.toml").read_text("utf-8")
        else:
            text = path.read_text("utf-8")
        try:
            document = tomllib.loads(text)
            sources = document["sources"]
            rows = tuple(_row(entry) for entry in document["price"])
        except (tomllib.TOMLDecodeError, KeyError, TypeError, InvalidOperation) as error:
            raise ConfigError(f"prices: {type(error).__name__}: {error}") from error
        for row in rows:
            if row.source not in sources:
                raise ConfigError(f"prices: {row.model} names no known source")
        return cls(rows, version=document["version"])

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
            model: id as reported; other spellings are understood, see `normalise`.
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
        tiers, web_search = found
        rates = tiers[0][1]
        if len(tiers) > 1:
            context = usage.context
            for more_than, of_tier in tiers:
                if context > more_than:
                    rates = of_tier
        hour = usage.cache_write_1h
        femto = (
            usage.input * rates.input
            + usage.output * rates.output
            + usage.cache_read * rates.cache_read
            + (usage.cache_write - hour) * rates.cache_write_5m
            + hour * rates.cache_write_1h
            + usage.web_search_requests * web_search
        )
        return Money((femto + _FEMTO_PER_NANO // 2) // _FEMTO_PER_NANO)

    def row(self, model: str, *, at_us: int) -> PriceRow | None:
        """The row in force, or None."""
        day = datetime.fromtimestamp(at_us / 1_000_000, UTC).date()
        plain = _BRACKETS.sub("", model.strip().lower())
        for name in (plain, normalise(model)):
            for row in self._by_name.get(name, ()):
                if row.valid_from <= day < row.valid_to:
                    return row
        return None

    def _look_up(
        self, model: str, day: int, speed: str | None, service_tier: str | None, inference_geo: str | None
    ) -> tuple[tuple[tuple[int, Rates], ...], int] | None:
        try:
            row = self.row(model, at_us=day * _DAY_US)
        except (ValueError, OverflowError, OSError):  # a day outside the calendar
            row = None
        found = None
        if row is not None:
            factor = Decimal(1)
            if speed == "fast":
                factor *= row.multiply.get("fast", 1)
            if inference_geo == "us":
                factor *= row.multiply.get("us", 1)
            if service_tier in _TIERS:
                factor *= row.multiply.get(service_tier, 1)
            found = tuple((more_than, rates.times(factor)) for more_than, rates in row.tiers), row.web_search_femtousd
        if len(self._memo) >= _MEMO_LIMIT:
            self._memo.clear()
        self._memo[model, day, speed, service_tier, inference_geo] = found
        return found


_TIERS = frozenset({"batch", "flex", "priority"})
_FACTORS = _TIERS | {"fast", "us"}
_ROW_KEYS = frozenset(
    {
        "model",
        "names",
        "valid_from",
        "valid_to",
        "usd_per_million",
        "above",
        "multiply",
        "web_search_per_1000",
        "source",
    }
)


def _row(entry: Mapping[str, Any]) -> PriceRow:
    model = entry["model"]
    if unknown := sorted(set(entry) - _ROW_KEYS | set(entry.get("multiply", {})) - _FACTORS):
        raise ConfigError(f"prices: {model} has unknown keys: {', '.join(unknown)}")
    above = sorted((tier["context_tokens"], _rates(tier["usd_per_million"])) for tier in entry.get("above", ()))
    return PriceRow(
        model=model,
        names=(model, *entry.get("names", ())),
        valid_from=entry.get("valid_from", date.min),
        valid_to=entry.get("valid_to", date.max),
        tiers=((0, _rates(entry["usd_per_million"])), *above),
        multiply={name: Decimal(factor) for name, factor in entry.get("multiply", {}).items()},
        web_search_femtousd=_whole(Decimal(entry.get("web_search_per_1000", "0")) * 10**12),
        source=entry["source"],
    )


def _rates(usd_per_million: Mapping[str, str]) -> Rates:
    fresh = Decimal(usd_per_million["input"])
    write_5m = Decimal(usd_per_million.get("cache_write_5m", fresh))
    # One dollar a million tokens is 10^-6 dollars, that is 10^9 femto-dollars, a token.
    return Rates(
        input=_whole(fresh * 10**9),
        output=_whole(Decimal(usd_per_million["output"]) * 10**9),
        cache_read=_whole(Decimal(usd_per_million.get("cache_read", fresh)) * 10**9),
        cache_write_5m=_whole(write_5m * 10**9),
        cache_write_1h=_whole(Decimal(usd_per_million.get("cache_write_1h", write_5m)) * 10**9),
    )


def _whole(amount: Decimal) -> int:
    if amount != int(amount) or amount < 0:
        raise ConfigError("prices: a price is negative or too fine for whole femto-dollars")
    return int(amount)
