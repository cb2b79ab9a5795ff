"""The document of one merged session: the best record of each, under the names of the merge, always in the same order.

Only what `read_parsed` takes out of a file gets here, so that no text, path or key that somebody planted in a parsed
file is passed on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from tachograph.analytics.file_kit.figures import SessionFigures
from tachograph.analytics.file_kit.parsed import ParsedFile, Record, about_request
from tachograph.analytics.file_kit.values import TOKEN_CLASSES
from tachograph.file_kit.merge_index import Together
from tachograph.file_kit.merge_names import MergeNames
from tachograph_sdk.model.money import Money

__all__ = ["MergedSession"]

LINKS: Final = {"request_id": "request", "tool_use_id": "tool", "prompt.id": "prompt", "agent_id": "agent"}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MergedSession:
    """Takes the records that several files tell of one session, and keeps the best of each."""

    together: Together
    names: MergeNames
    conflicts: Counter[str] = field(default_factory=Counter)  # by reason
    duplicates: int = 0
    _records: dict[str, tuple[Record, dict[str, Any]]] = field(default_factory=dict)  # by the id of the first of each
    _abouts: dict[str, str] = field(default_factory=dict)  # that id, by what the record is about
    _facts: dict[str, set[str]] = field(default_factory=dict)

    def add(self, file: ParsedFile) -> None:
        """Take what a file tells of this session."""
        its_own = False
        for record in file.records:
            if self.names.session(file, record) not in self.together.names:
                continue
            its_own = True
            self._add_record(file, record)
        if its_own:
            for name, value in file.facts.items():
                if value is not None:
                    self._facts.setdefault(name, set()).add(self._fact(file, name, value))

    def as_document(self) -> dict[str, Any]:
        """As the file holds it: the form of a parsed file. The same records give the same document."""
        ordered = sorted(self._records.values(), key=lambda each: _place(each[0], each[1]))
        figures = SessionFigures(session_id=self.together.name)
        for record, _ in ordered:
            figures.add(record, "")
        member = min(self.together.members, default=None)
        return {
            "schema_version": 1,
            "file": f"session-{self.together.name[2:]}",
            "parsed_at": None,
            "parser": "tachograph",
            "format": "merged",
            "member": member,
            "session": {
                "session_id": self.together.name,
                "account_uuid": member,
                **{name: max(self._facts.get(name, ()), default=None) for name in _FACTS},
            },
            "events_count": figures.events,
            "metrics_count": figures.metrics,
            "totals": _totals(figures),
            "events": [entry for record, entry in ordered if not record.is_metric],
            "metrics": [entry for record, entry in ordered if record.is_metric],
            "quarantined": {},
            "merge": {"key_id": self.names.key_id, "also": sorted(self.together.names - {self.together.name})},
        }

    def _add_record(self, file: ParsedFile, record: Record) -> None:
        entry = self._entry(file, record)
        about = _about(record, entry)
        key = (
            entry["event_id"]
            if entry["event_id"] in self._records
            else self._abouts.setdefault(about, entry["event_id"])
        )
        if (known := self._records.get(key)) is None:
            self._records[key] = (record, entry)
            return
        self.duplicates += 1
        if _said(known[1]) != _said(entry):
            self.conflicts["values_differ"] += 1
        self._records[key] = max(known, (record, entry), key=lambda each: _worth(each[1]))

    def _entry(self, file: ParsedFile, record: Record) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for name, value in record.data.items():
            if name in LINKS:
                said[name] = self.names.link(file, LINKS[name], value)
            elif name in ("nanousd", "priced_nanousd"):
                said["cost_usd"] = float(Money(value).usd)
                said["cost_basis"] = "reported" if name == "nanousd" else "priced"
            else:
                said[name] = value
        said = dict(sorted(said.items()))
        event_id = self.names.event(file, record)
        at = _iso(record.at_us)
        if not record.is_metric:
            return {
                "event_type": f"claude_code.{record.kind}",
                "timestamp": at,
                "session_id": self.together.name,
                "data": said,
                "event_id": event_id,
            }
        return {
            "metric": record.kind,
            "pattern": _PATTERNS.get(record.kind, record.kind),
            "value": _number(record),
            "raw_line": None,
            "timestamp": at,
            "session_id": self.together.name,
            "attributes": said,
            "event_id": event_id,
        }

    def _fact(self, file: ParsedFile, name: str, value: str) -> str:
        if name == "team":
            return self.names.team(file, value)
        return self.names.project(file, value) if name == "project" else value


_FACTS: Final = ("app_version", "os_type", "team", "project")
_PATTERNS: Final = {
    "session_count": "claude_code.session.count",
    "token_usage": "claude_code.token.usage",
    "cost_usage": "claude_code.cost.usage",
    "lines_of_code": "claude_code.lines_of_code.count",
    "commits": "claude_code.commit.count",
    "pull_requests": "claude_code.pull_request.count",
    "active_time": "claude_code.active_time.total",
    "code_edit_tool_decision": "claude_code.code_edit_tool.decision",
}


def _about(record: Record, entry: Mapping[str, Any]) -> str:
    """What the record is about: within a session, one request and one tool call are one record, whoever told of it."""
    if (request := about_request(record.kind, entry.get("data", {}))) is not None:
        return f"request {request}"
    if record.kind == "tool_result" and "tool_use_id" in record.data:
        return f"tool {entry['data']['tool_use_id']}"
    return str(entry["event_id"])


def _said(entry: Mapping[str, Any]) -> Any:
    """What the entry says, without its id and place."""
    return entry.get("data", entry.get("attributes")), entry.get("value"), entry["timestamp"]


def _worth(entry: Mapping[str, Any]) -> tuple[bool, int, str]:
    """Of two records of the same thing, the one with a reported cost, then the one that says more; then any rule."""
    said = entry.get("data", entry.get("attributes", {}))
    return said.get("cost_basis") == "reported", len(said), json.dumps(entry, sort_keys=True)


def _place(record: Record, entry: Mapping[str, Any]) -> tuple[int, str, str]:
    return -1 if record.at_us is None else record.at_us, record.kind, entry["event_id"]


def _number(record: Record) -> float | int:
    value = record.value
    if value is None:
        return 0
    if record.kind == "cost_usage":  # so that what was rounded once stays as it is
        return float(Money.from_usd(value).usd)
    return _plain(value)


def _plain(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else f"{_EPOCH + timedelta(microseconds=at_us):%Y-%m-%dT%H:%M:%S.%fZ}"


def _totals(figures: SessionFigures) -> dict[str, Any]:
    """The two views of the parsed files: by events and by metrics, never to be added."""
    usage, counted = figures.requested, figures.counted
    has_events, amounts = figures.events > 0, {name: _plain(value) for name, value in figures.amounts.items()}
    by_events: dict[str, Any] = {
        "sessions": 1,
        "prompts": figures.prompts,
        "api_requests": usage.requests,
        "api_errors": figures.errors,
        **{name: getattr(usage, name) for name in TOKEN_CLASSES},
        "cost_usd": float(usage.cost.usd) if usage.cost is not None else None,
        "tool_results": sum(tool.calls for tool in figures.tools.values()),
        "tool_failures": figures.tool_failures,
        "tool_decisions": figures.decisions,
        "tool_rejections": figures.rejections,
    }
    return {
        "by_events": by_events if has_events else dict.fromkeys(by_events),
        "by_metrics": {
            "sessions": amounts.get("session_count"),
            **{name: getattr(counted, name) if counted.has_classes else None for name in TOKEN_CLASSES},
            "cost_usd": float(counted.cost.usd) if counted.cost is not None else None,
            "lines_added": amounts.get("lines_added"),
            "lines_removed": amounts.get("lines_removed"),
            "commits": amounts.get("commits"),
            "pull_requests": amounts.get("pull_requests"),
            "active_seconds": amounts.get("active_time"),
        },
    }
