"""What a person can allow, and the proof that they did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["ConsentPurpose", "Grant", "Permissions"]


class ConsentPurpose(StrEnum):
    """What something is collected or sent for. Each is asked for on its own, and none is allowed until it was."""

    USAGE_ANALYTICS = "usage_analytics"  # which features are used, how often, with what outcome
    PERFORMANCE_METRICS = "performance_metrics"  # how long things take, what they cost
    ERROR_REPORTING = "error_reporting"  # which errors happen, their scrubbed texts
    PROJECT_NAMES = "project_names"  # clear names of projects and repositories beside what is sent
    CONTENT_RECORDING = "content_recording"  # scrubbed prompts and tool details, kept on this machine only


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A consent in force."""

    purpose: ConsentPurpose
    reference: str  # the entry of the ledger that holds it
    text_version: int  # of the text that was agreed to
    decided_us: int  # UTC microseconds since 1970


class Permissions(Protocol):
    """Where to ask whether something is allowed, each time anew: at collection, and again at sending."""

    def granted(self, purpose: ConsentPurpose) -> Grant | None:
        """The consent in force for this purpose, or None: then nothing may be collected or sent for it. Never raises."""
