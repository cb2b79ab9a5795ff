"""The two payloads: checksum, signature, times, and what they become."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.inputs.hooks.decode import NAMES as EVENT_NAMES
from tachograph.inputs.hooks.decode import HookDecoder
from tachograph.inputs.hooks.fields import Wrong
from tachograph.inputs.hooks.frame import KINDS
from tachograph.inputs.hooks.payload import Integrity, What, mac_of, read, signature_of
from tachograph.inputs.hooks.times import to_ns
from tachograph_sdk.model.event import DropReason, EventKind
from tests.captures import frame
from tests.unit.hooks.making import KEY, KEY_ID, body_of, event, native_event, native_session, session, signed


def decode(what: What, payload: dict[str, Any], integrity: str = "checksum") -> Any:
    return HookDecoder().decode(frame(KINDS[what], integrity.encode() + b"\n" + body_of(payload)))


@pytest.mark.parametrize(
    ("what", "session_id", "time", "mac"),
    [
        (
            What.EVENTS,
            "s1",
            "2026-11-20T01:31:50+00:00",
            "3741ab65cb03482b2fd6578535e8d3d4fbda3fe543e3e8c52a087c1b288d7a63",
        ),
        (
            What.SESSIONS,
            "s",
            "2025-10-30T12:00:00.123Z",
            "e45e6f925ca63a2e6eb855ae54c0d5ed99d3e8d33df0dc1b186ac73d9017c4fe",
        ),
    ],
)
def test_the_checksum_is_the_originals(what, session_id, time, mac):
    key = "timestamp" if what is What.EVENTS else "start_timestamp"
    assert mac_of(what, {"session_id": session_id, key: time}) == mac
    make = event if what is What.EVENTS else session
    payload = make(**{"session_id": session_id, key: time, "mac": mac})
    assert read(what, body_of(payload), {}).integrity is Integrity.CHECKSUM


def test_the_signature_is_over_everything_in_any_order():
    payload = signed(native_session(user_id="zoë"))
    assert read(What.SESSIONS, body_of(payload), {KEY_ID: KEY}).integrity is Integrity.KEYED
    spaced = json.dumps(payload, ensure_ascii=False, indent=3).encode()
    assert read(What.SESSIONS, spaced, {KEY_ID: KEY}).integrity is Integrity.KEYED
    assert signature_of(payload, KEY) == payload["hmac"]
    for name in payload:
        if name in ("hmac", "key_id", "mac", "form", "session_id", "start_timestamp"):
            continue
        changed = {key: value for key, value in payload.items() if key != name}
        with pytest.raises(Wrong, match="hmac"):
            read(What.SESSIONS, body_of(changed), {KEY_ID: KEY})
    assert read(What.SESSIONS, body_of(payload), {}).integrity is Integrity.UNVERIFIED


@given(
    st.datetimes(datetime(1980, 1, 2), datetime(2199, 12, 30)),  # noqa: DTZ001 - hypothesis wants them so
    st.integers(-23 * 60, 23 * 60),
    st.integers(0, 9),
)
def test_times_in_every_zone_and_precision(moment, minutes, digits):
    moment = moment.replace(microsecond=0)
    local = moment + timedelta(minutes=minutes)
    if not 1980 <= local.year <= 2199:
        return
    zone = "Z" if not minutes else f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    fraction = f".{'1' * digits}" if digits else ""
    expected = int(moment.replace(tzinfo=UTC).timestamp()) * 10**9 + int(("1" * digits).ljust(9, "0"))
    assert to_ns(f"{local:%Y-%m-%dT%H:%M:%S}{fraction}{zone}") == expected


def test_a_use_becomes_one_record():
    told = decode(What.EVENTS, native_event(), "keyed")
    (record,) = told.records
    assert (record.kind, record.agent, record.source, record.name) == (
        EventKind.FEATURE_USE, "claude_code", "hook", "hook_use",
    )  # fmt: skip
    assert record.at_ns == to_ns("2026-11-20T01:31:50Z")
    assert record.attributes == {
        "session_id": "s1", "user_id": "550e8400-e29b-41d4-a716-446655440000", "os_type": "linux", "payload_form": "native",
        "integrity": "keyed", "session_id_kind": "real", "plugin_version": "0.1.0", "feature": "command",
        "feature_name": "jira:solve", "trigger": "user", "length_chars": 42, "name_source": "transcript",
    }  # fmt: skip


def test_a_session_becomes_its_beginning_its_summary_and_readings():
    told = decode(What.SESSIONS, native_session())
    kinds = [record.kind for record in told.records]
    assert kinds == [EventKind.SESSION_START, EventKind.SESSION_SUMMARY, EventKind.USAGE_COUNTER]
    start, summary, reading = told.records
    assert start.at_ns == to_ns("2026-11-20T01:00:00.123Z")
    assert summary.at_ns == reading.at_ns == to_ns("2026-11-20T02:30:00.123Z")
    wanted = {
        "turns": 42, "prompts_counted": 5, "responses_counted": 7, "tool_calls_counted": 156, "subagent_tool_errors": 1,
        "said_output_tokens": 200, "command_uses": 2, "skill_uses": 1, "exit_reason": "clear", "session_seconds": 5400,
        "active_seconds": 12.5, "lines_added": 8, "counting": "responses", "counting_version": 1, "hook_ms": 31.5,
        "agent_version": "2.1.328", "started_ms": 1763600400123 + 365 * 86_400_000,
    }  # fmt: skip
    assert {name: summary.attributes.get(name) for name in wanted} == wanted
    assert "lines_removed" not in summary.attributes
    assert reading.attributes["lineage"] == str(wanted["started_ms"])
    assert reading.attributes["cache_write_1h_tokens"] == 1000
    assert {record.name for record in told.records} <= EVENT_NAMES


def test_models_that_are_named_twice_are_one_reading():
    twice = [{"model": "m", "output_tokens": 3}, {"model": "m", "output_tokens": 4, "input_tokens": 1}, {"model": "n"}]
    readings = decode(What.SESSIONS, native_session(usage=twice)).records[2:]
    assert [(r.attributes["model"], r.attributes.get("output_tokens")) for r in readings] == [("m", 7)]


def test_what_subagents_used_is_part_of_what_is_said_and_a_model_may_be_unknown():
    used = [{"model": "m", "output_tokens": 3}, {"model": None, "output_tokens": 4}]
    _, summary, *readings = decode(What.SESSIONS, native_session(usage=used)).records
    assert [(r.attributes.get("model"), r.attributes["output_tokens"]) for r in readings] == [("m", 3), (None, 4)]
    assert summary.attributes["said_output_tokens"] == 7
    assert decode(What.SESSIONS, native_session(usage=None)).records[1].attributes["said_output_tokens"] == 200


def test_words_that_nobody_knows_become_other_and_time_that_runs_back_is_counted():
    told = decode(What.SESSIONS, session(exit_reason="rm -rf /", session_duration=-60, my_secret=1, **{"ghp_x Y": 2}))
    summary = told.records[1]
    assert summary.attributes["exit_reason"] == "other"
    assert "session_seconds" not in summary.attributes
    assert told.drops == {
        (DropReason.BAD_NUMBER, "session_duration"): 1,
        (DropReason.UNKNOWN_ATTRIBUTE, "my_secret"): 1,
        (DropReason.UNKNOWN_ATTRIBUTE, "<other>"): 1,
    }
    assert "my_secret" not in summary.attributes


def test_a_session_that_ends_before_it_began_has_no_length():
    told = decode(What.SESSIONS, session(end_timestamp="2026-11-19T00:00:00Z"))
    assert told.records[1].at_ns == told.records[0].at_ns


@pytest.mark.parametrize(
    "body", [b"", b"checksum", b"checksum\n", b"trusted\n{}", b"\xff\n{}", b"keyed\n[]", b"keyed\n{}"]
)
def test_a_frame_that_cannot_be_read_is_refused_as_a_whole(body):
    told = HookDecoder().decode(frame(KINDS[What.EVENTS], body))
    assert told.refused is DropReason.MALFORMED
    assert told.records == []


@given(st.binary(max_size=300))
def test_no_frame_is_too_much(body):
    for kind in KINDS.values():
        HookDecoder().decode(frame(kind, b"keyed\n" + body))
