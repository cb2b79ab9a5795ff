"""The owner's notes: baselines and changes, in one private file of the home. They never leave it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import lock_file, replace_file

__all__ = ["KINDS", "Baseline", "Change", "Notebook", "fingerprint", "iso", "valid_name"]

KINDS = ("claude-md", "model", "template", "prompt", "tool", "other")
LONGEST_NOTE = 2_000  # characters
MOST_BYTES = 50_000_000  # of a file whose hash is kept
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A window and filter over sessions, under a name. Times are ISO 8601 in UTC; null is unbounded."""

    name: str
    since: str | None
    until: str | None
    filters: Mapping[str, Sequence[str | None]]  # values as stored: people and places by pseudonym
    made_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was changed, under a name."""

    name: str
    at: str  # ISO 8601, UTC
    kind: str  # of KINDS
    note: str = ""  # the owner's own words
    file_sha256: str | None = None  # of what was changed, as it was when the change was noted
    made_at: str = ""


@dataclass(slots=True)
class Notebook:
    """All notes of a home."""

    baselines: dict[str, Baseline] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Notebook:
        """What is noted; nothing if there is no file. Raises ConfigError if it is damaged."""
        try:
            told = json.loads(path.read_bytes())
            book = cls(
                baselines={one["name"]: Baseline(**one) for one in told["baselines"]},
                changes={one["name"]: Change(**one) for one in told["changes"]},
            )
            book._check()
            return book
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ConfigError) as error:
            raise ConfigError(
                f"{path} cannot be read ({type(error).__name__})",
                hint="it holds the baselines and changes of `tachograph eval`: repair it, or move it away",
            ) from None

    @classmethod
    def add(cls, path: Path, note: Baseline | Change, *, replace: bool = False) -> None:
        """Write one more note. Raises ConfigError if its name is taken, unless `replace` and of the same kind."""
        with _locked(path):
            book = cls.read(path)
            mine, others = (
                (book.baselines, book.changes) if isinstance(note, Baseline) else (book.changes, book.baselines)
            )
            if note.name in others or (note.name in mine and not replace):
                what = "baseline" if note.name in book.baselines else "change"
                hint = "give another name" + (", or --replace" if note.name in mine else "")
                raise ConfigError(f"there is a {what} {note.name!r} already", hint=hint)
            mine[note.name] = note  # type: ignore[assignment]
            book._write(path)

    @classmethod
    def remove(cls, path: Path, name: str) -> str:
        """Delete a note; what it was. Raises ConfigError if there is none."""
        with _locked(path):
            book = cls.read(path)
            if book.baselines.pop(name, None) is not None:
                what = "baseline"
            elif book.changes.pop(name, None) is not None:
                what = "change"
            else:
                raise book.unknown(name)
            book._write(path)
            return what

    def unknown(self, name: str) -> ConfigError:
        """What to raise for a name that nothing has."""
        names = [*self.baselines, *self.changes]
        hint = f"there are: {', '.join(names)}" if names else "note one with `tachograph eval change NAME`"
        return ConfigError(f"there is no baseline or change {name!r}", hint=hint)

    def in_order(self) -> list[Change]:
        """Changes by their time."""
        return sorted(self.changes.values(), key=lambda change: (change.at, change.name))

    def _check(self) -> None:
        """Raise ValueError, TypeError, ConfigError where somebody wrote what these commands would not have."""
        for name in (*self.baselines, *self.changes):
            valid_name(name)
        times = [one.at for one in self.changes.values()]
        times += [at for one in self.baselines.values() for at in (one.since, one.until) if at is not None]
        if any(datetime.fromisoformat(at).tzinfo is None for at in times):
            raise ValueError("a time without a zone")
        if any(type(text) is not str for one in self.changes.values() for text in (one.kind, one.note)):
            raise TypeError("a text is none")
        for one in self.baselines.values():
            if not all(isinstance(values, list) for values in one.filters.values()):
                raise TypeError("a filter is a list of values")

    def _write(self, path: Path) -> None:
        told: dict[str, Any] = {
            "version": 1,
            "baselines": [asdict(one) for one in self.baselines.values()],
            "changes": [asdict(one) for one in self.changes.values()],
        }
        replace_file(path, json.dumps(told, indent=1).encode() + b"\n")


def valid_name(name: str) -> str:
    """The name, if it is one. Raises ConfigError."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "a name has 1 to 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit",
            hint="for instance: shorter-claude-md",
        )
    return name


def fingerprint(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal. Raises ConfigError."""
    try:
        if path.stat().st_size > MOST_BYTES or not path.is_file():
            raise ConfigError(f"{path} is no file of at most 50 MB", hint="name the file that was changed")
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint="name the file that was changed") from None


def iso(moment: datetime | None) -> str | None:
    """A time in UTC without a zone, as notes hold it."""
    return None if moment is None else moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _locked(path: Path) -> Any:
    return lock_file(path.with_name(path.name + ".lock"))
