"""What a row of the policy is: an attribute, what it is for, how it is treated, why, and under which presets.

`policy.py` has the rows. A preset is a choice of rows; within one, an attribute has at most one row for a kind of event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tachograph_sdk.model.attributes import CONTENTS
from tachograph_sdk.model.event import EventKind

__all__ = ["ALL_PRESETS", "Policy", "Preset", "Purpose", "Rule", "Treatment", "keep"]


class Preset(StrEnum):
    """How much is kept. The owner chooses."""

    STRICT = "strict"  # counts and costs: no names of anything, and only the ids that keep records from counting twice
    STANDARD = "standard"  # and which tools, features and models, how long and with what outcome; no texts
    CONTENT = "content"  # and the scrubbed texts of prompts, tool inputs and errors; on this machine, with consent


ALL_PRESETS = frozenset(Preset)


class Treatment(StrEnum):
    """What happens to a value at the wall."""

    KEEP = "keep"  # as it is, if it has the right type and shape
    DROP = "drop"  # never kept
    PRESENCE = "presence"  # only that it was there
    COUNT = "count"  # only how many items it has
    LENGTH = "length"  # only how many characters it has
    BUCKET = "bucket"  # a number, rounded down to a power of two
    PSEUDONYM = "pseudonym"  # a keyed hash
    SCRUB = "scrub"  # a text, after the scrubber went over it; kept apart from everything else


class Purpose(StrEnum):
    """What an attribute is needed for."""

    COST = "cost"  # what was used and what it cost
    PERFORMANCE = "performance"  # how long it took
    RELIABILITY = "reliability"  # what failed
    OUTCOME = "outcome"  # what came of it
    ADOPTION = "adoption"  # which features and tools are used
    LINKING = "linking"  # which records belong together
    ATTRIBUTION = "attribution"  # whose and where, by pseudonym
    ENVIRONMENT = "environment"  # version and platform, to read records rightly
    CONTENT = "content"  # what was said and done, for its owner to read again
    NONE = "none"  # not needed, so dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: an attribute, on which kinds of event, for what, treated how, and why.

    What is dropped may be named by a pattern, with `*` for one part of a dotted name: `auth.*`. What is kept is always
    named in full.
    """

    attribute: str
    kinds: frozenset[EventKind]
    purpose: Purpose
    treatment: Treatment
    reason: str
    shape: str = ""  # of a kept text, see shapes.py
    fallback: str | None = None  # put in place of a text without that shape; None drops it
    into: str = ""  # canonical attribute that takes the result; "" is `attribute` itself
    presets: frozenset[Preset] = ALL_PRESETS  # under which it holds

    def __post_init__(self) -> None:
        if "*" in self.attribute and self.treatment is not Treatment.DROP:
            raise ValueError(f"what is kept is named in full, not as {self.attribute}")
        if (self.treatment is Treatment.SCRUB) != ((self.into or self.attribute) in CONTENTS) and (
            self.treatment is not Treatment.DROP
        ):
            raise ValueError(f"texts are scrubbed and kept apart, and nothing else is: {self.attribute}")


def keep(
    purpose: Purpose,
    kinds: frozenset[EventKind],
    reason: str,
    *attributes: str,
    shape: str = "",
    fallback: str | None = None,
) -> list[Rule]:
    """Rows that keep attributes as they are: the same kinds, purpose, reason, shape and fallback for all of them."""
    return [
        Rule(
            attribute=attribute,
            kinds=kinds,
            purpose=purpose,
            treatment=Treatment.KEEP,
            reason=reason,
            shape=shape,
            fallback=fallback,
        )
        for attribute in attributes
    ]


class Policy:
    """The rows of one preset, looked up by kind and attribute."""

    def __init__(self, rules: Iterable[Rule], *, tells_unknown: bool = True) -> None:
        """`tells_unknown`: whether what is dropped because nobody knows it is counted by its name."""
        self.rules = tuple(rules)
        self.tells_unknown = tells_unknown
        self._by: dict[tuple[EventKind, str], Rule] = {}
        self._patterns: list[tuple[re.Pattern[str], Rule]] = []
        for rule in self.rules:
            if "*" in rule.attribute:
                self._patterns.append((_compile(rule.attribute), rule))
                continue
            for kind in rule.kinds:
                if (kind, rule.attribute) in self._by:
                    raise ValueError(f"two policy rows for {rule.attribute} on {kind}")
                self._by[kind, rule.attribute] = rule
        self.keeps_content = any(rule.treatment is Treatment.SCRUB for rule in self.rules)

    def rule(self, kind: EventKind, attribute: str) -> Rule | None:
        """The row for this attribute on this kind of event, or None: drop it and count it."""
        return self._by.get((kind, attribute)) or self._matching(kind, attribute)

    def _matching(self, kind: EventKind, attribute: str) -> Rule | None:
        if len(attribute) > _MAX_NAME:
            return None
        return next((r for p, r in self._patterns if kind in r.kinds and p.fullmatch(attribute)), None)


_MAX_NAME = 128


def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(r"[a-z0-9_]{1,64}".join(map(re.escape, pattern.split("*"))))
