"""Every detector, in the order of precedence: where two overlap, the first one names the whole."""

from __future__ import annotations

from tachograph_sdk.privacy.detectors import provider_tokens
from tachograph_sdk.privacy.detectors.detector import Detector

__all__ = ["DETECTORS"]

DETECTORS: tuple[Detector, ...] = (provider_tokens.DETECTOR,)
