"""What a model's tokens cost in these files: rows of the price table that the reported costs bear out.

A saving may only be worked out with prices that were really charged. So a model's row counts if it gives the reported
cost of the model's requests to within one part in a hundred; else nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from tachograph.analytics.file_kit.figures import SessionFigures, Usage
from tachograph.pricing.price import PriceTable
from tachograph.pricing.rows import Rates
from tachograph_sdk.model.money import Money

__all__ = ["borne_out", "cost_at"]

TOLERANCE = 100  # one part in
_FEMTO_PER_NANO = 1_000_000


def borne_out(sessions: Iterable[SessionFigures], prices: PriceTable) -> Mapping[str, Rates]:
    """The rates of the models whose reported costs agree with the table on their last day."""
    usage: dict[str, Usage] = {}
    last: dict[str, str] = {}
    for session in sessions:
        day = max(session.days, default="")
        for model, part in session.requests.items():
            if model is None or not day:
                continue
            usage.setdefault(model, Usage()).add(part)
            last[model] = max(last.get(model, ""), day)
    found = {}
    for model, total in usage.items():
        row = prices.row_on(model, date.fromisoformat(last[model]))
        if row is None or total.without_cost or total.without_tokens or total.other_tokens or not total.nanousd:
            continue
        rates = row.tiers[0][1]
        if abs(cost_at(rates, total).nanousd - total.nanousd) * TOLERANCE <= total.nanousd:
            found[model] = rates
    return found


def cost_at(rates: Rates, usage: Usage) -> Money:
    """What these tokens cost at these rates."""
    hour = usage.cache_creation_1h_tokens
    femto = (
        usage.input_tokens * rates.input
        + usage.output_tokens * rates.output
        + usage.cache_read_tokens * rates.cache_read
        + (usage.cache_creation_tokens - hour) * rates.cache_write_5m
        + hour * rates.cache_write_1h
    )
    return Money((femto + _FEMTO_PER_NANO // 2) // _FEMTO_PER_NANO)
