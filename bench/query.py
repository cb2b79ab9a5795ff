"""How fast questions are answered while events come in, at a size of choice, beside the bare scan of the same rows.

Asked is what the report, every panel of the dashboards, every question of the API and every endpoint of the classic API ask.

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
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from bench.events import DAYS, START_US, batches, fill
from bench.record import record
from tachograph.analytics.classic.budget import budget_progress
from tachograph.analytics.classic.costs import costs, model_costs, token_trend
from tachograph.analytics.classic.durations import session_duration
from tachograph.analytics.classic.efficiency import efficiency
from tachograph.analytics.classic.overview import overview, timeline
from tachograph.analytics.classic.sessions import list_sessions
from tachograph.analytics.classic.tools import tool_efficiency, tool_usage
from tachograph.analytics.classic.trends import trends
from tachograph.analytics.classic.usage import kpis, usage_heatmap
from tachograph.analytics.classic.work import code_generation, productivity
from tachograph.analytics.compile import answer
from tachograph.analytics.panels import own_dashboards, panel_query
from tachograph.analytics.query import Query, Window, parse_window
from tachograph.analytics.report import build_report
from tachograph.analytics.scope import Make, Scope
from tachograph.ports import Batch
from tachograph.server.questions import QUESTIONS
from tachograph.store.duckdb import DuckDBStore

FRESH = int(time.time())  # what a kept store has not seen yet
NOW_US = START_US + DAYS * 86_400_000_000 - 7_200_000_000 + 123_456

CLASSIC: dict[str, Make] = {
    "/api/metrics/overview": overview,
    "/api/metrics/timeline": timeline,
    "/api/sessions": list_sessions,
    "/api/analytics/productivity": productivity,
    "/api/analytics/costs": costs,
    "/api/analytics/efficiency": efficiency,
    "/api/analytics/trends": trends,
    "/api/analytics/dashboard/kpis": kpis,
    "/api/analytics/dashboard/token-trend": token_trend,
    "/api/analytics/dashboard/tool-usage": tool_usage,
    "/api/analytics/dashboard/usage-heatmap": usage_heatmap,
    "/api/analytics/advanced/model-costs": model_costs,
    "/api/analytics/advanced/budget-progress": budget_progress,
    "/api/analytics/advanced/tool-efficiency": tool_efficiency,
    "/api/analytics/advanced/session-duration": session_duration,
    "/api/analytics/advanced/code-generation": code_generation,
}
"""What the endpoints of the classic API that ask over a time are made of."""

_COLD = """
import sys, time
from pathlib import Path
from bench.query import cases_of
from tachograph.store.duckdb import DuckDBStore
started = time.perf_counter()
store = DuckDBStore(Path(sys.argv[1]))
opened = time.perf_counter()
for name in sys.argv[2:]:
    cases_of(store)[name]()
print(opened - started, time.perf_counter() - opened)
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
    results["cold"] = cold(path, list(results["idle"]))
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


def cases_of(store: DuckDBStore) -> dict[str, Callable[[], object]]:
    """What is asked, by name: the report over several windows, and what dashboards and the API ask, of 90 days each."""

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
    window = parse_window(now_us=NOW_US, range_="90d")
    scope = Scope(window=window, now_us=NOW_US, monthly_budget_microusd=5_000_000_000)
    for dashboard in own_dashboards(QUESTIONS):
        for panel in dashboard.panels:
            if not panel.question:
                query = panel_query(panel, window=window)
                cases[f"{dashboard.name}: {panel.title}"] = partial(answer, store, query)
    for name, question in QUESTIONS.items():
        cases[f"/api/v1/{name}"] = partial(
            question.make, store, replace(scope, window=Window()) if name == "now" else scope
        )
    of_page = replace(scope, parameters={"limit": "20", "offset": "0", "period": "90 days"})
    for path, make in CLASSIC.items():
        cases[path] = partial(make, store, of_page)
    return cases


def questions(store: DuckDBStore, rounds: int) -> dict[str, Any]:
    """Times of all cases, asked in random order."""
    cases = cases_of(store)
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


def cold(path: Path, names: Sequence[str]) -> dict[str, float]:
    """Milliseconds of each question as the first of a new process, the database opened just before."""
    found = {}
    for name in names:
        done = subprocess.run(
            [sys.executable, "-c", _COLD, str(path), name], capture_output=True, text=True, check=True
        )
        found[name] = round(float(done.stdout.split()[1]) * 1e3, 1)
    return found


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
        rows.append([name, results["cold"][name], idle["p50"], idle["p95"], busy["p50"], busy["p95"], ratio])
    rows += [[f"floor: {name}", "", value, "", "", "", ""] for name, value in results["floor"].items()]
    made = f", made in {results['made_s']} s, settled in {results['rebuilt_s']} s" if "made_s" in results else ""
    checked = "; totals as generated" if made else ""
    notes = [f"{results['store_mb']} MB on disk{made}{checked}. Milliseconds."]
    notes += [
        f"{part}: " + ", ".join(f"{name} {value:,}" for name, value in results[part].items())
        for part in ("writes", "writer")
    ]
    wanted = 100 if results["events"] <= 10_000_000 else 300
    slower = [name for name, busy in results["with_writer"].items() if busy["p95"] > wanted]
    notes.append(
        f"p95 with a writer over the {wanted} ms wanted: {', '.join(slower) or 'none'} of {len(results['idle'])}"
    )
    columns = ["question", "cold", "idle p50", "idle p95", "with writer p50", "with writer p95", "x floor"]
    record(f"query, {results['events']:,} events", columns, rows, notes)


if __name__ == "__main__":
    main()
