"""The report as a table for spreadsheets and as Markdown for a page: the same figures, safe to open."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tachograph.analytics.file_kit.document import session_row
from tachograph.analytics.file_kit.figures import SessionFigures

__all__ = ["cell", "csv_text", "markdown_text"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|~!])")


def cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula: such a text gets an apostrophe before it. Unknown is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    text = str(value).replace("\x00", "")
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else text


def csv_text(sessions: Sequence[SessionFigures]) -> Iterator[str]:
    """A line of names and one line a session, each with its end."""
    yield _line(session_row(SessionFigures(session_id=None)))
    for session in sessions:
        yield _line([cell(value) for value in session_row(session).values()])


def markdown_text(document: dict[str, Any]) -> str:
    """The report as a page: totals, models, failures, what to review and what to do."""
    summary, costs, errors = document["summary"], document["costs"], document["errors"]
    lines = ["# Claude Code telemetry", "", f"Made {_plain(document['generated_at'])}.", ""]
    lines += _table(
        ("", ""),
        [
            ("sessions", summary["total_sessions"]),
            ("API requests", summary["total_api_requests"]),
            ("cost, USD", summary["estimated_total_cost_usd"]),
            ("tokens", summary["estimated_total_tokens"]),
            ("errors", errors["total_errors"]),
            ("tool failures", errors["total_tool_failures"]),
            ("rejected calls", errors["rejections"]),
        ],
    )
    lines += _section(
        "By model",
        ("model", "requests", "tokens", "cost, USD"),
        [(row["model"], row["api_calls"], row["tokens"], row["cost_usd"]) for row in costs["by_model"]],
    )
    lines += _section(
        "Failures by class",
        ("class", "count"),
        [(name, count) for name, count in errors["by_class"].items() if count],
    )
    lines += _section(
        "Sessions to review",
        ("session", "errors", "tool failures"),
        [
            (row["session_id"] or row["file"], row["errors"], row["tool_failures"])
            for row in errors["sessions_needing_review"]
        ],
    )
    lines += _section(
        "By day" if document["trend"]["grain"] == "day" else "By week",
        ("from", "sessions", "requests", "cost, USD", "errors", "tool failures"),
        [
            (row["start"], row["sessions"], row["api_calls"], row["cost_usd"], row["errors"], row["tool_failures"])
            for row in document["trend"]["periods"]
        ],
    )
    if document["recommendations"]:
        lines += ["## What to do", ""]
        lines += [f"* {_plain(each['advice'])} {_plain(each['evidence'])}" for each in document["recommendations"]]
        lines.append("")
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(list(cells))
    return out.getvalue()


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    return [f"## {title}", "", *_table(head, rows)] if rows else []


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(_shown(value) for value in row)} |" for row in rows]
    return [*lines, ""]


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:,}" if isinstance(value, int) else _plain(cell(value))


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
