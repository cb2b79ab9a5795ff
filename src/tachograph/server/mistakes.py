"""What is said of a request whose parameters or body cannot be read: what is wrong with which, and what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

__all__ = ["say_mistake"]

_ELSE: Final = "see /api/openapi.json"
_SAYS: Final = {  # by the kind of mistake; {} is what the check says of its bound
    "missing": "is missing",
    "int_parsing": "is not a whole number",
    "int_from_float": "is not a whole number",
    "float_parsing": "is not a number",
    "bool_parsing": "is neither true nor false",
    "string_pattern_mismatch": "does not have the form that is taken",
    "string_too_long": "is longer than {max_length} signs",
    "string_too_short": "is shorter than {min_length} signs",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "greater_than": "is not more than {gt}",
    "less_than": "is not less than {lt}",
}


def say_mistake(errors: Sequence[Mapping[str, Any]], route: object = None) -> tuple[str, str]:
    """Message and hint for the first thing that is wrong.

    Args:
        errors: what the check found, in pydantic's shape; not empty.
        route: the route that was asked, whose parameters have descriptions.
    """
    first = errors[0]
    if first["type"] == "json_invalid":
        return "the body is not JSON", _ELSE
    part, *path = [str(step) for step in first["loc"]]
    if part != "query" or not path:
        where = ".".join(path) or "the body"
        return f"{where}: {_lowered(str(first['msg']))}", _ELSE
    name = path[0]
    choices = [
        str(e["ctx"]["expected"]) for e in errors if e["type"] == "literal_error" and e["loc"][:2] == first["loc"][:2]
    ]
    hint = _described(name, route)
    if choices:
        return f"{name} is none of {_joined(choices)}", hint
    says = _SAYS.get(first["type"])
    return f"{name} {says.format(**first.get('ctx', {}))}" if says else f"{name}: {_lowered(str(first['msg']))}", hint


def _joined(choices: Sequence[str]) -> str:
    """The words of all choices; a parameter of two kinds has two lists of them."""
    words = [word.strip("' ") for choice in choices for word in choice.replace(" or ", ", ").split(",")]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _described(name: str, route: object) -> str:
    """What the parameter takes, in the words of the API's description."""
    for parameter in _parameters_of(getattr(route, "dependant", None)):
        if parameter.alias == name and parameter.field_info.description:
            return f"{name}: {parameter.field_info.description}"
    return _ELSE


def _parameters_of(dependant: Any) -> Iterator[Any]:
    """What a route takes in its query, and what that which it depends on takes."""
    if dependant is not None:
        yield from dependant.query_params
        for one in dependant.dependencies:
            yield from _parameters_of(one)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
