"""Nothing that a real agent sent is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tachograph.inputs.otlp.signals import SIGNALS, Encoding
from tachograph.inputs.otlp.validate import validate

GOLDEN = Path(__file__).parents[2] / "golden"
SIGNAL_OF = {signal.name: signal for signal in SIGNALS}
BODIES = sorted(
    path
    for path in GOLDEN.rglob("otlp/*")
    if path.suffix in (".pb", ".json") and not path.name.endswith((".meta.json", ".decoded.json"))
)


def test_there_are_some():
    assert {path.suffix for path in BODIES} == {".pb", ".json"}
    assert len(BODIES) > 20


@pytest.mark.parametrize("path", BODIES, ids=[str(path.relative_to(GOLDEN)) for path in BODIES])
def test_a_recorded_request_is_taken_whole(path):
    body = path.read_bytes()
    encoding = Encoding.PROTOBUF if path.suffix == ".pb" else Encoding.JSON
    verdict = validate(SIGNAL_OF[path.name.split(".")[1]], encoding, body)
    assert verdict.refused == {}
    assert verdict.accepted > 0
    assert verdict.body is body
