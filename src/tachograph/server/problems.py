"""One shape for every error of the API: code, message, hint. And one table from our errors to HTTP."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from tachograph_sdk.errors import (
    ConfigError,
    ConsentError,
    InputError,
    JournalError,
    PayloadTooLarge,
    QueryError,
    QueryTooLarge,
    StoreBusy,
    StoreError,
    TachographError,
    UnknownModel,
    UnknownSession,
)

__all__ = ["STATUS_BY_ERROR", "Refused", "problem", "status_of"]

STATUS_BY_ERROR: tuple[tuple[type[TachographError], HTTPStatus], ...] = (  # the first that fits counts
    (PayloadTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (InputError, HTTPStatus.BAD_REQUEST),
    (ConfigError, HTTPStatus.BAD_REQUEST),
    (ConsentError, HTTPStatus.FORBIDDEN),
    (UnknownSession, HTTPStatus.NOT_FOUND),
    (QueryTooLarge, HTTPStatus.UNPROCESSABLE_ENTITY),
    (QueryError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StoreBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (JournalError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (UnknownModel, HTTPStatus.UNPROCESSABLE_ENTITY),
)


class Refused(TachographError):
    """A request this server does not take, whoever sends it."""

    code = "refused"

    def __init__(self, message: str, *, hint: str = "", status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        super().__init__(message, hint=hint)
        self.status = status


def status_of(error: TachographError) -> int:
    """The HTTP status of one of our errors; 500 for one the table does not know."""
    if isinstance(error, Refused):
        return int(error.status)
    for kind, status in STATUS_BY_ERROR:
        if isinstance(error, kind):
            return int(status)
    return int(HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(code: str, message: str, hint: str = "") -> dict[str, Any]:
    """The body of an error answer."""
    return {"error": {"code": code, "message": message, "hint": hint}}
