"""The only door out, with a real server: events in, envelopes shown, approved, and at the sink byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.flows.harness import command, otlp_logs, serve, wait_until
from tests.recording_sink import RecordingSink, recording_sink

SETTINGS = """
[outbox]
mode = "{mode}"
first_retry_s = 0.2

[forward]
interval_s = 0.2
max_events = {max_events}

[webhook]
url = "{url}"
{more}
"""


@pytest.fixture(autouse=True)
def no_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where these tests run, consent may be switched off for everything."""
    for name in ("CI", "DO_NOT_TRACK", "GITHUB_ACTIONS", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TACHOGRAPH_TELEMETRY_IN_CI", "1")


@pytest.fixture
def sink() -> Iterator[RecordingSink]:
    with recording_sink() as made:
        yield made


def configure(home: Path, sink: RecordingSink, *, mode: str, max_events: int = 500, more: str = "") -> None:
    text = SETTINGS.format(mode=mode, url=sink.url, max_events=max_events, more=more)
    (home / "tachograph.toml").write_text(text)


def grant(home: Path, *purposes: str) -> None:
    command("privacy", "consent", "grant", *purposes, home=home)


def outbox(home: Path, *arguments: str) -> Any:
    return json.loads(command("outbox", *arguments, "--json", home=home).stdout)


def preview(home: Path, envelope: str) -> bytes:
    call = [sys.executable, "-m", "tachograph", "--home", str(home), "outbox", "preview", envelope]
    return subprocess.run(call, capture_output=True, check=True, timeout=60).stdout


def start_reading(home: Path) -> None:
    """Wait until the worker has noted where it begins."""
    wait_until((home / "outbox/sinks/webhook.cursor").exists, "the worker begins")


def test_review_shows_what_leaves_and_waits_for_approval(home, sink):
    configure(home, sink, mode="review")
    grant(home, "usage_analytics", "performance_metrics")
    with serve(home) as server:
        start_reading(home)
        assert server.post_otlp("logs", otlp_logs([f"req_{n:024d}" for n in range(30)])) == 200
        wait_until(lambda: bool(outbox(home, "list")["envelopes"]), "an envelope")
        server.wait_drained()
        time.sleep(1.5)
        (envelope,) = outbox(home, "list")["envelopes"]
        assert (envelope["state"], envelope["sink"], envelope["events"]) == ("waiting", "webhook", 30)
        assert envelope["scrubbed"] == 0  # the real scrubber finds nothing in what was released
        assert envelope["purposes"] == ["performance_metrics", "usage_analytics"]
        assert sink.connections == 0
        shown = preview(home, envelope["id"][:8])
        assert outbox(home, "approve", envelope["id"][:6]) == {"approved": 1}
        wait_until(lambda: bool(sink.requests), "the envelope at the sink")
        wait_until(lambda: not outbox(home, "list")["envelopes"], "the receipt")
    (request,) = sink.requests
    assert request.body == shown
    assert request.header("Idempotency-Key") == envelope["id"]
    records = [json.loads(line) for line in shown.splitlines()]
    assert len(records) == 30
    assert {record["input_tokens"] for record in records} == {10}
    assert [r["what"] for r in outbox(home, "receipts")] == ["approved", "delivered"]
    assert outbox(home, "receipts")[-1]["sha256"] == envelope["sha256"]
    assert outbox(home, "verify")["ok"]


def test_names_at_the_sink_are_not_those_of_the_store(home, sink):
    configure(home, sink, mode="auto")
    grant(home, "usage_analytics")
    with serve(home) as server:
        start_reading(home)
        server.post_otlp("logs", otlp_logs([f"req_{n:024d}" for n in range(5)]))
        wait_until(lambda: bool(sink.requests), "an envelope at the sink")
        server.wait_drained()
        rows = json.loads(
            command("query", "select event_id, session_id, request_id from events", "--json", home=home).stdout
        )["rows"]
    stored = {str(cell) for row in rows for cell in row} | {str(row[0]).replace("-", "") for row in rows}
    body = b"".join(sink.bodies()).decode()
    assert not [name for name in stored if name in body]
    records = [json.loads(line) for line in body.splitlines()]
    assert len({record["event_id"] for record in records}) == 5
    assert len({record["session_id"] for record in records}) == 1  # they still belong together
    assert not any("cost_nanousd" in record or "input_tokens" in record for record in records)  # nobody allowed it


@pytest.mark.parametrize("granted", [(), ("project_names", "content_recording")])
def test_nothing_leaves_without_consent(home, sink, granted):
    configure(home, sink, mode="auto")
    if granted:
        grant(home, *granted)
    with serve(home) as server:
        start_reading(home)
        server.post_otlp("logs", otlp_logs([f"req_{n:024d}" for n in range(5)]))
        server.wait_drained()
        time.sleep(2)
        grant(home, "usage_analytics")  # for what comes after it
        time.sleep(1.5)
        assert outbox(home, "list")["envelopes"] == []
        server.post_otlp("logs", otlp_logs(["req_later"]))
        wait_until(lambda: bool(sink.requests), "what came later")
    assert sum(len(body.splitlines()) for body in sink.bodies()) == 1


def test_withdrawing_empties_the_outbox(home, sink):
    configure(home, sink, mode="review")
    grant(home, "usage_analytics")
    with serve(home) as server:
        start_reading(home)
        server.post_otlp("logs", otlp_logs([f"req_{n:024d}" for n in range(5)]))
        wait_until(lambda: bool(outbox(home, "list")["envelopes"]), "an envelope")
        command("privacy", "consent", "withdraw", "usage_analytics", home=home)
        assert outbox(home, "list")["envelopes"] == []
        outbox(home, "approve", "--all")
        time.sleep(1.2)
    assert sink.connections == 0
    assert {receipt["what"] for receipt in outbox(home, "receipts")} == {"purged"}


def test_without_a_server_files_suffice(home, sink):
    configure(home, sink, mode="review", more='secret = "env:HOOK_SECRET"')
    assert outbox(home, "list") == {"mode": "review", "envelopes": [], "stopped": {}, "failing": {}}
    assert outbox(home, "receipts") == []
    assert outbox(home, "verify") == {"ok": True, "receipts": 0, "mistakes": [], "envelopes": 0, "damaged": []}
    assert outbox(home, "purge", "--all") == {"envelopes": 0, "events": 0, "in_flight": 0}
    assert not (home / "outbox").exists()
    done = command("outbox", "send", home=home, check=False)
    assert (done.returncode, "HOOK_SECRET" in done.stderr) == (2, True)
    assert command("outbox", "preview", "abc", home=home, check=False).returncode == 2
    assert command("outbox", "approve", home=home, check=False).returncode == 2
    assert command("outbox", "purge", home=home, check=False).returncode == 2
    assert command("outbox", "purge", "--purpose", "x", home=home, check=False).returncode == 2


@pytest.mark.parametrize(
    "line", ['url = "http://collector.example.com/"', 'url = "https://169.254.169.254/"', 'secret = "hunter2"']
)
def test_a_server_with_a_wrong_place_says_so_and_does_not_start(home, line):
    text = '[outbox]\nmode = "auto"\n[webhook]\n' + line + "\n"
    (home / "tachograph.toml").write_text(text if "url" in line else text + 'url = "https://collector.example.com/"\n')
    done = command("serve", "--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", home=home, check=False)
    assert done.returncode == 2
    assert "hunter2" not in done.stderr
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_kill_9_of_the_core_while_it_sends(home, sink, kills):
    """At least once: every event arrives, and what arrives twice does so under the same key, with the same bytes."""
    configure(home, sink, mode="auto", max_events=10)
    grant(home, "usage_analytics")

    def slow(number: int) -> bytes:
        time.sleep(0.05)
        return b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"

    sink.answer = slow
    expected = 0
    with serve(home) as server:
        start_reading(home)
        for kill in range(kills):
            requests = [f"req_{kill:04d}{n:020d}" for n in range(40)]
            while (
                server.post_otlp("logs", otlp_logs(requests, session=f"{kill:08d}-2222-4333-8444-555555555555")) != 200
            ):
                time.sleep(0.1)
            expected += len(requests)
            seen = len(sink.requests)
            wait_until(partial(has_more, sink, seen), "something is being sent")
            server.kill("core")
        wait_until(lambda: arrived(sink) >= expected, "all events at the sink", 60)
        wait_until(lambda: not outbox(home, "list")["envelopes"], "the outbox is empty")
    bodies: dict[str, set[bytes]] = {}
    for request in sink.requests:
        bodies.setdefault(request.header("Idempotency-Key"), set()).add(request.body)
    assert all(len(same) == 1 for same in bodies.values())
    ids = [json.loads(line)["event_id"] for (body,) in bodies.values() for line in body.splitlines()]
    assert len(ids) == len(set(ids)) == expected
    assert outbox(home, "verify")["ok"]


def has_more(sink: RecordingSink, than: int) -> bool:
    return len(sink.requests) > than


def arrived(sink: RecordingSink) -> int:
    """Different events that arrived."""
    return len({json.loads(line)["event_id"] for body in sink.bodies() for line in body.splitlines()})
