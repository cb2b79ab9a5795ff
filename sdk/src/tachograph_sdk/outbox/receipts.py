"""What became of every envelope: one JSON line each, chained, so that a line that was changed or taken out shows.

A line's `check` is a hash of the line and of the check before it. `receipts.head` holds the last one, so that lines
missing at the end show, too. Who can write both files can write a new history: it guards against mistakes and against
those who cannot, and is no proof against the owner of the machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import DecodeError
from tachograph_sdk.outbox.envelope import Envelope, seal, unseal
from tachograph_sdk.private_files import lock_file, replace_file, sync_folder

__all__ = ["Outcome", "Receipts", "Verdict", "bare_receipt", "receipt_of"]


class Outcome(StrEnum):
    """What became of an envelope. All but APPROVED and SET_ASIDE are final."""

    APPROVED = "approved"  # a person said that it may leave
    DELIVERED = "delivered"  # the destination took it
    SET_ASIDE = "set_aside"  # the destination refused it for good, or is another one now
    DROPPED = "dropped"  # too old, or too much was waiting
    PURGED = "purged"  # consent was withdrawn, or somebody had it deleted
    DAMAGED = "damaged"  # its file was changed or is not whole; kept apart


_LONGEST = 65_536  # bytes, more than any receipt has
_FINAL = (Outcome.DELIVERED, Outcome.DROPPED, Outcome.PURGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What checking all receipts found."""

    receipts: int
    mistakes: Sequence[str]  # where the chain does not hold; empty: nothing was changed
    unfinished: bool  # the last line was not written to its end, as when the machine stops; the next one goes after it


def receipt_of(envelope: Envelope, outcome: Outcome, now_us: int, **more: Any) -> dict[str, Any]:
    """The values of a receipt: nothing of the body but its hash, and nobody's pseudonym."""
    told = envelope.about_it()
    kept = ("sink", "address", "purposes", "consents", "policy_version", "events", "size_bytes", "sha256")
    return bare_receipt(envelope.id, outcome, now_us, **{k: told[k] for k in kept}, **more)


def bare_receipt(envelope_id: str, outcome: Outcome, now_us: int, **more: Any) -> dict[str, Any]:
    """The values of a receipt of an envelope that cannot be read."""
    return {"at": _when(now_us), "what": outcome.value, "id": envelope_id, **more}


class Receipts:
    """The file of receipts. Any number of processes may add to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "receipts.jsonl"
        self._head = folder / "receipts.head"
        self._lock = folder / "receipts.lock"

    def add(self, *receipts: Mapping[str, Any]) -> None:
        """Append these, durably. Raises OSError."""
        if not receipts:
            return
        with lock_file(self._lock):
            number, check = self._last()
            lines = []
            for receipt in receipts:
                number += 1
                line = seal({"n": number, **receipt}, before=check)
                check = json.loads(line)["check"]
                lines.append(line + b"\n")
            is_new = not self.path.exists()
            if is_new:
                self._note(0, "")  # from now on a missing file of the last one is a mistake
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(self.path, flags, 0o600), "r+b", buffering=0) as file:
                start = _end_of_whole_lines(file)
                if start != file.seek(0, os.SEEK_END):
                    file.truncate(start)  # half a line, whose writer never came back: nobody was told that it is there
                try:
                    _write_all(file, b"".join(lines))
                    os.fsync(file.fileno())
                except OSError:
                    file.truncate(start)
                    raise
            if is_new:
                sync_folder(self.path.parent)
            self._note(number, check)

    def read(self) -> Iterator[dict[str, Any]]:
        """All that can be read, oldest first."""
        for line in self._lines()[0]:
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict):
                yield told

    def final(self, envelope_id: str) -> Outcome | None:
        """What finally became of an envelope; None while it waits or was never seen."""
        found = None
        needle = envelope_id.encode()
        try:
            if needle not in self.path.read_bytes():
                return None
        except FileNotFoundError:
            return None
        for line in self._lines()[0]:
            if needle in line:
                try:
                    told = json.loads(line)
                    found = Outcome(told["what"]) if told["id"] == envelope_id else found
                except (ValueError, KeyError, TypeError):
                    continue
        return found if found in _FINAL else None

    def verify(self) -> Verdict:
        """Whether every line is as it was written, and none is missing."""
        if not self.path.parent.is_dir():
            return Verdict(receipts=0, mistakes=(), unfinished=False)
        with lock_file(self._lock):
            lines, unfinished = self._lines()
            head = self._read_head()
        mistakes = []
        check = ""
        seen_head = head == (0, "") or (head is None and not lines)
        for index, line in enumerate(lines, 1):
            try:
                told = unseal(line, before=check)
                if told.get("n") != index:
                    mistakes.append(f"line {index}: is not the receipt of that number")
            except DecodeError:
                mistakes.append(f"line {index}: was changed, or a line before it is missing")
            check = _check_of(line)
            seen_head = seen_head or (head is not None and head == (index, check))
        if not seen_head:
            mistakes.append("the end: receipts that were written are missing, or the file of the last one was changed")
        return Verdict(receipts=len(lines), mistakes=mistakes, unfinished=unfinished)

    def _note(self, number: int, check: str) -> None:
        replace_file(self._head, json.dumps({"n": number, "check": check}).encode() + b"\n")

    def _lines(self) -> tuple[list[bytes], bool]:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return [], False
        *lines, rest = data.split(b"\n")
        return lines, bool(rest)

    def _last(self) -> tuple[int, str]:
        """The number and check of the last line, by the lines themselves: the head may be one behind."""
        try:
            with self.path.open("rb") as file:
                end = _end_of_whole_lines(file)
                file.seek(max(0, end - _LONGEST))
                line = file.read(min(end, _LONGEST)).rstrip(b"\n").rpartition(b"\n")[2]
            return int(json.loads(line)["n"]), _check_of(line)
        except FileNotFoundError:
            return 0, ""
        except (ValueError, KeyError, TypeError):  # nothing whole yet, or changed by somebody, which `verify` will say
            lines, _ = self._lines()
            return len(lines), _check_of(lines[-1]) if lines else ""

    def _read_head(self) -> tuple[int, str] | None:
        try:
            told = json.loads(self._head.read_bytes())
            return int(told["n"]), str(told["check"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            return -1, ""


def _check_of(line: bytes) -> str:
    return line[-34:-2].decode("ascii", "replace")


def _end_of_whole_lines(file: Any) -> int:
    """Where the last whole line ends."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 65_536)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return int(start + found + 1)
        end = start
    return 0


def _write_all(file: Any, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file.fileno(), view) :]


def _when(us: int) -> str:
    return datetime.fromtimestamp(us / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
