"""The rows of the price table: what one model costs from one day to another, read from TOML, in exact integers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from tachograph_sdk.errors import ConfigError

__all__ = ["CLASSES", "FACTORS", "Factor", "PriceRow", "Rates", "Table", "read_table", "whole_femto"]

CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
"""Kinds of tokens that have a price each."""

FACTORS = ("fast", "us", "regional", "batch", "flex", "priority")
"""What a request can be besides normal: its speed, where it was bound to run, its service tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Prices in femto-dollars (10^-15 US dollars) a token, so that every factor still gives a whole number."""

    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int

    def times(self, factor: Factor) -> Rates:
        """The same, multiplied class by class. Raises ConfigError if that is no whole number."""
        return Rates(**{name: whole_femto(getattr(self, name) * getattr(factor, name)) for name in CLASSES})


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """By what each class of tokens is multiplied."""

    input: Fraction = Fraction(1)
    output: Fraction = Fraction(1)
    cache_read: Fraction = Fraction(1)
    cache_write_5m: Fraction = Fraction(1)
    cache_write_1h: Fraction = Fraction(1)

    @classmethod
    def of(cls, factor: Fraction) -> Factor:
        """The same for all classes."""
        return cls(**dict.fromkeys(CLASSES, factor))

    def times(self, other: Factor) -> Factor:
        """Both."""
        return Factor(**{name: getattr(self, name) * getattr(other, name) for name in CLASSES})

    def __str__(self) -> str:
        """A number where all classes have the same, else class by class those that are not 1."""
        values = {name: getattr(self, name) for name in CLASSES}
        if len(set(values.values())) == 1:
            return _plain(self.input)
        return ", ".join(f"{name} {_plain(value)}" for name, value in values.items() if value != 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """One row of the table: what one model costs from one day to another."""

    model: str
    names: tuple[str, ...]  # the canonical id first
    valid_from: date  # UTC, included
    valid_to: date  # UTC, not included
    tiers: tuple[tuple[int, Rates], ...]  # (more than this many tokens, rates), lowest first, first is 0
    marginal: bool = False  # each class by its own count, and only what is above; else the whole request by its context
    multiply: Mapping[str, Factor | str] = field(default_factory=dict)  # text: the same as that other factor
    web_search_femtousd: int = 0  # a search
    source: str = ""
    origin: str = "packaged"  # or "own"

    def factor(self, names: Iterable[str]) -> Factor:
        """All of these together, each once; what the row does not have is 1."""
        product = Factor()
        for name in {self._resolved(name) for name in names}:
            if isinstance(found := self.multiply.get(name), Factor):
                product = product.times(found)
        return product

    def same_price(self, other: PriceRow) -> bool:
        """True if both cost the same, whatever their dates and sources."""
        return replace(self, **_NO_PRICE) == replace(other, **_NO_PRICE)

    def _resolved(self, name: str) -> str:
        other = self.multiply.get(name)
        return other if isinstance(other, str) else name


_NO_PRICE: dict[str, Any] = {
    "model": "", "names": (), "valid_from": date.min, "valid_to": date.max, "source": "", "origin": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file: its version, where its prices were read, its rows."""

    version: str
    sources: Mapping[str, Mapping[str, Any]]
    rows: tuple[PriceRow, ...]


def read_table(text: str, *, origin: str = "packaged", problems: list[str] | None = None) -> Table:
    """A table from its TOML text.

    Args:
        text: see the head of prices.toml for its shape.
        origin: "packaged" or "own".
        problems: if given, rows with a mistake are left out and the mistakes are added to it.

    Raises:
        ConfigError: it is not TOML; or, without `problems`, at the first mistake.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"prices: this is not TOML: {error}") from error
    rows: list[PriceRow] = []
    sources = document.get("sources", {})
    if not isinstance(sources, dict) or not isinstance(document.get("version"), str):
        raise ConfigError("prices: a table needs a version in quotation marks and [sources.NAME] for each source")
    for number, entry in enumerate(document.get("price", ()), 1):
        try:
            row = _row(entry, origin)
            if row.source not in sources:
                raise ConfigError(f"prices: {row.model} names no known source")
            rows.append(row)
        except (ConfigError, KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            told = error.message if isinstance(error, ConfigError) else f"prices: {_mistake(error, entry, number)}"
            if problems is None:
                raise ConfigError(told) from error
            problems.append(told.removeprefix("prices: "))
    return Table(version=document["version"], sources=sources, rows=tuple(rows))


def whole_femto(amount: Fraction | Decimal) -> int:
    """The whole number of femto-dollars. Raises ConfigError if it is none or negative."""
    if amount != int(amount) or amount < 0:
        raise ConfigError("prices: a price is negative or too fine for whole femto-dollars")
    return int(amount)


_ROW_KEYS = frozenset(
    {
        "model",
        "names",
        "valid_from",
        "valid_to",
        "usd_per_million",
        "above",
        "tiers",
        "multiply",
        "web_search_per_1000",
        "source",
    }
)


def _row(entry: Mapping[str, Any], origin: str) -> PriceRow:
    model = entry["model"]
    if not isinstance(model, str) or not model:
        raise TypeError("model")
    unknown = set(entry) - _ROW_KEYS | set(entry.get("multiply", {})) - set(FACTORS)
    if unknown:
        raise ConfigError(f"prices: {model} has unknown keys: {', '.join(sorted(unknown))}")
    if entry.get("tiers", "whole") not in {"whole", "marginal"}:
        raise ConfigError(f"prices: {model}: tiers is whole or marginal")
    valid_from, valid_to = entry.get("valid_from", date.min), entry.get("valid_to", date.max)
    if type(valid_from) is not date or type(valid_to) is not date or valid_from >= valid_to:
        raise ConfigError(f"prices: {model}: valid_from and valid_to are days, the first before the second")
    try:
        above = [(_threshold(tier), _rates(tier["usd_per_million"])) for tier in entry.get("above", ())]
        above.sort(key=lambda tier: tier[0])
        if len({threshold for threshold, _ in above}) < len(above):
            raise ConfigError("prices: two tiers begin at the same number of tokens")
        return PriceRow(
            model=model,
            names=(model, *entry.get("names", ())),
            valid_from=valid_from,
            valid_to=valid_to,
            tiers=((0, _rates(entry["usd_per_million"])), *above),
            marginal=entry.get("tiers") == "marginal",
            multiply=_multiply(entry.get("multiply", {})),
            web_search_femtousd=whole_femto(Decimal(entry.get("web_search_per_1000", "0")) * 10**12),
            source=entry["source"],
            origin=origin,
        )
    except ConfigError as error:
        raise ConfigError(f"prices: {model}: {error.message.removeprefix('prices: ')}") from error


def _threshold(tier: Mapping[str, Any]) -> int:
    tokens = tier["context_tokens"]
    if type(tokens) is not int or tokens <= 0 or set(tier) != {"context_tokens", "usd_per_million"}:
        raise ConfigError("prices: a tier has context_tokens, a number above 0, and usd_per_million")
    return tokens


def _rates(usd_per_million: Mapping[str, str]) -> Rates:
    if unknown := sorted(set(usd_per_million) - set(CLASSES)):
        raise ConfigError(f"prices: unknown classes of tokens: {', '.join(unknown)}")
    fresh = usd_per_million["input"]
    write_5m = usd_per_million.get("cache_write_5m", fresh)
    return Rates(
        input=_femto(fresh),
        output=_femto(usd_per_million["output"]),
        cache_read=_femto(usd_per_million.get("cache_read", fresh)),
        cache_write_5m=_femto(write_5m),
        cache_write_1h=_femto(usd_per_million.get("cache_write_1h", write_5m)),
    )


def _femto(usd_per_million: str) -> int:
    # One dollar a million tokens is 10^-6 dollars, that is 10^9 femto-dollars, a token.
    return whole_femto(Decimal(_text(usd_per_million)) * 10**9)


def _multiply(entries: Mapping[str, Any]) -> dict[str, Factor | str]:
    made: dict[str, Factor | str] = {}
    for name, value in entries.items():
        if isinstance(value, dict):
            if unknown := sorted(set(value) - set(CLASSES)):
                raise ConfigError(f"prices: unknown classes of tokens: {', '.join(unknown)}")
            made[name] = Factor(**{klass: _fraction(text) for klass, text in value.items()})
        elif value in FACTORS:
            if value == name or value not in entries or entries[value] in FACTORS:
                raise ConfigError(f"prices: the factor {name} is said to be the same as {value}, which has no number")
            made[name] = value
        else:
            made[name] = Factor.of(_fraction(value))
    return made


def _fraction(text: str) -> Fraction:
    """From "1.1" or "2/1.1"."""
    above, _, below = _text(text).partition("/")
    made = Fraction(above) / Fraction(below or "1")
    if made < 0:
        raise ConfigError("prices: a factor is negative")
    return made


def _text(value: str) -> str:
    if not isinstance(value, str):  # a float of TOML would bring its rounding with it
        raise ConfigError(f'prices: numbers are written in quotation marks: "{value}"')
    return value


def _mistake(error: Exception, entry: Any, number: int) -> str:
    model = entry.get("model", "?") if isinstance(entry, dict) else "?"
    if isinstance(error, KeyError):
        return f"row {number} ({model}) lacks {error}"
    if isinstance(error, InvalidOperation | ValueError | ZeroDivisionError):
        return f"row {number} ({model}) has something that is no number"
    return f"row {number} ({model}): {type(error).__name__}: {error}"


def _plain(value: Fraction) -> str:
    """As a decimal where it is one, else as a fraction."""
    places = value.limit_denominator(10**6)
    if places == value and 10**6 % value.denominator == 0:
        return f"{Decimal(value.numerator) / Decimal(value.denominator):f}"
    return f"{value.numerator}/{value.denominator}"
