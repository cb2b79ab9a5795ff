"""A labelled text: what is private in it, written with marks that a reader can see.

A template is ordinary text with marks:

    ⟦email⟧            made by the recipe `email`
    ⟦email#1⟧          the same, and the same value again wherever #1 stands
    ⟦user=jane⟧        this very value
    ⟦?host=build7⟧     may go or may stay: reasonable people differ
    ⟦!uuid⟧            made by the recipe, but innocent: it must stay

Marks keep literal secrets out of the repository: values are made when the corpus is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

__all__ = ["Case", "Plant", "Recipe", "blocks", "build", "fill"]

Recipe = Callable[[Random], str]
MARK = re.compile(r"⟦([?!]?)([A-Za-z0-9_.:-]+)(?:#(\w+))?(?:=([^⟧]*))?⟧")


class Plant(NamedTuple):
    """A private piece of a text: from `start` to before `end`."""

    start: int
    end: int
    required: bool  # False: may go or may stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One text of the corpus. Everything outside the plants must survive, character by character."""

    id: str
    kind: str  # the word for what is in it; "innocent" when nothing is
    text: str
    plants: tuple[Plant, ...] = ()
    carrier: str = ""
    encoding: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The exact substrings that must be gone."""
        return tuple(self.text[p.start : p.end] for p in self.plants if p.required)

    @property
    def keep(self) -> tuple[str, ...]:
        """The exact substrings between the plants."""
        edges = [0, *[edge for p in self.plants for edge in (p.start, p.end)], len(self.text)]
        return tuple(self.text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))

    def mapped(self, encode: Callable[[str], str], name: str) -> Case:
        """The same with every character encoded."""
        pieces = [encode(character) for character in self.text]
        at, edges = 0, [0]
        for piece in pieces:
            at += len(piece)
            edges.append(at)
        plants = tuple(Plant(edges[p.start], edges[p.end], p.required) for p in self.plants)
        return replace(self, text="".join(pieces), plants=plants, encoding=name)

    def inside(self, before: str, after: str, carrier: str) -> Case:
        """The same with text around it."""
        moved = tuple(Plant(p.start + len(before), p.end + len(before), p.required) for p in self.plants)
        return replace(self, text=before + self.text + after, plants=moved, carrier=carrier)

    def is_sound(self) -> bool:
        """No secret stands once more outside its plant, so that "gone" means one thing."""
        outside = "\0".join(self.keep)
        return not any(len(secret) > 3 and secret in outside for secret in self.secrets)


def fill(template: str, recipes: Mapping[str, Recipe], random: Random) -> tuple[str, tuple[Plant, ...]]:
    """The text of a template, and where its private pieces are."""
    memory: dict[str, str] = {}
    text, plants, at = "", [], 0
    for mark in MARK.finditer(template):
        sign, name, tag, literal = mark.groups()
        text += template[at : mark.start()]
        at = mark.end()
        value = memory.get(tag or "")
        if value is None:
            value = literal if literal is not None else recipes[name](random)
            if tag:
                memory[tag] = value
        if sign != "!":
            plants.append(Plant(len(text), len(text) + len(value), sign != "?"))
        text += value
    text += template[at:]
    if "⟦" in text or "⟧" in text:
        raise ValueError(f"a mark that is not one: {template!r}")
    return text, tuple(plants)


def build(template: str, recipes: Mapping[str, Recipe], random: Random, *, name: str, kind: str) -> Case:
    """A case made from a template."""
    text, plants = fill(template, recipes, random)
    return Case(id=name, kind=kind, text=text, plants=plants)


def blocks(path: Path) -> Iterator[tuple[str, str]]:
    """Heading and text of each block of a data file: a line `=== heading`, then the text until the next one.

    `=== heading | lines` makes each line that follows a text of its own.
    """
    for block in re.split(r"(?m)^=== ", path.read_text("utf-8"))[1:]:
        heading, _, text = block.partition("\n")
        text = text.rstrip("\n")
        if heading.endswith("| lines"):
            yield from ((heading.removesuffix("| lines").strip(), line) for line in text.split("\n") if line)
        else:
            yield heading.strip(), text
