"""The values of one record: names that have the form of one, numbers that are one, and nothing else.

What is not named here is not read, whatever it says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tachograph_sdk.model.money import Money
from tachograph_sdk.privacy.shapes import SHAPES, is_plain_name

__all__ = ["MAX_COUNT", "TOKEN_CLASSES", "amount", "as_id", "is_kind", "money", "read_values", "whole"]

MAX_COUNT = 1 << 53  # what a JSON number holds exactly in every language
MAX_USD = 1_000_000  # of one record

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_NUMBER = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?")

NAMES: Mapping[str, str] = {
    "model": "model",
    "tool_name": "tool",
    "error_type": "name",
    "decision": "word",
    "decision_type": "word",
    "source": "word",
    "decision_source": "word",
    "query_source": "source",
    "speed": "word",
    "effort": "word",
    "type": "word",
    "permission_mode": "word",
    "language": "language",
    "start_type": "word",
}
"""Texts that are read, and the shape each must have."""
REPLACED = {"model": "custom", "tool_name": "custom"}  # what stands for a name without that form; others are left out
TOKEN_CLASSES = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
COUNTS = (
    *TOKEN_CLASSES, "cache_creation_1h_tokens", "total_tokens", "attempt", "status_code", "prompt_length", "tool_input_size_bytes", "tool_result_size_bytes",
)  # fmt: skip
LINKS = ("request_id", "tool_use_id", "prompt.id", "agent_id", "user.account_uuid")
ALIASES: Mapping[str, tuple[str, ...]] = {
    "cost_usd": ("cost_usd", "cost", "costUsd", "price"),
    "cache_creation_tokens": ("cache_creation_tokens", "cache_write_tokens"),
    "total_tokens": ("tokens", "total_tokens", "totalTokens", "token_count"),
    "attempt": ("attempt", "attempts", "total_attempts"),
    "error_type": ("error_type", "error_class"),
    "duration_ms": ("duration_ms", "total_retry_duration_ms"),
}
"""Names that older parsers used for the same; the first that is there counts, also if it is 0."""

BAD = object()  # what a reader answers for a number that is none


def read_values(raw: Mapping[str, Any], quarantined: Counter[str]) -> dict[str, Any]:
    """What is read of a record's data; `nanousd` is a reported cost, `priced_nanousd` one from a table of prices.

    A number that is none is left out and counted: it is unknown, not 0.
    """
    data: dict[str, Any] = {}
    for key, given in raw.items():
        if given is None or (rule := _RULES.get(key)) is None:
            continue
        name, read, before = rule
        if before and any(raw.get(other) is not None for other in before):
            continue
        value = read(given)
        if value is BAD:
            quarantined["bad_number"] += 1
        elif value is not None:
            data[name] = value
        elif name in REPLACED:
            data[name] = REPLACED[name]
    if "nanousd" in data and raw.get("cost_basis") == "priced":
        data["priced_nanousd"] = data.pop("nanousd")
    return data


def money(value: Any) -> Money | None:
    """An amount of dollars as JSON has it, or None if it is none: below 0, not a number, or beyond belief."""
    usd = amount(value)
    return None if usd is None or usd > MAX_USD else Money.from_usd(usd)


def whole(value: Any) -> int | None:
    """A count as JSON has it, also as text or as 3.0; or None if it is none."""
    if type(value) is int:
        return value if 0 <= value <= MAX_COUNT else None
    number = amount(value)
    return None if number is None or number != number.to_integral_value() else int(number)


def amount(value: Any) -> Decimal | None:
    """A number that is at least 0 and not beyond belief, also as text."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        return None
    number = Decimal(value)
    if not number.is_finite() or not 0 <= number <= MAX_COUNT:
        return None
    exponent = number.as_tuple().exponent  # a tiny one would make a fraction of that many digits
    return number if isinstance(exponent, int) and exponent > -60 else None


def as_id(value: Any) -> str | None:
    """An id or pseudonym, or None."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


@lru_cache(maxsize=4096)
def is_kind(name: str) -> bool:
    """Whether a name of an event or metric may be shown."""
    return is_plain_name(name)


@lru_cache(maxsize=16384)
def _has_shape(shape: str, text: str) -> bool:
    return SHAPES[shape].matches(text)


def _text(shape: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        return value if isinstance(value, str) and len(value) <= 128 and _has_shape(shape, value) else None

    return read


def _count(value: Any) -> Any:
    count = whole(value)
    return BAD if count is None else count


def _cost(value: Any) -> Any:
    cost = money(value)
    return BAD if cost is None else cost.nanousd


def _milliseconds(value: Any) -> Any:
    lasted = amount(value)
    return BAD if lasted is None else int(lasted.to_integral_value())


def _success(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value)
    return value if isinstance(value, bool) else None


_Rule = tuple[str, Callable[[Any], Any], tuple[str, ...]]


def _rules() -> dict[str, _Rule]:
    """By the name in the record: under which name it is read, how, and the names that go before it."""
    readers: dict[str, Callable[[Any], Any]] = {name: _text(shape) for name, shape in NAMES.items()}
    readers |= dict.fromkeys(COUNTS, _count) | dict.fromkeys(LINKS, as_id)
    readers |= {"cost_usd": _cost, "duration_ms": _milliseconds, "success": _success}
    return {
        alias: ("nanousd" if name == "cost_usd" else name, read, ALIASES.get(name, (name,))[:place])
        for name, read in readers.items()
        for place, alias in enumerate(ALIASES.get(name, (name,)))
    }


_RULES = _rules()
