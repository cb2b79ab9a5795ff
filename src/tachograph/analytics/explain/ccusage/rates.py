"""ccusage's own prices, and what a usage costs by them, part by part, in exact integers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib import resources

__all__ = ["CcusageRates", "CcusageTable", "CcusageUsage"]

_THRESHOLD = 200_000
_HOUR_FACTOR = 2  # of the input price
_DATE = re.compile(r"-\d{8}$")
_BRACKETS = re.compile(r"\[[^\]]*\]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CcusageUsage:
    """The tokens of one response as ccusage reads them."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    write_5m: int = 0
    write_1h: int = 0

    @property
    def cache_write(self) -> int:
        """Both lifetimes."""
        return self.write_5m + self.write_1h

    @property
    def total(self) -> int:
        """What it compares duplicates by."""
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True, kw_only=True)
class CcusageRates:
    """Femto-dollars (10^-15 US dollars) a token; `above` for the tokens of a class beyond 200,000, None if the same."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    above: CcusageRates | None = None
    fast: Decimal = Decimal(1)

    def flat(self, usage: CcusageUsage) -> int:
        """Femto-dollars without long context and speed, 1-hour writes at the price of 5-minute ones."""
        return (
            usage.input * self.input
            + usage.output * self.output
            + usage.cache_read * self.cache_read
            + usage.cache_write * self.cache_write
        )

    def hours(self, usage: CcusageUsage) -> int:
        """What 1-hour writes cost more than 5-minute ones."""
        return usage.write_1h * (_HOUR_FACTOR * self.input - self.cache_write)

    def long_context(self, usage: CcusageUsage) -> int:
        """What tokens beyond 200,000 of a class cost more."""
        if self.above is None:
            return 0
        more = self.above
        return (
            _beyond(usage.input) * (more.input - self.input)
            + _beyond(usage.output) * (more.output - self.output)
            + _beyond(usage.cache_read) * (more.cache_read - self.cache_read)
            + _beyond(usage.write_5m) * (more.cache_write - self.cache_write)
            + _beyond(usage.write_1h) * _HOUR_FACTOR * (more.input - self.input)
        )

    def price(self, usage: CcusageUsage, *, fast: bool = False) -> int:
        """Femto-dollars in all."""
        plain = self.flat(usage) + self.hours(usage) + self.long_context(usage)
        return int(plain * self.fast) if fast else plain


class CcusageTable:
    """Rates by the names that stand in transcripts."""

    def __init__(self, rates: dict[str, CcusageRates], unpriced: frozenset[str], *, version: str, seen: str) -> None:
        self._rates = rates
        self._unpriced = unpriced
        self.version = version
        self.seen = seen

    @classmethod
    @cache
    def load(cls) -> CcusageTable:
        """The file beside this module."""
        text = resources.files("tachograph.analytics.explain.ccusage").joinpath("rates.toml").read_text("utf-8")
        document = tomllib.loads(text)
        rates: dict[str, CcusageRates] = {}
        for entry in document["rates"]:
            base = {name: _femto(value) for name, value in entry["usd_per_million"].items()}
            above = {name: _femto(value) for name, value in entry.get("above", {}).items()}
            made = replace(
                _rates(base), above=_rates(base | above) if above else None, fast=Decimal(entry.get("fast", "1"))
            )
            rates |= dict.fromkeys(entry["names"], made)
        return cls(
            rates, frozenset(document["unpriced"]["names"]), version=document["version"], seen=str(document["seen"])
        )

    def find(self, model: str | None) -> CcusageRates | None:
        """The rates of a model, None if it has no price there or we do not know it."""
        if model is None:
            return None
        plain = _BRACKETS.sub("", model)
        return self._rates.get(model) or self._rates.get(plain) or self._rates.get(_DATE.sub("", plain))

    def knows(self, model: str | None) -> bool:
        """Whether it is known what ccusage does with this model."""
        if model is None or model == "<synthetic>" or self.find(model) is not None:
            return True
        return _DATE.sub("", _BRACKETS.sub("", model)) in self._unpriced


def _rates(femto: dict[str, int]) -> CcusageRates:
    return CcusageRates(
        input=femto["input"],
        output=femto["output"],
        cache_read=femto["cache_read"],
        cache_write=femto["cache_write"],
    )


def _beyond(tokens: int) -> int:
    return max(0, tokens - _THRESHOLD)


def _femto(usd_per_million: str) -> int:
    return int(Decimal(usd_per_million) * 10**9)
