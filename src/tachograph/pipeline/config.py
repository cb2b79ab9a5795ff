"""What a user can set about what is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["PrivacyConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyConfig:
    """What is kept of what agents send; PRIVACY.md has the rows of each preset."""

    preset: Literal["strict", "standard", "content"] = "standard"  # strict: counts and costs; standard: and names of
    # models, tools and features; content: and scrubbed texts of prompts, tool inputs and errors, with consent only
    identity: Literal["pseudonym", "clear"] = (
        "pseudonym"  # how people, folders and repositories are named; clear: as they
    )
    # are, which every page says
