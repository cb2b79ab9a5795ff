"""Why something is null: a sentence for each field that is, wherever it is in the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["UNKNOWN", "reasoned"]

UNKNOWN = "not known"
"""Where no reason was thought of: a test looks for it."""


def reasoned(data: Mapping[str, Any], why: Mapping[str, str], notes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The data with `reasons`: of each field that is null somewhere, why, and the notes.

    Args:
        data: lists, mappings and cells.
        why: by the path of a field that can be null; the places in lists are left out of it: `tools.success_rate`.
        notes: what there is to say of figures that are known, likewise.
    """
    reasons = {path: why.get(path, UNKNOWN) for path in dict.fromkeys(_nulls(data, ""))}
    return {**data, "reasons": {**reasons, **(notes or {})}}


def _nulls(value: Any, path: str) -> Iterator[str]:
    if value is None:
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _nulls(item, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _nulls(item, path)
