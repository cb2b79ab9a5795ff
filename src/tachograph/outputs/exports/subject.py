"""Everything that is held about somebody, as files: JSON, CSV or Parquet, in a folder or a zip.

docs/guides/your-data.md describes the format; SCHEMA and VERSION name it in every export. Files appear whole under their
name or not at all, are for their owner only, and never take the place of others.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from tachograph.subjects import SubjectRows
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import sync_folder

__all__ = ["FORMS", "SCHEMA", "VERSION", "Exported", "write_export"]

SCHEMA = "tachograph.subject"
VERSION = 1
FORMS = ("json", "csv", "parquet")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
_WATCHED = ("user_id", "session_id", "organization_id")  # by whom an export is found again when it must go


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    path: Path
    files: Mapping[str, str]  # name to SHA-256 in hex; of a zip only the zip
    rows: Mapping[str, int]  # by table
    holds: Mapping[str, tuple[str, ...]]  # pseudonyms that are in it, by column


def write_export(rows: SubjectRows, about: Mapping[str, Any], to: Path, form: str) -> Exported:
    """Write all rows to a new folder `to`, or a new file if its name ends in .zip.

    Args:
        rows: what is exported.
        about: what is said before the tables; JSON values.
        to: absolute; must not exist, its folder must.
        form: one of FORMS.

    Raises:
        ConfigError: `to` cannot be written.
    """
    if os.path.lexists(to):
        raise ConfigError(
            f"{to} is there already", hint="an export never replaces anything: give another name with --to"
        )
    if not to.parent.is_dir():
        raise ConfigError(f"there is no folder {to.parent}", hint="make it first, or give another with --to")
    building = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        building.mkdir(mode=0o700)
        holds: dict[str, set[str]] = {name: set() for name in _WATCHED}
        counts = _WRITERS[form](rows, about, building, holds)
        for path in building.iterdir():
            os.chmod(path, 0o600)
            _sync(path)
        files = {path.name: _sha256(path) for path in sorted(building.iterdir())}
        if to.suffix == ".zip":
            files = {to.name: _zip(building, to)}
        else:
            sync_folder(building)
            building.rename(to)
        sync_folder(to.parent)
    except OSError as error:
        raise ConfigError(f"{to} cannot be written ({error.strerror})", hint="give another place with --to") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return Exported(path=to, files=files, rows=counts, holds={k: tuple(sorted(v)) for k, v in holds.items() if v})


def _write_json(
    rows: SubjectRows, about: Mapping[str, Any], folder: Path, holds: dict[str, set[str]]
) -> dict[str, int]:
    counts = {}
    with _new(folder / "subject.json") as file:
        head = json.dumps({"schema": SCHEMA, "version": VERSION, **about}, ensure_ascii=False, indent=1)
        file.write(head.rstrip()[:-1].rstrip() + ',\n "tables": {')
        for index, table in enumerate(rows.tables):
            columns = rows.columns(table)
            file.write("," if index else "")
            file.write(f'\n  {json.dumps(table)}: {{"columns": {json.dumps(columns)}, "rows": [')
            count = 0
            for row in rows.rows(table):
                values = {name: _as_json(value) for name, value in zip(columns, row, strict=True)}
                _watch(values, holds)
                file.write(("," if count else "") + "\n   " + json.dumps(values, ensure_ascii=False))
                count += 1
            file.write("]}")
            counts[table] = count
        file.write("\n }\n}\n")
    return counts


def _write_csv(rows: SubjectRows, about: Mapping[str, Any], folder: Path, holds: dict[str, set[str]]) -> dict[str, int]:
    counts, described = {}, {}
    for table in rows.tables:
        columns = described[table] = rows.columns(table)
        with _new(folder / f"{table}.csv") as file:
            writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180
            writer.writerow(columns)
            count = 0
            for row in rows.rows(table):
                _watch(dict(zip(columns, row, strict=True)), holds)
                writer.writerow([_cell(value) for value in row])
                count += 1
        counts[table] = count
    _write_about(about, described, counts, folder)
    return counts


def _write_parquet(
    rows: SubjectRows, about: Mapping[str, Any], folder: Path, holds: dict[str, set[str]]
) -> dict[str, int]:
    counts, described = {}, {}
    for table in rows.tables:
        columns = described[table] = rows.columns(table)
        for row in rows.rows(table):
            _watch(dict(zip(columns, row, strict=True)), holds)
        counts[table] = rows.write_parquet(table, folder / f"{table}.parquet")
    _write_about(about, described, counts, folder)
    return counts


_WRITERS: Mapping[str, Callable[[SubjectRows, Mapping[str, Any], Path, dict[str, set[str]]], dict[str, int]]] = {
    "json": _write_json,
    "csv": _write_csv,
    "parquet": _write_parquet,
}


def _write_about(
    about: Mapping[str, Any], columns: Mapping[str, Mapping[str, str]], counts: Mapping[str, int], folder: Path
) -> None:
    tables = {table: {"columns": dict(columns[table]), "rows": counts[table]} for table in columns}
    with _new(folder / "about.json") as file:
        json.dump({"schema": SCHEMA, "version": VERSION, **about, "tables": tables}, file, ensure_ascii=False, indent=1)


def _new(path: Path) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass", newline="")


def _watch(values: Mapping[str, Any], holds: dict[str, set[str]]) -> None:
    for name, seen in holds.items():
        if (value := values.get(name)) is not None:
            seen.add(str(value))


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula. Numbers stay numbers, also those below nothing."""
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value).replace("\0", "")
    return "'" + text if text.startswith(_FORMULA) else text


def _zip(folder: Path, to: Path) -> str:
    temporary = to.with_name(f".{to.name}.{os.getpid()}.zip")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
                for path in sorted(folder.iterdir()):
                    made.write(path, path.name)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, to)  # fails if something has come to be there meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            temporary.replace(to)
        return _sha256(to)
    finally:
        temporary.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
