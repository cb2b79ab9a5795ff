"""The prices in force, though the owner changes them while a server runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from tachograph.ports import PricePeriod
from tachograph.pricing.price import PriceTable
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage
from tachograph_sdk.private_files import mark_of

__all__ = ["FreshPrices"]

log = logging.getLogger(__name__)


class FreshPrices:
    """Packaged rows and the owner's, read again when the owner's file is another. For one thread at a time.

    A file with a mistake never stops what comes in: the prices stay as they were (at the start: the packaged ones), which
    is logged; each price says which table it is from, so that it can be made anew.
    """

    def __init__(self, own: Path) -> None:
        self._own = own
        self._mark = mark_of(self._own)
        self._table = self._read(PriceTable.load)

    def current(self) -> PriceTable:
        """The table to use now. Costs one look at the file, so ask once for many requests."""
        mark = mark_of(self._own)
        if mark != self._mark:
            self._mark = mark
            self._table = self._read(lambda: self._table)
        return self._table

    @property
    def version(self) -> str:
        """Of the table to use now."""
        return self.current().version

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
        """What one request costs by the table to use now. Raises UnknownModel."""
        return self.current().price(
            usage, model=model, at_us=at_us, speed=speed, service_tier=service_tier, inference_geo=inference_geo
        )

    def periods(self, model: str) -> Sequence[PricePeriod]:
        """When the model had which plain rates, by the table to use now."""
        return self.current().periods(model)

    def _read(self, otherwise: Callable[[], PriceTable]) -> PriceTable:
        try:
            return PriceTable.load(own=self._own)
        except ConfigError as error:
            log.error("%s; %s", error.message, error.hint)
            return otherwise()
