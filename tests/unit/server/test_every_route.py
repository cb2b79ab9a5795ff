"""Every route of the OpenAPI document, by every method: guarded, described as it answers, and inert whatever is asked."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from starlette.testclient import TestClient

from tachograph.server.app import create_app
from tachograph.server.envelope import has_envelope
from tachograph.server.page_keys import PAGE_ROUTES, REDEEM
from tachograph.server.routes import ROUTERS
from tachograph.store.duckdb import DuckDBStore
from tests.served import AUTH, services_on
from tests.unit.server.hostile import HOSTILE, INJECTIONS, filled_store

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
STREAMS = {"/api/live"}  # never ends


class _Rights:
    """Takes no order: what it does is tested elsewhere. Nobody objected to anything, nothing was corrected."""

    def __getattr__(self, name: str) -> Any:
        if name in {"objections", "corrections"}:
            return list
        return lambda *_: {
            "tables": {}, "first_at": None, "last_at": None, "sessions": 0,
            "id": "x", "at": "", "receipts": [], "whole": True, "wrong": [],
        }  # fmt: skip


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = filled_store()
    yield store
    store.close()


@pytest.fixture(scope="module")
def client(store: DuckDBStore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    services = services_on(store, tmp_path_factory.mktemp("home"), rights=_Rights())
    with TestClient(create_app(services), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    store = DuckDBStore(":memory:")
    services = services_on(store, tmp_path_factory.mktemp("home"), rights=_Rights())
    with TestClient(create_app(services), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made
    store.close()


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/api/openapi.json").json()
    return told


def paths_of(document: dict[str, Any]) -> list[str]:
    """All paths, with something in the place of what stands in braces; and those that no document has."""
    found = [path.replace("{session}", "s_a").replace("{id}", "s_a") for path in document["paths"]]
    return [*found, "/", "/static/page.css", "/api/openapi.json", "/nothing", "/api/nothing", "/api/v1/nothing"]


def gets(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, methods["get"]) for path, methods in document["paths"].items() if "get" in methods]


# --- what is refused -----------------------------------------------------------------------------------------------------


def test_a_page_of_another_site_gets_nothing_by_any_method(client: TestClient, document: dict[str, Any]) -> None:
    foreign = (
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "10.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
    )
    for path in paths_of(document):
        for method in METHODS:
            for headers in foreign:
                answer = client.request(method, path, headers={**AUTH, **headers})
                assert answer.status_code == 403, (method, path, headers)
                check_inert(answer, path)


def test_what_is_no_read_needs_the_token_and_a_simple_request_has_none(
    client: TestClient, document: dict[str, Any]
) -> None:
    simple = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
    for path in paths_of(document):
        for method in METHODS[2:]:
            for content_type in simple:
                headers = {"Content-Type": content_type}
                answer = client.request(method, path, headers=headers, content=b'{"everything": true}')
                assert answer.status_code == 401, (method, path)  # also where a key is asked for: it has to be JSON
                check_inert(answer, path)
            for wrong in ("Bearer", "Bearer wrong", "Basic dDBrZW46", "bearer t0ken"):
                assert client.request(method, path, headers={"Authorization": wrong}).status_code == 401


def test_a_preflight_is_refused_and_nobody_is_allowed_anything(client: TestClient, document: dict[str, Any]) -> None:
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    for path in paths_of(document):
        for headers in (asked, {**asked, "Origin": "http://localhost"}):
            answer = client.options(path, headers=headers)
            assert answer.status_code in {401, 403}
            check_inert(answer, path)


def test_every_answer_of_every_route_keeps_stored_text_inert(client: TestClient, document: dict[str, Any]) -> None:
    for path in paths_of(document):
        if path not in STREAMS:
            check_inert(client.get(path), path)


def check_inert(answer: Any, path: str) -> None:
    headers = answer.headers
    assert not [name for name in headers if name.startswith("access-control-")], path
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy, path
    assert "unsafe" not in policy, path
    assert "*" not in policy, path
    assert headers["x-content-type-options"] == "nosniff", path
    assert headers["x-frame-options"] == "DENY", path
    assert headers["cache-control"] == "no-store", path


# --- what is described -----------------------------------------------------------------------------------------------------


def test_every_operation_says_what_it_answers(document: dict[str, Any]) -> None:
    named: set[str] = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["operationId"] not in named, where
            named.add(operation["operationId"])
            assert operation["tags"], where
            assert operation.get("summary"), where
            content = operation["responses"]["200"]["content"]
            for kind, described in content.items():
                if kind == "application/json":
                    assert "$ref" in described["schema"], f"{where}: its answer has no model"
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert response.get("content"), (where, status)
            if method != "get":
                taken = ["controlToken", "pageToken"] if ("POST", path) in PAGE_ROUTES else ["controlToken"]
                needed: list[dict[str, list[str]]] = [{name: []} for name in taken]
                assert operation["security"] == ([] if ("POST", path) == REDEEM else needed), where
                assert "401" in operation["responses"], where
            for parameter in operation.get("parameters", ()):
                assert parameter.get("description"), (where, parameter["name"])
                kinds = parameter["schema"].get("anyOf", [parameter["schema"]])
                assert not [kind for kind in kinds if kind.get("type") == "null"], (where, parameter["name"])
            names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
            assert len(names) == len(set(names)), (where, "a parameter is described twice")


def test_every_model_has_a_name_that_a_program_can_have(document: dict[str, Any]) -> None:
    names = list(document["components"]["schemas"])
    assert [name for name in names if not (name.isalnum() and name[0].isupper())] == []
    assert len({name.lower() for name in names}) == len(names)


def test_every_reference_of_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                place: Any = document
                for part in value["$ref"].removeprefix("#/").split("/"):
                    place = place[part]
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(document)


_ALWAYS: dict[str, dict[str, str]] = {
    "/api/v1/query": {"metrics": "requests,cost_usd,cache_hit_ratio,productivity_score"},
}


@pytest.mark.parametrize("which", ["client", "empty"])
def test_every_question_answers_as_it_is_described(
    which: str, document: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    """On a store full of hostile values and on an empty one: the model fits, names every field, and there is no NaN."""
    client: TestClient = request.getfixturevalue(which)
    seen, loose = 0, set[str]()
    for path, operation in gets(document):
        if path in STREAMS:
            continue
        for window in ({}, {"range": "7d"}, {"range": "30d", "tz": "Asia/Kolkata"}):
            names = {p["name"] for p in operation.get("parameters", ())}
            given = {**_ALWAYS.get(path, {}), **{n: v for n, v in window.items() if n in names}}
            real = path.replace("{session}", "s_0123456789abcdef").replace("{id}", "s_0123456789abcdef")
            answer = client.get(real, params=given)
            status = str(answer.status_code)
            assert status in operation["responses"], (real, given, status, answer.text[:300])
            assert int(status) < 500, (real, given, answer.text[:300])
            assert status == "200" or (which == "empty" and status == "404") or has_envelope(path), (real, answer.text)
            kind = answer.headers["content-type"].partition(";")[0]
            assert kind in operation["responses"][status]["content"], real
            if kind == "application/json":
                told = strict_json(answer.text)
                if status == "200":
                    check_model(path, told, loose)
            seen += 1
    assert seen > 60
    assert not loose, "fields that no model names: " + ", ".join(sorted(loose))


def strict_json(text: str) -> Any:
    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def check_model(path: str, told: Any, loose: set[str]) -> None:
    """The answer is what its model says, and has no field that the model does not name."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.path == path and "GET" in (route.methods or ()):
                model = route.response_model or route.responses[200]["model"]
                check_named(TypeAdapter(model).validate_python(told), path, loose)
                return
    raise AssertionError(path)


def check_named(value: Any, where: str, loose: set[str]) -> None:
    if isinstance(value, BaseModel):
        name = type(value).__name__
        loose |= {f"{where}: {name}.{field}" for field in value.model_extra or () if name not in OPEN}
        for field in type(value).model_fields:
            check_named(getattr(value, field), where, loose)
    elif isinstance(value, dict):
        for one in value.values():
            check_named(one, where, loose)
    elif isinstance(value, list):
        for one in value:
            check_named(one, where, loose)


OPEN = {"Entry"}
"""Has what its kind has."""


# --- what is asked ---------------------------------------------------------------------------------------------------------


def injected_into(document: dict[str, Any]) -> list[tuple[str, dict[str, str], str]]:
    """Each parameter of each question, with what has to be given besides."""
    found = []
    for path, operation in gets(document):
        if path in STREAMS:
            continue
        for parameter in operation.get("parameters", ()):
            others = dict(_ALWAYS.get(path, {}))
            found.append((path, others, parameter["name"]))
        found.append((path, dict(_ALWAYS.get(path, {})), "unheard_of"))
    return found


@pytest.mark.timeout(300)
def test_what_is_injected_into_any_parameter_is_refused_or_literal(
    client: TestClient, store: DuckDBStore, document: dict[str, Any]
) -> None:
    """200 texts; every parameter gets a dozen of them, and every text goes into a hundred parameters."""
    assert len(INJECTIONS) >= 200
    before = fingerprint(store)
    places = injected_into(document)
    draw = random.Random(20261120)
    texts = [*INJECTIONS] * (1 + len(places) * 5 // len(INJECTIONS))
    draw.shuffle(texts)
    for place, (path, others, name) in enumerate(places):
        for text in texts[place * 5 : place * 5 + 5]:
            given = {**others, name: text}
            real = path
            for slot in ("{session}", "{id}"):
                if slot in real:
                    real = real.replace(slot, "s_0123456789abcdef")
            answer = client.get(real, params=given)
            assert answer.status_code in {200, 400, 404, 422}, (path, name, text, answer.text[:300])
            if answer.headers["content-type"].startswith("application/json"):
                strict_json(answer.text)
            for leaked in ("root:", "Traceback", "duckdb", "Binder Error", "Parser Error", "Conversion Error"):
                assert leaked not in answer.text, (path, name, text, answer.text[:300])
    assert fingerprint(store) == before


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "name", ["model", "user", "session", "by", "metrics", "order", "limit", "offset", "grain", "tz"]
)
def test_every_text_in_every_part_of_a_query_is_refused_or_literal(
    client: TestClient, store: DuckDBStore, name: str
) -> None:
    before = fingerprint(store)
    for text in INJECTIONS:
        given = {"metrics": "requests", name: text}
        answer = client.get("/api/v1/query", params=given)
        if name in {"model", "user", "session"}:
            if len(text) > 400:
                assert answer.status_code == 422
                continue
            assert answer.status_code == 200, (text, answer.text[:200])
            stored = name == "model" and text in HOSTILE
            assert sum(row[0] for row in answer.json()["rows"]) == stored, f"{text!r} matches itself and nothing else"
        else:
            assert answer.status_code in {200, 422}, (text, answer.text[:200])
            if answer.status_code == 200:
                assert name in {"by", "order"}, text
                assert not text.replace(",", "").strip(), f"{text!r} is no name"
    assert fingerprint(store) == before


def fingerprint(store: DuckDBStore) -> list[tuple[Any, ...]]:
    tables = ("events", "requests", "tool_calls", "sessions", "hours", "contents")
    return [tuple(store._read(f"select count(*) from {table}")) for table in tables]


def test_stored_texts_come_back_as_they_are_and_are_found_by_themselves(client: TestClient) -> None:
    told = client.get("/api/v1/query", params={"metrics": "requests", "by": "model"}).json()
    found = {row[0] for row in told["rows"]}
    for text in HOSTILE:
        assert text in found, repr(text[:80])
        if len(text) > 400 or "," in text or text == "null":
            continue
        (count,) = client.get("/api/v1/query", params={"metrics": "requests", "model": text}).json()["rows"]
        assert count == [1], repr(text)


class _Tags(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_shows_no_stored_markup(client: TestClient) -> None:
    page = client.get("/?range=7d").text
    assert "alert(1)" not in page, "what is stored comes by the API only"
    tags = _Tags()
    tags.feed(page)
    for tag, attributes in tags.found:
        assert tag not in {"iframe", "object", "embed", "form", "base"}, tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in ("href", "src"):
            where = attributes.get(name) or ""
            assert not where or where.startswith(("/", "#", "?", "https://github.com/", "data:,")), (tag, where)
        assert tag != "script" or (attributes.get("src") or "").startswith("/"), "no script of the page's own text"
