"""The envelope of the classic API: every answer on its paths has this shape, errors of whatever kind included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from tachograph.clock import SystemClock
from tachograph.ports import Clock
from tachograph.server.problems import problem

__all__ = ["as_timestamp", "error_body", "error_status", "has_envelope", "invalid_parameter", "sealed"]

_PATHS = ("/api/health", "/api/metrics", "/api/sessions", "/api/analytics")
_FIXED = {
    HTTPStatus.NOT_FOUND: "Resource not found",
    HTTPStatus.METHOD_NOT_ALLOWED: "Method not allowed: these paths answer GET only",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Database error",
}
"""What is always said with a status."""

_ABOUT_PEOPLE = frozenset({"user_email", "user_id", "organization_id"})
"""Parameters whose values are not repeated."""


def has_envelope(path: str) -> bool:
    """True of the classic API's paths and whatever is below them."""
    return any(path == own or path.startswith(own + "/") for own in _PATHS)


def sealed(data: Any, *, clock: Clock) -> dict[str, Any]:
    """An answer."""
    return {"success": True, "data": data, "error": None, "timestamp": as_timestamp(clock)}


def as_timestamp(clock: Clock) -> str:
    """Now, as these answers write it."""
    return datetime.fromtimestamp(clock.now_us() / 1e6, UTC).isoformat().replace("+00:00", "Z")


def error_status(path: str, status: int) -> int:
    """The status of an error on this path: the classic API answers 400 to every mistake in a question."""
    return int(HTTPStatus.BAD_REQUEST) if has_envelope(path) and status == HTTPStatus.UNPROCESSABLE_ENTITY else status


def error_body(path: str, status: int, code: str, message: str, hint: str = "") -> dict[str, Any]:
    """The body of an error answer on this path: in the envelope, or as everywhere else."""
    if not has_envelope(path):
        return problem(code, message, hint)
    told = _FIXED.get(HTTPStatus(status)) or (f"{message} ({hint})" if hint else message)
    if code == "internal":
        told = "Internal server error"
    return {"success": False, "data": None, "error": told, "timestamp": as_timestamp(SystemClock())}


def invalid_parameter(error: Mapping[str, Any]) -> str:
    """What is said of a parameter that cannot be read: with its value, unless that names somebody."""
    name = str(error["loc"][-1])
    value = error.get("input")
    return (
        f"Invalid {name}: {value[:100]}" if isinstance(value, str) and name not in _ABOUT_PEOPLE else f"Invalid {name}"
    )
