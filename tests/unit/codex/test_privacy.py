"""Secrets planted in every text of a recording: none of them is in what is released, nor in what is counted as dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.codex.rollout import RolloutReader
from tachograph.ports import Batch, FrameKind
from tests.captures import frame, to_json
from tests.recorded import pipeline
from tests.unit.codex.test_golden import SESSIONS, each_session, threads

SECRET = "planted c0ffee, my password is hunter2"
# Without these nothing is read at all, or the whole thread is taken for a copy of another.
STRUCTURE = {"type", "timestamp", "source", "thread_source", "role", "id", "turn_id", "forked_from_id"}
NAMES_OF_RECORDS = {"event.name", "event.kind", "service.name", "token_type"}


def planted(node: Any, keep: Callable[[str, str], bool], name: str = "") -> Any:
    """The same with every text replaced by the secret, and keys that are paths, too."""
    if isinstance(node, dict):
        return {SECRET if "/" in key else key: planted(value, keep, key) for key, value in node.items()}
    if isinstance(node, list):
        return [planted(item, keep, name) for item in node]
    return SECRET if isinstance(node, str) and not keep(name, node) else node


def assert_clean(batch: Batch) -> None:
    text = repr(batch.events) + repr(batch.drops)
    for part in ("c0ffee", "hunter2", "password"):
        assert part not in text


@each_session
def test_no_text_of_a_thread_is_released(session: Path) -> None:
    for thread in threads(session):
        lines = [
            planted(json.loads(line), lambda name, _: name in STRUCTURE)
            for line in thread.read_text("utf-8").splitlines()
        ]
        reader = RolloutReader(received_us=1)
        reader.feed([json.dumps(line).encode() for line in lines], number=1, offset=0)
        batch = pipeline().run_records(reader.finish())
        assert len(batch.events) >= 3
        assert_clean(batch)
        assert "c0ffee" not in repr(reader.bad_lines)
        assert "c0ffee" not in repr(reader.ignored)


@pytest.mark.parametrize("shell", ["exec_command", "apply_patch"])
def test_a_secret_in_a_command_or_patch_stays_in_the_line(shell: str) -> None:
    given = {"cmd": f"git commit -m '{SECRET}'"}
    patch = f"*** Begin Patch\n*** Add File: {SECRET}.py\n+{SECRET}\n*** End Patch"
    payloads: list[tuple[str, dict[str, Any]]] = [
        ("session_meta", {"id": "01a1f6d5-757f-7d30-80bb-5c30822c9152", "cwd": f"/home/{SECRET}"}),
        ("turn_context", {"model": "gpt-5.5"}),
        (
            "response_item",
            {"type": "function_call", "call_id": "c", "name": shell}
            | ({"input": patch} if shell == "apply_patch" else {"arguments": json.dumps(given)}),
        ),
        ("response_item", {"type": "function_call_output", "call_id": "c", "output": f"Exit code: 0\n{SECRET}"}),
    ]
    reader = RolloutReader(received_us=1)
    stamp = "2026-11-20T10:00:00.000Z"
    lines = [json.dumps({"timestamp": stamp, "type": kind, "payload": payload}) for kind, payload in payloads]
    reader.feed([line.encode() for line in lines], number=1, offset=0)
    batch = pipeline().run_records(reader.finish())
    kinds = {event.kind.value for event in batch.events}
    assert ("vcs.commit" if shell == "exec_command" else "code.change") in kinds
    assert_clean(batch)


@each_session
def test_no_text_of_an_export_is_released(session: Path) -> None:
    released = 0
    for path in sorted((session / "otlp").iterdir()):
        signal = path.name.split(".")[1]
        body = path.read_bytes()
        document = json.loads(body if path.suffix == ".json" else to_json(signal, body))
        _plant_attributes(document)
        batch = pipeline().run([frame(FrameKind[f"{signal}_json".upper()], json.dumps(document).encode())])
        released += len(batch.events)
        assert_clean(batch)
    assert released >= 4


def _plant_attributes(node: Any) -> None:
    if isinstance(node, list):
        for item in node:
            _plant_attributes(item)
    elif isinstance(node, dict):
        value = node.get("value")
        if "key" in node and isinstance(value, dict):
            text = value.get("stringValue", "0")
            if node["key"] not in NAMES_OF_RECORDS and not text.isdigit():
                value["stringValue"] = SECRET
        else:
            for item in node.values():
                _plant_attributes(item)


def test_every_recording_is_planted() -> None:
    assert len(SESSIONS) == 13
