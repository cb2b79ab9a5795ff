"""What status lines remember from one redraw to the next: how sessions' totals grew today, and which limits they noted.

`statusline/seen.json`: {"v": 2, "day", "sessions": {pseudonym: [day_start, last, base, doubt, at_s]}, "limits":
{window: [used ratio, resets at]}, "limits_at_s"}; money in micro-dollars. Several status lines share it under a lock, and
none of them ever waits: who does not get it computes without writing.

How much of today the ledger does not know yet, `Seen.unknown`, must never count anything twice. Claude Code's total goes on
over a resume or begins again at 0; and after /clear and in a fork it may go on under another session id, by version
(docs/formats/claude_code_statusline.md). So only growth counts, less what the ledger learned of that session's day:

* day_start: the total when the day began, or when the session was first seen today.
* last: the total when it was seen last.
* base: what the ledger knew of the session's day when it was first seen today; 0 for one that was seen on a day before.
* doubt: 1 if it was first seen today, had spent something, and nobody knows on which day.
"""

from __future__ import annotations

import os
import time

from tachograph.statusline.files import FOLDER, NOFOLLOW, read_small, write_new
from tachograph.statusline.json_text import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tachograph.statusline.ledger import Ledger
    from tachograph.statusline.payload import Payload

__all__ = ["FOLDER", "LOCK", "MAX_OBSERVED_BYTES", "OBSERVED", "ROTATED", "SEEN", "Seen", "reading_line", "remember"]

OBSERVED = "observed.jsonl"
ROTATED = "observed.1.jsonl"
MAX_OBSERVED_BYTES = 1 << 20  # of each of the two
SAME_FOR_S = 300  # limits that stay the same are noted this often
AT_LEAST_S = 20  # and never more often than this, unless a window began anew
MAX_LINE = 4095
DOUBT_MICROUSD = 10_000  # a cent: less than this is rounding, or a title the transcript does not show
SEEN, LOCK = "seen.json", "lock"
_MAX_SEEN_BYTES = 1 << 18
_MAX_SESSIONS = 300
_KEEP_S = 7 * 86400
_TRIES, _PAUSE_S = 3, 0.002


class Seen:
    """The content of seen.json."""

    __slots__ = ("day", "limits", "limits_at_s", "sessions")

    def __init__(self) -> None:
        self.day = ""
        self.sessions: dict[str, list[int]] = {}
        self.limits: dict[str, list[Any]] = {}
        self.limits_at_s = 0

    @classmethod
    def read(cls, folder: str) -> Seen:
        """What is there, nothing where it cannot be read."""
        seen = cls()
        try:
            found = loads(read_small(os.path.join(folder, SEEN), _MAX_SEEN_BYTES))
            if found["v"] == 2:
                sessions, limits = found["sessions"].items(), found["limits"].items()
                seen.sessions = {k: v for k, v in sessions if len(v) == 5 and all(type(n) is int for n in v)}
                seen.limits = {k: v for k, v in limits if len(v) == 2}
                seen.day, seen.limits_at_s = str(found["day"]), int(found["limits_at_s"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return cls()
        return seen

    def write(self, folder: str) -> None:
        """Replace the file. Raises OSError. Not made durable: it may be forgotten, and a redraw must not wait for a disk."""
        told = {
            "v": 2,
            "day": self.day,
            "sessions": self.sessions,
            "limits": self.limits,
            "limits_at_s": self.limits_at_s,
        }
        path = os.path.join(folder, SEEN)
        write_new(path + ".new", dumps(told).encode())
        os.replace(path + ".new", path)

    def note_total(self, session: str, total: int, ledger: Ledger | None, *, day: str, now_s: float) -> bool:
        """A session's total as Claude Code says it. True if that is anything new."""
        changed = self._turn_to(day, now_s)
        of_day, of_session = _known(ledger, session, day)
        entry = self.sessions.get(session)
        if entry is None:
            goes_on = any(last == total for _, last, _, _, _ in self.sessions.values())  # after /clear, or in a fork
            doubt = total - of_session > DOUBT_MICROUSD and not goes_on
            self.sessions[session] = [total, total, of_day, int(doubt), int(now_s)]
            return True
        day_start, last, base, doubt_before, _ = entry
        if total < last:  # it began again: what was counted of it stays, what comes now is added
            day_start -= last - total
        doubt = bool(doubt_before) and total - of_session > DOUBT_MICROUSD  # until the ledger knows it
        if [day_start, total, base, doubt] != entry[:4]:
            self.sessions[session] = [day_start, total, base, int(doubt), int(now_s)]
            changed = True
        return changed

    def unknown(self, ledger: Ledger | None, *, day: str) -> int:
        """Micro-dollars that sessions spent today and that the ledger does not know yet; never too much."""
        if self.day != day:
            return 0
        total = 0
        for session, (day_start, last, base, _, _) in self.sessions.items():
            learned = max(0, _known(ledger, session, day)[0] - base)
            total += max(0, last - day_start - learned)
        if ledger is not None and ledger.day == day:
            total -= ledger.day_no_session_microusd  # it may be the same money
        return max(0, total)

    def is_unsure(self, day: str) -> bool:
        """Whether sessions may have spent more today than `unknown` and the ledger say."""
        return self.day == day and any(doubt for _, _, _, doubt, _ in self.sessions.values())

    def wants_limits(self, payload: Payload, now_s: float) -> bool:
        """Whether these limits are to be noted: they changed, or were noted some minutes ago. Remembers them if so."""
        told: dict[str, list[Any]] = {limit.window: [limit.used_ratio, limit.resets_at_s] for limit in payload.limits}
        if not told:
            return False
        began = any(window not in self.limits or self.limits[window][1] != reset for window, (_, reset) in told.items())
        age_s = now_s - self.limits_at_s
        wait_s = SAME_FOR_S if told == self.limits else AT_LEAST_S
        if not began and 0 <= age_s < wait_s:
            return False
        self.limits, self.limits_at_s = told, int(now_s)
        return True

    def _turn_to(self, day: str, now_s: float) -> bool:
        if self.day == day:
            return False
        kept = [(k, v) for k, v in self.sessions.items() if 0 <= now_s - v[4] < _KEEP_S]
        kept = sorted(kept, key=lambda item: item[1][4])[-_MAX_SESSIONS:]
        self.sessions = {k: [last, last, 0, 0, at_s] for k, (_, last, _, _, at_s) in kept}
        self.day = day
        return True


def _known(ledger: Ledger | None, session: str, day: str) -> tuple[int, int]:
    """What the ledger knows of this session: of this day, and in all."""
    if ledger is None:
        return 0, 0
    of_day, of_session = ledger.sessions.get(session, (0, 0))
    return of_day if ledger.day == day else 0, of_session


def remember(
    home: str, payload: Payload, session: str, ledger: Ledger | None, *, day: str, now_s: float, write: bool
) -> Seen:
    """What all status lines know now, this redraw included. Never raises for what the disk says.

    Args:
        home: the home folder; it is there.
        payload: what came in.
        session: its pseudonym.
        ledger: what the core knows.
        day: today, as the ledger says it or this machine's clock.
        now_s: seconds since 1970.
        write: whether anything may be written down.
    """
    folder = os.path.join(home, FOLDER)
    lock = _lock(folder) if write else None
    try:
        seen = Seen.read(folder)
        changed = False
        if payload.cost_microusd is not None:
            changed = seen.note_total(session, payload.cost_microusd, ledger, day=day, now_s=now_s)
        if lock is None:
            return seen
        noted = seen.wants_limits(payload, now_s)
        try:
            if noted:
                _note(folder, payload, now_s)
            if changed or noted:
                seen.write(folder)
        except OSError:
            pass  # a full disk: the line is printed all the same
        return seen
    finally:
        if lock is not None:
            os.close(lock)


def reading_line(payload: Payload, now_s: float) -> bytes:
    """The line that tells the core of a redraw's limits."""
    told: dict[str, Any] = {"v": 1, "at_us": int(now_s * 1e6), "session": payload.session, "version": payload.version}
    told["limits"] = [[limit.window, limit.used_ratio, limit.resets_at_s] for limit in payload.limits]
    return dumps(told).encode() + b"\n"


def _note(folder: str, payload: Payload, now_s: float) -> None:
    """Append one line for the core to read. Raises OSError."""
    line = reading_line(payload, now_s)
    if len(line) > MAX_LINE:
        return
    path = os.path.join(folder, OBSERVED)
    try:
        if os.stat(path).st_size > MAX_OBSERVED_BYTES:
            _rotate(folder)
    except FileNotFoundError:
        pass
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NOFOLLOW, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _rotate(folder: str) -> None:
    """Put the full file aside; what was aside before falls out, and the new file begins with how many readings that were."""
    path, aside = os.path.join(folder, OBSERVED), os.path.join(folder, ROTATED)
    lost = 0
    try:
        lost = read_small(aside, 4 * MAX_OBSERVED_BYTES).count(b"\n")
    except (OSError, ValueError):
        pass
    os.replace(path, aside)
    if lost:
        write_new(path, dumps({"v": 1, "lost": lost}).encode() + b"\n")


def _lock(folder: str) -> int | None:
    """The lock's descriptor, or None: somebody else has it, or nothing can be written here."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover - no core runs there either
        return None
    descriptor = None
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        descriptor = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | NOFOLLOW, 0o600)
        for tried in range(_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if tried + 1 < _TRIES:
                    time.sleep(_PAUSE_S)
    except OSError:
        pass
    if descriptor is not None:
        os.close(descriptor)
    return None
