"""Bad and odd hook payloads, with the answer each must get."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.unit.hooks.making import KEY, body_of, event, native_event, native_session, session, signed

__all__ = ["CASES", "SECRET", "Case"]

SECRET = "zq7secret"
"""In every bad value; no answer may repeat it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request and its answer."""

    name: str
    path: str
    body: bytes
    status: int
    code: str = ""  # of a refusal
    field: str = ""  # which its message names
    method: str = "POST"
    headers: dict[str, str] = dataclasses.field(default_factory=lambda: {"content-type": "application/json"})


def _both() -> Iterator[tuple[str, Any]]:
    yield "/events", event
    yield "/sessions", session


def _types() -> Iterator[Case]:
    """Every field with values that are not of its type, or out of its range."""
    wrong: Any
    texts = (
        "session_id", "user_id", "os", "engine", "version", "form", "plugin_version", "client_version", "session_id_kind",
        "key_id", "hmac",
    )  # fmt: skip
    for path, make in _both():
        for name in texts:
            for wrong in (7, True, [SECRET], {SECRET: 1}):
                yield Case(
                    name=f"{path} {name} {wrong!r}", path=path, body=body_of(make(**{name: wrong, "mac": "0" * 64})),
                    status=400, code="type", field=name,
                )  # fmt: skip
    for name in ("type", "name", "timestamp", "mac"):
        yield Case(
            name=f"no text {name}",
            path="/events",
            body=body_of(event(**{name: 5})),
            status=400,
            code="type",
            field=name,
        )
    counts = (
        "turn_count", "user_message_count", "assistant_message_count", "total_tool_calls", "tool_error_count",
        "bash_call_count", "file_read_count", "file_edit_count", "file_write_count", "grep_call_count", "glob_call_count",
        "web_fetch_call_count", "web_search_call_count", "total_input_tokens", "total_output_tokens", "cache_creation_tokens",
        "cache_read_tokens", "prompt_count", "response_count", "api_error_count", "lines_added", "lines_removed",
    )  # fmt: skip
    for name in counts:
        for wrong, code in (
            (SECRET, "type"),
            (1.5, "type"),
            (True, "type"),
            (-1, "value"),
            (2**53, "value"),
            (10**30, "value"),
        ):
            yield Case(
                name=f"{name} {wrong!r}", path="/sessions", body=body_of(session(**{name: wrong})), status=400, code=code,
                field=name,
            )  # fmt: skip
    for name, wrong, code in (
        ("prompt_length", "42", "type"), ("prompt_length", -1, "value"), ("prompt_length", 2.0, "type"),
    ):  # fmt: skip
        yield Case(
            name=f"{name} {wrong!r}",
            path="/events",
            body=body_of(event(**{name: wrong})),
            status=400,
            code=code,
            field=name,
        )
    for name, wrong, code in (
        ("session_duration", "60", "type"), ("session_duration", 10**17, "value"), ("had_errors", 1, "type"),
        ("had_errors", "true", "type"), ("exit_reason", 3, "type"), ("exit_reason", SECRET * 20, "length"),
        ("active_seconds", "1", "type"), ("active_seconds", -0.5, "value"), ("active_seconds", True, "type"),
        ("hook_ms", [], "type"), ("hook_ms", 1e300, "value"), ("counting", SECRET, "type"), ("counting", {}, "missing"),
        ("counting", {"method": 3}, "type"), ("counting", {"method": "responses", "version": -1}, "value"),
        ("subagents", [], "type"), ("subagents", {"runs": SECRET}, "type"), ("subagents", {"tool_calls": -3}, "value"),
        ("usage", {}, "type"), ("usage", [SECRET], "type"), ("usage", [{"model": 5}], "type"),
        ("usage", [{"model": SECRET * 20}], "length"), ("usage", [{"model": "m", "input_tokens": -1}], "value"),
        ("usage", [{"model": "m", "output_tokens": "5"}], "type"), ("usage", [{"model": "m"}] * 101, "length"),
        ("commands", [], "type"), ("commands", {SECRET: -1}, "value"), ("commands", {SECRET: "1"}, "type"),
        ("commands", {"": 1}, "length"), ("commands", {SECRET * 40: 1}, "length"), ("skills", {SECRET: None}, "type"),
        ("skills", {f"s{n}": 1 for n in range(201)}, "length"), ("start_timestamp", 17, "type"), ("end_timestamp", 17, "type"),
    ):  # fmt: skip
        yield Case(
            name=f"{name} {str(wrong)[:30]}", path="/sessions", body=body_of(session(**{name: wrong})), status=400, code=code,
            field=name,
        )  # fmt: skip


def _values() -> Iterator[Case]:
    """Texts that are none of those that there may be."""
    for wrong in (
        SECRET, "2026-11-20", "2026-11-20T01:31:50", "2026-11-20 01:31:50Z", "2026-11-20T25:31:50Z", "2026-02-30T01:31:50Z",
        "1979-11-20T01:31:50Z", "2200-11-20T01:31:50Z", "2026-11-20T01:31:60Z", "2026-11-20T01:31:50+25:00",
        "2026-11-20T01:31:50+01:75", "20261120T013150Z", "2026-11-20T01:31:50.Z", "2026-11-20T01:31:50.1234567890Z",
        "٢٠٢٦-11-20T01:31:50Z", "2026-11-20T01:31:50z", "0",
    ):  # fmt: skip
        yield Case(
            name=f"time {wrong}",
            path="/events",
            body=body_of(event(timestamp=wrong)),
            status=400,
            code="value",
            field="timestamp",
        )
        yield Case(
            name=f"start {wrong}", path="/sessions", body=body_of(session(start_timestamp=wrong)), status=400, code="value",
            field="start_timestamp",
        )  # fmt: skip
    for name, wrong, code in (
        ("type", SECRET, "value"), ("name", "", "length"), ("name", SECRET * 40, "length"), ("engine", SECRET, "value"),
        ("session_id", "", "length"), ("session_id", SECRET * 20, "length"), ("user_id", SECRET * 20, "length"),
        ("os", SECRET * 20, "length"), ("form", SECRET, "value"), ("session_id_kind", SECRET, "value"),
        ("name_source", SECRET, "value"), ("timestamp", SECRET * 20, "length"), ("key_id", SECRET, "value"),
        ("hmac", SECRET, "value"), ("mac", SECRET, "value"), ("mac", "A" * 64, "value"), ("mac", "", "value"),
        ("mac", "0" * 63, "value"), ("mac", "é" * 64, "value"),
    ):  # fmt: skip
        made = event(**{name: wrong})
        if name == "mac":
            made["mac"] = wrong
        yield Case(name=f"{name} {wrong[:20]!r}", path="/events", body=body_of(made), status=400, code=code, field=name)


def _missing() -> Iterator[Case]:
    for name in ("type", "name", "timestamp", "session_id", "mac"):
        for absent in (..., None):
            made = event()
            if absent is ...:
                del made[name]
            else:
                made[name] = None
            yield Case(
                name=f"{name} {absent}", path="/events", body=body_of(made), status=400, code="missing", field=name
            )
    for name in ("session_id", "start_timestamp"):
        made = session()
        del made[name]
        yield Case(name=f"no {name}", path="/sessions", body=body_of(made), status=400, code="missing", field=name)
    yield Case(
        name="a native session without mac", path="/sessions", body=body_of(native_session(mac=...)), status=400, code="missing",
        field="mac",
    )  # fmt: skip
    for one, other in (("hmac", "key_id"), ("key_id", "hmac")):
        made = signed(native_event())
        del made[one]
        yield Case(name=f"{other} alone", path="/events", body=body_of(made), status=400, code="missing", field=one)


def _integrity() -> Iterator[Case]:
    for path, make in _both():
        time = "timestamp" if path == "/events" else "start_timestamp"
        yield Case(
            name=f"{path} mac of nothing",
            path=path,
            body=body_of(make(mac="0" * 64)),
            status=400,
            code="mac",
            field="mac",
        )
        yield Case(
            name=f"{path} another session", path=path, body=body_of(make() | {"session_id": SECRET}), status=400, code="mac",
            field="mac",
        )  # fmt: skip
        yield Case(
            name=f"{path} the same time, written otherwise", path=path,
            body=body_of(make() | {time: "2026-11-20T01:31:50.000+00:00"}), status=400, code="mac", field="mac",
        )  # fmt: skip
    for name, whole in (("event", native_event()), ("session", native_session())):
        path = f"/{name}s"
        good = signed(whole)
        yield Case(
            name=f"{name} another os",
            path=path,
            body=body_of(good | {"os": SECRET}),
            status=400,
            code="hmac",
            field="hmac",
        )
        yield Case(
            name=f"{name} one more key",
            path=path,
            body=body_of(good | {SECRET: 1}),
            status=400,
            code="hmac",
            field="hmac",
        )
        yield Case(
            name=f"{name} hmac of nothing",
            path=path,
            body=body_of(good | {"hmac": "0" * 64}),
            status=400,
            code="hmac",
            field="hmac",
        )
        less = {key: value for key, value in good.items() if key != "user_id"}
        yield Case(name=f"{name} one key less", path=path, body=body_of(less), status=400, code="hmac", field="hmac")
        yield Case(name=f"{name} signed", path=path, body=body_of(good), status=200)
        yield Case(
            name=f"{name} signed, in another order", path=path, body=body_of(dict(reversed(good.items()))), status=200
        )
        other = signed(whole, KEY[::-1])
        yield Case(name=f"{name} signed with a key nobody knows", path=path, body=body_of(other), status=200)
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    yield Case(name="signed and nested", path="/events", body=body_of(signed(native_event(deep=deep))), status=200)
    long = body_of(signed(native_event())).replace(b'"form"', b'"n": ' + b"9" * 6000 + b', "form"')
    yield Case(name="signed, with a number that is too long", path="/events", body=long, status=400, code="malformed")


def _bodies() -> Iterator[Case]:
    good = body_of(event())
    for name, body in {
        "nothing": b"", "a space": b" ", "not JSON": SECRET.encode(), "a string": json.dumps(SECRET).encode(), "a number": b"1",
        "null": b"null", "a list": b"[]", "a list of payloads": b"[" + good + b"]", "cut off": good[:-1], "twice": good * 2,
        "lines": good + b"\n" + good, "NaN": b'{"type": NaN}', "Infinity": b'{"prompt_length": Infinity}', "a comment": b"{/*x*/}",
        "single quotes": b"{'type': 1}", "a trailing comma": b'{"type": "skill",}', "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"), "Latin-1": b'{"name": "\xe9"}', "a lone surrogate": b'{"name": "\\ud800"}',
        "raw zero": b'{"name": "a\x00b"}', "an endless list": b"[" * 60_000, "endless objects": b'{"a":' * 10_000,
        "an odd escape": b'{"name": "\\x41"}', "a huge exponent": b'{"prompt_length": 1e999}', "a form": b"type=skill&name=x",
    }.items():  # fmt: skip
        yield Case(name=name, path="/events", body=body, status=400, code="malformed")
    many = event(**{f"k{n}": n for n in range(300)})
    yield Case(name="too many keys", path="/events", body=body_of(many), status=400, code="too_many_keys")
    for path, make in _both():
        large = body_of(make(pad="x" * 65_536))
        yield Case(name=f"{path} too large", path=path, body=large, status=413, code="too_large")
        packed = {"content-type": "application/json", "content-encoding": "gzip"}
        yield Case(
            name=f"{path} too large unpacked",
            path=path,
            body=gzip.compress(large),
            headers=packed,
            status=413,
            code="too_large",
        )
        yield Case(name=f"{path} packed", path=path, body=gzip.compress(body_of(make())), headers=packed, status=200)
        yield Case(
            name=f"{path} badly packed", path=path, body=body_of(make()), headers=packed, status=400, code="compression"
        )
        brotli = {"content-type": "application/json", "content-encoding": "br"}
        yield Case(
            name=f"{path} packed otherwise", path=path, body=body_of(make()), headers=brotli, status=415, code="coding"
        )
        for kind in (
            "text/plain",
            "application/x-protobuf",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            SECRET,
            "",
        ):
            yield Case(
                name=f"{path} of type {kind}", path=path, body=body_of(make()), headers={"content-type": kind}, status=415,
                code="type",
            )  # fmt: skip
        yield Case(name=f"{path} without a type", path=path, body=body_of(make()), headers={}, status=415, code="type")
        yield Case(
            name=f"{path} with a charset", path=path, body=body_of(make()),
            headers={"content-type": "Application/JSON; charset=utf-8"}, status=200,
        )  # fmt: skip
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
            yield Case(
                name=f"{method} {path}", path=path, body=b"", headers={}, method=method, status=405, code="method"
            )
        yield Case(
            name=f"{path} from a page", path=path, body=body_of(make()), status=403, code="origin",
            headers={"content-type": "application/json", "origin": "https://example.com"},
        )  # fmt: skip
        yield Case(
            name=f"{path} to another name", path=path, body=body_of(make()), status=403, code="host",
            headers={"content-type": "application/json", "host": "example.com"},
        )  # fmt: skip


def _tolerated() -> Iterator[Case]:
    """What other clients send, or sent once."""
    changes: dict[str, Any]
    yield Case(name="as the original sends it", path="/events", body=body_of(event()), status=200)
    for changes in (
        {"timestamp": "2026-11-20T01:31:50Z"}, {"timestamp": "2026-11-20T02:31:50.123456789+01:00"}, {"user_id": None},
        {"user_id": ...}, {"prompt_length": None}, {"prompt_length": ...}, {"os": None}, {"engine": ...}, {"version": ...},
        {"version": "2.0"}, {"type": "skill", "prompt_length": 0}, {"new_key": {"nested": [1, None, "x"]}}, {"form": "compat"},
        {"name": "Users/jane/x y.py"}, {"name": "é"}, {"session_id": "ab/../c"},
    ):  # fmt: skip
        yield Case(name=f"event {changes}", path="/events", body=body_of(event(**changes)), status=200)
    for changes in (
        {"mac": ...}, {"mac": None}, {"user_id": None}, {"total_input_tokens": None}, {"total_input_tokens": ...},
        {"end_timestamp": None}, {"exit_reason": None}, {"exit_reason": "something new"}, {"session_duration": -60},
        {"had_errors": None}, {"turn_count": ..., "user_message_count": None},
    ):  # fmt: skip
        yield Case(name=f"session {changes}", path="/sessions", body=body_of(session(**changes)), status=200)
    for changes in ({}, {"usage": []}, {"usage": None}, {"subagents": None}, {"active_seconds": 3}, {"counting": None}):
        yield Case(name=f"native {changes}", path="/sessions", body=body_of(native_session(**changes)), status=200)


CASES: tuple[Case, ...] = (
    *_types(), *_values(), *_missing(), *_integrity(), *_bodies(), *_tolerated(),
)  # fmt: skip
