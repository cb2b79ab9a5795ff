"""Price rows as TOML, the way prices.toml is written by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tachograph.pricing.rows import Factor, PriceRow, Rates

__all__ = ["factor_as_toml", "table_as_toml", "usd_per_million"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")  # a key of TOML that needs no quotation marks


def table_as_toml(
    rows: Iterable[PriceRow], *, version: str, sources: Mapping[str, Mapping[str, Any]], head: str = ""
) -> str:
    """A whole file: comments, version, the sources that are named, the rows in this order."""
    rows = list(rows)
    used = {row.source for row in rows}
    lines = [*(f"# {line}".rstrip() for line in head.splitlines()), "", f"version = {_text(version)}", ""]
    for name, about in sources.items():
        if name in used:
            lines += [
                f"[sources.{name if _BARE.fullmatch(name) else _text(name)}]",
                *(f"{key} = {_value(value)}" for key, value in about.items()),
                "",
            ]
    for row in rows:
        lines += [*_row(row), ""]
    return "\n".join(lines)


def usd_per_million(femto: int) -> str:
    """A price in femto-dollars a token as dollars per million tokens, exactly."""
    text = f"{Decimal(femto).scaleb(-9):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def factor_as_toml(factor: Factor | str) -> str:
    """A number, the name of the factor it is the same as, or numbers by class."""
    if isinstance(factor, str):
        return _text(factor)
    said = str(factor)
    if " " not in said:
        return _text(said)
    return _inline(dict(part.split(" ") for part in said.split(", ")))


def _row(row: PriceRow) -> list[str]:
    lines = ["[[price]]", f"model = {_text(row.model)}"]
    if row.names[1:]:
        lines.append(f"names = [{', '.join(map(_text, row.names[1:]))}]")
    if row.valid_from != date.min:
        lines.append(f"valid_from = {row.valid_from.isoformat()}")
    if row.valid_to != date.max:
        lines.append(f"valid_to = {row.valid_to.isoformat()}")
    lines.append(f"usd_per_million = {_rates(row.tiers[0][1])}")
    if above := row.tiers[1:]:
        tiers = [f"{{ context_tokens = {tokens:_}, usd_per_million = {_rates(rates)} }}" for tokens, rates in above]
        lines += ["above = [", *(f"  {tier}," for tier in tiers), "]"]
    if row.marginal:
        lines.append('tiers = "marginal"')
    if row.multiply:
        factors = ", ".join(f"{name} = {factor_as_toml(factor)}" for name, factor in row.multiply.items())
        lines.append(f"multiply = {{ {factors} }}")
    if row.web_search_femtousd:
        lines.append(f"web_search_per_1000 = {_text(usd_per_million(row.web_search_femtousd // 1000))}")
    return [*lines, f"source = {_text(row.source)}"]


def _rates(rates: Rates) -> str:
    said = {"input": rates.input, "output": rates.output}
    if rates.cache_read != rates.input:
        said["cache_read"] = rates.cache_read
    if rates.cache_write_5m != rates.input:
        said["cache_write_5m"] = rates.cache_write_5m
    if rates.cache_write_1h != rates.cache_write_5m:
        said["cache_write_1h"] = rates.cache_write_1h
    return _inline({name: usd_per_million(femto) for name, femto in said.items()})


def _inline(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {_text(value)}" for name, value in values.items()) + " }"


def _value(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else _text(str(value))


def _text(value: str) -> str:
    return json.dumps(value)  # a basic string of TOML is written the same way
