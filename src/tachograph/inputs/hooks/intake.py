"""The receiving end: `POST …/events` and `POST …/sessions`. Loads nothing that a small process has not loaded anyway."""

from __future__ import annotations

from typing import Final

import msgspec

from tachograph.inputs.beside import NotTaken
from tachograph.inputs.hooks.fields import Wrong
from tachograph.inputs.hooks.frame import to_frame
from tachograph.inputs.hooks.keys import FreshKeys
from tachograph.inputs.hooks.payload import What, read
from tachograph.inputs.hooks.stats import HookStats
from tachograph.ports import Submit
from tachograph_sdk.errors import JournalError, JournalFull

__all__ = ["HookIntake"]

MAX_BODY_BYTES: Final = 64 * 1024
OK: Final = b'{"status":"ok"}'


class HookIntake:
    """Implements `inputs.beside.Beside` for the plugin's payloads."""

    name = "hooks"
    max_body_bytes = MAX_BODY_BYTES

    def __init__(self, journal: Submit, keys: FreshKeys, stats: HookStats) -> None:
        self.stats = stats
        self._journal = journal
        self._keys = keys

    def takes(self, path: str) -> bool:
        """Whether the path ends in /events or /sessions, whatever stands before."""
        return path.endswith(("/events", "/sessions"))

    async def take(self, path: str, body: bytes | bytearray) -> bytes:
        """Return the answer once the payload is durable. The same payload again is taken again, and counts once.

        Raises:
            NotTaken: nothing of it is kept.
        """
        what = What.EVENTS if path.endswith("/events") else What.SESSIONS
        try:
            payload = read(what, body, self._keys.current())
        except Wrong as wrong:
            self.stats.refused[wrong.code] += 1
            raise NotTaken(400, wrong.code, wrong.message) from None
        kind, frame = to_frame(payload, body)
        try:
            await self._journal.append(kind, frame)
        except JournalFull as error:
            self.stats.refused[error.code] += 1
            raise NotTaken(429, error.code, error.message, retry_after_s=error.retry_after_s) from None
        except JournalError as error:
            self.stats.refused[error.code] += 1
            raise NotTaken(503, error.code, error.message, retry_after_s=error.retry_after_s) from None
        self.stats.count(payload)
        return OK

    def refusal(self, code: str, message: str) -> bytes:
        """The body of any other answer."""
        return msgspec.json.encode({"status": "error", "code": code, "message": message})
