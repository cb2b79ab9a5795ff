"""Which preset holds: the one that was chosen, as far as it is allowed.

`content` holds only while there is a consent for it; without one, `standard` does, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from tachograph_sdk.model.consent import ConsentPurpose, Permissions
from tachograph_sdk.privacy.policy import POLICIES
from tachograph_sdk.privacy.rules import Policy, Preset

__all__ = ["InForce", "NothingAllowed", "in_force"]

NO_CONSENT = "there is no consent for content_recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What holds now."""

    chosen: Preset
    preset: Preset
    why_not: str = ""  # why the chosen preset does not hold; "" if it does
    consent: str = ""  # the entry of the ledger that allows it, where one is needed

    @property
    def policy(self) -> Policy:
        """Its rows."""
        return POLICIES[self.preset]


class NothingAllowed:
    """Permissions where there is no ledger of consents: none is ever given."""

    def granted(self, purpose: ConsentPurpose) -> None:
        """No."""


def in_force(chosen: Preset, permissions: Permissions) -> InForce:
    """What holds of what was chosen. Asks for the consent each time; never raises."""
    if chosen is not Preset.CONTENT:
        return InForce(chosen=chosen, preset=chosen)
    grant = permissions.granted(ConsentPurpose.CONTENT_RECORDING)
    if grant is None:
        return InForce(chosen=chosen, preset=Preset.STANDARD, why_not=NO_CONSENT)
    return InForce(chosen=chosen, preset=chosen, consent=grant.reference)
