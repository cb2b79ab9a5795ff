"""A payload in the journal: a word that says how far it can be believed, a line end, and the body as it was sent.

Who has the keys is the receiver; so it says what it found, and the core need not know them.
"""

from __future__ import annotations

from typing import Final

from tachograph.inputs.hooks.payload import Integrity, Payload, What
from tachograph.ports import FrameKind

__all__ = ["KINDS", "from_frame", "to_frame"]

KINDS: Final = {What.EVENTS: FrameKind.HOOK_EVENT, What.SESSIONS: FrameKind.HOOK_SESSION}


def to_frame(payload: Payload, body: bytes | bytearray) -> tuple[FrameKind, bytes]:
    """Kind and body of its frame."""
    return KINDS[payload.what], payload.integrity.value.encode() + b"\n" + body


def from_frame(body: bytes) -> tuple[Integrity, bytes]:
    """What was found, and what was sent. Raises ValueError if this is no such frame."""
    word, end, sent = body.partition(b"\n")
    if not end:
        raise ValueError("no such frame")
    return Integrity(word.decode("ascii")), sent
