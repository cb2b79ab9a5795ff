"""Parsed files made by hand, in the form that `files parse` writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tachograph.analytics.file_kit.analyze import Analysis, analyze_files
from tachograph.analytics.file_kit.parsed import find_parsed
from tachograph.analytics.query import Window

__all__ = ["AT", "analysed", "counter", "document", "event", "failure", "put", "rejection", "request", "result"]

AT = "2026-11-18T10:00:00.000000Z"
_numbers = iter(range(1, 10**9))


def event(name: str, *, session: str | None = "s_1", at: str | None = AT, event_id: str = "", **data: Any) -> Any:
    return {
        "event_type": f"claude_code.{name}",
        "timestamp": at,
        "session_id": session,
        "data": data,
        "event_id": event_id or f"{next(_numbers):032x}",
    }


def request(cost: float | None = 0.01, *, tokens: tuple[int, int, int, int] = (10, 20, 30, 40), **more: Any) -> Any:
    """Tokens: fresh, written by the model, read from the cache, written to the cache."""
    names = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
    said = {"model": "claude-opus-5-5", **dict(zip(names, tokens, strict=True))}
    if cost is not None:
        said |= {"cost_usd": cost, "cost_basis": "reported"}
    return event("api_request", **{**said, **more})


def result(tool: str = "Bash", *, success: bool = True, **more: Any) -> Any:
    return event("tool_result", tool_name=tool, success=success, duration_ms=100, **more)


def failure(**more: Any) -> Any:
    """An API error: a 429 unless said otherwise."""
    return event("api_error", **{"status_code": 429, "attempt": 1, "duration_ms": 50, **more})


def rejection(tool: str = "Bash", source: str = "user_reject", **more: Any) -> Any:
    return event("tool_decision", tool_name=tool, decision="reject", source=source, **more)


def counter(metric: str, value: float, *, session: str | None = "s_1", at: str | None = AT, **said: Any) -> Any:
    return {
        "metric": metric,
        "pattern": f"claude_code.{metric}",
        "value": value,
        "raw_line": None,
        "timestamp": at,
        "session_id": session,
        "attributes": said,
        "event_id": f"{next(_numbers):032x}",
    }


def document(
    events: list[Any] | None = None, metrics: list[Any] | None = None, *, name: str = "session-1.log", **more: Any
) -> dict[str, Any]:
    events, metrics = events or [], metrics or []
    return {
        "schema_version": 1,
        "file": name,
        "parsed_at": "2026-11-20T10:00:00Z",
        "parser": "tachograph",
        "session": {"session_id": "s_1", "account_uuid": "u_1"},
        "events_count": len(events),
        "metrics_count": len(metrics),
        "events": events,
        "metrics": metrics,
        "quarantined": {},
        **more,
    }


def put(folder: Path, name: str, content: Any) -> Path:
    """Write it as a parsed file of this folder."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    path = data / f"{name}.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def analysed(folder: Path, *documents: Any, window: Window | None = None) -> Analysis:
    """What these documents, put into a folder, add up to."""
    for number, each in enumerate(documents):
        put(folder, f"session-{number:04}", each)
    return analyze_files(find_parsed(folder), window=window)
