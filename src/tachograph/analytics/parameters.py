"""Parameters of questions, which come as text: names, and whole numbers within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tachograph_sdk.errors import QueryError

__all__ = ["MOST_OFFSET", "names_in", "whole_number"]

MOST_OFFSET: Final = 1_000_000_000


def names_in(text: str) -> list[str]:
    """The names that commas separate."""
    return [name.strip() for name in text.split(",") if name.strip()]


def whole_number(given: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """A parameter as a whole number within its bounds; None if it is not given. Raises QueryError."""
    text = given.get(name)
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1
    if not least <= number <= most:
        raise QueryError(f"{name} is not a whole number from {least} to {most:,}", hint=f"write {name}=20")
    return number
