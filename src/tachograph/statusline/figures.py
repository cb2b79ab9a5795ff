"""The figures of one status line: what the session says itself, what the ledger says, and what neither says alone."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tachograph.statusline.ledger import Ledger
    from tachograph.statusline.memory import Seen
    from tachograph.statusline.payload import Payload
    from tachograph.statusline.surroundings import Settings

__all__ = ["Amount", "Figures", "local_day"]


class Amount:
    """Micro-dollars of a day or month."""

    __slots__ = ("budget_microusd", "is_at_least", "microusd")

    def __init__(self, microusd: int, budget_microusd: int | None, *, is_at_least: bool) -> None:
        self.microusd = microusd
        self.is_at_least = is_at_least  # something is not known: no core runs, requests have no known cost, …
        self.budget_microusd = budget_microusd

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        told: dict[str, Any] = {"cost_usd": self.microusd / 1e6, "at_least": self.is_at_least}
        if self.budget_microusd is not None:
            told["budget_usd"] = self.budget_microusd / 1e6
            told["budget_used_ratio"] = self.microusd / self.budget_microusd
        return told


class Figures:
    """What is shown. None is what nobody knows."""

    __slots__ = ("month", "payload", "today")

    def __init__(
        self, payload: Payload, ledger: Ledger | None, seen: Seen | None, settings: Settings, *, now_s: float
    ) -> None:
        self.payload = payload
        self.today: Amount | None = None
        self.month: Amount | None = None  # only with a budget for it
        day = local_day(ledger, now_s)
        unknown = 0 if seen is None else seen.unknown(ledger, day=day)
        doubt = seen is not None and seen.is_unsure(day)
        if ledger is not None and ledger.is_day_of(now_s):
            unsure = doubt or not ledger.is_alive or ledger.day_unpriced > 0
            self.today = Amount(ledger.day_microusd + unknown, settings.day_microusd, is_at_least=unsure)
        elif unknown:
            self.today = Amount(unknown, settings.day_microusd, is_at_least=True)
        if settings.month_microusd is not None and ledger is not None and ledger.is_month_of(now_s):
            unsure = doubt or not ledger.is_alive or ledger.month_unpriced > 0
            self.month = Amount(ledger.month_microusd + unknown, settings.month_microusd, is_at_least=unsure)

    def as_json(self, line: str) -> dict[str, Any]:
        """For `--json`."""
        payload = self.payload
        cost = payload.cost_microusd
        return {
            "line": line,
            "model": payload.model,
            "session": {"cost_usd": None if cost is None else cost / 1e6},
            "today": None if self.today is None else self.today.as_json(),
            "month": None if self.month is None else self.month.as_json(),
            "context": {"used_ratio": payload.context_ratio, "over_200k": payload.is_over_200k},
            "limits": [
                {"window": limit.window, "used_ratio": limit.used_ratio, "resets_at": limit.resets_at_s}
                for limit in payload.limits
            ],
        }


def local_day(ledger: Ledger | None, now_s: float) -> str:
    """Today, 2026-11-20: as the core counts days, else by this machine's clock."""
    if ledger is not None and ledger.is_day_of(now_s):
        return ledger.day
    return time.strftime("%Y-%m-%d", time.localtime(now_s))
