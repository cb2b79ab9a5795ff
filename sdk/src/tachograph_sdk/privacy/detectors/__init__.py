"""Every detector, in the order of precedence: where two overlap, the first one names the whole."""

from __future__ import annotations

from tachograph_sdk.privacy.detectors import (
    birth_date,
    card,
    email,
    home_paths,
    iban,
    ipv4,
    ipv6,
    mac,
    national_id,
    path_slugs,
    phone,
    private_paths,
    provider_tokens,
)
from tachograph_sdk.privacy.detectors.detector import Detector

__all__ = ["DETECTORS"]

DETECTORS: tuple[Detector, ...] = (
    provider_tokens.DETECTOR,
    home_paths.DETECTOR,
    path_slugs.DETECTOR,
    private_paths.DETECTOR,
    email.DETECTOR,
    ipv6.DETECTOR,
    mac.DETECTOR,
    ipv4.DETECTOR,
    card.DETECTOR,
    iban.DETECTOR,
    phone.DETECTOR,
    national_id.DETECTOR,
    birth_date.DETECTOR,
)
