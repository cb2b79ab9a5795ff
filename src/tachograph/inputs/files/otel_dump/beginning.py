"""How such a file looks. On its own, because looking for it must load nothing."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["BEGINS", "holds_dump"]

BEGINS: Final = re.compile(rb'\{\r?\n  "')
"""Where an object begins: nothing within one is indented by two spaces, and no text has a line end in it."""

_first = re.compile(rb'\{\r?\n  "(?:_?spanContext|_?hrTime|resource)": [\[{]').search
_MARKS = (b'"_rawAttributes"', b'"_spanContext"', b'"_hrTime"', b'"hrTime"', b'"scopeMetrics"')


def holds_dump(head: bytes) -> bool:
    """Whether a text that begins with these bytes holds objects of the SDK."""
    return _first(head) is not None and any(mark in head for mark in _MARKS)
