"""`PrivacySettings` as users of the replaced SDK metrics know it: what is in force, which cannot be weakened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["PrivacySettings"]


@dataclass(slots=True)
class PrivacySettings:
    """What that SDK let its users set, and mostly did not do. Here all of it is always on: the wall sees to that."""

    anonymize_paths: bool = True
    exclude_env_vars: bool = True
    hash_machine_id: bool = True
    minimize_data_collection: bool = True
    auto_delete_after_days: int = 90

    def to_dict(self) -> dict[str, Any]:
        """By name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PrivacySettings:
        """From names and values; what is missing is as in force."""
        return cls(**{name: data.get(name, value) for name, value in asdict(cls()).items()})
