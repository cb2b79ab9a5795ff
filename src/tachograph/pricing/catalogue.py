"""Reads litellm's catalogue of models (model_prices_and_context_window.json) as rows of our table.

Its keys, as of litellm 1.109.1, and what is made of them:

    input_cost_per_token, output_…, cache_read_input_token_cost,     dollars a token, as floats: 3e-06 is meant as the
    cache_creation_input_token_cost, …_above_1hr                     decimal number it is printed as
    …_above_200k_tokens (128k, 272k, …)                              a tier of kind `whole`: litellm charges the whole request
                                                                     so once its prompt is longer (ccusage reads the same
                                                                     key marginally, class by class)
    tiered_pricing[{range, …}]                                       the same, several tiers
    …_batches, …_flex, …_priority                                    factors, worked out class by class
    provider_specific_entry{us, fast}                                factors
    regional_processing_uplift_multiplier_us                         the factor `us`
    search_context_cost_per_query                                    a web search, where all sizes cost the same
    sample_spec                                                      documentation: skipped

A cache creation that costs 0 is taken as not charged apart: the tokens were input all the same. What cannot be said in
our table (prices by the hour, another price for reasoning, per second, per image) is left out and counted by reason.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tachograph.pricing.names import spellings, without_provider
from tachograph.pricing.rows import CLASSES, Factor, PriceRow, Rates
from tachograph_sdk.errors import ConfigError

__all__ = ["Catalogue", "Offer", "is_catalogue", "read_catalogue"]

VENDORS = (  # who sets the prices; where two tell of one model, the earlier
    "anthropic", "openai", "gemini", "xai", "dashscope", "deepseek", "moonshot", "zai", "minimax", "mistral",
    "vertex_ai-language-models",
)  # fmt: skip

_MODES = frozenset({"chat", "responses", "completion", None})
_KEYS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}
_ABOVE = re.compile(r"input_cost_per_token_above_(\d+)k_tokens")
_SUFFIXES = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}
_FINEST = Decimal(1).scaleb(-15)  # a femto-dollar


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the catalogue says one model costs now."""

    row: PriceRow  # without dates and source
    stated: frozenset[str]  # classes, "web_search": what is not stated says nothing
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All of it that can be said in our table."""

    offers: tuple[Offer, ...]
    skipped: Mapping[str, int] = field(default_factory=dict)  # entries by reason


def is_catalogue(text: str) -> bool:
    """True if this looks like the catalogue: a JSON object of objects with its keys."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return isinstance(document, dict) and any(
        isinstance(entry, dict) and {"litellm_provider", "input_cost_per_token"} & set(entry)
        for entry in document.values()
    )


def read_catalogue(text: str) -> Catalogue:
    """The offers of those who set prices. Raises ConfigError if it is not such a file."""
    if not is_catalogue(text):
        raise ConfigError("prices: this is not litellm's catalogue", hint="expected a JSON object by model")
    skipped: Counter[str] = Counter()
    by_name: dict[str, Offer] = {}
    for key, entry in json.loads(text).items():
        try:
            offer = _offer(key, entry)
        except _SkippedError as reason:
            skipped[str(reason)] += 1
            continue
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            ArithmeticError,
        ):  # one odd entry must not stop the rest
            skipped["cannot be read"] += 1
            continue
        known = by_name.get(offer.row.model)
        if known is None or VENDORS.index(offer.provider) < VENDORS.index(known.provider):
            by_name[offer.row.model] = offer
        elif known.provider == offer.provider and not known.row.same_price(offer.row):
            skipped["says two prices for one model"] += 1
    return Catalogue(offers=tuple(_without_repeats(by_name)), skipped=dict(skipped))


class _SkippedError(Exception):
    """This entry cannot be used; the text is the reason."""


def _without_repeats(by_name: Mapping[str, Offer]) -> Iterator[Offer]:
    """Leave out snapshots that cost what their model costs: they are found under its name."""
    for name, offer in by_name.items():
        model = by_name.get(spellings(name)[-1])
        if model is None or model is offer or not model.row.same_price(offer.row):
            yield offer


def _offer(key: str, entry: Any) -> Offer:
    if key == "sample_spec" or not isinstance(entry, dict):
        raise _SkippedError("documentation")
    provider = entry.get("litellm_provider")
    if entry.get("mode") not in _MODES:
        raise _SkippedError("not a language model")
    if provider not in VENDORS:
        raise _SkippedError("sold by somebody who does not make it")
    if "off_peak_pricing" in entry:
        raise _SkippedError("the price depends on the hour")
    tiers = list(_tiers(entry))
    reasoning = entry.get("output_cost_per_reasoning_token")
    if reasoning not in (None, entry.get("output_cost_per_token")) or any(
        part.get("output_cost_per_reasoning_token", part.get("output_cost_per_token"))
        != part.get("output_cost_per_token")
        for part in entry.get("tiered_pricing", ())
    ):
        raise _SkippedError("reasoning costs something else than output")
    base = tiers[0][1]
    if not base.input and not base.output:
        raise _SkippedError("said to cost nothing")
    stated = {name for name in CLASSES if _KEYS[name] in entry}
    search = _search(entry)
    row = PriceRow(
        model=without_provider(key),
        names=(),
        valid_from=date.min,
        valid_to=date.max,
        tiers=tuple(tiers),
        multiply=dict(_factors(entry, tiers)),
        web_search_femtousd=search or 0,
    )
    if search is not None:
        stated.add("web_search")
    return Offer(row=replace(row, names=(row.model,)), stated=frozenset(stated), provider=provider)


def _tiers(entry: Mapping[str, Any]) -> Iterator[tuple[int, Rates]]:
    steps = entry.get("tiered_pricing")
    if isinstance(steps, list) and steps:
        starts = [int(step["range"][0]) for step in steps]
        if starts[0] != 0 or sorted(set(starts)) != starts:
            raise _SkippedError("cannot be read")
        for start, step in zip(starts, steps, strict=True):
            yield start, _rates({**entry, **step}, "")
        return
    yield 0, _rates(entry, "")
    thresholds = sorted(int(found[1]) for key in entry if (found := _ABOVE.fullmatch(key)))
    for thousands in thresholds:
        yield thousands * 1000, _rates(entry, f"_above_{thousands}k_tokens")


def _rates(entry: Mapping[str, Any], above: str) -> Rates:
    """The rates of one tier; what a tier does not say costs there what it costs below, as litellm has it."""
    said = {name: _femto(entry.get(key + above, entry.get(key))) for name, key in _KEYS.items()}
    fresh, output = said["input"], said["output"]
    if fresh is None or output is None:
        raise _SkippedError("no price for a token")
    write_5m = said["cache_write_5m"] or fresh
    return Rates(
        input=fresh,
        output=output,
        cache_read=fresh if said["cache_read"] is None else said["cache_read"],
        cache_write_5m=write_5m,
        cache_write_1h=said["cache_write_1h"] or write_5m,
    )


def _femto(usd: Any) -> int | None:
    """Dollars a token as whole femto-dollars; floats carry dust (1.0000000000000001e-07), which is wiped off."""
    if not isinstance(usd, int | float) or isinstance(usd, bool):
        return None
    exact = Decimal(repr(usd))
    rounded = exact.quantize(_FINEST)
    if not exact.is_finite() or exact < 0 or abs(exact - rounded) * 10**9 > exact:
        raise _SkippedError("a price that is negative or too fine")
    return int(rounded.scaleb(15))


def _factors(entry: Mapping[str, Any], tiers: list[tuple[int, Rates]]) -> Iterator[tuple[str, Factor | str]]:
    special = entry.get("provider_specific_entry") or {}
    us = special.get("us", entry.get("regional_processing_uplift_multiplier_us"))
    for name, value in (("fast", special.get("fast")), ("us", us)):
        if isinstance(value, int | float):
            yield name, Factor.of(Fraction(Decimal(repr(value))))
    for name, suffix in _SUFFIXES.items():
        if _KEYS["input"] + suffix in entry:
            yield name, _tier_factor(entry, suffix, tiers)


def _tier_factor(entry: Mapping[str, Any], suffix: str, tiers: list[tuple[int, Rates]]) -> Factor:
    """By what a service tier multiplies each class. Cache writes follow input where nothing is said, reads cost the same.

    Price pages round, so that a class may have two factors in two tiers (0.13 of 0.25, 0.25 of 0.5): the simpler is meant.
    """
    found: dict[str, Fraction] = {}
    for name, key in _KEYS.items():
        seen = []
        for threshold, rates in tiers:
            above = f"_above_{threshold // 1000}k_tokens" if threshold else ""
            special, normal = _femto(entry.get(key + above + suffix)), getattr(rates, name)
            if special is not None and normal:
                seen.append(Fraction(special, normal))
        if seen:
            found[name] = min(seen, key=lambda factor: factor.denominator)
    found.setdefault("output", Fraction(1))
    if _KEYS["cache_read"] not in entry:
        found["cache_read"] = found["input"]
    found.setdefault("cache_write_5m", found["input"])
    found.setdefault("cache_write_1h", found["cache_write_5m"])
    return Factor(**found)


def _search(entry: Mapping[str, Any]) -> int | None:
    sizes = entry.get("search_context_cost_per_query")
    prices = set(sizes.values()) if isinstance(sizes, dict) else set()
    return _femto(prices.pop()) if len(prices) == 1 else None
