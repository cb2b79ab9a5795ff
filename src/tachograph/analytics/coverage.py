"""What the figures rest on: which share was seen request by request, by whom, and what only counters say.

One pass over the usage of a window, grouped by who saw it, gives all of it; the arithmetic is done here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tachograph.analytics.compile import answer, ask, compile_query, half_up, local_time
from tachograph.analytics.metrics import METRICS, Metric, dimensions_of, part_of
from tachograph.analytics.query import Query, Window
from tachograph.analytics.windowed import between, usage, used
from tachograph.ports import Result, Statement, Store

__all__ = [
    "GOOD",
    "PARTS",
    "TOKENS",
    "answer_with_coverage",
    "compact",
    "coverage_of",
    "is_usage",
    "percent",
    "rests_on_usage",
]

GOOD = 0.99  # a row whose coverage is below this is marked

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
SOURCES = {
    "otel_log": "seen_event",
    "otel_span": "seen_span",
    "console": "seen_console",
    "transcript": "seen_transcript",
    "hook": "seen_hook",
    "sdk": "seen_sdk",
}
"""Every way in that shows single requests, and the mark of its requests."""

_SPOKEN = {
    "transcript": "transcript",
    "otel_log": "OTel",
    "otel_span": "OTel",
    "console": "console",
    "hook": "hooks",
    "sdk": "SDK",
}
_ALL = " + ".join(TOKENS)


def _part(name: str, usage_sql: str, requests_sql: str | None = None) -> Metric:
    sql = {"usage": usage_sql, "requests": requests_sql or usage_sql}
    return Metric(name=name, unit="count", sql=sql, better="neither", help="")  # type: ignore[arg-type]


PARTS = (
    _part("covered_tokens", f"sum({_ALL}) filter (where outcome <> 'residual')"),
    _part("uncovered_tokens", f"sum({_ALL}) filter (where outcome = 'residual')"),
    _part("covered_nanousd", "sum(cost_nanousd) filter (where outcome <> 'residual')"),
    _part("uncovered_nanousd", "sum(cost_nanousd) filter (where outcome = 'residual')"),
    _part(
        "uncosted_requests",
        "sum(n) filter (where outcome = 'ok' and cost_basis = 'unpriced')",
        "count(*) filter (where outcome = 'ok' and cost_basis = 'unpriced')",
    ),
)
"""Sums that say what a cost rests on; asked beside the metrics in the same pass, and made into `compact`."""


def compact(parts: Iterable[int]) -> dict[str, Any]:
    """The coverage of one figure, from the values of PARTS: shares of its usage, and requests without a known cost.

    Shares are of tokens; where there are none (counters of cost alone), of cost; null where there is no usage.
    """
    covered, uncovered, covered_cost, uncovered_cost, unpriced = (int(part or 0) for part in parts)
    if covered + uncovered == 0:
        covered, uncovered = covered_cost, uncovered_cost
    whole = covered + uncovered
    return {
        "share": covered / whole if whole else None,
        "residual_share": uncovered / whole if whole else None,
        "unpriced_requests": unpriced,
    }


def answer_with_coverage(
    store: Store, query: Query
) -> tuple[Result, dict[str, Any] | None, list[dict[str, Any]] | None]:
    """The answer; what all of it rests on, and each row. Null where nothing that is asked for is usage or its cost."""
    compile_query(query)  # says what is wrong with the question before anything is added to it
    if not rests_on_usage(query):
        return answer(store, query), None, None
    width = len(query.by) + len(query.metrics)
    full = ask(store, query, [*(METRICS[name] for name in query.metrics), *PARTS])
    parts = [row[width:] for row in full.rows]
    whole = [sum(column) for column in zip(*parts, strict=True)] or [0] * len(PARTS)
    kept = Result(columns=full.columns[:width], rows=[row[:width] for row in full.rows])
    return kept, compact(whole), [compact(cells) for cells in parts]


def rests_on_usage(query: Query) -> bool:
    """True if something that is asked for is usage or its cost, and usage knows all dimensions: others have no coverage."""
    known = dimensions_of(PARTS[0])
    return any(is_usage(METRICS[name]) for name in query.metrics) and all(
        n in known for n in (*query.by, *query.filters)
    )


def is_usage(metric: Metric) -> bool:
    """True of tokens and costs that come from requests, or are made of such."""
    if metric.unit not in ("tokens", "microusd", "usd"):
        return False
    return any("requests" in part.sql for part in ([part_of(name) for name in metric.parts] or [metric]))


def percent(share: float) -> str:
    """A share of one as text. Never rounded up: 100 % is said of all and nothing else."""
    tenths = math.floor(round(share * 1000, 6))
    if share in (0, 1):
        return "100 %" if share else "0 %"
    return f"{min(tenths, 999) / 10:.1f} %"


def coverage_of(store: Store, window: Window) -> dict[str, Any]:
    """Everything known about what the totals of a window rest on; all values fit into JSON."""
    rows = _ask(store, "coverage", _USAGE, window)
    everything = _Sums(rows)
    differences = _by_source(_ask(store, "differences", _DIFFERENCES, window))
    held = _ask(store, "held", _HELD_AT_ALL, window)[0]
    counters = _counters(_ask(store, "counters", _COUNTERS, window) if held["counters"] else [], everything)
    sources = _sources(rows, differences, everything)
    made = {
        **everything.compact(),
        "summary": "",
        "residual": everything.residual(),
        "requests": everything.requests(),
        "seen_by": {
            ("otel_event" if name == "otel_log" else name): everything.seen(mark) for name, mark in SOURCES.items()
        },
        "sources": sources,
        "counters": counters,
        "agents": _agents(rows),
        "auxiliary_requests": everything.count(lambda row: row["auxiliary"]),
        "cost_basis": everything.costs(),
        "unpriced_models": [],
        "unpriced": _unpriced(rows),
        "api_errors": everything.count(lambda row: row["outcome"] == "error"),
        "dropped": int(held["dropped"] or 0),
    }
    made["unpriced_models"] = list(dict.fromkeys(entry["model"] for entry in made["unpriced"] if entry["requests"]))[
        :100
    ]
    made["summary"] = _summary(made)
    return made


def _summary(coverage: Mapping[str, Any]) -> str:
    """One line for people."""
    if coverage["share"] is None:
        return "no usage in this time range"
    covered = math.floor(round(coverage["share"] * 1000, 6))
    names = dict.fromkeys(_SPOKEN[name] for name in ("transcript", *SOURCES) if coverage["sources"][name]["requests"])
    if coverage["residual_share"] or coverage["counters"]["ways"]:
        names["counters"] = None
    *first, last = names or {"nothing": None}
    seen = f"{', '.join(first)} and {last}" if first else last
    return f"coverage {percent(coverage['share'])}, residual {percent(1 - covered / 1000)}, seen by {seen}"


class _Sums:
    """Sums over rows of the usage query."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self._rows = list(rows)

    def total(self, column: str, keep: Any = lambda _: True) -> int:
        return sum(int(row[column] or 0) for row in self._rows if keep(row))

    def count(self, keep: Any) -> int:
        return self.total("n", keep)

    def tokens(self, keep: Any = lambda _: True) -> int:
        return sum(self.total(column, keep) for column in TOKENS)

    def seen(self, mark: str) -> int:
        return self.count(lambda row: row["outcome"] == "ok" and row[mark])

    def compact(self) -> dict[str, Any]:
        return compact(
            [
                self.tokens(_is_row),
                self.tokens(_is_residual),
                self.total("cost_nanousd", _is_row),
                self.total("cost_nanousd", _is_residual),
                self.count(lambda row: row["outcome"] == "ok" and row["cost_basis"] == "unpriced"),
            ]
        )

    def residual(self) -> dict[str, Any]:
        return {
            "tokens": self.tokens(_is_residual),
            **{column: self.total(column, _is_residual) for column in TOKENS},
            "cost_microusd": half_up(self.total("cost_nanousd", _is_residual)),
        }

    def requests(self) -> dict[str, int]:
        found = dict.fromkeys(("otel_only", "transcript_only", "both", "other"), 0)
        for row in self._rows:
            if row["outcome"] == "ok":
                otel = row["seen_event"] or row["seen_console"] or row["seen_span"]
                names = {(True, True): "both", (True, False): "otel_only", (False, True): "transcript_only"}
                found[names.get((bool(otel), bool(row["seen_transcript"])), "other")] += int(row["n"])
        return found

    def costs(self) -> dict[str, int]:
        return {
            "reported_microusd": half_up(self.total("cost_nanousd", lambda row: row["cost_basis"] == "reported")),
            "priced_microusd": half_up(self.total("cost_nanousd", lambda row: row["cost_basis"] == "priced")),
            "counter_microusd": half_up(self.total("cost_nanousd", _is_residual)),
        }


def _is_row(row: Mapping[str, Any]) -> bool:
    return bool(row["outcome"] != "residual")


def _is_residual(row: Mapping[str, Any]) -> bool:
    return bool(row["outcome"] == "residual")


def _sources(rows: list[dict[str, Any]], differences: Mapping[str, Mapping[str, int]], whole: _Sums) -> dict[str, Any]:
    """Per way in: requests, tokens and cost as it told them, and which share of the ledger's tokens that is."""
    found = {}
    for name, mark in SOURCES.items():
        seen = _Sums([row for row in rows if row["outcome"] == "ok" and row[mark]])
        less = differences.get(name, {})
        tokens = {column: seen.total(column) - less.get(column, 0) for column in TOKENS}
        all_tokens = whole.tokens()
        found[name] = {
            "requests": seen.total("n"),
            **tokens,
            "cost_microusd": half_up(seen.total("cost_nanousd") - less.get("cost_nanousd", 0)),
            "share": sum(tokens.values()) / all_tokens if all_tokens else None,
        }
    return found


def _agents(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Per agent: coverage, requests, what only counters saw, and who saw its requests."""
    by_agent: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_agent[row["agent"]].append(row)
    found = {}
    for agent, own in sorted(by_agent.items()):
        sums = _Sums(own)
        found[agent] = {
            **sums.compact(),
            "requests": sums.count(lambda row: row["outcome"] == "ok"),
            "tokens": sums.tokens(),
            "residual_tokens": sums.tokens(_is_residual),
            "cost_microusd": half_up(sums.total("cost_nanousd")),
            "sources": [name for name, mark in SOURCES.items() if sums.seen(mark)],
        }
    return found


def _unpriced(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Models whose cost nobody knows, with what they used, the most used first."""
    by_model: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["cost_basis"] == "unpriced":
            by_model[row["agent"], row["model"] or "unknown"].append(row)
    found: list[dict[str, Any]] = []
    for (agent, model), own in by_model.items():
        sums = _Sums(own)
        found.append(
            {
                "model": model,
                "agent": agent,
                "requests": sums.count(lambda row: row["outcome"] == "ok"),
                **{column: sums.total(column) for column in TOKENS},
                "residual_tokens": sums.tokens(_is_residual),
            }
        )
    return sorted(found, key=lambda entry: (-entry["requests"], -sum(entry[c] for c in TOKENS), entry["model"]))[:100]


def _counters(rows: list[dict[str, Any]], whole: _Sums) -> dict[str, Any]:
    """What running totals said beside the rows, of sessions whose last count is in the window.

    Per way in what it counted, and `below`: how much less than the rows show. Together: usage that rows and counters both
    show (`confirmed_tokens`, of the largest counter of each session and model), rows alone, counters alone.
    """
    ways: dict[str, Any] = {}
    for row in rows:
        if row["way"] is not None:
            number = {name: int(value or 0) for name, value in row.items() if name not in {"way"}}
            all_tokens, counted = whole.tokens(), sum(number[column] for column in TOKENS)
            ways[row["way"]] = {
                "sessions": number["sessions"],
                **{column: number[column] for column in TOKENS},
                "cost_microusd": half_up(number["cost_nanousd"]),
                "share": counted / all_tokens if all_tokens else None,
                "below": _below(number),
            }
    best = next((row for row in rows if row["way"] is None), None)
    number = {name: int(value or 0) for name, value in (best or {}).items() if name != "way"}
    by_request, residual = whole.tokens(_is_row), whole.tokens(_is_residual)
    confirmed = min(number.get("confirmed_tokens", 0), by_request)
    return {
        "ways": ways,
        "below": _below(number),
        "confirmed_tokens": confirmed,
        "by_request_only_tokens": by_request - confirmed,
        "by_counter_only_tokens": residual,
    }


def _below(number: Mapping[str, int]) -> dict[str, Any]:
    return {
        "sessions": number.get("below_sessions", 0),
        **{column: number.get(f"below_{column}", 0) for column in TOKENS},
        "cost_microusd": half_up(number.get("below_cost_nanousd", 0)),
    }


def _by_source(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    return {row["source"]: {c: int(row[c] or 0) for c in (*TOKENS, "cost_nanousd")} for row in rows}


def _ask(store: Store, name: str, sql: str, window: Window) -> list[dict[str, Any]]:
    parameters: dict[str, Any] = {}
    if "{usage}" in sql:
        sql = sql.replace("{usage}", usage(window, parameters, local_time(window, None, None, parameters)))
    for column in ("occurred_at", "last_at"):
        if f"{{{column}}}" in sql:
            sql = sql.replace(f"{{{column}}}", " and ".join(between(column, window, parameters)) or "1 = 1")
    return store.query(Statement(name=name, sql=sql, parameters=used(sql, parameters))).records()


_MARKS = ", ".join(SOURCES.values())

_USAGE = f"""
select agent, model, outcome, cost_basis, auxiliary, {_MARKS}, sum(n) as n,
    {", ".join(f"sum({c}) as {c}" for c in (*TOKENS, "cost_nanousd"))}
from (select agent, model, outcome, cost_basis, auxiliary, {_MARKS}, n as n,
    {", ".join(f"{c} as {c}" for c in (*TOKENS, "cost_nanousd"))} from {{usage}}) used
group by {", ".join(str(i + 1) for i in range(5 + len(SOURCES)))}
"""  # noqa: S608 - fixed text

_DIFFERENCES = f"""
select source, {", ".join(f"sum({c}) as {c}" for c in (*TOKENS, "cost_nanousd"))}
from (select source, {", ".join(f"{c} as {c}" for c in (*TOKENS, "cost_nanousd"))} from differences
    where {{occurred_at}}) told
group by source
"""  # noqa: S608 - fixed text

# What a counter does not count is null there: it cannot say less. Costs may differ by a micro-dollar a request: rounding.
_LESS = {c: f"case when {c} < shown_{c} then shown_{c} - {c} else 0 end" for c in TOKENS} | {
    "cost_nanousd": "case when shown_cost_nanousd - cost_nanousd > 1000 * shown_requests "
    "then shown_cost_nanousd - cost_nanousd else 0 end"
}
_COUNTED = ", ".join(
    [
        "count(distinct bucket) as sessions",
        *(f"sum(counted_{c}) as {c}" for c in _LESS),
        *(f"sum(less_{c}) as below_{c}" for c in _LESS),
        f"count(distinct case when {' + '.join(f'less_{c}' for c in _LESS)} > 0 then bucket end) as below_sessions",
        "sum(same_tokens) as confirmed_tokens",
    ]
)
_HELD = ", ".join(
    [
        "bucket",
        *(f"{c} as counted_{c}" for c in _LESS),
        *(f"{less} as less_{c}" for c, less in _LESS.items()),
        " + ".join(f"coalesce(least({c}, shown_{c}), 0)" for c in TOKENS) + " as same_tokens",
    ]
)
_LARGEST = ", ".join(f"max({c}) as {c}, max(shown_{c}) as shown_{c}" for c in _LESS)

_COUNTERS = f"""
select way, {_COUNTED}
from (select way, {_HELD} from counters where {{last_at}}) each_way
group by way
union all
select null as way, {_COUNTED}
from (select {_HELD} from (
    select bucket, {_LARGEST}, max(shown_requests) as shown_requests
    from (select bucket, agent, user_id, model, shown_requests, {", ".join(f"{c} as {c}, shown_{c} as shown_{c}" for c in _LESS)}
        from counters where {{last_at}}) kept
    group by bucket, agent, user_id, model) largest) of_any_way
"""  # noqa: S608 - fixed text

_HELD_AT_ALL = "select (select sum(quantity) from drops) as dropped, (select count(*) from counters) as counters"
