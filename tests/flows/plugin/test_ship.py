"""The shipper from spool to receiver, whatever the receiver, the disk and the person do."""

from __future__ import annotations

import ast
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import GOLDEN, SCRIPTS, Got, Plugin, Receiver, at, black_hole, receiver, script
from tests.unit.transcripts.making import SESSION, joined, prompt, response

HELLO, GREET = "188fbd8e-7641-41d0-9953-5e48c9f25db3", "fdfae698-e43a-4740-8a2d-5aa102705cec"
FOLDER = GOLDEN / "2.1.328" / "hooks-plugin" / "transcripts" / "-home-dev-project"


@pytest.fixture
def got() -> Iterator[Receiver]:
    with receiver() as told:
        yield told


@pytest.fixture
def plugin(tmp_path: Path, got: Receiver) -> Plugin:
    return Plugin(folder=tmp_path / "data", endpoint=got.url)


def spool_both(plugin: Plugin) -> None:
    plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"), ("prompt", "secret-plan"))
    plugin.session(FOLDER / f"{GREET}.jsonl", ("skill", "demo:greet"), ("skill", "custom"))


def test_events_and_sessions_arrive_once_each_with_true_names_and_counts(plugin: Plugin, got: Receiver) -> None:
    spool_both(plugin)
    plugin.ship()
    assert sorted((one["type"], one["name"], one["name_source"], one["session_id"]) for one in got.of("/events")) == [
        ("skill", "custom", "none", GREET),
        ("skill", "demo:greet", "skill_tool", GREET),
        ("slash_command", "custom", "none", HELLO),
        ("slash_command", "demo:hello", "transcript", HELLO),
    ]
    counted = {one["session_id"]: one for one in got.of("/sessions")}
    assert counted[GREET]["skills"] == {"demo:greet": 1}
    assert counted[HELLO]["commands"] == {"demo:hello": 1}
    assert (counted[GREET]["response_count"], counted[GREET]["total_input_tokens"]) == (2, 251)
    assert all(one["exit_reason"] == "other" for one in counted.values())
    before = len(got.got)
    for _ in range(3):
        plugin.ship()
    assert len(got.got) == before == 6
    assert plugin.waiting() == []
    assert plugin.log() == ""
    assert "secret" not in "".join(path.read_text() for path in plugin.folder.iterdir() if path.is_file())


def test_everything_it_writes_is_private(plugin: Plugin) -> None:
    plugin.environ["CLAUDE_METRICS_VERBOSE"] = "1"
    plugin.endpoint = "http://127.0.0.1:9"
    plugin.consent()
    spool_both(plugin)
    old = os.umask(0)
    try:
        plugin.ship()
    finally:
        os.umask(old)
    (plugin.folder / "consent.json").unlink()
    for path in plugin.folder.rglob("*"):
        is_ours = path.parent.name != "spool"  # those the test has written
        assert not is_ours or stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_compat_session_and_event_are_the_old_ones(plugin: Plugin, got: Receiver) -> None:
    plugin.form = "compat"
    plugin.consent()
    spool_both(plugin)
    plugin.ship()
    assert all("form" not in one and "hmac" not in one for one in got.of("s"))
    (session,) = [one for one in got.of("/sessions") if one["session_id"] == GREET]
    assert (session["turn_count"], session["assistant_message_count"]) == (3, 2)
    assert "cache_creation_tokens" not in session
    (event,) = [one for one in got.of("/events") if one["name"] == "demo:hello"]
    assert event["timestamp"].endswith("+00:00")
    assert event["session_id"] == HELLO


def test_elsewhere_the_session_has_a_pseudonym_that_its_events_share(
    plugin: Plugin, got: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads to this machine stands for another machine: a proxy delivers what is sent there."""
    plugin.endpoint = "http://metrics.example.com"
    plugin.environ["http_proxy"] = got.url
    plugin.consent()
    spool_both(plugin)
    plugin.ship()
    assert len(got.got) == 6
    assert all(one.path.startswith("http://metrics.example.com/") for one in got.got)
    assert HELLO.encode() not in b"".join(one.body for one in got.got)
    assert {one["session_id_kind"] for one in got.of("s")} == {"rotating"}
    ids = {json.dumps(one["session_id"]) for one in got.of("s")}
    assert len(ids) == 2
    assert {len(one) for one in ids} == {34}
    users = {one["user_id"] for one in got.of("s")}
    assert users == {(plugin.folder / ".anonymous_id").read_text().strip()}


def test_a_pseudonym_that_was_sent_is_known_to_the_next_run_however_this_one_ends(
    plugin: Plugin, got: Receiver
) -> None:
    plugin.endpoint = "http://metrics.example.com"
    plugin.environ["http_proxy"] = got.url
    plugin.consent()
    plugin.session(FOLDER / f"{HELLO}.jsonl")
    killed = threading.Event()

    def kill(one: Got) -> bytes:
        process.kill()
        killed.set()
        return b""

    got.answer = kill
    words = [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(plugin.folder)]
    process = subprocess.Popen(words, env=plugin.env())
    assert killed.wait(20)
    process.wait()
    got.answer = lambda _: 200
    plugin.ship("--now")
    assert len(got.got) == 2
    assert len({one.body for one in got.got}) == 1


@pytest.mark.parametrize("status", [500, 503, 429, 408, 302])
def test_what_the_receiver_cannot_take_now_waits_and_arrives_later_once(
    plugin: Plugin, got: Receiver, status: int
) -> None:
    got.answer = lambda _: status
    spool_both(plugin)
    plugin.ship()
    assert len(got.got) == 1, "after one refusal the others are not tried in vain"
    assert len(plugin.waiting()) == 6
    assert f"HTTP {status}" in plugin.log()
    plugin.ship()
    assert len(got.got) == 1, "it is not yet time to try again"
    got.answer = lambda _: 200
    plugin.ship("--now")
    assert len(got.got) == 1 + 6
    assert plugin.waiting() == []
    assert plugin.state()["retry"] == {}


def test_a_receiver_that_says_when_is_obeyed(plugin: Plugin, got: Receiver) -> None:
    got.answer = lambda _: (429, {"Retry-After": "4000"})
    spool_both(plugin)
    plugin.ship()
    assert 3990 < plugin.state()["retry"]["at"] - time.time() < 4001


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 415])
def test_what_the_receiver_never_takes_is_set_aside_and_holds_up_nothing(
    plugin: Plugin, got: Receiver, status: int
) -> None:
    got.answer = lambda one: status if b"demo:hello" in one.body and one.path == "/events" else 200
    spool_both(plugin)
    plugin.ship()
    assert len(got.got) == 6
    assert plugin.waiting() == []
    (line,) = (plugin.folder / "rejected.jsonl").read_text().splitlines()
    assert json.loads(line)["why"].startswith(f"HTTP {status}")
    assert json.loads(line)["item"]["name"] == "demo:hello"
    assert plugin.state()["counters"][f"rejected HTTP {status} value"] == 1
    assert "demo" not in plugin.log()
    plugin.ship()
    assert len(got.got) == 6


def test_one_payload_that_a_receiver_chokes_on_holds_up_no_other(plugin: Plugin, got: Receiver) -> None:
    got.answer = lambda one: 500 if b"demo:hello" in one.body and one.path == "/events" else 200
    spool_both(plugin)
    for _ in range(3):
        plugin.ship("--now")
    assert len(plugin.waiting()) == 1
    assert len({one.body for one in got.got}) == 6


@pytest.mark.parametrize("garbage", [b"", b"\x00\xff" * 500, b"HTTP/1.1 OK\r\n\r\n"])
def test_garbage_and_a_dead_receiver_lose_nothing(plugin: Plugin, got: Receiver, garbage: bytes) -> None:
    got.answer = lambda _: garbage
    spool_both(plugin)
    plugin.ship()
    plugin.endpoint = "http://127.0.0.1:9"  # nobody listens there
    plugin.consent()
    plugin.ship("--now")
    assert len(plugin.waiting()) == 6
    plugin.endpoint = got.url
    plugin.consent()
    got.answer = lambda _: 200
    got.got.clear()
    plugin.ship("--now")
    assert len(got.got) == 6


@pytest.mark.long
def test_a_slow_or_silent_receiver_ends_the_run_in_seconds(plugin: Plugin, got: Receiver) -> None:
    got.delay_s = 15
    spool_both(plugin)
    assert plugin.ship() < 12
    assert len(plugin.waiting()) == 6
    with black_hole() as silent:
        plugin.endpoint = silent
        plugin.consent()
        assert plugin.ship("--now") < 12
    assert len(plugin.waiting()) == 6


def test_an_answer_that_got_lost_makes_the_same_bytes_again(plugin: Plugin, got: Receiver) -> None:
    got.answer = lambda _: b""  # taken, but the answer did not come back
    spool_both(plugin)
    plugin.ship()
    got.answer = lambda _: 200
    plugin.ship("--now")
    assert len(got.got) == 7
    assert len({one.body for one in got.got}) == 6


def test_killed_at_any_moment_it_loses_nothing(plugin: Plugin, got: Receiver) -> None:
    spool_both(plugin)
    for milliseconds in (30, 60, 90, 120, 150, 180, 210, 240, 300, 400):
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(plugin.folder), "--now"], env=plugin.env()
        )
        time.sleep(milliseconds / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(5):  # on a busy machine an answer may come too late for one try
        plugin.ship("--now")
        if not plugin.waiting():
            break
    assert len({one.body for one in got.got}) == 6
    assert plugin.waiting() == [], "nor leaves anything half written behind"


def test_of_many_at_once_one_ships_and_every_line_is_taken(plugin: Plugin, got: Receiver) -> None:
    running = []
    for number in range(8):
        plugin.spool("prompt", SESSION, 1_795_000_000 + number, name="custom", chars=number)
        running.append(
            subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(plugin.folder)], env=plugin.env()
            )
        )
    assert [process.wait() for process in running] == [0] * 8
    assert sorted(one["prompt_length"] for one in got.of("/events")) == list(range(8))


def test_a_line_written_after_the_spool_was_taken_is_not_lost(plugin: Plugin, got: Receiver) -> None:
    plugin.spool("prompt", SESSION, name="custom", chars=1)
    with (plugin.folder / "spool" / "events.jsonl").open("a") as late:
        plugin.ship()
        late.write(
            json.dumps({"v": 1, "at": at(time.time()), "event": "prompt", "session": SESSION, "chars": 2}) + "\n"
        )
        late.flush()
        plugin.ship()
    assert [one["prompt_length"] for one in got.of("/events")] == [1, 2]
    (taken,) = (plugin.folder / "spool").glob("taken-*")
    taken.rename(taken.with_name(f"taken-{time.time_ns() - 200 * 10**9}.jsonl"))
    plugin.ship()
    assert list((plugin.folder / "spool").glob("taken-*")) == []


def test_damaged_lines_of_the_spool_are_counted_and_cost_no_other(plugin: Plugin, got: Receiver) -> None:
    good = {"v": 1, "at": at(1_795_000_000), "event": "prompt", "session": SESSION, "name": "custom", "chars": 5}
    bad: list[Any] = [
        {**good, "v": 2},
        {**good, "event": "else"},
        {**good, "at": "yesterday"},
        {**good, "session": "../../x"},
        {**good, "session": 5},
        [],
        "text",
        None,
    ]
    lines = [json.dumps(one).encode() for one in bad] + [b"\xff", b"{", b'{"a":' * 5000, b"x" * 100_000]
    text = b"\n".join([b"", *lines, json.dumps(good).encode(), b""])
    (plugin.folder / "spool" / "events.jsonl").write_bytes(text + json.dumps(good).encode()[:30])
    plugin.ship()
    assert [one["prompt_length"] for one in got.of("/events")] == [5]
    assert plugin.state()["counters"]["spool_bad_lines"] == len(lines)


def test_damaged_items_are_deleted_and_counted_and_hold_up_nothing(plugin: Plugin, got: Receiver) -> None:
    (plugin.folder / "outgoing").mkdir(mode=0o700)
    for number, junk in enumerate(["", "{", "[]", '{"session": 3}', '{"session": "s", "at": "x"}', '{"session": "s"}']):
        (plugin.folder / "outgoing" / f"e-{number}.json").write_text(junk)
    (plugin.folder / "outgoing" / ".half.tmp").write_text("{")
    spool_both(plugin)
    plugin.ship()
    assert len(got.got) == 6
    assert plugin.waiting() == []
    assert plugin.state()["counters"]["dropped_damaged"] == 6


@pytest.mark.parametrize("path", ["/dev/zero", "pipe.jsonl", "none.jsonl", "folder.jsonl", "relative.jsonl", "a.txt"])
def test_a_transcript_that_is_none_is_said_and_stops_nothing(plugin: Plugin, got: Receiver, path: str) -> None:
    os.mkfifo(plugin.folder.parent / "pipe.jsonl")
    (plugin.folder.parent / "folder.jsonl").mkdir()
    place = path if path.startswith(("/", "relative")) else str(plugin.folder.parent / path)
    plugin.spool("start", SESSION, source="startup", transcript=place)
    plugin.spool("prompt", SESSION, name="demo:hello", chars=5)
    plugin.spool("end", SESSION, reason="clear", transcript=place)
    plugin.session(FOLDER / f"{GREET}.jsonl")
    plugin.ship()
    assert [one["name"] for one in got.of("/events")] == ["custom"]
    assert [one["session_id"] for one in got.of("/sessions")] == [GREET]
    assert plugin.state()["counters"]["sessions_without_transcript"] == 1
    assert str(plugin.folder.parent) not in plugin.log()


def test_a_transcript_nobody_named_is_found_by_the_sessions_id(plugin: Plugin, got: Receiver) -> None:
    home = plugin.folder.parent / "home" / ".claude" / "projects" / "-home-dev-project"
    home.mkdir(parents=True)
    (home / f"{HELLO}.jsonl").write_bytes((FOLDER / f"{HELLO}.jsonl").read_bytes())
    plugin.spool("prompt", HELLO, time.time() - 30, name="demo:hello", chars=5)
    plugin.ship()
    assert [one["name"] for one in got.of("/events")] == ["demo:hello"]


def test_a_command_typed_just_now_waits_for_its_transcript(plugin: Plugin, got: Receiver) -> None:
    transcript = plugin.folder.parent / f"{SESSION}.jsonl"
    transcript.write_bytes(joined(prompt(1)))
    plugin.spool("start", SESSION, source="startup", transcript=str(transcript))
    plugin.spool("prompt", SESSION, name="demo:hello", chars=5)

    def appear() -> None:
        with transcript.open("ab") as file:
            file.write(joined(prompt(2, "<command-name>/demo:hello</command-name>")))

    timer = threading.Timer(1.0, appear)
    timer.start()
    plugin.ship()
    timer.join()
    assert [one["name"] for one in got.of("/events")] == ["demo:hello"]


def test_an_unconfirmed_name_stays_until_the_session_ends_and_then_goes_without_it(
    plugin: Plugin, got: Receiver
) -> None:
    transcript = plugin.folder.parent / f"{SESSION}.jsonl"
    transcript.write_bytes(joined(prompt(1), response(2)))
    plugin.spool("start", SESSION, time.time() - 60, source="startup", transcript=str(transcript))
    plugin.spool("prompt", SESSION, time.time() - 50, name="my-secret", chars=5)
    plugin.ship()
    assert got.got == []
    plugin.spool("end", SESSION, time.time() - 20, reason="clear")
    plugin.ship()
    (event,) = got.of("/events")
    assert (event["name"], event["name_source"]) == ("custom", "none")
    assert b"my-secret" not in b"".join(one.body for one in got.got)


def test_a_transcript_that_is_still_written_after_the_end_is_waited_for(plugin: Plugin, got: Receiver) -> None:
    transcript = plugin.folder.parent / f"{SESSION}.jsonl"
    transcript.write_bytes(joined(prompt(1)))
    plugin.spool("end", SESSION, reason="clear", transcript=str(transcript))

    def write() -> None:
        for number in range(2, 6):
            time.sleep(0.4)
            with transcript.open("ab") as file:
                file.write(joined(response(number)))

    thread = threading.Thread(target=write)
    thread.start()
    plugin.ship()
    thread.join()
    (session,) = got.of("/sessions")
    assert session["response_count"] == 4


def test_a_resumed_session_is_sent_again_whole(plugin: Plugin, got: Receiver) -> None:
    transcript = plugin.folder.parent / f"{SESSION}.jsonl"
    for answers in (1, 3):
        transcript.write_bytes(joined(prompt(1), *[response(2 + number) for number in range(answers)]))
        plugin.session(transcript)
        plugin.ship()
    assert [one["response_count"] for one in got.of("/sessions")] == [1, 3]
    assert len({(one["session_id"], one["start_timestamp"]) for one in got.of("/sessions")}) == 1


def test_a_session_that_never_said_that_it_ended_is_counted_after_six_hours(plugin: Plugin, got: Receiver) -> None:
    transcript = plugin.folder.parent / f"{SESSION}.jsonl"
    transcript.write_bytes(joined(prompt(1), response(2)))
    plugin.spool("start", SESSION, time.time() - 8 * 3600, source="startup", transcript=str(transcript))
    plugin.ship()
    assert got.got == [], "its transcript has just changed"
    os.utime(transcript, (time.time() - 7 * 3600,) * 2)
    plugin.ship()
    (session,) = got.of("/sessions")
    assert (session["exit_reason"], session["response_count"]) == ("other", 1)
    plugin.ship()
    assert len(got.got) == 1


def test_what_the_hooks_cost_a_session_is_in_its_payload(plugin: Plugin, got: Receiver) -> None:
    lines = [
        {"v": 1, "at": at(time.time()), "event": "prompt", "outcome": "passed", "session": GREET, "took_ms": 8.25},
        {"v": 1, "at": at(time.time()), "event": "end", "outcome": "spooled", "session": GREET, "took_ms": 4},
        {"v": 1, "at": at(time.time()), "event": "end", "outcome": "spooled", "session": HELLO, "took_ms": 100},
    ]
    for name in ("costs.1.jsonl", "costs.jsonl"):
        text = "".join(json.dumps(one) + "\n" for one in lines) + "not json\n"
        (plugin.folder / "spool" / name).write_text(text)
    spool_both(plugin)
    plugin.ship()
    assert {one["session_id"]: one["hook_ms"] for one in got.of("/sessions")} == {GREET: 24.5, HELLO: 200}


@pytest.mark.parametrize(
    "off",
    [{"DO_NOT_TRACK": "1"}, {"TACHOGRAPH_PLUGIN": "off"}, {"status": "denied"}, {"version": 2}, {"status": None}, None],
)
def test_without_consent_nothing_is_read_written_or_sent(plugin: Plugin, got: Receiver, off: Any) -> None:
    spool_both(plugin)
    if off is None:
        (plugin.folder / "consent.json").unlink()
    elif "status" in off or "version" in off:
        plugin.consent(**off)
    else:
        plugin.environ.update(off)
    before = {path: path.read_bytes() for path in plugin.folder.rglob("*") if path.is_file()}
    plugin.ship("--now")
    assert {path: path.read_bytes() for path in plugin.folder.rglob("*") if path.is_file()} == before
    assert got.got == []


def test_an_endpoint_that_consent_does_not_name_gets_nothing_and_what_waits_stays(
    plugin: Plugin, got: Receiver
) -> None:
    plugin.endpoint = "https://metrics.example.com"
    plugin.consent()
    plugin.environ.update(CLAUDE_METRICS_URL="http://metrics.example.org", http_proxy=got.url)
    spool_both(plugin)
    plugin.ship()
    assert got.got == []
    assert len(plugin.waiting()) == 6
    assert "another endpoint" in plugin.log()
    plugin.environ["CLAUDE_METRICS_URL"] = got.url + "/prefix"  # this machine is always covered
    plugin.ship("--now")
    assert len(got.got) == 6
    assert all(one.path.startswith("/prefix/") for one in got.got)


def test_a_folder_that_is_taken_away_while_it_runs_does_not_come_back(plugin: Plugin, got: Receiver) -> None:
    """`tachograph plugin remove` right after a session: the shipper still waits for the transcript to be quiet."""
    plugin.session(FOLDER / f"{HELLO}.jsonl", ("prompt", "demo:hello"), seconds=time.time() - 10)
    command = [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(plugin.folder)]
    running = subprocess.Popen(command, env=plugin.env(), cwd="/")
    until = time.monotonic() + 20
    while not plugin.waiting() and time.monotonic() < until:  # the event is; the session will be
        time.sleep(0.02)
    plugin.folder.rename(plugin.folder.with_name("gone"))
    assert running.wait(30) == 0
    assert not plugin.folder.exists()
    assert got.of("/sessions") == []


def test_all_rounds_together_end_in_time(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    ship, rounds = script("ship"), []
    monkeypatch.setattr(ship, "RUN_SECONDS", -1.0)
    monkeypatch.setattr(ship.spool, "is_waiting", lambda _: True)
    monkeypatch.setattr(ship.Shipper, "prepare", lambda self: rounds.append(1))
    monkeypatch.setattr(ship.Shipper, "send", lambda self, at_once: None)
    ship.run(str(plugin.folder), {})
    assert rounds == [1]


def test_who_takes_consent_back_is_obeyed_at_once_and_nothing_is_left(plugin: Plugin, got: Receiver) -> None:
    for number in range(40):
        plugin.spool("prompt", SESSION, 1_795_000_000 + number, name="custom", chars=number)
    asked = threading.Event()

    def slowly(one: Got) -> int:
        asked.set()
        time.sleep(0.3)
        return 200

    got.answer = slowly
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(plugin.folder)], env=plugin.env()
    )
    assert asked.wait(20)
    assert plugin.run("consent", "deny", timeout=30).returncode == 0
    sent = len(got.got)
    time.sleep(1)
    assert process.wait(20) == 0
    assert len(got.got) == sent < 10
    left = sorted(str(path.relative_to(plugin.folder)) for path in plugin.folder.rglob("*") if path.is_file())
    assert [name for name in left if name != "metrics.log"] == [
        ".forgotten",
        "consent.json",
        "ingest.key",
        "shipper.lock",
    ]


def test_a_full_disk_stops_the_run_without_losing_what_waits(plugin: Plugin, got: Receiver) -> None:
    """A folder where the outbox should be made cannot be written."""
    spool_both(plugin)
    (plugin.folder / "outgoing").write_text("in the way")
    plugin.ship()
    assert got.got == []
    assert "the shipper stopped: " in plugin.log()
    (plugin.folder / "outgoing").unlink()
    plugin.ship()
    assert len(got.got) == 6


def test_a_damaged_state_is_begun_anew(plugin: Plugin, got: Receiver) -> None:
    for junk in ("{", "[]", '{"sessions": [], "taken": {"x": "y"}, "retry": 3, "counters": {"a": null}}'):
        (plugin.folder / "state.json").write_text(junk)
        spool_both(plugin)
        plugin.ship("--now")
        assert plugin.state()["version"] == 1
    assert len({one.body for one in got.got if one.path == "/sessions"}) >= 2


PYTHONS = sorted(Path(pwd.getpwuid(os.getuid()).pw_dir).glob(".pyenv/versions/3.*/bin/python"))


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parts[-3])
def test_every_python_from_3_8_does_the_same(plugin: Plugin, got: Receiver, python: Path) -> None:
    """Those that this machine has, besides the one that runs the tests."""
    if tuple(int(part) for part in python.parts[-3].split(".")[:2]) < (3, 8):
        pytest.skip("older than the plugin promises")
    plugin.python = str(python)
    spool_both(plugin)
    plugin.ship()
    assert len(got.got) == 6
    for name in ("status", "preview", "consent"):
        done = plugin.run(name)
        assert (done.returncode, done.stderr) == (0, b"")


def test_the_scripts_are_python_3_8() -> None:
    for path in SCRIPTS.glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 8))
