"""Which preset holds on this home, asked anew before each batch, in whichever process records come in.

The settings' file, the environment and the ledger of consents are looked at again when they changed: what the owner sets
holds at once, also in a running server and in processes that read histories.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tachograph.config import privacy_of
from tachograph.home import Home
from tachograph.pipeline.privacy_state import PrivacyState
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import Permissions
from tachograph_sdk.privacy.policy import POLICIES, Policy, Preset
from tachograph_sdk.privacy.presets import NothingAllowed, in_force
from tachograph_sdk.private_files import mark_of

if TYPE_CHECKING:
    from tachograph_sdk.privacy.consent import Consent

__all__ = ["PresetChoice", "open_permissions"]


_Chosen = tuple[Preset, Literal["pseudonym", "clear"], str]
_DEFAULT: _Chosen = (Preset.STANDARD, "pseudonym", "default")


class PresetChoice:
    """The policy in force on a home: `choice()`. Any thread may ask; can be pickled."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._config = Home(root).config
        self._lock = threading.Lock()
        self._known: tuple[object, _Chosen] | None = None  # with the file's stamp when it was read
        self._permissions: Permissions | None = None

    def __reduce__(self) -> tuple[type[PresetChoice], tuple[Path]]:
        return PresetChoice, (self._root,)

    def __call__(self) -> Policy:
        """What is kept now. Never raises."""
        known = self._known
        if known is not None and known[1][0] is not Preset.CONTENT and mark_of(self._config) == known[0]:
            return POLICIES[known[1][0]]  # most often: nothing was changed, and nobody's consent is needed
        return self.state().in_force.policy

    def keeps_clear(self) -> bool:
        """Whether clear names are kept now. Never raises."""
        return self.state().identity == "clear"

    def state(self) -> PrivacyState:
        """What was chosen and what holds now. Never raises.

        Settings that cannot be read since somebody is writing them, or got them wrong, change nothing, but no text is kept
        on their word.
        """
        with self._lock:
            chosen, identity, origin = self._chosen()
            if self._permissions is None and chosen is Preset.CONTENT:
                self._permissions = open_permissions(Home(self._root))
            return PrivacyState(
                in_force=in_force(chosen, self._permissions or NothingAllowed()), identity=identity, origin=origin
            )

    def _chosen(self) -> _Chosen:
        stamp = mark_of(self._config)
        if self._known is None or stamp != self._known[0]:
            try:
                config, origin = privacy_of(Home(self._root))
                origin = origin.rpartition(os.sep)[2]  # answers tell it, and where a home lies is nobody's business
                chosen: _Chosen = (Preset(config.preset), config.identity, origin)
            except ConfigError:
                before, identity, origin = _DEFAULT if self._known is None else self._known[1]
                chosen = (before if before is Preset.STRICT else Preset.STANDARD, identity, origin)
            self._known = (stamp, chosen)
        return self._known[1]


def open_permissions(home: Home) -> Consent:
    """The consents given on this home."""
    from tachograph_sdk.privacy.consent import Consent

    return Consent.open(home.root)
