"""Reads what is new in opencode's database: messages that were written or changed, with their parts.

Every row of `message` has the time it was last written, and a message is written again when it ends. So a reading asks
for the messages written since the last one (that table is small: the texts are in `part`) and, by an index, for their
parts. A little of what was read before is read again, because several processes may write with slightly different
clocks; the same rows make the same events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from tachograph.inputs.agents.kit.records import Tally, Unusable
from tachograph.inputs.agents.opencode.messages import Events, SessionInfo
from tachograph.inputs.agents.opencode.records import (
    Message,
    Part,
    decode_message,
    decode_part,
    nanoseconds,
)
from tachograph.inputs.agents.opencode.snapshot import Snapshot
from tachograph_sdk.model.event import RawEvent

__all__ = ["DatabaseReader"]

_MARGIN_MS = 600_000  # read again each time
_AT_ONCE = 256  # messages whose rows are held in memory

_NEWS = "select rowid, time_updated from message where time_updated >= ? order by rowid"
_MESSAGES = "select m.rowid, m.id, m.session_id, cast(m.data as blob) from message m where m.rowid in ({})"
_PARTS = "select message_id, rowid, cast(data as blob) from part where message_id in ({}) order by message_id, id"
_PARENTS = "select id, cast(data as blob) from message where id in ({})"
_SESSIONS = "select id, parent_id, directory, version, time_created from session where id in ({})"
_NEEDED = {"message", "part", "session"}


@dataclass(slots=True)
class _Rows:
    """Rows of one portion, as they are in the database."""

    messages: list[tuple[int, str, str, bytes]]  # rowid, id, session, data
    parts: dict[str, list[tuple[int, bytes]]]  # by message: rowid, data
    parents: dict[str, bytes]
    sessions: dict[str, SessionInfo]


class DatabaseReader(Tally):
    """A WholeReader; `since` is UTC milliseconds since 1970.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, *, received_us: int) -> None:
        super().__init__()
        self.since = 0
        self._received_ms = received_us // 1000
        self._events = Events(received_us)

    def bring_contents(self) -> None:
        """Texts are wanted too."""
        self._events.contents = True

    def read(self, path: str, since: int) -> Iterator[list[RawEvent]]:
        """What is new, a few hundred messages at a time. Raises OSError where the file cannot be read."""
        self.since = since
        snapshot = Snapshot(path)
        try:
            news = snapshot.ask(lambda database: _find_news(database, since))
            if news is None:
                if snapshot.is_cut():
                    raise OSError("the database is cut off")
                self.ignored["<not opencode's>"] += 1
                return
            for start in range(0, len(news), _AT_ONCE):
                rowids = [rowid for rowid, _ in news[start : start + _AT_ONCE]]
                rows = snapshot.ask(lambda database, wanted=rowids: _fetch(database, wanted))  # type: ignore[misc]
                self._take(rows)
                yield self._events.hand_over()
        finally:
            snapshot.close()
        # A row from the future (a clock that was wrong) must not hide all that come after it.
        newest = max((updated for _, updated in news if updated <= self._received_ms), default=0)
        self.since = max(since, newest - _MARGIN_MS)

    def _take(self, rows: _Rows) -> None:
        prompts = {name: message for name, data in rows.parents.items() if (message := _prompt(data)) is not None}
        for rowid, name, session, data in rows.messages:
            self.lines += 1
            with self.guard(rowid, len(data)):
                message = decode_message(data)
                parts = self._parts(rows.parts.get(name, []))
                info = rows.sessions.get(session) or SessionInfo(id=session)
                self._events.take(info, message, parts, prompts.get(message.parent or ""))

    def _parts(self, rows: list[tuple[int, bytes]]) -> list[Part]:
        parts = []
        for rowid, data in rows:
            self.lines += 1
            try:
                parts.append(decode_part(data))
            except Unusable as bad:
                self.set_aside(rowid, 0, len(data), bad.reason, bad.detail)
        return parts


def _find_news(database: sqlite3.Connection, since: int) -> list[tuple[int, int]] | None:
    """Rowid and time of change of each message written since then; None if this is no database of opencode's."""
    tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
    if not tables >= _NEEDED:
        return None
    return database.execute(_NEWS, (since,)).fetchall()


def _fetch(database: sqlite3.Connection, rowids: list[int]) -> _Rows:
    messages = _all(database, _MESSAGES, rowids)
    messages.sort()
    parts: dict[str, list[tuple[int, bytes]]] = {}
    for name, rowid, data in _all(database, _PARTS, [row[1] for row in messages]):
        parts.setdefault(name, []).append((rowid, data))
    parents = {name for *_, data in messages if (name := _parent_of(data))}
    sessions = {
        name: SessionInfo(id=name, parent=parent, directory=directory, version=version, created_ns=nanoseconds(created))
        for name, parent, directory, version, created in _all(database, _SESSIONS, list({row[2] for row in messages}))
    }
    return _Rows(messages, parts, dict(_all(database, _PARENTS, list(parents))), sessions)


def _all(database: sqlite3.Connection, question: str, values: list[int] | list[str]) -> list[tuple]:  # type: ignore[type-arg]
    return database.execute(question.format(",".join("?" * len(values))), values).fetchall()


def _parent_of(data: bytes) -> str | None:
    try:
        return decode_message(data).parent
    except Unusable:
        return None


def _prompt(data: bytes) -> Message | None:
    try:
        return decode_message(data)
    except Unusable:
        return None
