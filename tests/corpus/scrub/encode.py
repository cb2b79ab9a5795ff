"""The same text as machines write it: inside JSON, a URL, HTML, base64."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import quote

from tests.corpus.scrub.case import Case, Plant

__all__ = ["ENCODINGS", "encoded"]


def _json(c: str) -> str:
    return json.dumps(c, ensure_ascii=False)[1:-1]


def _json_ascii(c: str) -> str:
    return json.dumps(c)[1:-1]


def _json_twice(c: str) -> str:
    return _json(_json(c)) if len(_json(c)) == 1 else "".join(map(_json, _json(c)))


def _json_slashes(c: str) -> str:
    """As PHP writes it."""
    return "\\/" if c == "/" else _json_ascii(c)


def _url(c: str) -> str:
    return quote(c, safe="")


def _url_twice(c: str) -> str:
    return quote(quote(c, safe=""), safe="")


def _unicode_escape(c: str) -> str:
    return c if c.isascii() and c.isalnum() else "".join(f"\\u{n:04x}" for n in _units(c))


def _all_unicode(c: str) -> str:
    return "".join(f"\\u{n:04x}" for n in _units(c))


def _all_hex(c: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in c.encode())


def _percent_all(c: str) -> str:
    return "".join(f"%{byte:02x}" for byte in c.encode())


def _html(c: str) -> str:
    return {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}.get(c, c)


def _html_more(c: str) -> str:
    return c if c.isalnum() or c in " -_." else f"&#{ord(c)};"


def _units(c: str) -> list[int]:
    data = c.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


_BY_CHARACTER: Mapping[str, Callable[[str], str]] = {
    "plain": lambda c: c,
    "json": _json,
    "json ascii": _json_ascii,
    "json twice": _json_twice,
    "json slashes": _json_slashes,
    "url": _url,
    "url twice": _url_twice,
    "url every byte": _percent_all,
    "unicode escapes": _unicode_escape,
    "every unicode escape": _all_unicode,
    "hex escapes": _all_hex,
    "html": _html,
    "html numbers": _html_more,
}
_WHOLE: Mapping[str, Callable[[bytes], str]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 of urls": lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode(),
    "hex": bytes.hex,
}
ENCODINGS = (*_BY_CHARACTER, *_WHOLE)


# Nobody reads these, so that the rest of such a run may go with the secret in it.
_OPAQUE = {"url every byte", "every unicode escape", "hex escapes"}


def _with_rest(case: Case) -> Iterator[Plant]:
    at = 0
    for plant in case.plants:
        if at < plant.start:
            yield Plant(at, plant.start, False)
        yield plant
        at = plant.end
    if at < len(case.text):
        yield Plant(at, len(case.text), False)


def encoded(case: Case, name: str) -> Case:
    """The case in an encoding. Where single characters cannot be told any more, the whole is private."""
    if name in _BY_CHARACTER:
        case = case.mapped(_BY_CHARACTER[name], "" if name == "plain" else name)
        return replace(case, plants=tuple(_with_rest(case))) if name in _OPAQUE else case
    text = _WHOLE[name](case.text.encode())
    return replace(case, text=text, plants=(Plant(0, len(text), True),), encoding=name)
