"""Merging: each session once whatever the order, nothing of the old names, and nothing that somebody planted."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.file_kit.analyze import analyze_files
from tachograph.analytics.file_kit.document import build_document
from tachograph.analytics.file_kit.parsed import find_parsed
from tachograph.analytics.file_kit.review import Thresholds
from tachograph.file_kit.folder import KitFolder
from tachograph.file_kit.merge import MergeReport, load_key, merge_folders
from tachograph_sdk.errors import ConfigError
from tests.unit.files.making import counter, document, event, failure, put, rejection, request, result

SECRET = b"k" * 32


def merge(out: Path, *folders: Path, secret: bytes = SECRET, replace: bool = False) -> MergeReport:
    return merge_folders(folders, KitFolder(out), merge_id="g_0123456789abcdef", secret=secret, replace=replace)


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, by name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def sessions_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in find_parsed(folder)]


def totals(folder: Path) -> dict[str, Any]:
    """What an analysis of the folder says, without the names of things."""
    analysis = analyze_files(find_parsed(folder))
    found = build_document(analysis, generated_at="", thresholds=Thresholds(), recommendations=[])
    kept = {"total_cost_microusd", "total_tokens", "requests_without_cost", "by_model", "cost_basis"}
    errors = {"total_errors", "total_tool_failures", "high_retry_sessions", "by_class", "rejections", "by_tool"}
    return {
        "summary": found["summary"]["summary"],
        "costs": {name: found["costs"][name] for name in kept},
        "errors": {name: found["errors"][name] for name in errors},
        "trend": found["trend"],
    }


def random_folders(seed: int, root: Path) -> list[Path]:
    """Three people's folders that overlap: shared sessions, shared records, sessions under two names."""
    chance = random.Random(seed)
    records: dict[str, list[Any]] = {}
    for session in ("s_1", "s_2", "s_3", "s_4"):
        makers = (
            lambda s: request(chance.choice([0.1, 0.25, None, 0]), session=s, request_id=f"req_{chance.randrange(9)}"),
            lambda s: request(0.125, session=s, at=f"2026-11-{chance.randrange(10, 20)}T0{chance.randrange(9)}:00:00Z"),
            lambda s: result(chance.choice(["Bash", "Edit"]), success=chance.random() < 0.5, session=s),
            lambda s: failure(status_code=chance.choice([429, 500, 401, None]), session=s),
            lambda s: rejection(session=s),
        )
        records[session] = [chance.choice(makers)(session) for _ in range(chance.randrange(1, 12))]
    folders = []
    for person in "abc":
        folder = root / person
        put(folder, "session-empty", document([], name="session-empty.log"))
        for number in range(chance.randrange(1, 4)):
            events: list[Any] = []
            for session in chance.sample(sorted(records), chance.randrange(1, 3)):
                some = chance.sample(records[session], chance.randrange(1, len(records[session]) + 1))
                name = f"{session}{person}" if chance.random() < 0.4 else session  # another machine's name for it
                events += [dict(each, session_id=name) for each in some]
            metrics = [counter("cost_usage", 0.5, session="s_4")] if chance.random() < 0.3 else []
            who = {"session_id": "s_1", "account_uuid": f"u_{person}"}
            put(folder, f"session-{number}", document(events, metrics, session=who, name=f"session-{number}.log"))
        folders.append(folder)
    return folders


@pytest.mark.parametrize("seed", range(25))
def test_the_order_of_folders_does_not_matter(tmp_path: Path, seed: int) -> None:
    a, b, c = random_folders(seed, tmp_path)
    merge(tmp_path / "one", a, b, c)
    merge(tmp_path / "other", c, a, b)
    assert bytes_in(tmp_path / "one") == bytes_in(tmp_path / "other")


@pytest.mark.parametrize("seed", range(25))
def test_merging_again_changes_nothing(tmp_path: Path, seed: int) -> None:
    a, b, _ = random_folders(seed, tmp_path)
    merge(tmp_path / "out", a, b)
    before = bytes_in(tmp_path / "out")
    again = merge(tmp_path / "out", a, b, a)
    assert bytes_in(tmp_path / "out") == before
    assert (again.written, again.removed) == (0, 0)
    merge(tmp_path / "twice", a, a, b, b)
    assert bytes_in(tmp_path / "twice") == before


@pytest.mark.parametrize("seed", range(25))
def test_in_which_steps_it_is_merged_does_not_matter(tmp_path: Path, seed: int) -> None:
    a, b, c = random_folders(seed, tmp_path)
    merge(tmp_path / "ab", a, b)
    merge(tmp_path / "ab_c", tmp_path / "ab", c)
    merge(tmp_path / "bc", b, c)
    merge(tmp_path / "a_bc", a, tmp_path / "bc")
    merge(tmp_path / "all", a, b, c)
    merge(tmp_path / "grown", a)
    merge(tmp_path / "grown", b)
    merge(tmp_path / "grown", c)
    assert totals(tmp_path / "ab_c") == totals(tmp_path / "a_bc") == totals(tmp_path / "all")
    assert bytes_in(tmp_path / "grown") == bytes_in(tmp_path / "all")


def test_one_folder_adds_up_to_what_it_did(tmp_path: Path) -> None:
    events = [request(0.014103999999999998), request(None), failure(), result(success=False), rejection()]
    put(tmp_path / "a", "session-1", document(events, [counter("token_usage", 7, type="input", session="s_2")]))
    merge(tmp_path / "out", tmp_path / "a")
    assert totals(tmp_path / "out") == totals(tmp_path / "a")
    told = sessions_in(tmp_path / "out")
    (by_events,) = [each["totals"]["by_events"] for each in told if each["events"]]
    assert (by_events["cost_usd"], by_events["api_requests"], by_events["tool_rejections"]) == (0.014104, 2, 1)
    (by_metrics,) = [each["totals"]["by_metrics"] for each in told if each["metrics"]]
    assert (by_metrics["input_tokens"], by_metrics["cost_usd"], by_metrics["commits"]) == (7, None, None)


def test_a_session_that_two_machines_name_differently_is_one(tmp_path: Path) -> None:
    events = [request(0.1, session="s_a"), request(0.2, session="s_a"), request(0.4, session="s_a")]
    put(tmp_path / "a", "session-1", document(events[:2]))
    put(tmp_path / "b", "session-1", document([dict(each, session_id="s_b") for each in events[1:]]))
    found = merge(tmp_path / "out", tmp_path / "a", tmp_path / "b")
    assert (found.sessions, found.events, found.duplicates) == (1, 3, 1)
    assert found.conflicts["two_names_one_session"] == 1
    assert totals(tmp_path / "out")["costs"]["total_cost_microusd"] == 700_000


def test_sessions_do_not_meet_by_ids_that_others_chose(tmp_path: Path) -> None:
    """Two sessions whose requests have the same id (a proxy that numbers them from 1) stay two."""
    put(tmp_path / "a", "session-1", document([request(0.1, session="s_a", request_id="req_00000001")]))
    put(tmp_path / "b", "session-1", document([request(0.1, session="s_b", request_id="req_00000001")]))
    found = merge(tmp_path / "out", tmp_path / "a", tmp_path / "b")
    assert (found.sessions, found.events) == (2, 2)


def test_requests_to_which_a_gateway_gives_one_id_are_merged_each(tmp_path: Path) -> None:
    one_id = [request(0.1, request_id="req_0", tokens=(10, n, 0, 0)) for n in range(5)]
    put(tmp_path / "a", "session-1", document(one_id[:3]))
    put(tmp_path / "b", "session-1", document([dict(one_id[2], event_id="f" * 32), *one_id[3:]]))
    found = merge(tmp_path / "out", tmp_path / "a", tmp_path / "b")
    assert (found.sessions, found.events, found.duplicates) == (1, 5, 1)
    assert totals(tmp_path / "out")["summary"]["total_api_requests"] == 5


def test_records_that_say_nothing_do_not_join_two_sessions(tmp_path: Path) -> None:
    for person in "ab":
        same = event("user_prompt", session=f"s_{person}", at=None, event_id="0" * 32)
        put(tmp_path / person, "session-1", document([same]))
    assert merge(tmp_path / "out", tmp_path / "a", tmp_path / "b").sessions == 2


def test_of_two_records_of_one_request_the_reported_cost_counts(tmp_path: Path) -> None:
    mine = request(0.1, request_id="req_1x", session="s_9")
    put(tmp_path / "a", "session-1", document([dict(mine, data={"request_id": "req_1x", "model": "a", "speed": "b"})]))
    put(tmp_path / "b", "session-1", document([mine]))
    found = merge(tmp_path / "out", tmp_path / "a", tmp_path / "b")
    assert found.conflicts["values_differ"] == 1
    assert totals(tmp_path / "out")["costs"]["total_cost_microusd"] == 100_000


SECRETS = [
    "/home/grace/projects/secret-plan",
    "C:\\Users\\grace\\secret-plan",
    "grace.hopper@example.org",
    "sk-ant-REDACTED",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "please rewrite the payroll of Grace",
    "password=hunter2hunter2",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJncmFjZSJ9.c2lnbmF0dXJl",
    "AKIAIOSFODNN7EXAMPLE",
    "-----BEGIN PRIVATE KEY-----",
]


def planted(secret: str) -> dict[str, Any]:
    """A file with the secret in every place there is."""
    fields = (
        "model", "tool_name", "error_type", "decision", "source", "query_source", "speed", "effort", "request_id",
        "tool_use_id", "prompt.id", "agent_id", "user.account_uuid", "prompt", "error", "tool_input", "cost_usd",
        "input_tokens", "duration_ms", "success", "type", "language", "command_name", secret,
    )  # fmt: skip
    said = dict.fromkeys(fields, secret)
    entry = {"event_type": "claude_code.api_request", "timestamp": None, "session_id": secret, "data": said}
    return {
        secret: secret,
        "file": secret,
        "member": secret,
        "collector": secret,
        "parsed_at": secret,
        "parser": secret,
        "session": dict.fromkeys(("session_id", "account_uuid", "app_version", "os_type", "team", "project"), secret),
        "sessions": [{"session_id": secret, "account_uuid": secret}],
        "events": [
            entry,
            {**entry, "event_id": secret},
            {**entry, "event_type": secret},
            {**entry, "timestamp": secret},
        ],
        "metrics": [
            {"metric": "cost_usage", "pattern": secret, "value": 1, "raw_line": secret, "attributes": said},
            {"metric": secret, "value": secret},
        ],
        "quarantined": {secret: 1},
        "merge": {"key_id": secret, "also": [secret], "grace": secret},
        "totals": {secret: secret},
    }


def test_nothing_that_was_planted_is_passed_on(tmp_path: Path) -> None:
    from tachograph.file_kit.merge_names import MergeNames

    folder = tmp_path / "grace.hopper"
    for number, secret in enumerate(SECRETS):
        put(folder, f"session-{number}", planted(secret))
        ours = planted(secret) | {"merge": {"key_id": MergeNames(SECRET).key_id, "also": [secret]}}
        put(folder, f"grace-hopper-{number}", ours)  # as if it had been merged under this key already
    found = merge(tmp_path / "out", folder)
    assert found.events >= len(SECRETS) * 2
    text = json.dumps(found.as_dict()) + "\n".join(
        name + content.decode() for name, content in bytes_in(tmp_path / "out").items()
    )
    for needle in [*SECRETS, "grace", "hopper", "hunter2", "secret-plan", "payroll"]:
        assert needle.lower() not in text.lower(), needle
        assert json.dumps(needle)[1:-1].lower() not in text.lower()


def test_what_the_report_does_not_read_is_not_passed_on(tmp_path: Path) -> None:
    """Not even a single word, which has the form of a name."""
    names = (
        "prompt",
        "prompt_text",
        "error",
        "tool_input",
        "tool_parameters",
        "command_name",
        "user.email",
        "skill.name",
    )
    said: dict[str, Any] = dict.fromkeys(names, "Zanzibar")
    put(tmp_path / "a", "session-1", document([request(0.1, **said), failure(**said)], [counter("commits", 1, **said)]))
    merge(tmp_path / "out", tmp_path / "a")
    assert b"Zanzibar" not in b"".join(bytes_in(tmp_path / "out").values())


def test_records_of_a_kind_that_nobody_knows_are_not_passed_on(tmp_path: Path) -> None:
    events = [event("zanzibar_payroll"), event("user_prompt")]
    put(tmp_path / "a", "session-1", document(events, [counter("zanzibar_sales", 1)]))
    found = merge(tmp_path / "out", tmp_path / "a")
    assert (found.events, found.metrics, dict(found.bad_records)) == (1, 0, {"unknown_type": 2})
    assert b"zanzibar" not in b"".join(bytes_in(tmp_path / "out").values())


def test_no_name_of_a_folder_is_in_the_merge(tmp_path: Path) -> None:
    who = {"session_id": "s_0123456789abcdef", "account_uuid": "u_0123456789abcdef", "team": "Lovelace", "project": "x"}
    put(tmp_path / "Ada Lovelace", "session-ada", document([request(0.1, session="s_0123456789abcdef")], session=who))
    merge(tmp_path / "out", tmp_path / "Ada Lovelace")
    (told,) = sessions_in(tmp_path / "out")
    text = json.dumps(bytes_in(tmp_path / "out"), default=bytes.decode)
    for old in ("ada", "lovelace", "s_0123456789abcdef", "u_0123456789abcdef", str(tmp_path).lower()):
        assert old not in text.lower()
    assert told["session"]["team"].startswith("t_")
    assert told["member"].startswith("m_")


def test_without_the_key_the_names_are_others(tmp_path: Path) -> None:
    put(tmp_path / "a", "session-1", document([request(0.1, request_id="req_1x", tool_use_id="toolu_1x")]))
    merge(tmp_path / "one", tmp_path / "a", secret=b"1" * 32)
    merge(tmp_path / "two", tmp_path / "a", secret=b"2" * 32)
    (one,), (two,) = sessions_in(tmp_path / "one"), sessions_in(tmp_path / "two")
    names = [
        {each["member"], each["session"]["session_id"], *(each["events"][0]["data"].get(n) for n in ("request_id",))}
        | {each["events"][0]["event_id"], each["merge"]["key_id"]}
        for each in (one, two)
    ]
    assert len(names[0]) == 5
    assert not names[0] & names[1]
    assert totals(tmp_path / "one") == totals(tmp_path / "two")


def test_bad_files_are_counted_and_the_rest_is_merged(tmp_path: Path) -> None:
    put(tmp_path / "a", "session-1", document([request(0.1), 7]))
    put(tmp_path / "a", "session-2", b"{")
    put(tmp_path / "a", "session-3", b"[]")
    put(tmp_path / "a", "session-4", b"\xff")
    found = merge(tmp_path / "out", tmp_path / "a")
    assert dict(found.bad_files) == {"not_json": 1, "not_an_object": 1, "not_utf8": 1}
    assert dict(found.bad_records) == {"not_a_record": 1}
    assert found.sessions == 1


def test_what_was_merged_stays_until_it_is_replaced(tmp_path: Path) -> None:
    put(tmp_path / "a", "session-1", document([request(0.1, session="s_a")]))
    put(tmp_path / "b", "session-1", document([request(0.2, session="s_b")]))
    merge(tmp_path / "out", tmp_path / "a")
    assert merge(tmp_path / "out", tmp_path / "b").sessions == 2
    found = merge(tmp_path / "out", tmp_path / "b", replace=True)
    assert (found.sessions, found.removed) == (1, 1)
    assert len(sessions_in(tmp_path / "out")) == 1


def test_the_key_is_not_in_the_folder_that_is_passed_on(tmp_path: Path) -> None:
    out = KitFolder(tmp_path / "out")
    put(tmp_path / "a", "session-1", document([request(0.1)]))
    merge_id, secret = load_key(out, tmp_path / "keys")
    merge_folders([tmp_path / "a"], out, merge_id=merge_id, secret=secret)
    assert load_key(out, tmp_path / "keys") == (merge_id, secret)
    for content in bytes_in(tmp_path / "out").values():
        assert secret not in content
        assert secret.hex().encode() not in content
    with pytest.raises(ConfigError, match="key of this merge is not on this machine"):
        load_key(out, tmp_path / "other-machine")
    assert load_key(out, tmp_path / "other-machine", tmp_path / "keys" / f"{merge_id}.key") == (merge_id, secret)


@pytest.mark.parametrize("name", ["data/session-1.json", "logs/session-1.log"])
def test_a_folder_of_somebodys_own_is_not_merged_into(tmp_path: Path, name: str) -> None:
    path = tmp_path / "own" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="no merge has made"):
        load_key(KitFolder(tmp_path / "own"), tmp_path / "keys")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    put(tmp_path / "a", "session-1", document([request(0.1)]))
    merge(tmp_path / "out", tmp_path / "a")
    modes: Sequence[int] = [p.stat().st_mode & 0o77 for p in (tmp_path / "out").rglob("*")]
    assert set(modes) == {0}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        merge(tmp_path / "out", tmp_path / "nowhere")
