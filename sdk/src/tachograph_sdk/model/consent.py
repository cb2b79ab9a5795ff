"""What a person can allow, and the proof that they did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

__all__ = ["ConsentPurpose", "ConsentState", "Decision", "Grant", "How", "Permissions"]


class ConsentPurpose(StrEnum):
    """What something is collected or sent for. Each is asked for on its own, and none is allowed until it was."""

    USAGE_ANALYTICS = "usage_analytics"  # which features are used, how often, with what outcome
    PERFORMANCE_METRICS = "performance_metrics"  # how long things take, what they cost
    ERROR_REPORTING = "error_reporting"  # which errors happen, their scrubbed texts
    PROJECT_NAMES = "project_names"  # clear names of projects and repositories beside what is sent
    CONTENT_RECORDING = "content_recording"  # scrubbed prompts and tool details, kept on this machine only


class Decision(StrEnum):
    """What an entry of the ledger says."""

    GRANT = "grant"  # the person allowed it
    DENY = "deny"  # the person was asked and said no, or said no without being asked
    WITHDRAW = "withdraw"  # the person took back what they had allowed
    EXPIRE = "expire"  # a new text took its place: the consent holds no more, and the person is asked again


class How(StrEnum):
    """By which way a decision came."""

    TERMINAL = "terminal"  # answered a question on a terminal
    DASHBOARD = "dashboard"  # answered on the page, or through the API
    CODE = "code"  # the program that embeds the SDK asked by itself
    COMMAND = "command"  # named the purpose in a command
    IMPORT = "import"  # found in the file of a system that this one replaces


class ConsentState(StrEnum):
    """Where a purpose stands. Only `granted` allows anything."""

    UNASKED = "unasked"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"  # allowed under a text or a policy that is no longer the one in force


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
