"""Reads a message of opencode up to 1.1, which kept each message and each part in a JSON document of its own.

`storage/message/<session>/<message>.json` is the document that is found; its parts are in `storage/part/<message>/`, its
session in `storage/session/<project>/<session>.json`. opencode copied all of them into its database once and left
them where they were: events of both are the same, because their keys are made of what both say.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from tachograph.inputs.agents.kit.records import Tally, Unusable
from tachograph.inputs.agents.opencode.messages import Events, SessionInfo
from tachograph.inputs.agents.opencode.records import (
    Message,
    Part,
    decode_message,
    decode_part,
    decode_session,
    nanoseconds,
)
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["DocumentReader"]

_MAX_BYTES = 64 * 1024 * 1024


class DocumentReader(Tally):
    """A WholeReader of one message; `since` is always 0, because a document is read as a whole.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, *, received_us: int) -> None:
        super().__init__()
        self.since = 0
        self._events = Events(received_us)

    def bring_contents(self) -> None:
        """Texts are wanted too."""
        self._events.contents = True

    def read(self, path: str, since: int) -> Iterator[list[RawEvent]]:
        """The message's events. Raises OSError where the message cannot be read; what belongs to it may be missing."""
        del since
        data = _read(path)
        self.lines += 1
        try:
            message = decode_message(data)
            if not message.role or not message.session:
                raise Unusable(DropReason.BAD_LINE, "no message of opencode's")
            folder = os.path.dirname(path)
            storage = os.path.dirname(os.path.dirname(folder))
            name = os.path.splitext(os.path.basename(path))[0]
            parts = self._parts(os.path.join(storage, "part", message.id or name))
            asked = _prompt(os.path.join(folder, f"{message.parent}.json")) if _is_name(message.parent) else None
            self._events.take(_session(storage, message.session), message, parts, asked)
        except Unusable as bad:
            self.set_aside(self.lines, 0, len(data), bad.reason, bad.detail)
        except Exception:  # noqa: BLE001 - whatever we did wrong costs this document and no other
            self.set_aside(self.lines, 0, len(data), DropReason.INTERNAL_ERROR, "a fault of ours")
        yield self._events.hand_over()

    def _parts(self, folder: str) -> list[Part]:
        parts = []
        for name in _names(folder):
            try:
                data = _read(os.path.join(folder, name))
            except OSError:
                self.set_aside(self.lines, 0, 0, DropReason.BAD_LINE, "a part that cannot be opened")
                continue
            self.lines += 1
            try:
                parts.append(decode_part(data))
            except Unusable as bad:
                self.set_aside(self.lines, 0, len(data), bad.reason, bad.detail)
        return parts


def _session(storage: str, session: str) -> SessionInfo:
    """What the session's document says; it lies in the folder of its project, which nothing else names."""
    if _is_name(session):
        sessions = os.path.join(storage, "session")
        for project in _names(sessions, ending=""):
            try:
                told = decode_session(_read(os.path.join(sessions, project, f"{session}.json")))
            except OSError:
                continue
            return SessionInfo(
                id=session,
                parent=told.parent,
                directory=told.directory,
                version=told.version,
                created_ns=nanoseconds(told.time.created if told.time else None),
            )
    return SessionInfo(id=session)


def _prompt(path: str) -> Message | None:
    try:
        return decode_message(_read(path))
    except (OSError, Unusable):
        return None


def _names(folder: str, ending: str = ".json") -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.endswith(ending))
    except OSError:
        return []


def _is_name(text: str | None) -> bool:
    """Whether this is one file's name: what a document says must not lead out of its folder."""
    return bool(text) and text is not None and text.replace("_", "").isalnum()


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError("a document that is too large")
    return data
