"""What came of a decision, and how things stand: what commands, routes and programs show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tachograph_sdk.errors import ConsentError
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, How
from tachograph_sdk.privacy.consent.switches import Switch

__all__ = ["Outcome", "Standing", "Status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of asking, granting, denying or withdrawing."""

    granted: frozenset[ConsentPurpose]  # of the purposes it was about: what is allowed now, switches regarded
    recorded: bool  # whether all that was decided is in the ledger
    reference: str | None = None  # of the entry that was added; None where nothing had to be
    problem: str = ""  # what went wrong, and
    hint: str = ""  # what to do about it
    purged: Mapping[str, int] = field(default_factory=dict)  # how much of what waited was removed, by place
    unpurged: tuple[str, ...] = ()  # places that failed to remove what waits, and how; the no holds all the same

    def raise_problem(self) -> None:
        """For callers that prefer an error.

        Raises:
            ConsentError: there is a problem.
        """
        if self.problem:
            raise ConsentError(self.problem, hint=self.hint)

    def as_answer(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "granted": sorted(self.granted),
            "recorded": self.recorded,
            "reference": self.reference,
            "problem": self.problem,
            "hint": self.hint,
            "purged": dict(self.purged),
            "unpurged": list(self.unpurged),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one purpose stands."""

    purpose: ConsentPurpose
    state: ConsentState
    text_version: int  # of the text in force
    text_sha256: str
    agreed_version: int | None = None  # of the text that was decided on
    agreed_policy: int | None = None
    decided_us: int | None = None
    how: How | None = None
    reference: str | None = None
    blocked_by: str = ""  # the switch that says no

    @property
    def allowed(self) -> bool:
        """Whether anything may be collected or sent for it now."""
        return self.state is ConsentState.GRANTED and not self.blocked_by

    def as_answer(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "purpose": str(self.purpose),
            "state": str(self.state),
            "allowed": self.allowed,
            "blocked_by": self.blocked_by or None,
            "decided_us": self.decided_us,
            "how": None if self.how is None else str(self.how),
            "reference": self.reference,
            "agreed_text_version": self.agreed_version,
            "agreed_policy_version": self.agreed_policy,
            "text_version": self.text_version,
            "text_sha256": self.text_sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How all purposes stand."""

    standings: tuple[Standing, ...]
    switches: tuple[Switch, ...]  # those that say no now
    policy_version: int
    entries: int
    problem: str = ""  # why the ledger grants nothing
    hint: str = ""

    def as_answer(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "purposes": [standing.as_answer() for standing in self.standings],
            "switches": [
                {"name": s.name, "why": s.why, "to_lift": s.to_lift, "purposes": sorted(s.purposes)}
                for s in self.switches
            ],
            "policy_version": self.policy_version,
            "entries": self.entries,
            "problem": self.problem or None,
            "hint": self.hint or None,
        }
