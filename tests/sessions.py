"""Recorded sessions of any agent: their exports as frames, their local histories as records, and the ledger of both."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tachograph.analytics.query import Window
from tachograph.analytics.report import build_report
from tachograph.inputs.agents.histories import HISTORIES
from tachograph.inputs.agents.registry import AGENTS
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Batch, Frame, FrameKind
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.model.event import Event, EventKind, RawEvent, Source
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release
from tests.captures import RECEIVED_US, frame

__all__ = [
    "GOLDEN",
    "TOKENS",
    "expected",
    "export_frames",
    "ledger",
    "local_records",
    "make_pipeline",
    "ran",
    "totals",
    "usage",
]

GOLDEN = Path(__file__).parent / "golden" / "agents"
TOKENS = ("input_tokens", "cache_read_tokens", "output_tokens", "reasoning_tokens")

_prices = PriceTable.load()


def expected(session: Path) -> dict[str, Any]:
    """What was played to the client."""
    found: dict[str, Any] = json.loads((session / "expected.json").read_text("utf-8"))
    return found


def make_pipeline() -> Pipeline:
    """A whole pipeline with every agent, a fixed secret and the shipped prices."""
    return Pipeline(
        decoder=Decoder(),
        agents=AGENTS,
        release=Release(Pseudonymizer(b"a secret of thirty-two bytes len")),
        prices=_prices,
    )


def export_frames(session: Path) -> list[Frame]:
    """What the client exported, in order."""
    found = []
    for number, path in enumerate(sorted((session / "otlp").iterdir()), 1):
        signal = path.name.split(".")[1]
        encoding = "json" if path.suffix == ".json" else "protobuf"
        found.append(frame(FrameKind[f"{signal}_{encoding}".upper()], path.read_bytes(), end=number))
    return found


def local_records(session: Path, agent: str, *, only: str = "") -> list[RawEvent]:
    """What the agent's readers make of the files it left; `only` names one history."""
    records: list[RawEvent] = []
    for path in sorted((session / "local").rglob("*")):
        if not path.is_file():
            continue
        body = path.read_bytes()
        history = next((h for h in HISTORIES if h.begins(body[: 64 * 1024])), None)
        if history is None or history.agent != agent or (only and history.id != only):
            continue
        if history.form == "whole":
            reader = history.make(received_us=RECEIVED_US)
            records += [record for some in reader.read(str(path), 0) for record in some]
        else:
            reader = history.make(file_hint=str(path), received_us=RECEIVED_US, from_start=True)
            reader.feed(body.split(b"\n"), number=1, offset=0)
            records += [*reader.drain(), *reader.finish()]
        assert not reader.bad_lines
    return records


def ran(records: list[RawEvent]) -> list[Event]:
    """Through the wall."""
    return list(make_pipeline().run_records(records).events)


def usage(events: Iterable[Event], source: Source) -> dict[str, int]:
    """The sum of each token class over the requests of one source."""
    mine = [e for e in events if e.kind is EventKind.API_REQUEST and e.source is source]
    return {name: sum(int(e.attributes.get(name, 0)) for e in mine) for name in TOKENS} | {"requests": len(mine)}


def ledger(*parts: Iterable[Event]) -> DuckDBStore:
    """A store with all of these, written one after the other and settled after each."""
    store = DuckDBStore(":memory:")
    for events in parts:
        store.write(Batch(events=list(events)))
        store.settle()
    return store


def totals(store: DuckDBStore) -> dict[str, Any]:
    """The report's totals, over all time."""
    found: dict[str, Any] = build_report(store, Window()).totals
    return found
