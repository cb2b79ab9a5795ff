"""The product's own log: on standard error, without content, one JSON object a line on request."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

__all__ = ["configure_logs"]


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line; control characters are escaped by JSON."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        entry = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        if record.exc_info and record.exc_info[0]:
            entry["error"] = record.exc_info[0].__name__  # its text could quote input
        return json.dumps(entry)


class _PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line for people; control characters cannot break out of it."""
        text = f"tachograph: {record.getMessage()}"
        if record.exc_info and record.exc_info[0]:
            text += f" ({record.exc_info[0].__name__})"
        return "".join(c if c.isprintable() else "?" for c in text)


def configure_logs(*, as_json: bool, level: str) -> None:
    """Send this process's log to standard error.

    Args:
        as_json: one JSON object a line instead of text.
        level: debug, info, warning or error.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
