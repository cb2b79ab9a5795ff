"""The parts of opencode's rows and documents that are read at all.

Everything not named here is skipped by the JSON parser without ever becoming a Python object; texts, tool inputs and
outputs stay raw bytes unless a number has to be taken from them. Every field may be absent.
"""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import DropReason

__all__ = [
    "ABSENT",
    "Failure",
    "FailureData",
    "Message",
    "Part",
    "Session",
    "Tokens",
    "ToolInput",
    "ToolMetadata",
    "ToolState",
    "UserModel",
    "as_text",
    "decode_message",
    "decode_part",
    "decode_session",
    "nanoseconds",
    "read_object",
]

ABSENT = msgspec.Raw(b"")
_MAX_NS = 2**63 - 1

Number = int | float


class Cache(msgspec.Struct, gc=False):
    """Cached input."""

    read: Number | None = None
    write: Number | None = None


class Tokens(msgspec.Struct, gc=False):
    """Usage, disjoint: input without cache, output without reasoning."""

    input: Number | None = None
    output: Number | None = None
    reasoning: Number | None = None
    cache: Cache | None = None


class Times(msgspec.Struct, gc=False):
    """UTC milliseconds since 1970."""

    created: Number | None = None
    completed: Number | None = None
    start: Number | None = None
    end: Number | None = None


class Folder(msgspec.Struct, gc=False):
    """Where the agent was."""

    cwd: str | None = None
    root: str | None = None


class Failure(msgspec.Struct, gc=False):
    """Why a message ended badly."""

    name: str | None = None
    data: msgspec.Raw = ABSENT


class FailureData(msgspec.Struct, gc=False, rename="camel"):
    """The one part of it that is no text."""

    status_code: int | None = None


class UserModel(msgspec.Struct, gc=False, rename={"model": "modelID", "provider": "providerID"}):
    """The model a person asked for."""

    provider: str | None = None
    model: str | None = None
    variant: str | None = None


class Message(msgspec.Struct, gc=False, rename={"parent": "parentID", "model": "modelID", "provider": "providerID"}):
    """`message.data`, or a message's document."""

    role: str | None = None
    parent: str | None = None
    mode: str | None = None
    agent: str | None = None
    model: str | None = None
    provider: str | None = None
    asked: msgspec.Raw = msgspec.field(default=ABSENT, name="model")  # of a user message: an object
    variant: str | None = None
    path: Folder | None = None
    cost: Number | None = None
    tokens: Tokens | None = None
    time: Times | None = None
    finish: str | None = None
    summary: msgspec.Raw = ABSENT  # of an answer: whether it sums up; of a prompt: what was changed
    error: msgspec.Raw = ABSENT
    id: str | None = None  # in documents only
    session: str | None = msgspec.field(default=None, name="sessionID")


class Part(msgspec.Struct, gc=False, rename={"call_id": "callID"}):
    """`part.data`, or a part's document."""

    type: str | None = None
    time: Times | None = None
    tokens: Tokens | None = None  # of step-finish
    cost: Number | None = None
    reason: str | None = None
    tool: str | None = None
    call_id: str | None = None
    state: msgspec.Raw = ABSENT
    text: msgspec.Raw = ABSENT
    synthetic: bool | None = None
    ignored: bool | None = None
    auto: bool | None = None  # of compaction
    command: str | None = None  # of subtask
    agent: str | None = None


class ToolState(msgspec.Struct, gc=False):
    """What became of a tool call."""

    status: str | None = None
    input: msgspec.Raw = ABSENT
    output: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    metadata: msgspec.Raw = ABSENT
    time: Times | None = None


class ToolInput(msgspec.Struct, gc=False, rename="camel"):
    """The parts of a tool's input that are looked at."""

    command: str | None = None
    file_path: str | None = None
    content: msgspec.Raw = ABSENT
    subagent_type: str | None = msgspec.field(default=None, name="subagent_type")
    name: str | None = None


class FileDiff(msgspec.Struct, gc=False, rename="camel"):
    """Lines changed in one file."""

    additions: Number | None = None
    deletions: Number | None = None
    file: str | None = None
    file_path: str | None = None


class EditResult(msgspec.Struct, gc=False):
    """One of several edits."""

    filediff: FileDiff | None = None


class ToolMetadata(msgspec.Struct, gc=False):
    """The parts of `state.metadata` that are counted."""

    exit: int | None = None
    exists: bool | None = None  # of write: whether the file was there before
    diff: msgspec.Raw = ABSENT
    filediff: FileDiff | None = None
    files: list[FileDiff] | None = None  # of apply_patch
    results: list[EditResult] | None = None  # of multiedit


class Session(msgspec.Struct, gc=False, rename={"parent": "parentID"}):
    """A session's document."""

    id: str | None = None
    parent: str | None = None
    directory: str | None = None
    version: str | None = None
    time: Times | None = None


_message = msgspec.json.Decoder(Message).decode
_part = msgspec.json.Decoder(Part).decode
_session = msgspec.json.Decoder(Session).decode
_text = msgspec.json.Decoder(str).decode
_T = TypeVar("_T", bound=msgspec.Struct)


def decode_message(data: bytes) -> Message:
    """Raises Unusable."""
    try:
        return _message(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unusable(DropReason.BAD_LINE, "a message that cannot be read") from None


def decode_part(data: bytes) -> Part:
    """Raises Unusable."""
    try:
        return _part(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unusable(DropReason.BAD_LINE, "a part that cannot be read") from None


def decode_session(data: bytes) -> Session:
    """An empty one if it cannot be read: what it would say can be unknown."""
    try:
        return _session(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Session()


def read_object(kind: type[_T], raw: msgspec.Raw) -> _T:
    """The object in `raw`, an empty one if it is something else: no row is lost for a detail."""
    if not len(memoryview(raw)):
        return kind()
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return kind()


def as_text(raw: msgspec.Raw) -> str | None:
    """The text in `raw`, None if it is none."""
    try:
        return _text(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def nanoseconds(value: Number | None) -> int | None:
    """Milliseconds since 1970 as nanoseconds; None if it is no time that can be stored."""
    if value is None or not math.isfinite(value) or not 0 < value < _MAX_NS / 1e6:
        return None
    return round(value * 1000) * 1000
