"""What a reader of a history keeps count of: its records, those that it set aside, those of types that nobody reads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tachograph_sdk.model.event import DropReason
from tachograph_sdk.privacy.shapes import looks_secret
from tachograph_sdk.privacy.treat import LookAgain

__all__ = ["BadRecord", "Tally", "Unusable"]

_MAX_TYPES = 200
_is_clean = LookAgain()


class Unusable(Exception):
    """A line, row or record that must be set aside: why, in words of ours, never its own."""

    def __init__(self, reason: DropReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record set aside: where it was and why, never what it said."""

    number: int  # from 1; of a row, what the database knows it by
    offset: int  # bytes before it in the file, 0 where that means nothing
    size_bytes: int
    reason: DropReason
    detail: str  # fixed wording


class Tally:
    """What every reader counts; see `Counts`."""

    type_name = re.compile(r"[a-z][a-z0-9_.-]{0,63}")  # what a type must look like to be named in a report

    def __init__(self) -> None:
        self.lines = 0
        self.bad_lines: list[BadRecord] = []
        self.ignored: Counter[str] = Counter()

    def bring_contents(self) -> None:
        """Texts are wanted too. A reader that has none to bring leaves it at that."""

    def set_aside(self, number: int, offset: int, size: int, reason: DropReason, detail: str) -> None:
        """Count a record as unusable."""
        self.bad_lines.append(BadRecord(number=number, offset=offset, size_bytes=size, reason=reason, detail=detail))

    @contextmanager
    def guard(self, number: int, size: int) -> Iterator[None]:
        """Whatever is wrong with a record of a document or database costs this one and no other."""
        try:
            yield
        except Unusable as bad:
            self.set_aside(number, 0, size, bad.reason, bad.detail)
        except Exception:  # noqa: BLE001 - what we did wrong, too
            self.set_aside(number, 0, size, DropReason.INTERNAL_ERROR, "a fault of ours")

    def ignore(self, kind: object) -> None:
        """Count a record of a type that is not read."""
        if not isinstance(kind, str) or (kind not in self.ignored and not self._may_name(kind)):
            kind = "<other>"
        self.ignored[kind] += 1

    def _may_name(self, kind: str) -> bool:
        """Whether a type may be named in a report: it comes from a file, and may be anything."""
        is_type = self.type_name.fullmatch(kind) is not None and not looks_secret(kind)
        return is_type and len(self.ignored) < _MAX_TYPES and _is_clean(kind)
