"""What one session did, added up record by record: usage by model and day, failures by class, tools, permissions.

Usage is kept twice, as its requests say and as the agent's running counters say, because they tell of the same tokens:
`basis` decides once per session which of them counts, so that nothing counts twice.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tachograph.analytics.errors.kinds import (
    ERROR_EVENT,
    ErrorClass,
    classify_error,
    classify_failure,
    classify_rejection,
)
from tachograph.analytics.file_kit.parsed import Record
from tachograph.analytics.file_kit.values import TOKEN_CLASSES
from tachograph_sdk.model.money import Money

__all__ = ["DayFigures", "SessionFigures", "ToolFigures", "Usage"]

COUNTER_CLASSES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_creation_tokens",
}
SHORT_OUTPUT, SHORT_CONTEXT = 300, 4000
"""A request is short if the model wrote and read at most so many tokens, of all classes."""
SMALL_COUNTERS = {"lines_of_code", "commits", "pull_requests", "active_time", "session_count"}


@dataclass(slots=True, kw_only=True)
class Usage:
    """Tokens and reported cost of some requests, or of a counter."""

    requests: int = 0
    without_cost: int = 0  # requests whose record has no reported cost
    without_tokens: int = 0  # requests whose record has no tokens
    nanousd: int = 0
    priced_nanousd: int = 0  # what a price table says of requests without a reported cost; no part of nanousd
    has_cost: bool = False
    has_tokens: bool = False
    has_classes: bool = False  # of which kind the tokens are, of some at least
    input_tokens: int = 0  # cache excluded
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_creation_tokens: int = 0
    cache_creation_1h_tokens: int = 0  # a part of cache_creation_tokens, where the agent tells
    other_tokens: int = 0  # a total that nobody split into classes

    @property
    def tokens(self) -> int:
        """All classes together."""
        return self.context_tokens + self.output_tokens + self.other_tokens

    @property
    def context_tokens(self) -> int:
        """What the model read: fresh, from the cache, and into the cache."""
        return self.input_tokens + self.cache_read_tokens + self.cache_creation_tokens

    @property
    def cost(self) -> Money | None:
        """What was reported; None if nothing was."""
        return Money(self.nanousd) if self.has_cost else None

    def add(self, other: Usage) -> None:
        """Add another's figures to these."""
        self.has_cost |= other.has_cost
        self.has_tokens |= other.has_tokens
        self.has_classes |= other.has_classes
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def add_request(self, data: dict[str, Any]) -> None:
        """Add what the record of one request says."""
        self.requests += 1
        if (nanousd := data.get("nanousd")) is None:
            self.without_cost += 1
            self.priced_nanousd += data.get("priced_nanousd", 0)
        else:
            self.nanousd += nanousd
            self.has_cost = True
        counts = [data.get(name) for name in TOKEN_CLASSES]
        if any(count is not None for count in counts):
            fresh, output, read, written = (count or 0 for count in counts)
            self.input_tokens += fresh
            self.output_tokens += output
            self.cache_read_tokens += read
            self.cache_creation_tokens += written
            self.cache_creation_1h_tokens += min(data.get("cache_creation_1h_tokens", 0), written)
            self.has_tokens = self.has_classes = True
        elif (total := data.get("total_tokens")) is not None:
            self.other_tokens += total
            self.has_tokens = True
        else:
            self.without_tokens += 1


_SUMS = tuple(name for name in Usage.__dataclass_fields__ if not name.startswith("has_"))


@dataclass(slots=True, kw_only=True)
class ToolFigures:
    """Calls of one tool."""

    calls: int = 0
    failures: int = 0
    failed_ms: int = 0  # what the failed calls lasted, as far as they tell
    failed_timed: int = 0  # failed calls that tell


@dataclass(slots=True, kw_only=True)
class DayFigures:
    """What of a session falls on one day."""

    requests: Usage = field(default_factory=Usage)
    counters: Usage = field(default_factory=Usage)
    errors: int = 0
    tool_failures: int = 0


@dataclass(slots=True, kw_only=True)
class SessionFigures:
    """One session of one person, however many files tell of it."""

    session_id: str | None  # as the files have it
    member: str | None = None  # whose, in merged files
    files: list[str] = field(default_factory=list)  # names of the logs, the first that told of it first
    events: int = 0
    metrics: int = 0
    requests: dict[str | None, Usage] = field(default_factory=dict)  # by model
    counters: dict[str | None, Usage] = field(default_factory=dict)  # by model
    short: dict[str | None, Usage] = field(default_factory=dict)  # those of the requests that were short, by model
    days: dict[str, DayFigures] = field(default_factory=dict)  # by local day, as 2026-11-20; "" for no time
    tools: dict[str, ToolFigures] = field(default_factory=dict)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)  # by tool, and by what it was rejected
    asked: Counter[str] = field(default_factory=Counter)  # by tool, where the user allowed this one call
    classes: Counter[ErrorClass] = field(default_factory=Counter)  # errors, failures and rejections
    errors: int = 0  # API errors
    internal_errors: int = 0  # the agent's own notes of them, and of what else went wrong inside it
    tool_failures: int = 0
    decisions: int = 0
    rejections: int = 0
    refusals: int = 0
    retries: int = 0  # tries after the first
    retried: int = 0  # requests and errors that took more than one
    attempts_known: int = 0  # requests and errors that tell how many tries they took
    rate_limited_ms: int = 0  # what the requests lasted that ended in a rate limit, as far as they tell
    rate_limited_timed: int = 0
    waited_ms: int = 0  # what all tries of requests lasted that were given up, as far as they tell
    waited_timed: int = 0
    rate_limit_waited_ms: int = 0  # the part of it that ended in a rate limit
    rate_limit_waited_timed: int = 0
    prompts: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)  # lines_added, lines_removed, commits, active_time, …
    first_us: int | None = None
    last_us: int | None = None
    seen: array[int] = field(default_factory=lambda: array("Q"))  # identities of its records, 8 bytes each

    @property
    def basis(self) -> str | None:
        """Which usage counts: "requests" if any was seen, else "counters" if any was, else None."""
        if self.requests:
            return "requests"
        return "counters" if self.counters else None

    @property
    def by_model(self) -> dict[str | None, Usage]:
        """The usage that counts, by model."""
        return self.requests or self.counters

    @property
    def usage(self) -> Usage:
        """The usage that counts, all models together."""
        return _together(self.by_model)

    @property
    def requested(self) -> Usage:
        """What the requests say, whether it counts or not."""
        return _together(self.requests)

    @property
    def counted(self) -> Usage:
        """What the counters say, whether it counts or not."""
        return _together(self.counters)

    @property
    def duration_ms(self) -> int | None:
        """From the first record to the last; None without two times."""
        if self.first_us is None or self.last_us is None or self.first_us == self.last_us:
            return None
        return (self.last_us - self.first_us) // 1000

    def on(self, day: str) -> DayFigures:
        """The figures of one day."""
        if (found := self.days.get(day)) is None:
            found = self.days[day] = DayFigures()
        return found

    def add(self, record: Record, day: str) -> ErrorClass | None:
        """Count one record that was not counted before.

        Args:
            record: of this session.
            day: on which local day it was, "" if it has no time.

        Returns:
            What kind of failure it tells of; None if of none.
        """
        if (at_us := record.at_us) is not None:
            self.first_us = at_us if self.first_us is None else min(self.first_us, at_us)
            self.last_us = at_us if self.last_us is None else max(self.last_us, at_us)
        if record.is_metric:
            self.metrics += 1
            self._add_metric(record, day)
            return None
        self.events += 1
        kind, data = record.kind, record.data
        if kind == "api_request":
            self._add_request(data, day)
        elif kind == "user_prompt":
            self.prompts += 1
        elif kind == "tool_result":
            return self._add_tool_result(data, day)
        elif kind == "tool_decision":
            return self._add_decision(data)
        elif kind == ERROR_EVENT:
            return self._add_error(data, day)
        elif kind == "internal_error":
            self.internal_errors += 1
        elif kind == "api_retries_exhausted":
            self._add_wait(data)
        elif kind == "api_refusal":
            self.refusals += 1
        return None

    def _add_request(self, data: dict[str, Any], day: str) -> None:
        model = data.get("model")
        if (usage := self.requests.get(model)) is None:
            usage = self.requests[model] = Usage()
        usage.add_request(data)
        self.on(day).requests.add_request(data)
        self._add_attempts(data)
        output = data.get("output_tokens")
        if output is not None and output <= SHORT_OUTPUT:
            context = sum(data.get(name, 0) for name in TOKEN_CLASSES if name != "output_tokens")
            if context <= SHORT_CONTEXT:
                self.short.setdefault(model, Usage()).add_request(data)

    def _add_metric(self, record: Record, day: str) -> None:
        kind, data, value = record.kind, record.data, record.value
        if value is None:  # every metric has one
            return
        if kind in ("cost_usage", "token_usage"):
            part = Usage()
            if kind == "cost_usage":
                part.nanousd, part.has_cost = Money.from_usd(value).nanousd, True
            else:
                name = COUNTER_CLASSES.get(data.get("type", ""), "other_tokens")
                setattr(part, name, int(value))
                part.has_tokens, part.has_classes = True, name != "other_tokens"
            self.counters.setdefault(data.get("model"), Usage()).add(part)
            self.on(day).counters.add(part)
        elif kind in SMALL_COUNTERS:
            name = f"lines_{data.get('type', 'changed')}" if kind == "lines_of_code" else kind
            self.amounts[name] = self.amounts.get(name, Decimal(0)) + value

    def _add_tool_result(self, data: dict[str, Any], day: str) -> ErrorClass | None:
        name = data.get("tool_name", "unknown")
        tool = self.tools.setdefault(name, ToolFigures())
        tool.calls += 1
        if data.get("success") is not False:
            return None
        tool.failures += 1
        if (lasted := data.get("duration_ms")) is not None:
            tool.failed_ms += lasted
            tool.failed_timed += 1
        self.tool_failures += 1
        self.on(day).tool_failures += 1
        found = classify_failure(data)
        self.classes[found] += 1
        return found

    def _add_decision(self, data: dict[str, Any]) -> ErrorClass | None:
        self.decisions += 1
        name = data.get("tool_name", "unknown")
        source = data.get("source") or data.get("decision_source") or "unknown"
        if data.get("decision") == "accept" and source == "user_temporary":
            self.asked[name] += 1
        if data.get("decision") != "reject":
            return None
        self.rejected[name, source] += 1
        self.rejections += 1
        found = classify_rejection(data)
        self.classes[found] += 1
        return found

    def _add_error(self, data: dict[str, Any], day: str) -> ErrorClass:
        self.errors += 1
        self.on(day).errors += 1
        self._add_attempts(data)
        found = classify_error(data)
        self.classes[found] += 1
        if found is ErrorClass.RATE_LIMIT and (lasted := data.get("duration_ms")) is not None:
            self.rate_limited_ms += lasted
            self.rate_limited_timed += 1
        return found

    def _add_wait(self, data: dict[str, Any]) -> None:
        if (lasted := data.get("duration_ms")) is None:
            return
        self.waited_ms += lasted
        self.waited_timed += 1
        if classify_error(data) is ErrorClass.RATE_LIMIT:
            self.rate_limit_waited_ms += lasted
            self.rate_limit_waited_timed += 1

    def _add_attempts(self, data: dict[str, Any]) -> None:
        if (attempts := data.get("attempt")) is not None and attempts > 0:
            self.attempts_known += 1
            self.retries += attempts - 1
            self.retried += attempts > 1


def _together(usages: dict[str | None, Usage]) -> Usage:
    total = Usage()
    for usage in usages.values():
        total.add(usage)
    return total
