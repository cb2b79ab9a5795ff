"""Changes a JSON text so that it says something else, and leaves every other character of it as it was.

A member or element that is taken out takes its comma and its white space along, and one that is put in comes last: so
putting in and taking out again gives the same text, byte for byte. The one exception is an object or list that was empty
but for white space; it comes back without that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

__all__ = ["NotPlainJson", "change_text", "read_text"]

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null")
_DECODER = json.JSONDecoder()
DEEPEST = 100


class NotPlainJson(ValueError):
    """The text is no JSON, or says the same key twice: it is not changed."""


@dataclass(frozen=True, slots=True)
class _Node:
    """A value and where it stands in the text."""

    start: int
    end: int
    value: Any
    items: tuple[_Item, ...] | None = None  # None: neither object nor list


@dataclass(frozen=True, slots=True)
class _Item:
    """A member of an object, or an element of a list, which has no key."""

    start: int
    key: str | None
    node: _Node


def read_text(text: str) -> Any:
    """What the text says.

    Raises:
        NotPlainJson: it is no JSON, or an object in it has a key twice.
    """
    return _parse(text).value


def change_text(text: str, wanted: Any) -> str:
    """The text with the fewest changes after which it says `wanted`.

    Raises:
        NotPlainJson: the text is no JSON, or an object in it has a key twice.
    """
    while (root := _parse(text)).value != wanted:
        text = _one_step(text, root, wanted, depth=1)
    return text


def _one_step(text: str, node: _Node, wanted: Any, depth: int) -> str:
    if node.items is not None and isinstance(wanted, dict) and isinstance(node.value, dict):
        for place, item in enumerate(node.items):
            if item.key not in wanted:
                return _without(text, node, place)
            if item.node.value != wanted[item.key]:
                return _one_step(text, item.node, wanted[item.key], depth + 1)
        key = next(key for key in wanted if key not in node.value)
        return _with(text, node, json.dumps(key, ensure_ascii=False) + ": ", wanted[key], depth)
    if node.items is not None and isinstance(wanted, list) and isinstance(node.value, list):
        same = 0
        while same < min(len(wanted), len(node.items)) and node.items[same].node.value == wanted[same]:
            same += 1
        if len(wanted) < len(node.items):
            return _without(text, node, same)
        if same < len(node.items):
            return _one_step(text, node.items[same].node, wanted[same], depth + 1)
        return _with(text, node, "", wanted[same], depth)
    return text[: node.start] + json.dumps(wanted, ensure_ascii=False) + text[node.end :]


def _without(text: str, node: _Node, place: int) -> str:
    items = node.items or ()
    if len(items) == 1:
        start, end = node.start + 1, node.end - 1
    elif place:
        start, end = items[place - 1].node.end, items[place].node.end
    else:
        start, end = items[0].start, items[1].start
    return text[:start] + text[end:]


def _with(text: str, node: _Node, label: str, value: Any, depth: int) -> str:
    items = node.items or ()
    newline = "\r\n" if "\r\n" in text else "\n"
    if items:
        gap = text[items[-2].node.end if len(items) > 1 else node.start : items[-1].start]
        if "\n" not in gap:
            place = items[-1].node.end
            return f"{text[:place]}, {label}{json.dumps(value, ensure_ascii=False)}{text[place:]}"
        indent = gap[gap.rindex("\n") + 1 :]
        unit = indent[: max(1, len(indent) // depth)] or "  "
        place = items[-1].node.end
        return f"{text[:place]},{newline}{indent}{label}{_pretty(value, unit, indent, newline)}{text[place:]}"
    line = text[text.rfind("\n", 0, node.start) + 1 : node.start]
    outer = line[: len(line) - len(line.lstrip())]
    unit = outer[: max(1, len(outer) // (depth - 1))] if outer and depth > 1 else "  "
    inner = outer + unit
    opening, closing = text[node.start], text[node.end - 1]
    body = f"{newline}{inner}{label}{_pretty(value, unit, inner, newline)}{newline}{outer}"
    return f"{text[: node.start]}{opening}{body}{closing}{text[node.end :]}"


def _pretty(value: Any, unit: str, indent: str, newline: str) -> str:
    return json.dumps(value, ensure_ascii=False, indent=unit).replace("\n", newline + indent)


def _parse(text: str) -> _Node:
    start = _skip(text, 1 if text.startswith("\ufeff") else 0)
    node = _value(text, start, 0)
    if _skip(text, node.end) != len(text):
        raise NotPlainJson("something follows the value")
    return node


def _skip(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return match.end() if match else place


def _value(text: str, start: int, depth: int) -> _Node:
    if depth > DEEPEST:
        raise NotPlainJson("it is nested too deeply")
    opening = text[start : start + 1]
    if opening == '"':
        value, end = _string(text, start)
        return _Node(start, end, value)
    if opening in ("{", "["):
        return _container(text, start, depth, is_object=opening == "{")
    if (match := _SCALAR.match(text, start)) is None:
        raise NotPlainJson(f"no value at character {start}")
    return _Node(start, match.end(), json.loads(match.group()))


def _container(text: str, start: int, depth: int, *, is_object: bool) -> _Node:
    closing = "}" if is_object else "]"
    items: list[_Item] = []
    place = _skip(text, start + 1)
    while text[place : place + 1] != closing:
        if items:
            place = _skip(text, _past(text, place, ","))
        begin, key = place, None
        if is_object:
            key, end = _string(text, place)
            place = _skip(text, _past(text, _skip(text, end), ":"))
        node = _value(text, place, depth + 1)
        items.append(_Item(begin, key, node))
        place = _skip(text, node.end)
    if not is_object:
        return _Node(start, place + 1, [item.node.value for item in items], tuple(items))
    value = {item.key: item.node.value for item in items}
    if len(value) != len(items):
        raise NotPlainJson("an object has a key twice")
    return _Node(start, place + 1, value, tuple(items))


def _string(text: str, start: int) -> tuple[str, int]:
    if text[start : start + 1] != '"':
        raise NotPlainJson(f"no string at character {start}")
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise NotPlainJson(str(error)) from None
    return str(value), end


def _past(text: str, place: int, mark: str) -> int:
    if text[place : place + 1] != mark:
        raise NotPlainJson(f"no {mark} at character {place}")
    return place + 1
