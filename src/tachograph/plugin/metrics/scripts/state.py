"""What the shipper remembers from one run to the next: sessions, how far the spool was read, when to try again."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Dict

import files
import identity

__all__ = ["State"]

NAME = "state.json"
KEPT_SECONDS = 30 * 86400.0
MAX_SESSIONS = 2000
Session = Dict[str, Any]


class State:
    """The contents of `state.json`. Only the shipper, which is one at a time, writes it.

    A session has: `transcript` (path), `started_at`, `seen_at` (seconds since 1970), `ended_at` and `reason` once it
    ended, `due` while it has to be counted, `counted_bytes` of the transcript when it was, `pseudonym` for receivers
    elsewhere.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, NAME)
        known = files.read_json(self._path) or {}
        self.sessions: dict[str, Session] = _objects(known.get("sessions"))
        self.taken: dict[str, int] = {
            name: offset for name, offset in _plain(known.get("taken")).items() if isinstance(offset, int)
        }
        self.counters: dict[str, int] = {
            name: count for name, count in _plain(known.get("counters")).items() if isinstance(count, int)
        }
        self.retry: dict[str, Any] = _plain(known.get("retry"))
        self.last: dict[str, Any] = _plain(known.get("last"))
        self._salt: dict[str, str] = _plain(known.get("salt"))

    def save(self) -> None:
        """Write it down. Raises OSError."""
        self._forget()
        held = {
            "version": 1,
            "sessions": self.sessions,
            "taken": self.taken,
            "counters": self.counters,
            "retry": self.retry,
            "last": self.last,
            "salt": self._salt,
        }
        files.replace(self._path, json.dumps(held, separators=(",", ":")) + "\n")

    def count(self, what: str, times: int = 1) -> None:
        """Count something that happened."""
        if times:
            self.counters[what] = self.counters.get(what, 0) + times

    def session(self, session: str, at: float) -> Session:
        """What is known of a session, from now on at least this."""
        known = self.sessions.setdefault(session, {"started_at": at})
        known["seen_at"] = max(at, _number(known.get("seen_at")) or 0.0)
        return known

    def has_pseudonym(self, session: str) -> bool:
        """Whether the session was given one already."""
        return isinstance(self.sessions.get(session, {}).get("pseudonym"), str)

    def pseudonym(self, session: str, now: float | None = None) -> str:
        """The session's id for receivers elsewhere, made with the salt of the day on which it was first needed.

        It stays the session's own as long as the session is remembered, so that a session that crosses midnight, or is
        resumed, is one. The salts of earlier days are gone.
        """
        at = time.time() if now is None else now
        known = self.session(session, at)
        if not self.has_pseudonym(session):
            today = time.strftime("%Y-%m-%d", time.gmtime(at))
            if self._salt.get("day") != today or not isinstance(self._salt.get("salt"), str):
                self._salt = {"day": today, "salt": identity.new_salt()}
            known["pseudonym"] = identity.pseudonym(self._salt["salt"], session)
        return str(known["pseudonym"])

    def _forget(self) -> None:
        since = time.time() - KEPT_SECONDS
        kept = [
            (session, known) for session, known in self.sessions.items() if _seen(known) >= since or known.get("due")
        ]
        kept.sort(key=lambda pair: _seen(pair[1]))
        self.sessions = dict(kept[-MAX_SESSIONS:])
        if self._salt.get("day") != time.strftime("%Y-%m-%d", time.gmtime()):
            self._salt = {}


def _seen(known: Session) -> float:
    return _number(known.get("seen_at")) or 0.0


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _plain(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> dict[str, Session]:
    return {name: known for name, known in _plain(value).items() if isinstance(known, dict)}
