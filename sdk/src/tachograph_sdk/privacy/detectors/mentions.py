"""`@login` where people are named so: reviews, thanks, lists of contributors. Decorators and packages stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.person_words import is_login
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

# Nothing may be glued to it that makes it a package, a call or an address.
_NAME = re.compile(rb"[a-z0-9](?>(?:[a-z0-9-]{0,37}[a-z0-9])?)(?![a-z0-9_/@(=?-]|[.:][a-z0-9_])")
_SURE = re.compile(
    rb"(?:^|[^a-z])(?:/?cc|thanks|thank you|thx|kudos to|credits? to|ping|pinging|reviewers?|assignees?|assigned to|contributors?"
    rb"|(?:reviewed|approved|reported|requested|suggested|merged|opened|closed|fixed|written|created|added|contributed|made|done|found|co-authored|raised|spotted|proposed|commented) by"
    rb"|thanks to|hi|hey|fyi|attn|review from|changes from|mention(?:ing|ed)?|poke)[:,]?(?: @[a-z0-9-]{2,39}(?:,| and|, and)?){0,6}\Z"
)
_RELEASE_NOTE = re.compile(rb" in (?:#[0-9]|https://github\.com/)")
_NO_LOGIN = words(
    "param params return returns throws type types typedef property prop default deprecated see since example author"
    " version link override media import charset keyframes font-face page supports tailwind apply layer include mixin"
    " extend use forward if else each for while function property dataclass classmethod staticmethod abstractmethod"
    " here channel everyone all team latest next beta alpha canary rc main master dev stable me you user someone anyone"
    " claude codex copilot dependabot renovate github-actions cursor gemini devin coderabbitai sourcery-ai vercel linear"
    " mention mentions username login name handle decorator annotation sha256 todo fixme internal public private"
)


def _find(text: Text) -> Iterator[Span]:
    lower = text.lower
    at = lower.find(b"@")
    while at >= 0:
        match = _NAME.match(lower, at + 1)
        if match is not None and _is_named(lower, at, match):
            yield Span(at + 1, match.end(), "user", "mention")
        at = lower.find(b"@", match.end() if match else at + 1)


def _is_named(lower: bytes, at: int, match: re.Match[bytes]) -> bool:
    name = match[0].decode("ascii")
    if name in _NO_LOGIN or not is_login(name) or name.isdecimal():
        return False
    before = lower[max(0, at - 48) : at]
    before = before[before.rfind(b"\n") + 1 :]
    if not before or before[-1:] not in b" (,[":
        return False
    before = before.rstrip(b" ([")
    if _SURE.search(before):
        return True
    return before.endswith(b"by") and _RELEASE_NOTE.match(lower, match.end()) is not None


DETECTOR = Detector(
    id="mentions",
    help="Logins written as `@login` in reviews, thanks and lists of contributors.",
    find=_find,
    catches=(
        ("thanks @janedoe for the review", "thanks @<user> for the review"),
        ("cc @jane-doe, @john", "cc @<user>, @<user>"),
        ("Reviewed by @janedoe.", "Reviewed by @<user>."),
        ("* Fix it by @janedoe in #123", "* Fix it by @<user> in #123"),
        ("fix by @janedoe in https://github.com/o/r/pull/1", "fix by @<user> in https://github.com/o/r/pull/1"),
        ("hey @janedoe, can you look?", "hey @<user>, can you look?"),
        ("Reviewers: @janedoe", "Reviewers: @<user>"),
        ("(thanks to @janedoe)", "(thanks to @<user>)"),
    ),
    spares=(
        "@property\n@dataclass(frozen=True)\n@app.route('/x')",
        "cc @claude and @dependabot",
        "npm i @types/node @babel/core",
        " * @param x the value\n * @returns y",
        "thanks @here",
        "x = a @ b",
        "by @staticmethod",
        "see @v4 and @latest",
        "use @media (min-width) and @include foo",
        "decorated with @cached",
        "a call by @foo(x)",
    ),
    signs=(b"@",),
)
