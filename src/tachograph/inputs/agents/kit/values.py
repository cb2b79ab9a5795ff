"""Values of records that are used as they are, once they have been found to be what they should be."""

from __future__ import annotations

from typing import Any

import msgspec

from tachograph.inputs.agents.kit.records import Unusable
from tachograph_sdk.model.event import AttributeValue, DropReason

__all__ = ["MAX_COUNT", "Attributes", "count_of", "http_status", "put", "sane_number", "text_in", "text_of"]

MAX_COUNT = 10**12
"""A larger count of tokens is a damaged number, not a usage."""

Attributes = dict[str, AttributeValue]

_MAX_TEXT_BYTES = 1024 * 1024  # of a text that is brought to the wall, which keeps less


_text = msgspec.json.Decoder(str).decode


def put(attributes: Attributes, **values: Any) -> None:
    """Set the attributes that have a value."""
    for name, value in values.items():
        if value is not None and value != "":
            attributes[name] = value


def text_of(value: object) -> str | None:
    """A text that says something, else None."""
    return value if isinstance(value, str) and value else None


def text_in(raw: msgspec.Raw) -> str | None:
    """What a raw JSON value says, for the wall: a string's text, of anything else its JSON; None if there is nothing."""
    view = memoryview(raw)
    if len(view) == 0:
        return None
    if len(view) <= _MAX_TEXT_BYTES and view[0] == 0x22:
        try:
            return _text(raw)
        except msgspec.DecodeError:
            pass  # half of a surrogate pair, escaped: it stays as it was written
    return bytes(view[:_MAX_TEXT_BYTES]).decode("utf-8", "replace")


def count_of(value: int | float | None) -> int:
    """A count of tokens or lines; 0 if there is none.

    Raises:
        Unusable: it cannot be one.
    """
    if value is None:
        return 0
    if not 0 <= value <= MAX_COUNT:
        raise Unusable(DropReason.BAD_NUMBER, "a count out of range")
    return round(value)


def sane_number(value: object) -> int | float | None:
    """A count or a duration that is only shown, never billed; None if it cannot be one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < MAX_COUNT else None


def http_status(value: object) -> int | None:
    """A status of HTTP, None if it cannot be one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599 else None
