"""/metrics:consent, status and preview, and the skill's figures: what a person sees is what happens."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugin_ship import GOLDEN, PLUGIN, SCRIPTS, Plugin, at, receiver, script
from tests.unit.transcripts.making import SESSION, joined, prompt, response

FOLDER = GOLDEN / "2.1.328" / "hooks-plugin" / "transcripts" / "-home-dev-project"
HELLO, GREET = "188fbd8e-7641-41d0-9953-5e48c9f25db3", "fdfae698-e43a-4740-8a2d-5aa102705cec"
COMMANDS = sorted((PLUGIN / "commands").glob("*.md"))


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    return Plugin(folder=tmp_path / "data")


def said(plugin: Plugin, name: str, *words: str, status: int = 0) -> str:
    done = plugin.run(name, *words)
    assert (done.returncode, done.stderr) == (status, b""), done.stderr
    return done.stdout.decode("ascii")


def test_what_preview_shows_is_what_is_sent_byte_for_byte(plugin: Plugin) -> None:
    with receiver() as got:
        plugin.endpoint = got.url
        for plugin.form in ("native", "compat"):
            plugin.consent()
            plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"), ("prompt", "my-secret"))
            plugin.session(FOLDER / f"{GREET}.jsonl", ("skill", "demo:greet"))
            got.got.clear()
            shown = said(plugin, "preview", "--bodies").encode().splitlines()
            again = said(plugin, "preview", "--bodies").encode().splitlines()
            assert got.got == [], "preview sends nothing"
            plugin.ship("--now")
            assert shown == again == [one.body for one in got.got]
            assert len(shown) == 5


def test_preview_shows_addresses_and_headers_and_can_be_cut_short(plugin: Plugin) -> None:
    plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"))
    told = said(plugin, "preview", "--limit", "1")
    assert "POST http://127.0.0.1:9/events\nContent-Type: application/json\nUser-Agent: ai-helpers-metrics-py\n" in told
    assert told.endswith("2 would be sent next, 1 of them not shown; 0 wait for their transcript. Nothing was sent.\n")


def test_before_there_is_consent_preview_shows_an_example_and_writes_nothing(plugin: Plugin) -> None:
    shutil.rmtree(plugin.folder)
    projects = plugin.folder.parent / "home" / ".claude" / "projects" / "-home-dev-project"
    shutil.copytree(FOLDER, projects)
    plugin.environ["CLAUDE_CODE_SESSION_ID"] = GREET
    told = said(plugin, "preview")
    assert told.startswith("Nothing would be sent: there is no consent.\n")
    body = json.loads(told.splitlines()[-1])
    assert (body["session_id"], body["user_id"], body["response_count"]) == (GREET, None, 2)
    assert not plugin.folder.exists()


def test_consent_explains_before_it_asks_and_a_yes_names_where_to(plugin: Plugin) -> None:
    shutil.rmtree(plugin.folder)
    told = said(plugin, "consent")
    assert told.startswith("Nothing was decided yet: nothing is collected, nothing is sent.")
    for word in ("Never: prompts", "/metrics:consent deny", "/metrics:preview", str(plugin.folder)):
        assert word in told
    assert not plugin.folder.exists()

    told = said(plugin, "consent", "grant", "--endpoint", "https://metrics.example.com/x/", "--form", "compat")
    assert "From now on this leaves your machine, to https://metrics.example.com/x/." in told
    written = json.loads((plugin.folder / "consent.json").read_text())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", written.pop("decided_at"))
    assert written == {
        "version": 1,
        "status": "granted",
        "endpoint": "https://metrics.example.com/x",
        "form": "compat",
    }
    assert list(written) == ["version", "status", "endpoint", "form"]
    assert stat.S_IMODE(plugin.folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in plugin.folder.iterdir())
    assert sorted(path.name for path in plugin.folder.iterdir()) == [".anonymous_id", "consent.json", "ingest.key"]


def test_the_default_is_this_machine_and_the_native_form(plugin: Plugin) -> None:
    said(plugin, "consent", "grant")
    written = json.loads((plugin.folder / "consent.json").read_text())
    assert (written["endpoint"], written["form"]) == ("http://127.0.0.1:4318", "native")


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "metrics.example.com", "http://a:b@example.com", "http://"])
def test_a_yes_to_what_is_no_address_changes_nothing(plugin: Plugin, endpoint: str) -> None:
    before = (plugin.folder / "consent.json").read_bytes()
    assert "Nothing was changed" in said(plugin, "consent", "grant", "--endpoint", endpoint, status=2)
    assert (plugin.folder / "consent.json").read_bytes() == before


def test_a_no_deletes_what_waits_and_the_random_number_and_a_new_yes_has_a_new_one(plugin: Plugin) -> None:
    said(plugin, "consent", "grant", "--endpoint", "http://127.0.0.1:9")
    plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"))
    plugin.ship()
    plugin.spool("prompt", HELLO, name="custom", chars=1)
    first, key = (plugin.folder / ".anonymous_id").read_text(), (plugin.folder / "ingest.key").read_text()
    assert said(plugin, "consent", "deny").startswith("You said no (")
    left = {path.name for path in plugin.folder.rglob("*") if path.is_file()}
    assert left <= {".forgotten", "consent.json", "ingest.key", "shipper.lock", "metrics.log"}
    said(plugin, "consent", "grant", "--endpoint", "http://127.0.0.1:9")
    assert (plugin.folder / ".anonymous_id").read_text() != first
    assert (plugin.folder / "ingest.key").read_text() == key


def test_a_line_that_was_written_while_it_was_denied_is_not_sent_after_a_new_yes(plugin: Plugin) -> None:
    with receiver() as got:
        said(plugin, "consent", "deny")
        plugin.spool("prompt", HELLO, name="custom", chars=1)
        said(plugin, "consent", "grant", "--endpoint", got.url)
        plugin.ship()
        assert got.got == []
        plugin.spool("prompt", HELLO, name="custom", chars=2)
        said(plugin, "consent", "grant", "--endpoint", got.url)
        plugin.ship()
        assert [one["prompt_length"] for one in got.of("/events")] == [2]


def test_a_new_endpoint_is_told_what_waits_already(plugin: Plugin) -> None:
    plugin.spool("prompt", HELLO, name="custom", chars=1)
    plugin.ship()
    assert "wait already" not in said(plugin, "consent", "grant", "--endpoint", "http://127.0.0.1:9/")
    assert "1 that wait already go there too" in said(plugin, "consent", "grant", "--endpoint", "http://127.0.0.1:8")


def test_status_says_what_happens_and_why_nothing_does(plugin: Plugin) -> None:
    plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"))
    lines = [{"v": 1, "at": at(time.time()), "event": "prompt", "outcome": "passed", "took_ms": 250.0}] * 3
    lines += [{"v": 1, "at": at(time.time() - 3 * 86400), "event": "prompt", "outcome": "passed", "took_ms": 9e5}]
    (plugin.folder / "spool" / "costs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines) + "junk\n")
    plugin.ship()
    told = said(plugin, "status")
    assert "On: to http://127.0.0.1:9, native form (you said yes 2026-11-20T01:31:50Z)." in told
    assert "Waiting to be sent: 2 (" in told
    assert "Not sent: no answer: ConnectionRefusedError; next try after " in told
    now = json.loads(said(plugin, "status", "--json"))
    assert (now["waiting"], now["consent"], now["endpoint"]) == (2, "granted", "http://127.0.0.1:9")
    assert now["hooks_today"] in (3, 0)  # not over midnight
    assert now["hook_ms_today"] == now["hooks_today"] * 250.0
    plugin.environ["CLAUDE_METRICS_URL"] = "https://else.example.com"
    assert "Nothing is sent: consent was given for another endpoint than CLAUDE_METRICS_URL names." in said(
        plugin, "status"
    )
    plugin.environ["DO_NOT_TRACK"] = "1"
    assert "Nothing is sent: the environment says" in said(plugin, "status")
    plugin.consent(status="denied")
    assert "Off: you said no" in said(plugin, "status")
    (plugin.folder / "consent.json").unlink()
    assert "Off: nothing was decided yet." in said(plugin, "status")


def test_status_of_a_folder_that_is_not_there_writes_nothing(plugin: Plugin) -> None:
    shutil.rmtree(plugin.folder)
    assert "Off: nothing was decided yet." in said(plugin, "status")
    assert not plugin.folder.exists()


# --- where the data folder is -------------------------------------------------------------------------------------------

locate = script("locate")


@pytest.mark.parametrize(
    ("root", "folder"),
    [
        (".claude/plugins/cache/tachograph/metrics/0.1.0", "metrics-tachograph"),
        ("kept/plugin/metrics", "metrics-my-market-2"),
        ("else/metrics", "metrics-inline"),
    ],
)
def test_commands_find_the_folder_that_the_hooks_use(tmp_path: Path, root: str, folder: str) -> None:
    config = tmp_path / ".claude" / "plugins"
    config.mkdir(parents=True)
    place = tmp_path / "kept" / "plugin"
    place.mkdir(parents=True)
    known = {"odd": 3, "none": {}, "my.market 2": {"installLocation": str(place), "source": {}}}
    (config / "known_marketplaces.json").write_text(json.dumps(known))
    environ = {"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / ".claude")}
    assert locate.find({**environ, "CLAUDE_PLUGIN_ROOT": str(tmp_path / root)}) == str(config / "data" / folder)
    assert locate.find({**environ, "CLAUDE_PLUGIN_DATA": "/x/y"}) == "/x/y"


def test_the_only_folder_with_a_decision_is_the_one(tmp_path: Path) -> None:
    for name in ("metrics-a", "metrics-b", "other-c"):
        (tmp_path / "plugins" / "data" / name).mkdir(parents=True)
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path), "CLAUDE_PLUGIN_ROOT": "/somewhere/metrics"}
    assert (locate.find(environ) or "").endswith("metrics-inline")
    (tmp_path / "plugins" / "data" / "metrics-b" / "consent.json").write_text("{}")
    assert (locate.find(environ) or "").endswith("metrics-b")


# --- the commands as Claude Code runs them ------------------------------------------------------------------------------


def allowed(text: str) -> list[str]:
    """What may be run without a question while a command or skill is at work."""
    (line,) = re.findall(r"^allowed-tools: (.*)$", text, re.M)
    return re.findall(r"Bash\((.*?)\)(?:, |$)", line)


def may_run(name: str) -> list[str]:
    """This script with this word, and nothing else: `sh:*` would let the model run any `sh -c …` without a question.

    1.0.128 compares without the quotes, newer ones with them.
    """
    script = "${CLAUDE_PLUGIN_ROOT}/scripts/command.sh"
    return [f'sh "{script}" {name}:*', f"sh {script} {name}:*"]


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_a_command_is_one_that_every_claude_code_can_run(path: Path) -> None:
    """Seen on 1.0.128, 2.0.76, 2.1.72, 2.1.197 and 2.1.328; of ${…} only this one is replaced by all of them."""
    text = path.read_text()
    assert set(re.findall(r"\$\{[^}]*\}", text)) == {"${CLAUDE_PLUGIN_ROOT}"}
    (command,) = re.findall(r"^!`(.*)`$", text, re.M)
    assert command == f'sh "${{CLAUDE_PLUGIN_ROOT}}/scripts/command.sh" {path.stem} $ARGUMENTS'
    assert allowed(text) == may_run(path.stem)
    assert "disable-model-invocation: true\n" in text, "only a person decides and looks"


@pytest.mark.parametrize("name", ["status", "consent", "preview", "cost"])
def test_the_shell_finds_a_python_for_each_command(plugin: Plugin, tmp_path: Path, name: str) -> None:
    names = tmp_path / "bin"
    names.mkdir()
    (names / "python3").write_text("#!/bin/sh\nexit 127\n")  # a version manager's name that starts nothing
    (names / "python3").chmod(0o755)
    (names / "python").symlink_to(os.path.realpath(sys.executable))
    shell = [shutil.which("sh") or "/bin/sh", str(SCRIPTS / "command.sh"), name]
    environ = {**plugin.env(), "PATH": str(names)}
    done = subprocess.run(shell, env=environ, capture_output=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.strip()
    (names / "python").unlink()
    done = subprocess.run(shell, env=environ, capture_output=True, check=False, timeout=30)
    assert done.returncode == 0
    assert b"no Python 3.8 or newer was found" in done.stdout


def test_the_shell_runs_nothing_but_the_commands(plugin: Plugin) -> None:
    for words in (["ship"], ["../../x"], [], ["hook"]):
        done = subprocess.run(
            ["/bin/sh", str(SCRIPTS / "command.sh"), *words],
            env=plugin.env(),
            capture_output=True,
            check=False,
            timeout=30,
        )
        assert (done.returncode, done.stdout) == (0, b"metrics: this takes status, consent, preview or cost\n")


# --- what did this session cost -----------------------------------------------------------------------------------------


def test_the_cost_of_a_session_is_unknown_without_a_price_and_its_tokens_are_not(plugin: Plugin) -> None:
    projects = plugin.folder.parent / "home" / ".claude" / "projects" / "-home-dev-project"
    shutil.copytree(FOLDER, projects)
    plugin.environ["CLAUDE_CODE_SESSION_ID"] = GREET
    told = said(plugin, "cost")
    assert f"Session {GREET}\nCost: unknown (tachograph is not installed" in told
    assert "1 prompts, 2 responses and 0 of subagents, 1 tool calls, 0 of them failed." in told
    assert (
        "claude-opus-5-5: 2 responses, 251 input, 23 output, 0 cache write (0 of them for an hour), 4444 cache read"
        in told
    )
    assert "There is no transcript" in said(plugin, "cost", "--session", SESSION)
    assert said(plugin, "cost", "--transcript", "/no/such.jsonl").startswith(
        "Cost: unknown. The transcript cannot be read"
    )


def test_the_cost_of_a_session_is_what_tachograph_says_and_how_is_said(plugin: Plugin) -> None:
    """Two responses of the recorded session, by list price: 251 in, 23 out, 4444 read from the cache."""
    plugin.environ["PATH"] = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    if shutil.which("tachograph", path=plugin.environ["PATH"]) is None:
        pytest.skip("the command is not installed beside the Python that runs the tests")
    told = json.loads(said(plugin, "cost", "--json", "--transcript", str(FOLDER / f"{GREET}.jsonl")))
    expected = json.loads((FOLDER.parent.parent / "expected.json").read_text())
    (theirs,) = [one for one in expected["client_result_json"] if one["session_id"] == GREET]
    assert told["cost_usd"] == pytest.approx(theirs["total_cost_usd"], abs=1e-6)
    assert "priced by tachograph" in told["how"]
    assert told["unpriced_requests"] == 0
    unknown = plugin.folder.parent / f"{SESSION}.jsonl"
    unknown.write_bytes(joined(prompt(1), response(2, message={"model": "nobody-knows-1"})))
    assert "1 requests have no known price" in said(plugin, "cost", "--transcript", str(unknown))


def test_a_program_in_the_folder_where_one_stands_is_not_run_for_the_price(plugin: Plugin, tmp_path: Path) -> None:
    """An entry of PATH that names no place, and on Windows any project, could bring its own `tachograph`."""
    program = tmp_path / "bin" / "tachograph"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    program.chmod(0o755)
    plugin.environ["PATH"] = os.path.relpath(program.parent)
    assert "tachograph is not installed" in said(plugin, "cost", "--transcript", str(FOLDER / f"{GREET}.jsonl"))
    assert not (tmp_path / "ran").exists()


def test_the_newest_transcript_of_this_folder_is_taken_where_no_session_is_named(tmp_path: Path) -> None:
    cost = script("cost")
    projects = tmp_path / "projects" / "-home-dev-my-app"
    projects.mkdir(parents=True)
    for age, name in ((9, SESSION), (5, HELLO), (1, "agent-x")):
        (projects / f"{name}.jsonl").write_text("")
        os.utime(projects / f"{name}.jsonl", (time.time() - age,) * 2)
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path)}
    assert cost.find(None, environ, "/home/dev/my.app") == str(projects / f"{HELLO}.jsonl")
    assert cost.find(SESSION, environ, "/") == str(projects / f"{SESSION}.jsonl")
    assert cost.find(None, environ, "/home/dev/other") is None


def test_the_skill_is_named_as_its_folder_and_names_a_command_that_there_is() -> None:
    text = (PLUGIN / "skills" / "session-cost" / "SKILL.md").read_text()
    assert text.startswith("---\nname: session-cost\ndescription: ")
    # Seen on 2.0.76, 2.1.72, 2.1.197 and 2.1.328: the command is run when the skill is loaded, after one question.
    assert re.findall(r"^!`(.*)`$", text, re.M) == ['sh "${CLAUDE_PLUGIN_ROOT}/scripts/command.sh" cost']
    assert set(re.findall(r"\$\{[^}]*\}", text)) == {"${CLAUDE_PLUGIN_ROOT}"}
    assert allowed(text) == may_run("cost")
