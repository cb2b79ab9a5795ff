"""Only requests that name this server, from this server's own pages, are taken; changes need the token."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tachograph.server.guard import Guard, is_own_host

TOKEN = "t0ken"


async def _inner(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"public")]})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(method: str = "GET", path: str = "/", **headers: str) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(Guard(_inner, allowed_hosts=["tacho.example"], token=TOKEN)(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:3000", "127.0.0.1:1", "127.8.9.1", "[::1]:3000", "TACHO.example:80", "localhost."]
)
def test_loopback_and_allowed_names_are_own(host: str) -> None:
    assert ask(host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "[::2]", "a@localhost.x"],
)
def test_a_foreign_host_is_refused(host: str) -> None:
    status, _, body = ask(host=host)
    assert (status, b"foreign_host" in body, b"inside" in body) == (403, True, False)


def test_two_host_headers_are_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"localhost")] * 2}

    async def receive() -> Any:
        return {"type": "http.request"}

    asyncio.run(Guard(_inner, token=TOKEN)(scope, receive, send))
    assert sent[0]["status"] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9", "https://127.0.0.1:3000"])
def test_a_foreign_origin_is_refused(origin: str) -> None:
    assert ask(host="localhost:3000", origin=origin)[0] == 403


def test_the_own_origin_is_taken() -> None:
    assert ask(host="localhost:3000", origin="http://localhost:3000")[0] == 200


def test_a_request_that_another_site_makes_is_refused_but_a_followed_link_is_not() -> None:
    assert (
        ask(path="/api/v1/report", host="localhost", sec_fetch_site="cross-site", sec_fetch_mode="navigate")[0] == 403
    )
    assert ask(path="/", host="localhost", sec_fetch_site="cross-site", sec_fetch_mode="no-cors")[0] == 403
    assert ask(path="/", host="localhost", sec_fetch_site="cross-site", sec_fetch_mode="navigate")[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_what_is_not_a_read_needs_the_token(method: str) -> None:
    assert ask(method, host="localhost")[0] == 401
    assert ask(method, host="localhost", authorization="Bearer wrong")[0] == 401
    assert ask(method, host="localhost", authorization=f"Bearer {TOKEN}")[0] == 200


def test_every_answer_keeps_stored_text_inert() -> None:
    for host in ("localhost", "evil.example"):
        _, headers, _ = ask(host=host)
        assert b"default-src 'none'" in headers[b"content-security-policy"]
        assert b"unsafe" not in headers[b"content-security-policy"]
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"cache-control"] == b"no-store"
        assert b"access-control-allow-origin" not in headers


def test_is_own_host_takes_nothing_odd() -> None:
    assert not is_own_host("[::1", ())
    assert not is_own_host("localhost@evil.example", ())
