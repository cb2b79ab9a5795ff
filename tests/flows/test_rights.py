"""The rights of the people in the data, on the real program: a home with several people, with and without a server."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tachograph.home import Home
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret
from tests.flows.harness import Running, command, serve, wait_until
from tests.unit.outbox.parts import Place, make_outbox, put

JANE, BOB = "jane.doe@example.org", "bob@example.com"
SESSIONS = {  # person: two sessions; the second is seen by its transcript only
    JANE: ("1a2b3c4d-1111-4222-8333-444455556666", "1a2b3c4d-2222-4222-8333-444455556666"),
    BOB: ("9f8e7d6c-1111-4222-8333-444455556666", "9f8e7d6c-2222-4222-8333-444455556666"),
}
FOLDERS = {JANE: "/home/jane.doe/secret-app", BOB: "/home/bob/app"}
START_NS = 1_793_500_000 * 10**9
WAITING = {"TACHOGRAPH_JOURNAL__SEGMENT_AGE_S": "0.3"}
KILLS = int(os.environ.get("ERASURE_KILLS", "6"))  # of an erasure, at random moments


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WAITING.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def at(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir(mode=0o700)
    return tmp_path / "home"


def attribute(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}}


def telemetry(person: str, *, session: str = "", start: int = 0, count: int = 8, start_ns: int = START_NS) -> bytes:
    """OTLP/JSON: requests of one person's first session, which their transcript shows too."""
    session = session or SESSIONS[person][0]
    records = []
    for i in range(start, start + count):
        told = {
            "session.id": session,
            "user.email": person,
            "organization.id": f"org-of-{person}",
            "event.name": "api_request",
            "event.sequence": i,
            "model": "claude-opus-4-1",
            "request_id": f"req_{session[:8]}_{i}",
            "cost_usd": "0.0125",
            "input_tokens": 100 + i,
            "output_tokens": 10,
            "cache_read_tokens": 0,
            "cache_creation_tokens": 0,
            "duration_ms": 500,
        }
        at_ns = start_ns + i * 60 * 10**9
        records.append(
            {
                "timeUnixNano": str(at_ns),
                "body": {"stringValue": "claude_code.api_request"},
                "attributes": [attribute(key, value) for key, value in told.items()],
            }
        )
    resource = {"attributes": [attribute("service.name", "claude-code"), attribute("host.name", "laptop")]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).encode()


def transcripts(folder: Path, person: str, *, count: int = 8) -> Path:
    """Claude Code's own files: the first session as telemetry shows it, the second nowhere else."""
    place = folder / person
    place.mkdir(parents=True, exist_ok=True)
    for session in SESSIONS[person]:
        lines = []
        for i in range(count):
            moment = time.gmtime(START_NS / 1e9 + i * 60)
            base = {
                "sessionId": session,
                "cwd": FOLDERS[person],
                "version": "2.1.0",
                "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", moment),
            }
            usage = {"input_tokens": 100 + i, "output_tokens": 10}
            lines.append(
                {
                    **base,
                    "type": "user",
                    "uuid": f"{session[:18]}-8333-{i:012x}",
                    "message": {"role": "user", "content": "hi"},
                }
            )
            lines.append(
                {
                    **base,
                    "type": "assistant",
                    "uuid": f"{session[:18]}-8333-{i + 512:012x}",
                    "requestId": f"req_{session[:8]}_{i}"
                    if session == SESSIONS[person][0]
                    else f"req_{session[:13]}_{i}",
                    "message": {
                        "id": f"msg_{session[:13]}_{i}",
                        "role": "assistant",
                        "model": "claude-opus-4-1",
                        "content": [{"type": "text", "text": "x"}],
                        "usage": usage,
                    },
                }
            )
        (place / f"{session}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return place


def fill(home: Path, agents: Path, people: Sequence[str]) -> None:
    """A home in which these people worked; no server runs afterwards."""
    with serve(home) as server:
        for person in people:
            assert server.post_otlp("logs", telemetry(person)) == 200
        server.wait_drained()
        assert server.stop() == 0
    for person in people:
        command("import", str(transcripts(agents, person)), home=home)


def erase(home: Path, *selection: str, check: bool = True) -> dict[str, Any]:
    done = command("privacy", "erase", *selection, "--yes", "--json", home=home, check=check)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def totals(home: Path) -> dict[str, Any]:
    """All figures; what was dropped is told beside them, and that is another number after an erasure."""
    told: dict[str, Any] = json.loads(command("report", "--range", "all", "--json", home=home).stdout)
    return {name: value for name, value in told["totals"].items() if name != "coverage"}


def forms(text: str) -> dict[str, bytes]:
    """A text in every way of writing that is searched for here; another search than the program's own."""
    plain = text.encode()
    found = {"utf-8": plain, "utf-16": text.encode("utf-16-le"), "hex": plain.hex().encode()}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        found[f"base64 {shift}"] = whole[4 if shift else 0 : len(whole) // 4 * 4 - 4]
    return found


def identifiers(home: Path, person: str) -> list[str]:
    names = Pseudonymizer(load_or_create_secret(Home(home).secret))
    raw = [person, *SESSIONS[person], FOLDERS[person], f"org-of-{person}"]
    return [
        *raw,
        names.user(person),
        *(names.session(session) for session in SESSIONS[person]),
        names.project(FOLDERS[person]),
        names.organization(f"org-of-{person}"),
    ]


def traces(home: Path, person: str) -> list[tuple[str, str, str]]:
    """Files of the home in which something of a person is, in which form, and what."""
    found = []
    for path in sorted(home.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            for text in identifiers(home, person):
                found += [(path.name, form, text) for form, needle in forms(text).items() if needle in data]
    return found


def uncompressed(home: Path, person: str) -> bool:
    """Whether the database still answers anything of a person, whatever its bytes look like."""
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        tables = [row[0] for row in store.execute("select table_name from duckdb_tables()").fetchall()]
        text = "\n".join(str(store.execute(f"select * from {table}").fetchall()) for table in tables)
    return any(name in text for name in identifiers(home, person))


# --- erasure ----------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("with_server", "identity"), [(True, "clear"), pytest.param(False, "pseudonym", marks=pytest.mark.long)]
)
def test_an_erased_person_is_in_no_byte_and_everybody_elses_figures_stay(
    at: Path, tmp_path: Path, with_server: bool, identity: str
) -> None:
    agents = tmp_path / "agents"
    alone = tmp_path / "alone"
    alone.mkdir(mode=0o700)
    command("privacy", "identity", identity, home=at)
    fill(at, agents, [JANE, BOB])
    fill(alone, agents, [BOB])
    names = Pseudonymizer(load_or_create_secret(Home(at).secret))
    outbox = make_outbox(at, time=lambda: time.time_ns() // 1000, mode="review")  # type: ignore[arg-type]  # too old goes
    put(outbox, Place(), number=1, about=[names.user(JANE)])
    put(outbox, Place(), number=2, about=[names.user(BOB)])
    for form in ("json", "csv", "parquet"):
        command(
            "privacy", "export", "--person", JANE, "--to", str(tmp_path / f"jane-{form}"), "--format", form, home=at
        )
    command("privacy", "export", "--person", BOB, "--to", str(tmp_path / "bob.zip"), home=at)
    assert traces(at, JANE), "a search that finds nothing now would prove nothing later"
    assert uncompressed(at, JANE)

    plan = command("privacy", "erase", "--person", JANE, "--dry-run", "--json", home=at)

    def last_words(server: Running) -> None:
        """More of hers, accepted a moment ago and still in the journal, in a segment that is open."""
        assert server.post_otlp("logs", telemetry(JANE, start=8, count=5)) == 200

    if with_server:
        with serve(at) as server:
            last_words(server)
            told = erase(at, "--person", JANE)
            assert server.post_otlp("logs", telemetry(JANE)) == 200, "an exporter sends again what it is not sure of"
            server.wait_drained()
            assert server.stop() == 0
    else:
        with serve(at) as server:
            last_words(server)
            server.kill("core")  # what it accepted waits in the journal
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait()
            about = server.now()
        wait_until(lambda: not any(alive(about[name]) for name in ("receiver_pid", "core_pid")), "the server's end")
        told = erase(at, "--person", JANE)
    assert told["complete"], told["search"]
    assert told["exports"] == {"deleted": 3}
    assert told["outbox_envelopes"] == 1
    assert told["others"]["before"] == told["others"]["after"]
    # Her other session was seen by its transcript only, which names nobody. That it is there was said.
    assert json.loads(plan.stdout)["sessions_beside"] == 1
    assert erase(at, "--project", FOLDERS[JANE])["complete"]
    assert traces(at, JANE) == []
    assert not uncompressed(at, JANE)
    assert {path.name for path in tmp_path.iterdir()} == {"home", "alone", "agents", "bob.zip"}
    assert totals(at) == totals(alone)
    # Her files are hers: read again, from another place so that all of them is, they bring nothing back.
    shutil.copytree(agents, tmp_path / "agents-again")
    again = command("import", str(tmp_path / "agents-again"), home=at)
    assert "0 events new" in again.stdout
    assert totals(at) == totals(alone)
    assert traces(at, JANE) == []
    assert json.loads(command("privacy", "show", "--person", JANE, "--json", home=at).stdout)["tables"]["events"] == 0
    assert command("privacy", "receipts", "verify", home=at).returncode == 0


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def test_what_a_person_does_after_an_erasure_is_kept(at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE])
    assert erase(at, "--person", JANE)["complete"]
    with serve(at) as server:
        assert server.post_otlp("logs", telemetry(JANE, count=3, start_ns=time.time_ns() + 10**9)) == 200
        server.wait_drained()
        assert server.totals()["requests"] == 8 + 3, "and her other session, of which nobody knows that it is hers"


def test_the_receipt_names_nobody_and_shows_when_it_was_changed(at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE, BOB])
    receipt = at / "receipts" / erase(at, "--session", SESSIONS[JANE][1])["receipt"]
    told = json.loads(receipt.read_text())
    assert told["tables"]["requests"] == 8
    assert receipt.stat().st_mode & 0o777 == 0o600
    for name in identifiers(at, JANE):
        assert name not in receipt.read_text()
        assert name.partition("_")[2] not in receipt.read_text() or "_" not in name
    told["tables"]["requests"] = 1
    receipt.write_text(json.dumps(told))
    done = command("privacy", "receipts", "verify", home=at, check=False)
    assert done.returncode == 1
    assert "was changed" in done.stderr


def test_what_is_found_after_all_fails_the_erasure_loudly(at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE])
    (at / "tachograph.toml").write_text(f"# ask {JANE.upper()}\n")
    done = command("privacy", "erase", "--person", JANE, "--yes", "--json", home=at, check=False)
    assert done.returncode == 1
    assert "tachograph.toml" in done.stderr
    assert JANE not in done.stderr.lower()
    assert json.loads(done.stdout)["complete"] is False
    receipts = json.loads(command("privacy", "receipts", "--json", home=at).stdout)
    assert receipts["receipts"][0]["complete"] is False


def test_a_dry_run_changes_nothing_and_nobody_is_asked_where_nobody_is(at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE])
    before = totals(at)
    plan = json.loads(command("privacy", "erase", "--person", JANE, "--dry-run", "--json", home=at).stdout)
    assert plan["tables"]["events"] > 0
    assert command("privacy", "erase", "--person", JANE, home=at, check=False).returncode == 2
    assert command("privacy", "erase", "--yes", home=at, check=False).returncode == 2, "nothing says whose"
    assert totals(at) == before
    assert not (at / "tombstones.json").exists()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("rounds", [3, pytest.param(KILLS, marks=pytest.mark.long)])
def test_killed_at_any_moment_an_erasure_is_finished_by_the_next_command(rounds: int, at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE, BOB])
    command("privacy", "export", "--person", JANE, "--to", str(tmp_path / "first"), home=at)
    home = tmp_path / "round"
    names = Pseudonymizer(load_or_create_secret(Home(at).secret))
    shutil.copytree(at, home)
    shutil.copytree(tmp_path / "first", tmp_path / "kept")
    call = [sys.executable, "-m", "tachograph", "--home", str(home), "privacy", "erase", "--person", JANE, "--yes"]
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(home / "no-such-agent")}
    began = time.monotonic()
    assert subprocess.run(call, env=environment, capture_output=True, check=False).returncode == 0
    whole_s = time.monotonic() - began
    right = totals(home)
    chance = random.Random(5)
    begun = finished = 0
    for turn in range(rounds):
        shutil.rmtree(home)
        shutil.copytree(at, home)
        shutil.rmtree(tmp_path / "first", ignore_errors=True)
        shutil.copytree(tmp_path / "kept", tmp_path / "first")
        process = subprocess.Popen(call, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole_s * chance.uniform(0.3, 1.0))
        process.kill()
        process.wait()
        if not (home / "erasure.json").exists():
            finished += (home / "receipts").exists()
            continue
        begun += 1
        assert totals(home) == right, f"round {turn}: any command finishes it first"
        assert not (home / "erasure.json").exists()
        receipts = json.loads(command("privacy", "receipts", "--json", home=home).stdout)
        assert receipts["whole"]
        (receipt,) = receipts["receipts"]
        assert receipt["complete"]
        assert receipt["tables"]["events"] == 25
        assert receipt["exports"] == {"deleted": 1}
        first = (JANE, SESSIONS[JANE][0], names.user(JANE), names.session(SESSIONS[JANE][0]))
        assert [place for place in traces(home, JANE) if place[2] in first] == []
        assert not (tmp_path / "first").exists()
    print(f"{rounds} rounds of {whole_s:.1f} s: {begun} cut short and finished later, {finished} were done")
    assert begun >= rounds // 4


@pytest.mark.timeout(600)
@pytest.mark.parametrize("rounds", [1, pytest.param(KILLS // 3, marks=pytest.mark.long)])
def test_a_core_that_is_killed_while_it_erases_goes_on_when_it_is_started_again(
    rounds: int, at: Path, tmp_path: Path
) -> None:
    fill(at, tmp_path / "agents", [BOB])
    right = totals(at)
    chance = random.Random(7)
    with serve(at) as server:
        for turn in range(rounds):
            session = f"1a2b3c4d-{turn:04x}-4222-8333-444455556666"
            assert server.post_otlp("logs", telemetry(JANE, session=session)) == 200
            server.wait_drained()
            order = [
                sys.executable,
                "-m",
                "tachograph",
                "--home",
                str(at),
                "privacy",
                "erase",
                "--person",
                JANE,
                "--yes",
            ]
            process = subprocess.Popen(order, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until((at / "erasure.json").exists, "it begins")
            time.sleep(chance.uniform(0.0, 0.8))
            server.kill("core")
            process.wait(timeout=60)
            wait_until(lambda: not (at / "erasure.json").exists(), "it is finished")
            server.wait_drained()
            assert {name: value for name, value in server.totals().items() if name != "coverage"} == right
        assert server.stop() == 0
    assert traces(at, JANE) == []
    verdict = json.loads(command("privacy", "receipts", "--json", home=at).stdout)
    assert verdict["whole"]
    assert all(one["complete"] for one in verdict["receipts"])


# --- access -----------------------------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
def test_an_export_holds_every_row_of_the_person_and_none_of_others(at: Path, tmp_path: Path) -> None:
    fill(at, tmp_path / "agents", [JANE, BOB])
    shown = json.loads(command("privacy", "show", "--person", JANE, "--json", home=at).stdout)
    assert shown["tables"]["events"] == 25, "8 by telemetry, 17 in the transcript that telemetry says is hers"
    places = {form: tmp_path / f"out-{form}" for form in ("json", "csv", "parquet")}
    for form, to in places.items():
        command("privacy", "export", "--person", JANE, "--to", str(to), "--format", form, home=at)
        assert to.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in to.iterdir())
    told = json.loads((places["json"] / "subject.json").read_text())
    assert (told["schema"], told["version"]) == ("tachograph.subject", 1)
    counts = {table: len(part["rows"]) for table, part in told["tables"].items()}
    assert counts == shown["tables"]
    for table, count in counts.items():
        with (places["csv"] / f"{table}.csv").open(newline="") as file:
            read = list(csv.DictReader(file))
        assert len(read) == count
        with duckdb.connect() as engine:
            parquet = str(places["parquet"] / f"{table}.parquet")
            assert engine.execute(f"select count(*) from '{parquet}'").fetchall() == [(count,)]
    requests = sorted(row["request_key"] for row in told["tables"]["requests"]["rows"])
    with (places["csv"] / "requests.csv").open(newline="") as file:
        assert sorted(row["request_key"] for row in csv.DictReader(file)) == requests
    everything = b"".join(path.read_bytes() for path in places["json"].iterdir())
    everything += b"".join(path.read_bytes() for path in places["csv"].iterdir())
    for name in identifiers(at, BOB):
        assert name.encode() not in everything
    zipped = tmp_path / "jane.zip"
    command("privacy", "export", "--person", JANE, "--to", str(zipped), home=at)
    with zipfile.ZipFile(io.BytesIO(zipped.read_bytes())) as archive:
        assert json.loads(archive.read("subject.json"))["tables"] == told["tables"]
    assert zipped.stat().st_mode & 0o777 == 0o600
    again = command("privacy", "export", "--person", JANE, "--to", str(zipped), home=at, check=False)
    assert again.returncode == 2, "an export replaces nothing"


# --- objection and correction -----------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
def test_an_objection_takes_effect_while_the_server_runs_and_in_imports(at: Path, tmp_path: Path) -> None:
    agents = tmp_path / "agents"
    with serve(at) as server:
        assert server.post_otlp("logs", telemetry(JANE, count=2)) == 200
        server.wait_drained()
        made = json.loads(command("privacy", "object", "--person", JANE, "--json", home=at).stdout)
        for person in (JANE, BOB):
            assert server.post_otlp("logs", telemetry(person, start=2, count=4)) == 200
            command("import", str(transcripts(agents, person)), home=at)
        server.wait_drained()
        store = "select reason, name, quantity from drops where reason = 'objected'"
        dropped = json.loads(command("query", "--json", store, home=at).stdout)["rows"]
        assert ["objected", "api.request", 4 + 8] in dropped
        assert server.totals()["requests"] == 2 + 8 + 8 + 8, "hers of before, her second session, his two"
        command("privacy", "object", "--withdraw", made["id"][:6], home=at)
        assert server.post_otlp("logs", telemetry(JANE, start=100, count=3)) == 200
        server.wait_drained()
        assert server.totals()["requests"] == 2 + 8 + 8 + 8 + 3
        assert json.loads(command("privacy", "object", "--list", "--json", home=at).stdout) == {"objections": []}
        text = (at / "objections.json").read_text()
        assert not [name for name in identifiers(at, JANE) if name in text]


@pytest.mark.timeout(120)
def test_an_objection_to_one_purpose_leaves_the_others(at: Path) -> None:
    command("privacy", "object", "--person", JANE, "--purpose", "performance", home=at)
    with serve(at) as server:
        assert server.post_otlp("logs", telemetry(JANE, count=3)) == 200
        server.wait_drained()
        rows = json.loads(command("query", "--json", "select input_tokens, duration_ms from requests", home=at).stdout)
        assert sorted(rows["rows"]) == [[100, None], [101, None], [102, None]]


@pytest.mark.timeout(120)
def test_a_correction_survives_a_new_store_and_is_taken_back(at: Path, tmp_path: Path) -> None:
    agents = tmp_path / "agents"
    fill(at, agents, [JANE])
    names = Pseudonymizer(load_or_create_secret(Home(at).secret))
    users = "select user_id, count(*) as n from requests group by 1 order by 1"
    before = json.loads(command("query", "--json", users, home=at).stdout)["rows"]
    made = json.loads(command("privacy", "rectify", "--person", JANE, "--set", f"user={BOB}", "--json", home=at).stdout)
    assert made["events"] == 25
    after = [[names.user(BOB), 8], [None, 8]]
    assert json.loads(command("query", "--json", users, home=at).stdout)["rows"] == after
    (at / "tachograph.duckdb").unlink()
    command("import", str(agents / JANE), home=at)
    corrected = json.loads(command("query", "--json", users, home=at).stdout)["rows"]
    assert corrected == after, "transcripts do not say whose they are; the correction does"
    with serve(at) as server:
        assert server.post_otlp("logs", telemetry(JANE)) == 200
        server.wait_drained()
        assert json.loads(command("query", "--json", users, home=at).stdout)["rows"] == after
        listed = json.loads(command("privacy", "rectify", "--list", "--json", home=at).stdout)["corrections"]
        assert [one["id"] for one in listed] == [made["id"]]
        command("privacy", "rectify", "--undo", made["id"], home=at)
        assert json.loads(command("query", "--json", users, home=at).stdout)["rows"] == before
    assert command("privacy", "rectify", "--person", JANE, "--set", "cost=1", home=at, check=False).returncode == 2
