"""OTLP files and console logs, from the command to the report: the same totals as when the same was received."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tachograph.clock import SystemClock
from tachograph.config import load
from tachograph.home import Home
from tachograph.inputs.otlp.compression import zstd
from tachograph.server.answers import StoreAnswers
from tachograph.server.services import QueryTimes
from tachograph.store.duckdb import DuckDBStore
from tachograph.wiring.local import import_here
from tachograph.wiring.parts import OwnPipeline, build_files_importer, build_importer
from tests.captures import CAPTURES, SCHEMAS, expected, frames, otlp_json
from tests.flows.harness import command, serve

GOLDEN = Path(__file__).parents[1] / "golden"
CONSOLE = GOLDEN / "agents" / "claude_code" / "2.1.328" / "console"
BOTH = sorted((GOLDEN / "console" / "claude_code").iterdir())
FIELDS = ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_microusd")
MORE = ("sessions", "prompts", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits", "pull_requests")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "no-such-agent"))
    return make_home(tmp_path / "home")


def make_home(root: Path) -> Home:
    home = Home(root)
    home.create()
    return home


def run(home: Home, *paths: Path, agent: str | None = None) -> dict[str, Any]:
    """Import as the command does, from opening the store to closing it; what it said."""
    return import_here(home, [str(p) for p in paths], agent=agent, progress=lambda _: None)


class Desk:
    """The same with the store open all the time, which is quicker."""

    def __init__(self, home: Home) -> None:
        self.store = DuckDBStore(home.store)
        self.take_in = OwnPipeline(home, self.store)
        transcripts = build_importer(home, load(home), self.store)
        self._importer = build_files_importer(home, transcripts, self.store, self.take_in)
        self._answers = StoreAnswers(self.store, clock=SystemClock(), times=QueryTimes(), demo=False)

    def run(self, *paths: Path) -> dict[str, Any]:
        """Import; what it said."""
        return self._importer.run_strings([str(p) for p in paths], None)

    def totals(self) -> dict[str, Any]:
        told: dict[str, Any] = self._answers.report({"range": "all"})["totals"]
        return {name: told[name] for name in (*FIELDS, *MORE, "active_seconds")} | {
            "residual": told["coverage"]["residual"]["tokens"]
        }

    def rows(self, sql: str) -> list[Any]:
        rows: list[Any] = self._answers.sql(sql)["rows"]
        return rows

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()


@pytest.fixture
def desk(home: Home) -> Iterator[Desk]:
    with Desk(home) as desk:
        yield desk


def totals(home: Home) -> dict[str, Any]:
    with Desk(home) as desk:
        return desk.totals()


def receive(desk: Desk, capture: Path) -> None:
    """Store a session as the core does when it was received."""
    desk.take_in(lambda pipeline: pipeline.run(frames(capture, "protobuf")))  # type: ignore[attr-defined]
    desk.store.settle()


def new_and_known(answer: Mapping[str, Any], source: str) -> tuple[int, int]:
    return answer["sources"][source]["new"], answer["sources"][source]["duplicate"]


def played(capture: Path) -> dict[str, Any]:
    told = expected(capture)
    tokens = told["tokens"]
    return {
        "requests": told["api_responses_ok"],
        "input_tokens": tokens["input"],
        "output_tokens": tokens["output"],
        "cache_read_tokens": tokens["cache_read"],
        "cache_write_tokens": tokens["cache_creation"],
        "cost_microusd": round(told["cost_usd_total_list_price"] * 1e6),
    }


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda c: c.name)
def test_telemetry_in_files_gives_the_totals_of_telemetry_received(capture: Path, desk: Desk, tmp_path: Path):
    answer = desk.run(capture / "otlp")
    new, _ = new_and_known(answer, "otlp")
    assert new > 0
    assert answer["sources"]["otlp"]["quarantined"] == {}
    assert answer["not_recognised"] == 0
    got = desk.totals()
    assert {name: got[name] for name in FIELDS} == played(capture)

    with Desk(make_home(tmp_path / "received")) as other:
        receive(other, capture)
        assert other.totals() == got
        again = other.run(capture / "otlp")
        assert new_and_known(again, "otlp") == (0, new), "what was received is known"
        assert other.totals() == got


def as_collector_lines(capture: Path) -> bytes:
    lines = [f.body if f.kind.name.endswith("JSON") else b"" for f in frames(capture, "json")]
    return b"\n".join(lines) + b"\n"


def as_collector_frames(capture: Path) -> bytes:
    return b"".join(struct.pack(">I", len(f.body)) + f.body for f in frames(capture, "protobuf"))


def as_older_collector(capture: Path) -> bytes:
    bodies = [zstd.compress(f.body) for f in frames(capture, "json")]
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


FORMS: dict[str, Callable[[Path], bytes]] = {
    "telemetry.jsonl": as_collector_lines,
    "telemetry.json": as_collector_lines,
    "telemetry.pb": as_collector_frames,
    "telemetry.json.gz": lambda c: gzip.compress(as_collector_lines(c)),
    "telemetry.jsonl.zst": lambda c: zstd.compress(as_collector_lines(c)),
    "telemetry.pb.zst": lambda c: zstd.compress(as_collector_frames(c)),
    "telemetry": as_older_collector,
}


def test_each_form_of_file_holds_the_same_events(desk: Desk, tmp_path: Path):
    capture = next(c for c in CAPTURES if c.name == "edit-commit-pr-http-protobuf")
    whole = desk.run(capture / "otlp")["sources"]["otlp"]
    assert whole["new"] == whole["records"]
    for name, make in FORMS.items():
        path = tmp_path / name
        path.write_bytes(make(capture))
        answer = desk.run(path)
        assert new_and_known(answer, "otlp") == (0, whole["records"]), name
    got = desk.totals()
    assert {name: got[name] for name in FIELDS} == played(capture)


def test_a_console_log_alone_gives_what_its_run_printed(desk: Desk):
    answer = desk.run(CONSOLE / "console")
    assert answer["sources"]["console"]["files"] == 1
    assert answer["sources"]["console"]["records"] == 21
    assert answer["not_recognised"] == 1  # with --output-format json nothing is printed but the answer
    got = desk.totals()
    assert {name: got[name] for name in FIELDS} == {
        "requests": 2,
        "input_tokens": 189,
        "output_tokens": 28,
        "cache_read_tokens": 1500,
        "cache_write_tokens": 1500,
        "cost_microusd": 9116,
    }
    assert (got["sessions"], got["prompts"], got["tool_calls"], got["tool_errors"]) == (1, 1, 1, 0)
    assert got["active_seconds"] == 0.212
    assert got["residual"] == 0


@pytest.mark.parametrize("order", [("console", "transcripts"), ("transcripts", "console")])
def test_a_console_log_and_transcripts_count_once(order: tuple[str, str], desk: Desk):
    for name in order * 2:
        desk.run(CONSOLE / name)
    got = desk.totals()
    told = expected(CONSOLE)
    assert {name: got[name] for name in FIELDS} == played(CONSOLE)
    assert got["prompts"] == told["user_prompts"]
    assert got["tool_calls"] == sum(told["tool_use_blocks_sent"].values())
    assert (got["sessions"], got["residual"]) == (2, 0)


@pytest.mark.parametrize("capture", BOTH, ids=lambda c: c.name)
def test_what_was_printed_and_sent_counts_once(capture: Path, desk: Desk, tmp_path: Path):
    desk.run(capture / "otlp")
    sent = desk.totals()
    answer = desk.run(capture / "console")
    assert new_and_known(answer, "console")[1] > 0
    assert desk.totals() == sent
    with Desk(make_home(tmp_path / "other")) as other:
        other.run(capture / "console")
        if capture.name != "2.1.328":  # its second run prints nothing
            assert other.totals() == sent
        other.run(capture)
        assert other.totals() == sent


@pytest.mark.parametrize(("capture", "printed_first"), list(zip(BOTH, (True, False, True), strict=True)))
def test_counters_printed_and_sent_are_never_added_up(capture: Path, printed_first: bool, desk: Desk, tmp_path: Path):
    """Without events: only the metrics of both."""
    sent, printed = tmp_path / "sent", tmp_path / "printed"
    sent.mkdir()
    printed.mkdir()
    for path in (capture / "otlp").glob("*.metrics.*"):
        shutil.copy(path, sent)
    for path in (capture / "console").iterdir():
        (printed / path.name).write_text("".join(f"{{\n  descriptor{rest}" for rest in _metrics_in(path.read_text())))
    for path in (printed, sent) if printed_first else (sent, printed):
        desk.run(path)
    got = desk.totals()
    told = expected(capture)["observed_in_telemetry"]["metric_totals"]
    wanted = {kind: sum(v for k, v in told.items() if k.endswith(f" {kind}")) for kind in ("input", "output")}
    assert (got["input_tokens"], got["output_tokens"]) == (wanted["input"], wanted["output"])
    assert got["residual"] > 0, "all of it is known by counters only"


def _metrics_in(text: str) -> list[str]:
    """What follows the word descriptor in each metric, to its end."""
    return [part.split("\n}\n")[0] + "\n}\n" for part in text.split("{\n  descriptor")[1:]]


def test_everything_below_one_folder_and_twice(home: Home, tmp_path: Path):
    folder = tmp_path / "all"
    shutil.copytree(CONSOLE, folder / "console")
    shutil.copytree(CAPTURES[0] / "otlp", folder / "otlp")
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "data.bin").write_bytes(b"not even looked at")
    first = run(home, folder, agent="claude_code")
    counts = {name: source["files"] for name, source in first["sources"].items()}
    sent = len(frames(CAPTURES[0], "json"))
    assert counts == {"claude_code": 2, "otlp": sent, "otel_dump": 0, "console": 1}
    assert first["not_recognised"] == 4  # expected, scenario, the other run, notes
    got = totals(home)
    again = run(home, folder)
    for name, source in again["sources"].items():
        assert (source["files"], source["read"], source["records"], source["new"]) == (counts[name], 0, 0, 0)
    assert again["not_recognised"] == 4
    for path in folder.rglob("*"):
        os.utime(path, ns=(10**18, 10**18))  # all of it again, as if it had changed
    third = run(home, folder)
    assert {name: source["new"] for name, source in third["sources"].items()} == dict.fromkeys(counts, 0)
    assert totals(home) == got


def test_files_that_grow_are_read_on(desk: Desk, tmp_path: Path):
    capture = next(c for c in CAPTURES if c.name == "basic-grpc")
    lines, stream = tmp_path / "a.json", tmp_path / "b.pb"
    bodies = [f.body for f in frames(capture, "json")]
    binary = as_collector_frames(capture)
    lines.write_bytes(b"\n".join(bodies[:2]) + b"\n" + bodies[2][:40])
    stream.write_bytes(binary[:-9])
    first = desk.run(lines, stream)["sources"]["otlp"]
    assert (first["torn"], first["quarantined"]) == (2, {})
    lines.write_bytes(b"\n".join(bodies) + b"\n")
    stream.write_bytes(binary)
    second = desk.run(lines, stream)["sources"]["otlp"]
    assert second["torn"] == 0
    assert second["bytes"] < lines.stat().st_size + stream.stat().st_size - len(bodies[0])
    assert {name: desk.totals()[name] for name in FIELDS} == played(capture)
    lines.write_bytes(b"\n".join(reversed(bodies)) + b"\n\n")  # replaced: from its start
    assert desk.run(lines)["sources"]["otlp"]["bytes"] == lines.stat().st_size


def test_a_console_log_that_grows_counts_the_same(desk: Desk, tmp_path: Path):
    whole = (BOTH[0] / "console" / "run2.stdout.txt").read_bytes()
    path = tmp_path / "run.log"
    torn = 0
    for size in (300, len(whole) // 3, len(whole) // 2, len(whole) - 5, len(whole)):
        path.write_bytes(whole[:size])
        torn += desk.run(path)["sources"]["console"]["torn"]
    assert torn == 4
    got = desk.totals()
    assert got["requests"] == 3
    assert got["input_tokens"] == 206
    assert got["residual"] == 0


def test_damage_is_counted_by_reason_and_costs_nothing_else(desk: Desk, tmp_path: Path):
    capture = next(c for c in CAPTURES if c.name == "basic-grpc")
    bodies = [f.body for f in frames(capture, "json")]
    (tmp_path / "a.json").write_bytes(b"\n".join([bodies[0], b'{"a": 1}', b"nonsense", *bodies[1:]]))
    (tmp_path / "0001.logs.pb").write_bytes(b"\x0a\xff\xff\xff\xff")
    log = (BOTH[0] / "console" / "run1.stdout.txt").read_bytes()  # without request ids: the recorded ones are all alike
    (tmp_path / "run.log").write_bytes(log[:600] + b"\nthe model goes on\n" + log)
    answer = desk.run(tmp_path / "a.json", tmp_path / "0001.logs.pb", tmp_path / "run.log")
    assert answer["sources"]["otlp"]["quarantined"] == {"malformed": 3}
    assert answer["sources"]["console"]["quarantined"] == {"malformed": 1}
    places = desk.rows("select place, detail, origin from quarantine order by all")
    assert [place for place, _, _ in places] == ["line 2", "line 2, byte 12", "line 3", "request 1"]
    assert all(origin.startswith("f_") for _, _, origin in places)
    got = desk.totals()
    assert got["requests"] == played(capture)["requests"] + 3


CANARY = "Qz7Canary9x"


def test_nothing_of_the_rest_of_a_log_is_stored_or_shown(home: Home, tmp_path: Path):
    log = (CONSOLE / "console" / "run1.stdout.txt").read_text()
    said = (
        f"I read /home/{CANARY}/x.\n{{\n  timestamp: '{CANARY}',\n  attributes: {{ a: '{CANARY}' }}\n}}\n{CANARY} {{\n"
    )
    path = tmp_path / f"{CANARY}.log"
    path.write_text(
        said + log.replace("Print the date", CANARY).replace("It is 2026.", CANARY) + said + log[:400] + said
    )
    told = command("import", str(path), home=home.root).stdout
    told += command("import", "--json", str(path), home=home.root).stdout.replace(str(path), "")
    assert totals(home)["requests"] == 2
    assert CANARY not in told
    for file in home.root.rglob("*"):
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file.name


def test_beside_a_server_the_same(tmp_path: Path):
    """With running totals, which the server's own pipeline knows: sent, then as a file, then sent on."""
    capture = BOTH[0]

    def cumulative(factor: int) -> bytes:
        """The session's counters as one total that grows."""
        body = next(f.body for f in frames(capture, "protobuf") if f.kind.name == "METRICS_PROTOBUF")
        message = SCHEMAS["metrics"].FromString(body)
        for resource in message.resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    metric.sum.aggregation_temporality = 2
                    for point in metric.sum.data_points:
                        point.as_double *= factor
                        point.time_unix_nano += factor * 10**9
        return json.dumps(otlp_json(message)).encode()

    path = tmp_path / "telemetry.json"
    with serve(tmp_path) as server:
        assert server.post_otlp("metrics", cumulative(1)) == 200
        server.wait_drained()
        once = server.totals()["input_tokens"]
        assert once > 0
        path.write_bytes(cumulative(1) + b"\n" + cumulative(3) + b"\n")
        answer = json.loads(command("import", "--json", str(path), home=tmp_path).stdout)
        assert answer["sources"]["otlp"]["new"] > 0
        assert server.totals()["input_tokens"] == 3 * once
        assert server.post_otlp("metrics", cumulative(4)) == 200
        server.wait_drained()
        assert server.totals()["input_tokens"] == 4 * once
        assert server.totals()["coverage"]["residual"]["input_tokens"] == 4 * once


def test_nothing_new_is_answered_without_the_database(home: Home, tmp_path: Path):
    folder = tmp_path / "all"
    shutil.copytree(CONSOLE, folder / "console")
    shutil.copytree(CAPTURES[0] / "otlp", folder / "otlp")
    run(home, folder)
    program = (
        "import sys; from pathlib import Path; from tachograph.home import Home;"
        "from tachograph.wiring.local import import_here;"
        "a = import_here(Home(Path(sys.argv[1])), [sys.argv[2]], progress=print);"
        "print(a['sources']['otlp']['files'], a['sources']['console']['files'], a['not_recognised']);"
        "print(*sorted({m.split('.')[0] for m in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(home.root), str(folder)], capture_output=True, text=True, check=True
    )
    counts, loaded = done.stdout.splitlines()
    assert counts == f"{len(frames(CAPTURES[0], 'json'))} 1 3"
    assert not {"duckdb", "msgspec", "google", "opentelemetry", "nanoarrow", "backports"} & set(loaded.split())
    (folder / "more.json").write_text("{}")
    assert run(home, folder)["not_recognised"] == 4
