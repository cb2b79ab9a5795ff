"""Team and project: what the owner of a kit folder calls them, in `env.sh` or on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tachograph_sdk.errors import ConfigError

__all__ = ["Labels", "check_label", "labels_in"]

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SET: Final = re.compile(r"^(?:export )?OTEL_RESOURCE_ATTRIBUTES=(.*)$", re.MULTILINE)
MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names that whoever shares parsed sessions gave their team and project."""

    team: str | None = None
    project: str | None = None


def check_label(option: str, value: str | None) -> str | None:
    """The label as it was given.

    Raises:
        ConfigError: it is none: it goes into a shell file, into telemetry and into what is shared.
    """
    if value is not None and not _LABEL.fullmatch(value):
        hint = "use letters, digits, dots, dashes and underscores, at most 64, a letter or digit first"
        raise ConfigError(f"{option} is no label", hint=hint)
    return value


def labels_in(environment: Path) -> Labels:
    """The labels that an `env.sh` sets; None where it sets none, or something that is no label."""
    try:
        with environment.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return Labels()
    found: dict[str, str] = {}
    for line in _SET.findall(text):
        for part in line.strip().strip("\"'").split(","):
            key, _, value = part.partition("=")
            if _LABEL.fullmatch(value.strip()):
                found[key.strip()] = value.strip()
    return Labels(team=found.get("team"), project=found.get("project"))
