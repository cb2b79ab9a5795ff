"""Names that users of the replaced SDK metrics know: import them from here instead of `claude_code_sdk.metrics`."""

from __future__ import annotations

from tachograph_sdk.client.compat.consent_manager import ConsentManager
from tachograph_sdk.client.compat.privacy_settings import PrivacySettings

__all__ = ["ConsentManager", "PrivacySettings"]
