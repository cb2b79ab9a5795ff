"""What kind of failure a record tells of: nine classes, from its fields and never from its texts.

The first row of a table that fits decides. A record is a failure by its type and `success`, so that a successful read
of a file called error_handler.py is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

__all__ = ["ERROR_EVENT", "ErrorClass", "classify_error", "classify_failure", "classify_rejection"]


class ErrorClass(StrEnum):
    """Why something failed."""

    RATE_LIMIT = "rate_limit"  # too many requests, or an allowance used up
    NETWORK = "network"  # no answer: no connection, or a time-out
    AUTH = "auth"  # not signed in, or not allowed to use it
    TOOL_FAILURE = "tool_failure"  # a tool ran, and what it did failed
    PERMISSION = "permission"  # a tool was not allowed to run
    VALIDATION = "validation"  # the call itself was wrong
    INTERRUPTION = "interruption"  # somebody stopped it
    SERVER = "server"  # the service failed or was overloaded
    OTHER = "other"  # none of these shows in the record


ERROR_EVENT = "api_error"
"""The event that is an error by being there. `api_retries_exhausted` and `internal_error` are none: an `api_error` is
written beside them for the same request (seen on 2.1.328, a millisecond apart)."""

STATUS: tuple[tuple[range, ErrorClass], ...] = (
    (range(429, 430), ErrorClass.RATE_LIMIT),
    (range(401, 402), ErrorClass.AUTH),
    (range(403, 404), ErrorClass.AUTH),
    (range(407, 408), ErrorClass.AUTH),
    (range(408, 409), ErrorClass.NETWORK),
    (range(499, 500), ErrorClass.INTERRUPTION),
    (range(504, 505), ErrorClass.NETWORK),
    (range(400, 500), ErrorClass.VALIDATION),
    (range(500, 600), ErrorClass.SERVER),
)
"""HTTP status to class; the first row that holds it."""

TYPES: tuple[tuple[str, ErrorClass], ...] = (
    (r"rate_?limit|too_?many_?requests|quota|usage_?limit", ErrorClass.RATE_LIMIT),
    (r"abort|cancel|interrupt|user_?stop|sigint", ErrorClass.INTERRUPTION),
    (r"permission|denied|forbidden_?tool|reject|eacces|eperm|not_?allowed", ErrorClass.PERMISSION),
    (r"auth|unauthorized|credential|api_?key|login|billing", ErrorClass.AUTH),
    (r"overloaded|server_?error|api_?error|internal_?server|unavailable", ErrorClass.SERVER),
    (
        r"connection|connect|network|time_?out|timed_?out|econn|enotfound|etimedout|dns|socket|fetch_?failed|tls|ssl",
        ErrorClass.NETWORK,
    ),
    (
        r"valid|schema|zod|parse|syntax_?input|bad_?request|input_?error|not_?found_?error|too_?long",
        ErrorClass.VALIDATION,
    ),
)
"""The kind that the agent names (`error_type`, lower case, CamelCase as words), searched for these; the first wins."""

_HTTP = re.compile(r"http_([1-5][0-9]{2})")
_TYPES = tuple((re.compile(pattern), found) for pattern, found in TYPES)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def classify_error(data: Mapping[str, Any]) -> ErrorClass:
    """Of an API error: by HTTP status, else by the kind named.

    One with neither had no answer: Claude Code leaves the status out of errors that are not HTTP's, such as
    a failed connection.
    """
    named = data.get("error_type")
    status = data.get("status_code")
    if not status and isinstance(named, str) and (http := _HTTP.fullmatch(named)):
        status = int(http[1])
    if isinstance(status, int) and (found := _by_status(status)) is not None:
        return found
    if isinstance(named, str):
        found = _by_type(named) or ErrorClass.OTHER
        # What a tool may not do is permission; what a request may not do is a matter of who is signed in.
        return ErrorClass.AUTH if found is ErrorClass.PERMISSION else found
    return ErrorClass.OTHER if status else ErrorClass.NETWORK


def classify_failure(data: Mapping[str, Any]) -> ErrorClass:
    """Of a tool result that says it did not succeed: by the kind named, else a tool failure like any other."""
    named = data.get("error_type")
    found = _by_type(named) if isinstance(named, str) else None
    if found in (ErrorClass.PERMISSION, ErrorClass.VALIDATION, ErrorClass.INTERRUPTION, ErrorClass.NETWORK):
        return found
    return ErrorClass.TOOL_FAILURE


def classify_rejection(data: Mapping[str, Any]) -> ErrorClass:
    """Of a rejected tool call: interruption where the user broke off at the question, else permission."""
    source = data.get("source") or data.get("decision_source")
    return ErrorClass.INTERRUPTION if source == "user_abort" else ErrorClass.PERMISSION


def _by_status(status: int) -> ErrorClass | None:
    for codes, found in STATUS:
        if status in codes:
            return found
    return None


def _by_type(named: str) -> ErrorClass | None:
    text = _HUMP.sub("_", named).lower()
    for pattern, found in _TYPES:
        if pattern.search(text):
            return found
    return None
