"""What a user can set about the status line, and what they mean to spend."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

__all__ = ["BudgetConfig", "StatusLineConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusLineConfig:
    """The line that `tachograph statusline` prints in Claude Code."""

    record: bool = True  # keep what it sees of the plan's limits, so that reports can show how the plan was used


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetConfig:
    """What you mean to spend. It is shown, beside what was spent; nothing is stopped."""

    day_usd: float | None = None  # dollars a day, from midnight to midnight of this machine's time zone
    month_usd: float | None = None  # dollars a calendar month, likewise

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise ValueError(f"{option.name} must be an amount above 0")

    @property
    def day_microusd(self) -> int | None:
        """What is meant to be spent a day, in whole micro-dollars."""
        return None if self.day_usd is None else round(self.day_usd * 1_000_000)

    @property
    def month_microusd(self) -> int | None:
        """What is meant to be spent a month, in whole micro-dollars."""
        return None if self.month_usd is None else round(self.month_usd * 1_000_000)
