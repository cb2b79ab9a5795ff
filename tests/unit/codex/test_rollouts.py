"""What the recordings do not hold: older shapes, damage, and numbers that contradict each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.codex.history import HISTORIES, find_roots
from tachograph.inputs.agents.codex.rollout import CompressedRolloutReader, RolloutReader
from tachograph.inputs.otlp.compression import zstd
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent
from tests.recorded import GOLDEN

THREAD = "01a1f6d5-757f-7d30-80bb-5c30822c9152"
PARENT = "01a1f6d5-73ea-7971-91a5-ac930b900c1e"
Line = dict[str, Any]


def at(ms: int) -> str:
    return f"2026-11-20T10:{ms // 60000:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}Z"


def line(ms: int, kind: str, **payload: Any) -> Line:
    return {"timestamp": at(ms), "type": kind, "payload": payload}


def event(ms: int, kind: str, **payload: Any) -> Line:
    return line(ms, "event_msg", type=kind, **payload)


def meta(ms: int = 0, thread: str = THREAD, **more: Any) -> Line:
    return line(
        ms, "session_meta", id=thread, cwd="/home/dev/project", originator="codex_exec", cli_version="0.90.0", **more
    )


def context(ms: int = 1, model: str = "gpt-5-codex", **more: Any) -> Line:
    return line(ms, "turn_context", model=model, **more)


def tokens(whole: int, out: int, cached: int = 0, **more: int) -> dict[str, int]:
    return {
        "input_tokens": whole,
        "cached_input_tokens": cached,
        "output_tokens": out,
        "reasoning_output_tokens": 0,
        "total_tokens": whole + out,
        **more,
    }


def count(ms: int, total: dict[str, int] | None, last: dict[str, int] | None) -> Line:
    info = {name: value for name, value in (("total_token_usage", total), ("last_token_usage", last)) if value}
    return event(ms, "token_count", info=info or None, rate_limits={})


def record(ms: int, response: str, usage: dict[str, int], thread: dict[str, int], turn: str = "") -> Line:
    return line(ms, "token_usage_record", response_id=response, turn_id=turn, usage=usage, thread_token_usage=thread)


def call(ms: int, call_id: str, name: str, given: Any, **more: Any) -> Line:
    arguments = given if isinstance(given, str) else json.dumps(given)
    return line(ms, "response_item", type="function_call", call_id=call_id, name=name, arguments=arguments, **more)


def result(ms: int, call_id: str, output: Any) -> Line:
    return line(ms, "response_item", type="function_call_output", call_id=call_id, output=output)


def read(*lines: Line | bytes) -> tuple[list[RawEvent], RolloutReader]:
    reader = RolloutReader(received_us=1)
    reader.feed([one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines], number=1, offset=0)
    return reader.finish(), reader


def usage_of(events: list[RawEvent]) -> list[tuple[Any, ...]]:
    names = ("model", "input_tokens", "cache_read_tokens", "output_tokens")
    return [tuple(e.attributes[n] for n in names) for e in events if e.kind is EventKind.API_REQUEST]


def of_kind(events: list[RawEvent], kind: EventKind) -> list[dict[str, Any]]:
    return [dict(e.attributes) for e in events if e.kind is kind]


def test_a_total_that_is_told_again_is_no_new_usage():
    total = tokens(100, 10, 40)
    events, _ = read(meta(), context(), count(2, None, None), count(3, total, total), count(4, total, total))
    assert usage_of(events) == [("gpt-5-codex", 60, 40, 10)]


def test_two_requests_alike_are_two_if_the_total_moved():
    last = tokens(100, 10)
    events, _ = read(meta(), context(), count(2, last, last), count(3, tokens(200, 20), last))
    assert len(usage_of(events)) == 2
    assert len({e.key for e in events}) == len(events)


def test_without_the_last_usage_the_difference_of_totals_counts():
    events, _ = read(
        meta(), context(), count(2, tokens(100, 10, 40), None), count(3, tokens(250, 15, 140), None),
        count(4, tokens(30, 3, 0), None),  # began anew
    )  # fmt: skip
    assert usage_of(events) == [("gpt-5-codex", 60, 40, 10), ("gpt-5-codex", 50, 100, 5), ("gpt-5-codex", 30, 0, 3)]


def test_without_a_total_the_last_usage_counts_as_often_as_it_is_told():
    events, _ = read(meta(), context(), count(2, None, tokens(10, 1)), count(3, None, tokens(20, 2)))
    assert [u[3] for u in usage_of(events)] == [1, 2]


def test_a_context_that_is_estimated_anew_is_no_usage():
    estimated = tokens(0, 0) | {"total_tokens": 6851}
    events, _ = read(meta(), context(), count(2, None, estimated), count(3, tokens(100, 10), estimated))
    assert usage_of(events) == []


def test_the_ordinal_alone_says_where_a_subagent_s_own_records_begin():
    mine = tokens(100, 10)
    copied, own = count(1, tokens(500, 50), tokens(500, 50)), count(2, mine, mine)
    events, _ = read(
        meta(0, subagent_history_start_ordinal=7),
        context(1) | {"ordinal": 5},
        copied | {"ordinal": 6},
        own | {"ordinal": 7},
    )
    assert usage_of(events) == [("gpt-5-codex", 100, 0, 10)]


def test_a_record_and_its_running_total_are_one_request_even_if_the_totals_disagree():
    """A thread that an older release began and a newer one resumed: their totals need not agree."""
    first, second = tokens(100, 10), tokens(50, 5)
    events, _ = read(
        meta(), context(), count(2, first, first),
        record(3, "resp_1", second, second), count(4, tokens(150, 15), second), count(5, tokens(150, 15), second),
    )  # fmt: skip
    assert [u[3] for u in usage_of(events)] == [10, 5]
    assert [a.get("message_id") for a in of_kind(events, EventKind.API_REQUEST)] == [None, "resp_1"]


def test_usage_is_the_model_s_of_the_turn_it_belongs_to():
    events, _ = read(
        meta(), context(1, "gpt-5.5", effort="high"), count(2, tokens(10, 1), tokens(10, 1)),
        context(3, "gpt-5.6-sol", collaboration_mode={"settings": {"reasoning_effort": "low"}}, service_tier="priority"),
        count(4, tokens(30, 3), tokens(20, 2)),
    )  # fmt: skip
    told = of_kind(events, EventKind.API_REQUEST)
    assert [(a["model"], a["effort"], a.get("service_tier")) for a in told] == [
        ("gpt-5.5", "high", None),
        ("gpt-5.6-sol", "low", "priority"),
    ]


def test_more_cached_than_there_was_input_leaves_no_fresh_input():
    events, _ = read(meta(), context(), count(2, None, tokens(10, 1, 40)))
    assert usage_of(events) == [("gpt-5-codex", 0, 40, 1)]


@pytest.mark.parametrize("bad", [-1, 10**13, 1.5, "many"])
def test_a_count_that_is_none_costs_its_line_only(bad: Any):
    broken = count(2, None, tokens(1, 1) | {"output_tokens": bad})
    events, reader = read(meta(), context(), broken, count(3, None, tokens(20, 2)))
    assert [u[3] for u in usage_of(events)] == [2]
    assert [(b.number, b.reason) for b in reader.bad_lines] == [(3, DropReason.BAD_NUMBER)]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"{", DropReason.BAD_LINE),
        (b"[]", DropReason.BAD_LINE),
        (b"\xff\xfe", DropReason.BAD_LINE),
        (b'{"type":"event_msg"}', DropReason.BAD_TIME),
        (b'{"timestamp":"yesterday","type":"event_msg","payload":{}}', DropReason.BAD_TIME),
        (b'{"timestamp":"2026-11-20T10:00:00.000Z"}', DropReason.BAD_LINE),
        (b'{"timestamp":"2026-11-20T10:00:00.000Z","type":"turn_context","payload":7}', DropReason.BAD_LINE),
        (b'{"timestamp":"2026-11-20T10:00:00.000Z","type":"token_usage_record"}', DropReason.BAD_LINE),
        (b"[" * 100_000, DropReason.BAD_LINE),
    ],
)
def test_a_broken_line_costs_itself_only(broken: bytes, reason: DropReason):
    events, reader = read(meta(), context(), broken, count(3, None, tokens(20, 2)))
    assert [u[3] for u in usage_of(events)] == [2]
    assert [(b.number, b.reason) for b in reader.bad_lines] == [(3, reason)]
    assert all(text not in repr(reader.bad_lines) for text in ("yesterday", "\xff"))


def test_odd_values_in_other_fields_cost_nothing():
    odd = {"timestamp": at(3), "ordinal": 2, "type": "turn_context", "payload": {"model": "gpt-5.5", "effort": 7}}
    events, reader = read(meta(git=[1, 2], source={"x": [1]}), odd, count(4, None, tokens(20, 2)))
    assert usage_of(events) == [("gpt-5.5", 20, 0, 2)]
    assert not reader.bad_lines


def test_half_a_last_line_is_as_if_unseen():
    reader = RolloutReader(received_us=1)
    reader.feed([json.dumps(meta()).encode(), json.dumps(context()).encode()], number=1, offset=0)
    last = json.dumps(count(2, None, tokens(20, 2))).encode()
    assert not reader.offer(last[:-5], number=3, offset=400)
    assert reader.offer(last, number=3, offset=400)
    assert len(usage_of(reader.finish())) == 1
    assert not reader.bad_lines


def test_a_subagent_s_copied_totals_are_not_its_own():
    """Releases that mark neither ordinals nor turns: the copy ends at the first pause."""
    total = tokens(500, 50)
    events, _ = read(
        meta(0, source={"subagent": {"thread_spawn": {"parent_thread_id": PARENT}}}, agent_role="explorer"),
        meta(0, PARENT),
        event(0, "user_message", message="the parent's question"), context(1), count(1, total, total),
        event(2, "user_message", message="the subagent's task"), context(2), count(2, total, total),
        count(900, tokens(600, 60), tokens(100, 10)),
    )  # fmt: skip
    assert usage_of(events) == [("gpt-5-codex", 100, 0, 10)]
    (request,) = of_kind(events, EventKind.API_REQUEST)
    assert (request["query_source"], request["is_sidechain"]) == ("subagent", True)
    (prompt,) = of_kind(events, EventKind.PROMPT)
    assert (prompt["prompt_origin"], prompt["length_chars"]) == ("agent", len("the subagent's task"))
    (started,) = of_kind(events, EventKind.FEATURE_USE)
    assert (started["feature"], started["feature_name"]) == ("subagent", "explorer")
    assert not of_kind(events, EventKind.SESSION_START)


def test_a_resumed_thread_that_announces_itself_again_is_the_same():
    events, _ = read(meta(), context(), count(2, None, tokens(1, 1)), meta(900), count(901, None, tokens(2, 2)))
    assert len(usage_of(events)) == 2
    assert len(of_kind(events, EventKind.SESSION_START)) == 1


def test_a_prompt_told_in_two_ways_is_one():
    turn = "01a1f6d6-0000-7000-8000-000000000001"
    item = {"type": "UserMessage", "id": "x", "content": [{"type": "text", "text": "héllo"}, {"type": "image"}]}
    events, _ = read(
        meta(), context(1, turn_id=turn),
        event(2, "user_message", message="héllo"), event(3, "item_completed", turn_id=turn, item=item),
        event(4, "item_completed", turn_id=turn, item=item),
    )  # fmt: skip
    assert [(a["length_chars"], a["prompt_id"]) for a in of_kind(events, EventKind.PROMPT)] == [
        (5, turn),
        (5, f"{turn}-2"),
    ]


@pytest.mark.parametrize(
    ("output", "success", "error_class"),
    [
        ("Exit code: 0\nWall time: 1 seconds\nOutput:\nExit code: 9", True, None),
        ("Exit code: 2\nWall time: 1 seconds\nOutput:\n", False, "exit_code"),
        ("Chunk ID: 1a\nWall time: 0.1 seconds\nProcess exited with code -1\nOutput:\n", False, "exit_code"),
        ("Chunk ID: 1a\nWall time: 0.1 seconds\nProcess running with session ID 7\nOutput:\n", None, None),
        ('{"output":"Exit code: 3","metadata":{"exit_code":0,"duration_seconds":0.1}}', True, None),
        ('{"output":"' + "x" * 9000 + '","metadata":{"exit_code":7,"duration_seconds":0.1}}', False, "exit_code"),
        ("unsupported call: frobnicate", False, "not_run"),
        ("exec command rejected by user", False, None),
        ("aborted by user after 2.1s", False, "aborted"),
        ("Process exited with code 0", True, None),
        ("my own words", True, None),
        ([{"type": "input_text", "text": "Script failed\nWall time 0.1 seconds\n"}], False, "script"),
        (
            [{"type": "input_text", "text": "Script completed\n"}, {"type": "input_text", "text": "Exit code: 1"}],
            True,
            None,
        ),
        ({"content": "Exit code: 1\n", "success": False}, False, "exit_code"),
        ([], True, None),
    ],
)
def test_whether_a_command_worked_is_in_what_it_gave_back(output: Any, success: bool | None, error_class: str | None):
    events, reader = read(
        meta(), context(), call(2, "call_1", "shell", {"command": ["ls"]}), result(3, "call_1", output)
    )
    (told,) = of_kind(events, EventKind.TOOL_CALL)
    assert (told.get("success"), told.get("error_class")) == (success, error_class)
    assert not reader.bad_lines


def test_a_refused_call_is_no_failure_of_the_tool():
    events, _ = read(meta(), context(), call(2, "c", "shell", {}), result(3, "c", "patch rejected by user"))
    (told,) = of_kind(events, EventKind.TOOL_CALL)
    assert (told["success"], told["decision"]) == (False, "reject")


@pytest.mark.parametrize(
    ("name", "given", "pulls"),
    [
        ("shell", {"command": ["bash", "-lc", "git commit -m x && gh pr create --fill"]}, 1),
        ("shell", {"command": ["git", "commit", "-m", "x;", "gh", "pr", "create"]}, 0),  # words of the one command
        ("shell_command", {"command": "git commit -m x; gh pr create"}, 1),
        ("exec_command", {"cmd": "git commit -m x; gh pr create", "workdir": "/home/dev"}, 1),
    ],
)
def test_commits_and_pull_requests_of_each_form_of_command(name: str, given: Any, pulls: int):
    events, _ = read(meta(), context(), call(2, "c", name, given), result(3, "c", "Exit code: 0\n"))
    assert len(of_kind(events, EventKind.VCS_COMMIT)) == 1
    assert len(of_kind(events, EventKind.VCS_PULL_REQUEST)) == pulls
    events, _ = read(meta(), context(), call(2, "c", name, given), result(3, "c", "Exit code: 1\n"))
    assert not of_kind(events, EventKind.VCS_COMMIT)


def test_lines_of_a_patch_inside_a_command():
    patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-old\n+new\n+++ plus\n*** Add File: b.py\n+x\n*** End Patch"
    command = f"apply_patch <<'EOF'\n{patch}\nEOF\necho +not -counted"
    for given in ({"command": ["bash", "-lc", command]}, {"command": ["apply_patch", patch]}):
        events, _ = read(meta(), context(), call(2, "c", "shell", given), result(3, "c", "Exit code: 0\n"))
        changes = of_kind(events, EventKind.CODE_CHANGE)
        assert [(c["lines_added"], c["lines_removed"], c["language"]) for c in changes] == [
            (2, 1, "Python"),
            (1, 0, "Python"),
        ]


def test_a_call_that_nothing_answered_is_told_as_such():
    events, reader = read(meta(), context(), call(2, "c", "exec_command", {"cmd": "sleep 9"}))
    (told,) = of_kind(events, EventKind.TOOL_CALL)
    assert "success" not in told
    assert reader.context_place() == (1, 0)


def test_web_searches_of_the_api_belong_to_the_response_that_made_them():
    def search(ms: int, kind: str) -> Line:
        return line(
            ms, "response_item", type="web_search_call", status="completed", action={"type": kind, "query": "q"}
        )

    events, _ = read(
        meta(), context(), search(2, "search"), search(3, "open_page"), search(4, "search"),
        count(5, None, tokens(9, 1)), count(6, None, tokens(8, 1)),
    )  # fmt: skip
    assert [a.get("web_search_requests") for a in of_kind(events, EventKind.API_REQUEST)] == [2, None]


def test_a_turn_that_was_interrupted_is_a_notice():
    events, _ = read(meta(), context(), event(2, "turn_aborted", reason="interrupted", turn_id="t", duration_ms=7))
    (told,) = of_kind(events, EventKind.AGENT_NOTICE)
    assert (told["status"], told["trigger"], told["duration_ms"]) == ("aborted", "interrupted", 7)


def test_the_repository_and_the_folder_are_told_for_pseudonyms():
    events, _ = read(meta(git={"repository_url": "git@example.invalid:a/b.git", "branch": "secret"}), context())
    assert events[0].attributes["repository"] == "git@example.invalid:a/b.git"
    assert events[0].attributes["project"] == "/home/dev/project"
    assert "secret" not in repr(events[0].attributes)


# --- compressed ---------------------------------------------------------------------------------------------------


def golden_thread() -> Path:
    return next((GOLDEN / "codex" / "0.169.0" / "compact").glob("rollouts/**/*.jsonl"))


def read_compressed(path: Path) -> tuple[list[RawEvent], CompressedRolloutReader]:
    reader = CompressedRolloutReader(received_us=1)
    portions: Iterator[list[RawEvent]] = reader.read(str(path), 0)
    return [event for portion in portions for event in portion], reader


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_compressed_thread_makes_the_same_events(tmp_path: Path, ending: bytes):
    text = golden_thread().read_bytes().rstrip(b"\n") + ending
    path = tmp_path / "rollout-1.jsonl.zst"
    path.write_bytes(zstd.compress(text))
    events, reader = read_compressed(path)
    plain, _ = read(*text.split(b"\n"))
    assert [(e.key, e.attributes) for e in events] == [(e.key, e.attributes) for e in plain]
    assert reader.since == reader.lines == len(text.splitlines())


def test_long_lines_and_many_pieces_of_a_compressed_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tachograph.inputs.agents.codex.rollout.compressed._PIECE_BYTES", 1000)
    monkeypatch.setattr("tachograph.inputs.agents.codex.rollout.compressed.MAX_LINE_BYTES", 5000)
    long = json.dumps(line(5, "world_state", state="x" * 20_000)).encode()
    near = json.dumps(line(5, "world_state", state="x" * 4_000)).encode()
    lines = [json.dumps(one).encode() for one in (meta(), context(), count(9, None, tokens(20, 2)))]
    path = tmp_path / "rollout-1.jsonl.zst"
    path.write_bytes(zstd.compress(b"\n".join([lines[0], long, near, lines[1], long, lines[2]]) + b"\n"))
    events, reader = read_compressed(path)
    assert usage_of(events) == [("gpt-5-codex", 20, 0, 2)]
    assert [(b.number, b.reason, b.size_bytes) for b in reader.bad_lines] == [
        (2, DropReason.TOO_LARGE, len(long)),
        (5, DropReason.TOO_LARGE, len(long)),
    ]
    assert reader.bad_lines[0].offset == len(lines[0]) + 1


def test_damaged_compression_keeps_what_came_before_it(tmp_path: Path):
    packed = zstd.compress(golden_thread().read_bytes() * 20)
    path = tmp_path / "rollout-1.jsonl.zst"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    _, reader = read_compressed(path)
    assert {b.reason for b in reader.bad_lines} == {DropReason.MALFORMED}
    path.write_bytes(b"not zstd at all")
    events, reader = read_compressed(path)
    assert (events, [b.reason for b in reader.bad_lines]) == ([], [DropReason.MALFORMED])
    with pytest.raises(OSError, match="No such file"):
        list(CompressedRolloutReader(received_us=1).read(str(tmp_path / "gone"), 0))


def test_where_threads_are_and_how_they_are_known(tmp_path: Path):
    assert [p.as_posix() for p in find_roots({}, Path("/h"))] == ["/h/.codex/sessions", "/h/.codex/archived_sessions"]
    assert find_roots({"CODEX_HOME": "/elsewhere"}, Path("/h"))[0].as_posix() == "/elsewhere/sessions"
    plain, compressed = HISTORIES
    assert plain.wanted("rollout-2026-11-20T02-42-26-x.jsonl")
    assert not plain.wanted("history.jsonl")
    assert not plain.wanted("rollout-x.jsonl.zst")
    assert compressed.wanted("rollout-x.jsonl.zst")
    head = golden_thread().read_bytes()
    assert plain.begins(head)
    assert plain.begins(b"\xef\xbb\xbf" + head)
    assert compressed.begins(zstd.compress(head))
    assert not compressed.begins(zstd.compress(b'{"other": 1}\n'))
    assert not compressed.begins(b"\x28\xb5\x2f\xfdgarbage")
    assert not plain.begins(b'{"type":"user"}\n{"type":"session_meta"}\n')
    home = tmp_path / ".codex"
    (home / "sessions").mkdir(parents=True)
    assert plain.inside is not None
    assert plain.inside(str(home)) == [str(home / "sessions")]
    assert plain.inside(str(tmp_path)) == []
