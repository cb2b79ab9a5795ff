"""Builds the pipeline with its wall. The only place outside the SDK that makes a Release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tachograph.pipeline.pipeline import Decoded, Decoder, Pipeline
from tachograph.pipeline.steps.classify import Classifier, Recogniser
from tachograph.pipeline.steps.price import ChangingPrices, Prices
from tachograph.ports import Frame, StreamState
from tachograph_sdk.model.event import RawEvent
from tachograph_sdk.privacy.policy import POLICY, Policy
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release

__all__ = ["build_pipeline"]


class _NoFrames:
    def decode(self, frame: Frame, sink: Callable[[list[RawEvent]], None] | None = None) -> Decoded:
        """An importer's pipeline gets records, never frames."""
        raise TypeError(f"a pipeline without a decoder was given a frame of kind {frame.kind.name}")


class _Walls:
    """A wall for each policy that was in force, made when it first is."""

    def __init__(self, pseudonyms: Pseudonymizer, policy: Callable[[], Policy]) -> None:
        self._pseudonyms = pseudonyms
        self._policy = policy
        self._walls: dict[int, tuple[Policy, Release]] = {}

    def current(self) -> Release:
        """The wall in force."""
        policy = self._policy()
        known = self._walls.get(id(policy))
        if known is None:
            known = self._walls[id(policy)] = (policy, Release(self._pseudonyms, policy))  # holds it, and so its id
        return known[1]


def build_pipeline(
    *,
    secret: bytes,
    prices: Prices | ChangingPrices,
    decoder: Decoder | None = None,
    agents: Iterable[Classifier] = (),
    others: Recogniser | None = None,
    streams: Mapping[str, StreamState] | None = None,
    policy: Policy | Callable[[], Policy] = POLICY,
) -> Pipeline:
    """A pipeline whose wall makes pseudonyms with `secret`.

    Args:
        secret: the installation's key.
        prices: for what has no reported cost.
        decoder, agents, others, streams: for requests from the journal; an importer needs none of them.
        policy: what is kept; asked for before each batch where it may change.
    """
    known: Sequence[Classifier] = tuple(agents)
    release = _Walls(Pseudonymizer(secret), policy if callable(policy) else lambda: policy)
    return Pipeline(
        decoder=decoder or _NoFrames(), agents=known, others=others, release=release, prices=prices, streams=streams
    )
