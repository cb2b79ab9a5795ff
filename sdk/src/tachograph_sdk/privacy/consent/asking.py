"""Asks a person on a terminal. Only y or yes is a yes; no terminal means that nobody was asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import IO, Any, Protocol

from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.privacy.consent.texts import ConsentText

__all__ = ["Answer", "StandardTerminal", "Terminal", "ask_each", "folded"]

LONGEST_ANSWER = 1_000  # characters; whoever pastes a book did not say yes


class Answer(Enum):
    """What the person said."""

    YES = "yes"
    NO = "no"
    NONE = (
        "none"  # nothing: the input ended, or they stopped the question; that is no yes, and no answer to keep either
    )


class Terminal(Protocol):
    """Where a person reads and types."""

    def is_there(self) -> bool:
        """True if a person can see the question and answer it."""

    def say(self, text: str) -> None:
        """Show it. May raise OSError."""

    def listen(self) -> str:
        """One line as typed. Raises EOFError where there is none to come, KeyboardInterrupt where they stop."""


class StandardTerminal:
    """Standard input, and standard error (standard output where only that is a terminal)."""

    def is_there(self) -> bool:
        """True for terminals, in a process that may read from them without being stopped."""
        return _is_terminal(sys.stdin) and self._screen() is not None and _in_foreground()

    def say(self, text: str) -> None:
        """Show it at once, folded to the width of the screen."""
        screen = self._screen()
        if screen is None:
            raise OSError("there is no terminal")
        screen.write(folded(text))
        screen.flush()

    def listen(self) -> str:
        """One line."""
        line = sys.stdin.readline(LONGEST_ANSWER)
        if not line:
            raise EOFError
        return line

    def _screen(self) -> IO[str] | None:
        return next((stream for stream in (sys.stderr, sys.stdout) if _is_terminal(stream)), None)


def ask_each(texts: Sequence[ConsentText], terminal: Terminal, *, app: str | None) -> Mapping[ConsentPurpose, Answer]:
    """One question a purpose, each with its text. Whoever ends the input or stops is asked no more. Never raises."""
    answers = dict.fromkeys((text.purpose for text in texts), Answer.NONE)
    try:
        for text in texts:
            terminal.say(f"\n{text.shown(app)}Allow this? [y/N] ")
            said = terminal.listen()
            answers[text.purpose] = Answer.YES if said.strip().lower() in ("y", "yes") else Answer.NO
    except (EOFError, KeyboardInterrupt, OSError, ValueError):  # ValueError: a stream that is closed, or not in UTF-8
        try:
            terminal.say("\nNot answered: nothing is allowed by it.\n")
        except (OSError, ValueError):
            pass  # the terminal is gone
    return answers


def folded(text: str, *, width: int = 0) -> str:
    """The same words in lines of at most `width` characters; 0: what the terminal shows, and no more than 100."""
    import shutil  # only where somebody is there to read
    import textwrap

    width = width or max(min(shutil.get_terminal_size().columns, 100), 40)
    fold = textwrap.TextWrapper(width, subsequent_indent=" " * 13, break_long_words=False, break_on_hyphens=False)
    lines = (line if len(line) <= width else fold.fill(line.rstrip("\n")) for line in text.split("\n"))
    return "\n".join(lines)


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError, OSError):  # None under pythonw; closed
        return False


def _in_foreground() -> bool:
    """False for a job in the background, which the system would stop as soon as it reads."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (AttributeError, OSError, ValueError):
        return True
