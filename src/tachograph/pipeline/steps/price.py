"""A price for every API request whose agent reports none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from tachograph.ports import Drops, Prices
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.event import Event, EventKind
from tachograph_sdk.model.usage import TokenUsage
from tachograph_sdk.privacy.release import amend

__all__ = ["ChangingPrices", "Price", "Prices"]


_API_REQUEST = EventKind.API_REQUEST  # looking it up for each event takes longer than comparing


@runtime_checkable
class ChangingPrices(Protocol):
    """Prices that the owner may change while this runs."""

    def current(self) -> Prices:
        """The table in force. Asked once for each batch."""


class Price:
    """Adds `cost_nanousd`, `cost_basis` and `price_version` to API requests.

    The basis is "reported" where the agent gave its own figure, "priced" where the table did, "unpriced" where the
    model is unknown; then there is no cost, because unknown is not nothing.
    """

    def __init__(self, prices: Prices | ChangingPrices) -> None:
        self._current: Callable[[], Prices] = prices.current if isinstance(prices, ChangingPrices) else lambda: prices

    def __call__(self, events: list[Event], drops: Drops) -> list[Event]:
        """The same events, each API request with a basis."""
        prices = self._current()
        return [
            event if event.kind is not _API_REQUEST or "cost_basis" in event.attributes else _price(event, prices)
            for event in events
        ]


def _price(event: Event, prices: Prices) -> Event:
    has = event.attributes
    if "cost_nanousd" in has:
        return amend(event, cost_basis="reported")
    model = has.get("model")
    try:
        if not isinstance(model, str):
            raise UnknownModel("the request names no model")
        cost = prices.price(
            TokenUsage.from_attributes(has),
            model=model,
            at_us=event.at_us,
            speed=_text(has.get("speed")),
            service_tier=_text(has.get("service_tier")),
            inference_geo=_text(has.get("inference_geo")),
        )
    except (UnknownModel, ValueError):  # ValueError: counts that cannot be of one request
        return amend(event, cost_basis="unpriced")
    return amend(event, cost_nanousd=cost.nanousd, cost_basis="priced", price_version=prices.version)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
