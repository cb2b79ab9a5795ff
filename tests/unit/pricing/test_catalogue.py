"""litellm's catalogue as rows of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tachograph.pricing.catalogue import Offer, is_catalogue, read_catalogue
from tachograph.pricing.rows import CLASSES, Factor
from tachograph.pricing.write import usd_per_million
from tachograph_sdk.errors import ConfigError

PLAIN: dict[str, Any] = {
    "litellm_provider": "anthropic",
    "mode": "chat",
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05,
}


def read(**entries: Any) -> dict[str, Offer]:
    catalogue = read_catalogue(json.dumps({"sample_spec": {"mode": "chat"}, **entries}))
    return {offer.row.model: offer for offer in catalogue.offers}


def prices(offer: Offer, tier: int = 0) -> list[str]:
    return [usd_per_million(getattr(offer.row.tiers[tier][1], name)) for name in CLASSES]


def test_floats_are_read_as_the_decimal_numbers_they_are_printed_as():
    (offer,) = read(
        m={**PLAIN, "cache_read_input_token_cost": 3e-07, "input_cost_per_token": 1.0000000000000001e-07}
    ).values()
    assert prices(offer) == ["0.1", "15", "0.3", "0.1", "0.1"]
    assert offer.stated == {"input", "output", "cache_read"}


def test_both_cache_lifetimes_and_a_tier():
    entry = {
        **PLAIN,
        "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "cache_read_input_token_cost": 3e-07,
        "input_cost_per_token_above_200k_tokens": 6e-06,
        "output_cost_per_token_above_200k_tokens": 2.25e-05,
        "cache_creation_input_token_cost_above_200k_tokens": 7.5e-06,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
    }
    (offer,) = read(m=entry).values()
    assert [threshold for threshold, _ in offer.row.tiers] == [0, 200_000]
    assert prices(offer) == ["3", "15", "0.3", "3.75", "6"]
    assert prices(offer, 1) == ["6", "22.5", "0.3", "7.5", "12"], "what a tier does not say costs what it costs below"
    assert not offer.row.marginal


def test_tiers_given_as_ranges():
    steps = [
        {"range": [0, 32000.0], "input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06},
        {"range": [32000.0, 1e6], "input_cost_per_token": 1.8e-06, "output_cost_per_token": 9e-06},
    ]
    entry = {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": steps}
    offer = read(**{"dashscope/qwen-x": entry, "z": PLAIN})["qwen-x"]
    assert [(threshold, usd_per_million(rates.input)) for threshold, rates in offer.row.tiers] == [
        (0, "1"),
        (32_000, "1.8"),
    ]


def test_factors_are_worked_out_class_by_class():
    entry = {
        **PLAIN,
        "cache_read_input_token_cost": 3e-07,
        "input_cost_per_token_batches": 1.5e-06,
        "output_cost_per_token_batches": 7.5e-06,
        "input_cost_per_token_priority": 6e-06,
        "output_cost_per_token_priority": 3e-05,
        "cache_read_input_token_cost_priority": 6e-07,
        "provider_specific_entry": {"us": 1.1, "fast": 2},
    }
    (offer,) = read(m=entry).values()
    said = {name: str(factor) for name, factor in offer.row.multiply.items()}
    assert said == {
        "fast": "2",
        "us": "1.1",
        "batch": "input 0.5, output 0.5, cache_write_5m 0.5, cache_write_1h 0.5",
        "priority": "2",
    }


def test_without_a_price_for_reading_the_cache_it_follows_input():
    (offer,) = read(m={**PLAIN, "input_cost_per_token_flex": 1.5e-06, "output_cost_per_token_flex": 7.5e-06}).values()
    assert str(offer.row.multiply["flex"]) == "0.5"


def test_of_two_roundings_the_simpler_factor_is_meant():
    entry = {
        **PLAIN,
        "input_cost_per_token": 2.5e-06,
        "cache_read_input_token_cost": 2.5e-07,
        "cache_read_input_token_cost_batches": 1.3e-07,
        "input_cost_per_token_batches": 1.25e-06,
        "output_cost_per_token_batches": 7.5e-06,
        "input_cost_per_token_above_272k_tokens": 5e-06,
        "cache_read_input_token_cost_above_272k_tokens": 5e-07,
        "cache_read_input_token_cost_above_272k_tokens_batches": 2.5e-07,
    }
    (offer,) = read(m=entry).values()
    assert str(offer.row.multiply["batch"]) == "0.5"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mode": "image_generation"}, "not a language model"),
        ({"litellm_provider": "fireworks_ai"}, "sold by somebody who does not make it"),
        ({"input_cost_per_token": None}, "no price for a token"),
        ({"input_cost_per_token": 0, "output_cost_per_token": 0}, "said to cost nothing"),
        ({"input_cost_per_token": -1e-06}, "a price that is negative or too fine"),
        ({"input_cost_per_token": 1.23456789e-14}, "a price that is negative or too fine"),
        ({"output_cost_per_reasoning_token": 4e-06}, "reasoning costs something else than output"),
        ({"off_peak_pricing": {}}, "the price depends on the hour"),
    ],
)
def test_what_cannot_be_said_is_left_out_and_counted(change, reason):
    catalogue = read_catalogue(json.dumps({"ok": PLAIN, "m": {**PLAIN, **change}}))
    assert [offer.row.model for offer in catalogue.offers] == ["ok"]
    assert catalogue.skipped == {reason: 1}


def test_one_broken_entry_does_not_stop_the_others():
    broken: list[dict[str, Any]] = [
        {"tiered_pricing": [{"range": "x"}]},
        {"tiered_pricing": 7},
        {"tiered_pricing": [{"range": [5, 9]}]},
        {"input_cost_per_token": float("inf")},
        {"litellm_provider": ["anthropic"]},
    ]
    entries = {f"m{number}": {**PLAIN, **change} for number, change in enumerate(broken)}
    catalogue = read_catalogue(json.dumps({"a": None, **entries, "ok": PLAIN}))
    assert [offer.row.model for offer in catalogue.offers] == ["ok"]
    assert catalogue.skipped == {"documentation": 1, "cannot be read": 4, "sold by somebody who does not make it": 1}


def test_a_snapshot_is_listed_only_if_it_costs_something_else():
    dear = {**PLAIN, "litellm_provider": "openai", "input_cost_per_token": 5e-06}
    same = {**PLAIN, "litellm_provider": "openai"}
    found = read(**{"gpt-4o": same, "gpt-4o-2024-05-13": dear, "gpt-4o-2024-11-20": same})
    assert set(found) == {"gpt-4o", "gpt-4o-2024-05-13"}


def test_prefixes_and_the_vendors_own_entry():
    gemini = {**PLAIN, "litellm_provider": "gemini"}
    vertex = {**PLAIN, "litellm_provider": "vertex_ai-language-models", "input_cost_per_token": 9e-06}
    (offer,) = read(**{"gemini-3-x": vertex, "gemini/gemini-3-x": gemini}).values()
    assert (offer.provider, offer.row.model, prices(offer)[0]) == ("gemini", "gemini-3-x", "3")


def test_a_cache_write_that_costs_nothing_is_not_charged_apart():
    (offer,) = read(m={**PLAIN, "cache_creation_input_token_cost": 0}).values()
    assert prices(offer)[3] == "3"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"a": 1}', "version = 1", '{"a": {"price": 1}}', "{"])
def test_it_is_known_by_its_content(text):
    assert not is_catalogue(text)
    with pytest.raises(ConfigError):
        read_catalogue(text)


def test_searches_where_all_sizes_cost_the_same():
    sizes = {"search_context_size_low": 0.01, "search_context_size_high": 0.01}
    found = read(a={**PLAIN, "search_context_cost_per_query": sizes},
                 b={**PLAIN, "search_context_cost_per_query": {**sizes, "search_context_size_high": 0.05}})  # fmt: skip
    assert (found["a"].row.web_search_femtousd, "web_search" in found["a"].stated) == (10**13, True)
    assert (found["b"].row.web_search_femtousd, "web_search" in found["b"].stated) == (0, False)


def test_factors_have_a_text():
    assert str(Factor()) == "1"
