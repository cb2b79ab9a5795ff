"""Money as a whole number, so that adding up never rounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Money"]

_NANO_PER_USD = 1_000_000_000


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in whole nano-dollars (10^-9 US dollars): one token at the lowest price we know is still ten of them."""

    nanousd: int = 0

    @classmethod
    def from_usd(cls, usd: Decimal | float | str | int) -> Money:
        """An amount that something else reported, rounded half up to whole nano-dollars.

        A float is read by its shortest decimal form, which is what the reporter meant: 0.1 is a tenth.

        Raises:
            ValueError: not a finite number.
        """
        amount = Decimal(repr(usd)) if isinstance(usd, float) else Decimal(usd)
        if not amount.is_finite():
            raise ValueError("not a finite amount")
        # Integers all the way: Decimal would round to its 28 digits first.
        numerator, denominator = amount.as_integer_ratio()
        return cls((2 * numerator * _NANO_PER_USD + denominator) // (2 * denominator))

    @classmethod
    def sum(cls, amounts: Iterable[Money]) -> Money:
        """All of them together; nothing is Money(0)."""
        return cls(sum(amount.nanousd for amount in amounts))

    @property
    def microusd(self) -> int:
        """Whole micro-dollars, rounded half up. Round totals, not the parts of a total."""
        return (self.nanousd + 500) // 1000

    @property
    def usd(self) -> Decimal:
        """The exact amount in dollars."""
        return Decimal(self.nanousd).scaleb(-9)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.nanousd + other.nanousd)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(self.nanousd - other.nanousd)

    def __neg__(self) -> Money:
        return Money(-self.nanousd)

    def __bool__(self) -> bool:
        return self.nanousd != 0

    def __str__(self) -> str:
        """Dollars and cents for people, as "$1,234.57"; under a dollar four decimals, as "$0.0193"."""
        sign, amount = ("-" if self.nanousd < 0 else ""), abs(self.nanousd)
        if 0 < amount < 50_000:
            return f"{sign}<$0.0001"
        if 0 < amount < _NANO_PER_USD:
            return f"{sign}${(amount + 50_000) // 100_000 / 10_000:.4f}"
        cents = (amount + 5_000_000) // 10_000_000
        return f"{sign}${cents // 100:,}.{cents % 100:02d}"
