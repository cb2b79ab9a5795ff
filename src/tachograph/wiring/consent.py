"""The consents of a home, joined with what a withdrawal has to remove."""

from __future__ import annotations

from collections.abc import Callable

from tachograph.home import Home
from tachograph.wiring.outbox import purge_for
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState
from tachograph_sdk.privacy.consent import Consent

__all__ = ["is_taken_back", "open_consent"]


def open_consent(home: Home, *, app: str | None = None, purge_contents: Callable[[], int]) -> Consent:
    """The consents given on this home, or those given to `app` alone.

    Args:
        home: where they lie.
        app: a program with consents of its own.
        purge_contents: erases the texts that were recorded under a consent for that; how many there were.
    """
    consent = Consent.open(home.root, app=app)
    content = ConsentPurpose.CONTENT_RECORDING

    def erase_texts(purposes: frozenset[ConsentPurpose]) -> int:
        known = any(subject.purpose == content for entry in consent.history() for subject in entry.subjects)
        recorded = (
            known or any(consent.folder.glob("*.broken-*")) if consent.folder else known
        )  # nobody knows what that held
        return purge_contents() if content in purposes and recorded and home.store.exists() else 0

    if app is None:
        consent.on_withdraw("outbox", lambda purposes: purge_for(home, purposes))
        consent.on_withdraw("recorded texts", erase_texts)
    return consent


def is_taken_back(consent: Consent, purpose: ConsentPurpose) -> bool:
    """Whether somebody said no to this purpose; not: that nobody was asked, or that a switch says no for a while."""
    refused = (ConsentState.WITHDRAWN, ConsentState.DENIED)
    return any(s.purpose is purpose and s.state in refused for s in consent.status().standings)
