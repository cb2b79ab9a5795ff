"""What evals measure of a session: each measure once, with what kind of figure it is and why it may be unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tachograph_sdk.errors import UnknownMetric

__all__ = ["DEFAULT_MEASURES", "MEASURES", "Measure", "Missing", "Session", "find_measures", "value_of"]

Session = Mapping[str, Any]
"""A row of `ask_sessions`, by column."""

Kind = Literal["yes_no", "amount", "share", "ratio"]
"""One answer a session; one amount a session; a share or a ratio of two sums over sessions."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a session has no value: a word from a closed set."""

    reason: str


Read = Callable[[Session], "float | bool | tuple[float, float] | Missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing about a session."""

    name: str
    kind: Kind
    unit: Literal["usd", "seconds", "tokens", "count", "share"]
    better: Literal["lower", "higher", "neither"]
    label: str  # as a person says it: "Cost per session"
    help: str
    read: Read  # yes_no: a truth; amount: a number; share and ratio: the part and its whole (above 0)


NO_REQUEST = Missing("no request")
NO_PRICE = Missing("cost not known")
NO_TOOL_CALL = Missing("no tool call")
NO_PROMPT = Missing("no prompt")
NO_ACTIVE_TIME = Missing("no source tells active time")
NO_TRIES = Missing("no source tells retries")
NO_TOKENS = Missing("no tokens")
ONLY_COUNTERS = Missing("only counters of usage came")


def find_measures(names: Sequence[str]) -> tuple[Measure, ...]:
    """The measures of these names, each once. Raises UnknownMetric; the hint lists what there is."""
    for name in names:
        if name not in MEASURES:
            raise UnknownMetric(f"there is no measure {name!r}", hint=f"measures are: {', '.join(MEASURES)}")
    return tuple(MEASURES[name] for name in dict.fromkeys(names))


def value_of(measure: Measure, session: Session) -> float | Missing:
    """One number a session: 1 and 0 for yes and no, the part over its whole for shares and ratios."""
    read = measure.read(session)
    if isinstance(read, Missing):
        return read
    return read[0] / read[1] if isinstance(read, tuple) else float(read)


def _of(column: str) -> Callable[[Session], float]:
    return lambda session: float(session[column])


def _used(session: Session) -> bool:
    return session["requests"] > 0 or _tokens(session) > 0


def _tokens(session: Session) -> float:
    return float(
        session["input_tokens"]
        + session["output_tokens"]
        + session["cache_read_tokens"]
        + session["cache_write_tokens"]
    )


def _cost(session: Session) -> float | Missing:
    if session["unpriced_requests"] > 0:
        return NO_PRICE
    return session["cost_nanousd"] / 1e9 if _used(session) or session["cost_nanousd"] > 0 else NO_REQUEST


def _happened(session: Session) -> bool:
    """Whether any record came of what happened; of counters alone nobody knows what did not."""
    return any(session[name] > 0 for name in ("requests", "api_errors", "prompts", "tool_calls"))


def _told(count: Callable[[Session], float | bool]) -> Read:
    return lambda session: count(session) if _happened(session) or not _tokens(session) else ONLY_COUNTERS


def _of_tokens(count: Callable[[Session], float]) -> Read:
    return lambda session: count(session) if _used(session) else NO_REQUEST


def _seconds(session: Session) -> float:
    return float((_moment(session["ended_at"]) - _moment(session["started_at"])).total_seconds())


def _moment(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _active(session: Session) -> float | Missing:
    return NO_ACTIVE_TIME if session["active_seconds"] is None else float(session["active_seconds"])


def _retries(session: Session) -> float | Missing:
    retries = max(session["told_retries"], session["repeated_tries"], session["noticed_retries"])
    if session["with_attempts"]:
        return float(retries)
    if session["is_archived"]:  # the notices went with the records; what is left may be a part
        return NO_TRIES
    tells = session["has_transcript"] and session["agent"] == "claude_code"
    return float(retries) if retries or tells else NO_TRIES


def _needed_retry(session: Session) -> bool | Missing:
    retries = _retries(session)
    return retries if isinstance(retries, Missing) else retries > 0


def _share(part: Callable[[Session], float], whole: Callable[[Session], float], missing: Missing) -> Read:
    def read(session: Session) -> tuple[float, float] | Missing:
        of = whole(session)
        return (part(session), of) if of > 0 else missing

    return read


def _cost_per_prompt(session: Session) -> tuple[float, float] | Missing:
    cost = _cost(session)
    if isinstance(cost, Missing):
        return cost
    return (cost, float(session["prompts"])) if session["prompts"] > 0 else NO_PROMPT


def _called(read: Callable[[Session], bool]) -> Read:
    return lambda session: read(session) if session["tool_calls"] > 0 else NO_TOOL_CALL


def _m(
    name: str,
    kind: Kind,
    unit: Literal["usd", "seconds", "tokens", "count", "share"],
    better: Literal["lower", "higher", "neither"],
    label: str,
    help: str,  # noqa: A002 - reads as a table
    read: Read,
) -> Measure:
    return Measure(name=name, kind=kind, unit=unit, better=better, label=label, help=help, read=read)


_TABLE: tuple[Measure, ...] = (
    _m("cost_usd", "amount", "usd", "lower", "Cost per session", "Dollars; not known where any request has no price.", _cost),
    _m(
        "duration_seconds", "amount", "seconds", "lower", "Duration of a session",
        "From the first to the last record, pauses included.", _told(_seconds),
    ),
    _m(
        "active_seconds", "amount", "seconds", "lower", "Active time per session",
        "Without pauses, where a source tells it (OpenTelemetry does, transcripts do not).", _active,
    ),
    _m("total_tokens", "amount", "tokens", "lower", "Tokens per session", "All classes, cache included.", _of_tokens(_tokens)),
    _m(
        "input_tokens", "amount", "tokens", "lower", "Fresh input tokens per session", "Cache excluded.",
        _of_tokens(_of("input_tokens")),
    ),
    _m(
        "output_tokens", "amount", "tokens", "lower", "Output tokens per session", "Reasoning included.",
        _of_tokens(_of("output_tokens")),
    ),
    _m("requests", "amount", "count", "lower", "Requests per session", "API requests that were answered.", _told(_of("requests"))),
    _m(
        "retries", "amount", "count", "lower", "Retries per session",
        "API requests that were tried again, where a source tells it.", _retries,
    ),
    _m("prompts", "amount", "count", "neither", "Prompts per session", "What a person sent.", _told(_of("prompts"))),
    _m("tool_calls", "amount", "count", "neither", "Tool calls per session", "Rejected ones included.", _told(_of("tool_calls"))),
    _m("tool_errors", "amount", "count", "lower", "Failed tool calls per session", "They ran and failed.", _told(_of("tool_errors"))),
    _m("api_errors", "amount", "count", "lower", "Failed requests per session", "Failed after all tries.", _told(_of("api_errors"))),
    _m("lines_added", "amount", "count", "neither", "Lines added per session", "By the agent's edits.", _of("lines_added")),
    _m("commits", "amount", "count", "higher", "Commits per session", "Made through the agent.", _of("commits")),
    _m(
        "had_error", "yes_no", "share", "lower", "Sessions with an error",
        "A failed request or a failed tool call.", _told(lambda s: s["api_errors"] > 0 or s["tool_errors"] > 0),
    ),
    _m(
        "had_api_error", "yes_no", "share", "lower", "Sessions with a failed request", "After all tries.",
        _told(lambda s: s["api_errors"] > 0),
    ),
    _m(
        "had_tool_failure", "yes_no", "share", "lower", "Sessions with a failed tool call",
        "Of those with any tool call.", _called(lambda s: s["tool_errors"] > 0),
    ),
    _m(
        "needed_retry", "yes_no", "share", "lower", "Sessions that needed a retry",
        "An API request was tried again, where a source tells it.", _needed_retry,
    ),
    _m(
        "had_rejection", "yes_no", "share", "lower", "Sessions with a rejected tool call",
        "A person or rule said no.", _called(lambda s: s["tool_rejections"] > 0),
    ),
    _m("made_commit", "yes_no", "share", "higher", "Sessions with a commit", "At least one.", lambda s: s["commits"] > 0),
    _m(
        "api_error_rate", "share", "share", "lower", "API requests that failed", "Of all requests, sessions taken whole.",
        _share(_of("api_errors"), lambda s: float(s["api_errors"] + s["requests"]), NO_REQUEST),
    ),
    _m(
        "tool_failure_rate", "share", "share", "lower", "Tool calls that failed",
        "Of the calls that ran and whose end is known, sessions taken whole.",
        _share(_of("tool_errors"), _of("tool_ended"), NO_TOOL_CALL),
    ),
    _m(
        "rejection_rate", "share", "share", "lower", "Tool calls that were rejected", "Of all calls, sessions taken whole.",
        _share(_of("tool_rejections"), _of("tool_calls"), NO_TOOL_CALL),
    ),
    _m(
        "cache_hit_rate", "share", "share", "higher", "Prompt tokens from cache", "Of all prompt tokens, sessions taken whole.",
        _share(_of("cache_read_tokens"), lambda s: _tokens(s) - float(s["output_tokens"]), NO_TOKENS),
    ),
    _m(
        "cost_per_prompt_usd", "ratio", "usd", "lower", "Cost per prompt",
        "Dollars over what a person sent, sessions taken whole.", _cost_per_prompt,
    ),
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _TABLE}

DEFAULT_MEASURES = ("cost_usd", "duration_seconds", "had_error", "api_error_rate", "tool_failure_rate", "retries")
"""What is looked at where nothing is asked for: each more would make all the others harder to see."""
