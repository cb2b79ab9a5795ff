"""Lists of words, written as text: what stands for no person, no address, no name."""

from __future__ import annotations

__all__ = ["words"]


def words(*texts: str) -> frozenset[str]:
    """The words of the texts, which spaces part."""
    return frozenset(word for text in texts for word in text.split())
