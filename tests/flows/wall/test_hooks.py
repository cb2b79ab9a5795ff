"""Nothing private comes out of what plugins report, whichever field it was in, under every preset."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.privacy.policy import Preset
from tests.flows.harness import Running, serve, wait_until
from tests.flows.wall.places import answers_of, files_of, tables_of
from tests.flows.wall.planted import INNOCENT, Secret, found_in, make_secrets, sentence
from tests.flows.wall.test_everywhere import choose
from tests.unit.hooks.making import KEY, KEY_ID, body_of, event, native_event, native_session, session, signed

SEED = int(os.environ.get("TACHOGRAPH_TEST_SEED", "1"))
TEXTS = {
    "/events": ("name", "session_id", "user_id", "os", "version", "plugin_version", "client_version", "timestamp", "type", "mac"),
    "/sessions": (
        "session_id", "user_id", "os", "version", "exit_reason", "start_timestamp", "end_timestamp", "plugin_version", "hmac",
        "key_id", "form", "engine", "session_id_kind",
    ),
}  # fmt: skip
_MAKERS = {"/events": (event, native_event), "/sessions": (session, native_session)}


def payloads(rng: random.Random, secrets: list[Secret]) -> Iterator[tuple[str, bytes]]:
    """Each secret in each field that can hold it, as a name and as a value of unknown keys, alone and within a text."""
    number = 0
    for secret in secrets:
        for said in (secret.text, sentence(rng, secret)):
            for path, fields in TEXTS.items():
                for make in _MAKERS[path]:
                    number += 1
                    stuffed: dict[str, Any] = {rng.choice(fields): said} if rng.random() < 0.9 else {}
                    more: dict[str, Any] = {
                        secret.text: 1,
                        "note": said,
                        "nested": {secret.text: [said]},
                        "model": said,
                    }
                    made = make(
                        **({"session_id": f"s{number}", "name": "demo"} | stuffed)
                        if path == "/events"
                        else {"session_id": f"s{number}"} | stuffed
                    )
                    if make is native_session:
                        made |= {
                            "usage": [{"model": said[:120], "output_tokens": 3}], "commands": {said[:200]: 1}, "skills": {secret.text[:200]: 2},
                            "counting": {"method": said[:60], secret.text: 1}, "subagents": {"runs": 1, secret.text: said},
                        }  # fmt: skip
                    made |= more
                    if "hmac" not in stuffed and "key_id" not in stuffed and rng.random() < 0.5:
                        made = signed(made)
                    yield path, body_of(made)
        for body in (
            secret.text.encode(),
            b'{"session_id": "' + secret.text.encode(),
            json.dumps([secret.text]).encode(),
        ):
            yield rng.choice(["/events", "/sessions"]), body


def send_all(server: Running, secrets: list[Secret]) -> dict[str, bytes]:
    answers, statuses = [], Counter[int]()
    for path, body in payloads(random.Random(SEED), secrets):
        headers = {"Content-Type": "application/json", "User-Agent": "ai-helpers-metrics-py"}
        status, answer = server.request("POST", server.about["otlp_http"], path, body, headers)
        statuses[status] += 1
        answers.append(answer)
    assert set(statuses) == {200, 400}
    assert min(statuses.values()) > 100, statuses
    return {"answers to payloads": b"\n".join(answers)}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("preset", [Preset.STANDARD, Preset.STRICT])
def test_nothing_private_comes_out_of_what_plugins_report(tmp_path: Path, preset: Preset, monkeypatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_JOURNAL__SEGMENT_AGE_S", "0.3")
    monkeypatch.setenv("TACHOGRAPH_LOG__LEVEL", "debug")
    secrets = make_secrets(SEED + 7)
    home, log = tmp_path / "home", tmp_path / "stderr"
    choose(home, preset)
    (home / "hook_keys.json").write_text(json.dumps({KEY_ID: KEY.hex()}))
    with log.open("wb") as stderr, serve(home, stderr=stderr) as server:
        places = send_all(server, secrets)
        server.wait_drained()
        wait_until(lambda: not found_in(files_of(home / "journal"), secrets), "the journal is empty of it", 30)
        for path in ("/metrics", "/health"):
            places[f"receiver {path}"] = server.request("GET", server.about["otlp_http"], path)[1]
        places |= answers_of(server)
        for by in ("feature_name", "exit_reason", "counting", "plugin_version", "user", "session"):
            metrics = "feature_uses" if by == "feature_name" else "reported_sessions"
            status, answer = server.request(
                "GET", server.about["http"], f"/api/v1/query?metrics={metrics}&range=all&by={by}"
            )
            assert status == (422 if (by, preset) == ("user", Preset.STRICT) else 200), answer
            places[f"query by {by}"] = answer
        assert server.stop() == 0
    places |= {**files_of(home), **tables_of(home), "log": log.read_bytes()}
    found = found_in(places, secrets)
    assert not found, "\n".join(found[:40])
    assert not [place for place, content in places.items() if any(word.encode() in content for word in INNOCENT)]
    told = json.loads(places["table hook_sessions"]), json.loads(places["table feature_uses"])
    assert all(len(rows) > 50 for rows in told)
