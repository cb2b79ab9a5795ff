"""Where Codex keeps its threads, and how they are known."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History, start_of

__all__ = ["HISTORIES", "find_roots", "is_compressed_rollout", "is_rollout"]

_FOLDERS = ("sessions", "archived_sessions")
_OWN_FILES = ("config.toml", "auth.json", "history.jsonl", "version.json")
_ZSTD = b"\x28\xb5\x2f\xfd"
_HEAD_BYTES = 64 * 1024
_own_type = re.compile(rb'"type"[ \t]*:[ \t]*"session_meta"').search


def find_roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folders in which Codex keeps its threads, whether or not they exist.

    Args:
        environ: `CODEX_HOME` in it replaces the usual place.
        home: the user's home folder.
    """
    configured = environ.get("CODEX_HOME", "").strip()
    folder = Path(configured).expanduser() if configured else home / ".codex"
    return [folder / name for name in _FOLDERS]


def is_rollout(name: str) -> bool:
    """Whether a file of this name is a thread."""
    return name.startswith("rollout-") and name.endswith(".jsonl")


def is_compressed_rollout(name: str) -> bool:
    """Whether a file of this name is a thread that was compressed."""
    return name.startswith("rollout-") and name.endswith(".jsonl.zst")


def _begins(head: bytes) -> bool:
    start = start_of(head)
    first, _, _ = start.partition(b"\n")
    return start.startswith(b"{") and bool(_own_type(first))


def _begins_compressed(head: bytes) -> bool:
    if not head.startswith(_ZSTD):
        return False
    if sys.version_info >= (3, 14):  # loaded only here: the quick check never gets this far
        from compression import zstd
    else:
        from backports import zstd
    try:
        return _begins(zstd.ZstdDecompressor().decompress(head, _HEAD_BYTES))
    except zstd.ZstdError:
        return False


def _inside(folder: str) -> list[str]:
    """The threads, if this is Codex's own folder: nothing else in it is one."""
    is_own = os.path.basename(folder) == ".codex" or any(
        os.path.exists(os.path.join(folder, name)) for name in _OWN_FILES
    )
    found = [os.path.join(folder, name) for name in _FOLDERS] if is_own else []
    return [place for place in found if os.path.isdir(place)]


HISTORIES = (
    History(
        id="codex",
        agent="codex",
        roots=find_roots,
        wanted=is_rollout,
        begins=_begins,
        form="lines",
        reader="tachograph.inputs.agents.codex.rollout:RolloutReader",
        primed_by="first line",
        inside=_inside,
    ),
    History(
        id="codex_compressed",
        agent="codex",
        roots=find_roots,
        wanted=is_compressed_rollout,
        begins=_begins_compressed,
        form="whole",
        reader="tachograph.inputs.agents.codex.rollout:CompressedRolloutReader",
    ),
)
