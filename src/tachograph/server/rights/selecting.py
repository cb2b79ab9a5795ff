"""Whose data an order means: names as a person types them in, pseudonyms as the store has them out."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tachograph.analytics.query import parse_window
from tachograph.analytics.zones import UTC_ZONE, Zone, find_zone
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.subject import Selection

__all__ = ["Given", "mentions", "read_selection", "spellings"]

_PARTS = {  # in an order: kind of name, part of a selection
    "person": ("user", "users"),
    "session": ("session", "sessions"),
    "organization": ("organization", "organizations"),
    "repository": ("repository", "repositories"),
    "project": ("project", "projects"),
}
_HINT = "give --person, --session, --repository, --project or --organization, or --everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A selection, and what of it a person typed that is no pseudonym."""

    selection: Selection
    texts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The pseudonyms that were given, or that belong to what was given."""
        one = self.selection
        return (*one.users, *one.sessions, *one.organizations, *one.repositories, *one.projects)


def read_selection(
    order: Mapping[str, Any], name: Callable[[str, str], str], *, now_us: int, zone: Zone = UTC_ZONE
) -> Given:
    """What `order` selects.

    Args:
        order: lists under person, session, organization, repository, project; since, until, tz; everything.
        name: gives the pseudonym for a text of a kind.
        now_us, zone: for times; the zone where the order names none.

    Raises:
        ConfigError: nothing says whose, or too much does.
        BadWindow, UnknownTimeZone: the times cannot be read.
    """
    parts: dict[str, tuple[str, ...]] = {}
    texts: list[str] = []
    for key, (kind, part) in _PARTS.items():
        given = [text for text in order.get(key) or () if text]
        spelled = [form for text in given for form in (spellings(text) if kind == "project" else (text,))]
        named = dict.fromkeys(name(kind, text) for text in spelled)
        if named:
            parts[part] = tuple(named)
        texts += [text for text in spelled if name(kind, text) != text]
    everything = bool(order.get("everything"))
    if everything and parts:
        raise ConfigError("--everything means everybody's: it cannot be combined with a person or place", hint=_HINT)
    zone = find_zone(order["tz"]) if order.get("tz") else zone
    window = parse_window(now_us=now_us, since=order.get("since"), until=order.get("until"), range_=None, zone=zone)
    selection = Selection(start_us=_us(window.start), end_us=_us(window.end), everything=everything, **parts)
    if selection.is_empty:
        raise ConfigError("nothing says whose data is meant", hint=_HINT)
    return Given(selection=selection, texts=tuple(dict.fromkeys(texts)))


def mentions(
    selection: Selection, names: Collection[str], texts: Collection[str], event_ids: Collection[str]
) -> Collection[str] | None:
    """By what an envelope is known that tells of a selection; None: every envelope does."""
    return None if selection.everything else [*names, *texts, *event_ids]


def spellings(path: str) -> Sequence[str]:
    """A folder as agents write it: as it was typed, and without what can be left out."""
    plain = os.path.normpath(os.path.expanduser(path)) if not path.startswith(("p_", "\\")) else path
    return tuple(dict.fromkeys((path, plain)))


def _us(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.replace(tzinfo=UTC).timestamp() * 1_000_000)
