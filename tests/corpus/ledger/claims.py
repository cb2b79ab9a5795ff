"""What a source says: the link between bytes and truth. Each input carries the claims that a perfect reader finds in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.ledger.things import Call, Failure, Prompt, Request, Tokens

__all__ = ["CLASSES", "Claim", "Export", "Input", "Snapshot", "told_by"]

CLASSES = ("input", "output", "cache_read", "cache_write")
"""Classes of tokens that every source tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One thing said by one record."""

    what: str  # request, call, result, prompt, failure, lines, commit, counter, running
    source: str  # log, span, transcript, metric, cost_state
    session: int | None  # index of the session it names, None where session.id is switched off
    thing: Request | Call | Prompt | Failure | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    cost: int | None = None  # nano-dollars, as reported
    at_ms: int = 0
    place: str = ""  # file, or stream of a counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One OTLP request."""

    kind: str  # logs, metrics, traces
    body: bytes
    protobuf: bool
    claims: tuple[Claim, ...]
    sent_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A transcript as it stands at some moment: the first bytes of what it will be."""

    path: str
    data: bytes
    claims: tuple[Claim, ...]


Input = Export | Snapshot


def told_by(tokens: Tokens, *, split: bool = True, searches: bool = True) -> dict[str, int]:
    """The counts as a record tells them; without `split` nobody can tell both lifetimes of cache writes apart."""
    told = {
        "input": tokens.input,
        "output": tokens.output,
        "cache_read": tokens.cache_read,
        "cache_write": tokens.cache_write,
    }
    if split:
        told |= {"cache_5m": tokens.cache_5m, "cache_1h": tokens.cache_1h}
    if searches:
        told["searches"] = tokens.searches
    return told
