"""Questions about why numbers differ, in strings, answered in JSON values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from tachograph.analytics.explain.explanation import explain
from tachograph.analytics.explain.rows import ledger_page
from tachograph.analytics.explain.scope import Selection, models_like, session_is_known
from tachograph.analytics.explain.session_cost import compare_session_totals
from tachograph.analytics.query import Window, parse_window
from tachograph.analytics.zones import UTC_ZONE, Zone, find_zone
from tachograph.ports import Clock, Store
from tachograph.pricing.price import PriceTable
from tachograph_sdk.errors import BadWindow, QueryError

__all__ = ["Explainer", "day_window", "named_session"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Explainer:
    """Answers them from a store.

    Args:
        store: where the ledger is.
        clock: for ranges that end now.
        prices: gives the price table in force.
        name: gives what is stored for a text of a kind: "session" and an agent's session id, and its pseudonym.
        zone: whose days they are where a question names none.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        prices: Callable[[], PriceTable],
        name: Callable[[str, str], str],
        zone: Zone = UTC_ZONE,
    ) -> None:
        self._store = store
        self._clock = clock
        self._prices = prices
        self._name = name
        self._zone = zone

    def explain(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The ways from each source to the ledger; parameters session, day, model, since, until, range, tz, against.

        `against=cost` compares with the agent's own session totals instead. Raises QueryError.
        """
        zone = find_zone(parameters["tz"]) if "tz" in parameters else self._zone
        window, in_utc = self._window(parameters, zone), self._window(parameters, UTC_ZONE)
        selection = Selection(
            window=window,
            session=named_session(parameters.get("session"), self._name),
            models=self._models(parameters),
        )
        against = parameters.get("against")
        if against == "cost":
            compared = compare_session_totals(self._store, selection).as_json()
            notes = [*compared["notes"], *self._unknown(parameters, selection)]
            return {"window": window.as_text(), **compared, "notes": notes}
        if against is not None:
            raise QueryError(
                f"the server does not compare with {against!r}",
                hint="it knows cost; `tachograph explain --against` reads your files where they are",
            )
        by_days = all(_DAY.fullmatch(parameters.get(name) or "2026-01-01") for name in ("since", "until"))
        utc_window = in_utc if by_days and "range" not in parameters else None
        told = explain(self._store, selection, self._prices(), utc_window=utc_window, zone=zone.name)
        answer = told.as_json()
        return {**answer, "notes": [*answer["notes"], *self._unknown(parameters, selection)]}

    def ledger(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """A page of the ledger's rows; parameters since, until, after. Raises QueryError."""
        return ledger_page(self._store, self._window(parameters, UTC_ZONE), parameters.get("after"))

    def _unknown(self, parameters: Mapping[str, str], selection: Selection) -> list[str]:
        """What is asked about and nowhere in the ledger, and what there is instead."""
        notes = []
        if selection.models == ():
            names = ", ".join(models_like(self._store, None)) or "none"
            notes.append(f"there is no model {parameters['model']!r} in the ledger; it has: {names}")
        if selection.session is not None and not session_is_known(self._store, selection.session):
            named = parameters["session"]
            notes.append(
                f"there is no session {named!r} in the ledger: name it by its pseudonym (s_…), which "
                "`tachograph report --by session` lists, or by the whole id that the agent gave it"
            )
        return notes

    def _models(self, parameters: Mapping[str, str]) -> tuple[str, ...] | None:
        model = parameters.get("model")
        return models_like(self._store, model) if model else None

    def _window(self, parameters: Mapping[str, str], zone: Zone) -> Window:
        return day_window(parameters, now_us=self._clock.now_us(), zone=zone)


def day_window(parameters: Mapping[str, str], *, now_us: int, zone: Zone) -> Window:
    """The window of `day`, or of since, until and range. Raises BadWindow."""
    since, until, day = parameters.get("since"), parameters.get("until"), parameters.get("day")
    if day is not None:
        if since is not None or until is not None or "range" in parameters:
            raise BadWindow("a day excludes a start, an end and a range", hint="use --day, or --since and --until")
        try:
            if not _DAY.fullmatch(day):
                raise ValueError(day)
            since, until = day, (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        except (ValueError, OverflowError) as error:
            raise BadWindow(f"{day!r} is not a day", hint="use --day 2026-11-20") from error
    return parse_window(now_us=now_us, since=since, until=until, range_=parameters.get("range"), zone=zone)


def named_session(session: str | None, name: Callable[[str, str], str]) -> str | None:
    """The pseudonym of a session, which may be named by it or as the agent names it."""
    return name("session", session) if session else None
