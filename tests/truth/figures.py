"""Every metric worked out from the plain rows in plain Python, by what their documentation says of them.

A metric has a function per fact that it can be counted over; as documented, the first fact that has all dimensions asked
for is taken. A metric without a function here fails the tests, so that none is added unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from tests.truth.counted import rates_of
from tests.truth.rows import DIMENSIONS, TIMES, Facts, Row

__all__ = ["FACTS_OF", "FIGURES", "Asked", "answer", "value_of", "value_of_nothing"]

Value = float | int | None


class Rows(list[Row]):
    """Rows of one group, and whose days and hours are counted in them."""

    zone: str = "UTC"


Figure = Mapping[str, Callable[[Rows], Value]]


@dataclass(frozen=True, slots=True)
class Made:
    """A figure made of others: of its parts for one row of the answer, and of those of all rows."""

    parts: tuple[str, ...]
    make: Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question: what is measured, by what, of what, when, and whose days and hours."""

    metrics: Sequence[str]
    by: Sequence[str] = ()
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    zone: str = "UTC"
    untold: bool = False  # null where outcomes were found only without what a filter asks for


def answer(facts: Facts, asked: Asked) -> dict[tuple[Any, ...], dict[str, Value]]:
    """For each combination of the dimensions' values what the metrics are."""
    wanted = [*asked.by, *asked.filters]
    measured = {part for name in asked.metrics for part in (MADE[name].parts if name in MADE else (name,))}
    by_fact: dict[str, dict[tuple[Any, ...], Rows]] = {}
    chosen = {}
    for name in measured:
        fact = chosen[name] = _fact_of(name, wanted)
        if fact not in by_fact:
            by_fact[fact] = _grouped(facts[fact], asked)
    missed = _missed(facts["outcomes"], asked) if asked.untold and "outcomes" in by_fact else {}
    keys = {key for groups in (*by_fact.values(), missed) for key in groups}
    if not asked.by:
        keys = {()}
    cells = {
        key: {name: _FIGURES[name][chosen[name]](by_fact[chosen[name]].get(key, Rows())) for name in measured}
        for key in keys
    }
    unknown = {
        key: {
            name
            for name in measured
            if chosen[name] == "outcomes"
            and not cells[key][name]
            and _FIGURES[name]["outcomes"](missed.get(key, Rows()))
        }
        for key in keys
    }
    return {
        key: {
            name: None
            if unknown[key].intersection(MADE[name].parts if name in MADE else (name,))
            else _made(name, cells[key], list(cells.values()))
            for name in asked.metrics
        }
        for key in keys
    }


def _missed(rows: Iterable[Row], asked: Asked) -> dict[tuple[Any, ...], Rows]:
    """What the filters would keep if it had been told: outcomes in which a dimension that is asked for is null."""
    wide = {
        name: [*values, None] if values and name not in TIMES and name not in asked.by else values
        for name, values in asked.filters.items()
    }
    kept = {id(row) for group in _grouped(rows, asked).values() for row in group}
    return _grouped((row for row in rows if id(row) not in kept), replace(asked, filters=wide))


def value_of(facts: Facts, name: str, **asked: Any) -> Value:
    """One metric, not split."""
    return answer(facts, Asked(metrics=[name], **asked))[()][name]


def value_of_nothing(name: str) -> Value:
    """What a metric is where nothing happened."""
    parts = MADE[name].parts if name in MADE else (name,)
    cells = {part: next(iter(_FIGURES[part].values()))(Rows()) for part in parts}
    return _made(name, cells, [cells])


def _made(name: str, cells: Mapping[str, Value], every: Sequence[Mapping[str, Value]]) -> Value:
    return MADE[name].make(cells, every) if name in MADE else cells[name]


def _fact_of(name: str, wanted: Sequence[str]) -> str:
    for fact in _FIGURES[name]:
        if all(one in TIMES or one in DIMENSIONS[fact] for one in wanted):
            return fact
    raise KeyError(f"{name} by {wanted}")


def _grouped(rows: Iterable[Row], asked: Asked) -> dict[tuple[Any, ...], Rows]:
    groups: dict[tuple[Any, ...], Rows] = {}
    for row in rows:
        if (asked.start is not None and row["at"] < asked.start) or (asked.end is not None and row["at"] >= asked.end):
            continue
        if all(_cell(row, name, asked.zone) in values for name, values in asked.filters.items()):
            groups.setdefault(tuple(_cell(row, name, asked.zone) for name in asked.by), Rows()).append(row)
    for group in groups.values():
        group.zone = asked.zone
    return groups


def _cell(row: Row, name: str, zone: str) -> Any:
    return TIMES[name](row["at"], zone) if name in TIMES else row[name]


# --- how values are made ---


def _sum(name: str, of: Callable[[Row], bool] = lambda _: True) -> Callable[[Rows], int]:
    return lambda rows: sum(row[name] or 0 for row in rows if of(row))


def _count(of: Callable[[Row], bool] = lambda _: True) -> Callable[[Rows], int]:
    return lambda rows: sum(1 for row in rows if of(row))


def _distinct(name: str) -> Callable[[Rows], int]:
    return lambda rows: len({row[name] for row in rows if row[name] is not None})


def _ratio(part: Callable[[Rows], Value], whole: Callable[[Rows], Value]) -> Callable[[Rows], Value]:
    def divide(rows: Rows) -> Value:
        of = whole(rows)
        return (part(rows) or 0) / of if of else None

    return divide


def _quantile(q: float, name: str, of: Callable[[Row], bool] = lambda _: True) -> Callable[[Rows], Value]:
    """Between the two nearest values in a straight line, as spreadsheets and statistics packages do by default."""

    def find(rows: Rows) -> Value:
        values = sorted(row[name] for row in rows if row[name] is not None and of(row))
        if not values:
            return None
        place = q * (len(values) - 1)
        low = int(place)
        high = min(low + 1, len(values) - 1)
        return float(values[low] + (values[high] - values[low]) * (place - low))

    return find


def _known(name: str, of: Callable[[Row], bool] = lambda _: True) -> Callable[[Rows], Value]:
    """A sum that is null where nobody told anything."""

    def add(rows: Rows) -> Value:
        values = [row[name] for row in rows if row[name] is not None and of(row)]
        return round(sum(values), 3) if values else None

    return add


def _nano(rows: Rows, of: Callable[[Row], bool] = lambda _: True) -> int:
    return sum(row["cost"] or 0 for row in rows if of(row))


def _micro(rows: Rows, of: Callable[[Row], bool] = lambda _: True) -> int:
    """Costs are added in nano-dollars and rounded once, half up."""
    return (_nano(rows, of) + 500) // 1000


def _both(figure: Callable[[Rows], Value]) -> Figure:
    return {"usage": figure, "requests": figure}


def _tokens(rows: Rows, of: Callable[[Row], bool] = lambda _: True) -> int:
    return sum(
        row["input_tokens"] + row["output_tokens"] + row["cache_read_tokens"] + row["cache_write_tokens"]
        for row in rows if of(row)
    )  # fmt: skip


def _is(name: str, *values: Any) -> Callable[[Row], bool]:
    return lambda row: row[name] in values


_ok, _residual = _is("outcome", "ok"), _is("outcome", "residual")


def _coverage(rows: Rows) -> Value:
    seen = Rows(row for row in rows if not _residual(row))
    if _tokens(rows):
        return _tokens(seen) / _tokens(rows)
    cost = sum(row["cost"] or 0 for row in rows)
    return sum(row["cost"] or 0 for row in seen) / cost if cost else None


def _hit_ratio(rows: Rows) -> Value:
    prompt = sum(row["input_tokens"] + row["cache_read_tokens"] + row["cache_write_tokens"] for row in rows)
    return sum(row["cache_read_tokens"] for row in rows) / prompt if prompt else None


def _mean_of(value: Callable[[Row], Value], of: Callable[[Row], bool]) -> Callable[[Rows], Value]:
    def mean(rows: Rows) -> Value:
        values = [value(row) or 0 for row in rows if of(row)]
        return sum(values) / len(values) if values else None

    return mean


def _to_ms(figure: Callable[[Rows], Value]) -> Callable[[Rows], Value]:
    """Seconds are told to the millisecond."""

    def rounded(rows: Rows) -> Value:
        found = figure(rows)
        return None if found is None else round(found, 3)

    return rounded


def _since_begin(name: str) -> Callable[[Rows], Value]:
    """Median of the seconds from a session's first record."""

    def median(rows: Rows) -> Value:
        waits = [{"s": (row[name] - row["at"]).total_seconds()} for row in rows if row[name] is not None]
        return _to_ms(_quantile(0.5, "s"))(Rows(waits))

    return median


def _mean_known(name: str) -> Callable[[Rows], Value]:
    return _mean_of(lambda row: row[name], lambda row: row[name] is not None)


def _active_people(number: Callable[[date], int]) -> Callable[[Rows], Value]:
    """Different people of each day (week, month), summed, by how many there are from the first to the last with any."""

    def mean(rows: Rows) -> Value:
        people: dict[int, set[str]] = {}
        for row in rows:
            which = people.setdefault(number(date.fromisoformat(TIMES["day"](row["at"], rows.zone))), set())
            which |= {row["user"]} - {None}
        if not people:
            return 0
        pairs = sum(map(len, people.values()))
        return pairs / (max(people) - min(people) + 1) if pairs else None  # somebody was active, and nobody says who

    return mean


def _saved(rows: Rows) -> int:
    """What reads from a cache were cheaper than fresh input, less what writes were dearer; femto-dollars to micro-dollars."""
    femto = 0
    for row in rows:
        rates = rates_of(row["model"], row["at"])
        if rates is not None:
            saved, extra_5m, extra_1h = rates
            hour = row["cache_write_1h_tokens"]
            femto += row["cache_read_tokens"] * saved - (row["cache_write_tokens"] - hour) * extra_5m - hour * extra_1h
    return (femto + 5 * 10**8) // 10**9


def _unrated(rows: Rows) -> int:
    """Cached tokens of models that the price table does not know on that day."""
    unknown = [row for row in rows if rates_of(row["model"], row["at"]) is None]
    return sum(row["cache_read_tokens"] + row["cache_write_tokens"] for row in unknown)


_ran = lambda row: row["success"] is not None and row["decision"] != "reject"  # noqa: E731
_edit = _is("tool_class", "edit")
_decided = lambda row: _edit(row) and row["decided"]  # noqa: E731
_SESSIONS_OF = (
    "activity",
    "requests",
    "tool_calls",
    "prompts",
    "outcomes",
    "feature_uses",
    "hook_sessions",
    "sessions",
)
_counted = lambda row: row["counting"] != "records"  # noqa: E731 - reads as a table
_all_calls = lambda row: row["tool_calls"] + row["subagent_tool_calls"]  # noqa: E731

_FIGURES: dict[str, Figure] = {
    "sessions": dict.fromkeys(_SESSIONS_OF, _distinct("session")),
    "users": dict.fromkeys(("activity", "requests", "tool_calls", "feature_uses", "hook_sessions"), _distinct("user")),
    "prompts": {"prompts": _count(_is("prompt_origin", "human", "command"))},
    "agent_prompts": {"prompts": _count(_is("prompt_origin", "agent"))},
    "requests": _both(_count(_ok)),
    "api_errors": _both(_count(_is("outcome", "error"))),
    "api_retries": _both(_count(_is("outcome", "retried"))),
    **{
        name: _both(_sum(name))
        for name in (
            "input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens",
            "cache_write_5m_tokens", "cache_write_1h_tokens", "web_search_requests",
        )
    },
    "total_tokens": _both(_tokens),
    "residual_tokens": _both(lambda rows: _tokens(rows, _residual)),
    "residual_cost_microusd": _both(lambda rows: _micro(rows, _residual)),
    "coverage": _both(_coverage),
    "cost_microusd": {**_both(_micro), "sessions": _micro},
    "cost_usd": dict.fromkeys(("usage", "requests", "sessions"), lambda rows: _micro(rows) / 1_000_000),
    "unpriced_requests": _both(_count(lambda row: _ok(row) and row["cost"] is None)),
    "cache_hit_ratio": _both(_hit_ratio),
    "api_error_ratio": _both(_ratio(_count(_is("outcome", "error")), _count(_is("outcome", "ok", "error")))),
    "request_p50_ms": {"requests": _quantile(0.5, "duration_ms", _ok)},
    "request_p95_ms": {"requests": _quantile(0.95, "duration_ms", _ok)},
    "ttft_p50_ms": {"requests": _quantile(0.5, "ttft_ms")},
    "tool_calls": {"tool_calls": _count()},
    "tool_errors": {"tool_calls": _count(_is("is_error", True))},
    "tool_rejections": {"tool_calls": _count(_is("decision", "reject"))},
    "tool_error_ratio": {"tool_calls": _ratio(_count(_is("is_error", True)), _count())},
    "tool_p50_ms": {"tool_calls": _quantile(0.5, "duration_ms")},
    "tool_p95_ms": {"tool_calls": _quantile(0.95, "duration_ms")},
    "lines_added": {"outcomes": _sum("lines_added")},
    "lines_removed": {"outcomes": _sum("lines_removed")},
    "commits": {"outcomes": _sum("commits")},
    "pull_requests": {"outcomes": _sum("pull_requests")},
    "active_seconds": {"outcomes": _known("active_seconds")},
    "limit_used_ratio": {"limits": lambda rows: max((row["used"] for row in rows), default=None)},
    "feature_uses": {"feature_uses": _count()},
    "reported_sessions": {"hook_sessions": _distinct("session")},
    "turns_per_session": {"hook_sessions": _mean_of(lambda row: row["turns"], _counted)},
    "tool_calls_per_session": {"hook_sessions": _mean_of(_all_calls, lambda _: True)},
    "reported_tool_error_ratio": {
        "hook_sessions": _ratio(
            lambda rows: sum(row["tool_errors"] + row["subagent_tool_errors"] for row in rows),
            lambda rows: sum(map(_all_calls, rows)),
        )
    },
    "session_p50_seconds": {"hook_sessions": _quantile(0.5, "seconds")},
    "hook_ms_per_session": {"hook_sessions": _mean_of(lambda row: row["hook_ms"], lambda row: row["hook_ms"] is not None)},
    "reported_tokens": {"hook_sessions": _sum("said", _counted)},
    "sessions_started": {"sessions": _distinct("session")},
    "session_length_p50_seconds": {"sessions": _to_ms(_quantile(0.5, "seconds"))},
    "session_length_p95_seconds": {"sessions": _to_ms(_quantile(0.95, "seconds"))},
    "session_length_mean_seconds": {"sessions": _to_ms(_mean_of(lambda row: row["seconds"], lambda _: True))},
    "subagent_cost_microusd": _both(lambda rows: _micro(rows, _is("query_source", "subagent"))),
    "skill_cost_microusd": {"requests": lambda rows: _micro(rows, lambda row: row["skill"] is not None)},
    "plugin_cost_microusd": {"requests": lambda rows: _micro(rows, lambda row: row["plugin"] is not None)},
    "mcp_cost_microusd": {"requests": lambda rows: _micro(rows, lambda row: row["mcp_server"] is not None)},
    "ttft_p95_ms": {"requests": _quantile(0.95, "ttft_ms")},
    "time_to_first_edit_p50_seconds": {"sessions": _since_begin("first_edit")},
    "time_to_first_commit_p50_seconds": {"sessions": _since_begin("first_commit")},
    "productivity_score": {"sessions": _mean_known("score")},
    "score_outcome": {"sessions": _mean_known("score_outcome")},
    "score_reliability": {"sessions": _mean_known("score_reliability")},
    "score_acceptance": {"sessions": _mean_known("score_acceptance")},
    "score_one_shot": {"sessions": _mean_known("score_one_shot")},
    "compactions": {"compactions": _count()},
    "context_before_compaction_p50_tokens": {"compactions": _quantile(0.5, "before")},
    "daily_active_users": {"activity": _active_people(lambda day: day.toordinal())},
    "weekly_active_users": {"activity": _active_people(lambda day: (day.toordinal() - day.weekday()) // 7)},
    "monthly_active_users": {"activity": _active_people(lambda day: day.year * 12 + day.month)},
    "retry_cost_microusd": {"requests": lambda rows: _micro(rows, _is("for_retry", True))},
    "cache_saved_microusd": _both(_saved),
    "cache_unrated_tokens": _both(_unrated),
    "tool_success_ratio": {"tool_calls": _ratio(_count(lambda row: _ran(row) and row["success"]), _count(_ran))},
    "tool_retries": {"tool_calls": _count(_is("is_retry", True))},
    "edit_acceptance_ratio": {
        "tool_calls": _ratio(_count(lambda row: _decided(row) and row["decision"] != "reject"), _count(_decided))
    },
    "read_before_edit_ratio": {
        "tool_calls": _ratio(_count(_is("read_before", True)), _count(_is("read_before", True, False)))
    },
    "one_shot_ratio": {"prompts": _ratio(_count(_is("is_one_shot", True)), _count(_is("is_one_shot", True, False)))},
    "user_active_seconds": {"outcomes": _known("active_seconds", _is("active_by", "user"))},
    "agent_active_seconds": {"outcomes": _known("active_seconds", _is("active_by", "cli"))},
    # parts that have no metric of their own
    "(files)": {"outcomes": _distinct("file")},
    "(changes)": {"outcomes": _count(_is("what", "change"))},
    "(cost)": {**_both(_nano), "sessions": _nano},
    "(subagent cost)": _both(lambda rows: _nano(rows, _is("query_source", "subagent"))),
    "(skill cost)": {"requests": lambda rows: _nano(rows, lambda row: row["skill"] is not None)},
    "(plugin cost)": {"requests": lambda rows: _nano(rows, lambda row: row["plugin"] is not None)},
    "(mcp cost)": {"requests": lambda rows: _nano(rows, lambda row: row["mcp_server"] is not None)},
    "(repositories)": {"activity": _distinct("repository"), "requests": _distinct("repository")},
}  # fmt: skip


def _quotient(part: str, whole: str, scale: int = 1) -> Made:
    return Made((part, whole), lambda cells, _: cells[part] / scale / cells[whole] if cells[whole] else None)


def _repositories(cells: Mapping[str, Any], _: Sequence[Mapping[str, Any]]) -> Value:
    """Not known, where somebody worked and nobody says where."""
    found: int = cells["(repositories)"]
    return found if found or not cells["sessions"] else None


def _files(cells: Mapping[str, Any], _: Sequence[Mapping[str, Any]]) -> Value:
    """Not known, where lines were changed and nobody says in which files."""
    found: int = cells["(files)"]
    return found if found or not cells["(changes)"] else None


def _share(cells: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> Value:
    whole = sum(row["(cost)"] for row in every)
    return cells["(cost)"] / whole if whole else None


_DOLLAR = 10**9  # nano-dollars

MADE: dict[str, Made] = {
    "files_changed": Made(("(files)", "(changes)"), _files),
    "stickiness_ratio": _quotient("daily_active_users", "monthly_active_users"),
    "active_repositories": Made(("(repositories)", "sessions"), _repositories),
    "lines_net": Made(("lines_added", "lines_removed"), lambda cells, _: cells["lines_added"] - cells["lines_removed"]),
    "code_churn": Made(
        ("lines_added", "lines_removed"), lambda cells, _: cells["lines_added"] + cells["lines_removed"]
    ),
    "cost_per_session_usd": _quotient("(cost)", "sessions", _DOLLAR),
    "cost_per_prompt_usd": _quotient("(cost)", "prompts", _DOLLAR),
    "cost_per_commit_usd": _quotient("(cost)", "commits", _DOLLAR),
    "cost_per_pull_request_usd": _quotient("(cost)", "pull_requests", _DOLLAR),
    "cost_per_line_usd": _quotient("(cost)", "lines_added", _DOLLAR),
    "tokens_per_commit": _quotient("total_tokens", "commits"),
    "tokens_per_line": _quotient("total_tokens", "lines_added"),
    "requests_per_prompt": _quotient("requests", "prompts"),
    "prompts_per_session": _quotient("prompts", "sessions"),
    "cost_share": Made(("(cost)",), _share),
    "subagent_cost_share": _quotient("(subagent cost)", "(cost)"),
    "skill_cost_share": _quotient("(skill cost)", "(cost)"),
    "plugin_cost_share": _quotient("(plugin cost)", "(cost)"),
    "mcp_cost_share": _quotient("(mcp cost)", "(cost)"),
}

FIGURES: frozenset[str] = frozenset(name for name in (*_FIGURES, *MADE) if not name.startswith("("))

FACTS_OF: Mapping[str, Sequence[str]] = {name: list(figure) for name, figure in _FIGURES.items()}
"""Over what each measured figure can be counted, the first that is fine enough first."""
