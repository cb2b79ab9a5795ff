"""Gemini CLI and Qwen Code through the commands: chats, ledger, totals and outfiles, twice and together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from tests.flows.harness import command

GOLDEN = Path(__file__).parents[1] / "golden" / "agents"
GEMINI = GOLDEN / "gemini_cli" / "0.61.0" / "edit-outfile"
QWEN = GOLDEN / "qwen_code" / "0.24.4" / "edit-outfile-openai"
# Played to both: see their expected.json. Gemini's thoughts are beside its output, the other's inside.
WANT = {
    "sessions": 4,
    "prompts": 4,
    "requests": 7 + 8,
    "input_tokens": (44339 - 30720) + (44352 - 30720),
    "cache_read_tokens": 30720 + 30720,
    "output_tokens": (102 + 19) + 104,
    "tool_calls": 10,
    "lines_added": 4,
    "lines_removed": 2,
    "commits": 2,
}


def report(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("report", "--json", home=home).stdout)["totals"]
    return found


def test_everything_that_a_folder_holds_counts_once_however_often_it_is_imported(tmp_path: Path) -> None:
    for _ in range(2):
        command("import", str(GEMINI), str(QWEN), home=tmp_path)
        totals = report(tmp_path)
        assert {name: totals[name] for name in WANT} == WANT
        assert totals["coverage"]["residual"]["tokens"] == 0


def test_an_outfile_that_grew_is_read_on_and_says_the_same_as_the_chats(tmp_path: Path) -> None:
    log = tmp_path / "telemetry.log"
    whole = (QWEN / "files" / "telemetry.log").read_bytes()
    for cut in (len(whole) // 3, len(whole) // 2, len(whole)):
        log.write_bytes(whole[:cut])
        said = json.loads(command("import", str(log), "--json", home=tmp_path / "home").stdout)["sources"]["otel_dump"]
        assert not said["quarantined"]
        assert said["torn"] == (cut < len(whole))
    alone = report(tmp_path / "home")
    assert alone["requests"] == 8
    assert alone["output_tokens"] == 104
    shutil.copytree(QWEN / "local", tmp_path / "qwen")
    command("import", str(tmp_path / "qwen"), home=tmp_path / "home")
    both = report(tmp_path / "home")
    assert {name: both[name] for name in ("requests", "input_tokens", "output_tokens")} == {
        name: alone[name] for name in ("requests", "input_tokens", "output_tokens")
    }
