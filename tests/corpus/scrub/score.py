"""What a scrubber did to the corpus: what it missed, what it left half, what it broke, what it touched for nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.corpus.scrub.case import Case

__all__ = ["PIECE", "Score", "Tally", "Verdict", "changed", "judge", "score"]

PIECE = 6  # characters of a secret that are too many to leave
PLACEHOLDER = re.compile(r"<[a-z_]{2,24}(?::[a-zA-Z0-9:_-]{1,24})?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One case and what became of it."""

    case: Case
    output: str
    missed: tuple[str, ...]  # secrets that are still there, whole
    partial: tuple[str, ...]  # pieces of secrets that are still there
    is_broken: bool  # something outside the plants is not as it was

    @property
    def is_clean(self) -> bool:
        return not (self.missed or self.partial or self.is_broken)


@dataclass(slots=True)
class Tally:
    """Counts over cases of one kind."""

    cases: int = 0
    secrets: int = 0
    missed: int = 0
    partial: int = 0
    broken: int = 0
    moved: int = 0  # a second pass changed it again

    @property
    def recall(self) -> float:
        """Share of the planted secrets that are gone, wholly (0..1)."""
        return 1 - (self.missed + self.partial) / self.secrets if self.secrets else 1.0

    def add(self, other: Tally) -> None:
        """Sum up."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Score:
    """Everything that was found, by kind."""

    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    verdicts: list[Verdict] = field(default_factory=list)  # those that are not clean

    @property
    def whole(self) -> Tally:
        """Over all kinds."""
        total = Tally()
        for tally in self.kinds.values():
            total.add(tally)
        return total

    def table(self) -> str:
        """For people."""
        lines = [
            f"{'kind':26} {'cases':>6} {'secrets':>8} {'recall':>8} {'missed':>7} {'partial':>8} {'broken':>7} {'moved':>6}"
        ]
        for kind, t in [*sorted(self.kinds.items()), ("ALL", self.whole)]:
            lines.append(
                f"{kind:26} {t.cases:6} {t.secrets:8} {t.recall:8.2%} {t.missed:7} {t.partial:8} {t.broken:7} {t.moved:6}"
            )
        return "\n".join(lines)


def score(cases: Iterable[Case], scrub: Callable[[str], str], *, twice: bool = True) -> Score:
    """Run the scrubber over the cases, and each answer once more."""
    result = Score()
    for case in cases:
        output = scrub(case.text)
        verdict = judge(case, output)
        moved = twice and scrub(output) != output
        result.kinds[case.kind].add(
            Tally(1, len(case.secrets), len(verdict.missed), len(verdict.partial), verdict.is_broken, moved)
        )
        if moved or not verdict.is_clean:
            result.verdicts.append(verdict)
    return result


def judge(case: Case, output: str) -> Verdict:
    """Compare an answer with what the case says."""
    keep = case.keep
    groups = _between(keep, output)
    elsewhere = (*keep, *(case.text[p.start : p.end] for p in case.plants if not p.required))
    missed: list[str] = []
    partial: list[str] = []
    for number, plant in enumerate(case.plants):
        group = None if groups is None else groups[number]
        if not plant.required:
            continue
        secret = case.text[plant.start : plant.end]
        left = PLACEHOLDER.sub("\0", output if group is None else group)
        if (group is not None and (secret in left or group == secret)) or _more(secret, output, elsewhere):
            missed.append(secret)
        elif piece := _piece(secret, output, elsewhere):
            partial.append(piece)
    return Verdict(case=case, output=output, missed=tuple(missed), partial=tuple(partial), is_broken=groups is None)


def _between(keep: Sequence[str], output: str) -> list[str] | None:
    """What stands in place of each plant; None if what is around them is not as it was."""
    if not output.startswith(keep[0]):
        return None
    if len(keep) == 1:
        return [] if output == keep[0] else None
    groups, at = [], len(keep[0])
    for text in keep[1:-1]:
        found = output.find(text, at)
        if found < 0:
            return None
        groups.append(output[at:found])
        at = found + len(text)
    last = len(output) - len(keep[-1])
    if last < at or not output.endswith(keep[-1]):
        return None
    return [*groups, output[at:last]]


def _more(secret: str, output: str, keep: Sequence[str]) -> bool:
    return len(secret) > 3 and output.count(secret) > sum(text.count(secret) for text in keep)


def _piece(secret: str, output: str, keep: Sequence[str]) -> str:
    """The longest piece of the secret that is still there and does not stand beside it anyway."""
    bare = PLACEHOLDER.sub("\0", output)
    longest = ""
    for start in range(len(secret) - PIECE + 1):
        end = start + max(PIECE, len(longest) + 1)
        while end <= len(secret) and _more(secret[start:end], bare, keep):
            longest = secret[start:end]
            end += 1
    return longest


def changed(cases: Sequence[Case], scrub: Callable[[str], str]) -> list[tuple[Case, str]]:
    """Innocent texts that did not stay as they were."""
    return [(case, output) for case in cases if (output := scrub(case.text)) != case.text]
