from __future__ import annotations

import pytest

from tachograph_sdk.model.usage import TokenUsage


def test_a_split_without_a_total_is_the_total():
    usage = TokenUsage.from_attributes(
        {"cache_write_tokens": 0, "cache_write_5m_tokens": 30, "cache_write_1h_tokens": 12, "input_tokens": 5}
    )
    assert usage == TokenUsage(input=5, cache_write=42, cache_write_1h=12)


def test_a_total_without_a_split_is_five_minutes():
    usage = TokenUsage.from_attributes({"cache_write_tokens": 7, "model": "m"})
    assert (usage.cache_write, usage.cache_write_1h) == (7, 0)


def test_all_attributes_are_read():
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    usage = TokenUsage.from_attributes(
        {name: 10 + place for place, name in enumerate(names)} | {"web_search_requests": 2}
    )
    assert usage == TokenUsage(
        input=10, output=11, cache_read=12, cache_write=14, cache_write_1h=14, web_search_requests=2
    )
    assert usage.context == 10 + 12 + 14


@pytest.mark.parametrize(
    "name", ["input", "output", "cache_read", "cache_write", "cache_write_1h", "web_search_requests"]
)
def test_counts_are_not_negative(name):
    with pytest.raises(ValueError, match="negative"):
        TokenUsage(**{name: -1})


def test_the_hours_part_is_within_the_whole():
    with pytest.raises(ValueError, match="exceeds"):
        TokenUsage(cache_write=1, cache_write_1h=2)
