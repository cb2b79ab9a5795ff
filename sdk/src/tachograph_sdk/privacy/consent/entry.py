"""One decision as the ledger keeps it: a line of JSON that holds the hash of the line before it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from tachograph_sdk.model.consent import Decision, How

__all__ = ["FORMAT", "GENESIS", "Entry", "NewerFormat", "Subject", "Wrong", "read_entry"]

FORMAT = 1  # of a line; a program that does not know a format grants nothing by it and writes nothing after it
GENESIS = "0" * 64  # what the first entry holds in place of a hash, unless a damaged ledger was set aside before it

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{16}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


class Wrong(ValueError):
    """This line is not an entry as the ledger writes them; says why, never what it holds."""


class NewerFormat(Wrong):
    """A later version of the program wrote this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One purpose that was decided on, and the text about it."""

    purpose: str  # a ConsentPurpose, or one that only another version of the program knows
    text_version: int  # 0 for the text of a system that this one replaces
    text_sha256: str | None  # of our text; None where another system showed its own
    policy_digest: str | None = None  # of what the policy kept at that time; None where another system asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decision of one person over some purposes."""

    n: int  # 1, 2, 3, …
    at_us: int  # UTC microseconds since 1970
    who: str | None  # pseudonym of the person; None if it could not be made, which only a no may have
    how: How
    decision: Decision
    subjects: tuple[Subject, ...]
    policy_version: int
    shown_sha256: str | None = None  # of what a program showed in place of our texts
    previous: str = GENESIS

    @property
    def hash(self) -> str:
        """SHA-256 over all fields, the hash of the entry before among them."""
        return hashlib.sha256(_canonical(self._fields())).hexdigest()

    @property
    def reference(self) -> str:
        """What a receipt or an envelope names this entry by."""
        return f"{self.n}-{self.hash[:16]}"

    def line(self) -> bytes:
        """The line of the file, without its end."""
        return _canonical({**self._fields(), "hash": self.hash})

    def as_answer(self) -> dict[str, Any]:
        """For people and programs: the fields of the line, and the reference."""
        return {**self._fields(), "hash": self.hash, "reference": self.reference}

    def _fields(self) -> dict[str, Any]:
        return {
            "v": FORMAT,
            "n": self.n,
            "at_us": self.at_us,
            "who": self.who,
            "how": str(self.how),
            "decision": str(self.decision),
            "purposes": [
                {
                    "purpose": s.purpose,
                    "text_version": s.text_version,
                    "text_sha256": s.text_sha256,
                    "policy_digest": s.policy_digest,
                }
                for s in self.subjects
            ],
            "policy_version": self.policy_version,
            "shown_sha256": self.shown_sha256,
            "previous": self.previous,
        }


def read_entry(line: bytes) -> Entry:
    """The entry in this line.

    Raises:
        Wrong: a field is missing, too much, or changed; or the line is not written as the ledger writes.
    """
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        raise Wrong("it is not JSON") from None
    if not isinstance(told, dict):
        raise Wrong("it is not an entry")
    if isinstance(told.get("v"), int) and told["v"] > FORMAT:
        raise NewerFormat("a later version of the program wrote it")
    try:
        stated = told.pop("hash")
        entry = Entry(
            n=_count(told["n"]),
            at_us=_count(told["at_us"]),
            who=None if told["who"] is None else str(told["who"]),
            how=How(told["how"]),
            decision=Decision(told["decision"]),
            subjects=tuple(
                Subject(
                    purpose=_match(_NAME, s["purpose"]),
                    text_version=_count(s["text_version"]),
                    text_sha256=None if s["text_sha256"] is None else _match(_HEX, s["text_sha256"]),
                    policy_digest=None if s["policy_digest"] is None else _match(_DIGEST, s["policy_digest"]),
                )
                for s in told["purposes"]
            ),
            policy_version=_count(told["policy_version"]),
            shown_sha256=None if told["shown_sha256"] is None else _match(_HEX, told["shown_sha256"]),
            previous=_match(_HEX, told["previous"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Wrong("a field is missing or not as it is written") from None
    if stated != entry.hash or line != entry.line():  # the second finds what the fields do not show: keys twice, spaces
        raise Wrong("its hash does not fit what it holds")
    return entry


def _canonical(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value


def _match(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise TypeError
    return value
