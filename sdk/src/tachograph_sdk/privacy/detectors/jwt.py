"""Finds signed and encrypted web tokens (JWT, JWS, JWE) and what is made like them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_GLUE = 32  # letters before the header, at most
_PARTS = re.compile(rb"eyJ[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]*+){1,4}")  # a header is JSON: it begins with `{"`
_LONG_PART = re.compile(rb"\.[A-Za-z0-9_-]{10}")


def _find(text: Text) -> Iterator[Span]:
    data = text.ascii
    done = 0
    for start, end in text.runs:
        if start < done or data[end : end + 1] != b".":
            continue
        at = data.find(b"eyJ", start, min(end, start + _GLUE))
        if at < 0:
            continue
        match = _PARTS.match(data, at)
        if match and _LONG_PART.search(match[0]):
            done = at + len(match[0].rstrip(b"."))
            yield Span(at, done, "jwt", "jwt")


_HEADER = "eyJhbGciOiJIUzI1NiIs" + "InR5cCI6IkpXVCJ9"
_PAYLOAD = "eyJzdWIiOiIxMjM0NTY3" + "ODkwIn0"
_SIGNATURE = "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
_JWT = f"{_HEADER}.{_PAYLOAD}.{_SIGNATURE}"

DETECTOR = Detector(
    id="jwt",
    help="Signed and encrypted web tokens (JWT, JWS, JWE), whole, cut short or without a signature.",
    find=_find,
    catches=(
        (f"id {_JWT}.", "id <jwt>."),
        (f'{{"id_token": "{_JWT}"}}', '{"id_token": "<jwt>"}'),
        (f"Authorization: Bearer {_JWT}", "Authorization: Bearer <jwt>"),
        (f"unsigned {_HEADER}.{_PAYLOAD}. and cut {_HEADER}.{_PAYLOAD}.dozj", "unsigned <jwt>. and cut <jwt>"),
        (f"detached {_HEADER}..{_SIGNATURE}!", "detached <jwt>!"),
        (f"jwe {_HEADER}.{_SIGNATURE}.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ", "jwe <jwt>"),
        (f"\x1b[32mtoken{_JWT}\x1b[0m", "\x1b[32mtoken<jwt>\x1b[0m"),
        (f"https://app.example.com/cb#id_token={_JWT}&x=1", "https://app.example.com/cb#id_token=<jwt>&x=1"),
    ),
    spares=(
        "a cursor eyJwYWdlIjoyLCJzaXplIjo1MH0 without parts is a page of a list",
        "eyJ is how base64 of a JSON object begins",
        "see eyJoZWFkZXJzLXRlc3Q.py and eyJoZWFkZXJz.test.ts",
        "header.payload.signature",
        "com.example.authentication.providers.JwtAuthenticationProvider",
    ),
    signs=(b"eyj",),
)  # fmt: skip
