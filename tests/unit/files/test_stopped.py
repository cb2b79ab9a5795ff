"""A run that is stopped anywhere, many logs, and bytes that are no text: nothing is lost and nothing counts twice."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tachograph.file_kit import parse as module
from tachograph.file_kit.memory import Known, save_known
from tachograph.file_kit.parse import KitParser
from tests.unit.files.kit import GOLDEN, SESSION, Kit

RUN = (GOLDEN / "console" / "claude_code" / "2.1.328" / "console" / "run1.stdout.txt").read_bytes()
BAD = "claude_code.token.usage value 1.2.3\n"


def event(number: int) -> str:
    """A line with one event."""
    return f'claude_code.api_request: {{"session.id": "{SESSION}", "input_tokens": {number}, "cost_usd": 0.5}}\n'


def test_a_run_that_was_killed_before_it_remembered_counts_nothing_twice(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.log(event(1) + BAD)
    kit.parse()
    kit.log(event(2) + BAD, append=True)
    with monkeypatch.context() as killed:
        killed.setattr(module, "save_known", lambda *_: None)
        kit.parse()
    kit.log(event(4) + BAD, append=True)
    kit.parse()
    told = kit.document()
    assert told["totals"]["by_events"]["input_tokens"] == 7
    assert told["totals"]["by_events"]["cost_usd"] == 1.5
    assert told["quarantined"] == {"bad_number": 3}


def test_what_is_remembered_is_written_now_and_then(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[int] = []

    def save(path: Path, known: Mapping[str, Known]) -> None:
        saved.append(len(known))
        save_known(path, known)

    monkeypatch.setattr(module, "save_known", save)
    for number in range(30):
        kit.log(event(number), f"session-{number}.log")
    kit.parse()
    assert saved == [30]  # whole each time: once a log would be quadratic
    assert kit.parse().count("unchanged") == 30
    assert saved == [30]
    monkeypatch.setattr(module, "_SAVE_EVERY_S", 0.0)
    for number in range(3):
        kit.log(event(100 + number), f"session-{number}.log")
    kit.parse()
    assert saved == [30, 30, 30, 30]


def test_what_is_known_is_remembered_also_when_a_run_ends_early(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.log(event(1), "session-1.log")
    kit.log(event(2), "session-2.log")
    parse = KitParser._parse

    def interrupted(self: KitParser, path: Any) -> Any:
        if path.name == "session-2.log":
            raise KeyboardInterrupt
        return parse(self, path)

    with monkeypatch.context() as stopped:
        stopped.setattr(KitParser, "_parse", interrupted)
        with pytest.raises(KeyboardInterrupt):
            kit.parse()
    report = kit.parse()
    assert [log.status for log in report.logs] == ["unchanged", "parsed"]


def test_half_a_document_of_a_killed_run_is_cleared_away(kit: Kit) -> None:
    kit.log(event(1))
    kit.parse()
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)  # a process that is no more
    left = kit.folder.data / f".session-20261120-130000.json.{pid}-1"
    left.write_text("half")
    kit.parse()
    assert not left.exists()


@pytest.mark.parametrize("place", [0, 3000, len(RUN) - 1])
def test_some_bytes_that_are_no_text_do_not_make_a_log_none(kit: Kit, place: int) -> None:
    at = RUN.find(b"\n", place) + 1 if place else 0
    whole = kit.parsed(RUN)
    told = kit.parsed(RUN[:at] + b"\0\0\0\0\n" + RUN[at:], name="session-20261120-130000.log")
    assert told["format"] == "console"
    assert told["totals"]["by_metrics"] == whole["totals"]["by_metrics"]
    assert told["events_count"] >= whole["events_count"] - 1  # at most the record that the bytes stand in


REQUEST = {
    "resourceLogs": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]},
            "scopeLogs": [
                {
                    "logRecords": [
                        {
                            "timeUnixNano": "1795182850000000000",
                            "body": {"stringValue": "claude_code.api_request"},
                            "attributes": [
                                {"key": "event.name", "value": {"stringValue": "api_request"}},
                                {"key": "session.id", "value": {"stringValue": SESSION}},
                                {"key": "input_tokens", "value": {"intValue": "4321"}},
                            ],
                        }
                    ]
                }
            ],
        }
    ]
}


@pytest.mark.parametrize("before", [RUN, b"a warning of the shell\n", b"\0" * 4096 + b"\n", b""])
def test_requests_are_read_whatever_stands_before_them(kit: Kit, before: bytes) -> None:
    alone = kit.parsed(before)["totals"]["by_events"]["input_tokens"] or 0
    line = json.dumps(REQUEST).encode()
    told = kit.parsed(before + line[:100] + b"\n" + line + b"\n" if before else line + b"\n" + line[:100] + b"\n")
    assert told["totals"]["by_events"]["input_tokens"] == alone + 4321
    assert told["quarantined"] == {"malformed": 1}


def test_what_is_printed_behind_requests_is_read(kit: Kit) -> None:
    whole = kit.parsed(RUN)
    line = json.dumps(REQUEST).encode() + b"\n"
    kit.log(line)
    assert kit.parse().logs[0].format == "otlp"
    kit.log(RUN, append=True)  # as `tee -a` does
    (log,) = kit.parse().logs
    told = kit.document()
    assert (log.format, log.quarantined, told["events_count"]) == ("console", {}, whole["events_count"] + 1)
    kit.log(line.replace(b"4321", b"8642"), append=True)
    assert kit.parse().logs[0].status == "grown"
    tokens = whole["totals"]["by_events"]["input_tokens"]
    assert kit.document()["totals"]["by_events"]["input_tokens"] == tokens + 4321 + 8642


def test_requests_with_a_torn_one_among_them_stay_requests(kit: Kit) -> None:
    line = json.dumps(REQUEST).encode() + b"\n"
    told = kit.parsed(line + line[:100] + b"\n" + line.replace(b"4321", b"8642"))
    assert (told["format"], told["quarantined"], told["events_count"]) == ("otlp", {"malformed": 1}, 2)


def test_a_line_that_is_too_long_is_counted_if_it_said_something(kit: Kit) -> None:
    long = "x" * (9 * 1024 * 1024)
    told = kit.parsed(event(1) + long + "\n" + event(2).replace("}", f', "x": "{long}"}}') + event(4))
    assert told["totals"]["by_events"]["input_tokens"] == 5
    assert told["quarantined"] == {"too_large": 1}


def test_bytes_are_no_log(kit: Kit) -> None:
    told = kit.parsed(bytes(range(256)) * 1000)
    assert told["format"] is None
    assert told["quarantined"] == {}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_logs_in_utf_16_say_the_same(kit: Kit, encoding: str, ends: str) -> None:
    whole = kit.parsed(RUN)
    text = ("\ufeff" + "Grüße 🙂\n" * 3 + RUN.decode()).replace("\n", ends).encode(encoding)
    told = kit.parsed(text)
    assert [told[key] for key in ("format", "totals", "events_count", "metrics_count")] == [
        whole[key] for key in ("format", "totals", "events_count", "metrics_count")
    ]
    grown = kit.parsed(event(5).encode(encoding), append=True)
    assert grown["totals"]["by_events"]["api_requests"] == whole["totals"]["by_events"]["api_requests"] + 1


def test_utf_16_that_is_cut_in_a_letter_stops_nothing(kit: Kit) -> None:
    told = kit.parsed(("\ufeff" + event(1)).encode("utf-16-le") + b"\x3d\xd8\x3d")
    assert told["totals"]["by_events"]["input_tokens"] == 1
