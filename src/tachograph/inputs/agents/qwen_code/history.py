"""Where Qwen Code keeps its chats and its usage ledger, and how they are known."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tachograph.inputs.agents.kit.history import History
from tachograph.inputs.opening import BYTE_ORDER_MARK

__all__ = ["HISTORIES", "find_ledgers", "find_projects", "find_totals"]

_begins_chat = re.compile(rb'[ \t\r\n]*\{"uuid":"[^"]{1,64}","parentUuid":(?:null|"[^"]{1,64}"),"sessionId":"').match
_begins_ledger = re.compile(
    rb'[ \t\r\n]*\{"schemaVersion":[0-9]+,"id":"[^"]{1,64}","timestamp":"[^"]{1,40}","localDate":'
).match
_begins_totals = re.compile(
    rb'[ \t\r\n]*\{"version":[0-9]+,"sessionId":"[^"]{1,64}","timestamp":[0-9]+,"startTime":'
).match
_ledger_name = re.compile(r"token-usage-\d{4}-\d{2}\.jsonl").fullmatch
_chat_name = re.compile(r"[0-9a-fA-F-]{32,36}\.jsonl").fullmatch
_TOTALS = "usage_record.jsonl"


def find_projects(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folder in which Qwen Code keeps its projects' chats, whether or not it exists."""
    return [_base(environ, home) / "projects"]


def find_ledgers(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folder in which it keeps its ledgers, one file per month, whether or not it exists."""
    return [_base(environ, home) / "usage"]


def find_totals(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The file with the totals of all sessions, whether or not it exists."""
    configured = environ.get("QWEN_HOME", "").strip()
    return [(Path(configured).expanduser() if configured else home / ".qwen") / _TOTALS]


def _base(environ: Mapping[str, str], home: Path) -> Path:
    """`QWEN_RUNTIME_DIR`, else `QWEN_HOME`, else the usual folder."""
    configured = environ.get("QWEN_RUNTIME_DIR", "").strip() or environ.get("QWEN_HOME", "").strip()
    return Path(configured).expanduser() if configured else home / ".qwen"


def _is_chat(name: str) -> bool:
    return _chat_name(name) is not None


def _is_ledger(name: str) -> bool:
    return _ledger_name(name) is not None


def _begins_as_chat(head: bytes) -> bool:
    return _begins_chat(head.removeprefix(BYTE_ORDER_MARK)) is not None


def _begins_as_ledger(head: bytes) -> bool:
    return _begins_ledger(head.removeprefix(BYTE_ORDER_MARK)) is not None


def _begins_as_totals(head: bytes) -> bool:
    return _begins_totals(head.removeprefix(BYTE_ORDER_MARK)) is not None


def _projects_inside(folder: str) -> list[str]:
    return _below(folder, "projects")


def _ledgers_inside(folder: str) -> list[str]:
    return _below(folder, "usage")


def _totals_inside(folder: str) -> list[str]:
    return _below(folder, _TOTALS)


def _below(folder: str, name: str) -> list[str]:
    place = os.path.join(folder, name)
    return [place] if os.path.basename(folder) == ".qwen" and os.path.exists(place) else []


HISTORIES = (
    History(
        id="qwen_code",
        agent="qwen_code",
        roots=find_projects,
        wanted=_is_chat,
        begins=_begins_as_chat,
        form="lines",
        reader="tachograph.inputs.agents.qwen_code.chats:ChatReader",
        inside=_projects_inside,
    ),
    History(
        id="qwen_code_ledger",
        agent="qwen_code",
        roots=find_ledgers,
        wanted=_is_ledger,
        begins=_begins_as_ledger,
        form="lines",
        reader="tachograph.inputs.agents.qwen_code.ledger:LedgerReader",
        inside=_ledgers_inside,
    ),
    History(
        id="qwen_code_totals",
        agent="qwen_code",
        roots=find_totals,
        wanted=lambda name: name == _TOTALS,
        begins=_begins_as_totals,
        form="lines",
        reader="tachograph.inputs.agents.qwen_code.session_totals:SessionTotalsReader",
        inside=_totals_inside,
    ),
)
