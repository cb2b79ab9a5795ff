"""What somebody may have meant who wrote a name that there is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

__all__ = ["hint_of"]

MOST: Final = 5  # names that are proposed


def hint_of(what: str, name: str, names: Iterable[str]) -> str:
    """A hint for a name that is not known: those that resemble it or have it in them, or all if none does.

    Args:
        what: what the names are of, in the plural: metrics, dimensions.
    """
    known = list(names)
    wrote = name.strip().lower().replace("-", "_").replace(" ", "_")[:100]
    near = get_close_matches(wrote, known, n=MOST, cutoff=0.7)
    if len(wrote) > 2:
        near += sorted((each for each in known if wrote in each and each not in near), key=len)
    if not near:
        return f"{what} are: {', '.join(known)}"
    return f"perhaps {' or '.join(near[:MOST])}; all {what}: docs/reference/metrics.md, GET /api/v1/{what}"
