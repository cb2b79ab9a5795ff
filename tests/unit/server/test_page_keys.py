"""A key lets one page in, once, within a minute; what it gets is good for a few changes and for nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tachograph.server.app import create_app
from tachograph.server.page_keys import PAGE_ROUTES, PageKeyRefused, PageKeys, TooManyGuesses
from tachograph.store.duckdb import DuckDBStore
from tests.served import AUTH, services_on


class Time:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def keys(time: Time) -> PageKeys:
    return PageKeys(now_s=time)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store = DuckDBStore(":memory:")
    with TestClient(
        create_app(services_on(store, tmp_path)), base_url="http://localhost", raise_server_exceptions=False
    ) as made:
        yield made
    store.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def key_of(client: TestClient) -> str:
    key: str = client.post("/api/v1/page-keys", headers=AUTH).json()["key"]
    return key


def token_of(client: TestClient) -> str:
    token: str = client.post("/api/v1/page-keys/redeem", json={"key": key_of(client)}).json()["token"]
    return token


# --- keys and tokens -------------------------------------------------------------------------------------------------


def test_a_key_becomes_a_token_and_neither_is_a_short_text(keys: PageKeys) -> None:
    key = keys.issue()
    token = keys.redeem(key)
    assert keys.accepts(token)
    assert not keys.accepts(key), "a key is no token"
    assert len({key, token, keys.issue(), keys.issue()}) == 4
    assert min(len(key), len(token)) >= 43, "256 bits"


def test_a_key_that_comes_again_ends_the_token_it_became(keys: PageKeys) -> None:
    key, other = keys.issue(), keys.redeem(keys.issue())
    token = keys.redeem(key)
    with pytest.raises(PageKeyRefused, match="used before"):
        keys.redeem(key)
    assert not keys.accepts(token), "whoever has it, somebody else saw the key"
    assert keys.accepts(other)


def test_wrong_keys_do_not_shield_who_used_a_key_first(keys: PageKeys) -> None:
    key = keys.issue()
    stolen = keys.redeem(key)
    for place in range(10):
        with pytest.raises(PageKeyRefused):
            keys.redeem(f"guess {place}")
    with pytest.raises(PageKeyRefused, match="used before"):
        keys.redeem(key)
    assert not keys.accepts(stolen)


def test_a_key_holds_for_a_minute(keys: PageKeys, time: Time) -> None:
    key, late = keys.issue(), keys.issue()
    time.now_s += 59.9
    keys.redeem(key)
    time.now_s += 0.1
    with pytest.raises(PageKeyRefused):
        keys.redeem(late)


def test_a_token_holds_for_twelve_hours(keys: PageKeys, time: Time) -> None:
    token = keys.redeem(keys.issue())
    time.now_s += 12 * 3600 - 1
    assert keys.accepts(token)
    time.now_s += 1
    assert not keys.accepts(token)


def test_of_too_many_the_oldest_go(keys: PageKeys) -> None:
    waiting = [keys.issue() for _ in range(21)]
    with pytest.raises(PageKeyRefused):
        keys.redeem(waiting[0])
    tokens = [keys.redeem(key) for key in waiting[1:]]
    assert all(map(keys.accepts, tokens))
    last = keys.redeem(keys.issue())
    assert [keys.accepts(token) for token in (*tokens, last)] == [False, *[True] * 20]


def test_after_ten_wrong_keys_none_is_looked_at_for_a_minute(keys: PageKeys, time: Time) -> None:
    for place in range(10):
        with pytest.raises(PageKeyRefused):
            keys.redeem(f"guess {place}")
    key = keys.issue()
    with pytest.raises(TooManyGuesses):
        keys.redeem(key)
    time.now_s += 59.0
    key = keys.issue()
    with pytest.raises(TooManyGuesses):
        keys.redeem(key)
    time.now_s += 1.0
    assert keys.redeem(key)


def test_odd_texts_are_only_wrong(keys: PageKeys) -> None:
    for odd in ("", "\ud800", "\x00", "é" * 100):
        assert not keys.accepts(odd)
        with pytest.raises(PageKeyRefused):
            keys.redeem(odd)


def test_neither_keys_nor_tokens_are_kept_as_they_are(keys: PageKeys) -> None:
    key, other = keys.issue(), keys.issue()
    token = keys.redeem(other)
    held = repr({name: getattr(keys, name) for name in vars(keys)})
    assert not [text for text in (key, other, token) if text in held]


# --- over HTTP -------------------------------------------------------------------------------------------------------


def test_making_a_key_needs_the_control_token(client: TestClient) -> None:
    assert client.post("/api/v1/page-keys").status_code == 401
    assert client.post("/api/v1/page-keys", headers=bearer(token_of(client))).status_code == 403, "a page makes none"
    made = client.post("/api/v1/page-keys", headers=AUTH).json()
    assert made["address"] == f"http://127.0.0.1:1/#/?key={made['key']}"
    assert made["expires_in_s"] == 60.0


@pytest.mark.parametrize("order", [{"key": "wrong"}, {"key": ""}])
def test_a_wrong_key_is_refused_with_what_to_do(client: TestClient, order: dict[str, str]) -> None:
    answer = client.post("/api/v1/page-keys/redeem", json=order)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (401, "page_key_refused")
    assert "tachograph open" in error["hint"]


def test_guessing_ends_in_429(client: TestClient) -> None:
    statuses = [client.post("/api/v1/page-keys/redeem", json={"key": f"{n}"}).status_code for n in range(11)]
    assert statuses == [*[401] * 10, 429]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_use_a_key_nor_a_token(client: TestClient, headers: dict[str, str]) -> None:
    key, token = key_of(client), token_of(client)
    assert client.post("/api/v1/page-keys/redeem", json={"key": key}, headers=headers).status_code == 403
    order = {"enable": True, "dry_run": True}
    assert client.post("/api/v1/setup/otel", json=order, headers={**headers, **bearer(token)}).status_code == 403
    assert client.post("/api/v1/page-keys/redeem", json={"key": key}).status_code == 200, "it was not used up by that"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_a_key_that_does_not_come_as_json_is_not_looked_at(client: TestClient, content_type: str) -> None:
    key = key_of(client)
    body = b'{"key": "' + key.encode() + b'"}'
    sent = client.post("/api/v1/page-keys/redeem", content=body, headers={"Content-Type": content_type})
    assert (sent.status_code, sent.json()["error"]["code"]) == (401, "token_needed")
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/api/v1/page-keys/redeem", content=body, headers=typed).status_code == 200


def changing_routes(client: TestClient) -> list[tuple[str, str]]:
    document = client.get("/api/openapi.json").json()
    return [
        (method.upper(), path.replace("{id}", "x").replace("{session}", "x"))
        for path, methods in document["paths"].items()
        for method in methods
        if method != "get"
    ]


def test_a_pages_token_is_good_for_its_routes_and_no_other(client: TestClient) -> None:
    """What it may do is asked of every route that changes anything, and of paths that only look like its own."""
    auth = bearer(token_of(client))
    alike = [("POST", f"{path}/") for _, path in PAGE_ROUTES] + [("PUT", path) for _, path in PAGE_ROUTES]
    alike += [("POST", path.upper()) for _, path in PAGE_ROUTES] + [("POST", "/api/v1//setup/otel")]
    routes = changing_routes(client)
    assert set(routes) >= PAGE_ROUTES
    for method, path in (*routes, *alike):
        answer = client.request(method, path, headers=auth, json={})
        if (method, path) in PAGE_ROUTES:
            assert answer.status_code == 422, (path, "it passed, and there was nothing in the order")
        elif path == "/api/v1/page-keys/redeem":
            assert answer.status_code == 422, "this one asks for a key"
        else:
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_for_pages"), (method, path)


def test_pages_change_no_more_than_this() -> None:
    """A longer list is a decision: docs/decisions/page-keys.md names them."""
    assert {path for _, path in PAGE_ROUTES} == {"/api/v1/consent", "/api/v1/setup/otel", "/api/v1/setup/plugin"}
    assert {method for method, _ in PAGE_ROUTES} == {"POST"}


@pytest.mark.parametrize("route", sorted(PAGE_ROUTES))
def test_without_a_token_its_routes_are_closed_and_the_control_token_opens_them(
    client: TestClient, route: tuple[str, str]
) -> None:
    for headers in ({}, bearer("wrong"), {"Authorization": "Bearer "}, {"Authorization": "Basic dDBrZW46"}):
        answer: Any = client.request(*route, json={}, headers=headers)
        assert answer.status_code == 401
        assert "tachograph open" in answer.json()["error"]["hint"]
    assert client.request(*route, json={}, headers=AUTH).status_code == 422
