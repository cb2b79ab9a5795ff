"""Where opencode keeps its database and, up to 1.1, its messages as documents, and how they are known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History

__all__ = ["HISTORIES"]


def _data(environ: Mapping[str, str], home: Path) -> list[Path]:
    """Its data folder: `OPENCODE_DATA_DIR` is what usage tools call it, `XDG_DATA_HOME` what opencode itself obeys."""
    named = [Path(p.strip()).expanduser() for p in environ.get("OPENCODE_DATA_DIR", "").split(",") if p.strip()]
    if named:
        return named
    base = environ.get("XDG_DATA_HOME", "").strip()
    return [(Path(base).expanduser() if base else home / ".local" / "share") / "opencode"]


def _databases(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The databases in the data folder, and the one that `OPENCODE_DB` names; never what else lies there."""
    found: list[Path] = []
    for folder in _data(environ, home):
        try:
            found += sorted(folder / name for name in os.listdir(folder) if _is_database(name))
        except OSError:
            pass
        found.append(folder / "opencode.db")  # also where it is not yet
    other = environ.get("OPENCODE_DB", "").strip()
    if other and other != ":memory:":
        found += [folder / Path(other).expanduser() for folder in _data(environ, home)]
    return list(dict.fromkeys(found))


def _documents(environ: Mapping[str, str], home: Path) -> list[Path]:
    return [folder / "storage" / "message" for folder in _data(environ, home)]


def _is_database(name: str) -> bool:
    """`opencode.db`, and `opencode-<channel>.db` of builds of other channels."""
    return name.startswith("opencode") and name.endswith(".db")


def _is_message(name: str) -> bool:
    return name.startswith("msg_") and name.endswith(".json")


def _begins_database(head: bytes) -> bool:
    return head.startswith(b"SQLite format 3\x00")


def _begins_document(head: bytes) -> bool:
    start = head.lstrip()[:4096]
    return start.startswith(b"{") and b'"msg_' in start and b'"ses_' in start and b'"role"' in head


def _database_inside(folder: str) -> list[str]:
    """Databases and messages, if this is the agent's own folder: the rest is logs, keys and copies of people's files."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    found = [os.path.join(folder, name) for name in names if _is_database(name)]
    messages = os.path.join(folder, "storage", "message")
    if os.path.isdir(messages):
        found.append(messages)
    return found if os.path.basename(folder) == "opencode" or "opencode.db" in names else []


HISTORIES = (
    History(
        id="opencode",
        agent="opencode",
        roots=_databases,
        wanted=_is_database,
        begins=_begins_database,
        form="whole",
        reader="tachograph.inputs.agents.opencode.reader:DatabaseReader",
        companions=("-wal",),
        inside=_database_inside,
    ),
    History(
        id="opencode_json",
        agent="opencode",
        roots=_documents,
        wanted=_is_message,
        begins=_begins_document,
        form="whole",
        reader="tachograph.inputs.agents.opencode.documents:DocumentReader",
    ),
)
