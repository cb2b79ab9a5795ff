"""How it is said that there is too little to tell anything from."""

from __future__ import annotations

__all__ = ["too_few"]


def too_few(number: int, one: str, purpose: str, least: int, *, many: str = "") -> str:
    """A sentence: "1 whole day is too few to tell a direction: it takes 28".

    Args:
        number: how many there are.
        one: what they are, in the singular; `many`: in the plural, where that is not `one` and an s.
        purpose: too few for what.
        least: how many it takes.
    """
    told = f"{one} is" if number == 1 else f"{many or one + 's'} are"
    return f"{number} {told} too few {purpose}: it takes {least}"
