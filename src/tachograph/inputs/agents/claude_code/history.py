"""Where Claude Code keeps its transcripts, and how they are known."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History, is_left_alone, start_of

__all__ = ["HISTORIES", "find_roots", "is_transcript"]

_own_key = re.compile(rb'"(?:sessionId|leafUuid)"[ \t]*:[ \t]*"').search
_OWN_FILES = ("settings.json", "history.jsonl", "stats-cache.json", ".claude.json")


def find_roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folders in which Claude Code keeps its projects, whether or not they exist.

    Args:
        environ: `CLAUDE_CONFIG_DIR` in it replaces the two usual places; it may name several, with commas.
        home: the user's home folder.
    """
    configured = [Path(p.strip()).expanduser() for p in environ.get("CLAUDE_CONFIG_DIR", "").split(",") if p.strip()]
    folders = configured or [home / ".claude", home / ".config" / "claude"]
    roots = [f if f.name == "projects" else f / "projects" for f in folders]
    return list(dict.fromkeys(roots))


def is_transcript(name: str) -> bool:
    """Whether a file of this name is one: not the prompts, nor a copy that the agent set aside."""
    return name.endswith(".jsonl") and not is_left_alone(name)


def _begins(head: bytes) -> bool:
    return start_of(head).startswith(b'{"') and bool(_own_key(head))


def _inside(folder: str) -> list[str]:
    """The projects, if this is the agent's own folder: nothing else in it is a transcript."""
    projects = os.path.join(folder, "projects")
    is_own = os.path.basename(folder) in (".claude", "claude") or any(
        os.path.exists(os.path.join(folder, name)) for name in _OWN_FILES
    )
    return [projects] if is_own and os.path.isdir(projects) else []


HISTORIES = (
    History(
        id="claude_code",
        agent="claude_code",
        roots=find_roots,
        wanted=is_transcript,
        begins=_begins,
        form="lines",
        reader="tachograph.inputs.agents.claude_code.transcript:TranscriptReader",
        primed_by="last lines",
        inside=_inside,
    ),
)
