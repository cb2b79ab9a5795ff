"""Joins the parsed files of several people into one folder: each session once, under names of the merge's own key.

The order in which folders are named does not matter, naming one twice changes nothing, and what was merged before stays
unless it is asked to go. A file that cannot be read is counted, and the rest goes on.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tachograph.analytics.file_kit.parsed import BadFile, ParsedFile, find_parsed, read_parsed
from tachograph.file_kit.folder import KitFolder, make_folder
from tachograph.file_kit.merge_document import MergedSession
from tachograph.file_kit.merge_index import SessionIndex, Together
from tachograph.file_kit.merge_names import MergeNames
from tachograph.file_kit.wording import METRIC_NAMES
from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.pseudonym import load_or_create_secret
from tachograph_sdk.private_files import create_once, lock_file, remove, replace_file, sweep

__all__ = ["MergeReport", "load_key", "merge_folders"]

ABOUT: Final = "merge.json"
_MERGE_ID: Final = re.compile(r"g_[0-9a-f]{16}")
_METRICS: Final = frozenset(METRIC_NAMES.values())
_OURS: Final = re.compile(r"session-[0-9a-f]{16}\.json")


@dataclass(slots=True, kw_only=True)
class MergeReport:
    """What a merge did. Counts only: no name of a folder, file or person."""

    merge_id: str
    folders: int
    files: int = 0  # read, those that were merged before included
    sessions: int = 0
    members: int = 0
    sessions_without_member: int = 0
    events: int = 0
    metrics: int = 0
    duplicates: int = 0  # records that more than one file told of
    conflicts: Counter[str] = field(default_factory=Counter)  # by reason
    bad_files: Counter[str] = field(default_factory=Counter)  # by reason
    bad_records: Counter[str] = field(default_factory=Counter)  # by reason
    written: int = 0  # files that changed or are new
    unchanged: int = 0
    removed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As `files merge --json` prints it."""
        named = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in named.items()}


def load_key(out: KitFolder, keys: Path, key_file: Path | None = None) -> tuple[str, bytes]:
    """The id and the key of the merge in this folder; of a new one if there is none yet.

    Args:
        out: where it is merged to. The key is never in it, because it is passed on.
        keys: the folder of keys of this installation.
        key_file: use this key instead.

    Raises:
        ConfigError: the folder is no merge, or its key is not here.
    """
    merge_id = _merge_id(out)
    if key_file is not None:
        return merge_id or _new_id(), load_or_create_secret(key_file)
    if merge_id is not None and not (keys / f"{merge_id}.key").is_file():
        raise ConfigError(
            "the key of this merge is not on this machine",
            hint="name its file with --key, or another folder with --out, where everybody gets new names",
        )
    merge_id = merge_id or _new_id()
    return merge_id, load_or_create_secret(keys / f"{merge_id}.key")


def merge_folders(
    folders: Sequence[Path], out: KitFolder, *, merge_id: str, secret: bytes, replace: bool = False
) -> MergeReport:
    """Merge these folders, and what the output folder holds, into the output folder.

    Args:
        folders: with `data/` or of parsed files themselves.
        out: made if it is not there.
        merge_id, secret: as `load_key` gives them.
        replace: forget what the output folder holds but the folders do not.

    Raises:
        ConfigError: a folder cannot be read or written, or another merge is under way.
    """
    make_folder(out.root)
    make_folder(out.data)
    try:
        with lock_file(out.data / ".merge.lock", wait=False):
            sweep(out.data)
            create_once(out.root / ABOUT, (json.dumps({"merge_id": merge_id}) + "\n").encode())  # before any session
            return _Merge(folders, out, MergeNames(secret), merge_id, replace).run()
    except BlockingIOError:
        raise ConfigError("another merge into this folder is under way", hint="wait until it has ended") from None
    except OSError as error:
        raise ConfigError(f"the merge cannot be written ({error.strerror})", hint="name another --out") from error


class _Merge:
    def __init__(
        self, folders: Sequence[Path], out: KitFolder, names: MergeNames, merge_id: str, replace: bool
    ) -> None:
        self._folders = folders
        self._out = out
        self._names = names
        self._replace = replace
        self._report = MergeReport(merge_id=merge_id, folders=len(folders))
        self._last: tuple[Path, ParsedFile] | None = None

    def run(self) -> MergeReport:
        report = self._report
        index = SessionIndex()
        for path in self._paths():
            self._take_in(path, index)
        sessions = index.sessions()
        members: set[str] = set()
        kept: set[str] = set()
        for together in sessions:
            kept.add(self._write(together))
            report.sessions_without_member += not together.members
            members.update([min(together.members)] if together.members else [])
        report.sessions, report.members = len(sessions), len(members)
        self._remove_but(kept)
        about = {
            "schema_version": 1,
            "merge_id": report.merge_id,
            "key_id": self._names.key_id,
            "sessions": report.sessions,
            "members": report.members,
            "events": report.events,
            "metrics": report.metrics,
        }
        self._put(self._out.root / ABOUT, about)
        return report

    def _paths(self) -> Iterator[Path]:
        """Every parsed file once."""
        known: set[Path] = set()
        folders = self._folders if self._replace else [self._out.root, *self._folders]
        for folder in folders:
            try:
                found = find_parsed(folder)
            except OSError as error:
                raise ConfigError(
                    f"{folder} cannot be read ({error.strerror})", hint="name folders that `files parse` has filled"
                ) from None
            for path in found:
                real = path.resolve()
                if real not in known:
                    known.add(real)
                    yield path

    def _take_in(self, path: Path, index: SessionIndex) -> None:
        report = self._report
        try:
            file = _read(path)
        except BadFile as error:
            report.bad_files[error.reason] += 1
            return
        report.files += 1
        report.bad_records += file.quarantined
        member = self._names.member(file)
        numbers: dict[str | None, int] = {}
        for record in file.records:
            if (number := numbers.get(record.session)) is None:
                name = self._names.session(file, record)
                number = numbers[record.session] = index.add_session(name, path, member)
            if record.at_us is not None and record.own_id is not None:
                index.add_record(number, self._names.event(file, record))
        for other in file.also if len(numbers) == 1 else ():
            for number in numbers.values():
                index.join(number, index.add_session(self._names.named_session(file, other), path, member))

    def _read(self, path: Path) -> ParsedFile:
        if self._last is None or self._last[0] != path:
            self._last = (path, _read(path))
        return self._last[1]

    def _write(self, together: Together) -> str:
        report = self._report
        session = MergedSession(together, self._names)
        for path in sorted(together.paths):
            with contextlib.suppress(BadFile):  # it was there a moment ago
                session.add(self._read(path))
        document = session.as_document()
        report.events += document["events_count"]
        report.metrics += document["metrics_count"]
        report.duplicates += session.duplicates
        report.conflicts += session.conflicts
        if len(together.members) > 1:
            report.conflicts["two_members_one_session"] += 1
        if len(together.names) > 1:
            report.conflicts["two_names_one_session"] += 1
        name = f"{document['file']}.json"
        changed = self._put(self._out.data / name, document)
        report.written += changed
        report.unchanged += not changed
        return name

    def _put(self, path: Path, document: dict[str, Any]) -> bool:
        """Write it if it says anything new; whether it did."""
        data = _text(document).encode()
        with contextlib.suppress(OSError):
            if path.read_bytes() == data:
                return False
        replace_file(path, data)
        return True

    def _remove_but(self, kept: set[str]) -> None:
        for path in self._out.data.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in kept:
                self._report.removed += remove(path)


def _text(document: dict[str, Any]) -> str:
    """JSON with a key a line, and a record a line where there are many."""
    lines = []
    for key, value in document.items():
        if key in ("events", "metrics") and isinstance(value, list) and value:
            records = ",\n  ".join(map(json.dumps, value))
            lines.append(f" {json.dumps(key)}: [\n  {records}\n ]")
        else:
            lines.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _read(path: Path) -> ParsedFile:
    """A parsed file, without records of a kind that nobody knows: their names could say anything. Raises BadFile."""
    file = read_parsed(path)
    known = [record for record in file.records if record.kind in (_METRICS if record.is_metric else EVENTS)]
    if len(known) < len(file.records):
        file.quarantined["unknown_type"] += len(file.records) - len(known)
        file.records = known
    return file


def _merge_id(out: KitFolder) -> str | None:
    """Of the merge in this folder; None if the folder is empty or not there. Raises ConfigError."""
    try:
        about = json.loads((out.root / ABOUT).read_bytes())
    except FileNotFoundError:
        if out.logs.exists() or (out.data.is_dir() and any(p.suffix == ".json" for p in out.data.iterdir())):
            raise ConfigError(
                "the output folder holds files that no merge has made", hint="name an empty or a new folder with --out"
            ) from None
        return None
    except (OSError, ValueError):
        about = None
    merge_id = about.get("merge_id") if isinstance(about, dict) else None
    if not isinstance(merge_id, str) or not _MERGE_ID.fullmatch(merge_id):
        raise ConfigError(f"{ABOUT} in the output folder cannot be read", hint="name another folder with --out")
    return merge_id


def _new_id() -> str:
    return f"g_{secrets.token_hex(8)}"
