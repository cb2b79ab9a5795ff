"""JSON by the interpreter's own scanner, without what the package `json` loads around it: regular expressions.

That package costs as much time as everything else that a status line does. What is read and written is the same.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]


class _Context:
    """What the scanner asks for its parsers."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float  # NaN and Infinity, which json.loads takes too
    memo: dict[str, str] = {}  # noqa: RUF012 - of one short process


def loads(data: bytes) -> Any:
    """The value in this text. Raises ValueError, RecursionError."""
    text = data.decode().removeprefix("\ufeff").strip(" \t\r\n")
    try:
        from _json import make_scanner
    except ImportError:  # pragma: no cover - another interpreter
        from json import loads as load

        return load(text)
    try:
        value, end = make_scanner(_Context())(text, 0)  # type: ignore[arg-type]
    except (StopIteration, SystemError):  # up to 3.11 it cannot say what is wrong where `json` was never loaded
        raise ValueError("no JSON") from None
    if end != len(text):
        raise ValueError("more than one value")
    return value


def dumps(value: Any) -> str:
    """Its text, ASCII only: for dicts with texts as keys, lists, texts, finite numbers, true, false and null."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{dumps(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _quoted(text: str) -> str:
    try:
        from _json import encode_basestring_ascii
    except ImportError:  # pragma: no cover - another interpreter
        from json import dumps as dump

        return dump(text)
    return encode_basestring_ascii(text)
