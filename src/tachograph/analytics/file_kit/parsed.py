"""The files that `files parse` writes, read back: records with one identity each, and what could not be read, counted.

They may come from other people, so nothing in them is believed: names have to have the form of a name, numbers have to
be numbers, and one bad file or record costs only itself. Files of the older parser, whose records have no id, are read
too. Nothing here shows a value in an error.

Source: docs/guides/file-kit.md.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from tachograph.analytics.file_kit.values import MAX_COUNT, TOKEN_CLASSES, amount, as_id, is_kind, read_values
from tachograph_sdk.privacy.shapes import SHAPES

__all__ = [
    "MAX_FILE_BYTES",
    "NOT_SESSIONS",
    "BadFile",
    "ParsedFile",
    "Record",
    "about_request",
    "find_parsed",
    "read_parsed",
]

MAX_FILE_BYTES = 128 * 1024 * 1024  # of one parsed file; some 250,000 records
FIRST_YEAR, LAST_YEAR = 2020, 2100  # a time outside of these is a mistake; there was no such agent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+ -]{0,127}")
_EVENT = re.compile(r"(?:claude_code\.)?([a-z][a-z0-9_]{0,63})")
_METRIC = re.compile(r"[a-z][a-z0-9_]{0,63}")

MAX_LENIENT_BYTES = 16 * 1024 * 1024
NOT_SESSIONS = frozenset({"latest-report.json", "merge.json"})
"""What this kit writes beside parsed files, or among them where the folder that was named is a `data` itself."""


class BadFile(Exception):
    """A file of which nothing can be used; `reason` is one word for the count."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class Record:
    """One event or metric, with the values that are read, each in one form."""

    kind: str  # of an event its type without prefix: "api_request"; of a metric its short name: "cost_usage"
    is_metric: bool
    identity: int  # 64 bits; the same request, tool result or record has the same one in every file
    own: int  # 64 bits of own_id, else the identity: who has one of both is the same record
    own_id: str | None  # the id that its file gives it; older files give none
    at_us: int | None  # UTC microseconds since 1970
    session: str | None  # as the file has it; None if nobody said
    user: str | None
    data: dict[str, Any]  # as `read_values` gives it
    value: Decimal | None = None  # metrics only: what was added


@dataclass(slots=True, kw_only=True)
class ParsedFile:
    """What one file holds, in the order of the log."""

    name: str  # of the log, without folders
    session: str | None
    user: str | None
    member: str | None  # in merged files: whose it is
    collector: str | None  # which installation parsed it
    users: dict[str, str] = field(default_factory=dict)  # user by session, where the file has several
    key_id: str | None  # in merged files: under which key
    facts: dict[str, str | None]  # app_version, os_type, team, project, as given
    records: list[Record] = field(default_factory=list)
    also: tuple[str, ...] = ()  # in merged files: other names of the same session
    quarantined: Counter[str] = field(default_factory=Counter)  # records set aside here, by reason
    earlier: Counter[str] = field(default_factory=Counter)  # lines that the parser had set aside, by reason


def find_parsed(folder: Path) -> list[Path]:
    """The parsed files of a collection, by name: `data/*.json` in it, or `*.json` in a folder that is a `data` itself.

    Raises OSError.
    """
    data = folder / "data"
    place = data if data.is_dir() else folder
    found = [
        path
        for path in place.iterdir()
        if path.suffix == ".json" and not path.name.startswith(".") and not path.name.endswith(".quarantine.json")
    ]
    return sorted(path for path in found if path.name not in NOT_SESSIONS)


def read_parsed(path: Path) -> ParsedFile:
    """Read one file. Raises BadFile with the reason."""
    try:
        if path.is_symlink() or not path.is_file():
            raise BadFile("not_a_file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadFile("too_large")
        raw = path.read_bytes()
    except OSError:
        raise BadFile("unreadable") from None
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return _file(_DOCUMENT.decode(raw), path.name)
    except msgspec.ValidationError:
        raise BadFile("no_events" if raw.lstrip()[:1] == b"{" else "not_an_object") from None
    except UnicodeDecodeError:
        raise BadFile("not_utf8") from None
    except (msgspec.DecodeError, RecursionError):
        return _file(_leniently(raw), path.name)


class _Document(msgspec.Struct):
    """A file as it is read first: its records stay bytes, so that one at a time is looked at."""

    events: list[Any]
    metrics: list[Any] | None = None
    file: Any = None
    session: Any = None
    sessions: Any = None
    member: Any = None
    collector: Any = None
    merge: Any = None
    quarantined: Any = None


class _Bytes(_Document):
    events: list[msgspec.Raw]
    metrics: list[msgspec.Raw] | None = None


_DOCUMENT = msgspec.json.Decoder(_Bytes, float_hook=Decimal)
_RECORD = msgspec.json.Decoder(float_hook=Decimal)


def _leniently(raw: bytes) -> _Document:
    """The older kit wrote what JSON has no words for (NaN, Infinity); small files of that sort are read all the same."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadFile("not_utf8") from None
    if len(raw) > MAX_LENIENT_BYTES or ("NaN" not in text and "Infinity" not in text):
        raise BadFile("not_json")
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=lambda _: "no number")
        return msgspec.convert(found, _Document)
    except msgspec.ValidationError:
        raise BadFile("no_events") from None
    except (ValueError, RecursionError, ArithmeticError):
        raise BadFile("not_json") from None


def _file(document: _Document, file_name: str) -> ParsedFile:
    session = document.session if isinstance(document.session, dict) else {}
    merge = document.merge if isinstance(document.merge, dict) else {}
    also = merge.get("also")
    found = ParsedFile(
        name=_file_name(document.file, file_name),
        session=as_id(session.get("session_id")),
        user=as_id(session.get("account_uuid")),
        member=as_id(document.member),
        collector=as_id(document.collector),
        key_id=as_id(merge.get("key_id")),
        facts={name: _fact(name, session.get(name)) for name in ("app_version", "os_type", "team", "project")},
        also=tuple(sorted(filter(None, map(as_id, also)))) if isinstance(also, list) else (),
    )
    sessions = document.sessions
    for entry in sessions if isinstance(sessions, list) else ():
        if (
            isinstance(entry, dict)
            and (its := as_id(entry.get("session_id")))
            and (user := as_id(entry.get("account_uuid")))
        ):
            found.users[its] = user
    quarantined = document.quarantined
    for reason, count in quarantined.items() if isinstance(quarantined, dict) else ():
        if isinstance(count, int) and 0 < count <= MAX_COUNT and _METRIC.fullmatch(reason):
            found.earlier[reason] += count
    same: Counter[bytes] = Counter()
    for entry in document.events:
        _take(found, entry, same, is_metric=False)
    for entry in document.metrics or ():
        _take(found, entry, same, is_metric=True)
    return found


def _take(found: ParsedFile, entry: Any, same: Counter[bytes], *, is_metric: bool) -> None:
    """Add one record, or count why not."""
    if isinstance(entry, msgspec.Raw):
        try:
            entry = _RECORD.decode(entry)
        except (ValueError, RecursionError, ArithmeticError):  # of msgspec, of UTF-8, of a number
            found.quarantined["bad_record"] += 1
            return
    if not isinstance(entry, dict):
        found.quarantined["not_a_record"] += 1
        return
    name = entry.get("metric" if is_metric else "event_type")
    match = (_METRIC if is_metric else _EVENT).fullmatch(name) if isinstance(name, str) else None
    if match is None or not is_kind(match[0]):
        found.quarantined["no_type"] += 1
        return
    kind = match[0] if is_metric else match[1]
    raw = entry.get("attributes", entry.get("data")) if is_metric else entry.get("data")
    data = read_values(raw, found.quarantined) if isinstance(raw, dict) else {}
    value = None
    if is_metric:
        value = amount(entry.get("value"))
        if value is None:
            found.quarantined["bad_number"] += 1
            return
    at_us, said = _moment(entry.get("timestamp")), entry.get("timestamp")
    if at_us is None and said is not None:
        found.quarantined["bad_time"] += 1  # the record itself counts, on no day
    own_id = as_id(entry.get("event_id")) or as_id(entry.get("id"))
    session = as_id(entry.get("session_id"))
    if session is None and "session_id" not in entry:
        session = found.session  # older parsers know one session a file
    found.records.append(
        Record(
            kind=kind,
            is_metric=is_metric,
            identity=(identity := _identity(kind, entry, own_id, data, same)),
            own=identity if own_id is None else _short(f"id\0{own_id}"),
            own_id=own_id,
            at_us=at_us,
            session=session,
            user=as_id(data.pop("user.account_uuid", None)) or found.users.get(session or "", found.user),
            data=data,
            value=value,
        )
    )


def _identity(kind: str, entry: dict[str, Any], own_id: str | None, data: dict[str, Any], same: Counter[bytes]) -> int:
    """By what the record is about where that has an id of its own, else by its own id, else by all that it says."""
    if (about := about_request(kind, data)) is not None:
        text = f"request\0{about}"
    elif kind == "tool_result" and "tool_use_id" in data:
        text = f"tool\0{data['tool_use_id']}"
    elif own_id is not None:
        text = f"id\0{own_id}"
    else:
        said = json.dumps([kind, entry], sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        digest = blake2b(said, digest_size=16).digest()
        text = f"content\0{digest.hex()}\0{same[digest]}"  # the second of two equal ones is another
        same[digest] += 1
    return _short(text)


def about_request(kind: str, data: Mapping[str, Any]) -> str | None:
    """Which request a record is about, by its id and its tokens: a gateway may give all requests one id. None if none."""
    if kind != "api_request" or "request_id" not in data:
        return None
    return " ".join([data["request_id"], *(str(data.get(name)) for name in (*TOKEN_CLASSES, "total_tokens"))])


def _short(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _moment(text: Any) -> int | None:
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        return None
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _fact(name: str, value: Any) -> str | None:
    """What is said of a session; of team and project any short text, which is shown to nobody but who wrote it."""
    if not isinstance(value, str) or not value or len(value) > 128:
        return None
    if name in ("team", "project"):
        return value if value.isprintable() else None
    return value if SHAPES["version" if name == "app_version" else "word"].matches(value) else None


def _file_name(given: Any, otherwise: str) -> str:
    """The log's name without its folders, which may name a person."""
    if isinstance(given, str):
        name = re.split(r"[/\\]", given)[-1]
        if _FILE_NAME.fullmatch(name):
            return name
    return otherwise if _FILE_NAME.fullmatch(otherwise) else "unnamed"
