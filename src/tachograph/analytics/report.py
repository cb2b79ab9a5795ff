"""The report: totals of a window, what they rest on, and breakdowns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tachograph.analytics.compile import answer, half_up, local_time
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query, Window
from tachograph.analytics.windowed import usage
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["TOTALS", "Report", "build_report"]

TOTALS = (
    "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_microusd", "cost_usd", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits",
    "pull_requests", "active_seconds",
)  # fmt: skip
"""The metrics of a report, in order."""

NO_ACTIVE_TIME = "no source in this window says how long somebody was active; the agent's OpenTelemetry metrics do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Totals, breakdowns per dimension, and sentences on what the figures rest on. All values fit into JSON."""

    window: Window
    totals: dict[str, Any]  # TOTALS, `coverage`, and `reasons` for what is null
    by: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """As the API and `report --json` show it."""
        return {"window": self.window.as_text(), "totals": self.totals, "by": self.by, "notes": list(self.notes)}


def build_report(store: Store, window: Window, by: Sequence[str] = ()) -> Report:
    """Totals of the window, and one breakdown per name in `by`. Raises QueryError."""
    unknown = [name for name in by if name not in DIMENSIONS]
    if unknown:
        raise UnknownDimension(f"there is no dimension {unknown[0]!r}", hint=f"dimensions are: {', '.join(DIMENSIONS)}")
    (totals,) = answer(store, Query(metrics=TOTALS, window=window)).records()
    coverage = _coverage(store, window)
    reasons = {"active_seconds": NO_ACTIVE_TIME} if totals["active_seconds"] is None else {}
    breakdowns = {name: _breakdown(store, window, name) for name in by}
    return Report(
        window=window,
        totals={**totals, "coverage": coverage, "reasons": reasons},
        by=breakdowns,
        notes=_notes(totals, coverage, reasons),
    )


def _breakdown(store: Store, window: Window, name: str) -> list[dict[str, Any]]:
    """One row per value, with every metric of the totals that can be split that way."""
    dimension = DIMENSIONS[name]
    metrics = [m for m in TOTALS if any(fact in dimension.sql for fact in METRICS[m].sql)]
    rows = answer(store, Query(metrics=metrics, by=[name], window=window)).records()
    if dimension.type != "time":
        rows.sort(key=lambda row: (-row.get("cost_microusd", 0), -row.get("requests", 0)))
    return rows


def _coverage(store: Store, window: Window) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    source = usage(window, parameters, local_time(window, None, None, parameters))
    row = store.query(Statement(name="coverage", sql=_COVERAGE.format(source=source), parameters=parameters)).records()[
        0
    ]
    unpriced = store.query(
        Statement(name="unpriced_models", sql=_UNPRICED.format(source=source), parameters=parameters)
    ).rows
    drops = store.query(Statement(name="drops", sql=_DROPS)).records()[0]
    number = {name: int(value or 0) for name, value in row.items()}
    all_tokens = number["row_tokens"] + number["residual_tokens"]
    return {
        "share": None if all_tokens == 0 else number["row_tokens"] / all_tokens,
        "residual": {
            "tokens": number["residual_tokens"],
            "input_tokens": number["residual_input"],
            "output_tokens": number["residual_output"],
            "cache_read_tokens": number["residual_read"],
            "cache_write_tokens": number["residual_write"],
            "cost_microusd": half_up(number["residual_cost"]),
        },
        "requests": {
            "otel_only": number["otel_only"],
            "transcript_only": number["transcript_only"],
            "both": number["both_saw"],
            "other": number["neither_saw"],
        },
        "seen_by": {
            "otel_event": number["by_event"],
            "otel_span": number["by_span"],
            "transcript": number["by_transcript"],
            "hook": number["by_hook"],
        },
        "auxiliary_requests": number["auxiliary_requests"],
        "cost_basis": {
            "reported_microusd": half_up(number["reported_cost"]),
            "priced_microusd": half_up(number["priced_cost"]),
            "counter_microusd": half_up(number["residual_cost"]),
        },
        "unpriced_requests": sum(int(count) for _, count in unpriced),
        "unpriced_models": [model for model, _ in unpriced],
        "api_errors": number["api_errors"],
        "dropped": int(drops["dropped"] or 0),
    }


_TOKENS = "input_tokens + output_tokens + cache_read_tokens + cache_write_tokens"
_OTEL = "(seen_event or seen_console or seen_span)"

_COVERAGE = f"""
select
    sum({_TOKENS}) filter (where outcome = 'ok') as row_tokens,
    sum({_TOKENS}) filter (where outcome = 'residual') as residual_tokens,
    sum(input_tokens) filter (where outcome = 'residual') as residual_input,
    sum(output_tokens) filter (where outcome = 'residual') as residual_output,
    sum(cache_read_tokens) filter (where outcome = 'residual') as residual_read,
    sum(cache_write_tokens) filter (where outcome = 'residual') as residual_write,
    sum(cost_nanousd) filter (where outcome = 'residual') as residual_cost,
    sum(cost_nanousd) filter (where cost_basis = 'reported') as reported_cost,
    sum(cost_nanousd) filter (where cost_basis = 'priced') as priced_cost,
    sum(n) filter (where outcome = 'ok' and {_OTEL} and not seen_transcript) as otel_only,
    sum(n) filter (where outcome = 'ok' and seen_transcript and not {_OTEL}) as transcript_only,
    sum(n) filter (where outcome = 'ok' and seen_transcript and {_OTEL}) as both_saw,
    sum(n) filter (where outcome = 'ok' and not seen_transcript and not {_OTEL}) as neither_saw,
    sum(n) filter (where outcome = 'ok' and seen_event) as by_event,
    sum(n) filter (where outcome = 'ok' and seen_span) as by_span,
    sum(n) filter (where outcome = 'ok' and seen_transcript) as by_transcript,
    sum(n) filter (where outcome = 'ok' and seen_hook) as by_hook,
    sum(n) filter (where auxiliary) as auxiliary_requests,
    sum(n) filter (where outcome = 'error') as api_errors
from {{source}}
"""  # noqa: S608 - fixed text

_UNPRICED = """
select coalesce(model, 'unknown') as model_name, sum(n) as quantity
from {source} where cost_basis = 'unpriced'
group by 1 order by 2 desc, 1 limit 100
"""

_DROPS = "select sum(quantity) as dropped from drops"


def _notes(totals: dict[str, Any], coverage: dict[str, Any], reasons: dict[str, str]) -> list[str]:
    notes = []
    residual, requests = coverage["residual"], coverage["requests"]
    if residual["tokens"] or residual["cost_microusd"]:
        notes.append(
            f"{residual['tokens']:,} tokens (${residual['cost_microusd'] / 1e6:,.2f}) were seen only by the agent's counters, "
            "not request by request"
        )
    if totals["requests"]:
        notes.append(
            f"requests seen by OpenTelemetry and transcript {requests['both']:,}, by OpenTelemetry only "
            f"{requests['otel_only']:,}, by transcript only {requests['transcript_only']:,}"
        )
    if coverage["auxiliary_requests"]:
        notes.append(
            f"{coverage['auxiliary_requests']:,} requests are in no transcript of their session: titles, compaction and the like"
        )
    if coverage["unpriced_requests"]:
        names = ", ".join(coverage["unpriced_models"][:5])
        notes.append(f"{coverage['unpriced_requests']:,} requests have no known cost (models: {names})")
    notes.extend(reasons.values())
    return notes
