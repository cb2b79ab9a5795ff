"""What is added up, and the way from one figure to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tachograph.analytics.compile import half_up

__all__ = ["CLASSES", "Figure", "Step", "Waterfall", "figure_json"]

CLASSES = ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Requests, tokens by class and cost in whole nano-dollars; as a step, what is added or (below zero) taken away."""

    requests: int = 0
    input_tokens: int = 0  # fresh, cache excluded
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_nanousd: int = 0

    def __add__(self, other: Figure) -> Figure:
        return Figure(
            requests=self.requests + other.requests,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cost_nanousd=self.cost_nanousd + other.cost_nanousd,
        )

    def __sub__(self, other: Figure) -> Figure:
        return self + -other

    def __neg__(self) -> Figure:
        return Figure(**{name: -getattr(self, name) for name in self.__slots__})

    def __bool__(self) -> bool:
        return bool(
            self.requests
            or self.input_tokens
            or self.output_tokens
            or self.cache_read_tokens
            or self.cache_write_tokens
            or self.cost_nanousd
        )

    @property
    def tokens(self) -> int:
        """All classes together."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens

    @classmethod
    def total(cls, figures: Iterable[Figure]) -> Figure:
        """The sum."""
        sums = dict.fromkeys(cls.__slots__, 0)
        for figure in figures:
            for name in sums:
                sums[name] += getattr(figure, name)
        return cls(**sums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One named part of a difference."""

    id: str
    name: str
    why: str  # one sentence for a newcomer
    change: Figure
    items: int | None = None  # how many requests, rows or records it is about, where that is not change.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """The way from one figure to another. One that does not add up cannot be made: ValueError."""

    id: str
    name: str
    start: Figure
    steps: Sequence[Step]
    end: Figure
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        reached = self.start + Figure.total(step.change for step in self.steps)
        if reached != self.end:
            raise ValueError(f"{self.id}: the steps lead to {reached}, not to {self.end}")

    def as_json(self) -> dict[str, Any]:
        """As the API shows it: money in whole micro-dollars, which add up as exactly as the nano-dollars do.

        Each step is the difference of two rounded running totals, so that no rounding is left over at the end.
        """
        steps = []
        reached = self.start
        for step in self.steps:
            before, reached = reached, reached + step.change
            cost = half_up(reached.cost_nanousd) - half_up(before.cost_nanousd)
            told = {"id": step.id, "name": step.name, "why": step.why, **_counts(step.change), "cost_microusd": cost}
            steps.append(told if step.items is None else {**told, "items": step.items})
        return {
            "id": self.id,
            "name": self.name,
            "start": figure_json(self.start),
            "steps": steps,
            "end": figure_json(self.end),
            "notes": list(self.notes),
        }


def figure_json(figure: Figure) -> dict[str, int]:
    """Counts, and the cost in whole micro-dollars."""
    return {**_counts(figure), "cost_microusd": half_up(figure.cost_nanousd)}


def _counts(figure: Figure) -> dict[str, int]:
    return {name: getattr(figure, name) for name in CLASSES}
