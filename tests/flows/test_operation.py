"""Running it: limits said aloud, a core that is away, stopping, one server per home, many importers at once."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tachograph.inputs.otlp.config import OtlpConfig
from tests.flows.harness import Running, command, otlp_logs, serve, wait_until

LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
GOLDEN = Path(__file__).parents[1] / "golden" / "agents" / "claude_code"


def new_ids(count: int = 20) -> list[str]:
    return [f"req_{uuid.uuid4().hex}" for _ in range(count)]


def stored(home: Path) -> list[str]:
    answer = command("query", "--json", "select request_id from events where kind = 'api.request'", home=home)
    return [row[0] for row in json.loads(answer.stdout)["rows"]]


def assert_nothing_raw_is_left(home: Path) -> None:
    """The journal holds raw requests, so it is emptied as soon as it is read, and when nothing runs."""
    for path in (home / "journal").rglob("*"):
        assert not path.is_file() or b"req_" not in path.read_bytes()


def fill(server: Running, *, until_refused: bool = True, limit: int = 5000) -> tuple[set[str], int, dict[str, str]]:
    """Send until a request is refused; the ids acknowledged, the refusals, and the last refusal's headers."""
    import http.client
    from urllib.parse import urlsplit

    parts = urlsplit(server.about["otlp_http"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    acked: set[str] = set()
    refused, headers = 0, {}
    with contextlib.closing(connection):
        for _ in range(limit):
            ids = new_ids()
            connection.request("POST", "/v1/logs", otlp_logs(ids), {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read()
            if response.status == 200:
                acked.update(ids)
                continue
            assert response.status == 503, body
            refused += 1
            headers = {k.lower(): v for k, v in response.getheaders()}
            if refused == 3 or not until_refused:
                break
    return acked, refused, headers


def test_a_full_journal_is_said_and_recovers_by_itself(tmp_path: Path) -> None:
    (tmp_path / "tachograph.toml").write_text("[journal]\nmax_bytes = 1_000_000\nsegment_bytes = 200_000\n")
    with serve(tmp_path) as server:
        core = server.about["core_pid"]
        os.kill(core, signal.SIGSTOP)
        try:
            acked, refused, headers = fill(server)
            assert refused == 3
            assert int(headers["retry-after"]) >= 1
            assert headers["content-type"] == "application/json"
            with grpc.insecure_channel(server.about["otlp_grpc"]) as channel:
                call = channel.unary_unary(LOGS, request_serializer=None, response_deserializer=None)
                body = (
                    GOLDEN / "2.1.328" / "basic-grpc" / "otlp" / "0001.logs.grpc.pb"
                ).read_bytes() * 20  # no room left
                with pytest.raises(grpc.RpcError) as told:
                    call(body, timeout=10)
            assert told.value.code() is grpc.StatusCode.UNAVAILABLE
            details = dict(told.value.trailing_metadata())["grpc-status-details-bin"]
            retry = RetryInfo()
            assert Status.FromString(details).details[0].Unpack(retry)
            assert retry.retry_delay.ToTimedelta().total_seconds() > 0
            status, body = server.request("GET", server.about["otlp_http"], "/health")
            assert (status, json.loads(body)["status"]) == (200, "degraded")
        finally:
            os.kill(core, signal.SIGCONT)
        server.wait_drained()
        after = new_ids()
        wait_until(lambda: server.post_otlp("logs", otlp_logs(after)) == 200, "it accepts again")
        server.wait_drained()
        assert server.get("/health")["status"] == "ok"
    rows = stored(tmp_path)
    assert len(rows) == len(set(rows))
    assert set(rows) == acked | set(after)  # what was refused was not kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.long
def test_a_full_disk_is_said_and_recovers_by_itself(small_disk: Path) -> None:
    home = small_disk / "home"
    with serve(home) as server:
        core = server.about["core_pid"]
        ballast = small_disk / "ballast"
        os.kill(core, signal.SIGSTOP)
        try:
            free = shutil.disk_usage(small_disk).free
            ballast.write_bytes(bytes(max(0, free - 12_000_000)))
            acked, refused, headers = fill(server)
            assert refused == 3
            assert "retry-after" in headers
        finally:
            os.kill(core, signal.SIGCONT)
        assert server.totals()["requests"] >= 0  # reads work while writes cannot
        ballast.unlink()
        after = new_ids()
        wait_until(lambda: server.post_otlp("logs", otlp_logs(after)) == 200, "it accepts again")
        server.wait_drained()
    rows = stored(home)
    assert len(rows) == len(set(rows))
    assert acked | set(after) <= set(rows)


def test_a_core_that_was_away_for_the_whole_load_finds_it_all(tmp_path: Path) -> None:
    config = {
        "journal_directory": str(tmp_path / "journal"),
        "otlp": asdict(OtlpConfig(http_port=0, grpc_port=-1)),
        "journal": {},
    }
    receiver = subprocess.Popen(
        [sys.executable, "-m", "tachograph.server.receiver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert receiver.stdin is not None
    assert receiver.stdout is not None
    receiver.stdin.write(json.dumps(config) + "\n")
    receiver.stdin.flush()
    address = f"http://127.0.0.1:{json.loads(receiver.stdout.readline())['http_port']}"
    alone = Running(receiver, {"otlp_http": address}, tmp_path)
    acked: set[str] = set()
    for _ in range(50):
        ids = new_ids()
        assert alone.post_otlp("logs", otlp_logs(ids)) == 200
        acked.update(ids)
    receiver.kill()
    receiver.communicate()
    totals = json.loads(command("report", "--json", home=tmp_path).stdout)["totals"]
    assert totals["requests"] == len(acked) == 1000
    assert set(stored(tmp_path)) == acked
    assert_nothing_raw_is_left(tmp_path)


def test_a_polite_stop_under_load_loses_nothing(tmp_path: Path) -> None:
    acked: set[str] = set()
    with serve(tmp_path) as server:
        stop = threading.Event()

        def send() -> None:
            while not stop.is_set():
                ids = new_ids()
                if server.post_otlp("logs", otlp_logs(ids)) == 200:
                    acked.update(ids)

        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acked) > 200, "something is acknowledged")
        start = time.monotonic()
        status = server.stop()
        took = time.monotonic() - start
        stop.set()
        for thread in threads:
            thread.join()
    assert status == 0
    assert took < 6
    rows = stored(tmp_path)
    assert len(rows) == len(set(rows))
    assert acked <= set(rows)
    assert not (tmp_path / "server.json").exists()
    assert_nothing_raw_is_left(tmp_path)


def test_a_second_server_is_refused_at_once_and_a_dead_ones_home_is_taken_over(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        start = time.monotonic()
        second = command("serve", "--port", "0", home=tmp_path, check=False, timeout=20)
        assert (second.returncode, time.monotonic() - start < 3) == (1, True)
        assert server.about["http"] in second.stderr
        server.process.kill()  # the supervisor, not asked politely: its children notice
        server.process.wait()
    with serve(tmp_path) as server:
        assert server.post_otlp("logs", otlp_logs(new_ids())) == 200
        server.wait_drained()
        assert server.totals()["requests"] == 20


def test_many_importers_beside_a_server_count_everything_once(tmp_path: Path) -> None:
    transcripts = GOLDEN / "2.1.328" / "subagent" / "transcripts"
    with serve(tmp_path) as server:
        answers: list[dict[str, dict[str, dict[str, int]]]] = []

        def run() -> None:
            answers.append(json.loads(command("import", "--json", str(transcripts), home=tmp_path).stdout))

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == 8
        new = [a["sources"]["claude_code"]["new"] for a in answers]
        assert sorted(n > 0 for n in new) == [False] * 7 + [True]
        assert server.totals()["requests"] == 5


def test_an_import_that_the_server_refuses_is_said(tmp_path: Path) -> None:
    with serve(tmp_path):
        refused = command("import", "--json", "--agent", "nobody", home=tmp_path, check=False)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "claude_code" in refused.stderr


def test_without_a_server_a_taken_store_is_said(tmp_path: Path) -> None:
    command("report", home=tmp_path)
    code = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "tachograph.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "open\n"
        done = command("report", home=tmp_path, check=False)
        examined = command("doctor", "--json", home=tmp_path, check=False)
    finally:
        holder.communicate("")
    assert done.returncode == 1
    assert "another process" in done.stderr
    assert examined.returncode == 1
    (store,) = [f for f in json.loads(examined.stdout)["findings"] if f["what"] == "store"]
    assert (store["state"], "another process" in store["found"]) == ("problem", True)


def test_new_lines_of_a_transcript_are_counted_within_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, config = tmp_path / "home", tmp_path / "home" / "no-such-agent"
    projects = config / "projects" / "-home-dev-project"
    projects.mkdir(parents=True)
    (source,) = (GOLDEN / "2.1.328" / "edit-commit-pr-http-protobuf" / "transcripts").glob("*/*.jsonl")
    lines = source.read_bytes().splitlines(keepends=True)
    with serve(home) as server, (projects / source.name).open("wb", buffering=0) as transcript:
        transcript.writelines(lines[: len(lines) // 2])
        wait_until(lambda: server.totals()["requests"] > 0, "the first half is counted", 2.0)
        half = server.totals()["requests"]
        transcript.writelines(lines[len(lines) // 2 :])
        wait_until(lambda: server.totals()["requests"] == 6, "the second half is counted", 2.0)
        assert 0 < half < 6
