"""The owner's own dashboards: files in one folder, taken up while the server runs.

Whatever is wrong with one is told beside the others, which stay. Ours cannot be replaced by a file of the same name: a
tab that everybody knows would then show something else.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph.analytics.panels.files import read_dashboard, read_toml
from tachograph.analytics.panels.panel import Dashboard, Mistake
from tachograph.analytics.panels.sdk_metrics import translate
from tachograph.analytics.scope import Question
from tachograph_sdk.private_files import mark_of

__all__ = ["MOST_BYTES", "MOST_FILES", "FileProblem", "OwnersDashboards", "OwnersFolder"]

MOST_BYTES = 256 * 1024
MOST_FILES = 50
PREFIX = "own-"
_ENDINGS = (".toml", ".json")
_UNFIT = re.compile(r"[^a-z0-9]+")
_MOST_NAME = 60  # characters of an address name
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_Mark = tuple[int, int, int] | None
_Listed = tuple[tuple[str, _Mark], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """What is wrong with one file, or with one panel of it."""

    file: str
    panel: str = ""  # its title; empty: the whole file, which is not shown
    what: str
    hint: str = ""

    def as_json(self) -> dict[str, str]:
        """As the API gives it."""
        return {"file": self.file, "panel": self.panel, "what": self.what, "hint": self.hint}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersDashboards:
    """What the folder holds."""

    dashboards: tuple[Dashboard, ...] = ()  # by their files' names
    problems: tuple[FileProblem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file as it was read."""

    dashboard: Dashboard | None = None  # None: there is nothing to show
    problems: tuple[FileProblem, ...] = ()
    is_closed: bool = False  # it could not be opened


class OwnersFolder:
    """Reads the folder, again whenever a file in it changed. Any thread may ask."""

    def __init__(self, folder: Path, questions: Mapping[str, Question]) -> None:
        self._folder = folder
        self._questions = questions
        self._lock = threading.Lock()
        self._seen: _Listed | None = None
        self._files: dict[str, tuple[_Mark, _File]] = {}
        self._made = OwnersDashboards()
        self.files_read = 0  # since the start, so that a test sees what a request costs

    def __call__(self) -> OwnersDashboards:
        """What is there now. Never raises."""
        with self._lock:
            try:
                listed = _list(self._folder)
            except FileNotFoundError:
                listed = ()
            except OSError as error:
                self._seen = None
                return OwnersDashboards(problems=(_unread(self._folder.name, error),))
            if listed != self._seen:
                self._files = {name: self._file(name, mark) for name, mark in listed[:MOST_FILES]}
                self._made = _joined(
                    [file for _, file in self._files.values()], [name for name, _ in listed[MOST_FILES:]]
                )
                was_read = not any(file.is_closed for _, file in self._files.values())
                self._seen = listed if was_read else None  # what could not be opened is tried again
            return self._made

    def _file(self, name: str, mark: _Mark) -> tuple[_Mark, _File]:
        """What a file holds, read only if it changed."""
        known = self._files.get(name)
        if known is not None and known[0] == mark and not known[1].is_closed:
            return known
        shown = _shown(name)
        try:
            return mark, self._read(name, shown)
        except OSError as error:
            return mark, _File(problems=(_unread(shown, error),), is_closed=True)
        except Mistake as mistake:
            return mark, _File(problems=(_told(shown, mistake),))

    def _read(self, name: str, shown: str) -> _File:
        """What a file holds. Raises OSError and Mistake."""
        data = _bytes_of(self._folder / name)
        self.files_read += 1
        notes: Sequence[str] = ()
        if name.lower().endswith(".json"):
            said, notes = translate(_read_json(data))
        else:
            said = read_toml(data)
        read = read_dashboard(said, self._questions, name=_address(name), file=shown, notes=notes)
        problems = tuple(_told(shown, mistake, panel=title) for title, mistake in read.wrong)
        return _File(dashboard=read.dashboard if read.dashboard.panels else None, problems=problems)


def _joined(files: Sequence[_File], left: Sequence[str]) -> OwnersDashboards:
    """All of them; `left` are names of files that are too many."""
    by_name: dict[str, Dashboard] = {}
    problems: list[FileProblem] = []
    for file in files:
        problems += file.problems
        dashboard = file.dashboard
        if dashboard is not None and by_name.setdefault(dashboard.name, dashboard) is not dashboard:
            mistake = Mistake(f"would have the same address as {by_name[dashboard.name].file}", "rename one of them")
            problems.append(_told(dashboard.file, mistake))
    if left:
        others = f", with {len(left) - 1:,} others" if len(left) > 1 else ""
        what = f"is left out{others}: there are more than {MOST_FILES} files"
        problems.append(FileProblem(file=_shown(left[0]), what=what, hint="move some out of the folder"))
    return OwnersDashboards(dashboards=tuple(by_name.values()), problems=tuple(problems))


def _told(file: str, mistake: Mistake, *, panel: str = "") -> FileProblem:
    return FileProblem(file=file, panel=panel, what=mistake.what, hint=mistake.hint or "see docs/guides/dashboards.md")


def _list(folder: Path) -> _Listed:
    """The files that are dashboards, by name, each with what changes when it does."""
    names = (name for name in os.listdir(folder) if name.lower().endswith(_ENDINGS) and not name.startswith("."))
    return tuple((name, mark_of(folder / name)) for name in sorted(names))


def _bytes_of(path: Path) -> bytes:
    """What a file holds. Raises OSError and Mistake."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe without a writer would keep us
    try:  # not in `with`: of a folder no file object can be made, and the descriptor would stay open
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Mistake("is no file", "put a file in its place")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > MOST_BYTES:
        raise Mistake(f"is larger than {MOST_BYTES // 1024} KiB", "make several dashboards of it")
    return data


def _read_json(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        told = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise Mistake(f"cannot be read: it is no JSON ({told})", "it has to be JSON in UTF-8") from error


def _unread(file: str, error: OSError) -> FileProblem:
    what = f"cannot be read: {error.strerror or type(error).__name__}"
    return FileProblem(file=file, what=what, hint="it has to be a file that the server may read")


def _address(found: str) -> str:
    """The name in addresses: of the letters and digits in the file's name, or of its digest where there are none."""
    stem = found.rpartition(".")[0].lower()
    name = _UNFIT.sub("-", stem).strip("-")[:_MOST_NAME]
    return PREFIX + (name or hashlib.sha256(os.fsencode(stem)).hexdigest()[:8])


def _shown(found: str) -> str:
    """A file's name as text: whatever bytes it is made of."""
    return _CONTROL.sub(" ", os.fsencode(found).decode("utf-8", "replace"))
