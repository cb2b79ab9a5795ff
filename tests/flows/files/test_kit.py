"""The file kit by its commands: from an empty home to documents, as a person and as a script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.files.terminal import Terminal
from tests.flows.harness import command

CONSOLE = Path(__file__).parents[2] / "golden" / "console" / "claude_code"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_from_nothing_to_documents(home: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    made = json.loads(command("files", "init", "--dir", str(kit), "--team", "platform", "--json", home=home).stdout)
    assert {Path(one["path"]).name: one["status"] for one in made["made"]}["env.sh"] == "made"
    assert not home.exists()  # nothing else is made
    text = (CONSOLE / "1.0.128" / "console" / "run2.stdout.txt").read_bytes()
    (kit / "logs" / "session-20261120-130000.log").write_bytes(text)
    report = json.loads(command("files", "parse", "--dir", str(kit), "--json", home=home).stdout)
    assert (report["files"], report["parsed"], report["events"], report["metrics"]) == (1, 1, 5, 20)
    document = json.loads((kit / "data" / "session-20261120-130000.json").read_bytes())
    assert document["session"]["team"] == "platform"
    assert document["totals"]["by_metrics"]["cost_usd"] == 0.0070876  # three exports of the same totals
    again = json.loads(command("files", "parse", "--dir", str(kit), "--json", home=home).stdout)
    assert (again["unchanged"], again["new"], again["bytes"]) == (1, 0, 0)
    shown = command("files", "parse", "--dir", str(kit), home=home)
    assert shown.stdout == f"1 logs, 1 of them unchanged, in {kit / 'data'}\n"


def test_the_usual_folder_is_in_the_users_home(home: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), "files", "init"],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path)},
        check=True,
    )
    assert str(tmp_path / ".claude-code-telemetry" / "env.sh") in done.stdout
    assert (tmp_path / ".claude-code-telemetry" / "claude-with-telemetry.sh").is_file()


def test_mistakes_in_the_call(home: Path, tmp_path: Path) -> None:
    kit = str(tmp_path / "kit")
    for arguments in (
        ("parse", "--dir", kit),  # there is no folder of logs
        ("parse", "--dir", kit, str(tmp_path / "not-there.log")),
        ("init", "--dir", kit, "--team", "a b"),
        ("parse", "--dir", kit, "--project", "$(x)"),
        ("run", "--dir", kit),
    ):
        done = command("files", *arguments, home=home, check=False)
        assert done.returncode == 2, arguments
        assert done.stderr
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert command("files", "parse", "--dir", kit, str(pipe), home=home, check=False).returncode == 1


def test_init_asks_at_a_terminal_and_no_is_the_answer_of_none(home: Path, tmp_path: Path) -> None:
    kit = tmp_path / "kit"
    command("files", "init", "--dir", str(kit), home=home)
    script = kit / "env.sh"
    script.write_text("export MINE=1\n")
    arguments = [sys.executable, "-m", "tachograph", "--home", str(home), "files", "init", "--dir", str(kit)]
    for answer in ("\n", "n\n"):
        with Terminal(arguments, os.environ) as terminal:
            terminal.see(r"was changed by hand. Replace it\? \[y/N\]")
            terminal.keys(answer)
            assert terminal.wait() == 0
        assert script.read_text() == "export MINE=1\n"
    assert "Kept" in command("files", "init", "--dir", str(kit), home=home).stderr  # nobody to ask
    assert script.read_text() == "export MINE=1\n"
    with Terminal(arguments, os.environ) as terminal:
        terminal.see(r"\[y/N\]")
        terminal.keys("y\n")
        assert terminal.wait() == 0
    assert "MINE" not in script.read_text()
    script.write_text("export MINE=1\n")
    command("files", "init", "--dir", str(kit), "--force", home=home)
    assert "MINE" not in script.read_text()


def test_a_capture_by_hand_and_the_same_by_import(home: Path, tmp_path: Path) -> None:
    """One reader: what `files parse` finds in a text, `import` finds too."""
    text = (
        (CONSOLE / "2.1.328" / "console" / "run1.stdout.txt").read_text()
        + 'claude_code.api_request: {"session.id": "s-1", "model": "claude-opus-5-5", "input_tokens": 7, "cost_usd": 0.5}\n'
        + "LogRecord #0\nTimestamp: 2026-11-20 13:00:00 +0000 UTC\nBody: Str(claude_code.api_request)\nAttributes:\n"
        + "     -> session.id: Str(s-2)\n     -> input_tokens: Int(5)\n     -> cost_usd: Double(0.25)\nFlags: 0\n"
    )
    kit = tmp_path / "kit"
    log = kit / "logs" / "session-1.log"
    log.parent.mkdir(parents=True)
    log.write_text(text)
    command("files", "parse", "--dir", str(kit), home=home)
    totals = json.loads((kit / "data" / "session-1.json").read_bytes())["totals"]["by_events"]
    assert (totals["input_tokens"], totals["cost_usd"], totals["api_requests"]) == (201, 0.759116, 4)
    imported = json.loads(command("import", "--json", str(log), home=home).stdout)
    assert imported["sources"]["console"]["quarantined"] == {}
    report = json.loads(command("report", "--json", "--since", "2020-01-01", home=home).stdout)
    assert report["totals"]["requests"] == 4
    assert report["totals"]["input_tokens"] == 201
    assert report["totals"]["cost_microusd"] == 759_116
