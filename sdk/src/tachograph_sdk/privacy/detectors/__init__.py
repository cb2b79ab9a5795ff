"""Every detector, in the order of precedence: where two overlap, the first one names the whole."""

from __future__ import annotations

from tachograph_sdk.privacy.detectors import (
    auth_headers,
    birth_date,
    card,
    command_line,
    cookies,
    device_names,
    email,
    home_paths,
    hosts,
    iban,
    ipv4,
    ipv6,
    jwt,
    keyed_values,
    mac,
    national_id,
    password_hashes,
    path_slugs,
    phone,
    private_keys,
    private_paths,
    prompts,
    provider_tokens,
    url_credentials,
)
from tachograph_sdk.privacy.detectors.detector import Detector

__all__ = ["DETECTORS"]

DETECTORS: tuple[Detector, ...] = (
    private_keys.DETECTOR,
    jwt.DETECTOR,
    provider_tokens.DETECTOR,
    url_credentials.DETECTOR,
    auth_headers.DETECTOR,
    cookies.DETECTOR,
    password_hashes.DETECTOR,
    command_line.DETECTOR,
    keyed_values.DETECTOR,
    home_paths.DETECTOR,
    path_slugs.DETECTOR,
    private_paths.DETECTOR,
    prompts.DETECTOR,
    device_names.DETECTOR,
    hosts.DETECTOR,
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
