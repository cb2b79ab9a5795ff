"""Reads a JavaScript object as Node's `util.inspect` or Bun print it. Nothing is evaluated.

Node quotes with ', with " where the text holds ', with ` where it holds both, writes no comma after the last element and
splits long texts with `+`; Bun quotes with " and writes a comma after every element. Both leave keys that are
identifiers without quotes. What stands for something that has no value of its own (undefined, functions, classes,
symbols, dates, maps, what was too deep or too long to be printed) is left out.

Linear: every step moves forward, and each pattern is one class of characters repeated, so that nothing is ever tried
twice. `steps` counts them.
"""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

__all__ = ["MAX_DEPTH", "Unreadable", "read_literal"]

MAX_DEPTH: Final = 24
MAX_STEPS: Final = 500_000
MAX_DIGITS: Final = 40
MAX_NAME: Final = 512

_ABSENT: Final = object()
_WORDS: Final[dict[str, Any]] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}

_space = re.compile(r"[ \t\r\n]*").match
_identifier = re.compile(r"[A-Za-z0-9_$]*").match
_bare = re.compile(r"[^,\n\[\]{}()]*").match
_to_separator = re.compile(r"[^,\n\]}]*").match
_in_quotes = {quote: re.compile(rf"[^{quote}\\]*").match for quote in "'\"`"}
_to_bracket = re.compile(r"[^'\"`\[\]{}]*").match


class Unreadable(Exception):
    """This is no printed object. Says why in fixed words, never what it was."""


def read_literal(text: str) -> tuple[Any, int]:
    """The value of a whole text, as dicts, lists, texts, numbers, booleans and None; and the steps it took.

    Raises:
        Unreadable: it is not exactly one value.
    """
    reader = _Reader(text)
    reader.space()
    value = reader.value(0)
    reader.space()
    if reader.at != len(text):
        raise Unreadable("more than one value")
    return (None if value is _ABSENT else value), reader.steps


class _Reader:
    __slots__ = ("at", "steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.steps = 0

    def value(self, depth: int) -> Any:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Unreadable("too many parts")
        if depth > MAX_DEPTH:
            raise Unreadable("too deep")
        first = self.peek()
        if first in _in_quotes:
            return self.string()
        if first == "{":
            return self.object(depth)
        if first == "[":
            following = self.text[self.at + 1 : self.at + 2]
            return self.named(depth, "]") if following.isalpha() else self.array(depth)
        if first == "<":  # <ref *1> before an object, or <1 empty item>
            return self.named(depth, ">")
        return self.word(depth)

    def object(self, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        self.at += 1
        while not self.closes("}"):
            if not self.is_rest():
                key = self.key()
                self.space()
                if self.peek() != ":":
                    self.fail()
                self.at += 1
                self.space()
                value = self.value(depth + 1)
                if key is not None and value is not _ABSENT:
                    out[key] = value
            self.separator("}")
        return out

    def array(self, depth: int) -> list[Any]:
        out: list[Any] = []
        self.at += 1
        while not self.closes("]"):
            if not self.is_rest():
                value = self.value(depth + 1)
                if value is not _ABSENT:
                    out.append(value)
            self.separator("]")
        return out

    def named(self, depth: int, end: str) -> Any:
        """[Function: x], [Object], <ref *1>, [Object: null prototype] {…}: only an object after it is worth reading."""
        self.skip_to(end)
        return self.following_object(depth)

    def following_object(self, depth: int) -> Any:
        if self.text.startswith((" {", " ["), self.at):
            self.at += 1
            return self.object(depth) if self.peek() == "{" else self.array(depth)
        return _ABSENT

    def word(self, depth: int) -> Any:
        """A number, a name for a value, or the beginning of something with a class: Resource {…}, Map(1) {…}."""
        start = self.at
        self.at = _end(_bare(self.text, start))
        word = self.text[start : self.at].rstrip(" \t\r")
        if not word or ": " in word:  # a comma is missing
            self.fail()
        following = self.peek()
        if following == "(":  # Symbol(x), Map(1) {…}
            self.skip_to(")")
            if self.text.startswith((" {", " ["), self.at):
                self.at += 1
                self.skip_container()
            return _ABSENT
        if following in ("{", "[") and following:
            if not word.isidentifier():
                self.fail()
            return self.object(depth) if following == "{" else self.array(depth)
        if word in _WORDS:
            return _WORDS[word]
        return _number(word)

    def string(self) -> str:
        """A text, with those it was split into."""
        parts = [self.one_string()]
        while True:
            if self.text.startswith("...", self.at):  # ... 12 more characters
                self.at = _end(_to_separator(self.text, self.at))
            mark = _end(_space(self.text, self.at))
            if not self.text.startswith("+", mark):
                break
            self.steps += 1
            self.at = _end(_space(self.text, mark + 1))
            if self.peek() not in _in_quotes:
                self.fail()
            parts.append(self.one_string())
        return _mended("".join(parts))

    def one_string(self) -> str:
        quote = self.peek()
        run = _in_quotes[quote]
        self.at += 1
        parts = []
        while True:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Unreadable("too many parts")
            end = _end(run(self.text, self.at))
            parts.append(self.text[self.at : end])
            self.at = end
            if self.peek() == quote:
                self.at += 1
                return "".join(parts)
            if not self.peek():
                raise Unreadable("a text without an end")
            parts.append(self.escape())

    def escape(self) -> str:
        code = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if code == "x":
            return self.code_point(2)
        if code == "u":
            if self.peek() != "{":
                return self.code_point(4)
            close = self.text.find("}", self.at, self.at + 8)
            if close < 0:
                self.fail()
            self.at += 1
            letter = self.code_point(close - self.at)
            self.at += 1
            return letter
        if not code:
            raise Unreadable("a text without an end")
        return _ESCAPES.get(code, code)

    def code_point(self, digits: int) -> str:
        text = self.text[self.at : self.at + digits]
        self.at += digits
        if len(text) != digits or not all(c in "0123456789abcdefABCDEF" for c in text):
            self.fail()
        number = int(text, 16) if text else -1
        if not 0 <= number <= 0x10FFFF:
            self.fail()
        return chr(number)

    def key(self) -> str | None:
        """A key; None for one that is no text."""
        first = self.peek()
        if first in _in_quotes:
            return _mended(self.one_string())
        if first == "[":  # [Symbol(x)]
            self.skip_to("]")
            return None
        start = self.at
        self.at = _end(_identifier(self.text, start))
        if self.at == start:
            self.fail()
        return self.text[start : self.at]

    def is_rest(self) -> bool:
        """Whether "... 3 more items" stands here; it is passed over."""
        if not self.text.startswith("...", self.at):
            return False
        self.steps += 1
        self.at = _end(_to_separator(self.text, self.at))
        return True

    def skip_container(self) -> None:
        """Pass over a map or the like, whatever is in it."""
        open_ = 0
        while True:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Unreadable("too many parts")
            self.at = _end(_to_bracket(self.text, self.at))
            first = self.peek()
            if not first:
                raise Unreadable("a bracket without an end")
            if first in _in_quotes:
                self.one_string()
                continue
            self.at += 1
            open_ += 1 if first in "{[" else -1
            if open_ <= 0:
                return

    def skip_to(self, end: str) -> None:
        """Pass over a name in brackets; looking for its end has a limit, because it may be looked for at every place."""
        close = self.text.find(end, self.at, self.at + MAX_NAME)
        if close < 0:
            self.fail()
        self.at = close + 1

    def closes(self, bracket: str) -> bool:
        self.space()
        if self.peek() != bracket:
            return False
        self.at += 1
        return True

    def separator(self, bracket: str) -> None:
        self.space()
        if self.peek() == ",":
            self.at += 1
        elif self.peek() != bracket:
            self.fail()

    def space(self) -> None:
        self.at = _end(_space(self.text, self.at))

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def fail(self) -> NoReturn:
        raise Unreadable("not written as an object is" if self.at < len(self.text) else "it ends too early")


def _end(match: re.Match[str] | None) -> int:
    assert match is not None, "a repetition matches the empty text, too"
    return match.end()


def _mended(text: str) -> str:
    """The text with halves of a letter put together, and halves alone made visible."""
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _number(word: str) -> Any:
    """A number as JavaScript prints it, or _ABSENT. Whole ones are ints, as they are in OTLP."""
    if len(word) > MAX_DIGITS:
        return _ABSENT
    digits = word.removeprefix("-")
    if digits.isascii() and digits.removesuffix("n").isdigit():
        return int(word.removesuffix("n"))
    if digits[:1] not in tuple("0123456789") or not all(c in "0123456789.e+-" for c in digits):
        return _ABSENT
    try:
        number = float(word)
    except ValueError:  # a date
        return _ABSENT
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
