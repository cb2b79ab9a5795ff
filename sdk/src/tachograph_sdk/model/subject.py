"""Whose data is meant, and what is held about them: the nouns of access, correction and erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Correction", "Erased", "Footprint", "Selection", "Subject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Whose records are meant, in the words of the store: pseudonyms.

    What is given must all hold; of one kind, any of its values. A record that does not say who or where takes that from
    its session, or the sessions it is linked with, where these name nobody else.
    """

    users: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    start_us: int | None = None  # of occurrence, UTC microseconds since 1970
    end_us: int | None = None  # excluded
    everything: bool = False  # everybody's; the times still hold

    @property
    def is_empty(self) -> bool:
        """True if nothing says whose."""
        named = (self.users, self.sessions, self.organizations, self.repositories, self.projects)
        return not (self.everything or any(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What makes the records of a selection known again where they do not say whose they are."""

    sessions: tuple[str, ...]  # of which every record within the selection's times is meant
    events: tuple[str, ...]  # ids (32 hex digits) of records in other sessions that do not say it themselves
    last_us: int  # of all times of occurrence; 0 if there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is held about a selection."""

    tables: Mapping[str, int]  # rows by table
    first_us: int | None
    last_us: int | None
    agents: Mapping[str, int]  # events
    sources: Mapping[str, int]
    kinds: Mapping[str, int]
    attributes: Mapping[str, int]  # events that have it
    shared: int  # events in these sessions that name nobody, where several are named: not among the others
    beside: int  # sessions in the same working directories that name nobody at all: not among the others
    footprint: Footprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure deleted."""

    tables: Mapping[str, int]  # rows by table; of derived tables, how many fewer there are
    moved: int  # events that count for a session that is left, and are its own now
    others_before: Mapping[str, int]  # what the ledger said of everybody else: requests, tokens, cost_nanousd
    others_after: Mapping[str, int]
    last_us: int  # of what was deleted; 0 if nothing was


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A wrong value made right, also in what comes in later."""

    correction_id: str  # random
    selection: Selection
    footprint: Footprint
    attribute: str  # one of CORRECTABLE in store/correct.py
    value: str  # as it is stored
    before: str | None  # the only value it takes the place of; None: any
