"""How much is tried: all of it with --all; else a part, drawn anew each time, so that runs differ and all gets its turn.

What is drawn stands in the test's name or in what it prints when it fails, and can be asked for by that.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import pytest

__all__ = ["IS_THOROUGH", "few_of", "rounds", "some_long"]

IS_THOROUGH = "--all" in sys.argv
_CHANCE = random.SystemRandom()  # what reorders the tests sets the usual one to the same start in every file

T = TypeVar("T")


def rounds(usual: int, *, thorough: int) -> int:
    """How many examples, cuts or seeds."""
    return thorough if IS_THOROUGH else usual


def few_of(every: Sequence[T], usual: int) -> list[T]:
    """All of them with --all, else so many of them."""
    return list(every) if IS_THOROUGH else _CHANCE.sample(list(every), min(usual, len(every)))


def some_long(every: Sequence[T], usual: int) -> list[Any]:
    """Parameters of a test, of which all but so many are marked `long`."""
    drawn = few_of(range(len(every)), usual)
    return [one if place in drawn else pytest.param(one, marks=pytest.mark.long) for place, one in enumerate(every)]
