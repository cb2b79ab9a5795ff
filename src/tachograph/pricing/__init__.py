"""What a request costs: a dated table and exact arithmetic."""

from tachograph.pricing.price import PriceRow, PriceTable, normalise

__all__ = ["PriceRow", "PriceTable", "normalise"]
