"""Reads what ccusage printed with --json."""

from __future__ import annotations

import json
from typing import Any

from tachograph.analytics.explain.figures import Figure
from tachograph.pricing.price import normalise
from tachograph_sdk.errors import ConfigError

__all__ = ["read_printed"]

_HINT = "make it with `ccusage claude daily --json`"
_COUNTS = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_read_tokens": "cacheReadTokens",
    "cache_write_tokens": "cacheCreationTokens",
}


def read_printed(data: bytes) -> dict[tuple[str, str], Figure]:
    """Its table by day and normalised model; what it shows under no model is under "-". Raises ConfigError."""
    try:
        days = json.loads(data)["daily"]
        cells: dict[tuple[str, str], Figure] = {}
        for told in days:
            day = str(told.get("date") or told["period"])
            rest = _figure(told, "totalCost")
            for part in told["modelBreakdowns"]:
                figure = _figure(part, "cost")
                rest -= figure
                name = str(part["modelName"])
                place = (day, normalise(name.removesuffix("-fast")))
                cells[place] = cells.get(place, Figure()) + figure
            if rest.tokens or abs(rest.cost_nanousd) > 1000:  # a day's sum in floating point has dust behind it
                cells[day, "-"] = cells.get((day, "-"), Figure()) + rest
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ConfigError(f"this is not ccusage's daily output in JSON ({type(error).__name__})", hint=_HINT) from None
    return cells


def _figure(told: dict[str, Any], cost: str) -> Figure:
    counts = {ours: int(told[theirs]) for ours, theirs in _COUNTS.items()}
    return Figure(**counts, cost_nanousd=round(float(told[cost]) * 1e9))
