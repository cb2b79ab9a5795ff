"""What became of the records of one request."""

from __future__ import annotations

from dataclasses import dataclass, field

from tachograph.inputs.otlp.records import REASON_TEXTS
from tachograph_sdk.model.event import DropReason

__all__ = ["Buffer", "Verdict"]

Buffer = bytes | bytearray | memoryview


@dataclass(slots=True, kw_only=True)
class Verdict:
    """How many records are fit to keep, how many were refused and why, and the body without those."""

    body: Buffer
    accepted: int = 0
    refused: dict[DropReason, int] = field(default_factory=dict)
    refused_count: int = 0

    def refuse(self, reason: DropReason) -> None:
        """Count one record that is left out."""
        self.refused[reason] = self.refused.get(reason, 0) + 1
        self.refused_count += 1

    @property
    def message(self) -> str:
        """Why records were refused, in fixed words; "" if none were."""
        parts = [f"{count} with {REASON_TEXTS[reason]}" for reason, count in sorted(self.refused.items())]
        return f"refused: {', '.join(parts)}" if parts else ""
