"""The hook on every Python from 3.8 that this machine has, and what its scripts may say and load."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import time
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
    costs = [cost["outcome"] for cost in hook.costs()]
    assert costs[:8] == ["spooled"] * 8
    # Very long numbers are read as text: to make numbers of them takes minutes, or is an error.
    assert costs[8:] == ["not_json"] * 8 + ["no_session"] * 4 + ["too_large"] * 2
    assert hook.shippers(at_least=3)[0]["argv"][1] == str(hook.data)


def test_an_older_python_is_silent(tmp_path: Path) -> None:
    for name in ("python2.7", "python3.6", "python3.7"):
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        found = [*map(str, home.glob(f".pyenv/versions/*/bin/{name}"))]
        for number, python in enumerate(found):
            hook = Hook(folder=tmp_path / f"{name}-{number}", python=python)
            assert hook.run(payload(prompt="/x")).was_silent


def watched(hook: Hook, event: str, text: str) -> None:
    """Have hook.py say on stdout what happens in it from now on: modules `loaded` at its end, or files it `compile`s."""
    script = hook.root / "scripts" / "hook.py"
    whole = script.read_text()
    assert "    system._exit(0)" in whole
    before = "import sys\nBEFORE = set(sys.modules)\n"
    if event == "compile":
        before += (
            "sys.addaudithook(lambda name, given: name == 'compile' and system.write(1, given[1].encode() + b' '))\n"
        )
    script.write_text(before + whole.replace("    system._exit(0)", f"    {text}\n    system._exit(0)"))


def test_at_a_prompt_the_hook_loads_next_to_nothing(tmp_path: Path) -> None:
    """What is fast is what is not loaded: counted here, so that no stop-watch is needed."""
    hook = Hook(folder=tmp_path)
    watched(hook, "loaded", "system.write(1, ' '.join(set(sys.modules) - BEFORE).encode())")
    (hook.data / "shipper.started").write_text(".")
    for stdin in (payload(prompt="hello"), payload(prompt="/demo:hello")):
        said = hook.run(stdin, words=hook.words(shell=False)).stdout.split()
        assert set(said) <= {b"time", b"record", b"places", b"_json", b"_signal"}, said


def compiled_by(hook: Hook, **environ: str | None) -> set[str]:
    said = hook.run(payload(prompt="hello"), words=hook.words(shell=False), environ=environ).stdout.decode().split()
    return {Path(name).name for name in said}


def test_what_was_compiled_is_kept_by_the_process_that_nobody_waits_for(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    watched(hook, "compile", "pass")
    assert compiled_by(hook) == {"record.py", "places.py"}
    assert not (hook.data / "compiled").exists()  # an ordinary prompt writes nothing but its cost
    hook.run(payload("SessionEnd", reason="other"))
    hook.shippers(at_least=1)
    kept = [path for path in (hook.data / "compiled").rglob("*") if path.is_file()]
    assert sorted(path.name.split(".")[0] for path in kept) == ["places", "record"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert compiled_by(hook) == set()
    assert compiled_by(hook, CLAUDE_PLUGIN_DATA=None) == {"places.py"}  # which is asked where to look, before 2.1.197


def test_what_was_compiled_of_another_script_is_not_used(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    hook.run(payload("SessionEnd", reason="other"))
    hook.shippers(at_least=1)
    script = hook.root / "scripts" / "record.py"
    script.write_text(script.read_text().replace('"v":1', '"v":2'))
    later = script.stat().st_mtime + 2
    os.utime(script, (later, later))
    hook.run(payload("SessionEnd", reason="other"))
    assert b'"v":2' in (hook.data / "spool" / "events.jsonl").read_bytes()
    hook.shippers(at_least=2)
    watched(hook, "compile", "pass")
    assert compiled_by(hook) == set()  # and kept anew


@pytest.mark.parametrize("content", [b"", b"\x00" * 16, b"not code" * 100, None])
def test_what_was_compiled_may_be_damaged(tmp_path: Path, content: bytes | None) -> None:
    hook = Hook(folder=tmp_path)
    hook.run(payload("SessionEnd", reason="other"))
    hook.shippers(at_least=1)
    for path in (hook.data / "compiled").rglob("*.pyc"):
        path.write_bytes(content if content is not None else path.read_bytes()[:16] + b"\xff" * 50)
    assert hook.run(payload(prompt="/x")).was_silent
    (hook.data / "shipper.started").unlink()
    assert hook.run(payload(prompt="/y")).was_silent
    assert [event.get("name") for event in hook.events()] == [None, "x", "y"]
    hook.shippers(at_least=2)
    watched(hook, "compile", "pass")
    assert compiled_by(hook) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder to somebody else")
def test_nothing_compiled_is_taken_from_somebody_elses_folder(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    hook.run(payload("SessionEnd", reason="other"))
    hook.shippers(at_least=1)
    watched(hook, "compile", "pass")
    os.chown(hook.data, pwd.getpwnam("nobody").pw_uid, -1)
    assert compiled_by(hook) == {"record.py", "places.py"}


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


PRETEND_WINDOWS = """
import sys, posix
sys.platform = "win32"
posix.environ = {name.decode(): value.decode() for name, value in posix.environ.items()}
"""
MSVCRT = """
import posix
LK_UNLCK, LK_LOCK, LK_NBLCK = 0, 1, 2
def locking(file, mode, count):
    note = posix.open(posix.environ["CLAUDE_PLUGIN_DATA"] + "/locked", posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND)
    posix.write(note, b"%d %d\\n" % (mode, posix.lseek(file, 0, 1)))
    posix.close(note)
"""
SUBPROCESS = """
import posix
DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP, DEVNULL = 8, 512, -3
def Popen(words, env, cwd, stdin, stdout, stderr, creationflags):
    assert (stdin, stdout, stderr, creationflags) == (-3, -3, -3, 520)
    posix.posix_spawn(words[0], words, env)
"""


def test_the_ways_through_the_code_on_windows(tmp_path: Path) -> None:
    """As far as they can be walked here: no alarm but a thread, a locked byte, a detached process by other means."""
    hook = Hook(folder=tmp_path)
    script = hook.root / "scripts" / "hook.py"
    script.write_text(PRETEND_WINDOWS + script.read_text())
    (hook.root / "scripts" / "msvcrt.py").write_text(MSVCRT)
    (hook.root / "scripts" / "subprocess.py").write_text(SUBPROCESS)
    for name in ("CLAUDE_PLUGIN_ROOT", "CLAUDE_PLUGIN_DATA"):
        hook.environ[name] = "/" + hook.environ[name]  # as \\\\host\\share, which is absolute there, and here too
    assert hook.run(payload(prompt="/demo:hello")).was_silent
    assert hook.run(payload("SessionEnd", reason="clear", transcript_path="C:\\\\x.jsonl")).was_silent
    lines = (hook.data / "spool" / "events.jsonl").read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["prompt", "end"]
    assert json.loads(lines[1])["transcript"] == "C:\\\\x.jsonl"
    assert [json.loads(line)["outcome"] for line in (hook.data / "spool" / "costs.jsonl").read_text().splitlines()] == [
        "spooled"
    ] * 2
    assert len(hook.shippers(at_least=2)) == 2
    locked = (hook.data / "locked").read_text().split("\n")[:-1]
    assert locked.count(f"1 {1 << 30}") == 4  # each line of both files
    with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ) as running:
        began = time.monotonic()
        assert running.wait(timeout=5) == 0
        assert time.monotonic() - began < 2
