"""Where Gemini CLI keeps its chats, and how they are known."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History
from tachograph.inputs.opening import BYTE_ORDER_MARK

__all__ = ["HISTORIES", "find_roots"]

_begins = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"sessionId"[ \t]*:[ \t]*"[^"]*",[ \t\r\n]*"projectHash"[ \t]*:').match
_begins_line = re.compile(rb'[ \t\r\n]*\{"sessionId":"[^"]*","projectHash":').match
_chat_name = re.compile(r"session-[0-9A-Za-z._-]{1,120}\.jsonl|[0-9a-f-]{32,36}\.jsonl").fullmatch  # or a subagent's


def find_roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folder in which Gemini CLI keeps its projects' chats, whether or not it exists.

    Args:
        environ: `GEMINI_CLI_HOME` in it stands for the user's home folder.
        home: the user's home folder.
    """
    configured = environ.get("GEMINI_CLI_HOME", "").strip()
    return [(Path(configured).expanduser() if configured else home) / ".gemini" / "tmp"]


def _is_chat(name: str) -> bool:
    return _chat_name(name) is not None


def _is_document(name: str) -> bool:
    return name.startswith("session-") and name.endswith(".json")


def _begins_lines(head: bytes) -> bool:
    head = head.removeprefix(BYTE_ORDER_MARK)
    return _begins_line(head) is not None and b'"messages":' not in head.partition(b"\n")[0]


def _begins_document(head: bytes) -> bool:
    head = head.removeprefix(BYTE_ORDER_MARK)
    return _begins(head) is not None and not _begins_lines(head)


def _inside(folder: str) -> list[str]:
    chats = os.path.join(folder, "tmp")
    return [chats] if os.path.basename(folder) == ".gemini" and os.path.isdir(chats) else []


HISTORIES = (
    History(
        id="gemini_cli",
        agent="gemini_cli",
        roots=find_roots,
        wanted=_is_chat,
        begins=_begins_lines,
        form="lines",
        reader="tachograph.inputs.agents.gemini_cli.chats:ChatReader",
        primed_by="first line",
        inside=_inside,
    ),
    History(
        id="gemini_cli_document",  # up to 0.2x: the whole chat as one object
        agent="gemini_cli",
        roots=find_roots,
        wanted=_is_document,
        begins=_begins_document,
        form="whole",
        reader="tachograph.inputs.agents.gemini_cli.document:DocumentReader",
        inside=_inside,
    ),
)
