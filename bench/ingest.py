"""Ingest: what the receiver acknowledges durably, and how fast the core makes it queryable.

    ./dev bench ingest [--seconds 5] [--rounds 3] [--requests 10000]

The peer of each figure is measured in the same run: the same receiver that validates and stores nothing. Bodies are
20 log records of about 26 attributes each. Needs wrk on the PATH. Every total is checked against the generator's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped] # it brings no types

from bench.otlp import LogRequests, Totals
from bench.record import median, record
from tachograph.clock import SystemClock
from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.journal.config import JournalConfig
from tachograph.journal.writer import JournalWriter
from tachograph.ports import FrameKind

RECORDS = 20
CONNECTIONS = 32
GIB = 1024**3
JOURNAL = JournalConfig(max_bytes=16 * GIB)


@dataclass
class Load:
    """What wrk saw."""

    requests_per_s: float
    p50_ms: float
    p99_ms: float
    refused: int


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of load, per figure and round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=10_000, help="in the journal, for the queryable rate")
    parser.add_argument("--null-receiver", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.null_receiver:
        asyncio.run(_null_receiver())
        return
    if shutil.which("wrk") is None:
        sys.exit("this benchmark needs wrk on the PATH (on Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory(prefix="tachograph-bench-") as name:
        _measure(Path(name), options.seconds, options.rounds, options.requests)


def _measure(folder: Path, seconds: int, rounds: int, requests: int) -> None:
    bodies = folder / "bodies"
    _write_bodies(bodies, LogRequests(records=RECORDS).bodies(2000))
    floor: list[Load] = []
    acked: list[Load] = []
    beside: list[Load] = []
    for turn in range(rounds):
        with _receiver(folder / f"null{turn}", "--null-receiver") as address:
            floor.append(_load(address, bodies, seconds))
        with _receiver(folder / f"journal{turn}") as address:
            acked.append(_load(address, bodies, seconds))
        shutil.rmtree(folder / f"journal{turn}")
        with _server(folder / f"home{turn}") as about:
            beside.append(_load(about["otlp_http"], bodies, seconds))
        shutil.rmtree(folder / f"home{turn}")
    drained = _drain(folder / "drain", requests)
    lines = []
    for what, loads in (
        ("validate only, store nothing", floor),
        ("acked durable", acked),
        ("acked durable, core draining beside it", beside),
    ):
        rate = median([x.requests_per_s for x in loads])
        ratio = rate / median([x.requests_per_s for x in floor])
        p50, p99 = median([x.p50_ms for x in loads]), median([x.p99_ms for x in loads])
        refused = sum(x.refused for x in loads)
        lines.append((what, f"{rate * RECORDS:,.0f}", f"{ratio:.2f}", f"{p50:.1f} / {p99:.1f}", refused))
    lines.append(("journal to queryable, one core process", f"{drained.rate:,.0f}", "", "", 0))
    record(
        "ingest",
        ("what", "records/s", "of validate only", "p50 / p99 ms", "refused"),
        lines,
        (
            f"{RECORDS} records a request, {CONNECTIONS} connections, wrk on the same cores; medians of {rounds}",
            (
                f"queryable: {drained.records:,} records, {drained.body_mib:,.0f} MiB, all totals as generated; "
                f"core {drained.rss_mib:,.0f} MiB resident after it"
            ),
            (
                f"idle, {drained.idle_s:.0f} s later: receiver {drained.idle_receiver_mib:,.0f} MiB, "
                f"core {drained.idle_core_mib:,.0f} MiB, supervisor {drained.idle_supervisor_mib:,.0f} MiB; "
                f"restart after kill -9 of both to the first 200: {drained.restart_s:.2f} s"
            ),
        ),
    )


# --- load -----------------------------------------------------------------------------------------------------------


def _write_bodies(path: Path, bodies: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        for body in bodies:
            file.write(struct.pack(">I", len(body)) + body)


def _load(address: str, bodies: Path, seconds: int) -> Load:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", "bench/post.lua", address]
    said = subprocess.run([*command, "--", str(bodies)], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None:
        raise SystemExit(f"wrk said something else than expected:\n{said}")
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused = int(bad[1]) if bad else 0
    refused += sum(map(int, errors.groups())) if errors else 0
    return Load(float(rate[1]), _percentile(said, "50%"), _percentile(said, "99%"), refused)


def _percentile(said: str, name: str) -> float:
    found = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", said)
    assert found is not None
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]


@contextlib.contextmanager
def _receiver(journal: Path, *more: str) -> Iterator[str]:
    command = (
        [sys.executable, "-m", "bench.ingest", *more] if more else [sys.executable, "-m", "tachograph.server.receiver"]
    )
    otlp = OtlpConfig(http_port=0, grpc_port=-1)
    config = {"journal_directory": str(journal), "otlp": asdict(otlp), "journal": asdict(JOURNAL)}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(config) + "\n")
        process.stdin.flush()
        yield f"http://127.0.0.1:{json.loads(process.stdout.readline())['http_port']}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


async def _null_receiver() -> None:
    """The receiver with a journal that forgets."""
    from tachograph.inputs.otlp.intake import Intake
    from tachograph.server.receiver import Receiver

    class Forget:
        async def append(self, kind: FrameKind, body: bytes) -> None:
            """Keep nothing."""

    config = json.loads(sys.stdin.readline())
    options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in config["otlp"].items()}
    otlp = OtlpConfig(**options)
    receiver = Receiver(config["journal_directory"], otlp, JournalConfig(**config["journal"]))
    receiver._intake = Intake(Forget(), otlp, receiver._stats)
    await receiver.start()
    print(json.dumps({"http_port": receiver.http_port}), flush=True)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, receiver.stop_soon)
    await receiver.run()


@contextlib.contextmanager
def _server(home: Path) -> Iterator[dict[str, Any]]:
    home.mkdir(parents=True, exist_ok=True)
    (home / "tachograph.toml").write_text(f"[journal]\nmax_bytes = {16 * GIB}\n[imports]\nwatch = false\n")
    ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
    command = [sys.executable, "-m", "tachograph", "--home", str(home), "serve", "--json", *ports]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


# --- from journal to queryable ----------------------------------------------------------------------------------------


@dataclass
class Drained:
    """What draining a full journal gave."""

    records: int
    body_mib: float
    rate: float
    rss_mib: float
    idle_s: float
    idle_receiver_mib: float
    idle_core_mib: float
    idle_supervisor_mib: float
    restart_s: float


def _drain(home: Path, requests: int) -> Drained:
    """Fill a journal while no core runs, then start the server and wait until every record is counted."""
    source = LogRequests(records=RECORDS)
    asyncio.run(_fill(home / "journal", source.bodies(requests)))
    expected = source.totals
    with _server(home) as about:
        started = time.perf_counter()
        core = psutil.Process(about["core_pid"])
        while (health := _health(about))["events_new"] < expected.records or not health["settled"]:
            time.sleep(0.2)  # asking costs the core time, too
        seconds = time.perf_counter() - started
        _check(_totals(about), expected)
        rss = core.memory_info().rss / 1024**2
    return _idle(home, expected, seconds, rss)


async def _fill(journal: Path, bodies: Iterator[bytes]) -> None:
    writer = JournalWriter(str(journal), JOURNAL, SystemClock())
    waiting: set[asyncio.Task[None]] = set()
    for body in bodies:
        waiting.add(asyncio.create_task(writer.append(FrameKind.LOGS_PROTOBUF, body)))
        if len(waiting) >= 200:
            await asyncio.gather(*waiting)
            waiting.clear()
    await asyncio.gather(*waiting)
    await writer.close()


def _idle(home: Path, expected: Totals, seconds: float, rss: float) -> Drained:
    idle_s = 3.0
    with _server(home) as about:
        time.sleep(idle_s)
        sizes = [psutil.Process(about[k]).memory_info().rss / 1024**2 for k in ("receiver_pid", "core_pid", "pid")]
        restart_s = _restart(home, about)
        _check(_totals(about), expected)
    return Drained(
        records=expected.records,
        body_mib=expected.bytes / 1024**2,
        rate=expected.records / seconds,
        rss_mib=rss,
        idle_s=idle_s,
        idle_receiver_mib=sizes[0],
        idle_core_mib=sizes[1],
        idle_supervisor_mib=sizes[2],
        restart_s=restart_s,
    )


def _restart(home: Path, about: dict[str, Any]) -> float:
    for name in ("receiver_pid", "core_pid"):
        psutil.Process(about[name]).kill()
    start = time.perf_counter()
    while True:
        try:
            if _health(about)["status"] == "ok" and json.loads((home / "server.json").read_text()) != about:
                return time.perf_counter() - start
        except OSError:
            pass
        time.sleep(0.005)


def _health(about: dict[str, Any]) -> dict[str, Any]:
    return _get(about, "/health")


def _totals(about: dict[str, Any]) -> dict[str, Any]:
    totals: dict[str, Any] = _get(about, "/api/v1/report")["totals"]
    return totals


def _get(about: dict[str, Any], path: str) -> dict[str, Any]:
    with urllib.request.urlopen(about["http"] + path, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def _check(totals: dict[str, Any], expected: Totals) -> None:
    names = {"cache_creation_tokens": "cache_write_tokens"}
    for name, value in expected.counts.items():
        got = totals[names.get(name, name)] if name != "cost_microusd" else totals["cost_microusd"]
        if got != value:
            raise SystemExit(f"{name}: generated {value:,}, reported {got:,}")


if __name__ == "__main__":
    main()
