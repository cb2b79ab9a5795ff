"""Puts inputs into a real store, as they would come: files that grow, requests that are decoded, in any order."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.agents.registry import AGENTS
from tachograph.inputs.histories.config import ImportConfig
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.importer import Importer
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.build import build_pipeline
from tachograph.ports import Batch, Frame, FrameKind, Position, Statement, WriteResult
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph.store.settle import DERIVED
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tests.corpus.ledger.claims import Export, Input, Snapshot

__all__ = ["NAMES", "TABLES", "Feed"]

SECRET = b"made-up-secret-made-up-secret-32"
NAMES = Pseudonymizer(SECRET)
TABLES = (*DERIVED, "hours")
WEEK_MS = 7 * 86_400_000


class _Clock:
    def now_us(self) -> int:
        return 1_800_000_000_000_000

    def monotonic_s(self) -> float:
        return 0.0


class _Unsettled:
    """The store as an importer sees it: when to settle is decided here."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def settle(self) -> None:
        return None


class Feed:
    """A store, an importer over a folder of its own, and a pipeline for telemetry: no servers."""

    def __init__(self) -> None:
        self.store = DuckDBStore(":memory:")
        self.prices = PriceTable.load()
        self._folder = tempfile.TemporaryDirectory(prefix="tachograph-corpus-")
        self.root = Path(self._folder.name).resolve()
        self._importer = Importer(
            _Unsettled(self.store),
            lambda: build_pipeline(secret=SECRET, prices=self.prices),
            ImportConfig(workers=0),
            _Clock(),
            name_file=NAMES.file,
            places=(Place(BY_ID["claude_code"], self.root),),
        )
        self._pipeline = build_pipeline(secret=SECRET, prices=self.prices, decoder=Decoder(), agents=AGENTS)
        self._frames = 0

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()
        self._folder.cleanup()

    def deliver(
        self, inputs: Sequence[Input], chance: random.Random, *, settles: float = 0.3, growing: bool = False
    ) -> None:
        """Everything, in an order and in batches that `chance` draws; what comes twice comes twice.

        A file may also become shorter, as one that was put back from a backup; with `growing` it never does.
        """
        todo = list(inputs)
        chance.shuffle(todo)
        if growing:
            todo = _in_growth(todo)
        while todo:
            size = chance.randrange(1, max(2, len(todo)))
            self._take(todo[:size], late=chance.random() < 0.3)
            todo = todo[size:]
            if todo and chance.random() < settles:
                self.store.settle()
        self.store.settle()

    def _take(self, inputs: Sequence[Input], *, late: bool) -> None:
        written: set[str] = set()
        for one in inputs:
            if isinstance(one, Snapshot):
                if one.path in written:  # each stands long enough to be read
                    self._read()
                    written.clear()
                path = self.root / one.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(one.data)
                written.add(one.path)
        if written:
            self._read()
        frames = [self._frame(one, late=late) for one in inputs if isinstance(one, Export)]
        if frames:
            self._write(self._pipeline.run(frames))

    def _read(self) -> None:
        self._importer.run()

    def _write(self, batch: Batch) -> WriteResult:
        return self.store.write(batch)

    def _frame(self, one: Export, *, late: bool) -> Frame:
        self._frames += 1
        kind = FrameKind[f"{one.kind.upper()}_{'PROTOBUF' if one.protobuf else 'JSON'}"]
        received_us = (one.sent_ms + (WEEK_MS if late else 500)) * 1000
        return Frame(kind=kind, received_us=received_us, body=one.body, end=Position(1, self._frames))

    def ask(self, sql: str) -> list[dict[str, Any]]:
        """Rows of a question."""
        return self.store.query(Statement(name="corpus", sql=sql)).records()

    def nameless_results(self) -> set[str]:
        """Ids of tool calls of which a history showed the result without the call."""
        sql = "select distinct tool_use_id from events where kind = 'tool.call' and source = 'transcript' and tool_name is null"
        return {row[0] for row in self.store.query(Statement(name="nameless", sql=sql)).rows}

    def tables(self, names: Iterable[str] = TABLES) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of the derived tables, sorted."""
        found = {}
        for name in names:
            rows = self.store.query(Statement(name="all", sql=f"select * from {name}")).rows
            found[name] = sorted(rows, key=repr)
        return found


def _in_growth(inputs: Sequence[Input]) -> list[Input]:
    """The same, with the states of each file in the order of their size."""
    states: dict[str, list[Snapshot]] = {}
    for one in inputs:
        if isinstance(one, Snapshot):
            states.setdefault(one.path, []).append(one)
    for of_one in states.values():
        of_one.sort(key=lambda s: -len(s.data))
    return [states[one.path].pop() if isinstance(one, Snapshot) else one for one in inputs]
