"""Which part of the ledger is asked about, and the same in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tachograph.analytics.query import Window
from tachograph.ports import Statement, Store
from tachograph.pricing.price import normalise

__all__ = ["Selection", "models_like", "plain_name", "session_is_known"]

_CLAUDE = re.compile(r"(?i)(opus|sonnet|haiku)-\d")
_NEAR = timedelta(days=1)  # how far two reports of one request may lie apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A time range, a session, models; None is everything."""

    window: Window = field(default_factory=Window)
    session: str | None = None  # pseudonym
    models: tuple[str, ...] | None = None  # as the ledger has them; empty: none of them fits

    def parameters(self) -> dict[str, Any]:
        """What the conditions bind."""
        bound: dict[str, Any] = {}
        if self.window.start is not None:
            bound |= {"start": self.window.start, "start_near": self.window.start - _NEAR}
        if self.window.end is not None:
            bound |= {"end": self.window.end, "end_near": self.window.end + _NEAR}
        if self.session is not None:
            bound["session"] = self.session
        bound |= {f"model_{i}": model for i, model in enumerate(self.models or ())}
        return bound

    def inside(self, alias: str) -> str:
        """Condition on time and model of rows or events; `alias.model` is without a suffix."""
        parts = ["1 = 1"]
        if self.window.start is not None:
            parts.append(f"{alias}.occurred_at >= $start")
        if self.window.end is not None:
            parts.append(f"{alias}.occurred_at < $end")
        if self.models is not None:
            listed = ", ".join(f"$model_{i}" for i in range(len(self.models)))
            parts.append(f"coalesce({alias}.model, '') in ({listed})" if listed else "1 = 0")
        return "(" + " and ".join(parts) + ")"

    def rows(self, alias: str) -> str:
        """Condition on rows of the ledger."""
        return self.inside(alias) + (f" and {alias}.session_id = $session" if self.session is not None else "")

    def near(self) -> str:
        """Condition on `events` that keeps all that may be about rows inside, and not many more."""
        parts = ["1 = 1"]
        if self.window.start is not None:
            parts.append("occurred_at >= $start_near")
        if self.window.end is not None:
            parts.append("occurred_at < $end_near")
        if self.session is not None:
            parts.append(
                "(session_id = $session or event_id in (select event_id from event_copies where session_id = $session)"
                " or bucket in (select other from kin where bucket = $session))"
            )
        return " and ".join(parts)


def session_is_known(store: Store, session: str) -> bool:
    """Whether any record tells of a session, named by its pseudonym."""
    sql = "select 1 from events where session_id = $session limit 1"
    return bool(store.query(Statement(name="session", sql=sql, parameters={"session": session})).rows)


def models_like(store: Store, model: str | None) -> tuple[str, ...]:
    """The ledger's names of a model, however it is spelled; of all models for None."""
    found = store.query(Statement(name="models", sql="select distinct model from requests where model is not null"))
    names = sorted(name for (name,) in found.rows)
    if model is None:
        return tuple(names)
    wanted = plain_name(model)
    return tuple(name for name in names if name == model or normalise(name) == wanted)


def plain_name(model: str) -> str:
    """A model that a person named, without suffixes; `opus-4.5` is Claude's."""
    return normalise(f"claude-{model}" if _CLAUDE.match(model) else model)
