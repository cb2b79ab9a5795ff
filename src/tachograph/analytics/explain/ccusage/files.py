"""Reads transcripts as ccusage reads them: its places, its lines, its fields (rules.py)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from tachograph.analytics.explain.ccusage.rates import CcusageUsage

__all__ = ["Entry", "find_roots", "read_entries", "transcript_files"]

_MARK = b'"usage":{'
_NULLS = re.compile(
    rb'"(id|cwd|model|speed|costUSD|version|sessionId|requestId|isApiErrorMessage|cache_read_input_tokens'
    rb'|cache_creation_input_tokens)"[^":]*:null'
)
_MODEL_NULL = re.compile(rb'"model"[^":]*:null')
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)")
_VERSION = re.compile(r"\d+\.\d+\.\d")
_MAX = 2**64


class _Split(msgspec.Struct):
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class _Usage(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation: _Split | None = None
    speed: str | None = None
    inference_geo: msgspec.Raw = msgspec.Raw(b"")
    iterations: msgspec.Raw = msgspec.Raw(b"")


class _Message(msgspec.Struct):
    usage: _Usage
    model: str | None = None
    id: str | None = None


class _Line(msgspec.Struct, rename="camel"):
    timestamp: str
    message: _Message
    version: str | None = None
    session_id: str | None = None
    request_id: str | None = None
    is_sidechain: bool | None = None
    cost_usd: float | None = msgspec.field(default=None, name="costUSD")


class _Inner(msgspec.Struct):
    message: _Line


class _Progress(msgspec.Struct, rename="camel"):
    data: _Inner
    session_id: str | None = None


class _Iteration(_Usage, kw_only=True):
    type: str
    model: str | None = None


_LINE, _PROGRESS = msgspec.json.Decoder(_Line), msgspec.json.Decoder(_Progress)
_ITERATIONS = msgspec.json.Decoder(list[_Iteration])


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line's usage, or that of a sub-call it holds."""

    message_id: str | None
    request_id: str | None
    session_id: str
    at_ms: int  # UTC milliseconds since 1970
    model: str | None
    usage: CcusageUsage
    fast: bool
    has_speed: bool
    geo: str | None
    sidechain: bool
    cost_nanousd: int | None  # the line's own figure
    ledger_id: str | None  # the message id that the ledger knows it by


def find_roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folders it looks for `projects` in, those that have one."""
    given = environ.get("CLAUDE_CONFIG_DIR")
    if given is not None:
        folders = [Path(part.strip()).expanduser() for part in given.split(",") if part.strip()]
        folders = [f.parent if f.name == "projects" and f.is_dir() else f for f in folders]
    else:
        folders = [Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "claude", home / ".claude"]
    return [f for f in dict.fromkeys(folders) if (f / "projects").is_dir()]


def transcript_files(roots: Iterable[Path]) -> list[Path]:
    """Every file it reads, in its order."""
    found = []
    for root in roots:
        for folder, _, names in os.walk(root / "projects"):
            for name in names:
                path = Path(folder, name)
                if name.endswith(".jsonl") and not path.is_symlink() and path.is_file():
                    found.append(path)
    return sorted(found, key=str)


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of one file; nothing if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    session = _session_of(path)
    for line in data.split(b"\n"):
        if _MARK in line and (read := _decode(line)) is not None:
            yield from _entries(line, read, session)


def _decode(line: bytes) -> _Line | None:
    try:
        try:
            read = _LINE.decode(line)
        except msgspec.ValidationError:
            progress = _PROGRESS.decode(line)
            read = progress.data.message
            read.session_id, read.version = progress.session_id, None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    usage = read.message.usage
    counts = (usage.input_tokens, usage.output_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens)
    if (
        any(not 0 <= n < _MAX for n in counts)
        or usage.speed not in (None, "standard", "fast")
        or not _TIME.fullmatch(read.timestamp)
        or (read.version is not None and not _VERSION.match(read.version))
        or "" in (read.session_id, read.request_id, read.message.id, read.message.model)
        or _has_forbidden_null(line, bytes(usage.iterations))
    ):
        return None
    return read


def _has_forbidden_null(line: bytes, iterations: bytes) -> bool:
    if b":null" not in line:
        return False
    names = [found[1] for found in _NULLS.finditer(line)]
    if any(name != b"model" for name in names):
        return True
    return len(names) > len(_MODEL_NULL.findall(iterations))


def _entries(line: bytes, read: _Line, file_session: str) -> Iterator[Entry]:
    message, usage = read.message, read.message.usage
    try:
        at_ms = round(datetime.fromisoformat(read.timestamp).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        return
    geo = bytes(usage.inference_geo).strip(b'"').decode("utf-8", "replace") or None
    own = None if read.cost_usd is None else round(read.cost_usd * 1e9)
    session = read.session_id or file_session
    yield Entry(
        message_id=message.id,
        request_id=read.request_id,
        session_id=session,
        at_ms=at_ms,
        model=message.model,
        usage=_tokens(usage),
        fast=usage.speed == "fast",
        has_speed=usage.speed is not None,
        geo=None if geo == "null" else geo,
        sidechain=read.is_sidechain is True,
        cost_nanousd=own,
        ledger_id=message.id,
    )
    if b'"advisor_message"' not in line:
        return
    try:
        iterations = _ITERATIONS.decode(usage.iterations)
    except msgspec.DecodeError:
        return
    number = 0
    for index, iteration in enumerate(iterations):
        if iteration.type != "advisor_message" or not iteration.model:
            continue
        yield Entry(
            message_id=None if message.id is None else f"{message.id}:advisor:{number}",
            request_id=read.request_id,
            session_id=session,
            at_ms=at_ms,
            model=iteration.model,
            usage=_tokens(iteration),
            fast=False,
            has_speed=False,
            geo=None,
            sidechain=read.is_sidechain is True,
            cost_nanousd=None,
            ledger_id=None if message.id is None else f"{message.id}-advisor-{index}",
        )
        number += 1


def _tokens(usage: _Usage) -> CcusageUsage:
    split = usage.cache_creation
    five, hour = (
        (usage.cache_creation_input_tokens, 0)
        if split is None
        else (split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens)
    )
    return CcusageUsage(
        input=usage.input_tokens,
        output=usage.output_tokens,
        cache_read=usage.cache_read_input_tokens,
        write_5m=five,
        write_1h=hour,
    )


def _session_of(path: Path) -> str:
    parts = path.parts
    below = parts[parts.index("projects") + 1 :] if "projects" in parts else parts
    if len(below) == 2:
        return path.stem
    if len(below) >= 4 and below[-2] == "subagents":
        return below[-3]
    return below[-2] if len(below) > 1 else "unknown"
