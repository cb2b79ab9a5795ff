"""Which frames of the journal are read by whom."""

from __future__ import annotations

from collections.abc import Callable

from tachograph.inputs.hooks.decode import HookDecoder
from tachograph.inputs.otlp.decode import Decoder
from tachograph.pipeline.pipeline import Decoded
from tachograph.ports import Frame
from tachograph_sdk.model.event import RawEvent

__all__ = ["FrameDecoder"]


class FrameDecoder:
    """OTLP requests and the payloads of plugins. For one thread, as its parts are."""

    def __init__(self) -> None:
        self._otlp = Decoder()
        self._hooks = HookDecoder()

    def decode(self, frame: Frame, sink: Callable[[list[RawEvent]], None] | None = None) -> Decoded:
        """All records of one frame; what `sink` took in between is not among them."""
        if frame.kind in HookDecoder.kinds:
            return self._hooks.decode(frame, sink)
        return self._otlp.decode(frame, sink)
