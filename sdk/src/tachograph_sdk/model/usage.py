"""What one API request used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tachograph_sdk.model.event import Scalar

__all__ = ["TokenUsage"]

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_search_requests",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens billed for one API request, as the agent reported them. All counts >= 0, else ValueError."""

    input: int = 0  # fresh prompt tokens, cache excluded
    output: int = 0  # reasoning included
    cache_read: int = 0
    cache_write: int = 0  # both lifetimes together
    cache_write_1h: int = 0  # the part of cache_write kept for an hour; the rest is kept for five minutes
    web_search_requests: int = 0  # billed apart

    def __post_init__(self) -> None:
        if (
            self.input < 0
            or self.output < 0
            or self.cache_read < 0
            or self.cache_write_1h < 0
            or self.cache_write < self.cache_write_1h
            or self.web_search_requests < 0
        ):
            raise ValueError("a count is negative, or the hour's part exceeds the whole")

    @classmethod
    def from_attributes(cls, attributes: Mapping[str, Scalar]) -> TokenUsage:
        """From an event's canonical attributes; what is absent counts 0.

        Cache writes may come as a total, as two lifetimes, or as both; the larger of total and sum is meant
        (Claude Code before 2.1.152 wrote a total of 0 beside the split, see transcripts).
        """
        get = attributes.get
        counts = [value if type(value := get(name, 0)) is int else _whole(value) for name in _COUNTS]
        fresh, output, cache_read, cache_write, five_minutes, hour, searches = counts
        return cls(
            input=fresh,
            output=output,
            cache_read=cache_read,
            cache_write=max(cache_write, five_minutes + hour),
            cache_write_1h=hour,
            web_search_requests=searches,
        )

    @property
    def context(self) -> int:
        """Everything the model read: fresh, from the cache and into the cache."""
        return self.input + self.cache_read + self.cache_write


def _whole(value: Scalar) -> int:
    return int(value) if isinstance(value, int | float) else 0
