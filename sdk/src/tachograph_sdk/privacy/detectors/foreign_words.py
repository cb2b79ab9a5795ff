"""The words for passwords and keys in other languages than English, and the values that follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Span, Text
from tachograph_sdk.privacy.detectors.key_names import SecretName
from tachograph_sdk.privacy.detectors.secret_values import is_beyond_doubt

__all__ = ["FOREIGN_WORDS", "foreign_values"]

FOREIGN_WORDS = (
    b"contrase?a",
    b"senord",
    b"has?o",
    b"?ifre",
    b"clave",
    b"clave api",
    b"clave de api",
    b"clave secreta",
    b"cl? api",
    b"cl? d'api",
    b"cl? secr?te",
    b"api-schl?ssel",
    b"chiave api",
    b"chave de api",
    b"chave da api",
)  # as they stand in the ASCII view
_FOREIGN = (
    "\u0430\u0440\u043e\u043b\u044c", "\u5bc6\u7801", "\u5bc6\u78bc", "\u53e3\u4ee4", "\u30d1\u30b9\u30ef\u30fc\u30c9", "\ube44\ubc00\ubc88\ud638",
    "\u03ba\u03c9\u03b4\u03b9\u03ba\u03cc\u03c2", "\u0e23\u0e2b\u0e31\u0e2a\u0e1c\u0e48\u0e32\u0e19",
)  # fmt: skip
_FOREIGN_VALUE = re.compile(
    r"[\"']?\s{0,4}(?:[:=\uff1a\uff1d]|\u306f|\u662f|(?:es|is|era|jest|est|ist|lautet|\u00e9|to|\u00e8|\u044d\u0442\u043e|-|\u2013|\u2014)\s)\s{0,4}[\"'\u300c]?([^\s\"'<>\u300d]{3,128}+)"
)
_PASSWORD = SecretName("password", True)
_FOREIGN_KEY = SecretName("secret", True)
_KEY_WORD = re.compile(rb"api|secr|schl")


def foreign_values(text: Text) -> Iterator[Span]:
    """Passwords and keys under the words for them in other languages: those who write them so write no code."""
    ends = [at + len(word) for word in FOREIGN_WORDS for at in text.places(word)]
    if not text.text.isascii() and b"??" in text.ascii:
        for name in _FOREIGN:
            at = text.text.find(name)
            while at >= 0:
                ends.append(at + len(name))
                at = text.text.find(name, at + 1)
    for end in ends:
        if match := _FOREIGN_VALUE.match(text.text, end):
            value = match[1].rstrip(".,;!?\u3002")
            kind = _FOREIGN_KEY if _KEY_WORD.search(text.lower, max(end - 12, 0), end) else _PASSWORD
            if value.isascii() and is_beyond_doubt(value, kind):
                yield Span(match.start(1), match.start(1) + len(value), kind.kind, f"{kind.kind}-by-name")
