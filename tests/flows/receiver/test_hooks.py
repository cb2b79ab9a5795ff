"""Hook payloads over HTTP: what is taken, what is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.ports import FrameKind
from tests.flows.receiver.running import JSON, Answer, Receiver, start
from tests.unit.hooks.making import KEY, KEY_ID, body_of, event, native_event, native_session, session, signed


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("home") / "hook_keys.json"
    path.write_text(json.dumps({KEY_ID: KEY.hex()}))
    return path


@pytest.fixture(scope="module")
def receiver(tmp_path_factory, keys):
    journal = tmp_path_factory.mktemp("receiver") / "journal"
    with start(journal, settings={"hook_keys": str(keys)}) as running:
        yield running
        assert running.process.poll() is None
        assert running.stop() == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == b"", "nothing is said that needs no saying"


def told(answer: Answer) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    assert answer.headers["content-type"] == JSON
    found = json.loads(answer.body)
    assert set(found) == {"status", "code", "message"}
    assert found["status"] == "error"
    return answer.status, found["code"], found["message"]


@pytest.mark.parametrize("prefix", ["", "/metrics-upload", "/a/b/c", "/v1/logs"])
def test_both_payloads_are_taken_under_any_prefix_and_again(receiver, prefix):
    receiver.frames()
    for path, payload, kind in (
        ("/events", event(), FrameKind.HOOK_EVENT),
        ("/sessions", session(), FrameKind.HOOK_SESSION),
        ("/events", signed(native_event()), FrameKind.HOOK_EVENT),
        ("/sessions", signed(native_session()), FrameKind.HOOK_SESSION),
    ):
        for _ in range(2):
            answer = receiver.post(prefix + path, body_of(payload), JSON)
            assert (answer.status, answer.headers["content-type"], answer.body) == (200, JSON, b'{"status":"ok"}')
        frames = receiver.frames()
        word = b"keyed" if "hmac" in payload else b"checksum"
        assert [(f.kind, f.body) for f in frames] == [(kind, word + b"\n" + body_of(payload))] * 2
