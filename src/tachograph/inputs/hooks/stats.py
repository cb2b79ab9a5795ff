"""What the receiver counts of hook payloads, and how it says so. What it refused is among the receiver's own counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tachograph.inputs.hooks.payload import Payload

__all__ = ["HookStats"]


@dataclass(slots=True)
class HookStats:
    """Counters since the start."""

    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # events or sessions, form, integrity
    unknown_keys: Counter[str] = field(default_factory=Counter)  # events or sessions
    refused: Counter[str] = field(default_factory=Counter)  # by reason; not those before the payload was looked at

    def count(self, payload: Payload) -> None:
        """One that is durable."""
        form = "native" if payload.is_native else "compat"
        self.taken[payload.what.value, form, payload.integrity.value] += 1
        if payload.unknown:
            self.unknown_keys[payload.what.value] += len(payload.unknown)

    def summary(self) -> dict[str, Any]:
        """The numbers a person asks for first."""
        by_what, by_integrity = Counter[str](), Counter[str]()
        for (what, _, integrity), count in self.taken.items():
            by_what[what] += count
            by_integrity[integrity] += count
        return {
            "events": by_what["events"],
            "sessions": by_what["sessions"],
            "integrity": dict(by_integrity),
            "unknown_keys": sum(self.unknown_keys.values()),
            "refused": dict(self.refused),
        }

    def prometheus(self) -> str:
        """All counters in Prometheus' text format, version 0.0.4. Every label is a word of ours."""
        lines = [
            "# HELP tachograph_receiver_hook_payloads_total hook payloads acknowledged, so on disk",
            "# TYPE tachograph_receiver_hook_payloads_total counter",
        ]
        for (what, form, integrity), count in sorted(self.taken.items()):
            labels = f'path="{what}",form="{form}",integrity="{integrity}"'
            lines.append(f"tachograph_receiver_hook_payloads_total{{{labels}}} {count}")
        lines += [
            "# HELP tachograph_receiver_hook_unknown_keys_total keys in hook payloads that nobody knows; not kept",
            "# TYPE tachograph_receiver_hook_unknown_keys_total counter",
        ]
        lines += [
            f'tachograph_receiver_hook_unknown_keys_total{{path="{what}"}} {count}'
            for what, count in sorted(self.unknown_keys.items())
        ]
        lines += [
            "# HELP tachograph_receiver_hook_refused_total hook payloads that were looked at and refused",
            "# TYPE tachograph_receiver_hook_refused_total counter",
        ]
        lines += [
            f'tachograph_receiver_hook_refused_total{{reason="{reason}"}} {count}'
            for reason, count in sorted(self.refused.items())
        ]
        return "\n".join(lines) + "\n"
