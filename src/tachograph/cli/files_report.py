"""How `tachograph files analyze` prints its report: 80 columns, sections with rules, and a trend of single characters."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

__all__ = ["WIDTH", "report_lines"]

WIDTH = 80
Named = Callable[[dict[str, Any]], str]
"""What a session is called here."""

_SHOWN = 5  # sessions of each list; the rest is in the JSON


def report_lines(document: dict[str, Any], *, plain: bool = False) -> Iterator[str]:
    """The report, line by line.

    Args:
        document: as `build_document` makes it.
        plain: only ASCII, for terminals that cannot show more.
    """
    yield "=" * WIDTH
    yield "CLAUDE CODE TELEMETRY REPORT"
    yield "=" * WIDTH
    yield from _summary(document)
    shared = Counter(row["file"] for row in document["summary"]["sessions"])
    name = partial(_name, shared={file for file, sessions in shared.items() if sessions > 1})
    yield from _costs(document["costs"], name)
    yield from _trend(document["trend"], plain)
    yield from _members(document["members"] or ())
    yield from _errors(document["errors"], name)
    yield from _advice(document["recommendations"], name)
    yield from _read(document["read"])


def _summary(document: dict[str, Any]) -> Iterator[str]:
    summary, window = document["summary"], document["window"]
    yield from _head("SUMMARY")
    if window["since"] or window["until"]:
        since, until = (window["since"] or "the beginning")[:16], (window["until"] or "now")[:16]
        yield _fact("Time", f"{since} to {until}, {window['tz']}")
    yield _fact("Sessions", _count(summary["total_sessions"]))
    yield _fact("Events", _count(summary["total_events"]))
    yield _fact("Metrics", _count(summary["total_metrics"]))
    yield _fact("API requests", _count(summary["total_api_requests"]))
    yield _fact("Cost", _dollars(summary["estimated_total_cost_usd"]))
    yield _fact("Tokens", _count(summary["estimated_total_tokens"]))
    for name, shown in _CLASSES.items():
        if summary[name] is not None:
            yield _fact(f"  {shown}", _count(summary[name]))
    if summary["unsplit_tokens"]:
        yield _fact("  of no kind that was said", _count(summary["unsplit_tokens"]))
    for reason in dict.fromkeys(summary["reasons"].values()):
        yield from _wrapped(f"Unknown: {reason}.")
    if summary["event_types"]:
        yield ""
        yield "  Event types"
        for name, count in list(summary["event_types"].items())[:20]:
            yield _fact(f"  {name.removeprefix('claude_code.')}", _count(count))


_CLASSES = {
    "input_tokens": "fresh",
    "output_tokens": "written by the model",
    "cache_read_tokens": "read from the cache",
    "cache_creation_tokens": "written to the cache",
}


def _costs(costs: dict[str, Any], name: Named) -> Iterator[str]:
    yield from _head("COSTS")
    if costs["cost_basis"]:
        yield from _wrapped(f"As reported by the agent's {costs['cost_basis']}.")
    if costs["requests_without_cost"]:
        apart = costs["priced_apart_usd"]
        priced = f"; at list prices they are {_dollars(apart)} more" if apart is not None else ""
        yield from _wrapped(
            f"{_several(costs['requests_without_cost'], 'request')} without a reported cost: not in the total{priced}."
        )
    if (beyond := costs["counters_beyond_requests_usd"]) is not None:
        yield from _wrapped(
            f"The agent's counters say {_dollars(beyond)} more than these requests: some requests left no record."
        )
    if costs["by_model"]:
        yield ""
        yield _row("  Model", "requests", "tokens", "cost")
        for row in costs["by_model"][:_SHOWN]:
            yield _row(
                f"  {row['model'] or 'unknown'}",
                _count(row["api_calls"]) if row["api_calls"] else "counted",
                _count(row["tokens"]),
                _dollars(row["cost_usd"]),
            )
    if costs["top_sessions_by_cost"]:
        yield ""
        yield _row("  Costliest sessions", "requests", "tokens", "cost")
        for row in costs["top_sessions_by_cost"][:_SHOWN]:
            yield _row(f"  {name(row)}", _count(row["api_calls"]), _count(row["tokens"]), _dollars(row["cost_usd"]))


def _trend(trend: dict[str, Any], plain: bool) -> Iterator[str]:
    from tachograph.analytics.file_kit.trend import spark

    periods = trend["periods"]
    if len(periods) < 2:
        return
    most = {name: _most(name, periods) for _, name in _TRENDS}
    periods = periods[-(WIDTH - 16 - len("  at most ") - max(map(len, most.values()))) :]
    yield from _head(f"BY {trend['grain'].upper()}, {periods[0]['start']} TO {periods[-1]['start']}")
    for shown, name in _TRENDS:
        values = [period[name] or 0 for period in periods]
        yield f"  {shown:<14}{spark(values, plain=plain)}  at most {_most(name, periods)}".rstrip()


_TRENDS = (
    *(("Cost", "cost_usd"), ("Tokens", "tokens"), ("API requests", "api_calls")),
    *(("Errors", "errors"), ("Tool failures", "tool_failures")),
)


def _most(name: str, periods: Sequence[dict[str, Any]]) -> str:
    highest = max(period[name] or 0 for period in periods)
    return "none" if not highest else _dollars(highest) if name == "cost_usd" else _count(highest)


def _members(members: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not members:
        return
    yield from _head("BY MEMBER")
    yield _row("  Member", "sessions", "to review", "cost")
    for row in members[:20]:
        yield _row(
            f"  {row['member'] or 'unknown'}",
            _count(row["sessions"]),
            _count(row["needing_review"]),
            _dollars(row["cost_usd"]),
        )


def _errors(errors: dict[str, Any], name: Named) -> Iterator[str]:
    yield from _head("ERRORS")
    yield _fact("Errors", _count(errors["total_errors"]))
    yield _fact("Tool failures", _count(errors["total_tool_failures"]))
    yield _fact("Rejected calls", _count(errors["rejections"]))
    told = errors["requests_that_tell_tries"]
    yield _fact(
        "Retries",
        _count(errors["retries"])
        + (f", as {_several(told, 'request')} {'tells' if told == 1 else 'tell'}" if told else ""),
    )
    found = {name: count for name, count in errors["by_class"].items() if count}
    if found:
        yield ""
        yield "  By class"
        for kind, count in sorted(found.items(), key=lambda each: -each[1]):
            yield _fact(f"  {kind.replace('_', ' ')}", _count(count))
    failing = [row for row in errors["by_tool"] if row["failures"]]
    if failing:
        yield ""
        yield _row("  Tool", "", "calls", "failed")
        for row in failing[:_SHOWN]:
            yield _row(f"  {row['tool_name']}", "", _count(row["calls"]), _count(row["failures"]))
    limits, reviewed = errors["thresholds"], errors["sessions_needing_review"]
    yield ""
    yield from _wrapped(
        f"To review ({limits['errors']} errors or {limits['tool_failures']} tool failures): "
        f"{_several(len(reviewed), 'session') if reviewed else 'none'}"
    )
    if reviewed:
        yield _row("  Session", "", "errors", "failures")
        for row in reviewed[:_SHOWN]:
            yield _row(f"  {name(row)}", "", _count(row["errors"]), _count(row["tool_failures"]))


def _advice(recommendations: Sequence[dict[str, Any]], name: Named) -> Iterator[str]:
    yield from _head("WHAT TO DO")
    if not recommendations:
        yield from _wrapped("Nothing stands out.")
    for number, found in enumerate(recommendations, 1):
        yield from textwrap.wrap(
            found["advice"], WIDTH, initial_indent=f"{number:>3}. ", subsequent_indent="     ", break_on_hyphens=False
        )
        yield from _wrapped(found["evidence"], indent=5)
        yield from _wrapped(_saving(found["saving"]), indent=5)
        if found["sessions"]:
            yield from _wrapped(f"From: {', '.join(name(session) for session in found['sessions'])}", indent=5)


def _saving(saving: dict[str, Any]) -> str:
    amounts = []
    if saving["usd"] is not None:
        amounts.append(_dollars(saving["usd"]))
    if saving["duration_ms"] is not None:
        amounts.append(_lasted(saving["duration_ms"]))
    if not amounts:
        return f"Saving unknown: {saving['reason']}."
    return f"Saving: about {' and '.join(amounts)} ({saving['how']})."


def _read(read: dict[str, Any]) -> Iterator[str]:
    yield from _head("READ")
    yield _fact("Files", _count(read["files"]))
    shown = {
        "bad_files": "Files set aside",
        "bad_records": "Records set aside",
        "bad_lines": "Pieces set aside by parsing",
    }
    for name, words in shown.items():
        for reason, count in read[name].items():
            yield _fact(words, _cut(f"{_count(count)} {reason.replace('_', ' ')}", WIDTH - 46))
    if read["duplicates"]:
        yield _fact("Told twice, counted once", _count(read["duplicates"]))
    if read["outside_window"]:
        yield _fact("Outside the time asked for", _count(read["outside_window"]))


def _head(title: str) -> Iterator[str]:
    yield ""
    yield title
    yield "-" * WIDTH


def _fact(name: str, value: str) -> str:
    return f"  {_cut(name, 42):<44}{value}"


def _row(name: str, *cells: str) -> str:
    figures = "".join(f" {text:>14}" for text in cells)
    left = WIDTH - len(figures)
    return f"{_cut(name, left - 1):<{left}}{figures}".rstrip()


def _wrapped(text: str, indent: int = 2) -> list[str]:
    spaces = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=spaces, subsequent_indent=spaces, break_on_hyphens=False)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _name(row: dict[str, Any], shared: set[str | None]) -> str:
    """The log, or the session where a log has several."""
    names = (row["session_id"], row["file"]) if row["file"] in shared else (row["file"], row["session_id"])
    return str(names[0] or names[1] or "unknown")


def _count(value: int | None) -> str:
    return "unknown" if value is None else f"{value:,}"


def _dollars(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"${value:,.2f}" if value >= 100 else f"${value:.4f}"


def _lasted(milliseconds: int) -> str:
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:,.1f} s"
    return f"{seconds / 60:,.1f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"


def _several(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
