"""Pricing the stored requests again, asked in strings, answered in JSON values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tachograph.ports import Repriced, Repricing, Store
from tachograph.pricing.names import normalise
from tachograph.pricing.price import PriceTable
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.money import Money

__all__ = ["Repricer"]

_Progress = Callable[[dict[str, Any]], None]


class Repricer:
    """Applies the prices in force to a store."""

    def __init__(self, store: Store, own: Path) -> None:
        self._store = store
        self._own = own

    def reprice(self, order: Mapping[str, Any], progress: _Progress) -> dict[str, Any]:
        """Price again and say what changed.

        Args:
            order: since and until (days in UTC, the second excluded), model, dry_run; all optional.
            progress: called with events_done and events_total.

        Raises:
            ConfigError: a day cannot be read, the model is none that has a price, or the owner's prices have a mistake.
            StoreError: the store could not be written; whole families of sessions are done, or not.
        """
        since, until = (_day(name, order.get(name)) for name in ("since", "until"))
        if since is not None and until is not None and since >= until:
            raise ConfigError("--since is not before --until", hint="--until is excluded: give the day after the last")
        table = PriceTable.load(own=self._own)
        told = self._store.reprice(
            table,
            start_us=_us(since),
            end_us=_us(until),
            is_wanted=_same_model(table, order["model"]) if order.get("model") else None,
            dry_run=bool(order.get("dry_run")),
            progress=lambda done, total: progress({"events_done": done, "events_total": total}),
        )
        window = {"since": since.isoformat() if since else None, "until": until.isoformat() if until else None}
        return {"dry_run": bool(order.get("dry_run")), **window, **_as_json(told)}


def _as_json(told: Repricing) -> dict[str, Any]:
    before = Money(sum(row.before_nanousd for row in told.rows))
    after = Money(sum(row.after_nanousd for row in told.rows))
    return {
        "price_version": told.price_version,
        "examined": told.examined,
        "changed": told.changed,
        "rows": [_row(row) for row in told.rows],
        "totals": {"requests": sum(row.requests for row in told.rows), **_amounts(before, after)},
        "residual": _amounts(Money(told.residual_before_nanousd), Money(told.residual_after_nanousd)),
        "unpriced": [
            {
                "model": one.model,
                "requests": one.requests,
                "tokens": one.tokens,
                "first_day": one.first_day.isoformat(),
                "last_day": one.last_day.isoformat(),
            }
            for one in told.unpriced
        ],
    }


def _row(row: Repriced) -> dict[str, Any]:
    return {
        "model": row.model,
        "day": row.day.isoformat(),
        "requests": row.requests,
        "newly_priced": row.newly_priced,
        "no_longer_priced": row.no_longer_priced,
        **_amounts(Money(row.before_nanousd), Money(row.after_nanousd)),
    }


def _amounts(before: Money, after: Money) -> dict[str, int]:
    return {
        "before_microusd": before.microusd,
        "after_microusd": after.microusd,
        "difference_microusd": after.microusd - before.microusd,
    }


def _same_model(table: PriceTable, wanted: str) -> Callable[[str], bool]:
    """Whether a reported name means this model: the same rows, or the same name for a model without any."""

    def rows_of(model: str) -> str:
        rows = table.rows_of(model)
        return rows[0].model if rows else normalise(model)

    meant = rows_of(wanted)
    return lambda model: rows_of(model) == meant


def _day(name: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ConfigError(f"--{name} is no day: {text!r}", hint="write it as 2026-11-20; days are UTC") from None


def _us(day: date | None) -> int | None:
    return None if day is None else int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
