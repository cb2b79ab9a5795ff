"""The older form of a chat: one document with all messages, written anew each time. Source: docs/formats/gemini_cli.md."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tachograph.inputs.agents.gemini_cli.chats import ChatReader
from tachograph.inputs.agents.kit.records import Tally, Unusable
from tachograph.inputs.opening import BYTE_ORDER_MARK
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["DocumentReader"]

_MAX_BYTES = 128 * 1024 * 1024
_AT_ONCE = 2000


class DocumentReader(Tally):
    """Reads the document as a whole: what was read before makes the same events again."""

    def __init__(self, *, received_us: int = 0) -> None:
        super().__init__()
        self.since = 0
        self._received_us = received_us
        self._contents = False

    def bring_contents(self) -> None:
        """Texts are wanted too."""
        self._contents = True

    def read(self, path: str, since: int) -> Iterator[list[RawEvent]]:
        """All of it; see WholeReader. Raises OSError."""
        if os.path.getsize(path) > _MAX_BYTES:
            self.set_aside(0, 0, 0, DropReason.TOO_LARGE, "a document too large")
            return
        with open(path, "rb") as file:
            body = file.read(_MAX_BYTES)
        try:
            document = msgspec.json.decode(body.removeprefix(BYTE_ORDER_MARK))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            document = None
        messages = document.get("messages") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(messages, list):
            self.set_aside(0, 0, 0, DropReason.BAD_LINE, "not a chat")
            return
        chat = ChatReader(file_hint=path, received_us=self._received_us)
        if self._contents:
            chat.bring_contents()
        self._take(0, chat.begin, document)
        for number, message in enumerate(messages, 1):
            self.lines += 1
            self._take(number, chat.take_message, message)
            if number % _AT_ONCE == 0:
                yield chat.drain()
        self.ignored = chat.ignored
        yield chat.finish()

    def _take(self, number: int, take: Callable[[dict[str, Any]], None], record: object) -> None:
        with self.guard(number, 0):
            if not isinstance(record, dict):
                raise Unusable(DropReason.BAD_LINE, "not an object")
            take(record)
