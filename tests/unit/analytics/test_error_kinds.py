"""What kind of failure a record tells of, by its fields alone."""

from __future__ import annotations

from typing import Any

import pytest

from tachograph.analytics.errors.kinds import (
    ErrorClass,
    classify_error,
    classify_failure,
    classify_rejection,
)

ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"status_code": 429}, "rate_limit"),
    ({"status_code": 401}, "auth"),
    ({"status_code": 403}, "auth"),
    ({"status_code": 407}, "auth"),
    ({"status_code": 400}, "validation"),
    ({"status_code": 404}, "validation"),
    ({"status_code": 413}, "validation"),
    ({"status_code": 422}, "validation"),
    ({"status_code": 408}, "network"),
    ({"status_code": 504}, "network"),
    ({"status_code": 499}, "interruption"),
    ({"status_code": 500}, "server"),
    ({"status_code": 502}, "server"),
    ({"status_code": 529}, "server"),
    ({"status_code": 200}, "other"),
    ({"error_type": "http_429"}, "rate_limit"),
    ({"error_type": "http_529"}, "server"),
    ({"error_type": "rate_limit_error"}, "rate_limit"),
    ({"error_type": "RateLimitError"}, "rate_limit"),
    ({"error_type": "overloaded_error"}, "server"),
    ({"error_type": "api_error"}, "server"),
    ({"error_type": "authentication_error"}, "auth"),
    ({"error_type": "permission_error"}, "auth"),
    ({"error_type": "billing_error"}, "auth"),
    ({"error_type": "invalid_request_error"}, "validation"),
    ({"error_type": "not_found_error"}, "validation"),
    ({"error_type": "request_too_large"}, "other"),
    ({"error_type": "ECONNREFUSED"}, "network"),
    ({"error_type": "APIConnectionTimeoutError"}, "network"),
    ({"error_type": "AbortError"}, "interruption"),
    ({"error_type": "Surprise"}, "other"),
    ({"status_code": 429, "error_type": "api_error"}, "rate_limit"),  # the status knows better
    ({"status_code": 0}, "network"),  # no status: no answer
    ({}, "network"),
]
FAILURES: list[tuple[dict[str, Any], str]] = [
    ({}, "tool_failure"),
    ({"error_type": "ShellError"}, "tool_failure"),
    ({"error_type": "TelemetrySafeError"}, "tool_failure"),
    ({"error_type": "ENOENT"}, "tool_failure"),
    ({"error_type": "EACCES"}, "permission"),
    ({"error_type": "PermissionDeniedError"}, "permission"),
    ({"error_type": "InputValidationError"}, "validation"),
    ({"error_type": "ZodError"}, "validation"),
    ({"error_type": "AbortError"}, "interruption"),
    ({"error_type": "UserInterrupt"}, "interruption"),
    ({"error_type": "TimeoutError"}, "network"),
    ({"error_type": "rate_limit_error"}, "tool_failure"),  # of what the tool called, not of the agent
]


@pytest.mark.parametrize(("data", "expected"), ERRORS)
def test_an_api_error(data: dict[str, Any], expected: str) -> None:
    assert classify_error(data) == expected


@pytest.mark.parametrize(("data", "expected"), FAILURES)
def test_a_failed_tool(data: dict[str, Any], expected: str) -> None:
    assert classify_failure(data) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [("user_reject", "permission"), ("config", "permission"), ("hook", "permission"), ("user_abort", "interruption")],
)
def test_a_rejected_tool(source: str, expected: str) -> None:
    assert classify_rejection({"source": source}) == expected
    assert classify_rejection({"decision_source": source}) == expected


def test_every_class_is_met_here() -> None:
    met = {expected for _, expected in ERRORS + FAILURES}
    assert met == {found.value for found in ErrorClass}
