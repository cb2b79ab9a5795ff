"""The first run on a real server: the page is there while histories are read, newest first, and nothing is lost."""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flows.files.terminal import Terminal
from tests.flows.harness import Running, command, serve, wait_until
from tests.unit.transcripts.making import joined, prompt, response

DAY_S = 86_400
NOW_S = time.time()
AGES_DAYS = (0.1, 3, 40, 75, 110)  # of the files: the week, and three older months at least
FILES_EACH = 12
REQUESTS_EACH = 400


def history(home: Path) -> None:
    """A few megabytes of transcripts of five times of the year, with a file that is no transcript inside."""
    folder = home / "no-such-agent" / "projects" / "-home-dev-project"  # where the harness says that Claude Code lives
    folder.mkdir(parents=True)
    number = 0
    for age in AGES_DAYS:
        changed = NOW_S - age * DAY_S
        for n in range(FILES_EACH):
            session = f"{int(age * 10):08d}-{n:04d}-4333-8444-555555555555"
            lines = []
            for k in range(REQUESTS_EACH):
                number += 1
                at = datetime.fromtimestamp(changed - 600 + k, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
                more = {"sessionId": session, "timestamp": at, "uuid": f"00000000-0000-4000-8000-{number:012d}"}
                text = [{"type": "text", "text": "x" * 300}]
                lines.append(response(number, blocks=text, **more) if k % 10 else prompt(number, **more))
            path = folder / f"{session}.jsonl"
            path.write_bytes(joined(*lines))
            os.utime(path, (changed - n, changed - n))
    broken = folder / "broken.jsonl"
    broken.write_bytes(b"\x00\xff no record\n" * 5)
    os.utime(broken, (NOW_S - 3600, NOW_S - 3600))


def told_until_done(server: Running, look: Callable[[dict[str, Any]], None] = lambda _: None) -> list[dict[str, Any]]:
    """Every answer about the import until it is done."""
    told: list[dict[str, Any]] = []

    def is_done() -> bool:
        try:
            told.append(server.get("/api/v1/imports"))
        except (OSError, http.client.HTTPException):
            return False  # the core is being started again
        look(told[-1])
        return bool(told[-1]["state"] == "done")

    wait_until(is_done, "the import is done", 60.0)
    return told


@pytest.fixture
def imported(tmp_path: Path) -> dict[str, Any]:
    """The totals of the same history after `tachograph import`, which ends when all is read."""
    home = tmp_path / "imported"
    history(home)
    command("import", home=home)
    told: dict[str, Any] = json.loads(command("--json", "report", "--range", "all", home=home).stdout)["totals"]
    return told


def months_done(told: dict[str, Any]) -> list[bool]:
    return [month["state"] == "done" for month in told["months"]]


def test_the_page_is_there_while_the_newest_months_are_read_first(tmp_path: Path, imported: dict[str, Any]) -> None:
    home = tmp_path / "home"
    history(home)
    pages: list[int] = []
    week: list[int] = []
    with serve(home) as server:

        def look(told: dict[str, Any]) -> None:
            if told["state"] == "running":
                pages.append(server.request("GET", server.about["http"], "/health")[0])
            if told["week_done"] and not week:
                week.append(server.get("/api/v1/report?range=7d")["totals"]["requests"])

        told = told_until_done(server, look)
        assert pages, "it was done before anybody could look: make the history longer"
        assert set(pages) == {200}
        for name in ("files_done", "bytes_done", "events_new"):
            assert [one[name] for one in told] == sorted(one[name] for one in told)
        for one in told:
            assert months_done(one) == sorted(months_done(one), reverse=True), (
                "an older month was done before a newer one"
            )
        assert [m["month"] for m in told[-1]["months"]] == sorted(
            {m["month"] for m in told[-1]["months"]}, reverse=True
        )
        whole = server.get("/api/v1/report?range=7d")["totals"]["requests"]
        assert week == [whole]
        assert whole == 2 * FILES_EACH * REQUESTS_EACH * 9 // 10
        assert told[-1]["quarantined"] == {"bad_line": 5}
        assert told[-1]["files_done"] == told[-1]["files_total"] == len(AGES_DAYS) * FILES_EACH + 1
        assert server.totals() == imported


def test_killed_in_the_middle_it_goes_on_and_comes_to_the_same(tmp_path: Path, imported: dict[str, Any]) -> None:
    home = tmp_path / "home"
    history(home)
    with serve(home) as server:
        was_running: list[str] = []

        def look(told: dict[str, Any]) -> None:
            if not was_running and told["bytes_done"]:
                was_running.append(told["state"])
                server.kill("core")

        told_until_done(server, look)
        assert was_running == ["running"]
        assert server.totals() == imported
    with serve(home) as server:  # and the next start has nothing to read
        last = told_until_done(server)[-1]
        assert last["events_new"] == 0
        assert last["files_done"] == last["files_total"]


def test_an_order_to_import_waits_for_what_is_being_read_and_is_told_how_far_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history(home)
    with serve(home):
        told = json.loads(command("--json", "import", home=home).stdout)["sources"]["claude_code"]
        assert told["files"] == len(AGES_DAYS) * FILES_EACH + 1
        assert told["new"] == 0  # the server had read it
        assert json.loads(command("--json", "report", "--range", "all", home=home).stdout)["totals"]["requests"]


def test_without_watching_it_says_why_nothing_is_read(tmp_path: Path) -> None:
    with serve(tmp_path, "--no-watch") as server:
        told = server.get("/api/v1/imports")
        assert told["state"] == "idle"
        assert "imports.watch is off" in told["reason"]


def test_scripts_get_the_week_after_the_import(tmp_path: Path) -> None:
    history(tmp_path)
    told = json.loads(command("--json", home=tmp_path).stdout)
    assert told["totals"]["requests"] == 2 * FILES_EACH * REQUESTS_EACH * 9 // 10
    assert [one["about"] for one in told["highlights"]["sentences"]] == ["cost", "where", "odd"]


def test_in_a_terminal_the_address_comes_first_and_three_sentences_at_the_end(tmp_path: Path) -> None:
    home = tmp_path / "home"
    history(home)
    environment = {
        **{name: text for name, text in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")},
        "CLAUDE_CONFIG_DIR": str(home / "no-such-agent"), "TERM": "xterm", "TACHOGRAPH_SERVER__PORT": "0",
        "TACHOGRAPH_OTLP__HTTP_PORT": "0", "TACHOGRAPH_OTLP__GRPC_PORT": "0",
    }  # fmt: skip
    terminal = Terminal([sys.executable, "-m", "tachograph", "--home", str(home)], environment)
    terminal.see(r"Tachograph is ready\.")
    page = terminal.see(r"page +(http://127\.0\.0\.1:[0-9]+)")[1]
    terminal.see(r"Read local histories of [0-9-]+ to [0-9-]+, 61 files: [0-9,]+ events new\.", 60.0)
    cost = terminal.see(
        r"\]8;[^;]*;([^\x1b]+)\x1b\\+(?:\x1b\[[0-9;]*m)*The last 7 days cost (\$[0-9,.]+), in ([0-9]+) sessions"
    )
    assert cost[1] == f"{page}/#/costs?range=7d"
    assert cost[3] == str(2 * FILES_EACH)
    assert re.fullmatch(r"\$[0-9,]+\.[0-9]{2}", cost[2])
    terminal.see(r"went to project")
    terminal.see(r"[Nn]o day stands out|stands out|The day with most")
    terminal.keys("\x03")
    assert terminal.wait() == 0
