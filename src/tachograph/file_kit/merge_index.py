"""Which sessions of several folders are the same one: by name, or because they tell of the same records.

Two machines give one session two pseudonyms. What shows that it is one are the ids of its records, which depend on the
record alone. Only ids of records with a time are looked at: a record that says nothing could be anybody's.

Memory: 12 bytes a record.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["SessionIndex", "Together"]

_BUCKETS: Final = 64


@dataclass(slots=True, kw_only=True)
class Together:
    """One session, under all the names it was met by."""

    name: str  # the first of its names by the alphabet
    names: set[str]
    members: set[str] = field(default_factory=set)
    paths: set[Path] = field(default_factory=set)


class SessionIndex:
    """Takes in what each file holds; then says which sessions there are."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._parents = array("L")
        self._members: list[set[str]] = []
        self._paths: list[set[Path]] = []
        self._ids = [array("Q") for _ in range(_BUCKETS)]
        self._of = [array("L") for _ in range(_BUCKETS)]

    def add_session(self, name: str, path: Path, member: str | None) -> int:
        """A session that a file tells of; its number."""
        if (number := self._numbers.get(name)) is None:
            number = self._numbers[name] = len(self._parents)
            self._parents.append(number)
            self._members.append(set())
            self._paths.append(set())
        self._paths[number].add(path)
        if member is not None:
            self._members[number].add(member)
        return number

    def add_record(self, number: int, event_id: str) -> None:
        """A record with a time, of this session."""
        identity = int(event_id[:16], 16)
        bucket = identity % _BUCKETS
        self._ids[bucket].append(identity)
        self._of[bucket].append(number)

    def join(self, number: int, other: int) -> None:
        """These two are one session."""
        first, second = self._root(number), self._root(other)
        self._parents[max(first, second)] = min(first, second)

    def sessions(self) -> list[Together]:
        """All, by name."""
        for ids, numbers in zip(self._ids, self._of, strict=True):
            self._join_equal(ids, numbers)
        groups: dict[int, Together] = {}
        for name, number in sorted(self._numbers.items()):
            root = self._root(number)
            if (group := groups.get(root)) is None:
                group = groups[root] = Together(name=name, names=set())
            group.names.add(name)
            group.members |= self._members[number]
            group.paths |= self._paths[number]
        return list(groups.values())

    def _join_equal(self, ids: Iterable[int], numbers: array[int]) -> None:
        first: dict[int, int] = {}
        for identity, number in zip(ids, numbers, strict=True):
            known = first.setdefault(identity, number)
            if known != number:
                self.join(known, number)

    def _root(self, number: int) -> int:
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number
