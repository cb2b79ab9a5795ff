"""How far the store's events have been put into the outbox for one sink."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tachograph_sdk.private_files import remove, replace_file

__all__ = ["Cursor", "CursorFile"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Events up to `done` were dealt with; `making` is the last of the envelope that is just being made, 0 for none."""

    done: int
    making: int = 0
    epoch: str = field(default_factory=lambda: secrets.token_hex(8))  # of this counting: a new store counts anew


class CursorFile:
    """The file of a cursor. What is being made is noted first, so that after a crash the very same is made again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Cursor | None:
        """The cursor; None where there is none, or it is damaged: then it begins with what comes next."""
        try:
            told = json.loads(self._path.read_bytes())
            return Cursor(int(told["done"]), int(told["making"]), str(told["epoch"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, cursor: Cursor) -> None:
        """Replace it. Raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(asdict(cursor)).encode() + b"\n")

    def forget(self) -> None:
        """Begin with what comes next, once it is asked for again. Raises OSError."""
        if self._path.parent.is_dir():
            remove(self._path)
