"""How an import goes and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["ImportReport", "Progress", "add_counts", "count_refused"]

_Key = TypeVar("_Key")

_REFUSED = frozenset({DropReason.OBJECTED, DropReason.ERASED})
_KINDS = frozenset(kind.value for kind in EventKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is."""

    files_done: int
    files_total: int  # files with something new
    bytes_done: int
    bytes_total: int
    events: int

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """What an import found and did."""

    files: int = 0  # histories found
    read: int = 0  # of these, files with something new
    records: int = 0  # lines read, blank ones left out
    bytes: int = 0  # read
    new: int = 0  # events stored
    duplicate: int = 0  # events that were there
    refused: dict[str, int] = field(default_factory=dict)  # events that may not be kept: objected to, or erased before
    quarantined: dict[str, int] = field(default_factory=dict)  # lines set aside, by reason
    failed: dict[str, int] = field(default_factory=dict)  # files and folders that could not be read, by reason
    ignored: dict[str, int] = field(default_factory=dict)  # records of types that say nothing we count, by type
    torn: int = 0  # files that end in half a line, which is read when it is whole
    symlinks: int = 0  # passed over
    seconds: float = 0.0
    by_agent: dict[str, ImportReport] = field(default_factory=dict)  # the same, of each agent that has any files

    def of(self, agent: str) -> ImportReport:
        """The part of one agent."""
        return self.by_agent.setdefault(agent, ImportReport())

    def add(self, other: ImportReport) -> None:
        """Add what was read in another part of the same import."""
        self.read += other.read
        self.records += other.records
        self.bytes += other.bytes
        self.new += other.new
        self.duplicate += other.duplicate
        add_counts(self.refused, other.refused)
        add_counts(self.quarantined, other.quarantined)
        add_counts(self.failed, other.failed)
        add_counts(self.ignored, other.ignored)
        self.torn += other.torn

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            name: dict(v) if isinstance(v := getattr(self, name), dict) else v
            for name in self.__slots__
            if name != "by_agent"
        }


def add_counts(counts: dict[_Key, int], more: Mapping[_Key, int]) -> None:
    """Add counts to counts."""
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count


def count_refused(refused: dict[str, int], drops: Mapping[tuple[DropReason, str], int]) -> None:
    """Add whole events that somebody objected to, or that were erased before; not single attributes."""
    for (reason, what), count in drops.items():
        if reason in _REFUSED and what in _KINDS:
            add_counts(refused, {reason.value: count})
