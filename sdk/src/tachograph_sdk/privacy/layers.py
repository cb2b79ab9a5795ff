"""What a text says when its escapes and encodings are read: layers, each with the way back to the text it came from.

`unescaped` reads one level of escapes wherever a line has some: backslashes (JSON, C, Python, git), percent, HTML
entities, and takes out what is invisible (terminal escapes, zero-width characters). `unpacked` reads runs of base64
and hexadecimal digits that hold text. Both take time in proportion to the text.

A layer is made of pieces. A piece that was copied maps character by character; a piece that was read from an escape
maps to the whole escape.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from tachograph_sdk.privacy.detectors.detector import Text
from tachograph_sdk.privacy.spans import Found

__all__ = ["Layer", "blank", "unescaped", "unfolded", "unpacked", "unslashed"]

MAX_PACKED = 1 << 20  # characters of one run of base64 or hex that are read; what is longer reads as several
_INVISIBLE = (
    "\u00ad\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_SEQUENCE = r"[0-?]{0,32}[ -/]{0,4}[@-~]"
_TERMINAL = rf"\x1b(?:\[{_SEQUENCE}|[()][A-Z0-9]|\][0-9]{{0,4}};|[=>78cDEHMNOZ])"
_TERMINAL_8_BIT = rf"\x9b{_SEQUENCE}"
_COLOUR = re.compile(r"\[[0-9]{1,3}(?:;[0-9]{1,3}){0,8}m")  # what is left when ESC itself was lost on the way
_MANY_BYTES = (
    "{0}[c-dC-D]{1}{0}[89abAB]{1}|{0}[eE]{1}(?:{0}[89abAB]{1}){{2}}|{0}[fF]{1}(?:{0}[89abAB]{1}){{3}}"  # UTF-8
)
_BACKSLASH = (
    r"""\\(?:["'\\/nrt]|e(?=\[)|u[0-9a-fA-F]{4}(?:(?<=u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2})?|u\{[0-9a-fA-F]{1,6}\}|"""
    r"U[0-9a-fA-F]{8}|x[0-7][0-9a-fA-F]|[01][0-7]{2}|3[0-7]{2}(?:\\2[0-7]{2}){1,3})|"
    + _MANY_BYTES.format(r"\\x", "[0-9a-fA-F]")
)
_PERCENT = "%[0-7][0-9a-fA-F]|" + _MANY_BYTES.format("%", "[0-9a-fA-F]")
_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|quot|apos|amp|lt|gt|commat|colon|sol|period);"
_MARKS: tuple[tuple[str, str], ...] = (
    ("\\", _BACKSLASH),
    ("%", _PERCENT),
    ("&", _ENTITY),
    ("\x1b", _TERMINAL),
    ("\x9b", _TERMINAL_8_BIT),
)
_FIND = {mark: re.compile(pattern) for mark, pattern in _MARKS}
_FIND.update((mark, re.compile(mark)) for mark in _INVISIBLE)
_LETTERS = {"e": "\x1b", "n": "\n", "r": "\r", "t": "\t"}
_ENTITIES = {
    "quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">", "commat": "@", "colon": ":", "sol": "/", "period": ".",
}  # fmt: skip
_SLASH = re.compile(r"(\\+/)")
_patterns: dict[str, re.Pattern[str]] = {}  # by the marks they are for: at most one for each set of marks


class Layer:
    """A text read from another one, and where each of its characters came from."""

    __slots__ = ("_from", "_parity", "_to", "text")

    def __init__(self, pieces: Sequence[str], starts: Sequence[int], parity: int) -> None:
        """From pieces of this layer, where each starts in the source and, last, where the source ends.

        Every second piece maps as a whole: those with an odd index if `parity` is 1, with an even one if it is 0.
        """
        self.text = "".join(pieces)
        self._from = list(accumulate(map(len, pieces), initial=0))
        self._to = starts
        self._parity = parity

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The part of the source that these characters (at least one) were read from."""
        first = bisect_right(self._from, start) - 1
        last = bisect_right(self._from, end - 1) - 1
        whole = self._parity
        begin = self._to[first] + (0 if first % 2 == whole else start - self._from[first])
        stop = self._to[last + 1] if last % 2 == whole else self._to[last] + end - self._from[last]
        return begin, stop

    def trimmed(self, found: Iterable[Found], read: Iterable[Found]) -> list[Found]:
        r"""Findings of the source, without the parts of escapes that this layer shows not to belong to them.

        In `\njane@example.com` the "n" looks like the first letter of the address until the escape is read. What this
        layer shows to be several findings is left out. `read` are its findings, as places in the source.
        """
        ends = {start: end for start, end, *_ in read}
        to, parity, last = self._to, self._parity, len(self._to) - 1
        trimmed: list[Found] = []
        for finding in found:
            start, end, precedence, kind, rule = finding
            stop = ends.get(start)
            if stop != end:
                piece = bisect_right(to, start) - 1
                if piece % 2 == parity and 0 <= piece < last and to[piece + 1] in ends:
                    start = to[piece + 1]
                    stop = ends[start]
                if stop is not None and stop < end:
                    piece = bisect_right(to, stop) - 1
                    if piece % 2 == parity and to[piece] == stop and self._is_border(piece):
                        end = stop
                    elif _are_all_of(ends, start, end):
                        continue
                finding = (start, end, precedence, kind, rule)
            trimmed.append(finding)
        return trimmed

    def _is_border(self, piece: int) -> bool:
        meaning = self.text[self._from[piece] : self._from[piece + 1]]
        return not meaning.strip("\\\"'` \t\r\n\v\f")


def _are_all_of(ends: Mapping[int, int], start: int, end: int) -> bool:
    """Whether findings, one behind the other with at most three characters between, make up this part of a text."""
    between = 0
    while start < end and between < 4:
        stop = ends.get(start)
        if stop is None:
            between += 1
            start += 1
        else:
            start = stop
    return start == end


class _Readings(dict[str, str]):
    """What each escape means; remembered, for there are few different ones."""

    def __missing__(self, escape: str) -> str:
        if len(self) > 4096:
            self.clear()
        meaning = self[escape] = _read(escape)
        return meaning


_READINGS = _Readings()


def blank(text: str) -> str:
    """The text with spaces, as many, in place of its terminal escapes: what follows one then begins a word."""
    for mark in ("\x1b", "\x9b"):
        if mark in text:
            text = _FIND[mark].sub(_spaces, text)
    if "m" in text and "[" in text:
        text = _COLOUR.sub(_spaces, text)
    return text


def unslashed(text: str) -> Layer | None:
    r"""The text with `\/`, as some write "/" in JSON, read as what it is: that is never anything else."""
    if "\\/" not in text:
        return None
    pieces = _SLASH.split(text)
    starts = list(accumulate(map(len, pieces), initial=0))
    pieces[1::2] = "/" * (len(pieces) // 2)
    return Layer(pieces, starts, 1)


def unescaped(text: str) -> Layer | None:
    """The lines of a text that hold escapes, with one level of these read; None if there is none."""
    marks = "".join(mark for mark, _ in _MARKS if mark in text)
    if not text.isascii():
        marks += "".join(mark for mark in _INVISIBLE if mark in text)
    if not marks:
        return None
    ranges = _lines(text, marks)
    if not ranges:
        return None
    pattern = _patterns.get(marks)
    if pattern is None:
        bodies = dict.fromkeys(_FIND[mark].pattern for mark in marks)
        pattern = _patterns[marks] = re.compile(f"({'|'.join(bodies)})")
    parts: list[str] = []
    starts: list[int] = []
    for start, end in ranges:
        found = pattern.split(text[start:end])  # literal, escape, literal, … literal
        if parts:  # what is between two ranges reads as a line break
            parts.append("\n")
            starts.append(start)
        starts += accumulate(map(len, found[:-1]), initial=start)
        found[1::2] = map(_READINGS.__getitem__, found[1::2])
        parts += found
    starts.append(ranges[-1][1])
    return Layer(parts, starts, 1)


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _lines(text: str, marks: str) -> list[tuple[int, int]]:
    """The lines with escapes, those next to each other in one; the whole text if these are most of it."""
    found: list[tuple[int, int]] = []
    for mark in marks:
        search = _FIND[mark].search
        at = 0
        while match := search(text, at):
            start = text.rfind("\n", at, match.start()) + 1 or at
            at = text.find("\n", match.end()) + 1 or len(text)
            found.append((start, at))
    found.sort()
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    if 2 * sum(end - start for start, end in merged) > len(text):
        return [(0, len(text))]
    return merged


def _read(escape: str) -> str:
    """What one escape (or a run of those that stand for bytes) means; itself if it means nothing."""
    head = escape[0]
    try:
        if head == "%":
            return bytes.fromhex(escape.replace("%", "")).decode()
        if head == "\\":
            return _read_backslash(escape)
        if head == "&":
            name = escape[1:-1]
            if name[0] != "#":
                return _ENTITIES[name]
            return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
    except (ValueError, OverflowError):
        return escape
    return ""  # invisible


def _read_backslash(escape: str) -> str:
    letter = escape[1]
    if letter in _LETTERS:
        return _LETTERS[letter]
    if letter in "uU":
        pair = escape.split("\\u")[1:]
        if len(pair) == 2:
            first, second = (int(half, 16) for half in pair)
            if 0xD800 <= first < 0xDC00:
                return chr(0x10000 + ((first - 0xD800) << 10) + second - 0xDC00)
            return chr(first) + chr(second)
        return chr(int(escape[2:].strip("{}"), 16))
    if letter == "x":
        return _from_bytes(bytes.fromhex(escape.replace("\\x", "")))
    if letter.isdigit():
        return _from_bytes(bytes(int(code, 8) for code in escape.split("\\")[1:]))
    return letter


def _from_bytes(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


# Runs of base64 and hex. Text in base64 shows by its first letter of each four: the top bit of an ASCII byte is 0, so
# that letter is one of the first half of the alphabet. Only the head of a run is looked at until it reads as text.
# Other scripts than Latin show by the first two: their first byte says of how many a letter is made.
_OTHER_SCRIPT = rb"(?:[w0z4-7][I-LYZabo-r4-7]|8J)[A-Za-z0-9+/_-]{14}"
_BASE64_TEXT = re.compile(rb"(?:(?:[A-Za-f][A-Za-z0-9+/_-]{3}){4}|" + _OTHER_SCRIPT + rb")[A-Za-z0-9+/_-]{0,48}")
_PACKED_TEXT = re.compile(
    rb"(?:[A-Za-f][A-Za-z0-9+/_-]{3}){4}|"
    + _OTHER_SCRIPT
    + rb"|(?:0[xX])?(?:[0-7]|[cdeCDE](?=[0-9a-dA-D][89abAB]))[0-9a-fA-F]{19}"
)  # a quick look
_JOINED = (b"+", b"/")  # what may join a run to the letters before it
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]*+")
_BASE64_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BEFORE = 256  # characters before a run of letters that may belong to it
_STANDARD = bytes.maketrans(b"-_", b"+/")
_HEX_PAIR = rb"(?:[2-7][0-9a-fA-F]|0[9aAdD]|1[bB])"  # a letter, a line break, an escape
_HEX_OTHER = rb"(?:[cC]3|[dD][01]|[eE][2-9a-dA-D])[89abAB][0-9a-fA-F]{17}"  # UTF-8 of other letters than a to z
_HEX_TEXT = re.compile(rb"(?:0[xX])?(?:" + _HEX_PAIR + rb"{10}|" + _HEX_OTHER + rb")")
_HEX = re.compile(rb"(?:0[xX])?((?>(?:[0-9a-fA-F]{2})*))")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def unpacked(text: Text) -> Layer | None:
    """What stands in the runs of base64 and hex of a text, a line for each; None if none holds text."""
    pieces: list[str] = []
    starts: list[int] = []
    after = 0
    data = text.ascii
    reads_as_text = _PACKED_TEXT.match
    for begin, end in text.runs:
        start = begin + 1 if data[begin] in b"-_" else begin  # a dash may belong to what is before
        if start < after or not (reads_as_text(data, start) or data[start - 1 : start] in _JOINED):
            continue
        packed = _hex(data, start, end) or _base64(data, start, after)
        if packed is None:
            continue
        start, after, plain = packed
        pieces += (plain, "\n")
        starts += (start, after)
    if not pieces:
        return None
    starts.append(len(data))
    return Layer(pieces, starts, 0)


def _hex(data: bytes, start: int, end: int) -> tuple[int, int, str] | None:
    if not _HEX_TEXT.match(data, start, end):
        return None
    match = _HEX.match(data, start, min(end, start + MAX_PACKED))
    plain = _plain(bytes.fromhex(match[1].decode())) if match else None
    return None if match is None or plain is None else (start, match.end(), plain)


def _base64(data: bytes, start: int, after: int) -> tuple[int, int, str] | None:
    """The base64 text that this run is part of: "+" and "/" before it belong to it, or not if it reads only so."""
    floor = max(after, start - _BEFORE)
    for begin in dict.fromkeys((floor + len(data[floor:start].rstrip(_BASE64_LETTERS)), start)):
        head = _BASE64_TEXT.match(data, begin)
        if head is None or _plain(_decoded(head[0])) is None:
            continue
        match = _BASE64.match(data, begin, begin + MAX_PACKED)
        end = match.end() if match else begin
        plain = _plain(_decoded(data[begin:end]))
        if plain is None:
            continue
        while data[end : end + 1] == b"=" and (end - begin) % 4:
            end += 1
        return begin, end, plain
    return None


def _decoded(letters: bytes) -> bytes:
    """The bytes these letters stand for, in either alphabet; a last single letter says nothing."""
    whole = len(letters) // 4 * 4
    if len(letters) - whole == 1:
        letters = letters[:whole]
    return binascii.a2b_base64(letters.translate(_STANDARD) + b"=" * (-len(letters) % 4))


def _plain(data: bytes) -> str | None:
    """The text these bytes are, if they are one: UTF-8 without control characters, or UTF-16 of ASCII letters."""
    if data[1:16:2].count(0) >= 4 and 0 not in data[:16:2]:
        return data.decode("utf-16-le", "replace")
    if _CONTROLS.search(data, 0, 48):
        return None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        # Cut, or followed by something else in the same run: what can be read is enough to see what it is.
        return data[: error.start].decode() if error.start >= 12 else None


_ANY = re.compile("|".join(dict.fromkeys(pattern.pattern for pattern in _FIND.values())))


def unfolded(text: str, levels: int = 4) -> str:
    """The text with every level of its escapes read, up to so many: so that equal values come out equal."""
    for _ in range(levels):
        after = _ANY.sub(lambda match: _READINGS[match[0]], text)
        if after == text:
            break
        text = after
    return text
