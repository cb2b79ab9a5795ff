"""Scrubs nested values as JSON has them. Here a key says what its value is: "client_secret" makes any string a secret.

What is no value of that sort, what is nested too deep and what is too much is dropped, never let through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tachograph_sdk.privacy.detectors.detector import Span

__all__ = ["DROPPED_TYPE", "TOO_DEEP", "TOO_MUCH", "Tell", "scrub_structure", "secret_kind"]

TOO_DEEP = "<dropped:too-deep>"
TOO_MUCH = "<dropped:too-much>"
DROPPED_TYPE = "<dropped:type>"
MAX_DEPTH = 64
MAX_VALUES = 1_000_000

Tell = Callable[[str, Span], None]
"""Called with the place of a string (a JSON pointer of scrubbed keys) and what was found in it."""

_KINDS = {  # how the name of a key ends, without what parts its words; and the kind of its value
    "password": "password", "passwd": "password", "passphrase": "password", "passwort": "password", "pwd": "password",
    "passcode": "password", "secret": "secret", "secretkey": "secret", "secretaccesskey": "secret",
    "clientsecret": "secret", "apikey": "secret", "apisecret": "secret", "accesskey": "secret",
    "signingkey": "secret", "encryptionkey": "secret", "masterkey": "secret", "accountkey": "secret",
    "privatekey": "private_key", "accesstoken": "token", "refreshtoken": "token", "idtoken": "token",
    "authtoken": "token", "apitoken": "token", "bearertoken": "token", "sessiontoken": "token", "bottoken": "token",
    "deploytoken": "token", "personalaccesstoken": "token", "securitytoken": "token", "csrftoken": "token",
    "xsrftoken": "token", "authorization": "token", "cookie": "cookie", "setcookie": "cookie",
}  # fmt: skip
_ENDS = tuple(_KINDS)
_PARTIAL = frozenset(("token", "cookie"))  # kinds whose values hold more than the secret: "Bearer …", "a=…; Path=/"
_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_SAYS_NOTHING = re.compile(
    r"\s*|<[^<>]*>|\$\{?[\w.:-]+\}?|\$\([^()]*\)|%\w+%|\{\{[^{}]*\}\}|[*xX.•#?_-]+|\[?(?:redacted|filtered|hidden|masked)\]?|"
    r"true|false|yes|no|null|none|nil|undefined|string|str|text|any|bytes|required|optional|n/?a|unset|empty",
    re.IGNORECASE,
)
_LONG_NUMBER = 10**6
_PROBE = "hunter2Kx9"
_MAX_KEYS = 10_000


class _Scrubs(Protocol):
    def scrub_and_tell(self, text: str) -> tuple[str, list[Span]]: ...
    def find(self, text: str) -> list[Span]: ...
    def replace(self, text: str, spans: list[Span]) -> str: ...


def secret_kind(key: str) -> str | None:
    """The kind of what stands under this key ("password", "token" …), None where that says nothing."""
    name = _NO_LETTERS.sub("", key.lower())
    for end in _ENDS:
        if name.endswith(end):
            return _KINDS[end]
    return None


def scrub_structure(value: Any, scrubber: _Scrubs, keys: dict[str, bool], tell: Tell | None = None) -> Any:
    """A copy of a nested value, each string in it (keys too) scrubbed; `tell` is told what was found where.

    `keys` remembers, from one call to the next, for which keys the detectors see a secret in an ordinary word.
    """
    if len(keys) > _MAX_KEYS:
        keys.clear()
    return _Walk(scrubber=scrubber, tell=tell, keys=keys, left=MAX_VALUES).value(value, "", 0)


@dataclass(slots=True, kw_only=True)
class _Walk:
    scrubber: _Scrubs
    tell: Tell | None
    keys: dict[str, bool]
    left: int

    def value(self, value: Any, place: str, depth: int, key: str = "") -> Any:
        self.left -= 1
        if self.left < 0:
            return TOO_MUCH
        if isinstance(value, str):
            return self._text(value, place, key)
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return self._number(value, place, key)
        if isinstance(value, (bytes, bytearray)):
            return self._text(bytes(value).decode("utf-8", "surrogateescape"), place, key)
        if depth >= MAX_DEPTH:
            return TOO_DEEP
        if isinstance(value, Mapping):
            return self._mapping(value, place, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            items = [self.value(item, f"{place}/{i}", depth + 1, key) for i, item in enumerate(value)]
            return tuple(items) if isinstance(value, tuple) else items
        return DROPPED_TYPE

    def _mapping(self, mapping: Mapping[Any, Any], place: str, depth: int) -> dict[Any, Any]:
        scrubbed: dict[Any, Any] = {}
        for key, value in mapping.items():
            name: Any = DROPPED_TYPE
            if isinstance(key, str):
                name, _ = self.scrubber.scrub_and_tell(key)
            elif key is None or isinstance(key, (bool, int, float)):
                name = self._number(key, place, "") if type(key) is int else key
            again = 2
            while name in scrubbed:  # two keys became the same placeholder: neither value is lost
                name = f"{str(name).partition('~')[0]}~{again}"
                again += 1
            pointer = str(name).replace("~", "~0").replace("/", "~1")
            scrubbed[name] = self.value(value, f"{place}/{pointer}", depth + 1, key if isinstance(key, str) else "")
        return scrubbed

    def _number(self, number: int, place: str, key: str) -> Any:
        """Numbers may be cards or phone numbers: a long one, or one under a telling key, is read as a text."""
        if abs(number) < _LONG_NUMBER and not (key and abs(number) > 999 and secret_kind(key)):
            return number
        text = str(number) if abs(number) < 10**40 else "9" * 40
        scrubbed = self._text(text, place, key)
        return number if scrubbed == text else scrubbed

    def _text(self, text: str, place: str, key: str) -> str:
        spans = self._under_key(text, key) if key and text else []
        if not spans:
            scrubbed, spans = self.scrubber.scrub_and_tell(text)
        else:
            scrubbed = self.scrubber.replace(text, spans)
        if self.tell is not None:
            for span in spans:
                self.tell(place, span)
        return scrubbed

    def _under_key(self, text: str, key: str) -> list[Span]:
        """What is found in a text because of the key it stands under; empty if the key changes nothing."""
        kind = secret_kind(key)
        if kind is None and not self._is_telling(key):
            return []
        if kind is not None and _SAYS_NOTHING.fullmatch(text):
            return []
        if kind is None or kind in _PARTIAL:
            spans = self._in_context(text, key)
            if spans or kind is None:
                return spans
        return [Span(0, len(text), kind, "secret-key-name")]

    def _is_telling(self, key: str) -> bool:
        """Whether a detector takes an ordinary word for a secret when it stands under this key."""
        telling = self.keys.get(key)
        if telling is None:
            telling = self.keys[key] = bool(len(key) < 80 and self._in_context(_PROBE, key))
        return telling

    def _in_context(self, text: str, key: str) -> list[Span]:
        """What is found in a text that stands after its key, as JSON writes it; places are those in the text alone."""
        if '"' in text or "\\" in text or "\n" in text:  # its places would change
            return []
        before = f'{json.dumps(key, ensure_ascii=False)}: "'
        at = len(before)
        try:
            found = self.scrubber.find(f'{before}{text}"')
        except Exception:  # noqa: BLE001 - fail closed
            return [Span(0, len(text), "dropped", "scrubber-error")] if text else []
        return [
            Span(max(0, start - at), min(len(text), end - at), kind, rule)
            for start, end, kind, rule in found
            if end > at and start - at < len(text)
        ]
