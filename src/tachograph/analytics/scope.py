"""What a question is about: when, of whom, and what else it needs to know. The same for every question beyond metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tachograph.analytics.query import Window
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError

__all__ = ["NO_PEOPLE", "Make", "Question", "Scope", "refuse_people"]

NO_PEOPLE = "the preset `strict` tells nothing of single people"
_PERSON = "user"  # the dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A window, the dimension values to keep (as stored; None is unknown), and the moment of asking."""

    window: Window
    now_us: int  # UTC microseconds since 1970
    filters: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)  # the question's own, as given
    monthly_budget_microusd: int | None = None  # what the owner set; None: nothing
    daily_budget_microusd: int | None = None  # likewise
    compares_people: bool = True  # False: the preset forbids it, and no answer tells one person from another

    @property
    def now(self) -> datetime:
        """The moment of asking, UTC without a zone, as stores keep times."""
        return datetime(1970, 1, 1) + timedelta(microseconds=self.now_us)  # noqa: DTZ001 - UTC

    def person(self, name: str | None) -> str | None:
        """Who a row is about, as answers may tell it: null where the preset forbids that."""
        return name if self.compares_people else None


def refuse_people(dimensions: Iterable[str]) -> None:
    """For where the preset `strict` holds: a question must neither be split by single people nor narrowed to one.

    What was recorded before the preset was chosen names people still. The rights of a person do not come by here.

    Raises:
        QueryError: one of the dimensions is `user`.
    """
    if _PERSON in dimensions:
        raise QueryError(
            NO_PEOPLE,
            hint=f"leave `{_PERSON}` out; what is kept about somebody: `tachograph privacy show --person ADDRESS`, "
            "also under `strict`; what each preset tells: `tachograph privacy policy`",
        )


Make = Callable[[Store, Scope], Mapping[str, Any]]
"""Answers a question from a store, in values that JSON has or that can be turned into such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of the API and the command line: what answers it, and which parameters are its own.

    Every other parameter is the window's (since, until, range, tz) or names a dimension to filter by.
    """

    make: Make
    parameters: frozenset[str] = frozenset()
    finish: Callable[[dict[str, Any]], dict[str, Any]] = lambda answer: answer  # once names may be in the clear
