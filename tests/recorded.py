"""Recorded sessions of any agent: its export requests and history files as events, alone or all together in a store."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.agents.registry import AGENTS, make_others
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Batch, FrameKind, Statement
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.model.event import Event, RawEvent
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release
from tests.captures import RECEIVED_US, frame, to_json, to_protobuf

__all__ = ["GOLDEN", "history", "pipeline", "read_lines", "telemetry", "totals"]

GOLDEN = Path(__file__).parent / "golden" / "agents"

_TOTALS = """
select
    (select count(*) from requests where outcome = 'ok') as requests,
    (select count(*) from requests where outcome = 'error') as errors,
    (select count(*) from requests where outcome = 'residual') as residuals,
    coalesce(sum(input_tokens), 0)::bigint as input, coalesce(sum(output_tokens), 0)::bigint as output,
    coalesce(sum(cache_read_tokens), 0)::bigint as cache_read,
    coalesce(sum(cache_write_tokens), 0)::bigint as cache_write,
    coalesce(sum(reasoning_tokens), 0)::bigint as reasoning,
    (select count(*) from prompts where prompt_origin = 'human') as prompts,
    (select count(*) from tool_calls) as tool_calls,
    (select count(*) from tool_calls where success is false) as tool_failures,
    (select count(distinct session_id) from events where session_id is not null) as sessions,
    (select coalesce(sum(lines_added), 0)::bigint from outcomes) as lines_added,
    (select coalesce(sum(lines_removed), 0)::bigint from outcomes) as lines_removed,
    (select coalesce(sum(commits), 0)::bigint from outcomes) as commits,
    (select coalesce(sum(pull_requests), 0)::bigint from outcomes) as pull_requests
from requests where outcome in ('ok', 'residual')
"""


@functools.cache
def _prices() -> PriceTable:
    return PriceTable.load()


def pipeline() -> Pipeline:
    """The whole pipeline as it is built, with every agent, a fixed secret and the shipped prices."""
    return Pipeline(
        decoder=Decoder(),
        agents=AGENTS,
        others=make_others(),
        release=Release(Pseudonymizer(b"a secret of thirty-two bytes len")),
        prices=_prices(),
    )


def telemetry(session: Path, encoding: str = "") -> Batch:
    """The recorded requests, in the order they were received, all in `encoding` if one is named."""
    found = []
    bodies = [path for path in sorted((session / "otlp").iterdir()) if not path.name.endswith(".meta.json")]
    for number, path in enumerate(bodies, 1):
        signal, body = path.name.split(".")[1], path.read_bytes()
        kind = "json" if path.suffix == ".json" else "protobuf"
        if encoding and encoding != kind:
            kind, body = encoding, to_json(signal, body) if encoding == "json" else to_protobuf(signal, body)
        found.append(frame(FrameKind[f"{signal}_{kind}".upper()], body, end=number))
    return pipeline().run(found)


def read_lines(history_id: str, path: Path, *, portion: int = 0) -> list[RawEvent]:
    """What the reader of this history makes of a file, given in portions of so many lines; 0 for all at once."""
    reader = BY_ID[history_id].make(file_hint=str(path), received_us=RECEIVED_US, from_start=True)
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    offset = 0
    for begin in range(0, len(lines), portion or len(lines)):
        part = lines[begin : begin + (portion or len(lines))]
        reader.feed(part, number=begin + 1, offset=offset)
        offset += sum(len(line) + 1 for line in part)
    assert not reader.bad_lines
    events: list[RawEvent] = reader.finish()
    return events


def history(history_id: str, paths: Iterable[Path]) -> Batch:
    """The events of history files."""
    return pipeline().run_records([event for path in sorted(paths) for event in read_lines(history_id, path)])


def totals(*batches: Iterable[Event]) -> dict[str, Any]:
    """What a store says after these events, each batch written and settled for itself."""
    store = DuckDBStore(":memory:")
    try:
        for events in batches:
            store.write(Batch(events=list(events)))
            store.settle()
        (row,) = store.query(Statement(name="totals", sql=_TOTALS)).records()
        return row
    finally:
        store.close()
