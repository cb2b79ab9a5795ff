"""What tests of consent are made with: a person at a terminal, terms that can change, a clock that ticks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.privacy.consent import Consent
from tachograph_sdk.privacy.consent.terms import Terms
from tachograph_sdk.privacy.consent.texts import TEXTS

USAGE = ConsentPurpose.USAGE_ANALYTICS
PERFORMANCE = ConsentPurpose.PERFORMANCE_METRICS
ERRORS = ConsentPurpose.ERROR_REPORTING
NAMES = ConsentPurpose.PROJECT_NAMES
CONTENT = ConsentPurpose.CONTENT_RECORDING


class Person:
    """Types these lines, one after the other; what comes after the last is the end of the input."""

    def __init__(self, *lines: str | type[BaseException], there: bool = True) -> None:
        self.lines = list(lines)
        self.there = there
        self.read = ""

    def is_there(self) -> bool:
        return self.there

    def say(self, text: str) -> None:
        self.read += text

    def listen(self) -> str:
        if not self.lines:
            raise EOFError
        line = self.lines.pop(0)
        if not isinstance(line, str):
            raise line
        return line


def terms(version: int = 1, policy: int = 1, changed: Iterable[ConsentPurpose] = ConsentPurpose) -> Terms:
    """Texts of this version, for those purposes, and a policy of that."""
    texts = {p: replace(t, version=version) if p in set(changed) else t for p, t in TEXTS.items()}
    return Terms(texts, policy, dict.fromkeys(ConsentPurpose, f"{policy:016x}"))


def clock() -> Callable[[], int]:
    now = [1_795_000_000_000_000]

    def now_us() -> int:
        now[0] += 1_000_000
        return now[0]

    return now_us


def consent_in(home: Path | None, *, person: Person | None = None, at: Terms | None = None, **environ: Any) -> Consent:
    """A consent whose environment holds nothing but this."""
    return Consent(home, environ=environ, terms=at or terms(), now_us=clock(), terminal=person or Person(there=False))


def files_under(folder: Path) -> list[str]:
    return sorted(str(Path(top, name).relative_to(folder)) for top, _, names in os.walk(folder) for name in names)
