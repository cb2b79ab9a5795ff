"""Two figures side by side: by day and model, with a named cause for every nano-dollar between them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tachograph.analytics.compile import half_up
from tachograph.analytics.explain.figures import Figure, Waterfall, figure_json
from tachograph.analytics.explain.steps import as_steps

__all__ = ["Cell", "Comparison", "Tally", "dollars"]

Place = tuple[str, str]  # day, model


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One day and model."""

    day: str
    model: str
    way: Waterfall  # from the other figure to the ledger's

    def as_json(self) -> dict[str, Any]:
        """As `--json` shows it."""
        return {
            "day": self.day,
            "model": self.model,
            "theirs": figure_json(self.way.start),
            "ledger": figure_json(self.way.end),
            "difference_microusd": half_up(self.way.end.cost_nanousd) - half_up(self.way.start.cost_nanousd),
            "steps": self.way.as_json()["steps"],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The way from somebody's figure to the ledger's, as a whole and for each day and model."""

    against: str
    sentence: str
    way: Waterfall
    cells: Sequence[Cell]
    notes: Sequence[str] = ()
    details: dict[str, Any] = field(default_factory=dict)  # of the other figure: files read, rows set aside

    def as_json(self) -> dict[str, Any]:
        """As `--json` shows it."""
        return {
            "against": self.against,
            "sentence": self.sentence,
            "waterfall": self.way.as_json(),
            "cells": [cell.as_json() for cell in self.cells],
            "notes": list(self.notes),
            **self.details,
        }


class Tally:
    """Collects both sides and the causes, and refuses to call it a comparison if they do not meet."""

    def __init__(self) -> None:
        self._theirs: dict[Place, list[Figure]] = defaultdict(list)
        self._ours: dict[Place, list[Figure]] = defaultdict(list)
        self._steps: dict[Place, dict[str, list[Figure]]] = defaultdict(lambda: defaultdict(list))
        self._items: dict[Place, Counter[str]] = defaultdict(Counter)

    def theirs(self, place: Place, figure: Figure) -> None:
        """What the other side says of a day and model."""
        _append(self._theirs[place], figure)

    def ours(self, place: Place, figure: Figure) -> None:
        """What the ledger says of it."""
        _append(self._ours[place], figure)

    def step(self, place: Place, id_: str, change: Figure, items: int = 1) -> None:
        """A cause, and what it changes there."""
        if change:
            _append(self._steps[place][id_], change)
            self._items[place][id_] += items

    def places(self) -> list[Place]:
        """All days and models, in order."""
        return sorted(set(self._theirs) | set(self._ours) | set(self._steps))

    def totals(self, place: Place) -> tuple[Figure, Figure]:
        """Both sides of one day and model."""
        return Figure.total(self._theirs[place]), Figure.total(self._ours[place])

    def rest(self, place: Place) -> Figure:
        """What no cause accounts for yet."""
        theirs, ours = self.totals(place)
        return ours - theirs - Figure.total(f for parts in self._steps[place].values() for f in parts)

    def compare(self, against: str, name: str, notes: Iterable[str] = (), **details: Any) -> Comparison:
        """Both sides with all causes. Raises ValueError if the causes do not lead from one side to the other."""
        cells = []
        whole: dict[str, Figure] = {}
        items: Counter[str] = Counter()
        for place in self.places():
            theirs, ours = self.totals(place)
            changes = {id_: Figure.total(parts) for id_, parts in self._steps[place].items()}
            counted = self._items[place]
            items.update(counted)
            for id_, change in changes.items():
                whole[id_] = whole.get(id_, Figure()) + change
            steps = as_steps(changes, counted)
            way = Waterfall(id=f"{place[0]} {place[1]}", name=" ".join(place), start=theirs, steps=steps, end=ours)
            if theirs or ours or steps:
                cells.append(Cell(day=place[0], model=place[1], way=way))
        way = Waterfall(
            id=against,
            name=name,
            start=Figure.total(cell.way.start for cell in cells),
            steps=as_steps(whole, items),
            end=Figure.total(cell.way.end for cell in cells),
        )
        return Comparison(
            against=against, sentence=_sentence(name, way), way=way, cells=cells, notes=tuple(notes), details=details
        )


def dollars(nanousd: int, beside: int | None = None) -> str:
    """An amount for people: cents, or as many places as it takes to tell it from nothing, and from the one beside it."""
    if beside is not None and nanousd != beside and dollars(nanousd) == dollars(beside):
        micro = half_up(abs(nanousd))
        return f"{'-' if nanousd < 0 else ''}${micro / 1e6:,.6f}"
    micro = half_up(nanousd) if nanousd >= 0 else -half_up(-nanousd)
    sign, micro = ("-" if micro < 0 else ""), abs(micro)
    if micro == 0 or micro >= 1_000_000 or micro % 10_000 == 0:
        return f"{sign}${micro / 1e6:,.2f}"
    return f"{sign}${micro / 1e6:.6f}".rstrip("0") if micro < 10_000 else f"{sign}${micro / 1e6:.4f}"


def _sentence(name: str, way: Waterfall) -> str:
    theirs, ours = way.start.cost_nanousd, way.end.cost_nanousd
    said = f"{name} says {dollars(theirs, ours)}, the ledger {dollars(ours, theirs)}"
    difference = ours - theirs
    big = sorted((s for s in way.steps if s.change.cost_nanousd), key=lambda s: -abs(s.change.cost_nanousd))
    if not big:
        return said + (": the same." if not way.steps else ": the same amount of money.")
    causes = ", ".join(f"{s.name} {_signed(s.change.cost_nanousd)}" for s in big[:3])
    more = f" and {len(big) - 3} more" if len(big) > 3 else ""
    if difference == 0:
        return f"{said}: the same, because what differs cancels out: {causes}{more}."
    return f"{said}: {dollars(abs(difference))} {'more' if difference > 0 else 'less'}, because: {causes}{more}."


def _signed(nanousd: int) -> str:
    return ("+" if nanousd > 0 else "") + dollars(nanousd)


def _append(parts: list[Figure], figure: Figure) -> None:
    """Keep a running sum, so that a million requests are not a million objects."""
    if parts:
        parts[0] = parts[0] + figure
    else:
        parts.append(figure)
