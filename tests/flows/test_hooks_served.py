"""From a plugin's POST to the answer its author asks for, through the real server, killed in between."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from tests.flows.harness import Running, command, serve, wait_until
from tests.unit.hooks.making import KEY, KEY_ID, body_of, native_event, native_session, session, signed


def is_taken(server: Running, path: str, payload: dict[str, Any]) -> bool:
    """False while the receiver is being started again."""
    kind = {"Content-Type": "application/json"}
    try:
        return server.request("POST", server.now()["otlp_http"], path, body_of(payload), kind)[0] == 200
    except OSError:
        return False


def asked(home: Path, metrics: str, by: str = "") -> list[dict[str, Any]]:
    more = ["--by", by] if by else []
    told = json.loads(command("query", "--metrics", metrics, *more, "--range", "all", "--json", home=home).stdout)
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


def test_an_author_is_told_which_commands_are_used_and_what_a_session_is_like(tmp_path: Path) -> None:
    home = tmp_path / "home"
    payloads: list[tuple[str, dict[str, Any]]] = []
    for person in range(3):
        mine = {"session_id": f"session {person}", "user_id": f"installation {person}"}
        payloads.append(("/metrics-upload/sessions", signed(native_session(**mine))))
        payloads.append(("/metrics-upload/events", signed(native_event(**mine))))
        payloads.append(("/events", native_event(type="skill", name="pdf", **mine)))
    payloads.append(("/sessions", session(session_id="of the original client", user_id=None)))
    with serve(home) as server:
        (home / "hook_keys.json").write_text(json.dumps({KEY_ID: KEY.hex()}))
        for times in range(2):
            for path, payload in payloads:
                wait_until(partial(is_taken, server, path, payload), "it is taken")
            if not times:
                server.kill("receiver", "core")
        server.wait_drained()
        totals = server.totals()
        assert (totals["sessions"], totals["output_tokens"], totals["requests"]) == (3, 600, 0)
        uses = [
            {"feature": "command", "feature_name": "jira:solve", "feature_uses": 3, "users": 3},
            {"feature": "skill", "feature_name": "pdf", "feature_uses": 3, "users": 3},
        ]
        assert asked(home, "feature_uses,users", "feature,feature_name") == uses
        assert asked(home, "reported_sessions", "integrity") == [
            {"integrity": "checksum", "reported_sessions": 1},
            {"integrity": "keyed", "reported_sessions": 3},
        ]
        assert server.stop() == 0
    assert asked(home, "feature_uses,users", "feature,feature_name") == uses
    assert asked(home, "turns_per_session") == [{"turns_per_session": 42}]
