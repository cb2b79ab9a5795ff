"""What a local history is: where an agent leaves its files, how they are known, and who reads them.

An agent's folder has a light module `history.py` with its histories, so that the quick check for nothing new loads no
reader; `inputs/agents/histories.py` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol

from tachograph.inputs.opening import BYTE_ORDER_MARK
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = [
    "MAX_LINE_BYTES",
    "BadRecordPlace",
    "Counts",
    "History",
    "LineReader",
    "WholeReader",
    "is_left_alone",
    "start_of",
]

MAX_LINE_BYTES = 64 * 1024 * 1024
"""Longer lines are set aside unread."""

_PROMPT_HISTORY = "history.jsonl"  # of several agents: it has no usage and is nothing but prompts
_SET_ASIDE = (".orphaned-", ".jsonl.superseded-")  # copies of transcripts that Claude Code put out of its way


def start_of(head: bytes) -> bytes:
    """A file's first bytes from where its content begins."""
    return head.lstrip(BYTE_ORDER_MARK + b" \t\r\n")


def is_left_alone(name: str) -> bool:
    """Whether a file of this name is never opened unless it is named itself, whoever's folder it lies in."""
    return name == _PROMPT_HISTORY or any(mark in name for mark in _SET_ASIDE)


class BadRecordPlace(Protocol):
    """A line or row that a reader set aside."""

    @property
    def number(self) -> int:
        """From 1."""

    @property
    def offset(self) -> int:
        """Bytes from the start of the file."""

    @property
    def size_bytes(self) -> int:
        """How long it is."""

    @property
    def reason(self) -> DropReason:
        """Why."""

    @property
    def detail(self) -> str:
        """Fixed wording, never input."""


class Counts(Protocol):
    """What every reader counts."""

    @property
    def lines(self) -> int:
        """Lines, rows or records read so far."""

    @property
    def bad_lines(self) -> Sequence[BadRecordPlace]:
        """Those set aside so far."""

    @property
    def ignored(self) -> Mapping[str, int]:
        """Records of types that are not read, by type."""


class LineReader(Counts, Protocol):
    """An agent's understanding of the lines of one file, made with (file_hint=, received_us=, from_start=)."""

    def bring_contents(self) -> None:
        """Bring texts too, as far as there are any. Called before anything is read, if at all."""

    def prime(self, line: bytes) -> bool:
        """A line before the place where reading goes on, for what it says of those after it. Gives no events.

        Which lines, History.primed_by says. True if no more of them are needed.
        """

    def feed(self, lines: Iterable[bytes], *, number: int, offset: int) -> None:
        """Read whole lines, given without their ends; the first has this number (from 1) and begins at this offset."""

    def offer(self, line: bytes, *, number: int, offset: int) -> bool:
        """Read a line that has no end yet, if it is a whole record all the same."""

    def set_aside(self, number: int, offset: int, size: int, reason: DropReason, detail: str) -> None:
        """Count a line as unusable."""

    def drain(self) -> list[RawEvent]:
        """Events that are finished."""

    def finish(self) -> list[RawEvent]:
        """All others."""

    def open_calls(self) -> list[tuple[int, int]]:
        """Line number and offset of each line to be read again with what follows, such as a call without a result.

        Only those near the end are waited for.
        """

    def context_place(self) -> tuple[int, int] | None:
        """Line number and offset where reading must begin next time at the latest; None if anywhere will do.

        For what all that follows depends on, such as the model of a turn.
        """


class WholeReader(Counts, Protocol):
    """An agent's understanding of a file that is read as a whole (a document, a database), made with (received_us=)."""

    def bring_contents(self) -> None:
        """Bring texts too, as far as there are any. Called before anything is read, if at all."""

    def read(self, path: str, since: int) -> Iterator[list[RawEvent]]:
        """What is new since the last reading, some thousand events at a time; the same records make the same events.

        Args:
            path: the file; it must not be changed in any way.
            since: what `since` was after the last reading, 0 at first.

        Raises:
            OSError: it cannot be read at all; it will be tried again when it changes.
        """

    @property
    def since(self) -> int:
        """How far it came, in the reader's own terms; kept in FileState.offset, >= 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One kind of file that an agent leaves on the machine."""

    id: str  # unique; stored with how far a file was read, so that it stays the same for ever
    agent: str  # the agent's id; `--agent` and the report name it
    roots: Callable[[Mapping[str, str], Path], list[Path]]  # the usual places, from the environment and the user's home
    wanted: Callable[[str], bool]  # by its name alone: is this file one of them, below its usual places
    begins: Callable[[bytes], bool]  # by its first bytes (at most 64 KiB): is this one of them, wherever it lies
    form: Literal["lines", "whole"]
    reader: str  # "module:class" of a LineReader or WholeReader, loaded when there is something to read
    companions: tuple[str, ...] = ()  # endings of files beside it in which news may lie, such as a database's "-wal"
    primed_by: Literal["nothing", "first line", "last lines"] = "nothing"  # what a reader needs to go on further down
    inside: Callable[[str], list[str]] | None = None  # for a folder that is named: where in it to look instead, or []

    def make(self, **arguments: Any) -> Any:
        """A new reader."""
        module, _, name = self.reader.partition(":")
        return getattr(import_module(module), name)(**arguments)
