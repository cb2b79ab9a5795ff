"""From how many on something is a pattern, or a session needs review. All of them are in docs/guides/errors.md."""

from __future__ import annotations

from typing import Final

__all__ = [
    "API_ERRORS",
    "ERROR_SHARE",
    "FILE_FAILURES",
    "LEAST_CALLS",
    "LEAST_COST_NANOUSD",
    "LEAST_SESSIONS",
    "LOOP",
    "RATE_LIMITED",
    "REJECTED_CALLS",
    "REJECTED_EDITS",
    "REJECTED_SHARE",
    "TIMES_USUAL",
    "TOOL_FAILURES",
    "USUAL_DAYS",
]

API_ERRORS: Final = 3  # API requests of a session that failed after all tries
TOOL_FAILURES: Final = 5  # tool calls of a session that ran and failed
ERROR_SHARE: Final = 0.3  # of a session's tool calls that failed …
LEAST_CALLS: Final = 10  # … where it made so many
LOOP: Final = 3  # calls of one tool that failed in a row within a turn, on the same file where that is known
REJECTED_EDITS: Final = 3  # edits of a session that were rejected …
REJECTED_SHARE: Final = 0.5  # … and the share of all its edits that were decided
REJECTED_CALLS: Final = 5  # tool calls of a session that were rejected
RATE_LIMITED: Final = 3  # tries of a session that hit a rate limit or an overloaded service
TIMES_USUAL: Final = 5  # times the median cost of the person's sessions …
LEAST_SESSIONS: Final = 10  # … of which there must be so many …
USUAL_DAYS: Final = 90  # … that began within so many days before the window's end
LEAST_COST_NANOUSD: Final = 1_000_000_000  # and a dollar at least
FILE_FAILURES: Final = 3  # failures of one tool on one file with the same class
