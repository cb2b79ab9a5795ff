"""Where Copilot CLI keeps its sessions and its exported spans, and how they are known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History, is_left_alone, start_of

__all__ = ["HISTORIES"]


def _homes(environ: Mapping[str, str], home: Path) -> list[Path]:
    configured = environ.get("COPILOT_HOME", "").strip()
    return [Path(configured).expanduser() if configured else home / ".copilot"]


def _sessions(environ: Mapping[str, str], home: Path) -> list[Path]:
    return [folder / "session-state" for folder in _homes(environ, home)]


def _exports(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folder that is usual for it; a file named in COPILOT_OTEL_FILE_EXPORTER_PATH is looked for where it lies."""
    named = environ.get("COPILOT_OTEL_FILE_EXPORTER_PATH", "").strip()
    folders = [folder / "otel" for folder in _homes(environ, home)]
    return [*folders, Path(named).expanduser()] if named else folders


def _begins_session(head: bytes) -> bool:
    first = start_of(head).partition(b"\n")[0]
    return first.startswith(b'{"type":"session.') and b'"copilot' in first[:4096]


def _begins_export(head: bytes) -> bool:
    first = start_of(head).partition(b"\n")[0]
    return first.startswith((b'{"type":"span"', b'{"type":"metric"')) and b'"github.copilot' in first


def _inside(folder: str) -> list[str]:
    """The sessions and exports, if this is the agent's own folder: the rest holds prompts and settings."""
    found = [os.path.join(folder, name) for name in ("session-state", "otel")]
    return [name for name in found if os.path.isdir(name)] if os.path.isdir(found[0]) else []


HISTORIES = (
    History(
        id="copilot_cli",
        agent="copilot_cli",
        roots=_sessions,
        wanted=lambda name: name == "events.jsonl",
        begins=_begins_session,
        form="lines",
        reader="tachograph.inputs.agents.copilot_cli.session:EventsReader",
        primed_by="first line",
        inside=_inside,
    ),
    History(
        id="copilot_cli_otel",
        agent="copilot_cli",
        roots=_exports,
        wanted=lambda name: name.endswith(".jsonl") and not is_left_alone(name),
        begins=_begins_export,
        form="lines",
        reader="tachograph.inputs.agents.copilot_cli.exported:ExportedReader",
    ),
)
