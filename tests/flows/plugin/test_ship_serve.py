"""From the spool into the store of the real server: each thing once, however often it had to be sent."""

from __future__ import annotations

import http.client
import json
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.flows.harness import command, serve
from tests.plugin_ship import GOLDEN, Got, Plugin, receiver, script

FOLDER = GOLDEN / "2.1.328" / "hooks-plugin" / "transcripts" / "-home-dev-project"
HELLO, GREET = "188fbd8e-7641-41d0-9953-5e48c9f25db3", "fdfae698-e43a-4740-8a2d-5aa102705cec"
TOKENS = {  # of both sessions together, as the mock API played them
    "input_tokens": 105 + 251,
    "output_tokens": 6 + 23,
    "cache_read_tokens": 4444,
    "cache_write_tokens": 2222,
}
EVENTS = (
    "select kind, count(*) as n, count(distinct event_id) as d from events where source = 'hook' group by 1 order by 1"
)


def forwarded(one: Got, to: str) -> tuple[int, bytes]:
    """What the receiver says to a request that is passed on as it is."""
    parts = urlsplit(to)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.request("POST", one.path, one.body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    told = response.status, response.read()
    connection.close()
    return told


def asked(home: Path, sql: str) -> list[dict[str, Any]]:
    told = json.loads(command("--json", "query", sql, home=home).stdout)
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


@pytest.mark.parametrize("form", ["native", "compat"])
def test_answers_that_get_lost_and_sessions_that_are_sent_again_count_once(tmp_path: Path, form: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    statuses: list[int] = []
    lost = {"left": 3}
    with serve(home) as server:

        def relay(one: Got) -> int | bytes:
            status, _ = forwarded(one, server.about["otlp_http"])
            statuses.append(status)
            if lost["left"]:
                lost["left"] -= 1
                return b""  # it was taken, but the answer never came back
            return status

        with receiver(relay) as between:
            plugin = Plugin(folder=tmp_path / "data", endpoint=between.url, form=form)
            key = script("identity").signing_key(str(plugin.folder))
            (home / "hook_keys.json").write_text(json.dumps({script("identity").key_id(key): key}))
            (home / "hook_keys.json").chmod(0o600)
            transcript = tmp_path / f"{GREET}.jsonl"
            shutil.copy(FOLDER / transcript.name, transcript)
            plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"))
            plugin.session(transcript, ("skill", "demo:greet"))
            for _ in range(6):
                plugin.ship("--now")
            assert plugin.waiting() == []
            plugin.spool("end", GREET, time.time() - 5, reason="clear", transcript=str(transcript))  # it was resumed
            plugin.ship("--now")
            assert plugin.waiting() == []
            assert set(statuses) == {200}
            assert len(between.got) == 4 + 3 + 1
            assert not (plugin.folder / "rejected.jsonl").exists()
        server.wait_drained()
        told = {row["kind"]: row for row in asked(home, EVENTS)}
        assert all(row["n"] == row["d"] for row in told.values())
        assert told["feature.use"]["n"] == 2
        assert told["session.summary"]["n"] == 3, "the resumed session's second report is one of its own"
        assert asked(home, "select count(*) as n from hook_sessions") == [{"n": 2}]
        totals = json.loads(command("--json", "report", "--range", "all", home=home).stdout)["totals"]
        if form == "native":  # the old form's sums are inflated, and are not taken for usage
            assert {name: totals[name] for name in TOKENS} == TOKENS
        else:
            assert totals["input_tokens"] == 0
