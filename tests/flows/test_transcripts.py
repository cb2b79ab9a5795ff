"""Transcripts into the real store: the ledger says what was played, however the lines arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.importer import Importer
from tachograph.inputs.histories.watch import Watcher
from tachograph.ports import Statement
from tachograph.store.duckdb import DuckDBStore
from tests.unit.transcripts.making import (
    FOLDER,
    NAMES,
    FakeClock,
    joined,
    make_pipeline,
    prompt,
    response,
    tool_result,
    tool_use,
    usage,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "agents" / "claude_code"
SCENARIOS = sorted(p.parent for p in GOLDEN.glob("*/*/transcripts"))
TOTALS = """
select
    (select count(*) from sessions where counts) as sessions,
    (select count(*) from prompts where prompt_origin <> 'agent') as prompts,
    (select count(*) from requests where outcome = 'ok') as requests,
    (select coalesce(sum(input_tokens), 0) from requests)::bigint as input,
    (select coalesce(sum(output_tokens), 0) from requests)::bigint as output,
    (select coalesce(sum(cache_read_tokens), 0) from requests)::bigint as cache_read,
    (select coalesce(sum(cache_write_tokens), 0) from requests)::bigint as cache_creation,
    (select count(*) from tool_calls) as tool_calls,
    (select count(*) from tool_calls where is_error) as tool_failures,
    (select coalesce(sum(lines_added), 0) from sessions)::bigint as lines_added,
    (select coalesce(sum(lines_removed), 0) from sessions)::bigint as lines_removed,
    (select coalesce(sum(commits), 0) from sessions)::bigint as commits,
    (select coalesce(sum(pull_requests), 0) from sessions)::bigint as pull_requests
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore(tmp_path / "store.duckdb")
    yield store
    store.close()


def importer(store: DuckDBStore, root: Path, clock: FakeClock | None = None) -> Importer:
    return Importer(
        store,
        make_pipeline,
        ImportConfig(workers=0),
        clock or FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], root),),
    )


def totals(store: DuckDBStore) -> dict[str, int]:
    (row,) = store.query(Statement(name="totals", sql=TOTALS)).records()
    return row


def has_total(scenario: Path) -> bool:
    """Whether the agent wrote its own running total, which has what no response line shows: a title, say."""
    return any(b'"cost-state"' in path.read_bytes() for path in (scenario / "transcripts").rglob("*.jsonl"))


def played(scenario: Path) -> dict[str, int]:
    expected = json.loads((scenario / "expected.json").read_text())
    shown = expected["observed_in_transcripts"]
    names = ("tool_failures", "lines_added", "lines_removed", "commits", "pull_requests")
    return {
        "sessions": len(list((scenario / "transcripts" / FOLDER).glob("????????-????-????-*.jsonl"))),
        "prompts": expected["user_prompts"],
        "requests": shown["assistant_messages"],
        **(shown["tokens"] | {name: expected["tokens"][name] for name in shown["tokens"] if has_total(scenario)}),
        "tool_calls": sum(expected["tool_use_blocks_sent"].values()),
        **{name: expected[name] for name in names},
    }


def test_all_recorded_sessions_in_one_store_give_the_sum_of_what_was_played(store: DuckDBStore, tmp_path: Path) -> None:
    """The recordings reuse the API's ids, which real ones never do: each is told apart before it is imported."""
    expected: dict[str, int] = {}
    for number, scenario in enumerate(SCENARIOS):
        for name, value in played(scenario).items():
            expected[name] = expected.get(name, 0) + value
        for path in (scenario / "transcripts").rglob("*.jsonl"):
            target = tmp_path / "projects" / str(number) / path.relative_to(scenario / "transcripts")
            target.parent.mkdir(parents=True, exist_ok=True)
            data = path.read_bytes()
            for kind in (b"msg", b"req", b"toolu"):
                data = data.replace(kind + b"_01a", kind + b"_%02da" % (number + 10))
            target.write_bytes(data)
    first = importer(store, tmp_path / "projects").run()
    assert totals(store) == expected
    second = importer(store, tmp_path / "projects").run()
    assert (first.duplicate, second.read, second.new) == (0, 0, 0)
    store.rebuild()
    assert totals(store) == expected


def test_a_session_followed_in_pieces_gives_what_one_reading_gives(store: DuckDBStore, tmp_path: Path) -> None:
    scenario = GOLDEN / "2.1.328" / "edit-commit-pr-http-protobuf"
    (source,) = (scenario / "transcripts" / FOLDER).glob("*.jsonl")
    target = tmp_path / "projects" / FOLDER / source.name
    target.parent.mkdir(parents=True)
    clock = FakeClock()
    watcher = Watcher(importer(store, tmp_path / "projects", clock))
    data = source.read_bytes()
    for start in range(0, len(data), 1999):
        with target.open("ab") as file:
            file.write(data[start : start + 1999])
        clock.s += 0.5
        watcher.poll()
    assert totals(store) == played(scenario)
    ids = store.query(
        Statement(name="ids", sql="select count(*) as n, count(distinct event_id) as d from events")
    ).records()
    assert ids[0]["n"] == ids[0]["d"]


def test_growth_forks_and_replays_count_once(store: DuckDBStore, tmp_path: Path) -> None:
    fork = {"sessionId": "99999999-2222-4333-8444-555555555555"}
    folder = tmp_path / "projects" / FOLDER
    folder.mkdir(parents=True)
    path = folder / "a.jsonl"
    path.write_bytes(joined(prompt(1), response(2, used=usage(tokens_out=1))))
    importer(store, tmp_path / "projects").run()
    with path.open("ab") as file:
        file.write(
            joined(response(2, timestamp="2026-11-20T10:00:03.000Z"), response(4, blocks=[tool_use(4, command="ls")]))
        )
    importer(store, tmp_path / "projects").run()
    (folder / "b.jsonl").write_bytes(
        joined(
            prompt(1, **fork), response(2, used=usage(tokens_out=1), **fork), response(2, **fork), response(5, **fork)
        )
    )
    replay = response(2, requestId="req_replay", isSidechain=True, agentId="a1", timestamp="2026-11-20T10:07:00.000Z")
    (folder / "agent-a1.jsonl").write_bytes(joined(replay))
    with path.open("ab") as file:
        file.write(joined(tool_result(4)))
    importer(store, tmp_path / "projects").run()
    found = totals(store)
    names = ("sessions", "prompts", "requests", "output", "tool_calls", "tool_failures")
    assert {name: found[name] for name in names} == {
        "sessions": 2,
        "prompts": 1,
        "requests": 3,
        "output": 60,
        "tool_calls": 1,
        "tool_failures": 0,
    }
