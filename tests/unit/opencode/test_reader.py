"""What becomes of rows: steps, prices, prompts, tools, damage, and what is new."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.opencode.documents import DocumentReader
from tachograph_sdk.model.event import DropReason, EventKind
from tests.unit.opencode.making import (
    RECEIVED_US,
    START_MS,
    TABLES,
    Conversation,
    answer,
    ask,
    lay,
    ledger,
    pipeline,
    read,
    read_script,
    requests,
    step,
    text,
    tokens,
    tool,
    user,
    values,
)


def test_each_step_of_a_message_is_a_request(tmp_path: Path) -> None:
    """Old releases put several into one message, whose own tokens are those of the last, and whose cost is all."""
    talk = Conversation()
    talk.message(1, user(), text("Do it"))
    talk.message(
        2,
        answer(cost=0.75, tokens=tokens(fresh=11)),
        {"type": "step-start"},
        step(0.25, fresh=7),
        tool("read"),
        {"type": "step-start"},
        step(0.5, fresh=11),
    )
    store = ledger(pipeline().run_records(read_script(tmp_path, talk.script())))
    told = requests(store)
    assert (told["requests"], told["input"], told["output"], told["reasoning"]) == (2, 18, 50, 10)
    assert told["cost_nanousd"] == 750_000_000


def test_a_message_without_steps_counts_once_it_is_finished(tmp_path: Path) -> None:
    talk = Conversation()
    talk.message(2, answer())
    talk.message(3, answer(time={"created": START_MS + 3000}))
    talk.message(4, answer(error={"name": "UnknownError", "data": {"message": "it broke"}}))
    events = read_script(tmp_path, talk.script())
    assert values(events, "api.request", "input_tokens") == [10]
    assert values(events, "api.error", "error_class") == ["unknown"]


@pytest.mark.parametrize(
    ("provider", "cost", "reported"),
    [("anthropic", 0.5, 500_000_000), ("house", 0, None), ("opencode", 0, 0), ("anthropic", float("1e-10"), 0)],
)
def test_a_cost_of_nothing_is_unknown_where_models_may_have_no_price(
    tmp_path: Path, provider: str, cost: float, reported: int | None
) -> None:
    talk = Conversation()
    talk.message(2, answer(providerID=provider, cost=cost), step(cost))
    (found,) = values(read_script(tmp_path, talk.script()), "api.request", "cost_nanousd")
    assert found == reported


def test_two_subagents_at_the_same_millisecond_are_two(tmp_path: Path) -> None:
    """An id made of time, model and agent alone would take one for the other's copy."""
    parent, one, two = (
        Conversation(),
        Conversation("ses_a", parent_id="ses_one"),
        Conversation("ses_b", parent_id="ses_one"),
    )
    one.message(2, answer(agent="general", mode="general"), step(fresh=7))
    two.message(2, answer(agent="general", mode="general"), step(fresh=8))
    parent.message(1, user(), text("Ask them"))
    script = parent.script() + one.script() + two.script()
    events = read_script(tmp_path, script)
    assert len({event.key for event in events if event.kind == "api.request"}) == 2
    assert values(events, "api.request", "session_id") == ["ses_one"] * 2
    assert values(events, "api.request", "query_source") == ["subagent"] * 2
    assert sorted(values(events, "api.request", "agent_instance_id")) == ["ses_a", "ses_b"]
    assert values(events, "session.start", "session_id") == ["ses_one"]


def test_who_asked(tmp_path: Path) -> None:
    talk, child = Conversation(), Conversation("ses_child", parent_id="ses_one")
    talk.message(1, user(), text("Grüße"), text("read it for you", synthetic=True), {"type": "file", "url": "x"})
    talk.message(2, user(), text("Go on", synthetic=True))
    talk.message(3, user(), {"type": "compaction", "auto": True})
    talk.message(4, user(), {"type": "subtask", "prompt": "p", "agent": "general", "command": "review"})
    talk.message(5, user(), text("hidden", ignored=True))
    child.message(6, user(agent="general"), text("Look"))
    events = read_script(tmp_path, talk.script() + child.script())
    assert [
        (event.attributes["prompt_origin"], event.attributes["length_chars"])
        for event in events
        if event.kind == "prompt"
    ] == [("human", 5), ("command", 0), ("agent", 4)]
    assert values(events, "feature.use", "trigger") == ["auto"]


def test_an_answer_names_its_prompt(tmp_path: Path) -> None:
    talk = Conversation()
    talk.message(1, user(), text("Do it"))
    talk.message(2, answer(parentID="msg_ses_one_0001"), step(), tool("bash", metadata={"exit": 0}))
    events = read_script(tmp_path, talk.script())
    (prompt,) = values(events, "prompt", "prompt_id")
    assert prompt
    assert values(events, "api.request", "prompt_id") == [prompt]
    assert values(events, "tool.call", "prompt_id") == [prompt]


@pytest.mark.parametrize(
    ("part", "success", "more"),
    [
        (tool("bash", metadata={"exit": 0}), True, {"duration_ms": 250.0}),
        (tool("bash", metadata={"exit": 2}), False, {"error_class": "exit_status"}),
        (tool("read", status="error", error="ENOENT: /home/dev/x"), False, {"decision": None, "error_class": None}),
        (
            tool("bash", status="error", error="The user rejected permission to use this specific tool call."),
            False,
            {"decision": "reject", "decision_source": "user"},
        ),
        (tool("bash", status="error", error="Tool execution aborted"), False, {"error_class": "aborted"}),
        (tool("bash", status="running"), None, {"duration_ms": None}),
        (tool("bash", status="pending"), None, {}),
        (tool("my_server_lookup"), True, {"tool_source": None}),
    ],
)
def test_whether_a_tool_worked(
    tmp_path: Path, part: dict[str, Any], success: bool | None, more: dict[str, Any]
) -> None:
    talk = Conversation()
    talk.message(2, answer(), step(), part)
    (event,) = (event for event in read_script(tmp_path, talk.script()) if event.kind is EventKind.TOOL_CALL)
    assert event.attributes.get("success") is success
    assert {name: event.attributes.get(name) for name in more} == more


DIFF = "Index: /x/a.go\n====\n--- /x/a.go\n+++ /x/a.go\n@@ -1,2 +1,3 @@\n one\n-two\n+zwei\n+drei\n---a rule\n"


@pytest.mark.parametrize(
    ("part", "lines", "language"),
    [
        (tool("edit", input={"filePath": "/x/a.go"}, metadata={"filediff": {"additions": 2, "deletions": 1}}), (2, 1), "Go"),
        (tool("edit", input={"filePath": "/x/a.go"}, metadata={"diff": DIFF}), (2, 2), "Go"),
        (tool("write", input={"filePath": "/x/a.py", "content": "a\nb"}, metadata={"exists": False}), (2, 0), "Python"),
        (tool("write", input={"filePath": "/x/a.py", "content": "a\nb"}, metadata={"exists": True}), (None, None), "Python"),
        (
            tool("apply_patch", metadata={"files": [{"filePath": "/x/a.rs", "additions": 2, "deletions": 1},
                                                    {"filePath": "/x/b.rs", "additions": 3, "deletions": 0}]}),
            (5, 1), "Rust",
        ),
        (
            tool("multiedit", input={"filePath": "/x/a.c"}, metadata={"results": [{"filediff": {"additions": 1, "deletions": 1}},
                                                                                {"filediff": {"additions": 4, "deletions": 0}}]}),
            (5, 1), "C",
        ),
        (tool("edit", input={"filePath": "/x/a.go"}, metadata={"filediff": {"additions": -2}}), (None, None), "Go"),
    ],
)  # fmt: skip
def test_lines_changed(
    tmp_path: Path, part: dict[str, Any], lines: tuple[int | None, int | None], language: str
) -> None:
    talk = Conversation()
    talk.message(2, answer(), step(), part)
    changes = [e.attributes for e in read_script(tmp_path, talk.script()) if e.kind is EventKind.CODE_CHANGE]
    for name, wanted in zip(("lines_added", "lines_removed"), lines, strict=True):
        told = [change.get(name) for change in changes]
        assert (None if None in told else sum(told)) == wanted  # type: ignore[arg-type]
    assert {change["language"] for change in changes} == {language}


def test_commits_and_pull_requests_of_commands_that_worked(tmp_path: Path) -> None:
    talk = Conversation()
    command = {"command": "git commit -m 'x' && gh pr create --fill"}
    talk.message(
        2,
        answer(),
        tool("bash", "toolu_aaaaaaaaaa", input=command, metadata={"exit": 0}),
        tool("bash", "toolu_bbbbbbbbbb", input=command, metadata={"exit": 1}),
        tool("webfetch", "toolu_cccccccccc", input=command),
    )
    events = read_script(tmp_path, talk.script())
    assert values(events, "vcs.commit", "tool_use_id") == ["toolu_aaaaaaaaaa"]
    assert values(events, "vcs.pull_request", "tool_use_id") == ["toolu_aaaaaaaaaa"]


def test_calls_that_a_model_only_numbers_are_not_taken_for_each_other(tmp_path: Path) -> None:
    talk = Conversation()
    for number in (2, 3):
        talk.message(number, answer(), step(fresh=number), tool("read", "call_0"), tool("read", "functions.read:1"))
    store = ledger(pipeline().run_records(read_script(tmp_path, talk.script())))
    assert ask(store, "select count(*) as n from tool_calls") == [{"n": 4}]


def test_a_call_seen_while_it_ran_and_after_is_one(tmp_path: Path) -> None:
    running, done = Conversation(), Conversation()
    running.message(2, answer(), tool("task", status="running", input={"subagent_type": "general"}))
    done.message(2, answer(), tool("task", input={"subagent_type": "general"}), step())
    (tmp_path / "1").mkdir()
    first = pipeline().run_records(read_script(tmp_path / "1", running.script()))
    second = pipeline().run_records(read_script(tmp_path, done.script()))
    store = ledger(first, second)
    assert ask(store, "select success from tool_calls") == [{"success": True}]
    uses = ask(store, "select count(*) as n from events where kind = 'feature.use'")
    assert uses == [{"n": 1}]


def test_a_stopped_answer_is_no_error(tmp_path: Path) -> None:
    talk = Conversation()
    talk.message(2, answer(error={"name": "MessageAbortedError", "data": {"message": "stopped"}}))
    talk.message(3, answer(error={"name": "APIError", "data": {"statusCode": 529, "message": "busy"}}))
    events = read_script(tmp_path, talk.script())
    assert values(events, "api.error", "error_class") == ["http_529"]
    assert values(events, "agent.notice", "status") == ["aborted"]


def test_only_what_was_written_since_is_read(tmp_path: Path) -> None:
    """A second reading asks for the news, not for the whole database."""
    talk = Conversation()
    for number in range(0, 9000, 1000):
        talk.message(number, answer(), step(fresh=number + 1))
    path = lay(tmp_path / "opencode.db", TABLES + talk.script())
    events, reader = read(path)
    assert reader.lines == 18
    again, later = read(path, reader.since)
    assert later.lines == 2  # the last message and its part
    assert later.since == reader.since
    assert {event.key for event in again} < {event.key for event in events}


def test_a_message_that_ended_later_is_read_again_and_its_row_grows(tmp_path: Path) -> None:
    before, after = Conversation(), Conversation()
    open_ = answer(time={"created": START_MS + 2000}, tokens=tokens(0, 0, 0, 0, 0))
    before.message(2, open_, updated=START_MS + 2000)
    before.message(5000, user(), text("later"))
    after.message(2, answer(), step(), updated=START_MS + 6_000_000)
    after.message(5000, user(), text("later"))
    (tmp_path / "1").mkdir()
    first, reader = read(lay(tmp_path / "1" / "opencode.db", TABLES + before.script()))
    second, _ = read(lay(tmp_path / "opencode.db", TABLES + after.script()), reader.since)
    assert not values(first, "api.request", "input_tokens")
    assert reader.since > START_MS + 4_000_000
    assert values(second, "api.request", "input_tokens") == [10]


def test_a_row_from_the_future_hides_nothing(tmp_path: Path) -> None:
    talk = Conversation()
    talk.message(2, answer(), step(), updated=RECEIVED_US)  # microseconds: far in the future
    talk.message(3, answer(), step(fresh=3))
    _, reader = read(lay(tmp_path / "opencode.db", TABLES + talk.script()))
    assert reader.since < START_MS + 10_000


def test_bad_rows_cost_no_others(tmp_path: Path) -> None:
    talk = Conversation()
    talk.message(1, "{not json")
    talk.message(2, answer(), step(), "[]", step(0.5, fresh=12))
    talk.message(3, answer(time=None))
    talk.message(4, answer(), {"type": "step-finish", "cost": 1, "tokens": {"input": -5}})
    talk.message(5, {"role": "nobody"})
    talk.message(6, answer(), tool("bash", state=5) | {"state": 5}, step(fresh=6))
    events, reader = read(lay(tmp_path / "opencode.db", TABLES + talk.script()))
    assert values(events, "api.request", "input_tokens") == [10, 12, 6]
    assert sorted(bad.reason for bad in reader.bad_lines) == sorted(
        [DropReason.BAD_LINE, DropReason.BAD_LINE, DropReason.BAD_TIME, DropReason.BAD_NUMBER, DropReason.BAD_LINE]
    )


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    events, reader = read(lay(tmp_path / "other.db", "create table message (id text, secret text);"))
    assert not events
    assert dict(reader.ignored) == {"<not opencode's>": 1}


def test_a_damaged_database_is_an_os_error(tmp_path: Path) -> None:
    path = lay(tmp_path / "opencode.db", TABLES)
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode = delete")
    connection.close()
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * 20_000)
    with pytest.raises(OSError, match="cannot be read"):
        read(path)


def test_a_database_that_was_cut_off_is_an_os_error(tmp_path: Path) -> None:
    path = lay(tmp_path / "opencode.db", TABLES)
    connection = sqlite3.connect(path)
    connection.execute("pragma journal_mode = delete")
    connection.close()
    path.write_bytes(path.read_bytes()[:3_000])
    with pytest.raises(OSError, match=r"cut off|cannot be read"):
        read(path)


def test_a_document_is_not_led_out_of_its_folder(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    folder = storage / "message" / "ses_one"
    folder.mkdir(parents=True)
    (tmp_path / "secret.json").write_text(json.dumps(user(time={"created": 5})))
    told = answer(
        sessionID="../../secret", parentID="../../../secret", time={"created": START_MS, "completed": START_MS}
    )
    (folder / "msg_1.json").write_text(json.dumps(told))
    reader = DocumentReader(received_us=RECEIVED_US)
    (events,) = reader.read(str(folder / "msg_1.json"), 0)
    assert values(events, "api.request", "input_tokens") == [10]
    assert values(events, "api.request", "prompt_id") == [None]


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"{}", b'{"role": "user"}', b"\xff\xfe"])
def test_a_document_that_is_none_is_set_aside(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "msg_1.json"
    path.write_bytes(data)
    reader = DocumentReader(received_us=RECEIVED_US)
    assert list(reader.read(str(path), 0)) == [[]]
    assert [bad.reason for bad in reader.bad_lines] == [DropReason.BAD_LINE]
