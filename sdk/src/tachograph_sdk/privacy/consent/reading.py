"""Reads the ledger of consent and says whether it can be believed: every entry, the chain, the anchor, who may write it.

The anchor is a small file with the number of entries and the last one's hash: a ledger that lost its end does not fit it
any more. What cannot be seen: ledger and anchor both put back as they were at an earlier time, both deleted, or both
written anew by somebody who can write where the owner can.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from tachograph_sdk.privacy.consent.entry import GENESIS, Entry, NewerFormat, Wrong, read_entry

__all__ = ["Damage", "Reading", "anchor_line", "marks_of", "open_private", "read_ledger"]

MOST_BYTES = 8_000_000  # some fifteen thousand decisions of one person

AGAIN = "nothing is granted until you decide again: `tachograph privacy consent ask`; the file is then kept under another name"
ELSEWHERE = "set TACHOGRAPH_HOME to a folder that you can write to; until then nothing is granted"

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)  # a pipe of this name must not hold anybody up


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Why a ledger grants nothing."""

    problem: str
    hint: str
    line: int | None = None  # of the ledger, from 1; None where it is not about one line
    can_be_set_aside: bool = True  # False where the next decision cannot begin a new ledger either


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a ledger held when it was read."""

    entries: tuple[Entry, ...] = ()
    damage: Damage | None = None  # then `entries` are those before it
    anchored: int = 0  # how many entries the anchor knows

    @property
    def valid(self) -> tuple[Entry, ...]:
        """The entries that count: none of a damaged ledger."""
        return () if self.damage else self.entries


class _Unfit(Exception):
    def __init__(self, problem: str, hint: str = AGAIN, *, can_be_set_aside: bool = True) -> None:
        super().__init__(problem)
        self.damage = Damage(problem=problem, hint=hint, can_be_set_aside=can_be_set_aside)


def read_ledger(path: Path, anchor: Path) -> Reading:
    """Read and check once. Never raises OSError: what cannot be read is damage."""
    if damage := _damage_of_folder(path.parent):
        return Reading(damage=damage)
    try:
        before = _read_anchor(anchor)
        data = _read_private(path)
        after = _read_anchor(anchor)
    except _Unfit as unfit:
        return Reading(damage=unfit.damage)
    except OSError as error:
        return Reading(damage=Damage(problem=f"the ledger of consent cannot be read ({_reason(error)})", hint=AGAIN))
    return _examine(data, before, after)


def marks_of(*paths: Path) -> tuple[object, ...]:
    """What changes when one of these files does; costs a microsecond or two each."""
    return tuple(map(_mark, paths))


def anchor_line(count: int, head: str) -> bytes:
    """What the anchor holds."""
    return json.dumps({"count": count, "head": head}).encode() + b"\n"


def open_private(path: Path) -> int:
    """A descriptor for reading; never of what a link leads to, and never one that waits for somebody to write."""
    return os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK)


def _examine(data: bytes | None, before: tuple[int, str] | None, after: tuple[int, str] | None) -> Reading:
    """Check every entry and the chain. `before` and `after` are the anchor, read before and after the ledger."""
    anchor = before or after
    if not data and (data is None or anchor is not None):
        return _lost([], anchor[0]) if anchor is not None and anchor[0] > 0 else Reading()
    if anchor is None or after is None:
        return Reading(damage=Damage(problem="the anchor of the ledger of consent is missing", hint=AGAIN))
    entries: list[Entry] = []
    *lines, rest = (data or b"").split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            entry = read_entry(line)
        except NewerFormat:
            hint = "update this program: until then nothing is granted here, and nothing can be recorded"
            problem = f"line {number} of the ledger of consent was written by a later version"
            damage = Damage(problem=problem, hint=hint, line=number, can_be_set_aside=False)
            return Reading(entries=tuple(entries), damage=damage)
        except Wrong as wrong:
            return _wrong(entries, number, f"was changed: {wrong}")
        if entry.n != number or (entries and entry.previous != entries[-1].hash):
            return _wrong(entries, number, "does not follow the one before: lines were removed, added or reordered")
        entries.append(entry)
    if rest:
        return _wrong(entries, len(lines) + 1, "is not whole")
    count, head = anchor
    if len(entries) < count:
        return _lost(entries, count)
    if head != (entries[count - 1].hash if count else GENESIS):
        return _wrong(entries[: max(0, count - 1)], max(1, count), "is another one than was recorded last")
    if len(entries) > after[0] + 1:  # a crash leaves the anchor behind by one, never by more
        return _wrong(entries[: after[0] + 1], after[0] + 2, "was added by something else")
    return Reading(entries=tuple(entries), anchored=after[0])


def _wrong(entries: list[Entry], line: int, why: str) -> Reading:
    damage = Damage(problem=f"line {line} of the ledger of consent {why}", hint=AGAIN, line=line)
    return Reading(entries=tuple(entries), damage=damage)


def _lost(entries: list[Entry], recorded: int) -> Reading:
    problem = f"the ledger of consent lost its end: {len(entries)} of {recorded} entries are there"
    return Reading(entries=tuple(entries), damage=Damage(problem=problem, hint=AGAIN, line=len(entries) + 1))


def _read_anchor(path: Path) -> tuple[int, str] | None:
    data = _read_private(path)
    if data is None:
        return None
    try:
        told = json.loads(data)
        count, head = told["count"], told["head"]
    except (ValueError, KeyError, TypeError, RecursionError):
        count, head = None, None
    if type(count) is not int or count < 0 or not isinstance(head, str):
        raise _Unfit("the anchor of the ledger of consent cannot be understood")
    return count, head


def _read_private(path: Path) -> bytes | None:
    """The file's content, None if there is none.

    Raises:
        _Unfit: somebody else can write it, it is no file, or it is far too large.
    """
    try:
        descriptor = open_private(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _Unfit(f"{path.name} is a link to somewhere else") from None
        raise
    with os.fdopen(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise _Unfit(f"{path.name} is not a file")
        if problem := _open_to_others(about):
            raise _Unfit(f"{path.name} {problem}")  # the folder is the owner's own, so it can be set aside
        if about.st_size > MOST_BYTES:
            raise _Unfit(f"{path.name} is larger than any ledger")
        return file.read(MOST_BYTES + 1)


def _damage_of_folder(folder: Path) -> Damage | None:
    """What is wrong with the folder itself, or None. None also where there is no folder yet."""
    try:
        about = os.lstat(folder)
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = f"the ledger of consent cannot be reached ({_reason(error)})"
        return Damage(problem=problem, hint=ELSEWHERE, can_be_set_aside=False)
    if not stat.S_ISDIR(about.st_mode):
        problem = f"{folder.name} is not a folder, so there is no ledger of consent"
        return Damage(problem=problem, hint=ELSEWHERE, can_be_set_aside=False)
    if problem := _open_to_others(about):
        hint = f"run `chmod go-w` or, if need be, `chown` on the folder {folder.name}, or use another home"
        return Damage(problem=f"the folder {folder.name} {problem}", hint=hint, can_be_set_aside=False)
    return None


def _open_to_others(about: os.stat_result) -> str:
    if os.name != "posix":
        return ""
    if about.st_uid != os.geteuid():
        return "belongs to another user"
    return "can be written by others" if about.st_mode & 0o022 else ""


def _mark(path: Path) -> object:
    try:
        about = os.lstat(path)
    except OSError as error:
        return error.errno
    if stat.S_ISDIR(about.st_mode):  # its times change with every other file in it
        return about.st_ino, about.st_mode, about.st_uid
    return about.st_ino, about.st_size, about.st_mode, about.st_uid, about.st_mtime_ns, about.st_ctime_ns


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
