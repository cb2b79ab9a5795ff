"""What happens to one value under one rule: a function from the raw value to the one that is kept, or None.

None means that the value is dropped: it has not the type or shape it must have. Nothing here is a default; a rule
without a way to treat its attribute is an error when the rule is first used.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

from tachograph_sdk.model.attributes import ATTRIBUTES, AttributeType
from tachograph_sdk.model.event import AttributeValue, Scalar
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.rules import Rule, Treatment
from tachograph_sdk.privacy.shapes import SHAPES, USUAL_ID

__all__ = ["MAX_COUNT", "LookAgain", "Treat", "make_treat", "to_amount", "to_count", "to_flag", "to_number"]

MAX_COUNT = 2**63
_LOOKED_AT = frozenset({"word", "source", "name", "tool", "model", "language", "terminal"})  # forms that names have
_MEMO = 4096  # texts remembered for one rule; then it starts again

Treat = Callable[[AttributeValue], Scalar | None]


class Texts(dict[object, str | None]):
    """Texts of one shape, checked once each and remembered: `texts[value]` is the text to keep, or None."""

    __slots__ = ("_fallback", "_is_clean", "_matches")

    def __init__(self, matches: Callable[[str], bool], is_clean: Callable[[str], bool], fallback: str | None) -> None:
        super().__init__()
        self._matches = matches
        self._is_clean = is_clean
        self._fallback = fallback

    def __missing__(self, value: object) -> str | None:
        if not isinstance(value, str) or not value:
            return None
        kept = value if self._matches(value) and self._is_clean(value) else self._fallback
        if len(self) >= _MEMO:
            self.clear()
        if len(value) <= 256:
            self[value] = kept
        return kept


class LookAgain:
    """Whether a text that has the shape of a name is one: the scrubber finds nothing in it.

    Plain words and the names of well-known models are not looked at again, so that most programs never load the scrubber.
    """

    def __init__(self) -> None:
        self._scrub: Callable[[str], str] | None = None

    def __call__(self, text: str) -> bool:
        """True if it may be kept. Never raises: what cannot be looked at may not."""
        if _ORDINARY.fullmatch(text) is not None:
            return True
        try:
            if self._scrub is None:
                from tachograph_sdk.privacy.scrubber import Scrubber

                self._scrub = Scrubber()
            return self._scrub(text) == text
        except Exception:  # noqa: BLE001 - fail closed
            return False


_ORDINARY = re.compile(
    r"[A-Za-z]{1,24}(?:(?:[_:.-]|__)[A-Za-z]{1,24}){0,5}"
    r"|(?:claude|gpt|gemini|qwen)-[a-z0-9][a-z0-9.-]{0,40}(?:\[1m\])?"
)


def make_treat(rule: Rule, pseudonyms: Pseudonymizer, is_clean: Callable[[str], bool]) -> Treat:
    """The function that treats one value under one rule; None means: drop it. Texts to scrub: see content.py."""
    canonical = rule.into or rule.attribute
    if rule.treatment is Treatment.PSEUDONYM:
        return _pseudonyms_of(rule.attribute, pseudonyms).__getitem__
    if rule.treatment is Treatment.PRESENCE:
        return lambda value: None if value is None or value == "" else True
    if rule.treatment is Treatment.COUNT:
        return lambda value: len(value) if isinstance(value, list | dict) else None
    if rule.treatment is Treatment.LENGTH:
        return lambda value: len(value) if isinstance(value, str) else None
    if rule.treatment is Treatment.BUCKET:
        return _bucket
    if rule.treatment is Treatment.KEEP:
        return _keep(rule, ATTRIBUTES[canonical].type, pseudonyms, is_clean)
    raise ValueError(f"no way to treat {rule.attribute}: {rule.treatment}")


def _keep(rule: Rule, type_: AttributeType, pseudonyms: Pseudonymizer, is_clean: Callable[[str], bool]) -> Treat:
    if type_ == "count":
        return to_count
    if type_ == "number":
        return to_amount
    if type_ == "flag":
        return to_flag
    if rule.shape == "id":
        return _id(pseudonyms)
    return Texts(
        SHAPES[rule.shape].matches, is_clean if rule.shape in _LOOKED_AT else _always, rule.fallback
    ).__getitem__


def _always(text: str) -> bool:
    return True


def _id(pseudonyms: Pseudonymizer) -> Treat:
    """Random ids are different each time, so they are checked without a memo; one in an odd form becomes a pseudonym.

    A number, a name or a password is in an odd form.
    """
    usual = USUAL_ID.fullmatch
    matches = SHAPES["id"].matches
    hashed = pseudonyms.ids

    def keep(value: AttributeValue) -> str | None:
        if not isinstance(value, str) or not value:
            return None
        return value if usual(value) or matches(value) else hashed[value]

    return keep


def _pseudonyms_of(attribute: str, pseudonyms: Pseudonymizer) -> Mapping[AttributeValue, str | None]:
    return {  # type: ignore[return-value]
        "session_id": pseudonyms.sessions,
        "user_id": pseudonyms.users,
        "organization_id": pseudonyms.organizations,
        "project": pseudonyms.projects,
        "repository": pseudonyms.repositories,
        "file": pseudonyms.files,
    }.get(attribute, pseudonyms.ids)


def to_count(value: AttributeValue) -> int | None:
    """A whole number >= 0 and < 2^63, from a number or its decimal text; else None."""
    if value.__class__ is int:
        return value if 0 <= value < MAX_COUNT else None
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii() or len(text) > 20:
            return None
        if text.isdigit():
            count = int(text)
            return count if count < MAX_COUNT else None
        number = to_number(text)
        return number if isinstance(number, int) and number >= 0 else None
    if isinstance(value, float) and value.is_integer() and 0 <= value < MAX_COUNT:
        return int(value)
    return None


def to_number(value: AttributeValue) -> float | int | None:
    """A finite number, from a number or its text; else None."""
    kind = value.__class__
    if kind is int:
        return value if -MAX_COUNT < value < MAX_COUNT else None  # type: ignore[operator,return-value]
    if isinstance(value, str):
        if len(value) > 32 or not value.isascii() or "_" in value:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
        if value.is_integer() and abs(value) < 2**53:
            return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return None


def to_amount(value: AttributeValue) -> float | int | None:
    """A finite number >= 0; a negative duration is a clock that was set back, and says nothing."""
    number = to_number(value)
    return number if number is not None and number >= 0 else None


def to_flag(value: AttributeValue) -> bool | None:
    """True or false, from a flag or the words "true" and "false"; else None."""
    if value is True or value is False:
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word == "true" else False if word == "false" else None
    return None


def _bucket(value: AttributeValue) -> int | None:
    """The largest power of two that is not above the number; 0 for less than one."""
    number = to_number(value)
    if number is None or number < 0:
        return None
    return 1 << (int(number).bit_length() - 1) if number >= 1 else 0
