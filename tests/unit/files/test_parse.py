"""From logs to documents: the keys, the totals of real sessions, reading on, and what must not stop or leak."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.file_kit.parsed import find_parsed
from tachograph.file_kit.labels import Labels
from tachograph.inputs.files.kinds import kind_of
from tachograph.inputs.otlp.to_json import json_line
from tachograph.ports import FrameKind
from tachograph_sdk.errors import ConfigError
from tests.unit.files.kit import GOLDEN, SESSION, Kit

CONSOLE = sorted((GOLDEN / "console" / "claude_code").glob("*/console/run*.stdout.txt"))
CAPTURES = sorted((GOLDEN / "agents" / "claude_code" / "2.1.328").glob("*/expected.json"))
KINDS = {
    "logs": FrameKind.LOGS_PROTOBUF,
    "metrics": FrameKind.METRICS_PROTOBUF,
    "traces": FrameKind.TRACES_PROTOBUF,
}
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")


def one_event(second: int = 0, **more: Any) -> str:
    """A line with one event."""
    return (
        json.dumps(
            {
                "event": "claude_code.api_request",
                "timestamp": f"2026-11-20T13:00:{second:02d}Z",
                "session.id": SESSION,
                "input_tokens": 10,
                "cost_usd": 0.1,
                **more,
            }
        )
        + "\n"
    )


def counter(value: int, *, end: int, start: int = 0) -> str:
    """A printed running total of commits, of a process that began at `start`."""
    return f"""{{
  descriptor: {{
    name: 'claude_code.commit.count',
    type: 'COUNTER',
    unit: '',
  }},
  dataPointType: 3,
  dataPoints: [
    {{
      attributes: {{ 'session.id': '{SESSION}' }},
      startTime: [ {1795179600 + start}, 0 ],
      endTime: [ {1795179600 + end}, 0 ],
      value: {value}
    }}
  ]
}}
"""


@pytest.mark.parametrize("path", CONSOLE, ids=lambda path: f"{path.parts[-3]}-{path.name[:4]}")
def test_totals_of_printed_sessions(kit: Kit, path: Path) -> None:
    """Both dialects; 1.0.128 prints running totals, three times over in its second run."""
    observed = json.loads((path.parents[1] / "expected.json").read_bytes())["observed_in_console"][path.name]
    document = kit.parsed(path.read_bytes())
    assert sum(observed["events"].values()) == document["events_count"] == len(document["events"])
    by_events, by_metrics = document["totals"]["by_events"], document["totals"]["by_metrics"]
    sums = observed.get("metric_sums", {})
    for name, kind in zip(TOKENS, ("input", "output", "cacheRead", "cacheCreation"), strict=True):
        assert by_events[name] == observed["api_request_tokens"].get(name)
        assert by_metrics[name] == sums.get(f"claude_code.token.usage {kind}")
    assert by_metrics["cost_usd"] == pytest.approx(sums["claude_code.cost.usage"]) if sums else True
    assert by_events["cost_usd"] == by_metrics["cost_usd"]
    assert by_metrics["sessions"] == sums.get("claude_code.session.count")
    assert document["quarantined"] == {}


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.parent.name)
def test_totals_of_sent_sessions(kit: Kit, path: Path) -> None:
    """Requests as `files run` writes them."""
    requests = sorted(p for p in (path.parent / "otlp").glob("*") if not p.name.endswith(".meta.json"))
    if not requests:
        pytest.skip("nothing was sent")
    lines = b""
    for request in requests:
        signal = request.name.split(".")[1]
        kind = KINDS[signal] if request.suffix == ".pb" else FrameKind(KINDS[signal] + 1)
        lines += json_line(kind, request.read_bytes())
    document = kit.parsed(lines)
    expected = json.loads(path.read_bytes())
    by_events, by_metrics = document["totals"]["by_events"], document["totals"]["by_metrics"]
    played = {name: expected[name] for name in ("lines_added", "lines_removed", "commits", "pull_requests")}
    played |= {name: told["telemetry"] for name, told in expected["telemetry_differs"].items()}
    for name, key in zip(TOKENS, ("input", "output", "cache_read", "cache_creation"), strict=True):
        assert by_events[name] == by_metrics[name] == expected["tokens"][key], name
    assert by_events["cost_usd"] == pytest.approx(expected["cost_usd_total_list_price"], abs=1e-6)
    assert by_metrics["cost_usd"] == pytest.approx(expected["cost_usd_total_list_price"], abs=1e-6)
    assert by_events["api_requests"] == expected["api_responses_ok"]
    assert by_events["tool_failures"] == expected["tool_failures"]
    for name in ("lines_added", "lines_removed", "commits", "pull_requests"):
        assert (by_metrics[name] or 0) == played[name], name
    assert document["quarantined"] == {}


def test_the_document_has_the_documented_keys(kit: Kit) -> None:
    path = GOLDEN / "console" / "claude_code" / "2.1.328" / "console" / "run1.stdout.txt"
    kit.log(path.read_bytes())
    kit.parse(labels=Labels(team="platform", project="search"))
    document = kit.document()
    assert list(document)[:9] == [
        *("schema_version", "file", "parsed_at", "parser", "format", "collector", "session", "sessions", "events_count")
    ]
    assert list(document["session"]) == ["session_id", "account_uuid", "app_version", "os_type", "team", "project"]
    assert (document["session"]["app_version"], document["session"]["os_type"]) == ("2.1.328", "linux")
    assert (document["session"]["team"], document["session"]["project"]) == ("platform", "search")
    assert document["file"] == "session-20261120-130000.log"
    assert document["parsed_at"].endswith("Z")
    for event in document["events"]:
        assert [*list(event)[:2], "data"] == ["event_type", "timestamp", "data"]
        assert event["event_type"].startswith("claude_code.")
    for metric in document["metrics"]:
        assert list(metric)[:4] == ["metric", "pattern", "value", "raw_line"]
        assert metric["raw_line"] == f"{metric['pattern']} value {metric['value']}"
    names = {metric["metric"] for metric in document["metrics"]}
    assert names == {"session_count", "token_usage", "cost_usage", "active_time"}


def test_what_did_not_change_is_not_read_and_what_grew_is_read_on(kit: Kit) -> None:
    kit.log(one_event(0))
    assert [(log.status, log.new) for log in kit.parse().logs] == [("parsed", 1)]
    before = (kit.folder.data / "session-20261120-130000.json").stat().st_mtime_ns
    assert [(log.status, log.events, log.bytes) for log in kit.parse().logs] == [("unchanged", 1, 0)]
    assert (kit.folder.data / "session-20261120-130000.json").stat().st_mtime_ns == before
    more = one_event(1)
    kit.log(more, append=True)
    [log] = kit.parse().logs
    assert (log.status, log.new, log.bytes, log.events) == ("grown", 1, len(more), 2)
    document = kit.document()
    assert [e["timestamp"][17:19] for e in document["events"]] == ["00", "01"]
    assert document["totals"]["by_events"]["cost_usd"] == 0.2
    assert document["sessions"][0]["events_count"] == 2


def test_a_log_that_was_replaced_is_parsed_anew(kit: Kit) -> None:
    kit.log(one_event(0) + one_event(1))
    kit.parse()
    kit.log(one_event(2) + one_event(3) + one_event(4))
    [log] = kit.parse().logs
    assert (log.status, log.events) == ("parsed", 3)
    assert [e["timestamp"][17:19] for e in kit.document()["events"]] == ["02", "03", "04"]


@pytest.mark.parametrize("at", range(0, 4000, 37))
def test_growing_at_any_place_comes_to_the_same(kit: Kit, at: int) -> None:
    """Objects and running totals are cut in two wherever it is."""
    text = ("It is 2026.\n" + counter(2, end=1) + one_event(0) + counter(2, end=2) + counter(5, end=3)).encode()
    text += one_event(1).encode() + counter(6, end=4).encode()
    cut = min(at, len(text))
    kit.log(text[:cut])
    kit.parse()
    kit.log(text[cut:], append=True)
    kit.parse()
    document = kit.document()
    assert [m["value"] for m in document["metrics"]] == [2, 0, 3, 1]
    assert document["totals"]["by_metrics"]["commits"] == 6
    assert document["events_count"] == 2
    assert document["quarantined"] == {}


def test_growing_line_by_line_comes_to_the_same(kit: Kit) -> None:
    text = counter(2, end=1) + counter(2, end=2) + "It is 2026.\n" + counter(5, end=3) + one_event(0)
    kit.log("")
    for line in text.splitlines(keepends=True):
        kit.log(line, append=True)
        kit.parse()
    document = kit.document()
    assert [m["value"] for m in document["metrics"]] == [2, 0, 3]
    assert (document["events_count"], document["quarantined"]) == (1, {})


def test_a_running_total_goes_on_and_a_new_process_begins_anew(kit: Kit) -> None:
    kit.log(counter(2, end=1))
    kit.parse()
    kit.log(counter(5, end=2) + counter(1, start=10, end=11), append=True)
    kit.parse()
    assert [m["value"] for m in kit.document()["metrics"]] == [2, 3, 1]


def test_growth_of_requests_comes_to_the_same(kit: Kit) -> None:
    body = (GOLDEN / "console" / "claude_code" / "2.1.328" / "otlp" / "0002.logs.grpc.pb").read_bytes()
    line = json_line(FrameKind.LOGS_PROTOBUF, body)
    kit.log(line + line[:100])
    [log] = kit.parse().logs
    assert (log.events, log.torn) == (11, True)
    kit.log(line[100:], append=True)
    [log] = kit.parse().logs
    assert (log.status, log.events, log.torn) == ("grown", 11, False)  # the same request twice is one


def test_one_bad_log_stops_no_other(kit: Kit) -> None:
    kit.log(b"\x00\x01\x02", name="session-1.log")
    kit.log(b"claude_code.api_request: \xff\xfe{\n" + one_event(0).encode(), name="session-2.log")
    kit.log(b"", name="session-3.log")
    (kit.folder.logs / "session-4.log").mkdir()
    (kit.folder.logs / "session-5.log").symlink_to(kit.folder.logs / "session-2.log")
    os.mkfifo(kit.folder.logs / "session-6.log")
    kit.log(one_event(1), name="session-7.log")
    report = kit.parse()
    assert [(log.file, log.status, log.events) for log in report.logs] == [
        ("session-1.log", "parsed", 0),
        ("session-2.log", "parsed", 1),
        ("session-3.log", "parsed", 0),
        ("session-7.log", "parsed", 1),
    ]
    assert kit.document("session-1.json")["format"] is None


def test_our_own_fault_in_one_log_stops_no_other(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: str) -> Any:
        if "session-1" in path:
            raise KeyError("words of the log")
        return kind_of(path)

    monkeypatch.setattr("tachograph.file_kit.parse.kind_of", fails)
    for number in range(3):
        kit.log(one_event(number), name=f"session-{number}.log")
    logs = kit.parse().logs
    assert [(log.status, log.reason) for log in logs] == [
        ("parsed", ""),
        ("failed", "our own fault (KeyError)"),
        ("parsed", ""),
    ]


def test_a_named_file_that_cannot_be_read_is_told_and_stops_nothing(kit: Kit, tmp_path: Path) -> None:
    good, pipe = tmp_path / "a.txt", tmp_path / "pipe"
    good.write_text(one_event(0))
    os.mkfifo(pipe)
    report = kit.parse(pipe, tmp_path / "not-there", good)
    assert [log.status for log in report.logs] == ["failed", "failed", "parsed"]


def test_logs_of_the_same_name_have_documents_of_their_own(kit: Kit, tmp_path: Path) -> None:
    kit.log(one_event(0))
    kit.parse()
    other = tmp_path / "elsewhere" / "session-20261120-130000.txt"
    other.parent.mkdir()
    other.write_text(one_event(1) + one_event(2))
    for _ in range(2):
        [log] = kit.parse(other).logs
        assert log.document != "session-20261120-130000.json"
        assert log.events == 2
    assert kit.document()["events_count"] == 1
    assert len(list(kit.folder.data.glob("session-*.json"))) == 2


def test_no_document_has_the_name_of_a_report(kit: Kit) -> None:
    report = kit.parse(kit.log(one_event(), "latest-report.log"), kit.log(one_event(1), "merge.log"))
    names = [log.document or "" for log in report.logs]
    assert [name[: name.rindex("-")] for name in names] == ["latest-report", "merge"]
    assert [path.name for path in find_parsed(kit.folder.root)] == sorted(names)


def test_nothing_of_a_log_gets_past_the_wall(kit: Kit) -> None:
    """Whatever stands in attributes that nobody listed, in texts, in ids, in names of files."""
    canary = "C4N4RY"
    told = {
        "event": "claude_code.tool_result",
        "timestamp": "2026-11-20T13:00:00Z",
        "session.id": f"{canary}-session",
        "user.email": f"{canary}@example.com",
        "user.account_uuid": f"{canary}-account",
        "organization.id": f"{canary}-org",
        "tool_name": f"{canary} is no name",
        "tool_parameters": {"command": canary},
        "error": f"failed in /home/{canary}",
        "error_type": f"no class but {canary}!",
        "prompt": canary,
        "cwd": f"/home/{canary}",
        canary: canary,
        "team": f"{canary} and sons",
    }
    text = json.dumps(told) + f"\nclaude_code.api_request: {{broken {canary}\n"
    text += f"LogRecord #0\nBody: Str({canary})\nAttributes:\n     -> prompt: Str({canary})\nFlags: 0\n"
    path = kit.log(text, name=f"session-{canary} {canary}.log")
    kit.parse()
    assert canary.encode() not in kit.everything_written()
    assert not [name for name in os.listdir(kit.folder.data) if canary in name]
    assert str(path.parent).encode() not in kit.everything_written()


def test_documents_are_for_their_owner_only(kit: Kit) -> None:
    old = os.umask(0)
    try:
        kit.log("claude_code.api_request: {\n" + one_event(0))
        kit.parse()
    finally:
        os.umask(old)
    for path in kit.folder.data.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path.name
    assert kit.folder.data.stat().st_mode & 0o777 == 0o700
    assert not list(kit.folder.data.glob(".session*"))  # nothing half written stays


def test_a_document_that_was_taken_away_or_damaged_is_made_anew(kit: Kit) -> None:
    kit.log(one_event(0))
    kit.parse()
    target = kit.folder.data / "session-20261120-130000.json"
    target.unlink()
    assert kit.parse().logs[0].status == "parsed"
    target.write_text("{}")
    kit.log(one_event(1), append=True)
    assert kit.parse().logs[0].status == "parsed"
    assert kit.document()["events_count"] == 2
    (kit.folder.data / ".parse-state.json").write_text("[1]")
    assert kit.parse().logs[0].events == 2


def test_other_labels_make_documents_anew(kit: Kit) -> None:
    kit.log(one_event(0))
    kit.parse()
    [log] = kit.parse(labels=Labels(team="platform")).logs
    assert log.status == "parsed"
    assert kit.document()["session"]["team"] == "platform"


def test_what_was_erased_is_gone_from_the_documents_too(kit: Kit) -> None:
    kit.log(one_event())
    kit.log(one_event(1, **{"session.id": "22222222-2222-4333-8444-555555555555"}), "session-20261120-120000.log")
    kit.parse()
    session = kit.document()["session"]["session_id"]
    asked = ["privacy", "erase", "--home", str(kit.home.root), "--session", session, "--yes"]
    done = subprocess.run([sys.executable, "-m", "tachograph", *asked], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    report = kit.parse()
    assert [(log.status, log.events) for log in report.logs] == [("parsed", 1), ("parsed", 0)]
    assert session.encode() not in kit.everything_written()
    assert kit.parse().count("unchanged") == 2


def test_another_preset_makes_documents_anew(kit: Kit) -> None:
    kit.log(one_event(speed="fast"))
    kit.parse()
    assert kit.parse().count("unchanged") == 1
    kit.home.config.write_text('[privacy]\npreset = "strict"\n')
    assert kit.parse().count("parsed") == 1
    assert kit.parse().count("unchanged") == 1


def test_without_a_folder_of_logs(kit: Kit) -> None:
    shutil.rmtree(kit.folder.logs)
    with pytest.raises(ConfigError, match="is not there"):
        kit.parse()


def test_a_large_log_needs_little_memory(kit: Kit) -> None:
    """A tenth of a million events; what is held is an id for each."""
    import tracemalloc

    kit.log("".join(one_event(0, sequence=n, **{"event.sequence": n}) for n in range(30_000)))
    tracemalloc.start()
    [log] = kit.parse().logs
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert log.events == 30_000
    assert most < 40 * 1024 * 1024
