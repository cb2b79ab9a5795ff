"""What the owner chose to keep, what of that holds, and what every page and report must say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tachograph_sdk.privacy.policy import POLICY_VERSION, Preset
from tachograph_sdk.privacy.presets import InForce

__all__ = ["DEFAULT_STATE", "AsksPrivacy", "PrivacyState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyState:
    """What was chosen and what holds."""

    in_force: InForce
    identity: Literal["pseudonym", "clear"]
    origin: str  # what said which preset: a file, a variable, or default

    def notices(self, texts: int) -> list[str]:
        """What whoever looks at the data has to know, in sentences; `texts` is how many are kept."""
        told = []
        if self.in_force.preset is Preset.CONTENT:
            told.append(
                "Content is recorded: prompts, tool inputs and errors are kept on this machine, scrubbed. "
                "`tachograph privacy policy standard` ends that and erases them."
            )
        elif self.in_force.why_not:
            told.append(
                f"The preset `{self.in_force.chosen}` was chosen, but `{self.in_force.preset}` holds: {self.in_force.why_not}. "
                "`tachograph privacy policy content` asks for it."
            )
        if texts and self.in_force.preset is not Preset.CONTENT:
            told.append(
                f"Texts that were recorded before are still kept: {texts:,}. "
                f"`tachograph privacy policy {self.in_force.preset}` erases them."
            )
        if self.identity == "clear":
            told.append(
                "People, organizations, folders and repositories are shown under their clear names. "
                "`tachograph privacy identity pseudonym` ends that and erases them."
            )
        return told

    def as_json(self, texts: int) -> dict[str, Any]:
        """The same for programs."""
        return {
            "policy_version": POLICY_VERSION,
            "preset": self.in_force.preset.value,
            "chosen": self.in_force.chosen.value,
            "why_not": self.in_force.why_not or None,
            "chosen_by": self.origin,
            "identity": self.identity,
            "texts_kept": texts,
            "notices": self.notices(texts),
        }


AsksPrivacy = Callable[[], PrivacyState]
"""What holds now."""

DEFAULT_STATE = PrivacyState(
    in_force=InForce(chosen=Preset.STANDARD, preset=Preset.STANDARD), identity="pseudonym", origin="default"
)
