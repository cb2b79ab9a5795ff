"""What one document adds up to: by its events and by its metrics, two views of the same use that are never added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph_sdk.model.event import Event, EventKind, Scalar

__all__ = ["Totals"]

_TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
_OURS: Final = {"cache_creation_tokens": "cache_write_tokens"}
_BY_EVENTS: Final = (
    *("sessions", "prompts", "api_requests", "api_errors", *_TOKENS, "cost_usd"),
    *("tool_results", "tool_failures", "tool_decisions", "tool_rejections"),
)
_BY_METRICS: Final = (
    *("sessions", *_TOKENS, "cost_usd"),
    *("lines_added", "lines_removed", "commits", "pull_requests", "active_seconds"),
)
_COUNTERS: Final = dict(zip(("input", "output", "cache_read", "cache_write"), _TOKENS, strict=True))
_COUNTED: Final = {
    EventKind.SESSION_START: "sessions",
    EventKind.VCS_COMMIT: "commits",
    EventKind.VCS_PULL_REQUEST: "pull_requests",
}
_PRICED: Final = "priced_requests"  # of the requests, those with a cost


class Totals:
    """Adds up. Whole nano-dollars and milliseconds inside, so that no sum drifts."""

    def __init__(self) -> None:
        self._events: dict[str, int] = dict.fromkeys((*_BY_EVENTS, _PRICED), 0)
        self._metrics: dict[str, int] = {}  # those that were said at all

    def resume(self, told: Mapping[str, Any]) -> None:
        """Go on from what `as_dict` said."""
        for sums, part in ((self._events, "by_events"), (self._metrics, "by_metrics")):
            for name, value in told[part].items():
                if value is not None:
                    sums[name] = _whole(name, value)
        self._events[_PRICED] = 0 if told["by_events"]["cost_usd"] is None else self._events["api_requests"]

    def add_event(self, event: Event) -> None:
        """Count one event."""
        sums, said = self._events, event.attributes
        if event.kind is EventKind.API_REQUEST:
            sums["api_requests"] += 1
            for name in _TOKENS:
                sums[name] += int(said.get(_OURS.get(name, name), 0))
            if "cost_nanousd" in said:
                sums[_PRICED] += 1
                sums["cost_usd"] += int(said["cost_nanousd"])
        elif event.kind is EventKind.API_ERROR:
            sums["api_errors"] += (
                event.name != "api_retries_exhausted"
            )  # which sums up errors that were told one by one
        elif event.kind is EventKind.PROMPT:
            sums["prompts"] += 1
        elif event.kind is EventKind.TOOL_CALL:
            sums["tool_results"] += 1
            sums["tool_failures"] += said.get("success") is False
        elif event.kind is EventKind.TOOL_DECISION:
            sums["tool_decisions"] += 1
            sums["tool_rejections"] += said.get("decision") == "reject"

    def add_point(self, event: Event) -> None:
        """Count one point of a metric."""
        said = event.attributes
        if event.kind is EventKind.USAGE_COUNTER:
            counter = str(said.get("counter"))
            if counter == "cost":
                self._add("cost_usd", said.get("cost_nanousd"))
            elif counter in _COUNTERS:
                self._add(_COUNTERS[counter], said.get("quantity"))
        elif event.kind is EventKind.CODE_CHANGE:
            for name in ("lines_added", "lines_removed"):
                self._add(name, said.get(name))
        elif event.kind is EventKind.SESSION_ACTIVITY:
            if (seconds := said.get("active_seconds")) is not None:
                self._add("active_seconds", round(float(seconds) * 1000))
        elif event.kind in _COUNTED:
            self._add(_COUNTED[event.kind], said.get("quantity"))

    def _add(self, name: str, value: Scalar | None) -> None:
        if value is not None:
            self._metrics[name] = self._metrics.get(name, 0) + int(value)

    def as_dict(self, *, events: int, sessions: int) -> dict[str, dict[str, int | float | None]]:
        """Both views; null where a view says nothing: of events if there are none, of a metric if it was not met.

        Args:
            events: how many there are.
            sessions: sessions that the events are of.
        """
        by_events = {name: _told(name, self._events[name]) if events else None for name in _BY_EVENTS}
        if events:
            by_events["sessions"] = sessions
            if not self._events[_PRICED] and self._events["api_requests"]:
                by_events["cost_usd"] = None
        return {
            "by_events": by_events,
            "by_metrics": {
                name: _told(name, self._metrics[name]) if name in self._metrics else None for name in _BY_METRICS
            },
        }


def _told(name: str, value: int) -> int | float:
    if name == "cost_usd":
        return round(value / 1e9, 9)
    return round(value / 1000, 3) if name == "active_seconds" else value


def _whole(name: str, value: float) -> int:
    return round(value * (1e9 if name == "cost_usd" else 1000 if name == "active_seconds" else 1))
