"""Consent: what a person allowed, for which purpose, under which text, and the ledger that proves it."""

from __future__ import annotations

from tachograph_sdk.privacy.consent.consent import EVERY_PURPOSE, Consent, OnWithdraw
from tachograph_sdk.privacy.consent.outcome import Outcome, Standing, Status
from tachograph_sdk.privacy.consent.texts import TEXTS, ConsentText, purposes_named

__all__ = [
    "EVERY_PURPOSE",
    "TEXTS",
    "Consent",
    "ConsentText",
    "OnWithdraw",
    "Outcome",
    "Standing",
    "Status",
    "purposes_named",
]
