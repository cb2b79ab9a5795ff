"""Builds the pipeline with its wall. The only place outside the SDK that makes a Release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from tachograph.pipeline.pipeline import Decoded, Decoder, Pipeline
from tachograph.pipeline.steps.classify import Classifier, Recogniser
from tachograph.pipeline.steps.gate import ChangingRefusals
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

    def __init__(self, secret: bytes, policy: Callable[[], Policy], keeps_clear: Callable[[], bool]) -> None:
        self._secret = secret
        self._policy = policy
        self._keeps_clear = keeps_clear
        self._clear = False
        self._pseudonyms = Pseudonymizer(secret)
        self._walls: dict[int, tuple[Policy, Release]] = {}

    def current(self) -> Release:
        """The wall in force."""
        policy, clear = self._policy(), self._keeps_clear()
        if clear != self._clear:  # walls remember what they made of a name: others have to meet it anew
            self._clear, self._pseudonyms, self._walls = clear, Pseudonymizer(self._secret, keeps_clear=clear), {}
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
    keeps_clear: Callable[[], bool] = lambda: False,
    refusals: ChangingRefusals | None = None,
) -> Pipeline:
    """A pipeline whose wall makes pseudonyms with `secret`.

    Args:
        secret: the installation's key.
        prices: for what has no reported cost.
        decoder, agents, others, streams: for requests from the journal; an importer needs none of them.
        policy: what is kept; asked for before each batch where it may change.
        keeps_clear: whether clear names of people and places are kept beside their pseudonyms; likewise.
        refusals: what somebody objected to or had erased; likewise.
    """
    known: Sequence[Classifier] = tuple(agents)
    release = _Walls(secret, policy if callable(policy) else lambda: policy, keeps_clear)
    return Pipeline(
        decoder=decoder or _NoFrames(),
        agents=known,
        others=others,
        release=release,
        prices=prices,
        streams=streams,
        refusals=refusals,
    )
