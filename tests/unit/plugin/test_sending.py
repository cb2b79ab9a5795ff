"""Where may be sent to, what an answer means, how long to wait, and what the log may grow to."""

from __future__ import annotations

import email.utils
import time
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import Got, black_hole, receiver, script

sending, log, outgoing, ship = script("sending"), script("log"), script("outgoing"), script("ship")


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("http://127.0.0.1:4318", "http://127.0.0.1:4318"),
        ("https://metrics.example.com/a/b/", "https://metrics.example.com/a/b"),
        ("http://[::1]:4318", "http://[::1]:4318"),
        ("file:///etc/passwd", None),
        ("ftp://example.com/x", None),
        ("http://", None),
        ("http://user:secret@example.com", None),
        ("http://example.com:99999", None),
        ("http://example.com/a b", None),
        ("http://example.com/\nX: y", None),
        ("http://example.com/?a=b", None),
        ("http://example.com/#a", None),
        ("http://exämple.com/", None),
        ("http://[::1].example.com:4318", None),  # is read as ::1, and connects elsewhere
        ("http://example.com[::1]/x", None),
        ("http://[::1]example.com/x", None),
        ("http://127.0.0.1%2eexample.com", None),
        ("http://127.0.0.1\\.example.com", None),
        ("http://@127.0.0.1", None),
        ("127.0.0.1:4318", None),
        ("", None),
        (None, None),
        (12, None),
        ("http://" + "a" * 600, None),
    ],
)
def test_only_addresses_of_http_without_secrets_are_endpoints(text: Any, valid: str | None) -> None:
    assert sending.valid_endpoint(text) == valid


@pytest.mark.parametrize(
    ("endpoint", "is_here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:1", True),
        ("http://localhost:1", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://2130706433", False),
    ],
)
def test_only_this_machine_is_this_machine(endpoint: str, is_here: bool) -> None:
    assert sending.is_loopback(endpoint) is is_here


GRANTED = {"status": "granted", "endpoint": "https://metrics.example.com/x/"}


@pytest.mark.parametrize(
    ("consent", "environ", "endpoint"),
    [
        (GRANTED, {}, "https://metrics.example.com/x"),
        (GRANTED, {"CLAUDE_METRICS_URL": "https://metrics.example.com/x"}, "https://metrics.example.com/x"),
        (GRANTED, {"CLAUDE_METRICS_URL": "http://127.0.0.1:4318/y"}, "http://127.0.0.1:4318/y"),
        (GRANTED, {"CLAUDE_METRICS_URL": "https://else.example.com/x"}, None),
        (GRANTED, {"CLAUDE_METRICS_URL": "https://metrics.example.com/x/y"}, None),
        (GRANTED, {"CLAUDE_METRICS_URL": "file:///x"}, None),
        (GRANTED, {"DO_NOT_TRACK": "1"}, None),
        (GRANTED, {"TACHOGRAPH_PLUGIN": "off"}, None),
        ({**GRANTED, "status": "denied"}, {}, None),
        ({"status": "granted"}, {}, None),
        (None, {"CLAUDE_METRICS_URL": "http://127.0.0.1:4318"}, None),
    ],
)
def test_consent_covers_the_endpoint_that_it_names_and_this_machine(
    consent: Any, environ: dict[str, str], endpoint: str | None
) -> None:
    found, why = ship.allowed(consent, environ)
    assert found == endpoint
    assert bool(why) is (endpoint is None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, "done") for status in (200, 201, 202, 204)],
        *[(status, "wait") for status in (301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 504)],
        *[(status, "refused") for status in (400, 401, 403, 404, 405, 410, 413, 415, 422)],
    ],
)
def test_an_answer_is_done_refused_or_to_be_tried_again(status: int, kind: str) -> None:
    with receiver(lambda _: (status, {"Location": "http://127.0.0.1:9/"})) as told:
        answer = sending.post(told.url + "/events", b"{}")
    assert answer.kind == kind
    assert answer.why.startswith(f"HTTP {status}")
    assert answer.why.endswith("value") is (status >= 300)
    assert len(told.got) == 1


def test_a_redirect_is_never_followed() -> None:
    with receiver() as elsewhere:
        with receiver(lambda _: (307, {"Location": elsewhere.url + "/events"})) as told:
            assert sending.post(told.url + "/events", b"{}").kind == "wait"
        assert elsewhere.got == []


def test_no_proxy_is_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as proxy, receiver() as told:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert sending.post(told.url + "/events", b"{}").kind == "done"
        assert (len(told.got), proxy.got) == (1, [])


def test_what_is_sent_has_the_old_plugins_headers_and_nothing_of_the_machine() -> None:
    with receiver() as told:
        sending.post(told.url + "/a/events", b'{"a": 1}')
    (one,) = told.got
    assert one.path == "/a/events"
    assert one.body == b'{"a": 1}'
    assert {name.lower(): value for name, value in one.headers.items() if name.lower() != "host"} == {
        "content-type": "application/json",
        "user-agent": "ai-helpers-metrics-py",
        "connection": "close",
        "content-length": "8",
        "accept-encoding": "identity",
    }


GARBAGE = [
    b"",
    b"garbage\r\n\r\n",
    b"HTTP/1.1 abc\r\n\r\n",
    b"\x00" * 1000,
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n" + b"x" * 70000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_for_an_answer_means_to_try_again(garbage: bytes) -> None:
    with receiver(lambda _: garbage) as told:
        assert sending.post(told.url + "/events", b"{}").kind == "wait"


@pytest.mark.long
def test_nothing_takes_longer_than_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(one: Got) -> bytes:
        time.sleep(30)
        return b""

    with black_hole() as silent:
        began = time.monotonic()
        assert sending.post(silent + "/events", b"{}").kind == "wait"
        assert time.monotonic() - began < sending.WHOLE_SECONDS + 1
    with receiver(delay_s=15) as slow:
        began = time.monotonic()
        assert sending.post(slow.url + "/events", b"{}").kind == "wait"
        assert time.monotonic() - began < sending.WHOLE_SECONDS + 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120.0), ("0", 0.0), ("999999999", 86400.0), ("-1", None), ("soon", None), ("", None), (None, None)],
)
def test_retry_after_is_read_as_seconds(text: str | None, seconds: float | None) -> None:
    assert sending._retry_after({"Retry-After": text}) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    text = email.utils.formatdate(time.time() + 100, usegmt=True)
    assert 97 < (sending._retry_after({"Retry-After": text}) or 0) < 102


def test_waits_double_up_to_an_hour_with_chance_and_obey_the_receiver() -> None:
    for failures, longest in ((1, 15), (2, 30), (5, 240), (9, 3600), (50, 3600), (5000, 3600)):
        waits = [sending.back_off(failures) for _ in range(200)]
        assert longest / 2 <= min(waits) < max(waits) <= longest
        assert len(set(waits)) > 100
    assert sending.back_off(1, retry_after=5000.0) == 5000.0


def test_the_log_is_capped_and_holds_no_control_characters(tmp_path: Path) -> None:
    quiet, loud = log.Log(str(tmp_path), {}), log.Log(str(tmp_path), {"CLAUDE_METRICS_VERBOSE": "Yes"})
    quiet.say("nothing")
    assert not (tmp_path / "metrics.log").exists()
    loud.say("sent")
    quiet.trouble("bad\nline \x1b[31m \u2028")
    first, second = (tmp_path / "metrics.log").read_text().splitlines()
    assert first.endswith("] sent")
    assert first.startswith("[2")
    assert second.endswith("] bad line  [31m  ")
    for _ in range(6000):
        quiet.trouble("x" * 1000)
    assert (tmp_path / "metrics.log").stat().st_size <= 1_000_000
    assert (tmp_path / "metrics.log.1").stat().st_size <= 1_000_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.log", "metrics.log.1"]
    assert (tmp_path / "metrics.log").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("value", ["1", "true", "TRUE", "yes", " Yes "])
def test_verbose_is_said_as_it_was(value: str) -> None:
    assert log.is_verbose({"CLAUDE_METRICS_VERBOSE": value})
    assert not any(log.is_verbose({"CLAUDE_METRICS_VERBOSE": no}) for no in ("", "0", "no", "2", "on"))


def test_what_waits_is_capped_by_age_number_and_size_and_what_falls_out_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = outgoing.Outgoing(str(tmp_path))
    for number in range(20):
        kept.put_event({"session": "s", "at": 1000.0 + number, "type": "skill", "name": "custom", "chars": number})
    import os

    names = sorted(os.listdir(tmp_path / "outgoing"))
    os.utime(tmp_path / "outgoing" / names[0], (0, 0))
    monkeypatch.setattr(outgoing, "MAX_ITEMS", 15)
    assert kept.trim() == (1, 4)
    assert [item["chars"] for _, item in kept.items()] == list(range(5, 20))
    monkeypatch.setattr(outgoing, "MAX_BYTES", 500)
    old, surplus = kept.trim()
    assert old == 0
    assert surplus > 5
    assert kept.sizes()[1] <= 500


def test_a_sessions_later_count_replaces_the_earlier_and_is_not_lost_with_it(tmp_path: Path) -> None:
    kept = outgoing.Outgoing(str(tmp_path))
    for turns in (1, 2):
        kept.put_session({"session": "s", "at": 1.0, "counts": {"turn_count": turns}})
    ((name, item),) = kept.items()
    assert item["counts"] == {"turn_count": 2}
    kept.put_session({"session": "s", "at": 1.0, "counts": {"turn_count": 3}})  # while the earlier one was being sent
    kept.done(name, item)
    ((name, item),) = kept.items()
    assert item["counts"] == {"turn_count": 3}
    kept.done(name, item)
    assert list(kept.items()) == []
