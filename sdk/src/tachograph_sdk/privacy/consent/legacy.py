"""Reads the consent file of the SDK metrics that this one replaces: `~/.claude-code-sdk/consent.json`.

What was agreed to there was another text, which promised other things: encryption, deletion after 90 days. So it becomes
no consent of ours. A yes becomes "asked under an older text", and the person is asked anew; a withdrawal stays one.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tachograph_sdk.model.consent import ConsentPurpose, Decision
from tachograph_sdk.privacy.consent.consent import Consent
from tachograph_sdk.privacy.consent.entry import Subject
from tachograph_sdk.privacy.consent.outcome import Outcome
from tachograph_sdk.privacy.environment import user_folder

__all__ = ["LegacyConsent", "legacy_file", "read_legacy", "take_over_legacy"]

MOST_BYTES = 1_000_000
ASKED_THERE = (
    ConsentPurpose.USAGE_ANALYTICS,
    ConsentPurpose.ERROR_REPORTING,
    ConsentPurpose.PERFORMANCE_METRICS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyConsent:
    """What the file says."""

    purposes: tuple[ConsentPurpose, ...]  # of the data types consented, those that we have too; all for a withdrawal
    withdrawn: bool
    decided_us: int | None  # UTC microseconds; None where the file does not say it in a form we know


def legacy_file(environ: Mapping[str, str]) -> Path | None:
    """Where that SDK kept it; None where there is no folder of the user."""
    folder = user_folder(environ)
    return None if folder is None else folder / ".claude-code-sdk" / "consent.json"


def read_legacy(path: Path) -> LegacyConsent | None:
    """What a person decided there; None if nothing, or nothing that can be read. Never raises."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            told = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    if told.get("consent_given") is True and isinstance(told.get("data_types_consented"), list):
        types = [name for name in told["data_types_consented"] if isinstance(name, str)]
        purposes = tuple(purpose for purpose in ConsentPurpose if purpose in types)
        decided_us = _microseconds(told.get("consent_timestamp"))
        return LegacyConsent(purposes=purposes, withdrawn=False, decided_us=decided_us) if purposes else None
    if told.get("withdrawal_timestamp"):
        decided_us = _microseconds(told["withdrawal_timestamp"])
        return LegacyConsent(purposes=ASKED_THERE, withdrawn=True, decided_us=decided_us)
    return None  # nobody was asked there, or said no, which that file does not tell apart


def take_over_legacy(consent: Consent, path: Path | None) -> Outcome | None:
    """Record what that file says, once, for purposes that nothing is recorded of here. None if it says nothing."""
    found = read_legacy(path) if path is not None else None
    if found is None:
        return None
    subjects = [Subject(purpose=purpose, text_version=0, text_sha256=None) for purpose in found.purposes]
    decision = Decision.WITHDRAW if found.withdrawn else Decision.EXPIRE
    return consent.take_over(decision, subjects, at_us=found.decided_us)


def _microseconds(text: object) -> int | None:
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        since = at - datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return max(0, since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds)
