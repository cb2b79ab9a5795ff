"""What a run of the hook leaves behind: one line of few fields, one about its cost, and a shipper where one is due."""

from __future__ import annotations

import itertools
import json
import os
import pwd
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.plugin_hook import COMMAND, CONSENT, HOOKS, SESSION, Hook, payload

TRANSCRIPT = f"/home/dev/.claude/projects/-home-dev/{SESSION}.jsonl"


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    return Hook(folder=tmp_path)


def without(event: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in event.items() if name not in names}


def test_each_event_leaves_one_line_with_the_fields_of_its_kind(hook: Hook) -> None:
    for stdin in (
        payload("SessionStart", source="startup"),
        payload(prompt="/demo:hello Ada, my password is hunter2"),
        payload("PreToolUse", tool_name="Skill", tool_input={"skill": "demo:greet", "args": "secret"}),
        payload("SessionEnd", reason="prompt_input_exit"),
    ):
        assert hook.run(stdin).was_silent
    events = hook.events()
    assert [without(event, "at") for event in events] == [
        {"v": 1, "event": "start", "session": SESSION, "source": "startup", "transcript": TRANSCRIPT},
        {"v": 1, "event": "prompt", "session": SESSION, "name": "demo:hello", "chars": 39},
        {"v": 1, "event": "skill", "session": SESSION, "name": "demo:greet"},
        {"v": 1, "event": "end", "session": SESSION, "reason": "prompt_input_exit", "transcript": TRANSCRIPT},
    ]
    assert [str(event["at"]) for event in events] == sorted(str(event["at"]) for event in events)


def test_a_prompt_that_begins_with_no_slash_is_not_spooled_but_its_cost_is(hook: Hook) -> None:
    assert hook.run(payload(prompt="hello there, /demo:hello")).was_silent
    assert hook.events() == []
    assert [(cost["event"], cost["outcome"]) for cost in hook.costs()] == [("prompt", "passed")]
    assert hook.shippers() == []


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("/demo:hello", "demo:hello"),
        ("/review PR 12", "review"),
        ("/a:b:c\nmore", "a:b:c"),
        ("/x\ttab", "x"),
        ("/commit-push_2", "commit-push_2"),
        ("/", "custom"),
        ("/ review", "custom"),
        ("//review", "custom"),
        ("/a:b:c:d", "custom"),
        ("/a::b", "custom"),
        ("/:a", "custom"),
        ("/1st", "custom"),
        ("/-x", "custom"),
        ("/über", "custom"),
        ("/a.b", "custom"),
        ("/" + "a" * 64, "a" * 64),
        ("/" + "a" * 65, "custom"),
        ("/Users/ada/secret/plan.md explain", "custom"),
        ("/tmp", "custom"),
        ("/etc what is this", "custom"),
        ("/usr:bin", "custom"),
        ("/review\u2028x", "review"),
        ("/review\x00x", "custom"),
    ],
)
def test_only_what_can_be_a_command_is_named_and_a_path_never(hook: Hook, prompt: str, name: str) -> None:
    hook.run(payload(prompt=prompt))
    (event,) = hook.events()
    assert (event["name"], event["chars"]) == (name, len(prompt))


def test_a_line_is_written_by_one_write(hook: Hook) -> None:
    """Which is why fifty hooks at once need no lock."""
    script = hook.root / "scripts" / "hook.py"
    watch = "import posix\nreal = posix.write\nposix.write = lambda file, data: real(1, b'[%s]' % data) and real(file, data)\n"
    script.write_text(watch + script.read_text())
    (hook.data / "shipper.started").write_text(".")
    said = hook.run(payload(prompt="/x"), words=hook.words(shell=False)).stdout
    spool = hook.data / "spool"
    assert said == b"[%s][%s]" % ((spool / "events.jsonl").read_bytes(), (spool / "costs.jsonl").read_bytes())


def test_characters_are_counted_as_people_count_them_not_as_bytes(hook: Hook) -> None:
    prompt = "/x " + "é" * 10 + "😀" * 5
    hook.run(payload(prompt=prompt))
    stdin = payload(prompt="PLACE").replace(b'"PLACE"', json.dumps(prompt, ensure_ascii=False).encode())
    hook.run(stdin)
    assert [event["chars"] for event in hook.events()] == [18, 18]


def test_the_files_are_the_owners_alone(hook: Hook) -> None:
    old = os.umask(0)
    try:
        hook.run(payload("SessionEnd", reason="other"))
    finally:
        os.umask(old)
    assert stat.S_IMODE((hook.data / "spool").stat().st_mode) == 0o700
    for path in (hook.data / "spool").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((hook.data / "shipper.started").stat().st_mode) == 0o600


def test_nothing_is_written_into_the_plugins_own_folder(hook: Hook) -> None:
    before = sorted(hook.root.rglob("*"))
    for event in HOOKS:
        hook.run(payload(event, prompt="/x", source="startup", reason="other"))
    hook.shippers(at_least=1)
    assert sorted(hook.root.rglob("*")) == before


# --- consent and opting out --------------------------------------------------------------------------------------

NO_CONSENT: dict[str, str | None] = {
    "none": None,
    "denied": '{"version":1,"status":"denied","note":"granted"}',
    "another version": '{"version":2,"status":"granted"}',
    "version true": '{"version":true,"status":"granted"}',
    "version text": '{"version":"1","status":"granted"}',
    "no version": '{"status":"granted"}',
    "capitals": '{"version":1,"status":"Granted","x":"granted"}',
    "list": '[{"version":1,"status":"granted"}]',
    "text": '"granted"',
    "cut off": '{"version":1,"status":"granted"',
    "two": '{"version":1,"status":"granted"}{"version":1,"status":"granted"}',
    "empty": "",
    "too large": '{"version":1,"status":"granted","x":"' + "x" * 70_000 + '"}',
    "status twice": '{"version":1,"status":"granted","status":"denied"}',
}
OFF: list[dict[str, str]] = [
    {"DO_NOT_TRACK": "1"},
    {"DO_NOT_TRACK": "true"},
    {"DO_NOT_TRACK": "yes"},
    {"DO_NOT_TRACK": " "},
    {"TACHOGRAPH_PLUGIN": "off"},
    {"TACHOGRAPH_PLUGIN": "OFF"},
    {"TACHOGRAPH_PLUGIN": "0"},
]


def spied_on(hook: Hook) -> Path:
    """Have every Python that could be started note that it was; the note's path."""
    note = hook.folder / "started"
    bin_folder = hook.folder / "bin"
    bin_folder.mkdir()
    for name in ("python3", "python", "py"):
        (bin_folder / name).write_text(f'#!/bin/sh\necho "$@" >>{note}\nexec {hook.python} "$@"\n')
        (bin_folder / name).chmod(0o755)
    if (hook.data / "interpreter").exists():
        (hook.data / "interpreter").write_text(f"{bin_folder / 'python3'}\n")
    hook.environ["PATH"] = f"{bin_folder}:/usr/bin:/bin"
    return note


@pytest.mark.parametrize("why", NO_CONSENT)
def test_without_consent_nothing_is_written_and_nothing_started(hook: Hook, why: str) -> None:
    text = NO_CONSENT[why]
    (hook.data / "consent.json").unlink()
    if text is not None:
        (hook.data / "consent.json").write_text(text)
    before = hook.tree()
    for event, shell in itertools.product(HOOKS, (True, False)):
        stdin = payload(
            event, prompt="/x", source="startup", reason="other", tool_name="Skill", tool_input={"skill": "x"}
        )
        assert hook.run(stdin, words=hook.words(shell=shell)).was_silent
    time.sleep(0.05)
    assert hook.tree() == before


@pytest.mark.parametrize("off", OFF, ids=str)
def test_opting_out_is_total_whatever_was_consented_to(hook: Hook, off: dict[str, str]) -> None:
    note = spied_on(hook)
    before = hook.tree()
    for event in HOOKS:
        stdin = payload(
            event, prompt="/x", source="startup", reason="other", tool_name="Skill", tool_input={"skill": "x"}
        )
        assert hook.run(stdin, environ=off).was_silent
        assert hook.run(stdin, environ=off, words=hook.words(shell=False)).was_silent
    time.sleep(0.05)
    assert not note.exists()
    assert hook.tree() == before


def test_without_an_answer_not_even_an_interpreter_is_started(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path, consent=None)
    note = spied_on(hook)
    before = hook.tree()
    for environ in ({}, {"CLAUDE_PLUGIN_DATA": None}):
        assert hook.run(payload("SessionEnd", reason="other"), environ=environ).was_silent
    assert not note.exists()
    assert hook.tree() == before


def test_after_a_no_no_interpreter_is_started_either(hook: Hook) -> None:
    note = spied_on(hook)
    (hook.data / "consent.json").write_text(json.dumps({**CONSENT, "status": "denied"}))
    assert hook.run(payload("SessionEnd", reason="other")).was_silent
    assert not note.exists()


@pytest.mark.parametrize("value", ["", "0", "false", "FALSE"])
def test_do_not_track_that_says_no_is_no_objection(hook: Hook, value: str) -> None:
    hook.run(payload(prompt="/x"), environ={"DO_NOT_TRACK": value})
    assert len(hook.events()) == 1


# --- where ---------------------------------------------------------------------------------------------------------


def test_older_clients_that_name_no_data_folder_get_the_same_one(hook: Hook) -> None:
    hook.run(payload(prompt="/x"), environ={"CLAUDE_PLUGIN_DATA": None})
    hook.run(
        payload(prompt="/y"), environ={"CLAUDE_PLUGIN_DATA": None, "CLAUDE_CONFIG_DIR": str(hook.home / ".claude")}
    )
    assert [event["name"] for event in hook.events()] == ["x", "y"]


def test_what_is_in_other_plugins_folders_decides_nothing(hook: Hook) -> None:
    (hook.data.parent / "metrics-another").mkdir()
    (hook.data.parent / "metrics-another" / "consent.json").write_text('{"status": "denied"}')
    hook.run(payload(prompt="/x"), environ={"CLAUDE_PLUGIN_DATA": None})
    assert [event["name"] for event in hook.events()] == ["x"]
    (hook.data / "consent.json").rename(hook.data.parent / "metrics-another" / "consent.json")
    hook.run(payload(prompt="/y"), environ={"CLAUDE_PLUGIN_DATA": None})
    assert [event["name"] for event in hook.events()] == ["x"]
    assert not (hook.data.parent / "metrics-another" / "spool").exists()


def test_a_client_that_names_no_root_gets_it_from_the_script(hook: Hook) -> None:
    # Claude Code 1.0.128: `tachograph plugin install` writes the path into the command.
    command = COMMAND.replace("${CLAUDE_PLUGIN_ROOT}", str(hook.root))
    environ = {"CLAUDE_PLUGIN_DATA": None, "CLAUDE_PLUGIN_ROOT": None}
    assert hook.run(payload("SessionEnd", reason="other"), words=["/bin/sh", "-c", command], environ=environ).was_silent
    assert len(hook.events()) == 1
    (started,) = hook.shippers(at_least=1)
    assert started["environ"]["CLAUDE_PLUGIN_ROOT"] == str(hook.root)
    assert started["environ"]["CLAUDE_PLUGIN_DATA"] == str(hook.data)


def test_a_home_with_blanks_and_quotes_is_no_trouble(tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s a "home" with $HOME `x` and é'
    odd.mkdir()
    hook = Hook(folder=odd)
    assert hook.run(payload("SessionEnd", reason="other")).was_silent
    assert len(hook.events()) == 1
    (started,) = hook.shippers(at_least=1)
    assert started["argv"][1] == str(hook.data)


# --- the interpreter ---------------------------------------------------------------------------------------------


def test_the_interpreter_is_looked_for_once_and_kept(hook: Hook) -> None:
    (hook.data / "interpreter").unlink()
    note = spied_on(hook)
    hook.run(payload(prompt="/x"))
    assert len(note.read_text().splitlines()) == 1
    kept = (hook.data / "interpreter").read_text()
    assert kept == hook.python + "\n"
    hook.run(payload(prompt="/y"))
    assert len(note.read_text().splitlines()) == 1
    assert [event["name"] for event in hook.events()] == ["x", "y"]


@pytest.mark.parametrize(
    "content", ["", "\n", "python3\n", "/nowhere/python3\n", "/etc/passwd\n", "/\n", "/bin/false\n", "$(touch x)\n"]
)
def test_a_kept_interpreter_that_is_of_no_use_is_replaced(hook: Hook, content: str) -> None:
    (hook.data / "interpreter").write_text(content)
    spied_on_note = hook.folder / "started"
    bin_folder = hook.folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "python3").symlink_to(hook.python)
    assert hook.run(payload(prompt="/x"), environ={"PATH": f"{bin_folder}:/usr/bin:/bin"}).was_silent
    assert len(hook.events()) == 1
    assert (hook.data / "interpreter").read_text() == hook.python + "\n"
    assert not spied_on_note.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a file to somebody else")
def test_no_program_is_run_because_somebody_else_noted_it(hook: Hook) -> None:
    mark = hook.folder / "run"
    evil = hook.folder / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    (hook.data / "interpreter").write_text(f"{evil}\n")
    os.chown(hook.data / "interpreter", pwd.getpwnam("nobody").pw_uid, -1)
    assert hook.run(payload(prompt="/x"), environ={"PATH": "/nowhere"}).was_silent
    assert not mark.exists()


def test_without_any_python_the_hook_is_silent(hook: Hook) -> None:
    (hook.data / "interpreter").unlink()
    empty = hook.folder / "empty"
    empty.mkdir()
    assert hook.run(payload(prompt="/x"), environ={"PATH": str(empty)}).was_silent
    assert hook.events() == []


def test_a_python_that_is_too_old_is_passed_over(hook: Hook) -> None:
    (hook.data / "interpreter").unlink()
    bin_folder = hook.folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "python3").write_text("#!/bin/sh\necho 'SyntaxError: invalid syntax' >&2\nexit 1\n")
    (bin_folder / "python").symlink_to(hook.python)
    (bin_folder / "python3").chmod(0o755)
    assert hook.run(payload(prompt="/x"), environ={"PATH": str(bin_folder)}).was_silent
    assert len(hook.events()) == 1


# --- the shipper -------------------------------------------------------------------------------------------------


def test_the_shipper_is_a_process_of_its_own_that_holds_nothing_of_the_session(hook: Hook) -> None:
    environ = {
        "ANTHROPIC_API_KEY": "sk-ant-canary",
        "AWS_SECRET_ACCESS_KEY": "canary",
        "CLAUDE_METRICS_URL": "http://127.0.0.1:9/x",
        "TACHOGRAPH_PLUGIN": "on",
        "HTTPS_PROXY": "http://proxy.example:3128",
    }
    inherited, other = os.pipe()
    try:
        began = time.perf_counter()
        hook.run(payload("SessionEnd", reason="other"), environ=environ, pass_fds=(inherited, other))
        assert time.perf_counter() - began < 1.5  # stdout would stay open as long as the stand-in lives
    finally:
        os.close(inherited)
        os.close(other)
    (started,) = hook.shippers(at_least=1)
    assert started["argv"] == [str(hook.root / "scripts" / "ship.py"), str(hook.data)]
    assert started["cwd"] == "/"
    assert started["session"] != os.getsid(0)
    assert started["fds"] == {"0": "/dev/null", "1": "/dev/null", "2": "/dev/null"}
    assert started["ignored"] == []
    assert started["environ"] == {
        "PATH": "/usr/bin:/bin",
        "HOME": str(hook.home),
        "CLAUDE_PLUGIN_ROOT": str(hook.root),
        "CLAUDE_PLUGIN_DATA": str(hook.data),
        "CLAUDE_METRICS_URL": "http://127.0.0.1:9/x",
        "TACHOGRAPH_PLUGIN": "on",
        "HTTPS_PROXY": "http://proxy.example:3128",
    } | {name: value for name, value in started["environ"].items() if name in ("LC_CTYPE", "PWD")}


def test_the_shipper_is_started_at_the_end_of_a_session_and_else_once_a_minute(hook: Hook) -> None:
    for number in range(3):
        hook.run(payload(prompt=f"/x{number}"))
    assert len(hook.shippers(at_least=1)) == 1
    hook.run(payload("SessionEnd", reason="other"))
    assert len(hook.shippers(at_least=2)) == 2
    hook.run(payload(prompt="/y"))
    long_ago = time.time() - 61
    os.utime(hook.data / "shipper.started", (long_ago, long_ago))
    hook.run(payload(prompt="/z"))
    assert len(hook.shippers(at_least=3)) == 3
    hours_ahead = time.time() + 7200
    os.utime(hook.data / "shipper.started", (hours_ahead, hours_ahead))
    hook.run(payload(prompt="/z"))  # the clock was set back
    assert len(hook.shippers(at_least=4)) == 4
    time.sleep(0.1)
    assert len(hook.shippers()) == 4


def test_a_plugin_without_a_shipper_still_spools(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path, shipper=None)
    assert hook.run(payload("SessionEnd", reason="other")).was_silent
    assert len(hook.events()) == 1


def test_the_shipper_outlives_the_end_of_the_hooks_process_group(hook: Hook) -> None:
    (hook.root / "scripts" / "ship.py").write_text(
        "import sys, time\nopen(sys.argv[1] + '/began', 'w').close()\ntime.sleep(0.3)\nopen(sys.argv[1] + '/ended', 'w').close()\n"
    )
    running = subprocess.Popen(
        hook.words(), stdin=subprocess.PIPE, env=hook.environ, start_new_session=True, stdout=subprocess.DEVNULL
    )
    running.communicate(payload("SessionEnd", reason="other"))
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # nobody is left in it, which is as good
    for _ in range(300):
        if (hook.data / "ended").exists():
            return
        time.sleep(0.01)
    raise AssertionError("the shipper was killed with the group")


# --- caps and damage ---------------------------------------------------------------------------------------------


def test_a_full_spool_grows_no_more_and_says_how_much_fell_out(hook: Hook) -> None:
    (hook.data / "spool").mkdir(mode=0o700)
    with (hook.data / "spool" / "events.jsonl").open("wb") as file:
        file.truncate(4_999_999)
    for _ in range(3):
        assert hook.run(payload(prompt="/x")).was_silent
    assert (hook.data / "spool" / "events.jsonl").stat().st_size == 4_999_999
    assert (hook.data / "spool" / "dropped").stat().st_size == 3
    assert [cost["outcome"] for cost in hook.costs()] == ["full"] * 3


def test_the_file_of_costs_is_begun_again_at_a_megabyte(hook: Hook) -> None:
    (hook.data / "spool").mkdir(mode=0o700)
    (hook.data / "spool" / "costs.jsonl").write_bytes(b"x" * 999_950 + b"\n")
    hook.run(payload(prompt="/x"))
    hook.run(payload(prompt="/x"))
    assert len(hook.costs()) == 2
    assert (hook.data / "spool" / "costs.1.jsonl").stat().st_size == 999_951


def test_after_a_line_that_was_cut_short_the_next_one_is_whole(hook: Hook) -> None:
    (hook.data / "spool").mkdir(mode=0o700)
    path = hook.data / "spool" / "events.jsonl"
    path.write_bytes(b'{"v":1,"at":"2026-')
    hook.run(payload(prompt="/x"))
    hook.run(payload(prompt="/y"))
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b'{"v":1,"at":"2026-'
    assert [json.loads(line)["name"] for line in lines[1:] if line] == ["x", "y"]


# --- what it says of its own cost ----------------------------------------------------------------------------------


def test_the_noted_cost_adds_up_to_what_the_hooks_took(hook: Hook) -> None:
    """Nobody counts milliseconds exactly from inside; the sum over a day must be right."""
    walls = [hook.run(payload(prompt="hello")).seconds * 1000 for _ in range(30)]
    noted = [cost["took_ms"] for cost in hook.costs()]
    assert len(noted) == 30
    # The wall here has the start of a process out of a large one besides, and the reading of its end.
    assert 0.5 * sum(walls) < sum(noted) < 1.1 * sum(walls)


def test_time_that_the_hook_waited_for_its_payload_is_part_of_its_cost(hook: Hook) -> None:
    running = subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ)
    time.sleep(0.3)
    running.communicate(payload(prompt="hello"))
    (cost,) = hook.costs()
    assert 200 < cost["took_ms"] < 1000
