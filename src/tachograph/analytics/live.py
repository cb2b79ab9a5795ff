"""What came in after a record: the question behind the live stream. A record is what one source told, not the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tachograph.analytics.compile import half_up
from tachograph.analytics.windowed import among
from tachograph.ports import Statement, Store

__all__ = ["FIELDS", "FILTERS", "Standing", "last_number", "records_between", "standing"]

FIELDS: Mapping[str, str] = {
    "event_id": "event_id", "seq": "seq", "occurred_at": "occurred_at", "received_at": "received_at", "kind": "kind",
    "agent": "agent", "source": "source", "name": "name", "session": "session_id", "user": "user_id",
    "organization": "organization_id", "project": "project", "repository": "repository", "agent_version": "agent_version",
    "entrypoint": "entrypoint", "model": "model", "query_source": "query_source", "subagent": "subagent",
    "skill": "skill", "plugin": "plugin", "mcp_server": "mcp_server", "prompt_origin": "prompt_origin",
    "tool_name": "tool_name", "decision": "decision", "success": "success", "error_class": "error_class",
    "status_code": "status_code", "duration_ms": "duration_ms", "ttft_ms": "ttft_ms", "input_tokens": "input_tokens",
    "output_tokens": "output_tokens", "reasoning_tokens": "reasoning_tokens", "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens", "cost_microusd": "cost_nanousd", "cost_basis": "cost_basis",
    "lines_added": "lines_added", "lines_removed": "lines_removed", "counter": "counter", "quantity": "quantity",
    "active_seconds": "active_seconds", "feature": "feature", "feature_name": "feature_name",
}  # fmt: skip
"""What is told of a record, and the column that says it. Texts of the preset `content` are not among it."""

FILTERS: Mapping[str, str] = {"agent": "agent", "session": "session_id", "kind": "kind"}
"""By what the stream can be narrowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a store is, in one moment."""

    mark: str  # of the numbering: numbers of another one say nothing here
    settled: int  # the derived tables tell of the records up to here
    upto: int | None  # the last record after the one asked about; None: there is none


_STANDING = """select (select max(mark) from numbering), (select max(seq) from settled),
    (select max(seq) from events where seq > $after)"""

_LAST = "select max(seq) from events where seq > $after"


def standing(store: Store, after: int) -> Standing:
    """How far the store is, seen from the record of this number. Raises QueryError, StoreError."""
    ((mark, settled, upto),) = store.query(
        Statement(name="live_standing", sql=_STANDING, parameters={"after": after})
    ).rows
    beyond = upto is not None and int(upto) > after  # an engine may say 0 for the maximum of nothing
    return Standing(mark=str(mark), settled=int(settled), upto=int(upto) if beyond else None)


def last_number(store: Store, settled: int) -> int:
    """The number of the last record; looked for only after the settled ones, which costs little."""
    ((last,),) = store.query(Statement(name="live_last", sql=_LAST, parameters={"after": settled})).rows
    return max(settled, int(last or 0))


def records_between(
    store: Store,
    after: int,
    upto: int,
    *,
    limit: int,
    filters: Mapping[str, Sequence[str | None]] | None = None,
    people: bool = True,
) -> list[dict[str, Any]]:
    """The next records after one number, up to another, in order; what a record does not say is left out.

    Args:
        store: where to look.
        after, upto: the first excluded, the last included.
        limit: at most so many.
        filters: values to keep, as stored, by the names in FILTERS; None is unknown.
        people: False leaves it untold whose records they are.

    Raises:
        QueryError, StoreError
    """
    bound: dict[str, Any] = {"after": after, "upto": upto}
    conditions = ["seq > $after", "seq <= $upto"]
    for name, values in (filters or {}).items():
        conditions.append(among(FILTERS[name], values, bound, name))
    fields = {name: column for name, column in FIELDS.items() if people or name != "user"}
    columns = ", ".join(fields.values())
    sql = f"select {columns} from events where {' and '.join(conditions)} order by seq limit {int(limit)}"  # noqa: S608 - names of ours
    rows = store.query(Statement(name="live_records", sql=sql, parameters=bound), max_rows=limit).rows
    return [
        {name: _told(name, cell) for name, cell in zip(fields, row, strict=True) if cell is not None} for row in rows
    ]


def _told(name: str, cell: Any) -> Any:
    if name == "cost_microusd":
        return half_up(cell)
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell
