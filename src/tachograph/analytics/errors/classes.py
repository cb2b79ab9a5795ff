"""Classes of errors: what failed and as what, how often, since when, by tool, model, agent and its version.

A class is what failed (a request or a tool call), the kind of error that its source names, and for requests the HTTP
status. Each belongs to one of the nine kinds of `kinds.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from tachograph.analytics.errors.asking import MOST_GROUPS, Bound, failed_rows, groups_of, within
from tachograph.analytics.errors.kinds import ErrorClass, classify_error, classify_failure
from tachograph.analytics.scope import Scope
from tachograph.analytics.windowed import used
from tachograph.analytics.zones import Zone
from tachograph.ports import Statement, Store

__all__ = ["NO_START", "error_classes", "kind_of", "with_times"]

NO_START: Final = "the time range has no start, so nothing in it is newer than it"
_NO_CALL: Final = "no tool was called"
_NO_REQUEST: Final = "no request was made"

_Key = tuple[str, str | None, int | None]  # what failed, error_class, status_code
_Of = Literal["request", "tool"]


def error_classes(store: Store, scope: Scope) -> dict[str, Any]:
    """Totals, kinds, classes and where they occurred; see the guide for each field."""
    cube = _failures(store, scope)
    made = _made(store, scope)
    links = {(group["what"], group["error_class"], group["status_code"]): group for group in _linked(store, scope)}
    failed = {what: sum(row["n"] for row in cube if row["what"] == what) for what in ("request", "tool")}
    of_all = {what: sum(made[what].values()) for what in ("request", "tool")}
    classes = _classes(cube, links, of_all, scope)
    kinds: Counter[str] = Counter()
    for each in classes:
        kinds[each["kind"]] += each["count"]
    return {
        "totals": {
            "requests": of_all["request"],
            "api_errors": failed["request"],
            "api_error_ratio": _ratio(failed["request"], of_all["request"]),
            "tool_calls": of_all["tool"],
            "tool_errors": failed["tool"],
            "tool_error_ratio": _ratio(failed["tool"], of_all["tool"]),
            "classes": len(classes),
            "new_classes": None if scope.window.start is None else sum(1 for c in classes if c["is_new"]),
        },
        "reasons": _reasons(of_all, scope),
        "kinds": {kind.value: kinds[kind.value] for kind in ErrorClass},
        "classes": classes[:MOST_GROUPS],
        "by_tool": _by(cube, made, "tool", "failed_tool", "tool"),
        "by_model": _by(cube, made, "request", "failed_model", "model"),
        "by_agent": _both(cube, made, ("agent",)),
        "by_agent_version": _both(cube, made, ("agent", "agent_version")),
    }


def kind_of(what: str, error_class: str | None, status_code: int | None) -> ErrorClass:
    """Which of the nine kinds a class belongs to."""
    if what == "tool":
        return classify_failure({"error_type": error_class})
    return classify_error({"error_type": error_class, "status_code": status_code})


def with_times(group: Mapping[str, Any], zone: Zone) -> dict[str, Any]:
    """Count, sessions, first and last time and the newest sessions of a group, times in a zone."""
    return {
        "count": group["count"],
        "sessions": group["sessions"],
        "first_at": zone.as_text(group["first_at"]),
        "last_at": zone.as_text(group["last_at"]),
        "latest": [{**one, "last_at": zone.as_text(one["last_at"])} for one in group["latest"]],
    }


def _failures(store: Store, scope: Scope) -> list[dict[str, Any]]:
    """Failures by all that they are split by, those before the window too: it says since when a class is known."""
    bound: Bound = {}
    rows = failed_rows(scope, bound, from_start=False)
    is_within = "1 = 1"
    if scope.window.start is not None:
        bound["start"] = scope.window.start
        is_within = "occurred_at >= $start"
    sql = f"""
select what, error_class, status_code, failed_model, failed_tool, agent, agent_version,
    sum(case when {is_within} then 1 else 0 end) as n, min(occurred_at) as first_ever
from ({rows}) failures
group by what, error_class, status_code, failed_model, failed_tool, agent, agent_version"""  # noqa: S608 - texts of ours
    answer = store.query(Statement(name="error_classes", sql=sql, parameters=used(sql, bound)))
    return [{**row, "n": int(row["n"])} for row in answer.records()]


def _linked(store: Store, scope: Scope) -> list[dict[str, Any]]:
    bound: Bound = {}
    keys = ("what", "error_class", "status_code")
    return groups_of(store, "sessions_of_errors", keys, failed_rows(scope, bound), bound)


def _made(store: Store, scope: Scope) -> dict[str, Counter[tuple[Any, ...]]]:
    """How many requests and tool calls there were, by agent, version and model or tool."""
    bound: Bound = {}
    requests = within(scope, bound, "outcome in ('ok', 'error')")
    calls = within(scope, bound)
    sql = f"""
select 'request' as what, agent, agent_version, nullif(model, '') as of_name, count(*) as n
from requests where {requests} group by agent, agent_version, nullif(model, '')
union all
select 'tool' as what, agent, agent_version, tool_name as of_name, count(*) as n
from tool_calls where {calls} group by agent, agent_version, tool_name"""  # noqa: S608 - texts of ours
    made: dict[str, Counter[tuple[Any, ...]]] = {"request": Counter(), "tool": Counter()}
    rows = store.query(Statement(name="requests_and_calls", sql=sql, parameters=used(sql, bound))).rows
    for what, agent, version, name, count in rows:
        made[what][agent, version, name] += int(count)
    return made


def _classes(
    cube: Sequence[Mapping[str, Any]],
    links: Mapping[_Key, Mapping[str, Any]],
    of_all: Mapping[str, int],
    scope: Scope,
) -> list[dict[str, Any]]:
    zone, start = scope.window.zone, scope.window.start
    first_ever: dict[_Key, datetime] = {}
    for row in cube:
        key = (row["what"], row["error_class"], row["status_code"])
        first_ever[key] = min(first_ever.get(key, row["first_ever"]), row["first_ever"])
    made = []
    for key, group in links.items():
        what, error_class, status_code = key
        first = first_ever[key]
        made.append(
            {
                "what": what,
                "error_class": error_class,
                "status_code": None if status_code is None else int(status_code),
                "kind": kind_of(what, error_class, status_code).value,
                **with_times(group, zone),
                "ratio": _ratio(group["count"], of_all[what]),
                "first_ever_at": zone.as_text(first),
                "is_new": None if start is None else first >= start,
                "models": _names(cube, key, "failed_model"),
                "tools": _names(cube, key, "failed_tool"),
                "agents": _names(cube, key, "agent"),
                "agent_versions": _names(cube, key, "agent_version"),
            }
        )
    return sorted(made, key=lambda c: (-c["count"], c["what"], str(c["error_class"]), c["status_code"] or 0))


def _names(cube: Iterable[Mapping[str, Any]], key: _Key, column: str) -> list[dict[str, Any]]:
    """The five names under which a class occurred most in the window."""
    counts: Counter[str] = Counter()
    for row in cube:
        if (row["what"], row["error_class"], row["status_code"]) == key and row[column] is not None and row["n"]:
            counts[row[column]] += row["n"]
    return [{"name": name, "count": n} for name, n in sorted(counts.items(), key=lambda c: (-c[1], c[0]))[:5]]


_PLACE: Final = {"agent": 0, "agent_version": 1}


def _by(
    cube: Iterable[Mapping[str, Any]],
    made: Mapping[str, Counter[tuple[Any, ...]]],
    what: _Of,
    column: str,
    name: str,
) -> list[dict[str, Any]]:
    """Failures by tool or by model, with how many there were in all; those with none are left out."""
    failed: Counter[Any] = Counter()
    for row in cube:
        if row["what"] == what and row["n"]:
            failed[row[column]] += row["n"]
    of_all: Counter[Any] = Counter()
    for (_, _, of), count in made[what].items():
        of_all[of] += count
    rows = [
        {name: of, "errors": count, "of": of_all[of], "ratio": _ratio(count, of_all[of])}
        for of, count in failed.items()
    ]
    return sorted(rows, key=lambda r: (-r["errors"], str(r[name])))[:MOST_GROUPS]


def _both(
    cube: Iterable[Mapping[str, Any]], made: Mapping[str, Counter[tuple[Any, ...]]], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Requests and tool calls that failed, by agent or by its version; those with none are left out."""
    failed: dict[str, Counter[tuple[Any, ...]]] = {"request": Counter(), "tool": Counter()}
    for row in cube:
        if row["n"]:
            failed[row["what"]][tuple(row[name] for name in names)] += row["n"]
    of_all: dict[str, Counter[tuple[Any, ...]]] = {"request": Counter(), "tool": Counter()}
    for what, counts in made.items():
        for key, count in counts.items():
            of_all[what][tuple(key[_PLACE[name]] for name in names)] += count
    rows = [
        {
            **dict(zip(names, key, strict=True)),
            "api_errors": failed["request"][key],
            "requests": of_all["request"][key],
            "api_error_ratio": _ratio(failed["request"][key], of_all["request"][key]),
            "tool_errors": failed["tool"][key],
            "tool_calls": of_all["tool"][key],
            "tool_error_ratio": _ratio(failed["tool"][key], of_all["tool"][key]),
        }
        for key in failed["request"].keys() | failed["tool"].keys()
    ]
    return sorted(rows, key=lambda r: (-r["api_errors"] - r["tool_errors"], *(str(r[n]) for n in names)))[:MOST_GROUPS]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _reasons(of_all: Mapping[str, int], scope: Scope) -> dict[str, str]:
    """Why a figure is null."""
    reasons = {}
    if not of_all["request"]:
        reasons["api_error_ratio"] = _NO_REQUEST
    if not of_all["tool"]:
        reasons["tool_error_ratio"] = _NO_CALL
    if scope.window.start is None:
        reasons["new_classes"] = NO_START
    return reasons
