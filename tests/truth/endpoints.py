"""What each endpoint of the classic API has to answer about a month, in plain Python; definitions: docs/guides/classic-api.md.

Answers here leave out `reasons` and colours. Nothing of analytics/ is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.truth import figures
from tests.truth.figures import Asked
from tests.truth.rows import TIMES, Facts, Row

__all__ = ["ENDPOINTS", "Request", "duration_of", "points_of", "status_of"]

_QUIET = timedelta(minutes=30)
_WORK = ("commits", "pull_requests", "lines_added", "lines_removed")
_TOKENS = {
    "input_tokens": "input_tokens", "output_tokens": "output_tokens", "cache_creation_tokens": "cache_write_tokens",
    "cache_read_tokens": "cache_read_tokens",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks: a time, whose, and in which zone."""

    facts: Facts
    now: datetime
    start: datetime | None
    end: datetime | None
    period: str  # 24h, …, custom
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    zone: str = "UTC"
    budget_usd: float | None = None

    def ask(self, *metrics: str, by: Sequence[str] = (), start: datetime | None = None) -> Any:
        """Figures by key, or those of all."""
        found = figures.answer(
            self.facts,
            Asked(
                metrics=metrics, by=by, filters=self.filters, start=start or self.start, end=self.end, zone=self.zone
            ),
        )
        return found if by else found[()]

    def rows(self, fact: str, start: datetime | None = None) -> list[Row]:
        """Rows of a fact that the request is about."""
        first = start or self.start
        return [
            row
            for row in self.facts[fact]
            if (first is None or row["at"] >= first)
            and (self.end is None or row["at"] < self.end)
            and all(row[name] in values for name, values in self.filters.items())
        ]

    @property
    def grain(self) -> str:
        """How much time a point stands for."""
        if self.start is None or self.end is None:
            return "month"
        length = self.end - self.start
        return "hour" if length <= timedelta(hours=48) else "day" if length <= timedelta(days=100) else "week"

    def points(self, by_key: Mapping[str, Mapping[str, Any]], empty: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One for each piece of time, from the first to the last; none where nothing happened at all."""
        if not by_key:
            return []
        if self.grain == "month":
            keys = sorted(by_key)
        else:
            keys = list(dict.fromkeys(TIMES[self.grain](at, self.zone) for at in self._moments()))
        return [{"timestamp": self.named(key), **by_key.get(key, empty)} for key in keys]

    def named(self, key: str) -> str:
        """A piece of time by its first moment, with the zone's offset."""
        if "T" in key:
            return key
        midnight = datetime.fromisoformat(key).replace(tzinfo=ZoneInfo(self.zone))
        return midnight.replace(tzinfo=None).isoformat() + "Z" if self.zone == "UTC" else midnight.isoformat()

    def piece(self, at: datetime) -> str:
        """The first moment of the piece of time that a moment is in."""
        return self.named(TIMES[self.grain](at, self.zone))

    def _moments(self) -> list[datetime]:
        if self.start is None or self.end is None:
            return []
        steps = int((self.end - self.start) / timedelta(minutes=30))
        halves = [self.start + number * timedelta(minutes=30) for number in range(steps + 1)]
        return [at for at in halves if at < self.end] + [self.end - timedelta(microseconds=1)]


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 60


def _of(found: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    return {key[0]: values for key, values in found.items()}


def status_of(session: Row, now: datetime) -> str:
    """Half an hour after the last thing was done a session is over, and at once when somebody reports its end."""
    is_reported = session["reported"] is not None and session["reported"] >= session["acted"]
    if now - session["acted"] <= _QUIET and not is_reported:
        return "Active"
    chosen = (None, "clear", "resume", "logout", "prompt_input_exit")
    return "Completed" if session["exit_reason"] in chosen else "Terminated"


def duration_of(session: Row) -> float:
    """Seconds."""
    return float((session["ended"] - session["at"]).total_seconds())


def _overview(r: Request) -> dict[str, Any]:
    sessions = r.rows("sessions")
    over = [s for s in sessions if status_of(s, r.now) != "Active"]
    calls = _of(r.ask("tool_calls", by=["tool"]))
    whole = sum(c["tool_calls"] for c in calls.values())
    tools = sorted(calls, key=lambda tool: (-calls[tool]["tool_calls"], str(tool)))
    return {
        "total_sessions": len(sessions),
        "active_sessions": len(sessions) - len(over),
        "total_commands": sum(s["prompts"] for s in sessions),
        "avg_session_duration": _ratio(sum(map(duration_of, over)), len(over)),
        "top_tools": [
            {"name": t, "count": calls[t]["tool_calls"], "percentage": _percent(calls[t]["tool_calls"], whole)}
            for t in tools[:10]
        ],
    }


def _productivity(r: Request) -> dict[str, Any]:
    total = r.ask(*_WORK, "files_changed")
    people = _of(r.ask(*_WORK, by=["user"]))
    places = _of(r.ask("sessions", by=["repository"]))
    points = {key: row for key, row in _of(r.ask(*_WORK, by=[r.grain])).items() if any(row.values())}
    active = sorted(people, key=lambda user: (*[-people[user][name] for name in _WORK], str(user)))
    return {
        **{f"total_{name}": total[name] for name in _WORK},
        "files_changed": total["files_changed"],
        "active_repositories": sorted(
            (place for place in places if place is not None), key=lambda place: (-places[place]["sessions"], place)
        ),
        "productivity_trend": r.points(points, dict.fromkeys(_WORK, 0)),
        "top_contributors": [{"user_email": u, **people[u]} for u in active if any(people[u].values())][:10],
    }


def _costs(r: Request) -> dict[str, Any]:
    total = r.ask("cost_usd", "sessions", *_TOKENS.values())
    points = _of(r.ask("cost_usd", *_TOKENS.values(), by=[r.grain]))
    models = _of(r.ask("cost_usd", "sessions", "requests", "total_tokens", *_TOKENS.values(), by=["model"]))
    people = _of(r.ask("cost_usd", "sessions", "requests", "total_tokens", by=["user"]))
    return {
        "total_cost_usd": total["cost_usd"],
        **{f"total_{name}": total[ours] for name, ours in _TOKENS.items()},
        "average_cost_per_session": _ratio(total["cost_usd"], total["sessions"]),
        "cost_trend": r.points(
            {key: {"cost_usd": row["cost_usd"], **_named(row)} for key, row in points.items()},
            {"cost_usd": 0, **dict.fromkeys(_TOKENS, 0)},
        ),
        "model_breakdown": [
            {
                "model_name": model, "total_cost_usd": row["cost_usd"], "input_tokens": row["input_tokens"],
                "output_tokens": row["output_tokens"], "sessions": row["sessions"],
                "percentage_of_total": _percent(row["cost_usd"], total["cost_usd"]),
            }
            for model, row in _dearest(models)
        ],
        "top_users_by_cost": [
            {
                "user_email": user, "total_cost_usd": row["cost_usd"], "total_tokens": row["total_tokens"],
                "sessions": row["sessions"], "avg_cost_per_session": _ratio(row["cost_usd"], row["sessions"]),
            }
            for user, row in _dearest(people)
        ][:10],
    }  # fmt: skip


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[ours] for name, ours in _TOKENS.items()}


def _dearest(rows: Mapping[Any, Mapping[str, Any]]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Those behind which there is more than failed requests, the dearest first."""
    used = [(key, row) for key, row in rows.items() if row["requests"] or row["total_tokens"] or row["cost_usd"]]
    return sorted(used, key=lambda item: (-item[1]["cost_usd"], item[0] is None, str(item[0])))


def _efficiency(r: Request) -> dict[str, Any]:
    unit = r.ask(
        "tokens_per_commit", "cost_per_commit_usd", "tokens_per_line", "cost_per_line_usd", "productivity_score"
    )
    tools = _tools(r.rows("tool_calls"))
    names = ("time_to_first_commit_p50_seconds", "time_to_first_edit_p50_seconds")
    starts = _of(r.ask(*names, "sessions_started", by=[r.grain]))
    shown = ("session_start_to_first_commit_minutes", "session_start_to_first_edit_minutes")
    return {
        "tokens_per_commit": unit["tokens_per_commit"],
        "cost_per_commit": unit["cost_per_commit_usd"],
        "tokens_per_line_of_code": unit["tokens_per_line"],
        "cost_per_line_of_code": unit["cost_per_line_usd"],
        "session_productivity_score": unit["productivity_score"],
        "tool_efficiency": [
            {**_shape(name, rows), "productivity_correlation": _correlation(r, name)} for name, rows in tools[:10]
        ],
        "time_to_productivity": r.points(
            {
                key: {said: _minutes(row[ours]) for said, ours in zip(shown, names, strict=True)}
                for key, row in starts.items()
            },
            dict.fromkeys(shown, None),
        ),
    }


def _tools(calls: Sequence[Row]) -> list[tuple[Any, list[Row]]]:
    by_tool: dict[Any, list[Row]] = {}
    for call in calls:
        by_tool.setdefault(call["tool"], []).append(call)
    return sorted(by_tool.items(), key=lambda item: (-len(item[1]), str(item[0])))


def _ended(calls: Sequence[Row]) -> list[Row]:
    return [call for call in calls if call["success"] is not None and call["decision"] != "reject"]


def _shape(name: Any, calls: Sequence[Row]) -> dict[str, Any]:
    ended = _ended(calls)
    took = [call["duration_ms"] for call in calls if call["duration_ms"] is not None]
    return {
        "tool_name": name,
        "usage_count": len(calls),
        "success_rate": _percent(sum(call["success"] for call in ended), len(ended)),
        "avg_duration_ms": _ratio(sum(took), len(took)),
    }


def _score(calls: Sequence[Row]) -> float | None:
    """Ten times the share of ended calls that succeeded at once."""
    ended = _ended(calls)
    return _ratio(10 * sum(call["success"] and not call["is_retry"] for call in ended), len(ended))


def _correlation(r: Request, tool: Any) -> float | None:
    """Of ranks, over sessions that have a score and called any tool: how often they called this one, and the score."""
    calls: dict[str, list[Row]] = {}
    for call in r.facts["tool_calls"]:
        calls.setdefault(call["session"], []).append(call)
    sessions = [s for s in r.rows("sessions") if s["score"] is not None and s["session"] in calls]
    counts = [float(sum(call["tool"] == tool for call in calls[s["session"]])) for s in sessions]
    return _spearman(counts, [round(s["score"], 9) for s in sessions])  # what is equal but for dust shares a rank


def _spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    if len(one) < 10:  # too few to say anything
        return None
    ranks = [[_rank(values, value) for value in values] for values in (one, other)]
    means = [sum(rank) / len(rank) for rank in ranks]
    off = [[value - mean for value in rank] for rank, mean in zip(ranks, means, strict=True)]
    spread = (sum(x * x for x in off[0]) * sum(y * y for y in off[1])) ** 0.5
    return sum(x * y for x, y in zip(*off, strict=True)) / spread if spread else None


def _rank(values: Sequence[float], value: float) -> float:
    """Equal values share the mean of their places."""
    return sum(v < value for v in values) + (sum(v == value for v in values) + 1) / 2


def _kpis(r: Request) -> dict[str, Any]:
    assert r.start is not None
    assert r.end is not None
    names = {"today_sessions": "sessions", "total_tokens": "total_tokens", "total_cost": "cost_usd"}
    names["lines_of_code"] = "lines_added"
    now = r.ask(*names.values())
    earlier = Asked(metrics=[*names.values()], filters=r.filters, start=_before(r), end=r.start, zone=r.zone)
    before = figures.answer(r.facts, earlier)[()]
    out: dict[str, Any] = {"period": r.period}
    for said, ours in names.items():
        was = before[ours]
        assert was is not None
        out |= {said: now[ours], f"{said}_change": _percent(now[ours] - was, was)}
    return out


def _before(r: Request) -> datetime:
    """When the time before began that is as long; whole days of the zone before whole days, whatever their hours are."""
    assert r.start is not None
    assert r.end is not None
    zone = ZoneInfo(r.zone)
    start, end = (at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for at in (r.start, r.end))
    if start.time() != time() or end.time() != time():
        return r.start - (r.end - r.start)
    before = start - (end - start)  # of the clock on the wall
    return before.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def _token_trend(r: Request) -> dict[str, Any]:
    points = _of(r.ask("total_tokens", *_TOKENS.values(), by=[r.grain]))
    shaped = {key: {**_named(row), "total_tokens": row["total_tokens"]} for key, row in points.items()}
    return {"range": r.period, "data_points": r.points(shaped, {**dict.fromkeys(_TOKENS, 0), "total_tokens": 0})}


def _tool_usage(r: Request) -> dict[str, Any]:
    calls = r.rows("tool_calls")
    return {
        "total_tool_calls": len(calls),
        "tools": [
            {**_shape(name, rows), "percentage": _percent(len(rows), len(calls))} for name, rows in _tools(calls)
        ],
    }


def _usage_heatmap(r: Request) -> dict[str, Any]:
    found = r.ask("sessions", "total_tokens", by=["weekday", "hour_of_day"])
    cells = {(key[0] % 7, key[1]): row for key, row in found.items()}
    most = max((row["total_tokens"] for row in cells.values()), default=0)
    nothing = {"sessions": 0, "total_tokens": 0}
    return {
        "timezone": r.zone,
        "heatmap": [
            {
                "hour": hour, "day_of_week": day, "session_count": row["sessions"], "token_count": row["total_tokens"],
                "intensity": row["total_tokens"] / most if most else 0,
            }
            for day in range(7) for hour in range(24) for row in [cells.get((day, hour), nothing)]
        ],
    }  # fmt: skip


def _model_costs(r: Request) -> dict[str, Any]:
    models = _of(r.ask("cost_usd", "sessions", "requests", "total_tokens", by=["model"]))
    answered: dict[Any, list[Row]] = {}
    for request in r.rows("requests"):
        if request["outcome"] == "ok":
            answered.setdefault(request["model"], []).append(request)
    return {
        "models": [
            {
                "model_name": model, "cost_per_session": _ratio(row["cost_usd"], row["sessions"]),
                "total_sessions": row["sessions"], "total_cost": row["cost_usd"],
                "avg_input_tokens": _ratio(sum(q["input_tokens"] for q in mine), len(mine)),
                "avg_output_tokens": _ratio(sum(q["output_tokens"] for q in mine), len(mine)),
                "efficiency_score": _ratio(row["cost_usd"], row["total_tokens"]),
            }
            for model, row in _dearest(models) for mine in [answered.get(model, [])]
        ],
        "total_cost": r.ask("cost_usd")["cost_usd"],
        "period": r.period,
    }  # fmt: skip


def _budget_progress(r: Request) -> dict[str, Any]:
    """Of the zone's month that the time ends in, up to that end. A forecast takes more history than a month."""
    zone = ZoneInfo(r.zone)
    assert r.end is not None
    last = (r.end - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(zone).date()
    began = datetime(last.year, last.month, 1, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    spent = r.ask("cost_usd", start=began)["cost_usd"]
    days = _of(r.ask("cost_usd", "sessions", "total_tokens", by=["day"], start=began))
    nothing = {"cost_usd": 0, "sessions": 0, "total_tokens": 0}
    listed = []
    ever = Request(facts=r.facts, now=r.now, start=None, end=r.end, period="all", filters=r.filters)
    known = [TIMES["day"](row["at"], r.zone) for fact in ("activity", "requests") for row in ever.rows(fact)]
    first = max(1, (date.fromisoformat(min(known)) - last.replace(day=1)).days + 1) if known else last.day + 1
    for number in range(first, last.day + 1):
        key = last.replace(day=number).isoformat()
        row = days.get(key, nothing)
        listed.append(
            {
                "date": r.named(key), "cost": row["cost_usd"], "sessions": row["sessions"],
                "tokens": row["total_tokens"],
            }
        )  # fmt: skip
    return {
        "current_month_cost": spent,
        "monthly_budget": r.budget_usd,
        "percentage_used": None if r.budget_usd is None else _percent(spent, r.budget_usd),
        "days_remaining": 31 - last.day,
        "projected_month_end_cost": None,
        "is_over_budget": True if r.budget_usd is not None and spent > r.budget_usd else None,
        "daily_breakdown": listed,
        "projection": None,
    }


def _tool_efficiency(r: Request) -> dict[str, Any]:
    calls = r.rows("tool_calls")
    tools = _tools(calls)
    by_piece: dict[str, list[Row]] = {}
    for call in calls:
        by_piece.setdefault(TIMES[r.grain](call["at"], r.zone), []).append(call)
    top = tools[0][0] if tools else None
    medians = _of(r.ask("tool_p50_ms", by=["tool"]))
    return {
        "overall_efficiency_score": _score(calls),
        "tools": [
            {
                **_shape(name, rows), "median_duration_ms": medians[name]["tool_p50_ms"],
                "efficiency_score": _score(rows), "time_saved_estimate_hours": None, "cost_per_use": None,
            }
            for name, rows in tools
        ],
        "efficiency_over_time": r.points(
            {
                key: {
                    "overall_score": _score(rows), "top_tool_score": _score([c for c in rows if c["tool"] == top])
                }
                for key, rows in by_piece.items()
            },
            {"overall_score": None, "top_tool_score": None},
        ),
    }  # fmt: skip


_EDGES = (0, 5, 15, 30, 60, 120)
_LABELS = ("0-5 min", "5-15 min", "15-30 min", "30-60 min", "1-2 hours", "2+ hours")


def _session_duration(r: Request) -> dict[str, Any]:
    sessions = r.rows("sessions")
    minutes = [s["seconds"] / 60 for s in sessions]
    whole = r.ask("session_length_mean_seconds", "session_length_p50_seconds")
    points = _of(r.ask("session_length_mean_seconds", "sessions_started", by=[r.grain]))
    ends: list[float | None] = [high for _, high in pairwise(_EDGES)]
    counts = [sum(low <= m < (high or 1e9) for m in minutes) for low, high in zip(_EDGES, [*ends, None], strict=True)]
    return {
        "total_sessions": len(sessions),
        "avg_duration_minutes": _minutes(whole["session_length_mean_seconds"]),
        "median_duration_minutes": _minutes(whole["session_length_p50_seconds"]),
        "distribution_buckets": [
            {
                "min_minutes": low, "max_minutes": high, "session_count": count, "label": label,
                "percentage": _percent(count, len(sessions)),
            }
            for low, high, count, label in zip(_EDGES, [*ends, None], counts, _LABELS, strict=True)
        ],
        "duration_over_time": r.points(
            {
                key: {
                    "avg_duration_minutes": _minutes(row["session_length_mean_seconds"]),
                    "session_count": row["sessions_started"],
                }
                for key, row in points.items()
            },
            {"avg_duration_minutes": None, "session_count": 0},
        ),
    }  # fmt: skip


def _code_generation(r: Request) -> dict[str, Any]:
    changes = [row for row in r.rows("outcomes") if row["what"] == "change"]
    files = {row["file"] for row in changes} - {None}
    lines = sum(row["lines_added"] for row in changes)
    of_files = sum(row["lines_added"] for row in changes if row["file"] is not None)
    by_language: dict[str, list[Row]] = {}
    by_piece: dict[str, list[Row]] = {}
    for row in changes:
        by_piece.setdefault(TIMES[r.grain](row["at"], r.zone), []).append(row)
        if row["language"] is not None:
            by_language.setdefault(row["language"], []).append(row)

    def count(rows: Sequence[Row]) -> int | None:
        return len({row["file"] for row in rows} - {None}) or None

    def added(rows: Sequence[Row]) -> int:
        return sum(row["lines_added"] for row in rows)

    return {
        "total_code_files_generated": len(files) or (None if lines else 0),
        "total_lines_generated": lines,
        "avg_lines_per_file": _ratio(of_files, len(files)),
        "most_generated_languages": [
            {
                "language": language, "file_count": count(rows), "line_count": added(rows),
                "percentage": _percent(added(rows), lines),
            }
            for language, rows in sorted(by_language.items(), key=lambda item: (-added(item[1]), item[0]))
        ],
        "generation_over_time": r.points(
            {
                key: {"files_generated": count(rows), "lines_generated": added(rows)}
                for key, rows in by_piece.items()
            },
            {"files_generated": 0, "lines_generated": 0},
        ),
        "code_quality_metrics": dict.fromkeys(
            ("avg_file_size_kb", "avg_complexity_score", "estimated_bug_rate", "readability_score")
        ),
    }  # fmt: skip


_CLASSES = {
    "input": "input_tokens", "output": "output_tokens", "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_write_tokens",
}  # fmt: skip


def points_of(r: Request, cut: Callable[[datetime], str]) -> dict[tuple[Any, ...], float]:
    """Everything that happened, added up by piece of time, name and labels."""
    out: dict[tuple[Any, ...], float] = {}

    def add(row: Row, name: str, value: float, **labels: Any) -> None:
        key = (cut(row["at"]), f"claude_code.{name}", *sorted((k, v) for k, v in labels.items() if v is not None))
        if value:
            out[key] = out.get(key, 0) + value

    for row in r.rows("requests"):
        for kind, ours in _CLASSES.items():
            add(row, "token.usage", row[ours], type=kind, model=row["model"])
        add(row, "cost.usage", (row["cost"] or 0) / 1e9, model=row["model"])
    for row in r.rows("tool_calls"):
        add(row, "tool.usage", 1, tool_name=row["tool"], decision=row["decision"])
    for row in r.rows("prompts"):
        add(row, "user_prompt.count", row["prompt_origin"] in ("human", "command"))
    for row in r.rows("outcomes"):
        add(row, "lines_of_code.count", row["lines_added"], type="added")
        add(row, "lines_of_code.count", row["lines_removed"], type="removed")
        add(row, "commit.count", row["commits"])
        add(row, "pull_request.count", row["pull_requests"])
        add(row, "active_time.total", row["active_seconds"] or 0, type=row["active_by"])
    for row in r.rows("sessions"):
        add(row, "session.count", 1)
    return out


ENDPOINTS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "metrics/overview": _overview,
    "analytics/productivity": _productivity,
    "analytics/costs": _costs,
    "analytics/efficiency": _efficiency,
    "analytics/dashboard/kpis": _kpis,
    "analytics/dashboard/token-trend": _token_trend,
    "analytics/dashboard/tool-usage": _tool_usage,
    "analytics/dashboard/usage-heatmap": _usage_heatmap,
    "analytics/advanced/model-costs": _model_costs,
    "analytics/advanced/budget-progress": _budget_progress,
    "analytics/advanced/tool-efficiency": _tool_efficiency,
    "analytics/advanced/session-duration": _session_duration,
    "analytics/advanced/code-generation": _code_generation,
}
"""Those that answer about a time as a whole. Sessions, points and trends are compared in their own tests."""
