"""What the files are that a person names: local histories, OTLP, console logs, dumps of the SDK, or none of these.

Names only decide which files below a folder are looked at; what a file is, its first bytes say. Loading this is cheap,
because the quick check does; what looks into files is loaded when there is a file to look into.
"""

from __future__ import annotations

import os
import re

from tachograph.inputs.agents.histories import BY_ID, HISTORIES, UNMARKED
from tachograph.inputs.agents.kit.history import History, is_left_alone
from tachograph.inputs.files.otel_dump.beginning import holds_dump
from tachograph.inputs.files.otlp.beginning import begins_json_request
from tachograph.inputs.files.unit import FileKind
from tachograph.inputs.opening import open_file

__all__ = ["is_candidate", "kind_of", "kind_remembered"]

_ENDINGS = (".jsonl", ".json", ".pb", ".binpb", ".log", ".txt", ".out")
_PACKED = (".gz", ".zst", ".zstd")
_HEAD_BYTES = 64 * 1024
_is_session_name = re.compile(r"(?:agent-)?[0-9a-f-]{8,40}\.jsonl").fullmatch


def is_candidate(name: str) -> bool:
    """Whether a file of this name, met below a named folder, is looked at."""
    lower = name.lower()
    for packed in _PACKED:
        lower = lower.removesuffix(packed)
    if is_left_alone(lower):
        return False
    if any(history.wanted(name) for history in HISTORIES):
        return True
    return lower.endswith(_ENDINGS) and not lower.endswith(".meta.json")  # what lies beside transcripts and captures


def kind_of(path: str) -> FileKind | History:
    """What a file is, by its first bytes. A text is said to be CONSOLE: whether it holds dumps, reading it shows.

    Raises:
        OSError: it cannot be read.
    """
    name = os.path.basename(path)
    head = _head_of(path)
    is_packed = head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))
    if is_packed:
        for history in HISTORIES:
            if history.wanted(name):  # only its own name can say so
                return history
    else:
        if begins_json_request(head):
            return FileKind.OTLP
        for history in HISTORIES:
            if history.begins(head):
                return history
        if _is_session_name(name):  # a transcript whose first lines are damaged
            return BY_ID[UNMARKED]
    from tachograph.inputs.files.otlp.requests import looks_like_otlp
    from tachograph.inputs.files.streams import WIDE_MARKS, FileStream

    if is_packed or head.startswith(WIDE_MARKS):
        with FileStream(path) as stream:
            head = b""
            while len(head) < _HEAD_BYTES and (piece := stream.read(_HEAD_BYTES - len(head))):
                head += piece
    if looks_like_otlp(head, name):
        return FileKind.OTLP
    if holds_dump(head):
        return FileKind.OTEL_DUMP
    return FileKind.UNKNOWN if b"\0" in head or not head.strip() else FileKind.CONSOLE


def kind_remembered(head: str) -> FileKind | History:
    """What a file was when it was read, from what `FileState.head` says."""
    word, colon, _ = head.partition(":")
    if not colon:
        return BY_ID[UNMARKED]
    return BY_ID.get(word) or FileKind(word)


def _head_of(path: str) -> bytes:
    descriptor, _ = open_file(path)
    try:
        return os.pread(descriptor, _HEAD_BYTES, 0)
    finally:
        os.close(descriptor)
