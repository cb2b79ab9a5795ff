"""The keys that were given out to plugins, read again when their file changes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tachograph_sdk.private_files import mark_of

__all__ = ["FreshKeys"]

log = logging.getLogger(__name__)

MAX_BYTES: Final = 1024 * 1024
_KEY: Final = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_KEY_ID: Final = re.compile(r"[0-9a-f]{16}")


class FreshKeys:
    """What hook_keys.json says now: `{key_id: key}`, both in hex. A file that cannot be read changes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._mark: object = None
        self._keys: Mapping[str, bytes] = {}

    def current(self) -> Mapping[str, bytes]:
        """The keys by their ids. Costs one look at the file."""
        if self._path is None:
            return self._keys
        mark = mark_of(self._path)
        if mark != self._mark:
            self._mark = mark
            if mark is None:
                self._keys = {}
            else:
                self._read(self._path)
        return self._keys

    def _read(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                told = json.loads(file.read(MAX_BYTES))
            self._keys = {
                key_id: bytes.fromhex(key)
                for key_id, key in told.items()
                if _KEY_ID.fullmatch(key_id) and isinstance(key, str) and _KEY.fullmatch(key)
            }
        except (OSError, ValueError, AttributeError, RecursionError) as error:
            log.error("%s cannot be read (%s); the keys known before stay", path.name, type(error).__name__)
