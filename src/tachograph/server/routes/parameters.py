"""Parameters that several routes have, how they are described, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph_sdk.errors import QueryError

__all__ = ["Given", "Range", "Since", "Tz", "Until", "filters", "given_in", "given_once", "listed", "with_parameters"]

_MOMENT = {
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
}

Since = Annotated[
    str | None,
    Query(
        description="first day or time, included; without an offset in the zone `tz`",
        max_length=40,
        json_schema_extra=_MOMENT,
    ),
]
Until = Annotated[str | None, Query(description="end, excluded; likewise", max_length=40, json_schema_extra=_MOMENT)]
Range = Annotated[
    str | None,
    Query(
        alias="range",
        description="1h, 24h, 7d, 30d, 90d or all; instead of since and until",
        pattern=r"^([1-9][0-9]{0,3}[mhdw]|all)$",
        max_length=5,
    ),
]
Tz = Annotated[
    str | None,
    Query(
        description="time zone that counts days and hours, such as Europe/Berlin; default the server's", max_length=60
    ),
]

_ONCE = ("since", "until", "range", "tz")
_MOST_VALUES = 200
_NUMBER = r"^(null|-?[0-9]{1,9})$"


def listed(name: str, description: str, values: Iterable[str], *, required: bool = False) -> dict[str, Any]:
    """A parameter that takes several of some names: repeated, or one text with commas between."""
    items: dict[str, Any] = {"type": "string", "enum": list(values)}
    schema = {"type": "array", "items": items, "minItems": 1 if required else 0, "maxItems": 100, "uniqueItems": True}
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description + "; several repeated, or with commas between",
        "schema": schema,
    }


def filters(names: Iterable[str] = DIMENSIONS) -> list[dict[str, Any]]:
    """One parameter for each dimension by which an answer can be filtered."""
    described = []
    for name in names:
        dimension = DIMENSIONS[name]
        item: dict[str, Any] = {"type": "string", "maxLength": 400}
        if dimension.type == "number":
            item = {"type": "string", "pattern": _NUMBER}
        elif dimension.type == "time":
            item = {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
        described.append(
            {
                "name": "plan_limit" if name == "limit" else name,
                "in": "query",
                "required": False,
                "description": f"only this {name} ({dimension.help}); several repeated, or with commas between;"
                " `null` for what is not known",
                "schema": {"type": "array", "items": item, "maxItems": _MOST_VALUES},
            }
        )
    return described


def with_parameters(*parameters: Any) -> dict[str, Any]:
    """`openapi_extra` with these parameters beside those that FastAPI finds itself."""
    return {"parameters": [p for group in parameters for p in (group if isinstance(group, list) else [group])]}


def given_in(request: Request, *, once: Iterable[str] = ()) -> Mapping[str, str]:
    """The query's parameters; what is repeated has its values joined by commas.

    Raises:
        QueryError: a parameter of a window or of `once` is given twice, or one has very many values.
    """
    given: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        given.setdefault(name, []).append(value)
    for name, values in given.items():
        if len(values) > 1 and name in (*_ONCE, *once):
            raise QueryError(f"the parameter {name!r} is given twice", hint="give it once")
        if sum(value.count(",") + 1 for value in values) > _MOST_VALUES:
            raise QueryError(f"the parameter {name!r} has more than {_MOST_VALUES} values", hint="give fewer")
    return {name: ",".join(values) for name, values in given.items()}


def given_once(*own: str) -> Any:
    """The query's parameters, of a route that is asked about a window: a dependency, which describes those of the window.

    Args:
        own: what else the route takes that can be given once only.
    """

    async def given_within(
        request: Request, since: Since = None, until: Until = None, range_: Range = None, tz: Tz = None
    ) -> Mapping[str, str]:
        return given_in(request, once=own)

    return Depends(given_within)


Given = Annotated[Mapping[str, str], given_once()]
"""The same, of a route that has no other parameter that can be given once only."""
