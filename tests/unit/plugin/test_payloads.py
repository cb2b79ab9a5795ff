"""What is sent, field by field: the old plugin's payloads to the byte, ours with a signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import platform

import pytest

from tests.plugin_ship import GOLDEN, script

payloads, compat, counting = script("payloads"), script("compat"), script("counting")

EVENT_KEYS = ["type", "name", "engine", "version", "timestamp", "session_id", "os", "mac", "prompt_length", "user_id"]
SESSION_KEYS = [
    "session_id",
    "user_id",
    "os",
    "engine",
    "start_timestamp",
    "end_timestamp",
    "session_duration",
    "exit_reason",
    "mac",
    "turn_count",
    "user_message_count",
    "assistant_message_count",
    "total_tool_calls",
    "tool_error_count",
    "bash_call_count",
    "file_read_count",
    "file_edit_count",
    "file_write_count",
    "grep_call_count",
    "glob_call_count",
    "web_fetch_call_count",
    "web_search_call_count",
    "had_errors",
    "total_input_tokens",
    "total_output_tokens",
    "cache_creation_tokens",
    "cache_read_tokens",
]
WHO = {"session_id": "s1", "user_id": "550e8400-e29b-41d4-a716-446655440000", "version": "0.1.0"}
EVENT = {"type": "slash_command", "name": "jira:solve", "at": 1795138310.9, "chars": 42, "name_source": "transcript"}
KEY = "00112233445566778899aabbccddeeff" * 2


def transcript(scenario: str) -> str:
    (path,) = (GOLDEN / scenario / "transcripts").glob("*/????????-*.jsonl")
    return str(path)


def test_the_check_sum_is_that_of_the_old_plugin() -> None:
    assert payloads.mac("s1", "2026-11-20T01:31:50+00:00") == (
        "3741ab65cb03482b2fd6578535e8d3d4fbda3fe543e3e8c52a087c1b288d7a63"
    )
    assert payloads.mac("s", "2025-10-30T12:00:00.123Z") == (
        "e45e6f925ca63a2e6eb855ae54c0d5ed99d3e8d33df0dc1b186ac73d9017c4fe"
    )


def test_a_compat_event_is_the_old_one_to_the_byte() -> None:
    made = payloads.body(payloads.event(EVENT, **WHO, is_pseudonym=False, form="compat"))
    assert made == (
        b'{"type": "slash_command", "name": "jira:solve", "engine": "claude", "version": "1.0", '
        b'"timestamp": "2026-11-20T01:31:50+00:00", "session_id": "s1", "os": "'
        + platform.system().lower().encode()
        + b'", "mac": "3741ab65cb03482b2fd6578535e8d3d4fbda3fe543e3e8c52a087c1b288d7a63", "prompt_length": 42, '
        b'"user_id": "550e8400-e29b-41d4-a716-446655440000"}'
    )


def test_a_compat_session_has_the_old_names_order_and_types() -> None:
    counted = compat.count_compat(transcript("2.1.328/subagent"))
    item = {"counts": payloads.compat_counts(counted), "counted_at": 1795138310.0, "exit_reason": "clear"}
    made = payloads.session(item, **WHO, is_pseudonym=False, form="compat")
    assert list(made) == SESSION_KEYS
    assert made["mac"] == hashlib.sha256(b"s1" + made["start_timestamp"].encode()).hexdigest()
    assert (made["start_timestamp"], made["end_timestamp"]) == ("2026-11-20T02:30:55.569Z", "2026-11-20T02:30:57.016Z")
    assert (made["exit_reason"], made["session_duration"], made["had_errors"]) == ("clear", 1, False)
    assert all(type(made[name]) is int for name in SESSION_KEYS[9:22] + SESSION_KEYS[23:])


def test_a_compat_session_without_tokens_leaves_them_out_and_without_times_has_now() -> None:
    counts = {**compat.empty_counts(), "cache_read_tokens": 7}
    made = payloads.session({"counts": counts, "counted_at": 1795138310.9}, **WHO, is_pseudonym=False, form="compat")
    assert list(made) == [*SESSION_KEYS[:23], "cache_read_tokens"]
    assert made["start_timestamp"] == made["end_timestamp"] == "2026-11-20T01:31:50+00:00"
    assert (made["exit_reason"], made["session_duration"]) == ("other", 0)


def test_a_native_session_begins_with_the_old_names_in_their_order_then_says_how_it_was_counted() -> None:
    path = transcript("2.1.328/subagent")
    counts = payloads.native_counts(counting.count_session(path, path.rpartition("/")[2][:-6]), hook_ms=12.5)
    made = payloads.session({"counts": counts, "counted_at": 0.0}, **WHO, is_pseudonym=True, form="native")
    payloads.seal(made, KEY)
    assert list(made) == [
        *SESSION_KEYS,
        *["form", "plugin_version", "session_id_kind", "counting", "prompt_count", "response_count", "api_error_count"],
        *["active_seconds", "lines_added", "lines_removed", "subagents", "usage", "commands", "skills", "hook_ms"],
        *["client_version", "key_id", "hmac"],
    ]
    assert made["counting"] == {"method": "responses", "version": 1}
    assert (made["form"], made["plugin_version"], made["session_id_kind"]) == ("native", "0.1.0", "rotating")
    assert (made["hook_ms"], made["client_version"]) == (12.5, "2.1.328")
    together = {row["model"]: row for row in made["usage"]}["claude-opus-5-5"]
    assert together["input_tokens"] == made["total_input_tokens"] + made["subagents"]["input_tokens"] == 857
    assert together["responses"] == made["response_count"] + made["subagents"]["response_count"] == 5


def test_what_is_not_known_is_null_in_native_form() -> None:
    counts = payloads.native_counts(counting.Counts("s"), hook_ms=None)
    made = payloads.session({"counts": counts, "counted_at": 0.0}, **WHO, is_pseudonym=False, form="native")
    for name in [*SESSION_KEYS[23:], "lines_added", "lines_removed", "active_seconds", "hook_ms", "client_version"]:
        assert made[name] is None, name
    assert made["subagents"]["input_tokens"] is None


@pytest.mark.parametrize("change", ["name", "prompt_length", "key_id"])
def test_the_signature_covers_everything(change: str) -> None:
    made = payloads.seal(payloads.event(EVENT, **WHO, is_pseudonym=False, form="native"), KEY)
    assert list(made) == [*EVENT_KEYS, *["form", "plugin_version", "session_id_kind", "name_source", "key_id", "hmac"]]
    received = json.loads(payloads.body(made))

    def signature(payload: dict[str, object]) -> str:
        rest = {name: value for name, value in payload.items() if name != "hmac"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hmac.new(bytes.fromhex(KEY), text.encode(), hashlib.sha256).hexdigest()

    assert received["key_id"] == hashlib.sha256(bytes.fromhex(KEY)).hexdigest()[:16]
    assert received["hmac"] == signature(received)
    assert received["hmac"] != signature({**received, change: "else"})


def test_compat_is_never_signed_and_native_without_a_key_says_nothing_of_one() -> None:
    for form, key in (("compat", KEY), ("native", None)):
        made = payloads.seal(payloads.event(EVENT, **WHO, is_pseudonym=False, form=form), key)
        assert "hmac" not in made
        assert "key_id" not in made


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("claude-opus-5-5[1m]", "claude-opus-5-5[1m]"),
        ("anthropic/claude-sonnet-5@20260101:0", "anthropic/claude-sonnet-5@20260101:0"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/ours", "other"),
        ("a prompt that is no model", None),
        ("modèle", None),
        ("x" * 200, None),
        ("", None),
        (["x"], None),
    ],
)
def test_what_a_transcript_says_is_only_sent_in_the_form_of_what_it_should_be(model: object, sent: str | None) -> None:
    counts = counting.Counts("s")
    counts.take(
        {
            "type": "assistant",
            "sessionId": "s",
            "version": f"2.1 {model}",
            "timestamp": "2026-11-20T10:00:00.000Z",
            "message": {"id": "m", "model": model, "usage": {"input_tokens": 1}},
        }
    )
    counts.take({"type": "system", "sessionId": "s", "timestamp": f"2026-11-20T10:00:00Z {model}"})
    item = {"counts": payloads.native_counts(counts, hook_ms=None), "counted_at": 0.0}
    made = payloads.session(item, **WHO, is_pseudonym=False, form="native")
    assert [row["model"] for row in made["usage"]] == [sent]
    assert made["client_version"] is None
    assert made["end_timestamp"] == "2026-11-20T10:00:00.000Z"
    assert payloads.body(made).isascii()


def test_a_session_with_every_name_and_many_models_stays_below_the_receivers_limit() -> None:
    counts = counting.Counts("s")
    for number in range(500):
        counts.names.commands[f"plugin-{number:03d}:" + "x" * 60] = number
        counts.names.skills[f"plugin-{number:03d}:" + "y" * 60] = number
        counts.responses[(f"m{number}", "")] = [False, f"model-{number}", [10**12] * 5, 0]
    counts.records = 1
    item = {"counts": payloads.native_counts(counts, hook_ms=1.0), "counted_at": 0.0}
    made = payloads.session(item, **WHO, is_pseudonym=False, form="native")
    assert len(made["commands"]) == 51
    assert sum(made["commands"].values()) == sum(range(500))
    assert len(payloads.body(payloads.seal(made, KEY))) < 64 * 1024
