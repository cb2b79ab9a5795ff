"""opencode's database made of text or by hand, read, and what it adds up to in the ledger."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tachograph.inputs.agents.opencode.agent import OpenCode
from tachograph.inputs.agents.opencode.documents import DocumentReader
from tachograph.inputs.agents.opencode.reader import DatabaseReader
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Batch, Frame, FrameKind, Position, Statement
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.model.event import RawEvent
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release

GOLDEN = Path(__file__).parents[2] / "golden" / "agents" / "opencode"
SCENARIOS = sorted(path.parent for path in GOLDEN.glob("*/*/expected.json"))
RECEIVED_US = 1_795_160_000_000_000
START_MS = 1_795_150_000_000

TABLES = """
create table session (id text primary key, parent_id text, directory text not null, version text not null,
    time_created integer not null);
create table message (id text primary key, session_id text not null, time_created integer not null,
    time_updated integer not null, data text not null);
create table part (id text primary key, message_id text not null, session_id text not null,
    time_created integer not null, time_updated integer not null, data text not null);
create index part_message_id_id_idx on part (message_id, id);
"""


def lay(target: Path, script: str, *, shm: bool = True) -> Path:
    """A database as a writer leaves it that was killed: everything still in its -wal."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "opencode.db"
        connection = sqlite3.connect(source, isolation_level=None)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.executescript("begin;" + script + "commit;")
        target.parent.mkdir(parents=True, exist_ok=True)
        for ending in ("", "-wal", "-shm") if shm else ("", "-wal"):
            shutil.copyfile(f"{source}{ending}", f"{target}{ending}")
        connection.close()
    return target


class Conversation:
    """Rows made by hand."""

    def __init__(self, session: str = "ses_one", **session_row: Any) -> None:
        self.session = session
        row = {"parent_id": None, "directory": "/home/dev/project", "version": "1.18.33", "time_created": START_MS}
        row |= session_row
        self.rows = ["insert into session (id, parent_id, directory, version, time_created) values "
                     + _values(session, *row.values())]  # fmt: skip
        self._parts = 0

    def message(self, number: int, data: dict[str, Any] | str, *parts: dict[str, Any] | str, updated: int = 0) -> None:
        """A message that began `number` seconds after the start, with its parts."""
        name, at = f"msg_{self.session}_{number:04d}", START_MS + 1000 * number
        if isinstance(data, dict):
            data = json.dumps({"time": {"created": at, "completed": at + 900}} | data)
        self.rows.append(f"insert into message values {_values(name, self.session, at, updated or at + 950, data)}")
        for part in parts:
            self._parts += 1
            text = part if isinstance(part, str) else json.dumps(part)
            values = _values(f"prt_{self.session}_{self._parts:04d}", name, self.session, at, at, text)
            self.rows.append(f"insert into part values {values}")

    def script(self) -> str:
        """All of it as SQL."""
        return "".join(f"{row};\n" for row in self.rows)


def _values(*values: Any) -> str:
    told = ("null" if v is None else str(v) if isinstance(v, int) else "'" + v.replace("'", "''") + "'" for v in values)
    return f"({', '.join(told)})"


def user(**more: Any) -> dict[str, Any]:
    """A prompt's data."""
    return {
        "role": "user",
        "agent": "build",
        "model": {"providerID": "anthropic", "modelID": "claude-sonnet-4-5"},
    } | more


def answer(**more: Any) -> dict[str, Any]:
    """An answer's data."""
    return {
        "role": "assistant",
        "mode": "build",
        "agent": "build",
        "modelID": "claude-sonnet-4-5",
        "providerID": "anthropic",
        "path": {"cwd": "/home/dev/project", "root": "/home/dev/project"},
        "cost": 0.5,
        "tokens": tokens(),
    } | more


def tokens(fresh: int = 10, output: int = 20, reasoning: int = 5, read: int = 300, write: int = 40) -> dict[str, Any]:
    """A usage."""
    return {"input": fresh, "output": output, "reasoning": reasoning, "cache": {"read": read, "write": write}}


def step(cost: float = 0.5, **counts: int) -> dict[str, Any]:
    """The part that ends a request."""
    return {"type": "step-finish", "reason": "stop", "cost": cost, "tokens": tokens(**counts)}


def text(words: str, **more: Any) -> dict[str, Any]:
    """A text."""
    return {"type": "text", "text": words} | more


def tool(name: str, call: str = "toolu_0123456789", *, status: str = "completed", **state: Any) -> dict[str, Any]:
    """A tool call."""
    told = {"status": status, "input": {}, "time": {"start": START_MS + 100, "end": START_MS + 350}} | state
    return {"type": "tool", "tool": name, "callID": call, "state": told}


def read(path: Path, since: int = 0) -> tuple[list[RawEvent], DatabaseReader]:
    """All events of a reading, and its reader."""
    reader = DatabaseReader(received_us=RECEIVED_US)
    return [event for events in reader.read(str(path), since) for event in events], reader


def read_script(folder: Path, script: str) -> list[RawEvent]:
    """The events of a database with these rows."""
    return read(lay(folder / "opencode.db", TABLES + script))[0]


def read_documents(storage: Path) -> list[RawEvent]:
    """The events of all messages kept as documents."""
    found = []
    for path in sorted(storage.glob("message/*/*.json")):
        reader = DocumentReader(received_us=RECEIVED_US)
        found += [event for events in reader.read(str(path), 0) for event in events]
        assert not reader.bad_lines
    return found


def pipeline() -> Pipeline:
    """The real one, with a fixed secret."""
    return Pipeline(
        decoder=Decoder(),
        agents=[OpenCode()],
        release=Release(Pseudonymizer(b"a secret of thirty-two bytes len")),
        prices=PriceTable.load(),
    )


def telemetry(scenario: Path) -> list[Frame]:
    """The export requests of a recording."""
    bodies = sorted((scenario / "otlp").glob("*.json"))
    return [
        Frame(
            kind=FrameKind[f"{path.name.split('.')[1]}_json".upper()],
            received_us=RECEIVED_US,
            body=path.read_bytes(),
            end=Position(1, number),
        )
        for number, path in enumerate(bodies, 1)
    ]


def ledger(*batches: Batch) -> DuckDBStore:
    """A settled store of these."""
    store = DuckDBStore(":memory:")
    for batch in batches:
        store.write(batch)
    store.settle()
    return store


def ask(store: DuckDBStore, sql: str) -> list[dict[str, Any]]:
    """Rows."""
    return store.query(Statement(name="test", sql=sql)).records()


def requests(store: DuckDBStore) -> dict[str, int]:
    """What the ledger's rows add up to."""
    (row,) = ask(
        store,
        "select count(*) as requests, coalesce(sum(input_tokens), 0)::bigint as input,"
        " coalesce(sum(output_tokens), 0)::bigint as output, coalesce(sum(reasoning_tokens), 0)::bigint as reasoning,"
        " coalesce(sum(cache_read_tokens), 0)::bigint as cache_read,"
        " coalesce(sum(cache_write_tokens), 0)::bigint as cache_write,"
        " coalesce(sum(cost_nanousd), 0)::bigint as cost_nanousd,"
        " count(*) filter (cost_basis = 'unpriced') as unpriced_requests from requests where outcome = 'ok'",
    )
    return row


def values(events: Iterable[RawEvent], kind: str, name: str) -> list[Any]:
    """An attribute of all events of a kind."""
    return [event.attributes.get(name) for event in events if event.kind == kind]
