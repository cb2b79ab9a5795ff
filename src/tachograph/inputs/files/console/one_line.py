"""Events and metrics that stand on one line each, as older tools and hands write them.

    claude_code.api_request: {"model": "…", "input_tokens": 10}
    {"event": "claude_code.api_request", "timestamp": "…", "attributes": {…}}
    claude_code.token.usage value 120

A line of JSON is an event if one of its values or keys is the name of one, whole: a text that only mentions a name is none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.otlp.raw_records import EARLIEST_NS, LATEST_NS
from tachograph_sdk.model.event import AttributeValue

__all__ = ["OneEvent", "OneMetric", "find_event", "find_metric", "read_event"]

PREFIX: Final = "claude_code."
_EVENT: Final = re.compile(r"(?:^|[\s\]|])claude_code\.([a-z_]{1,64}):?\s*(\{.*)$")
_METRIC: Final = re.compile(
    r"(?:^|[\s\]|])(claude_code\.[a-z_]{1,64}(?:\.[a-z_]{1,64}){1,3})\s+value[\s:=]+(\S{1,64})\s*$"
)
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][-+]?[0-9]{1,3})?")
_NAMED_BY: Final = ("event", "event_type", "event.name", "event_name", "eventName", "name", "body", "message", "msg")
_TIMES: Final = ("timestamp", "event.timestamp", "time", "ts")
_MOST_LEVELS: Final = 3
_ALL_TOKENS: Final = frozenset({"tokens", "total_tokens", "totalTokens", "token_count"})
_SOME_TOKENS: Final = frozenset({"input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"})
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "session_id": "session.id",
    "sessionId": "session.id",
    "account_uuid": "user.account_uuid",
    "user_account_uuid": "user.account_uuid",
    "accountUuid": "user.account_uuid",
    "user_id": "user.id",
    "organization_id": "organization.id",
    "app_version": "app.version",
    "appVersion": "app.version",
    "terminal_type": "terminal.type",
    "prompt_id": "prompt.id",
    "event_sequence": "event.sequence",
    "cost": "cost_usd",
    "costUsd": "cost_usd",
    "price": "cost_usd",
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadTokens": "cache_read_tokens",
    "cacheCreationTokens": "cache_creation_tokens",
    "durationMs": "duration_ms",
    "toolName": "tool_name",
    "statusCode": "status_code",
    "errorType": "error_type",
    "promptLength": "prompt_length",
    "requestId": "request_id",
}
"""What other writers call Claude Code's attributes."""


@dataclass(frozen=True, slots=True)
class OneEvent:
    """An event as it stood on its line. It may hold anything, so it is never stored, logged or shown."""

    name: str  # without the prefix
    time_ns: int  # 0 where none is said
    attributes: dict[str, AttributeValue]
    resource: dict[str, AttributeValue]

    @property
    def is_unsplit(self) -> bool:
        """Whether it says how many tokens there were, but not of which kind."""
        return not _ALL_TOKENS.isdisjoint(self.attributes) and _SOME_TOKENS.isdisjoint(self.attributes)

    def __repr__(self) -> str:
        return f"OneEvent({self.name!r}, {len(self.attributes)} attributes)"


@dataclass(frozen=True, slots=True)
class OneMetric:
    """A name and a value."""

    name: str
    value: int | float | None  # None where it is no number


def find_metric(line: str) -> OneMetric | None:
    """The metric on this line; None if there is none."""
    match = _METRIC.search(line)
    return None if match is None else OneMetric(match.group(1), number_of(match.group(2)))


def number_of(text: str) -> int | float | None:
    """A finite number, a whole one where it is written so; None if the text is none."""
    if not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def find_event(line: str) -> OneEvent | None:
    """The event on this line; None if there is none.

    Raises:
        ValueError: there is one, and it cannot be read.
    """
    match = _EVENT.search(line)
    if match is not None:
        told = _object(match.group(2))
        if told is None:
            raise ValueError("no JSON object")
        return read_event(told, name=match.group(1))
    text = line.strip()
    if not text.startswith("{"):
        return None
    told = _object(text)
    return None if told is None else read_event(told)


def read_event(told: Mapping[str, Any], *, name: str | None = None) -> OneEvent | None:
    """An event from an object; None if nothing in it is the name of one.

    Args:
        told: the object; attributes in it, or in an object or OTLP list called "attributes".
        name: of the event, where it is known.
    """
    if name is None:
        name = _name_in(told)
        if name is None:
            return None
    attributes: dict[str, AttributeValue] = {}
    for key, value in {**told, **_attributes(told.get("attributes")), **_attributes(told.get("data"))}.items():
        if key not in ("attributes", "data", "resource") and not _names(value):
            attributes.setdefault(_OTHER_NAMES.get(key, key), value)
    time_ns = 0
    for key in _TIMES:
        time_ns = time_ns or _time_ns(attributes.get(key))
        attributes.pop(key, None)
    resource = told.get("resource")
    return OneEvent(
        name, time_ns, attributes, _attributes(resource.get("attributes") if isinstance(resource, dict) else {})
    )


def _object(text: str) -> dict[str, Any] | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _name_in(told: Mapping[str, Any]) -> str | None:
    for key in _NAMED_BY:
        value = told.get(key)
        if isinstance(value, str) and value in EVENTS:
            return value
        if isinstance(value, str) and _names(value):
            return value.removeprefix(PREFIX)
    return _name_within(told, 0)


def _name_within(value: Any, level: int) -> str | None:
    if isinstance(value, str):
        return value.removeprefix(PREFIX) if _names(value) else None
    if level < _MOST_LEVELS and isinstance(value, dict | list):
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            found = _name_within(part, level + 1)
            if found is not None:
                return found
    return None


def _names(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(PREFIX) and value.removeprefix(PREFIX) in EVENTS


def _attributes(value: Any) -> dict[str, AttributeValue]:
    """Of an object, or of OTLP's list of keys and values."""
    if isinstance(value, dict):
        return value
    out: dict[str, AttributeValue] = {}
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict) and isinstance(key := item.get("key"), str):
            inner = item.get("value")
            out[key] = next(iter(inner.values()), None) if isinstance(inner, dict) else inner
    return out


def _time_ns(value: Any) -> int:
    """Nanoseconds since 1970 of an ISO text, or of seconds, milli-, micro- or nanoseconds; 0 if it is no time."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            value = number_of(value)
        else:
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            whole = at.replace(microsecond=0)
            ns = int(whole.timestamp()) * 10**9 + at.microsecond * 1000
            return ns if EARLIEST_NS <= ns < LATEST_NS else 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LATEST_NS:
        return 0
    for factor in (10**9, 10**6, 1000, 1):  # the unit in which it is a time
        if EARLIEST_NS <= value * factor < LATEST_NS:
            return round(value * factor)
    return 0
