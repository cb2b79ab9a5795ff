"""Secrets in every text of a recording: none of them is in what is released, or in what is said of what was dropped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tachograph.ports import Batch, Frame
from tests.unit.opencode.making import SCENARIOS, lay, pipeline, read, read_documents, telemetry

SECRET = "Hunter2Correct"
_WORD = re.compile(r"[A-Za-z]")
# Texts that decide what a record is, or are names and ids that may be kept: all others get a secret.
_KEPT = frozenset({
    "name", "key", "traceId", "spanId", "parentSpanId", "scope", "role", "type", "status", "tool", "callID", "id", "sessionID",
    "messageID", "parentID", "modelID", "providerID", "agent", "mode", "finish", "reason", "subagent_type", "snapshot",
    "variant", "hash",
})  # fmt: skip
_KEPT_ATTRIBUTES = frozenset({
    "service.name", "service.version", "opencode.client", "session.id", "ai.model.id", "ai.model.provider",
    "ai.response.finishReason", "ai.toolCall.id", "ai.toolCall.name", "ai.request.headers.x-parent-session-id",
})  # fmt: skip


def planted(node: Any, key: str = "") -> Any:
    """The same with a secret in each text, the names of unknown keys included."""
    if isinstance(node, dict):
        if node.get("key") in _KEPT_ATTRIBUTES:
            return node
        return {name: planted(value, name) for name, value in node.items()} | {f"{SECRET}key": SECRET}
    if isinstance(node, list):
        return [planted(item, key) for item in node]
    if isinstance(node, str) and key not in _KEPT and _WORD.search(node):
        return f"{node} {SECRET} /home/{SECRET}/x sk-ant-{SECRET}"
    return node


def searched(batch: Batch) -> str:
    """Everything that is kept or said."""
    return repr([(e.name, e.session_id, dict(e.attributes)) for e in batch.events]) + repr(batch.drops)


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.name)
def scenario(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_nothing_of_the_database_gets_out(scenario: Path, tmp_path: Path) -> None:
    path = lay(tmp_path / "opencode.db", _planted_script((scenario / "opencode.sql").read_text("utf-8")))
    events, reader = read(path)
    assert SECRET in repr([event.attributes for event in events])  # it was there to be found
    batch = pipeline().run_records(events)
    assert len(batch.events) > 5
    assert SECRET not in searched(batch)
    assert "/home/dev" not in searched(batch)
    assert SECRET not in repr(reader.bad_lines) + repr(reader.ignored)


def test_nothing_of_the_telemetry_gets_out(scenario: Path) -> None:
    frames = [
        Frame(kind=f.kind, received_us=f.received_us, body=json.dumps(planted(json.loads(f.body))).encode(), end=f.end)
        for f in telemetry(scenario)
    ]
    batch = pipeline().run(frames)
    if b"doStream" in b"".join(f.body for f in frames):
        assert batch.events
    assert SECRET not in searched(batch)
    assert "dev-user-name" not in searched(batch)


def test_nothing_of_documents_gets_out(tmp_path: Path) -> None:
    source = next(path / "storage" for path in SCENARIOS if (path / "storage").is_dir())
    for path in source.rglob("*.json"):
        target = tmp_path / "storage" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(planted(json.loads(path.read_text("utf-8")))))
    batch = pipeline().run_records(read_documents(tmp_path / "storage"))
    assert len(batch.events) > 10
    assert SECRET not in searched(batch)


def _planted_script(script: str) -> str:
    """The dump with a secret in each text of each row's data, and in its title and folder."""
    rows = []
    for line in script.splitlines():
        head, found, data = line.rpartition(",'{")
        if line.startswith(("insert into message", "insert into part")) and found:
            told = json.loads("{" + data.removesuffix("');").replace("''", "'"))
            line = head + ",'" + json.dumps(planted(told)).replace("'", "''") + "');"
        elif line.startswith("insert into session"):
            line = line.replace("'/home/dev/project'", f"'/home/dev/{SECRET}'")
        rows.append(line)
    return "\n".join(rows)
