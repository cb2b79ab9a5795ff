"""What the commands of `tachograph eval` share: times, filters, and the sessions they mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.analytics.eval.sides import Side
    from tachograph.analytics.query import Window
    from tachograph.home import Home
    from tachograph.server.services import Answers

__all__ = ["as_parameters", "filters_in_words", "named_window", "read_filters", "sessions_of", "times", "where_option"]

NO_VALUE = "null"  # in a filter: sessions of which it is not known


def times(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --since and --until."""
    until = click.option("--until", help="End, excluded; likewise.")(function)
    return click.option("--since", help="First day or time of sessions; without an offset in the zone --tz.")(until)


def where_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --where."""
    return click.option(
        "--where",
        "conditions",
        multiple=True,
        metavar="NAME=VALUE",
        help="Only such sessions: agent, model, project, repository, user, entrypoint, …; several values with commas.",
    )(function)


def named_window(since: str | None, until: str | None, last: str | None, tz: str) -> Window:
    """The window that the options name. Raises BadWindow."""
    import time

    from tachograph.analytics.query import parse_window
    from tachograph.analytics.zones import find_zone

    return parse_window(now_us=time.time_ns() // 1000, since=since, until=until, range_=last, zone=find_zone(tz))


def read_filters(home: Home, conditions: Sequence[str]) -> dict[str, list[str | None]]:
    """Filters with values as they are stored: an e-mail address becomes its pseudonym here. Raises ConfigError."""
    from tachograph.analytics.eval.sessions import FILTERS

    if not conditions:
        return {}
    from tachograph.wiring.explaining import explaining

    name_of = explaining(home).name
    filters: dict[str, list[str | None]] = {}
    for condition in conditions:
        name, equals, values = condition.partition("=")
        if not equals or not values or name in filters:
            hint = "write --where model=claude-opus-5,claude-sonnet-5, each name once"
            raise ConfigError(f"{name!r} is not a condition", hint=hint)
        if name not in FILTERS:
            raise ConfigError(f"sessions cannot be filtered by {name!r}", hint=f"filters are: {', '.join(FILTERS)}")
        filters[name] = [None if value == NO_VALUE else name_of(name, value) for value in values.split(",")]
    return filters


def as_parameters(side: Side) -> dict[str, str]:
    """A group as the API is asked for it."""
    window = side.window.as_text()
    bounds = {name: window[name] for name in ("since", "until")}
    filters = {
        name: ",".join(NO_VALUE if value is None else value for value in values)
        for name, values in side.filters.items()
    }
    return {**filters, **{name: text for name, text in bounds.items() if text is not None}, "tz": "UTC"}


def sessions_of(backend: Answers, side: Side) -> list[dict[str, Any]]:
    """The sessions of a group, with times as datetime, UTC without a zone. Raises QueryError."""
    answer = backend.eval_sessions(as_parameters(side))
    rows = [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]
    for row in rows:
        for name in ("started_at", "ended_at"):
            row[name] = datetime.fromisoformat(row[name]).replace(tzinfo=None)
    return rows


def filters_in_words(filters: Mapping[str, Sequence[str | None]]) -> str:
    """Filters for people: ", agent codex, model a or b"."""
    return "".join(
        f", {name} {' or '.join('unknown' if value is None else value for value in values)}"
        for name, values in filters.items()
    )
