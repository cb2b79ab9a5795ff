"""What answers look like, for the OpenAPI document: the base of every model, and the shapes that several share.

A route names its model with `response_model`. Fields that a model does not name pass, so that no answer loses anything
because its description is behind; a test compares both.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Answer", "Cell", "Line", "Problem", "Rows", "Window", "WindowedRows", "problems"]

Cell = str | int | float | bool | None
"""Text, a number, or null: not known."""


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="allow")


class ProblemDetail(BaseModel):
    """What is wrong, and what to do next."""

    code: str = Field(description="for programs: unknown_metric, bad_window, token_needed, …")
    message: str = Field(description="for people")
    hint: str = Field(description="what to do next; can be empty")


class Problem(BaseModel):
    """Every error of the API but those of `/api/analytics`, `/api/metrics` and `/api/sessions`."""

    error: ProblemDetail


class Window(Answer):
    """The time range an answer is about."""

    since: str | None = Field(description="its first moment, ISO 8601 with the zone's offset; null: no start")
    until: str | None = Field(description="its end, excluded; null: no end")
    tz: str = Field(description="whose days and hours are counted")


class Rows(Answer):
    """A table as it is."""

    columns: list[str]
    rows: list[list[Any]]


class WindowedRows(Rows):
    """A table about a time range."""

    window: Window
    demo: bool


class Line(Answer):
    """One line of a stream of JSON lines: how far it is, or, as the last, `report` or `error`."""

    report: dict[str, Any] | None = Field(default=None, description="in the last line, when it is done")
    error: ProblemDetail | None = Field(default=None, description="in the last line, when it failed")


_WHY: dict[int, str] = {
    400: "What was sent cannot be read, or names what is not there",
    401: "This needs the control token, as `Authorization: Bearer …`",
    403: "From a page of another site, to a Host that is not this server's, or not allowed by the person",
    404: "There is no such thing",
    422: "A question that cannot be answered: the message says why, the hint what to do",
    500: "Something went wrong here; the log names the kind of error",
    503: "Busy: ask again after `Retry-After` seconds",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors that a route may answer with, for `responses`."""
    described: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        described[status] = {"model": Problem, "description": _WHY.get(status, HTTPStatus(status).phrase)}
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            described[status]["headers"] = {
                "Retry-After": {"description": "seconds", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
            }
    return described
