"""Receipts: what was erased or corrected, when, and what the search for it found. They name nobody.

Each holds a keyed hash of itself and of the one before it, so that a change, an insertion or a removal shows. The key is
made from the installation's secret: who has only the receipts can neither forge one nor tell whom it is about.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph_sdk.private_files import lock_file, replace_file

__all__ = ["Receipts", "Verdict"]

_HEAD = "head.json"
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether the receipts are as they were written."""

    receipts: int
    wrong: tuple[str, ...]  # what is not, in words; empty: all is right

    @property
    def is_whole(self) -> bool:
        """True if nothing is wrong."""
        return not self.wrong


class Receipts:
    """The folder receipts/."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._key = hmac.digest(secret, b"receipts\0", "sha256")

    def add(self, kind: str, told: Mapping[str, Any]) -> Path:
        """Write the next receipt, durably, mode 0600. Writing one with the same `id` again changes nothing.

        Raises:
            OSError: it could not be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with lock_file(self._folder / ".lock"):  # an erasure and a correction may end together
            return self._add(kind, told)

    def _add(self, kind: str, told: Mapping[str, Any]) -> Path:
        known = self._paths()
        for path in known:
            if (there := _load(path)) is not None and there.get("id") == told.get("id") and "id" in told:
                self._write_head(known)
                return path
        number = _number(known[-1]) + 1 if known else 1
        previous = str((_load(known[-1]) or {}).get("mac", _FIRST)) if known else _FIRST
        body = {"number": number, "kind": kind, "previous": previous, **told}
        path = self._folder / f"{number:06d}-{kind}.json"
        replace_file(path, json.dumps({**body, "mac": self._mac(body)}, indent=1).encode() + b"\n")
        self._write_head([*known, path])
        return path

    def all(self) -> list[dict[str, Any]]:
        """The receipts that can be read, oldest first."""
        return [told for path in self._paths() if (told := _load(path)) is not None]

    def verify(self) -> Verdict:
        """Check every receipt, their order, and that none is missing."""
        wrong = []
        previous, number = _FIRST, 0
        paths = self._paths()
        for path in paths:
            told = _load(path)
            if told is None:
                wrong.append(f"{path.name} cannot be read")
                previous = ""
                number = _number(path)
                continue
            body = {name: value for name, value in told.items() if name != "mac"}
            if not hmac.compare_digest(str(told.get("mac", "")), self._mac(body)):
                wrong.append(f"{path.name} was changed")
            if told.get("number") != _number(path) or told.get("number") != number + 1:
                wrong.append(f"before {path.name} one is missing")
            elif told.get("previous") != previous:
                wrong.append(f"{path.name} does not follow the one before it")
            previous, number = str(told.get("mac", "")), _number(path)
        wrong += self._check_head(paths, previous)
        return Verdict(receipts=len(paths), wrong=tuple(wrong))

    def _check_head(self, paths: list[Path], last: str) -> list[str]:
        head = _load(self._folder / _HEAD)
        if head is None:
            return [f"{_HEAD} is missing: nobody can say whether the last receipts are there"] if paths else []
        body = {"number": head.get("number"), "last": head.get("last")}
        if not hmac.compare_digest(str(head.get("mac", "")), self._mac(body)):
            return [f"{_HEAD} was changed"]
        there = _number(paths[-1]) if paths else 0
        told = int(head["number"])
        if there < told or (there == told and head["last"] != last):
            return [f"receipts after {there:06d} are missing" if there < told else "the last receipt was exchanged"]
        return []  # one more than the head says: the process ended between the two

    def _write_head(self, paths: list[Path]) -> None:
        told = _load(paths[-1]) or {}
        body = {"number": _number(paths[-1]), "last": told.get("mac")}
        replace_file(self._folder / _HEAD, json.dumps({**body, "mac": self._mac(body)}).encode() + b"\n")

    def _paths(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("[0-9]*-*.json")) if self._folder.is_dir() else []

    def _mac(self, body: Mapping[str, Any]) -> str:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hmac.digest(self._key, text.encode(), "sha256").hex()


def _number(path: Path) -> int:
    digits = path.name.partition("-")[0]
    return int(digits) if digits.isdigit() else 0


def _load(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None
