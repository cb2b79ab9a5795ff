"""Every detector, in the order of precedence: where two overlap, the first one names the whole."""

from __future__ import annotations

from tachograph_sdk.privacy.detectors import (
    email,
    home_paths,
    ipv4,
    ipv6,
    mac,
    path_slugs,
    private_paths,
    provider_tokens,
)
from tachograph_sdk.privacy.detectors.detector import Detector

__all__ = ["DETECTORS"]

DETECTORS: tuple[Detector, ...] = (
    provider_tokens.DETECTOR,
    email.DETECTOR,
    ipv6.DETECTOR,
    mac.DETECTOR,
    ipv4.DETECTOR,
    home_paths.DETECTOR,
    path_slugs.DETECTOR,
    private_paths.DETECTOR,
)
