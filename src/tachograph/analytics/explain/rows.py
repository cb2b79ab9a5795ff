"""The ledger's rows, page by page, for comparisons that happen where somebody's files are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.query import Window
from tachograph.analytics.windowed import between
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import QueryError
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["LedgerPages", "LedgerRow", "all_rows", "ledger_page"]

PAGE_ROWS = 20_000

_COLUMNS = (
    "request_key, agent, outcome, occurred_at, session_id, message_id, request_id, model, speed, service_tier, "
    "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, web_search_requests, "
    "cost_nanousd, cost_basis, auxiliary, seen_event, seen_span, seen_transcript, seen_hook"
)


class LedgerPages(Protocol):
    """Whoever gives pages: the running server, or the store opened here."""

    def ledger(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """One page; parameters since, until, after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One request, or what only a counter saw."""

    request_key: str
    agent: str
    outcome: str
    occurred_at: datetime  # UTC, aware
    session_id: str | None
    message_id: str | None
    request_id: str | None
    model: str | None
    speed: str | None
    service_tier: str | None
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    web_search_requests: int
    cost_nanousd: int | None
    cost_basis: str
    auxiliary: bool
    seen_event: bool
    seen_span: bool
    seen_transcript: bool
    seen_hook: bool

    @property
    def at_us(self) -> int:
        """UTC microseconds since 1970."""
        return int(self.occurred_at.timestamp()) * 1_000_000 + self.occurred_at.microsecond

    @property
    def usage(self) -> TokenUsage:
        """What a price is worked out from."""
        return TokenUsage(
            input=self.input_tokens,
            output=self.output_tokens,
            cache_read=self.cache_read_tokens,
            cache_write=max(self.cache_write_tokens, self.cache_write_1h_tokens),
            cache_write_1h=self.cache_write_1h_tokens,
            web_search_requests=self.web_search_requests,
        )

    @property
    def figure(self) -> Figure:
        """What it adds to a total."""
        return Figure(
            requests=int(self.outcome == "ok"),
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            cache_read_tokens=self.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens,
            cost_nanousd=self.cost_nanousd or 0,
        )


def ledger_page(store: Store, window: Window, after: str | None, *, limit: int = PAGE_ROWS) -> dict[str, Any]:
    """Columns, rows and where the next page begins (None after the last), all fit for JSON.

    Raises:
        QueryError: `after` is none of ours.
    """
    parameters: dict[str, Any] = {}
    conditions = ["outcome in ('ok', 'residual')", *between("occurred_at", window, parameters)]
    if after is not None:
        time_text, _, key = after.partition(" ")
        try:
            parameters["after_at"] = datetime.fromisoformat(time_text).replace(tzinfo=None)
        except ValueError:
            raise QueryError(f"{after!r} is no place in the ledger", hint="take `next` of the page before") from None
        parameters["after_key"] = key
        conditions.append(
            "(occurred_at > $after_at or (occurred_at = $after_at and concat(agent, ' ', request_key) > $after_key))"
        )
    sql = (
        f"select {_COLUMNS} from requests where {' and '.join(conditions)} "  # noqa: S608 - names of ours
        f"order by occurred_at, concat(agent, ' ', request_key) limit {int(limit)}"
    )
    result = store.query(Statement(name="ledger_page", sql=sql, parameters=parameters), max_rows=limit)
    rows = [[value.isoformat() + "Z" if isinstance(value, datetime) else value for value in row] for row in result.rows]
    last = result.records()[-1] if len(rows) == limit else None
    place = None if last is None else f"{last['occurred_at'].isoformat()} {last['agent']} {last['request_key']}"
    return {"columns": list(result.columns), "rows": rows, "next": place}


def all_rows(pages: LedgerPages, window: Window) -> Iterator[LedgerRow]:
    """Every row of the window, in order of time."""
    bounds = {"since": window.start, "until": window.end}
    parameters = {name: at.isoformat() + "Z" for name, at in bounds.items() if at is not None}
    after: str | None = None
    while True:
        page = pages.ledger(parameters if after is None else {**parameters, "after": after})
        for row in page["rows"]:
            told = dict(zip(page["columns"], row, strict=True))
            told["occurred_at"] = datetime.fromisoformat(told["occurred_at"])
            yield LedgerRow(**told)
        after = page["next"]
        if after is None:
            return
