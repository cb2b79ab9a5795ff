"""A kit folder of its own, parsed as `tachograph files parse` does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tachograph.file_kit.folder import KitFolder
from tachograph.file_kit.labels import Labels
from tachograph.file_kit.parse import ParseReport
from tachograph.home import Home
from tachograph.wiring.file_kit import build_kit_parser

__all__ = ["GOLDEN", "SESSION", "Kit"]

GOLDEN = Path(__file__).parents[2] / "golden"
SESSION = "11111111-2222-4333-8444-555555555555"


class Kit:
    """A folder, and the home whose wall its documents pass."""

    def __init__(self, root: Path) -> None:
        self.folder = KitFolder(root / "kit")
        self.home = Home(root / "home")
        self.folder.logs.mkdir(parents=True)
        self._ticks = 0

    def log(self, text: str | bytes, name: str = "session-20261120-130000.log", *, append: bool = False) -> Path:
        """Write a log, each time with a later time of change."""
        path = self.folder.logs / name
        with path.open("ab" if append else "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text)
        self._ticks += 1
        at = 1_795_180_000 + self._ticks
        os.utime(path, (at, at))
        return path

    def parse(self, *paths: Path, labels: Labels | None = None) -> ParseReport:
        """Parse what is new."""
        return build_kit_parser(self.home, self.folder, labels or Labels()).run(paths)

    def document(self, name: str = "session-20261120-130000.json") -> dict[str, Any]:
        """What was written."""
        told: dict[str, Any] = json.loads((self.folder.data / name).read_bytes())
        return told

    def parsed(self, text: str | bytes, **more: Any) -> dict[str, Any]:
        """The document of a log with this text."""
        self.log(text, **more)
        self.parse()
        return self.document()

    def everything_written(self) -> bytes:
        """All bytes in the data folder, hidden files too."""
        return b"\n".join(path.read_bytes() for path in sorted(self.folder.data.iterdir()) if path.is_file())
