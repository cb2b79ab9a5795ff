"""The wall between raw and clean: policy, pseudonyms, release, consent, and the scrubber of free text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tachograph_sdk.privacy.scrubber import Scrubber

__all__ = ["Scrubber"]


def __getattr__(name: str) -> Any:
    """`Scrubber`, loaded when it is first asked for: its detectors are many, and most programs need none."""
    if name == "Scrubber":
        from tachograph_sdk.privacy.scrubber import Scrubber

        return Scrubber
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
