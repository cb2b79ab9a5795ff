"""The hook on every Python from 3.8 that this machine has, and what its scripts may say and load."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.plugin_hook import COMMAND, Hook, payload

MINORS = range(8, 14)


def find_python(minor: int) -> str | None:
    """An interpreter of that version: on PATH, or where pyenv and uv keep theirs."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    kept = [
        *Path(os.environ.get("PYENV_ROOT", home / ".pyenv")).glob(f"versions/3.{minor}.*/bin/python3.{minor}"),
        *home.glob(f".local/share/uv/python/cpython-3.{minor}.*/bin/python3.{minor}"),
    ]
    for path in [shutil.which(f"python3.{minor}"), *map(str, kept)]:
        if path is None:
            continue
        said = subprocess.run(
            [path, "-I", "-c", "import sys; print(sys.version_info[1], sys.executable)"], capture_output=True, text=True
        )
        if said.stdout.startswith(f"{minor} "):
            return said.stdout.split(None, 1)[1].strip()  # what is on PATH may be a script that looks for it
    return None


@pytest.mark.parametrize("minor", MINORS)
def test_the_hook_runs_on_this_python(tmp_path: Path, minor: int) -> None:
    python = find_python(minor)
    if python is None:
        pytest.skip(f"there is no Python 3.{minor} on this machine")
    hook = Hook(folder=tmp_path, python=python)
    for stdin in (
        payload("SessionStart", source="resume"),
        payload(prompt="/demo:hello 😀"),
        payload("PreToolUse", tool_name="Skill", tool_input={"skill": "demo:x"}),
        payload("SessionEnd", reason="clear", transcript_path="/home/é/x.jsonl"),
        b"nonsense",
        b"{",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"9" * 900_000 + b"}",
        b'{"prompt":"\\ud800"}',
        payload(prompt="/x" * 700_000),
    ):
        for words in (hook.words(), hook.words(shell=False)):
            ran = hook.run(stdin, words=words)
            assert ran.was_silent, (stdin[:50], ran)
            assert ran.seconds < 2
    assert [(event["event"], event.get("name", "")) for event in hook.events()] == [
        *[("start", "")] * 2,
        *[("prompt", "demo:hello")] * 2,
        *[("skill", "demo:x")] * 2,
        *[("end", "")] * 2,
    ]
    assert hook.events()[-1]["transcript"] == "/home/é/x.jsonl"
    assert len(hook.costs()) == 22
    assert hook.shippers(at_least=3)[0]["argv"][1] == str(hook.data)


def test_an_older_python_is_silent(tmp_path: Path) -> None:
    for name in ("python2.7", "python3.6", "python3.7"):
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        found = [*map(str, home.glob(f".pyenv/versions/*/bin/{name}"))]
        for number, python in enumerate(found):
            hook = Hook(folder=tmp_path / f"{name}-{number}", python=python)
            assert hook.run(payload(prompt="/x")).was_silent


def test_at_a_prompt_the_hook_loads_next_to_nothing(tmp_path: Path) -> None:
    """What is fast is what is not loaded: counted here, so that no stop-watch is needed."""
    hook = Hook(folder=tmp_path)
    script = hook.root / "scripts" / "hook.py"
    whole = script.read_text()
    probe = "print(*sorted(set(sys.modules) - BEFORE), flush=True)\n        system._exit(0)"
    script.write_text("import sys\nBEFORE = set(sys.modules)\n" + whole.replace("system._exit(0)", probe))
    (hook.data / "shipper.started").write_text(".")
    for stdin in (payload(prompt="hello"), payload(prompt="/demo:hello")):
        said = hook.run(stdin, words=hook.words(shell=False)).stdout.split()
        assert set(said) <= {b"time", b"places", b"_json", b"_signal", b"msvcrt"}, said


def test_the_command_asks_for_what_installers_replace_once_and_quoted() -> None:
    """Claude Code replaces it in the text, leaves it to the shell, or an installer writes the path: all must work."""
    assert COMMAND.count("${CLAUDE_PLUGIN_ROOT}") == 1
    assert '"${CLAUDE_PLUGIN_ROOT}"' in COMMAND
    assert "\n" not in COMMAND
    assert COMMAND.isascii()
    assert "\\" not in COMMAND  # Git Bash, and JSON within JSON
    assert "CLAUDE_PLUGIN_DATA" not in COMMAND


def test_a_windows_path_in_the_command_stays_what_it_is(tmp_path: Path) -> None:
    r"""In Git Bash `"C:\Users\ada\x"` is that path; here a folder of that very name stands in for it."""
    hook = Hook(folder=tmp_path)
    odd = tmp_path / r"C:\Users\ada lovelace\.claude\plugins\metrics"
    shutil.copytree(hook.root, odd)
    command = COMMAND.replace("${CLAUDE_PLUGIN_ROOT}", str(odd))
    assert hook.run(payload(prompt="/x"), words=["/bin/sh", "-c", command]).was_silent
    assert len(hook.events()) == 1
