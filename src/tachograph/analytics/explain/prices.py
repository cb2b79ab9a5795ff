"""What a request costs by our price table, part by part: the parts are what somebody else's price may differ in."""

from __future__ import annotations

from dataclasses import dataclass

from tachograph.pricing.price import PriceTable
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["Parts", "Pricer"]

_SAMPLE = 1_000  # tokens: below every threshold, and enough that its price is a whole number of nano-dollars
_MEMO = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Whole nano-dollars. The parts add up to what the price table says of the request."""

    flat: int  # base rates, all cache writes as 5-minute ones
    hours: int  # what 1-hour cache writes cost more
    long_context: int
    fast: int
    region_and_tier: int
    web_search: int

    @property
    def total(self) -> int:
        """The price of the request."""
        return self.flat + self.hours + self.long_context + self.fast + self.region_and_tier + self.web_search


class Pricer:
    """Asks the price table for one request in several ways: what changes is what that part costs."""

    def __init__(self, prices: PriceTable) -> None:
        self._prices = prices
        self._base: dict[tuple[str, int], tuple[int, int, int, int, int] | None] = {}

    def parts(
        self,
        usage: TokenUsage,
        *,
        model: str | None,
        at_us: int,
        speed: str | None = None,
        service_tier: str | None = None,
        geo: str | None = None,
    ) -> Parts | None:
        """The price of a request made at `at_us` (UTC microseconds since 1970) by parts; None if it has no price."""
        base = self._rates(model, at_us)
        if base is None or model is None:
            return None
        fresh, output, read, write, hour = base
        flat = (
            usage.input * fresh
            + usage.output * output
            + usage.cache_read * read
            + (usage.cache_write - usage.cache_write_1h) * write
            + usage.cache_write_1h * write
        ) // _SAMPLE
        hours = usage.cache_write_1h * (hour - write) // _SAMPLE
        no_search = TokenUsage(
            input=usage.input,
            output=usage.output,
            cache_read=usage.cache_read,
            cache_write=usage.cache_write,
            cache_write_1h=usage.cache_write_1h,
        )

        def price(used: TokenUsage, speed: str | None = None, tier: str | None = None, geo: str | None = None) -> int:
            return self._prices.price(
                used, model=model, at_us=at_us, speed=speed, service_tier=tier, inference_geo=geo
            ).nanousd

        plain = price(no_search)
        quick = plain if speed != "fast" else price(no_search, speed)
        special = quick if service_tier is None and geo is None else price(no_search, speed, service_tier, geo)
        searched = special
        if usage.web_search_requests:
            searched = price(usage, speed, service_tier, geo)
        return Parts(
            flat=flat,
            hours=hours,
            long_context=plain - flat - hours,
            fast=quick - plain,
            region_and_tier=special - quick,
            web_search=searched - special,
        )

    def extra_output(self, tokens: int, *, model: str | None, at_us: int) -> int | None:
        """Nano-dollars that so many more tokens of output cost by the base rate; None without a price."""
        base = self._rates(model, at_us)
        return None if base is None else tokens * base[1] // _SAMPLE

    def hour_surplus(self, tokens: int, *, model: str | None, at_us: int) -> int | None:
        """Nano-dollars that 1-hour cache writes cost more than 5-minute ones; None without a price."""
        base = self._rates(model, at_us)
        return None if base is None else tokens * (base[4] - base[3]) // _SAMPLE

    def _rates(self, model: str | None, at_us: int) -> tuple[int, int, int, int, int] | None:
        """Base prices of a thousand tokens: fresh, output, cache read, cache write for 5 minutes, for an hour."""
        if not model:
            return None
        key = (model, at_us // 86_400_000_000)
        if key not in self._base:
            if len(self._base) >= _MEMO:
                self._base.clear()
            samples = (
                TokenUsage(input=_SAMPLE),
                TokenUsage(output=_SAMPLE),
                TokenUsage(cache_read=_SAMPLE),
                TokenUsage(cache_write=_SAMPLE),
                TokenUsage(cache_write=_SAMPLE, cache_write_1h=_SAMPLE),
            )
            try:
                one, two, three, four, five = (
                    self._prices.price(used, model=model, at_us=at_us).nanousd for used in samples
                )
                self._base[key] = (one, two, three, four, five)
            except UnknownModel:
                self._base[key] = None
        return self._base[key]
