"""The wall between raw and clean: policy, pseudonyms, release, consent, and the scrubber of free text."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tachograph_sdk.privacy.anonymity import (
        AnonymityConversion,
        DataclassSerializationMixin,
        FilteredKey,
        serialize_for_telemetry,
    )
    from tachograph_sdk.privacy.consent import Consent
    from tachograph_sdk.privacy.scrubber import Scrubber

__all__ = [
    "AnonymityConversion",
    "Consent",
    "DataclassSerializationMixin",
    "FilteredKey",
    "Scrubber",
    "serialize_for_telemetry",
]

_PLACES = {
    "Scrubber": "scrubber",
    "Consent": "consent",
    **dict.fromkeys(
        (
            "AnonymityConversion",
            "BasedModel",
            "DataclassSerializationMixin",
            "FilteredKey",
            "serialize_for_telemetry",
            "use_hash_key",
        ),
        "anonymity",
    ),
}


def __getattr__(name: str) -> Any:
    """A name of ours, loaded when it is first asked for: the scrubber's detectors are many, and most programs need none."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)
