"""Whatever order histories are read in, and however often answers are brought up to date meanwhile: the same rows."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Found, Place, find_histories
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.inputs.histories.importer import Importer
from tachograph.ports import Statement
from tachograph.store.duckdb import DuckDBStore
from tachograph.store.settle import DERIVED
from tests.unit.transcripts.making import FOLDER, NAMES, FakeClock, joined, make_pipeline, prompt, response

GOLDEN = Path(__file__).parents[1] / "golden" / "agents" / "claude_code"
MONTH_S = 30 * 86_400
NOW_S = 1_763_600_000


def tree(root: Path, seed: int | None) -> None:
    """The recorded sessions, which share ids as forks do, and forks; last changed over eight months, by chance."""
    chance = random.Random(seed)
    for number, scenario in enumerate(sorted(p.parent for p in GOLDEN.glob("*/*/transcripts"))):
        shutil.copytree(scenario / "transcripts", root / str(number))
    lines = [prompt(1), *(response(n) for n in range(2, 20))]
    for n in range(6):
        path = root / FOLDER / f"fork{n}.jsonl"
        path.parent.mkdir(exist_ok=True)
        session = {"sessionId": f"2222{n}222-2222-4333-8444-555555555555"}
        own = [response(1000 + 10 * n + k, **session) for k in range(3)]
        path.write_bytes(joined(*(line.replace(b"11111111-", b"2222%d222-" % n) for line in lines[: 3 + 2 * n]), *own))
    for place, path in enumerate(sorted(root.rglob("*.jsonl"))):
        changed = NOW_S - (place * 3600 if seed is None else chance.randrange(8 * MONTH_S))
        os.utime(path, (changed, changed))


def rows(folder: Path, seed: int | None, *, oldest_first: bool, followed: bool) -> dict[str, Any]:
    """Every table that is made of events, as it is after the import."""
    root = folder / "projects"
    tree(root, seed)
    clock = FakeClock(NOW_S * 1_000_000)
    store = DuckDBStore(folder / "store.duckdb")
    places = (Place(BY_ID["claude_code"], root),)
    importer = Importer(
        store, make_pipeline, ImportConfig(workers=0), clock, name_file=NAMES.file, places=places
    )  # fmt: skip
    shown: list[str] = []
    first = FirstPass(clock, tell=lambda: shown.append("")) if followed else None
    found = find_histories(places)
    importer.take_up(Found(files=sorted(found.files, reverse=not oldest_first)), first=first)
    assert len(shown) > 5 or not followed  # answers were brought up to date many times
    told = {}
    for table in DERIVED:
        asked = store.query(Statement(name=table, sql=f"select * from {table}"))
        told[table] = sorted(map(repr, asked.rows))
    store.close()
    return told


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))])
def test_the_rows_do_not_depend_on_the_order_or_on_who_follows(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachograph.inputs.histories.arriving._SHOW_PERIOD_S", 0.0)
    expected = rows(tmp_path / "plain", None, oldest_first=True, followed=False)
    assert sum(map(len, expected.values())) > 100
    assert rows(tmp_path / "followed", seed, oldest_first=False, followed=True) == expected
