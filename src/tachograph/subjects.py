"""The sockets of stores that are about somebody: access, correction, erasure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tachograph_sdk.model.subject import Erased, Footprint, Selection, Subject

__all__ = ["SubjectRows", "SubjectStore"]


class SubjectRows(Protocol):
    """The rows about a selection, table by table, all as they were at one moment."""

    tables: tuple[str, ...]

    def columns(self, table: str) -> dict[str, str]:
        """Names and types."""

    def rows(self, table: str) -> Iterator[tuple[Any, ...]]:
        """The rows, with times as naive UTC and ids as UUIDs."""

    def write_parquet(self, table: str, path: Path) -> int:
        """The same as a Parquet file; how many rows."""


class SubjectStore(Protocol):
    """What `ports.Store` can do about somebody's records."""

    def subject(self, selection: Selection) -> Subject:
        """What is held about the selection. Settles first. Raises StoreError."""

    def erase(
        self, selection: Selection, erasure_id: str, *, remember: Callable[[Footprint], None], files: Sequence[str] = ()
    ) -> Erased:
        """Delete the selection, settle what is left of its sessions, and note the numbers under `erasure_id`.

        All in one transaction; a second call with the same id changes nothing and says the same. The deleted rows' bytes
        stay in the file until `compact`.

        Args:
            selection: what to delete; not an empty one.
            erasure_id: random.
            remember: called before anything is deleted for good, with what must not come back.
            files: ids of files whose state is forgotten, with what was set aside of them.
        """

    def subject_rows(self, selection: Selection) -> AbstractContextManager[SubjectRows]:
        """Every row about the selection, in every table. Settles first. Raises StoreError."""

    def forget_erasure(self, erasure_id: str) -> None:
        """The numbers of this erasure are in its receipt, so they need not be kept. Raises StoreError."""

    def correct(
        self,
        selection: Selection,
        correction_id: str,
        attribute: str,
        value: str,
        before: str | None,
        *,
        remember: Callable[[Footprint], None],
    ) -> int:
        """Put a right value in the place of wrong ones, in the selection's events and all that follows from them.

        Args:
            selection: whose events.
            correction_id: random; what the events said before is kept under it.
            attribute: one of CORRECTABLE in store/correct.py.
            value: as it is stored.
            before: the only value it takes the place of; None: any.
            remember: called before anything is changed for good, with what else must be corrected when it comes in.

        Returns:
            How many events it changed.
        """

    def withdraw_correction(self, correction_id: str) -> int:
        """Put back what was there before; how many events changed. Raises StoreError."""

    def find_values(self, values: Sequence[str]) -> list[str]:
        """The columns that hold one of these texts, as "table.column". Raises StoreError."""

    def compact(self) -> int:
        """Rewrite the file, so that what was deleted is in none of its bytes; rows copied.

        Queries are answered meanwhile, but for the moment in which the file is exchanged; writers wait.
        """

    def compact_if_due(self) -> int:
        """Do so if texts, clear names or what was too old were deleted since; rows copied. Raises StoreError.

        That something was deleted is noted on disk: where rewriting failed, for want of room, the next call does it.
        """
