"""The old plugin's way of counting, errors included: figures that its own code gave for the recorded sessions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import GOLDEN, script

compat = script("compat")

# What the old plugin's own script found in these files (run once, November 2026): turns, assistant messages, tool calls,
# errors, Bash, Read, Edit, Write, input, output, cache writes, cache reads, first and last time.
THEIRS: dict[str, tuple[Any, ...]] = {
    "older-v2.0.76/agent-a3d0d86": (1, 1, 0, 0, 0, 0, 0, 0, 11, 1, 0, 0, "02:30:59.921", "02:31:02.316"),
    "older-v2.0.76/cf8f4247-6df6": (6, 6, 5, 1, 1, 1, 1, 0, 1916, 171, 3500, 17500, "02:30:59.905", "02:31:02.655"),
    "basic-grpc/48a16336-bbd4": (2, 3, 1, 0, 1, 0, 0, 0, 425, 58, 0, 9300, "02:30:33.060", "02:30:33.256"),
    "console/9d49acf6-2f00": (2, 2, 1, 0, 1, 0, 0, 0, 189, 28, 1500, 1500, "02:30:43.408", "02:30:43.615"),
    "edit-commit-pr-http-protobuf/5a98ef07": (
        *(6, 8, 5, 0, 2, 1, 1, 1, 1921, 272, 12600, 21000),
        *("02:30:35.354", "02:30:35.842"),
    ),
    "errors-http-json/65f914ff-e9ae": (3, 4, 2, 2, 1, 1, 0, 0, 658, 83, 5200, 5200, "02:30:38.028", "02:30:40.547"),
    "errors-http-json/d6ac51f3-b8e9": (1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "02:30:41.149", "02:30:41.499"),
    "hooks-plugin/1c4002af-b9ba": (3, 3, 2, 1, 2, 0, 0, 0, 384, 59, 0, 6666, "02:30:48.725", "02:30:49.132"),
    "resume/3502c413-5fb8": (3, 3, 0, 0, 0, 0, 0, 0, 347, 16, 1800, 3600, "02:30:51.611", "02:30:53.431"),
    "subagent/e90b2696-dcc9": (4, 3, 1, 0, 0, 0, 0, 0, 681, 63, 5000, 10000, "02:30:55.569", "02:30:57.016"),
    "tui-permission/53cf033e-a77e": (8, 3, 2, 1, 0, 0, 0, 2, 1083, 46, 2700, 5400, "02:31:08.239", "02:31:18.280"),
}
NAMES = [
    "turn_count",
    "assistant_message_count",
    "total_tool_calls",
    "tool_error_count",
    "bash_call_count",
    "file_read_count",
    "file_edit_count",
    "file_write_count",
    "total_input_tokens",
    "total_output_tokens",
    "cache_creation_tokens",
    "cache_read_tokens",
]


def count(tmp_path: Path, *lines: bytes | dict[str, Any]) -> dict[str, Any]:
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines))
    told: dict[str, Any] = compat.count_compat(str(path))
    return told


@pytest.mark.parametrize("name", THEIRS)
def test_recorded_sessions_give_what_the_old_plugin_gave(name: str) -> None:
    scenario, file = name.split("/")
    (path,) = GOLDEN.glob(f"*/{scenario}/transcripts/*/{file}*.jsonl")
    told = compat.count_compat(str(path))
    times = (told["start_timestamp"], told["end_timestamp"])
    assert all(text.startswith("2026-11-20T") and text.endswith("Z") for text in times)
    assert (*(told[name] for name in NAMES), *(text[11:-1] for text in times)) == THEIRS[name]
    assert told["user_message_count"] == told["turn_count"]
    assert told["had_errors"] is (told["tool_error_count"] > 0)
    assert told["bad_lines"] == 0


def test_usage_is_added_up_line_by_line_and_every_user_line_is_a_turn(tmp_path: Path) -> None:
    block = {"type": "assistant", "message": {"id": "m", "usage": {"input_tokens": 5, "output_tokens": 2}}}
    told = count(tmp_path, block, block, block, {"type": "user", "isMeta": True}, {"type": "user", "message": {}})
    assert (told["total_input_tokens"], told["assistant_message_count"], told["turn_count"]) == (15, 3, 2)


def test_a_line_has_at_most_one_error_that_of_its_first_item(tmp_path: Path) -> None:
    def results(*errors: bool) -> dict[str, Any]:
        return {"type": "user", "message": {"content": [{"type": "tool_result", "is_error": one} for one in errors]}}

    told = count(
        tmp_path,
        results(True, True),
        results(False, True),
        {"type": "user", "toolUseResult": {"is_error": True}},
        {"type": "user", "toolUseResult": "Error: no"},
    )
    assert (told["tool_error_count"], told["had_errors"]) == (2, True)


def test_times_are_in_the_order_of_the_file_so_that_a_session_can_last_less_than_nothing(tmp_path: Path) -> None:
    told = count(
        tmp_path,
        {"timestamp": "a secret"},
        {"timestamp": "2025-10-30T12:01:00.000Z"},
        {"timestamp": ""},
        {"timestamp": "2025-10-30T12:00:00Z"},
    )
    assert told["session_duration"] == -60
    assert (told["start_timestamp"], told["end_timestamp"]) == ("2025-10-30T12:01:00.000Z", "2025-10-30T12:00:00Z")


@pytest.mark.parametrize(
    ("bad", "counted"),
    [
        (b"12", 0),
        (b"[]", 0),
        (b"null", 0),
        (b"\xff", 0),
        (b"{", 0),
        ({"type": "assistant", "message": None}, 1),
        ({"type": "assistant", "message": {"usage": {"input_tokens": None}}}, 1),
        ({"type": "assistant", "message": {"usage": {"input_tokens": "7"}}}, 1),
        ({"type": "assistant", "message": {"usage": 3}}, 1),
    ],
)
def test_what_made_the_old_count_stop_is_skipped_and_counted(
    tmp_path: Path, bad: bytes | dict[str, Any], counted: int
) -> None:
    good = {"type": "assistant", "message": {"usage": {"input_tokens": 5}, "content": [{"type": "tool_use"}]}}
    told = count(tmp_path, good, bad, good)
    assert (told["total_input_tokens"], told["total_tool_calls"], told["bad_lines"]) == (10, 2, 1)
    assert told["assistant_message_count"] == 2 + counted


@pytest.mark.parametrize(
    "odd", [{"content": "text"}, {"content": []}, {"content": [None, 3, {"type": "tool_use", "name": []}]}, {}]
)
def test_odd_contents_are_no_error(tmp_path: Path, odd: dict[str, Any]) -> None:
    told = count(tmp_path, {"type": "assistant", "message": odd, "toolUseResult": [1]})
    assert (told["assistant_message_count"], told["bad_lines"], told["had_errors"]) == (1, 0, False)
