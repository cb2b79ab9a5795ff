"""Keys that let the page change a few things, although the control token lies in a file that no page can read.

`tachograph open` gets a key with the control token and puts it behind the `#` of the page's address; the page gives it back
once and gets a token, which holds for the routes in `PAGE_ROUTES` only. All of it is in memory and ends with this process.
Why so: docs/decisions/page-keys.md.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from tachograph.server.problems import Refused

__all__ = ["KEY_LIVES_S", "PAGE_ROUTES", "REDEEM", "PageKeyRefused", "PageKeys", "TooManyGuesses"]

PAGE_ROUTES = frozenset(
    {
        ("POST", "/api/v1/consent"),
        ("POST", "/api/v1/setup/otel"),
        ("POST", "/api/v1/setup/plugin"),
    }
)
"""All that a page may change: what it shows switches for."""

REDEEM = ("POST", "/api/v1/page-keys/redeem")
"""Takes a key instead of a token."""

KEY_LIVES_S = 60.0
TOKEN_LIVES_S = 12 * 3600.0
MOST_KEYS = 20
MOST_TOKENS = 20
MOST_GUESSES = 10  # wrong keys in a minute, before none is looked at
GUESSES_COUNT_S = 60.0


class PageKeyRefused(Refused):
    """A key that was never given out, was used, or is too old."""

    code = "page_key_refused"

    def __init__(self, message: str) -> None:
        hint = "open the page with `tachograph open`: each key is good for one page, for a minute"
        super().__init__(message, hint=hint, status=HTTPStatus.UNAUTHORIZED)


class TooManyGuesses(Refused):
    """So many wrong keys came that none is looked at for a while."""

    code = "too_many_guesses"

    def __init__(self) -> None:
        hint = "wait a minute, then open the page with `tachograph open`"
        super().__init__("too many wrong keys", hint=hint, status=HTTPStatus.TOO_MANY_REQUESTS)


class PageKeys:
    """The keys that wait to be used, and the tokens they became. Only hashes of both are kept."""

    def __init__(self, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._waiting: OrderedDict[bytes, float] = OrderedDict()  # hash of a key to when it ends
        self._tokens: OrderedDict[bytes, float] = OrderedDict()  # hash of a token to when it ends
        self._became: OrderedDict[bytes, bytes] = OrderedDict()  # hash of a used key to that of its token
        self._guesses: deque[float] = deque(maxlen=MOST_GUESSES)

    def issue(self) -> str:
        """A new key, 256 random bits. The oldest of too many is forgotten."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._forget_old()
            self._waiting[_hash(key)] = self._now_s() + KEY_LIVES_S
            _keep_last(self._waiting, MOST_KEYS)
        return key

    def redeem(self, key: str) -> str:
        """The token for a key, which is used up by that.

        A key that comes a second time was seen by somebody else: the token that it became ends too, whoever has it.

        Raises:
            PageKeyRefused: it is none, was used, or is too old.
            TooManyGuesses: too many of these in the last minute.
        """
        with self._lock:
            now_s = self._now_s()
            asked = _hash(key)
            used = _find(asked, self._became)
            if used is not None:  # no guess: looked at always, so that wrong keys cannot shield who used it first
                self._tokens.pop(self._became.pop(used), None)
                raise PageKeyRefused(
                    "this key was used before, so the page that used it may not change anything any more"
                )
            while self._guesses and self._guesses[0] <= now_s - GUESSES_COUNT_S:
                self._guesses.popleft()
            if len(self._guesses) >= MOST_GUESSES:
                raise TooManyGuesses
            self._forget_old()
            found = _find(asked, self._waiting)
            if found is None:
                self._guesses.append(now_s)
                raise PageKeyRefused("this key is not known here, or too old")
            del self._waiting[found]
            token = secrets.token_urlsafe(32)
            self._tokens[_hash(token)] = now_s + TOKEN_LIVES_S
            self._became[found] = _hash(token)
            _keep_last(self._tokens, MOST_TOKENS)
            _keep_last(self._became, MOST_TOKENS)
            return token

    def accepts(self, token: str) -> bool:
        """Whether this is a token that a page has."""
        with self._lock:
            self._forget_old()
            return _find(_hash(token), self._tokens) is not None

    def _forget_old(self) -> None:
        now_s = self._now_s()
        for held in (self._waiting, self._tokens):
            for one in [one for one, ends_s in held.items() if ends_s <= now_s]:
                del held[one]


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _find(asked: bytes, held: Iterable[bytes]) -> bytes | None:
    """The one that is asked for; how long this takes tells nothing."""
    found = None
    for one in held:
        if hmac.compare_digest(one, asked):
            found = one
    return found


def _keep_last(held: OrderedDict[bytes, Any], most: int) -> None:
    while len(held) > most:
        held.popitem(last=False)
