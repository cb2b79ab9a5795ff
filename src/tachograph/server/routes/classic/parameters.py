"""Parameters of the classic API, read into what our own questions take."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Query, Request

from tachograph.analytics.scope import Scope
from tachograph.server.problems import Refused
from tachograph.server.services import OwnAnswers

__all__ = [
    "RANGES",
    "Asked",
    "Limit",
    "MetricName",
    "Offset",
    "Period",
    "SessionId",
    "asked",
    "page_size",
    "session_names",
]

RANGES = {"1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
"""Lengths of time that end now, and what the timeline calls them."""

MOST = 100  # sessions on a page

Period = Literal["1h", "24h", "7d", "30d", "90d"]

_MOMENT = re.compile(  # a + that was not escaped arrives as a space
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?([Zz]|[+ -][0-9]{2}:[0-9]{2})"
)
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_UUID = r"[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}"

Range = Annotated[Period | None, Query(alias="range", description="a length of time that ends now")]
StartTime = Annotated[
    str | None,
    Query(
        description="first moment, included, as RFC 3339; only with end_time, and instead of range",
        json_schema_extra={"format": "date-time"},
        max_length=64,
    ),
]
EndTime = Annotated[
    str | None,
    Query(description="end, excluded; likewise", json_schema_extra={"format": "date-time"}, max_length=64),
]
UserEmail = Annotated[
    str | None,
    Query(
        description="a person: an e-mail address (hashed as stored) or a pseudonym; several with commas",
        min_length=1,
        max_length=2000,
    ),
]
UserId = Annotated[
    str | None,
    Query(
        description="a person: an account or installation id (hashed as stored) or a pseudonym; several with commas",
        min_length=1,
        max_length=2000,
    ),
]
OrganizationId = Annotated[
    str | None,
    Query(
        description="an organization: its id (hashed as stored) or a pseudonym; several with commas",
        min_length=1,
        max_length=2000,
    ),
]
Tz = Annotated[
    str | None,
    Query(
        description="time zone that counts days and hours, such as Europe/Berlin; default the server's", max_length=60
    ),
]
Limit = Annotated[int, Query(description=f"sessions on a page; more than {MOST} are taken as {MOST}", ge=1, lt=2**32)]
Offset = Annotated[int, Query(description="sessions to pass over", ge=0, lt=2**32)]
MetricName = Annotated[
    str | None,
    Query(
        description="one metric: as Claude Code's OpenTelemetry names it (claude_code.token.usage), or as /api/v1 does",
        min_length=1,
        max_length=100,
    ),
]
SessionId = Annotated[
    str,
    Path(
        description="a session: the agent's own id, a UUID, or the pseudonym that /api/sessions gives",
        pattern=f"^([a-z]_[0-9a-f]{{16}}|{_UUID})$",
    ),
]

_COMMON = frozenset({"range", "start_time", "end_time", "user_email", "user_id", "organization_id", "tz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request asks about, in the words of our own questions."""

    window: Mapping[str, str]  # since, until, range, tz
    people: tuple[str, ...] = ()  # each is a filter of its own: a row has to pass all
    organization: str | None = None
    period: str = "custom"  # the range, "all", or "custom" for times that were given

    def scope(self, answers: OwnAnswers, *, session: str | None = None, **own: str | None) -> Scope:
        """As a scope. `period` and what is in `own` are parameters of the question. Raises QueryError."""
        named: dict[str, str | None] = {"organization": self.organization, "session": session, **own}
        given = {name: text for name, text in named.items() if text is not None}
        keys = frozenset({"period", *own})
        scope = answers.scope({**self.window, **given, "period": self.period}, own=keys)
        for text in self.people:
            found = answers.scope({"user": text}).filters["user"]
            kept = scope.filters.get("user", found)
            scope = replace(scope, filters={**scope.filters, "user": [user for user in kept if user in found]})
        return scope


def asked(default: str, *more: str) -> Callable[..., Asked]:
    """A dependency that reads the common parameters.

    Args:
        default: the range where none and no times are given; "all" for all time.
        more: names of parameters that this endpoint takes besides.
    """
    known = _COMMON | set(more)

    def read(
        request: Request,
        range_: Range = None,
        start_time: StartTime = None,
        end_time: EndTime = None,
        user_email: UserEmail = None,
        user_id: UserId = None,
        organization_id: OrganizationId = None,
        tz: Tz = None,
    ) -> Asked:
        _check_names(request, known)
        window = {} if tz is None else {"tz": tz}
        period = range_ or default
        if (start_time is None) != (end_time is None):
            raise _refused("Invalid time range: start_time and end_time go together")
        if start_time is not None and end_time is not None:
            start, end = _moment("start_time", start_time), _moment("end_time", end_time)
            if start >= end:
                raise _refused("Invalid time range: end_time is not after start_time")
            window |= _window(start, end)
            period = "custom"
        else:
            window["range"] = period
        people = tuple(text for text in (user_email, user_id) if text is not None)
        return Asked(window=window, people=people, organization=organization_id, period=period)

    return read


def page_size(limit: int) -> int:
    """How many there are on a page."""
    return min(limit, MOST)


def session_names(text: str) -> str:
    """The names under which a session may be stored, separated by commas: an id as it is given, and in its usual form."""
    try:
        usual = str(UUID(text))
    except ValueError:
        return text
    return text if text == usual else f"{text},{usual}"


def _check_names(request: Request, known: frozenset[str] | set[str]) -> None:
    """A parameter that is not known, or given twice, would otherwise be left out silently: a wrong answer."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise _refused(f"Unknown parameter: {name[:60]} (known are: {', '.join(sorted(known))})")
        if name in seen:
            raise _refused(f"Parameter given twice: {name}")
        seen.add(name)


def _window(start: datetime, end: datetime) -> dict[str, str]:
    """A time range in the words of our own questions, without what lies beyond the years in which anything can be.

    People write the first and last moment that their calendar has where they mean all time; zones and days before and after
    a window must exist too.
    """
    start = min(max(start, _EARLIEST), _LATEST)
    end = max(min(end, _LATEST), start + timedelta(microseconds=1))
    return {"since": start.isoformat(), "until": end.isoformat()}


def _moment(name: str, text: str) -> datetime:
    """An RFC 3339 time, in UTC."""
    found = _MOMENT.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        day, time, fraction, offset = found.groups()
        offset = "+00:00" if offset in "Zz" else offset.replace(" ", "+")
        return datetime.fromisoformat(f"{day}T{time}{(fraction or '')[:7]}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refused(f"Invalid {name}: {text}") from error


def _refused(message: str) -> Refused:
    return Refused(message, status=HTTPStatus.BAD_REQUEST)
