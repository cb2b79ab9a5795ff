"""Hook payloads that are wrong, hostile or only odd: each gets its answer, and the receiver stays as it is."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.corpus.hooks.cases import CASES, SECRET, Case
from tests.flows.receiver.running import Answer, Receiver, start
from tests.unit.hooks.making import KEY, KEY_ID, body_of, event, native_event, native_session, session, signed


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("hooks")
    keys = folder / "hook_keys.json"
    keys.write_text(json.dumps({KEY_ID: KEY.hex()}))
    with start(folder / "journal", settings={"hook_keys": str(keys)}) as running:
        yield running
        assert running.stop() == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == b""


def send(receiver: Receiver, case: Case) -> Answer:
    return receiver.request(case.method, f"/upload{case.path}", case.body, case.headers)


def test_there_are_enough() -> None:
    assert len(CASES) > 400
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("part", range(8))
def test_every_payload_gets_its_answer(receiver, part):
    receiver.frames()
    taken = 0
    for case in CASES[part::8]:
        answer = send(receiver, case)
        assert answer.status == case.status, (case.name, answer.status, answer.body)
        assert SECRET.encode() not in answer.body
        taken += answer.status == 200
        if case.status == 200:
            assert json.loads(answer.body) == {"status": "ok"}, case.name
        elif case.method != "HEAD":
            told = json.loads(answer.body)
            assert (set(told), told["status"]) == ({"status", "code", "message"}, "error")
            assert told["code"] == case.code, (case.name, told)
            assert told["message"].startswith(case.field) or f" {case.field}" in told["message"], (case.name, told)
    assert len(receiver.frames()) == taken


def test_every_refusal_is_counted_by_reason(receiver):
    before = receiver.health()["hooks"]
    expected: Counter[str] = Counter()
    for case in CASES:
        send(receiver, case)
        if case.status == 400 and case.code not in ("compression", "host", "origin"):
            expected[case.code] += 1
    for payload in (event(one=1, two=2), event()):
        receiver.post("/events", body_of(payload), "application/json")
    after = receiver.health()["hooks"]
    grown = Counter(after["refused"]) - Counter(before["refused"])
    assert grown == expected
    assert after["unknown_keys"] - before["unknown_keys"] >= 2
    metrics = receiver.request("GET", "/metrics").body.decode()
    for reason, count in after["refused"].items():
        assert f'tachograph_receiver_hook_refused_total{{reason="{reason}"}} {count}\n' in metrics
    assert 'refused_requests_total{protocol="hooks",status="415",reason="type"}' in metrics
    assert 'refused_requests_total{protocol="hooks",status="403",reason="origin"}' in metrics
    taken = {"events": 0, "sessions": 0}
    for line in metrics.splitlines():
        for path in taken:
            if line.startswith(f'tachograph_receiver_hook_payloads_total{{path="{path}"'):
                taken[path] += int(line.split()[-1])
    assert taken == {name: after[name] for name in taken}
    for integrity in ("keyed", "checksum", "unverified"):
        assert after["integrity"][integrity] > 0
        assert f'integrity="{integrity}"' in metrics
    assert SECRET not in metrics
    assert SECRET not in json.dumps(after)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_payloads_are_never_the_receivers_fault(receiver, seed):
    chance = random.Random(seed)
    whole = [body_of(made) for made in (event(), session(), signed(native_event()), signed(native_session()))]
    statuses: Counter[int] = Counter()
    for _ in range(400):
        body = bytearray(chance.choice(whole))
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(body))
            if chance.random() < 0.4:
                body[place] = chance.randrange(256)
            elif chance.random() < 0.5:
                del body[place : place + chance.randrange(1, 30)]
            else:
                body[place:place] = chance.choice(
                    [b'"', b"{", b"[", b"null", b"-", b"1e5", b"\\u0000", b",", b":", bytes([0])]
                )
        answer = receiver.post(chance.choice(["/events", "/sessions"]), bytes(body), "application/json")
        statuses[answer.status] += 1
        assert answer.status in (200, 400), (answer.status, bytes(body))
    assert statuses[400] > 200
    assert receiver.health()["status"] == "ok"
