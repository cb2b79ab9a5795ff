"""Mutated bodies: what the protobuf library cannot read is refused, nothing is ever a server's fault.

FUZZ_COUNT says how many, FUZZ_SEED where to start.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import time

import pytest
from google.protobuf.message import DecodeError

from tachograph.inputs.otlp.signals import SIGNALS
from tests.corpus.otlp.mutate import SAMPLES, TEXTS, mutate, mutate_text
from tests.flows.receiver.running import JSON, PROTOBUF, start

COUNT = int(os.environ.get("FUZZ_COUNT", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with start(tmp_path_factory.mktemp("receiver") / "journal") as running:
        yield running


@pytest.fixture
def client(receiver):
    client = http.client.HTTPConnection("127.0.0.1", receiver.http_port)
    yield client
    client.close()


def test_mutated_protobuf(receiver, client):
    chance = random.Random(SEED)
    memory = receiver.memory_mb()
    receiver.forget_peak()
    taken = refused = 0
    began = time.monotonic()
    for _ in range(COUNT):
        index = chance.randrange(3)
        body = mutate(SAMPLES[index], chance)
        signal = SIGNALS[index]
        try:
            signal.request.FromString(body)
            readable = True
        except DecodeError:
            readable = False
        client.request("POST", signal.path, body, {"content-type": PROTOBUF})
        response = client.getresponse()
        answer = response.read()
        if readable:
            assert response.status in (200, 400)
        else:
            assert response.status == 400, body.hex()
        if response.status == 200:
            signal.response.FromString(answer)
            taken += 1
        else:
            refused += 1
    rate = COUNT / (time.monotonic() - began)
    print(f"{taken} taken, {refused} refused, {rate:.0f}/s")
    assert taken > COUNT // 20
    assert refused > COUNT // 20
    assert receiver.peak_mb() - memory < 16
    # What was taken must be readable by everybody else too.
    kinds = {signal.protobuf_kind: signal for signal in SIGNALS}
    for frame in receiver.frames():
        kinds[frame.kind].request.FromString(frame.body)


def test_mutated_json(receiver, client):
    chance = random.Random(SEED)
    statuses = {200: 0, 400: 0}
    receiver.frames()
    for _ in range(COUNT // 2):
        index = chance.randrange(3)
        body = mutate_text(TEXTS[index], chance)
        try:
            json.loads(body, parse_constant=lambda text: 1 / 0)
            readable = True
        except (ValueError, ZeroDivisionError):
            readable = False
        client.request("POST", SIGNALS[index].path, body, {"content-type": JSON})
        response = client.getresponse()
        response.read()
        statuses[response.status] += 1  # KeyError: neither
        if not readable:
            assert response.status == 400, body
    print(statuses)
    assert min(statuses.values()) > COUNT // 40
    for frame in receiver.frames():
        assert isinstance(json.loads(frame.body), dict)
