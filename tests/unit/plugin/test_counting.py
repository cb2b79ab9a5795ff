"""A transcript counted right: each way in which it repeats, hides or damages what happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import GOLDEN, SCRIPTS, script
from tests.unit.transcripts.making import SESSION, joined, line, prompt, response, tool_result, tool_use, usage
from tests.unit.transcripts.making import common as common_of

counting, transcript, payloads = script("counting"), script("transcript"), script("payloads")
SCENARIOS = sorted(path.parent for path in GOLDEN.glob("*/*/transcripts"))


def count(path: Path, *lines: bytes, end: bytes = b"\n") -> Any:
    """What the plugin counts in a session of these lines."""
    file = path / f"{SESSION}.jsonl"
    file.write_bytes(joined(*lines, end=end))
    return counting.count_session(str(file), SESSION)


def totals(counts: Any) -> dict[str, int]:
    return {name: counts.tokens_of(False)[name] + counts.tokens_of(True)[name] for name in counting.CLASSES}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_recorded_sessions_add_up_to_what_was_played(scenario: Path) -> None:
    expected = json.loads((scenario / "expected.json").read_text())
    shown = expected["observed_in_transcripts"]
    sums: dict[str, int] = dict.fromkeys(counting.CLASSES, 0)
    found = {"responses": 0, "tools": 0, "errors": 0, "prompts": 0, "added": 0, "removed": 0, "models": 0}
    for path in (scenario / "transcripts").glob("*/????????-????-????-*.jsonl"):
        counts = counting.count_session(str(path), path.stem)
        assert counts.bad_lines == 0
        for name, number in totals(counts).items():
            sums[name] += number
        found["responses"] += counts.responses_of(False) + counts.responses_of(True)
        found["tools"] += len(counts.main.tools) + len(counts.agents.tools)
        found["errors"] += len(counts.main.failed) + len(counts.agents.failed)
        found["prompts"] += counts.prompts_of("human", "command")
        found["added"], found["removed"] = found["added"] + counts.lines_added, found["removed"] + counts.lines_removed
        found["models"] += sum(row["responses"] for row in counts.usage())
    assert sums == {
        "input_tokens": shown["tokens"]["input"],
        "output_tokens": shown["tokens"]["output"],
        "cache_creation_tokens": shown["tokens"]["cache_creation"],
        "cache_creation_1h_tokens": expected["tokens"]["cache_creation_1h"],
        "cache_read_tokens": shown["tokens"]["cache_read"],
    }
    assert found == {
        "responses": shown["assistant_messages"],
        "models": shown["assistant_messages"],
        "tools": sum(expected["tool_use_blocks_sent"].values()),
        "errors": expected["tool_failures"],
        "prompts": expected["user_prompts"],
        "added": expected["lines_added"],
        "removed": expected["lines_removed"],
    }


def test_blocks_of_a_response_are_one_response_with_its_largest_usage(tmp_path: Path) -> None:
    first = response(1, used=usage(tokens_out=1), blocks=[{"type": "thinking", "thinking": "…"}])
    counts = count(tmp_path, first, response(1), response(1, used=usage(tokens_out=9)))
    assert counts.responses_of(False) == 1
    assert totals(counts)["output_tokens"] == 20


def test_a_response_without_a_request_id_is_known_by_its_message(tmp_path: Path) -> None:
    counts = count(tmp_path, response(1, requestId=None), response(1, requestId=None), response(2, requestId=None))
    assert counts.responses_of(False) == 2


def test_a_subagents_replay_of_a_message_is_no_second_one_whichever_comes_first(tmp_path: Path) -> None:
    own, replay = response(1), response(1, requestId="req_other", isSidechain=True)
    for lines in ([own, replay], [replay, own]):
        counts = count(tmp_path, *lines)
        assert (counts.responses_of(False), counts.responses_of(True)) == (1, 0)


def test_a_cache_write_total_of_zero_beside_its_parts_is_their_sum(tmp_path: Path) -> None:
    parts = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 12}
    counts = count(tmp_path, response(1, used=usage(write=0, cache_creation=parts)))
    assert (totals(counts)["cache_creation_tokens"], totals(counts)["cache_creation_1h_tokens"]) == (42, 12)


def test_another_models_advice_inside_a_response_is_counted_under_that_model(tmp_path: Path) -> None:
    advice = {"type": "advisor_message", "model": "claude-fable-5", "input_tokens": 7, "output_tokens": 3}
    own = {"type": "message", "model": "claude-opus-5-5", "input_tokens": 99}
    counts = count(tmp_path, *[response(1, used=usage(iterations=[own, advice]))] * 2)
    rows = {row["model"]: (row["input_tokens"], row["output_tokens"], row["responses"]) for row in counts.usage()}
    assert rows == {"claude-opus-5-5": (10, 20, 1), "claude-fable-5": (7, 3, 1)}


def test_synthetic_messages_and_api_errors_are_no_responses(tmp_path: Path) -> None:
    counts = count(
        tmp_path,
        response(1, message={"model": "<synthetic>"}),
        *[response(2, isApiErrorMessage=True, message={"model": "<synthetic>", "id": "x"})] * 2,
        response(3, isApiErrorMessage=True),
    )
    assert (counts.responses_of(False), counts.usage(), len(counts.api_errors)) == (0, [], 2)
    assert payloads.native_counts(counts, hook_ms=None)["had_errors"] is True


COMMAND = "<command-message>demo:hello</command-message>\n<command-name>/demo:hello</command-name>"


@pytest.mark.parametrize(
    ("text", "more", "origin"),
    [
        ("Do it", {}, "human"),
        ([{"type": "text", "text": "Do it"}], {}, "human"),
        ([{"type": "image", "source": {}}], {}, "human"),
        (COMMAND, {}, "command"),
        ("<command-name>/exit</command-name>\n   <command-message>exit</command-message>", {}, "command"),
        ("<task-notification>done</task-notification>", {}, "agent"),
        ("done", {"origin": {"kind": "task-notification"}}, "agent"),
        ("done", {"promptSource": "system"}, "agent"),
        ("done", {"turnOrigin": "task_notification"}, "agent"),
        ("Do it", {"isMeta": True}, None),
        ("Do it", {"isCompactSummary": True}, None),
        ("Do it", {"isVisibleInTranscriptOnly": True}, None),
        ("Do it", {"isSidechain": True}, None),
        ("<local-command-stdout>Bye!</local-command-stdout>", {}, None),
        ("<bash-input>ls</bash-input>", {}, None),
        ("[Request interrupted by user for tool use]", {}, None),
        ([{"type": "text", "text": "[Request interrupted by user]"}], {}, None),
        ("Caveat: The messages below were generated by the user while running local commands. X", {}, None),
        ("", {}, None),
        ([], {}, None),
    ],
)
def test_a_turn_is_what_a_person_sent(tmp_path: Path, text: Any, more: dict[str, Any], origin: str | None) -> None:
    counts = count(tmp_path, prompt(1, text, **more), prompt(1, text, **more))
    assert [found for _, found in counts.prompts] == ([origin] if origin else [])
    kept = payloads.native_counts(counts, hook_ms=None)
    assert kept["turn_count"] == (origin in ("human", "command"))
    assert kept["user_message_count"] == (origin is not None)


def test_tool_calls_and_errors_are_known_by_their_id(tmp_path: Path) -> None:
    calls = [tool_use(n, name) for n, name in enumerate(["Bash", "Read", "Read", "Edit", "Write", "mcp__a__b"])]
    two = {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_0001", "content": "x"},
        {"type": "tool_result", "tool_use_id": "toolu_0002", "content": "x", "is_error": True},
    ]}  # fmt: skip
    counts = count(
        tmp_path,
        response(1, blocks=calls[:3]),
        response(1, blocks=calls[3:]),
        response(1, blocks=calls[:3]),
        tool_result(0, is_error=True, told="Error: Exit code 1"),
        tool_result(0, is_error=True, told="Error: Exit code 1"),
        line(type="user", message=two, **common_of(3)),
        tool_result(3, told="Error: no such file"),
        tool_result(4, is_error=True, told="Error: The user doesn't want to proceed with this tool use."),
        tool_result(5, is_error=True, toolDenialKind="user-rejected"),
    )
    kept = payloads.native_counts(counts, hook_ms=None)
    assert (kept["total_tool_calls"], kept["tool_error_count"], kept["had_errors"]) == (6, 3, True)
    assert (kept["bash_call_count"], kept["file_read_count"], kept["file_edit_count"], kept["grep_call_count"]) == (
        1,
        2,
        1,
        0,
    )


def test_lines_are_those_of_patches_and_of_new_files(tmp_path: Path) -> None:
    patch = [{"lines": ["-a", "+b", "+c", " d"]}, {"lines": ["+e"]}]
    counts = count(
        tmp_path,
        response(1, blocks=[tool_use(n, "Edit") for n in range(3)]),
        tool_result(0, told={"type": "update", "structuredPatch": patch}),
        tool_result(1, told={"type": "create", "structuredPatch": [], "content": "a\nb\nc"}),
        tool_result(2, is_error=True, told={"type": "update", "structuredPatch": patch}),
    )
    assert (counts.lines_added, counts.lines_removed) == (3 + 3, 1)


def test_subagents_are_apart_in_the_same_file_beside_it_and_in_its_folder(tmp_path: Path) -> None:
    inline = [
        prompt(1),
        response(2, blocks=[tool_use(2, "Task")]),
        line(
            type="user", message={"role": "user", "content": "Look"}, **common_of(3, isSidechain=True, parentUuid=None)
        ),
        response(4, isSidechain=True, parentUuid="x", blocks=[tool_use(4)]),
        tool_result(4, is_error=True, isSidechain=True, parentUuid="y"),
        response(6),
    ]
    counts = count(tmp_path, *inline)
    more = payloads.native_counts(counts, hook_ms=None)["more"]["subagents"]
    assert (more["runs"], more["response_count"], more["tool_calls"], more["tool_errors"]) == (1, 1, 1, 1)
    assert (counts.responses_of(False), len(counts.main.tools), counts.prompts_of("human")) == (2, 1, 1)

    agent = joined(
        line(
            type="user",
            message={"role": "user", "content": "Look"},
            **common_of(1, isSidechain=True, sessionId="older"),
        ),
        response(7, isSidechain=True),
    )
    (tmp_path / "agent-a1.jsonl").write_bytes(agent)
    (tmp_path / "agent-b2.jsonl").write_bytes(joined(response(8, isSidechain=True, sessionId="another")))
    nested = tmp_path / SESSION / "subagents" / "deeper"
    nested.mkdir(parents=True)
    (nested / "agent-c3.jsonl").write_bytes(joined(response(9, isSidechain=True), response(9, isSidechain=True)))
    (nested / "agent-c3.meta.json").write_bytes(b"{}")
    counts = count(tmp_path, *inline)
    assert (counts.responses_of(False), counts.responses_of(True), len(counts.runs)) == (2, 3, 3)


def test_records_of_another_session_are_not_counted(tmp_path: Path) -> None:
    counts = count(tmp_path, prompt(1, sessionId="another"), response(2, sessionId="another"), prompt(3), response(4))
    assert (counts.prompts_of("human"), counts.responses_of(False)) == (1, 1)


def test_a_fork_does_not_count_what_it_copied_and_its_parent_does(tmp_path: Path) -> None:
    fork = "99999999-2222-4333-8444-555555555555"
    total = {"claude-opus-5-5": {"inputTokens": 10, "outputTokens": 20}}
    twice = {"claude-opus-5-5": {"inputTokens": 20, "outputTokens": 40}}
    copied = [(prompt, 1), (response, 2)]
    parent = [make(number) for make, number in copied]
    later = [prompt(9, "Go on"), response(10)]  # the parent goes on after it was forked
    (tmp_path / f"{fork}.jsonl").write_bytes(
        joined(
            *[make(number, sessionId=fork) for make, number in copied],
            prompt(5, "Else", sessionId=fork),
            response(6, sessionId=fork),
            line(type="cost-state", sessionId=fork, modelUsage=twice),
        )
    )
    own = count(tmp_path, *parent, line(type="cost-state", sessionId=SESSION, modelUsage=total), *later)
    forked = counting.count_session(str(tmp_path / f"{fork}.jsonl"), fork)
    assert (own.prompts_of("human"), own.responses_of(False)) == (2, 2)
    assert (forked.prompts_of("human"), forked.responses_of(False)) == (1, 1)
    assert forked.start[1] == "2026-11-20T10:00:05.000Z"


def test_a_fork_of_releases_without_running_totals_is_the_one_that_began_later(tmp_path: Path) -> None:
    fork = "00000000-2222-4333-8444-555555555555"
    (tmp_path / f"{fork}.jsonl").write_bytes(
        joined(prompt(1, sessionId=fork), response(2, sessionId=fork), response(6, sessionId=fork))
    )
    assert count(tmp_path, prompt(1), response(2)).responses_of(False) == 1
    assert counting.count_session(str(tmp_path / f"{fork}.jsonl"), fork).responses_of(False) == 1


def test_times_are_the_earliest_and_the_latest_and_pauses_are_not_active(tmp_path: Path) -> None:
    counts = count(tmp_path, response(130), prompt(100), response(101), response(1000), response(1300))
    kept = payloads.native_counts(counts, hook_ms=None)
    assert (kept["start_timestamp"], kept["end_timestamp"]) == ("2026-11-20T10:01:40.000Z", "2026-11-20T10:21:40.000Z")
    assert kept["session_duration"] == 1200
    assert kept["more"]["active_seconds"] == 30 + 300


@pytest.mark.parametrize(
    "bad",
    [
        b"not json",
        b"[]",
        b"12",
        b'"text"',
        b'{"type": "assistant"',
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"type":"user","sessionId":"%s","message":{"content":"\xff"}}' % SESSION.encode(),
    ],
)
def test_a_bad_line_is_skipped_and_counted_and_costs_no_other(tmp_path: Path, bad: bytes) -> None:
    counts = count(tmp_path, prompt(1), bad + b' "user"', response(2), bad + b' "assistant"')
    assert (counts.prompts_of("human"), counts.responses_of(False), counts.bad_lines) == (1, 1, 2)


@pytest.mark.parametrize(
    "record",
    [
        {"message": None},
        {"message": []},
        {"message": {"id": ["x"], "usage": {"input_tokens": 1}}},
        {"message": {"id": "m", "usage": None, "content": None}},
        {"message": {"id": "m", "usage": [], "content": {"a": 1}}},
        {"message": {"id": "m", "usage": {"input_tokens": None, "output_tokens": "9", "iterations": 3}}},
        {"message": {"id": "m", "usage": {"input_tokens": -1, "output_tokens": 1e99, "cache_creation": 3}}},
        {"message": {"id": "m", "content": [None, 1, {"type": "tool_use", "id": {}}, {"type": "tool_result"}]}},
        {"timestamp": 12},
        {"timestamp": "yesterday"},
        {"version": {"a": 1}, "uuid": [1], "isSidechain": "yes", "parentUuid": {}},
        {"toolUseResult": {"structuredPatch": [None, {"lines": None}, {"lines": [1]}]}},
        {"promptId": ["x"], "isApiErrorMessage": True, "uuid": {"a": 1}},
    ],
)
@pytest.mark.parametrize("kind", ["user", "assistant", "system"])
def test_odd_values_never_stop_the_count(tmp_path: Path, kind: str, record: dict[str, Any]) -> None:
    odd = json.dumps({"type": kind, **common_of(5), **record}).encode()
    counts = count(tmp_path, prompt(1), odd, response(2))
    assert counts.prompts_of("human") >= 1
    assert (b"%d" % totals(counts)["input_tokens"]).startswith(b"1")
    payloads.body(payloads.native_counts(counts, hook_ms=None))


def test_a_last_line_without_its_end_is_counted_and_half_of_one_is_not(tmp_path: Path) -> None:
    counts = count(tmp_path, prompt(1), response(2) + b"\n" + response(3), end=b"")
    assert counts.responses_of(False) == 1
    (tmp_path / "half").mkdir()
    counts = count(tmp_path / "half", prompt(1) + b"\n" + response(2)[:-40], end=b"")
    assert (counts.prompts_of("human"), counts.responses_of(False), counts.bad_lines) == (1, 0, 1)


@pytest.mark.parametrize("filler", ['x \\" \\\\ ', "é\U0001f600", "\n\t"])
def test_a_bulky_line_counts_as_a_small_one(tmp_path: Path, filler: str) -> None:
    text = filler * (3_000_000 // len(filler))
    counts = count(
        tmp_path,
        prompt(1, COMMAND + text),
        response(2, blocks=[{"type": "text", "text": text}, tool_use(2, "Write", content=text)]),
        tool_result(2, told={"type": "update", "structuredPatch": [{"lines": ["+" + text, "-" + text]}]}),
    )
    assert (counts.names.commands, counts.responses_of(False), counts.bad_lines) == ({"demo:hello": 1}, 1, 0)
    assert (counts.lines_added, counts.lines_removed, list(counts.main.tools.values())) == (1, 1, ["Write"])


def test_cutting_texts_leaves_json_that_says_the_same_but_for_them() -> None:
    odd = {
        "a\\": "\\" * 3000,
        "b": 'q"' * 3000,
        "é": "é" * 3000,
        "n": ["\ud83d\ude00" * 3000, "short", 1, None, {"x": ""}],
    }
    for is_ascii in (True, False):
        cut = json.loads(transcript.shortened(json.dumps(odd, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")))
        assert list(cut) == list(odd)
        assert cut["n"][1:] == odd["n"][1:]
        assert all(odd[name].startswith(cut[name]) for name in ("a\\", "b", "é"))  # type: ignore[attr-defined]
        assert all(len(cut[name]) < 600 for name in ("a\\", "b", "é"))


def test_what_is_not_counted_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[bytes] = []
    parse = transcript.parse

    def noted(one: bytes) -> Any:
        parsed.append(one)
        return parse(one)

    monkeypatch.setattr(transcript, "parse", noted)
    other = json.dumps({"type": "attachment", "sessionId": SESSION, "text": "x" * 1000}).encode()
    counts = count(tmp_path, *[other] * 50, prompt(1), *[other] * 50, response(2))
    assert (counts.prompts_of("human"), counts.responses_of(False)) == (1, 1)
    assert len(parsed) == 2 + 1, "the two that are counted, and the first once more to look for a fork"


@pytest.mark.skipif(sys.platform != "linux", reason="what a process held at most is in other units elsewhere")
def test_a_line_of_fifty_megabytes_takes_no_more_memory_than_three_of_it(tmp_path: Path) -> None:
    text = 'é"\\x' * 9_000_000
    (tmp_path / f"{SESSION}.jsonl").write_bytes(joined(prompt(1), response(2, blocks=[{"type": "text", "text": text}])))
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1]); import counting\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = counting.count_session(sys.argv[2], sys.argv[3])\n"
        "print(found.responses_of(False), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    words = [str(SCRIPTS), str(tmp_path / f"{SESSION}.jsonl"), SESSION]
    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code, *words], capture_output=True, check=True)
    responses, kilobytes = map(int, done.stdout.split())
    size = (tmp_path / f"{SESSION}.jsonl").stat().st_size
    assert (responses, size > 50_000_000) == (1, True)
    assert kilobytes * 1024 < 3.2 * size


def test_a_line_beyond_the_limit_is_skipped_without_being_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript, "MAX_LINE_BYTES", 100_000)
    counts = count(tmp_path, prompt(1), prompt(2, "x" * 300_000), response(3))
    assert (counts.prompts_of("human"), counts.responses_of(False), counts.bad_lines) == (1, 1, 1)


def test_a_pipe_a_folder_and_a_link_to_nothing_are_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    (tmp_path / "link.jsonl").symlink_to("/no/such/file")
    for name in ("pipe", "folder", "link", "none", "nul\0"):
        with pytest.raises(transcript.Unreadable):
            counting.count_session(str(tmp_path / f"{name}.jsonl"), SESSION)


def test_part_of_a_transcript_is_never_taken_for_all_of_it(tmp_path: Path) -> None:
    file = tmp_path / f"{SESSION}.jsonl"
    file.write_bytes(joined(*[prompt(1, "x" * 900_000)] * 12))
    with pytest.raises(transcript.Unreadable):
        counting.count_session(str(file), SESSION, time.monotonic() - 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T00:00:01.5Z", 1.5),
        ("1970-01-01T00:00:01.123456789Z", 1.123456),
        ("1970-01-01T01:00:01.000+01:00", 1.0),
        ("1970-01-01T00:00:01", 1.0),
        ("1970-01-01", None),
        ("0000-01-01T00:00:01Z", None),
        (None, None),
        (12, None),
    ],
)
def test_times_are_read_whatever_their_places_and_zone(text: Any, seconds: float | None) -> None:
    assert transcript.time_of(text) == seconds
