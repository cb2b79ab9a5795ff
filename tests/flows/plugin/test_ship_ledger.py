"""The plugin and Tachograph's own import count the same transcript: they must find the same."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.importer import Importer
from tachograph.ports import Statement
from tachograph.store.duckdb import DuckDBStore
from tests.plugin_ship import GOLDEN, script
from tests.unit.transcripts.making import (
    FOLDER,
    NAMES,
    SESSION,
    FakeClock,
    common,
    joined,
    line,
    make_pipeline,
    prompt,
    response,
    tool_result,
    tool_use,
    usage,
)

counting = script("counting")
CLASSES = ("input_tokens", "output_tokens", "cache_creation_tokens", "cache_creation_1h_tokens", "cache_read_tokens")
TOTALS = """
select
    (select count(*) from requests where outcome = 'ok') as responses,
    (select count(*) from requests where outcome = 'error') as api_errors,
    (select count(*) from prompts where prompt_origin in ('human', 'command')) as prompts,
    (select count(*) from tool_calls) as tool_calls,
    (select count(*) from tool_calls where is_error) as tool_errors,
    (select coalesce(sum(lines_added), 0)::bigint from sessions) as lines_added,
    (select coalesce(sum(lines_removed), 0)::bigint from sessions) as lines_removed
"""
# A residual row is what Claude Code's own running total says beyond the responses (a title, a compaction): no line of the
# transcript shows it, so the plugin cannot count it.
MODELS = """
select model, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
    sum(cache_write_tokens)::bigint as cache_creation_tokens,
    coalesce(sum(cache_write_1h_tokens), 0)::bigint as cache_creation_1h_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens, count(*) as responses
from requests where outcome = 'ok' group by model
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DuckDBStore]:
    store = DuckDBStore(tmp_path / "store.duckdb")
    yield store
    store.close()


def by_import(store: DuckDBStore, root: Path) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """What the ledger says of all transcripts below a folder."""
    Importer(
        store,
        make_pipeline,
        ImportConfig(workers=0),
        FakeClock(),
        name_file=NAMES.file,
        places=(Place(BY_ID["claude_code"], root),),
    ).run()
    (totals,) = store.query(Statement(name="totals", sql=TOTALS)).records()
    models = {row.pop("model"): row for row in store.query(Statement(name="models", sql=MODELS)).records()}
    return totals, models


def by_plugin(root: Path) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """What the plugin says of the same, session by session."""
    totals = dict.fromkeys(
        ("responses", "api_errors", "prompts", "tool_calls", "tool_errors", "lines_added", "lines_removed"), 0
    )
    models: dict[str, dict[str, int]] = {}
    for path in sorted(root.glob("*/????????-????-????-*.jsonl")):
        counts = counting.count_session(str(path), path.stem)
        totals["responses"] += counts.responses_of(False) + counts.responses_of(True)
        totals["api_errors"] += len(counts.api_errors)
        totals["prompts"] += counts.prompts_of("human", "command")
        totals["tool_calls"] += len(counts.main.tools) + len(counts.agents.tools)
        totals["tool_errors"] += len(counts.main.failed) + len(counts.agents.failed)
        totals["lines_added"] += counts.lines_added
        totals["lines_removed"] += counts.lines_removed
        for row in counts.usage():
            known = models.setdefault(row["model"], dict.fromkeys((*CLASSES, "responses"), 0))
            for name in known:
                known[name] += row[name]
    return totals, models


RELEASES = GOLDEN.parents[1] / "plugin"


@pytest.mark.parametrize(
    "scenario",
    [*sorted(GOLDEN.glob("*/*/transcripts")), *sorted(path for path in RELEASES.glob("*/*") if path.is_dir())],
    ids=lambda path: "-".join(path.parts[-2:]),
)
def test_recorded_sessions(store: DuckDBStore, tmp_path: Path, scenario: Path) -> None:
    played = scenario / "projects"
    shutil.copytree(played if played.exists() else scenario, tmp_path / "projects")
    (totals, models), ledger = by_plugin(tmp_path / "projects"), by_import(store, tmp_path / "projects")
    if scenario.parts[-2:] == ("1.0.128", "fork"):
        # This release gives a copied prompt another time, and no prompt id by which the ledger would know it again.
        totals["prompts"] += 1
    assert (totals, models) == ledger


def test_a_fork_and_its_parent_that_went_on(store: DuckDBStore, tmp_path: Path) -> None:
    fork = "99999999-2222-4333-8444-555555555555"
    folder = tmp_path / "projects" / FOLDER
    folder.mkdir(parents=True)

    def total(session: str, tokens_in: int, tokens_out: int) -> bytes:
        models = {"claude-opus-5-5": {"inputTokens": tokens_in, "outputTokens": tokens_out}}
        return line(type="cost-state", sessionId=session, startTime=1795168800000, modelUsage=models)

    def start(session: str) -> list[bytes]:
        own = {"sessionId": session}
        return [
            prompt(1, **own),
            response(2, blocks=[tool_use(2)], **own),
            tool_result(2, is_error=True, **own),
            response(3, **own),
        ]

    (folder / f"{SESSION}.jsonl").write_bytes(
        joined(*start(SESSION), total(SESSION, 20, 40), prompt(20, "On"), response(21), total(SESSION, 30, 60))
    )
    (folder / f"{fork}.jsonl").write_bytes(
        joined(
            *start(fork),
            prompt(10, "Else", sessionId=fork),
            response(11, sessionId=fork, blocks=[tool_use(11)]),
            tool_result(11, sessionId=fork),
            total(fork, 30, 60),
        )
    )
    totals, models = by_plugin(tmp_path / "projects")
    assert (totals["responses"], totals["prompts"], totals["tool_calls"], totals["tool_errors"]) == (4, 3, 2, 1)
    assert (totals, models) == by_import(store, tmp_path / "projects")


@pytest.mark.parametrize("seed", range(12))
def test_sessions_made_by_chance(store: DuckDBStore, tmp_path: Path, seed: int) -> None:
    """Everything that a transcript can hold, in any order, often twice."""
    folder = tmp_path / "projects" / FOLDER
    (folder / SESSION / "subagents").mkdir(parents=True)
    chance = random.Random(seed)
    own = [_record(chance, number, {}) for number in range(1, 120)]
    (folder / f"{SESSION}.jsonl").write_bytes(joined(*_repeated(chance, own)))
    for agent in ("a1", "b2"):
        about = {"isSidechain": True, "agentId": agent}
        records = [_record(chance, 200 + ord(agent[0]) * 100 + number, about) for number in range(40)]
        (folder / SESSION / "subagents" / f"agent-{agent}.jsonl").write_bytes(joined(*_repeated(chance, records)))
    plugin = by_plugin(tmp_path / "projects")
    assert plugin[0]["responses"] > 20
    assert plugin == by_import(store, tmp_path / "projects")


def _repeated(chance: random.Random, records: list[bytes]) -> list[bytes]:
    return [one for record in records for one in [record] * chance.choice((1, 1, 1, 2))]


def _record(chance: random.Random, number: int, about: dict[str, Any]) -> bytes:
    def some(low: int = 0) -> int:
        return chance.randrange(low, 500)

    more: dict[str, Any]
    kind = chance.randrange(12)
    if kind == 0:
        text = chance.choice(["Do it", "<command-name>/x</command-name>", "<bash-input>ls", "<task-notification>x", ""])
        return prompt(number, text, isMeta=chance.random() < 0.2, **about)
    if kind == 1:
        more = chance.choice(
            [{}, {"promptSource": "system"}, {"origin": {"kind": "human"}}, {"isCompactSummary": True}]
        )
        return prompt(number, [{"type": "text", "text": "Go on"}, {"type": "image"}], **more, **about)
    if kind == 2:
        return response(number, isApiErrorMessage=True, message={"model": "<synthetic>"}, **about)
    if kind == 3:
        return response(number, message={"model": "<synthetic>", "usage": usage(0, 0, 0, 0)}, **about)
    if kind in (4, 5):
        told = chance.choice(
            [
                None,
                {"structuredPatch": [{"lines": ["+a", "-b", "-c", " d"]}], "filePath": "/home/dev/project/a.py"},
                {"type": "create", "structuredPatch": [], "content": "a\nb\n", "filePath": "/home/dev/project/a.py"},
                "Error: Exit code 1",
                "Error: The user doesn't want to proceed with this tool use.",
                "text",
            ]
        )
        more = chance.choice([{}, {"toolDenialKind": "user-rejected"}, {"permissionDecision": {"decision": "accept"}}])
        return tool_result(number - 1, told=told, is_error=chance.choice([None, True, False]), **more, **about)
    if kind == 6:
        return json.dumps({"type": "attachment", "sessionId": SESSION, "text": '"type":"assistant"'}).encode()
    if kind == 7:
        system: dict[str, Any] = {"type": "system", "subtype": chance.choice(["compact_boundary", "stop_hook_summary"])}
        return line(**system, **common(number, **about))
    split = {"ephemeral_5m_input_tokens": some(), "ephemeral_1h_input_tokens": some()}
    used = usage(some(), some(), some(), chance.choice([0, some(), 2000]))
    if chance.random() < 0.5:
        used["cache_creation"] = split
    if chance.random() < 0.1:
        used["iterations"] = [{"type": "advisor_message", "model": "claude-fable-5", "input_tokens": some(1)}]
    blocks = chance.choice([None, [tool_use(number, chance.choice(["Bash", "Read", "Agent"]))], [{"type": "thinking"}]])
    model = chance.choice(["claude-opus-5-5", "claude-haiku-4-5-20251001", "claude-sonnet-5"])
    again = chance.choice([number, number, number - 1])
    return response(
        again, used=used, blocks=blocks, message={"model": model}, **{"uuid": f"u-{number}-{again}", **about}
    )
