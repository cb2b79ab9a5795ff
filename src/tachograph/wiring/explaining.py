"""What comparing with figures from outside needs of this installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tachograph.config import user_environment
from tachograph.home import Home

if TYPE_CHECKING:
    from tachograph.pricing.price import PriceTable

__all__ = ["Explaining", "explaining"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    """Prices in force, pseudonyms, and where other programs look for transcripts."""

    prices: Callable[[], PriceTable]
    name: Callable[[str, str], str]  # what is stored for a text of a kind
    environment: Mapping[str, str]
    user_home: Path


def explaining(home: Home) -> Explaining:
    """Of this home. Makes the secret if there is none yet."""
    from tachograph.pricing.fresh import FreshPrices
    from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

    home.create()
    return Explaining(
        prices=FreshPrices(home.prices).current,
        name=Pseudonymizer(load_or_create_secret(home.secret)).name,
        environment=user_environment(),
        user_home=Path.home(),
    )
