"""Loopback is not trust: any page in the owner's browser can send requests to it.

So a request is taken only if its Host names this server and its Origin, where one is sent, is this server's own; what
changes anything also needs the control token, which lies in a file that only the owner can read. For a few routes the token
of a page does too, if that page was opened with a key (`page_keys`). Every answer carries the headers that keep stored text
inert in a browser.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from tachograph.server.envelope import error_body
from tachograph.server.page_keys import PAGE_ROUTES, REDEEM, PageKeys

__all__ = ["Guard", "is_own_host"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SAFE_METHODS = frozenset({"GET", "HEAD"})

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (
        b"content-security-policy",
        b"; ".join(
            (
                b"default-src 'none'",
                b"style-src 'self'",
                b"script-src 'self'",
                b"img-src 'self' data:",
                b"connect-src 'self'",
                b"font-src 'self'",
                b"base-uri 'none'",
                b"form-action 'none'",
                b"frame-ancestors 'none'",
            )
        ),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def is_own_host(host: str, allowed: Iterable[str]) -> bool:
    """True if a Host header names this machine's loopback or one of `allowed`, with any port."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not name:
        return False
    name = name.rstrip(".").lower()
    if name == "localhost" or name in {a.lower() for a in allowed}:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware in front of the whole API."""

    def __init__(
        self, app: App, *, allowed_hosts: Iterable[str] = (), token: str, page_keys: PageKeys | None = None
    ) -> None:
        self._app = app
        self._allowed = tuple(allowed_hosts)
        self._token = token
        self._page_keys = page_keys or PageKeys()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the security headers added to the answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        is_asset = scope["path"].startswith("/assets/")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = message.get("headers", ())
                # What was recorded is never cached; the page's own scripts hold nothing of it.
                own = [h for h in SECURITY_HEADERS if not (is_asset and h[0] == b"cache-control")]
                names = {name for name, _ in own}
                message["headers"] = [*(h for h in kept if h[0].lower() not in names), *own]
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send_guarded)
            return
        status, code, message, hint = refusal
        data = json.dumps(error_body(scope["path"], status, code, message, hint)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        await send_guarded({"type": "http.response.start", "status": status, "headers": headers})
        await send_guarded({"type": "http.response.body", "body": data})

    def _refusal(self, scope: Scope) -> tuple[int, str, str, str] | None:
        """Status, code, message and hint; None if the request is taken."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        hosts = headers.get(b"host", [])
        host = hosts[0].decode("latin-1") if len(hosts) == 1 else ""
        if not is_own_host(host, self._allowed):
            hint = "open it by its loopback address, or add the name to server.allowed_hosts"
            return 403, "foreign_host", "this server does not answer to that Host", hint
        origins = headers.get(b"origin", [])
        own = {f"http://{host}", f"https://{host}"}
        if any(o.decode("latin-1").lower() not in {x.lower() for x in own} for o in origins):
            return 403, "foreign_origin", "requests from other sites are refused", ""
        followed_a_link = headers.get(b"sec-fetch-mode") == [b"navigate"] and not scope["path"].startswith("/api/")
        if headers.get(b"sec-fetch-site", [b"none"])[0] not in {b"none", b"same-origin"} and not followed_a_link:
            return 403, "foreign_origin", "requests from other sites are refused", ""
        if scope["method"] in SAFE_METHODS:
            return None
        return self._refused_change((scope["method"], scope["path"]), headers)

    def _refused_change(
        self, route: tuple[str, str], headers: dict[bytes, list[bytes]]
    ) -> tuple[int, str, str, str] | None:
        """As `_refusal`, for what may change something."""
        given = headers.get(b"authorization", [])
        if len(given) == 1 and hmac.compare_digest(given[0], b"Bearer " + self._token.encode()):
            return None
        if route == REDEEM and headers.get(b"content-type", [b""])[0].partition(b";")[0].strip() == b"application/json":
            return None  # what it has is a key; a form of another site cannot send this type
        bearer = given[0].removeprefix(b"Bearer ").decode("latin-1") if len(given) == 1 else ""
        if bearer and given[0].startswith(b"Bearer ") and self._page_keys.accepts(bearer):
            if route in PAGE_ROUTES:
                return None
            return 403, "not_for_pages", "the page may not do this", "use the tachograph command"
        if route in PAGE_ROUTES:
            hint = "open the page with `tachograph open`, or use the tachograph command"
        else:
            hint = "use the tachograph command, which reads the token from the home directory"
        return 401, "token_needed", "this needs the control token", hint
