"""Hook payloads over HTTP: what is taken, what is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.ports import FrameKind
from tests.flows.receiver.running import JSON, Answer, start
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


def test_a_body_in_pieces_is_taken_and_one_that_grows_too_large_is_not(receiver):
    body = body_of(native_session())
    assert receiver.post("/sessions", (body[i : i + 7] for i in range(0, len(body), 7)), JSON).status == 200
    answer = receiver.post("/sessions", (b" " * 1000 for _ in range(100)), JSON)
    assert told(answer)[:2] == (413, "too_large")
    assert receiver.post("/sessions", body, JSON).status == 200


def test_a_key_that_is_given_out_while_the_receiver_runs_is_known_at_once(tmp_path):
    keys = tmp_path / "hook_keys.json"
    forged = signed(native_event()) | {"hmac": "0" * 64}
    with start(tmp_path / "journal", settings={"hook_keys": str(keys)}) as running:
        assert running.post("/events", body_of(forged), JSON).status == 200  # nobody knows the key
        assert running.frames()[0].body.startswith(b"unverified\n")
        keys.write_text(json.dumps({KEY_ID: KEY.hex()}))
        assert told(running.post("/events", body_of(forged), JSON))[1] == "hmac"
        assert running.post("/events", body_of(signed(native_event())), JSON).status == 200
        assert running.frames()[0].body.startswith(b"keyed\n")
        keys.write_text("{ damaged")
        assert told(running.post("/events", body_of(forged), JSON))[1] == "hmac"
        keys.write_text(json.dumps({"no id": KEY.hex(), KEY_ID: "short", "0" * 16: 7}))
        assert running.post("/events", body_of(forged), JSON).status == 200
        keys.unlink()
        assert running.post("/events", body_of(forged), JSON).status == 200
        assert running.stop() == 0
        assert running.process.stderr is not None
        said = running.process.stderr.read()
        assert b"hook_keys.json cannot be read" in said
        assert KEY.hex().encode() not in said


def test_a_full_journal_says_come_again(tmp_path):
    with start(tmp_path / "journal", settings={"journal.max_bytes": 8192}) as running:
        statuses = [running.post("/sessions", body_of(native_session(session_id=f"s{n}")), JSON) for n in range(20)]
        assert statuses[0].status == 200
        assert {answer.status for answer in statuses} == {200, 429}
        refused = statuses[-1]
        assert told(refused)[:2] == (429, "journal_full")
        assert int(refused.headers["retry-after"]) > 0
        assert len(running.frames()) == sum(answer.status == 200 for answer in statuses)
        assert running.health()["hooks"]["refused"]["journal_full"] == sum(a.status == 429 for a in statuses)


def test_too_much_at_once_says_come_again(tmp_path):
    with start(tmp_path / "journal", otlp={"max_waiting_bytes": 100}) as running:
        answer = running.post("/events", body_of(event()), JSON)
        assert told(answer)[:2] == (429, "busy")
        assert int(answer.headers["retry-after"]) > 0


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    journal = tmp_path / "journal"
    with start(journal, settings={"journal.segment_bytes": 4096}) as running:
        assert running.post("/events", body_of(event()), JSON).status == 200
        journal.rename(tmp_path / "elsewhere")
        (tmp_path / "journal").write_text("in the way")
        answers = [running.post("/sessions", body_of(native_session(session_id=f"s{n}")), JSON) for n in range(8)]
        refused = [answer for answer in answers if answer.status != 200]
        assert refused
        assert {told(answer)[:2] for answer in refused} == {(503, "journal_unavailable")}
        assert all("retry-after" in answer.headers for answer in refused)
