"""How fast questions are answered while events come in, at a size of choice, beside the bare scan of the same rows.

    ./dev bench query                       1 million events
    ./dev bench query --events 10000000     ten million; needs about 3 GB of disk and some minutes to make

Prints medians and 95th percentiles in milliseconds, and the ratio to a floor measured in the same run: DuckDB itself
scanning the columns that the answer needs, on one idle connection. Totals are checked against the generator's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from bench.events import DAYS, START_US, batches, fill
from bench.record import record
from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window, parse_window
from tachograph.analytics.report import build_report
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore

FRESH = int(time.time())  # what a kept store has not seen yet
NOW_US = START_US + DAYS * 86_400_000_000 - 7_200_000_000 + 123_456

_COLD = """
import sys, time
from pathlib import Path
started = time.perf_counter()
from tachograph.analytics.query import Window
from tachograph.analytics.report import build_report
from tachograph.store.duckdb import DuckDBStore
imported = time.perf_counter()
store = DuckDBStore(Path(sys.argv[1]))
opened = time.perf_counter()
build_report(store, Window())
answered = time.perf_counter()
print(imported - started, opened - imported, answered - opened)
store.close()
"""


def main() -> None:
    """Make the store, check it, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="make the store here, or use the one that is there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tachograph-bench-") as folder:
        path = options.keep or Path(folder) / "store.duckdb"
        results = measure(path, options.events, options.rounds)
    if options.json:
        print(json.dumps(results))
    else:
        show(results)


def measure(path: Path, events: int, rounds: int) -> dict[str, Any]:
    """All figures, by name; times in milliseconds."""
    results: dict[str, Any] = {"events": events, "cpus": os.cpu_count()}
    if not path.exists():
        results |= make(path, events)
    store = DuckDBStore(path)
    try:
        results["store_mb"] = round(path.stat().st_size / 1e6)
        results["floor"] = floors(store, rounds)
        results["writes"] = writes(store)
        results["idle"] = questions(store, rounds)
        with Writer(store) as writer:
            results["with_writer"] = questions(store, rounds)
        results["writer"] = writer.figures()
    finally:
        store.close()
    results["cold"] = cold(path)
    return results


def make(path: Path, events: int) -> dict[str, Any]:
    """Fill a new store and settle it. Raises AssertionError if a report does not say what was put in."""
    DuckDBStore(path).close()
    raw = duckdb.connect(str(path), config={"memory_limit": "4GB", "threads": 2})
    started = time.perf_counter()
    truth = fill(raw, events)
    raw.close()
    filled = time.perf_counter()
    store = DuckDBStore(path)
    store.rebuild()
    rebuilt = time.perf_counter()
    said = build_report(store, Window()).totals
    store.close()
    for name in ("sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens",
                 "cache_write_tokens", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits",
                 "pull_requests"):  # fmt: skip
        assert said[name] == getattr(truth, name), f"{name}: {said[name]} instead of {getattr(truth, name)}"
    assert said["cost_microusd"] == (truth.cost_nanousd + 500) // 1000, "cost"
    return {"made_s": round(filled - started, 1), "rebuilt_s": round(rebuilt - filled, 1), "rows": truth.events}


def questions(store: DuckDBStore, rounds: int) -> dict[str, Any]:
    """The report over several windows, and what a dashboard asks, in random order."""

    def report(range_: str, *by: str) -> Callable[[], object]:
        return lambda: build_report(store, parse_window(now_us=NOW_US, range_=range_), by)

    def ask(metrics: str, *by: str, range_: str = "90d") -> Callable[[], object]:
        query = Query(metrics=metrics.split(","), by=by, window=parse_window(now_us=NOW_US, range_=range_))
        return lambda: answer(store, query)

    cases = {
        "report all": report("all"),
        "report 90d": report("90d"),
        "report 7d by day, model": report("7d", "day", "model"),
        "report 24h": report("24h"),
        "cost by day and model, 90d": ask("cost_microusd,total_tokens", "day", "model"),
        "sessions and cost by user, 90d": ask("sessions,cost_microusd,requests", "user"),
        "tool p50, p95, errors by tool, 90d": ask("tool_calls,tool_p50_ms,tool_p95_ms,tool_error_ratio", "tool"),
        "heat map, weekday and hour, all": ask("requests,cost_microusd", "weekday", "hour_of_day", range_="all"),
        "cache hits by project, 30d": ask("cache_hit_ratio,cost_microusd", "project", range_="30d"),
    }
    times: dict[str, list[float]] = {name: [] for name in cases}
    order = random.Random(1)
    for _ in range(rounds):
        for name in order.sample(sorted(cases), len(cases)):
            started = time.perf_counter()
            cases[name]()
            times[name].append((time.perf_counter() - started) * 1e3)
    return {name: {"p50": _median(t), "p95": _p95(t)} for name, t in times.items()}


def floors(store: DuckDBStore, rounds: int) -> dict[str, float]:
    """Bare scans on an idle connection: what no design on this engine can go below, and what no design costs."""
    statements = {
        "sum four columns of requests": "select sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), "
        "sum(cost_nanousd) from requests",
        "the same from events, deduplicated": "select count(*), sum(i), sum(o), sum(c) from (select max(input_tokens) as i, "
        "max(output_tokens) as o, max(cost_nanousd) as c from events where kind = 'api.request' group by request_id)",
        "count of events": "select count(*) from events where kind <> ''",
    }
    found = {}
    for name, sql in statements.items():
        times = []
        for _ in range(max(3, rounds // 3)):
            started = time.perf_counter()
            store.query_sql(sql)
            times.append((time.perf_counter() - started) * 1e3)
        found[name] = _median(times)
    return found


def writes(store: DuckDBStore) -> dict[str, Any]:
    """Batches of 10,000 into the full store: write, write again, settle. And the bare insert of the same Arrow table."""
    figures: dict[str, list[float]] = {"write": [], "duplicate": [], "settle": []}
    for round_, (events, _) in enumerate(batches(25_000, size=10_000, seed=FRESH, start_us=NOW_US, days=1)):
        for name, act in (
            ("write", lambda e=events: store.write(Batch(events=e))),
            ("duplicate", lambda e=events: store.write(Batch(events=e))),
            ("settle", store.settle),
        ):
            started = time.perf_counter()
            act()
            if round_:
                figures[name].append((time.perf_counter() - started) * 1e3)
    found = {f"{name} 10k": _median(times) for name, times in figures.items()}
    return {**found, "events_per_s": round(10_000 / (found["write 10k"] / 1e3))}


class Writer:
    """Writes 1,000 events every 50 ms and settles once a second, until the block ends."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store, self._stop = store, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._writes: list[float] = []
        self._settles: list[float] = []

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def figures(self) -> dict[str, Any]:
        """What became of it."""
        return {
            "batches": len(self._writes), "write p95": _p95(self._writes), "settle p50": _median(self._settles),
            "settle p95": _p95(self._settles),
        }  # fmt: skip

    def _run(self) -> None:
        settled = time.perf_counter()
        seed = FRESH
        while True:
            seed += 1
            for events, _ in batches(20_000, size=1_000, seed=seed, start_us=NOW_US, days=1):
                if self._stop.wait(0.05):
                    return
                started = time.perf_counter()
                self._store.write(Batch(events=events))
                self._writes.append((time.perf_counter() - started) * 1e3)
                if time.perf_counter() - settled > 1:
                    started = time.perf_counter()
                    self._store.settle()
                    settled = time.perf_counter()
                    self._settles.append((settled - started) * 1e3)


def cold(path: Path) -> dict[str, float]:
    """A new process: import, open, first report."""
    rows = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", _COLD, str(path)], capture_output=True, text=True, check=True)
        rows.append([float(x) * 1e3 for x in done.stdout.split()])
    return dict(zip(("import", "open", "first report"), map(_median, zip(*rows, strict=True)), strict=True))


def _median(values: Any) -> float:
    values = list(values)
    return round(statistics.median(values), 1) if values else 0.0


def _p95(values: list[float]) -> float:
    return round(sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)], 1) if values else 0.0


def show(results: dict[str, Any]) -> None:
    """The table, printed and kept in RESULTS.md."""
    floor = results["floor"]["sum four columns of requests"]
    rows: list[list[object]] = []
    for name, idle in results["idle"].items():
        busy = results["with_writer"][name]
        ratio = f"{idle['p50'] / floor:.1f}" if floor else "-"
        rows.append([name, idle["p50"], idle["p95"], busy["p50"], busy["p95"], ratio])
    rows += [[f"floor: {name}", value, "", "", "", ""] for name, value in results["floor"].items()]
    made = f", made in {results['made_s']} s, settled in {results['rebuilt_s']} s" if "made_s" in results else ""
    checked = "; totals as generated" if made else ""
    notes = [f"{results['store_mb']} MB on disk{made}{checked}. Milliseconds."]
    notes += [
        f"{part}: " + ", ".join(f"{name} {value:,}" for name, value in results[part].items())
        for part in ("writes", "writer", "cold")
    ]
    columns = ["question", "idle p50", "idle p95", "with writer p50", "with writer p95", "x floor"]
    record(f"query, {results['events']:,} events", columns, rows, notes)


if __name__ == "__main__":
    main()
