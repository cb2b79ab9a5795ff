"""What is remembered of each destination between tries, also over restarts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tachograph_sdk.private_files import replace_file

__all__ = ["Retries", "Standing"]


@dataclass(slots=True, kw_only=True)
class Standing:
    """How things stand with one destination."""

    fingerprint: str = ""  # of the address this is about; another one begins anew
    failures: int = 0  # in a row
    not_before_us: int = 0  # UTC microseconds since 1970: no try before this
    disabled: str = ""  # why nothing is sent there until the owner says so or its address changes
    tries: dict[str, int] = field(default_factory=dict)  # by envelope: those that failed oftener come later


class Retries:
    """The file of all standings. Only who holds the sender's lock writes it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "retries.json"
        self.of: dict[str, Standing] = {}
        self._written = b""
        try:
            told = json.loads(self._path.read_bytes())
            self.of = {str(sink): _standing(values) for sink, values in told.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self.of = {}  # none yet, or damaged: then the waits begin again, which loses nothing
        else:
            self._written = self._encode()

    def standing(self, sink: str, fingerprint: str) -> Standing:
        """Of this destination; a new one if its address changed."""
        found = self.of.get(sink)
        if found is None or found.fingerprint != fingerprint:
            found = self.of[sink] = Standing(fingerprint=fingerprint)
        return found

    def save(self) -> None:
        """Write all, if anything changed. Raises OSError."""
        data = self._encode()
        if data != self._written:
            replace_file(self._path, data)
            self._written = data

    def _encode(self) -> bytes:
        return json.dumps({sink: asdict(one) for sink, one in self.of.items()}).encode() + b"\n"


def _standing(values: dict[str, Any]) -> Standing:
    return Standing(
        fingerprint=str(values["fingerprint"]),
        failures=int(values["failures"]),
        not_before_us=int(values["not_before_us"]),
        disabled=str(values["disabled"]),
        tries={str(envelope): int(number) for envelope, number in values["tries"].items()},
    )
