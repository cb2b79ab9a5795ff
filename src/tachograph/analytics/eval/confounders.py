"""What else differed between two groups of sessions: a difference may be due to that instead of the change."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tachograph.analytics.eval.measures import Session

__all__ = ["SOURCE", "Mixture", "find_confounders", "overlap_loss"]

LOOKED_AT: Mapping[str, str] = {
    "model": "model",
    "project": "project",
    "repository": "repository",
    "user_id": "user",
    "agent": "agent",
    "agent_version": "agent_version",
    "entrypoint": "entrypoint",
}
"""Columns of a session that may explain a difference, and the names people filter by."""

SOURCE = "source"
"""Which sources tell of a session: they do not all tell the same. Nothing that can be filtered by."""

NOTABLE = 0.15  # share of sessions that would have to be another kind
DIVISIONS = 199  # random divisions: a mixture that one in twenty shows as well is chance
_SEED = 20_261_120
_MOST = 20_000  # sessions; with more, chance has no part in a notable difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """One thing by which the groups are mixed differently."""

    name: str
    distance: float  # share of one group that would have to change its kind to be mixed like the other, 0 to 1
    shares: tuple[tuple[str | None, float, float], ...]  # kind, share before and after; the most different first


def find_confounders(before: Sequence[Session], after: Sequence[Session]) -> list[Mixture]:
    """Whatever is mixed notably differently, and more than chance would; the most different first."""
    found = []
    for name, kind_of in _kinds():
        one, two = [kind_of(s) for s in before], [kind_of(s) for s in after]
        if not one or not two:
            continue
        distance = overlap_loss(Counter(one), Counter(two))
        if distance < NOTABLE or not _is_beyond_chance(one, two, distance):
            continue
        counts_1, counts_2 = Counter(one), Counter(two)
        shares = [(kind, counts_1[kind] / len(one), counts_2[kind] / len(two)) for kind in {*counts_1, *counts_2}]
        shares.sort(key=lambda share: (-abs(share[2] - share[1]), str(share[0])))
        found.append(Mixture(name=name, distance=distance, shares=tuple(shares)))
    return sorted(found, key=lambda mixture: -mixture.distance)


def _kinds() -> Iterator[tuple[str, Callable[[Session], str | None]]]:
    for column, name in LOOKED_AT.items():
        yield name, lambda session, column=column: session[column]  # type: ignore[misc]
    yield SOURCE, _source


def _source(session: Session) -> str:
    seen = [
        name for name, column in (("OpenTelemetry", "has_otel"), ("transcript", "has_transcript")) if session[column]
    ]
    return " and ".join(seen) or "other"


def overlap_loss(one: Counter[str | None], two: Counter[str | None]) -> float:
    """Half the sum of the differences of shares: 0 if mixed alike, 1 if nothing is in both."""
    n_1, n_2 = one.total(), two.total()
    return sum(abs(one[kind] / n_1 - two[kind] / n_2) for kind in {*one, *two}) / 2.0


def _is_beyond_chance(one: list[str | None], two: list[str | None], distance: float) -> bool:
    together = [*one, *two]
    if len(together) > _MOST:
        return True
    rng = random.Random(_SEED)
    as_far = 0
    for _ in range(DIVISIONS):
        rng.shuffle(together)
        as_far += overlap_loss(Counter(together[: len(one)]), Counter(together[len(one) :])) >= distance - 1e-12
    return (as_far + 1) / (DIVISIONS + 1) <= 0.05
