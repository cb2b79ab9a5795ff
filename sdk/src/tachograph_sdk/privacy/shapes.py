"""What a text must look like to be kept: closed shapes, so that a sentence, path, address or key is none of them.

A shape is an allow-list for one text. It is matched against the whole text; what does not match is replaced by the
rule's fallback ("custom") or dropped. `looks_secret` is a second look at texts that are ids or names by shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["SHAPES", "USUAL_ID", "SafeNames", "Shape", "is_plain_name", "looks_secret"]

MAX_TEXT = 128  # characters of the longest text any shape lets pass
OTHER = "<other>"

_SECRET = re.compile(
    r"""(?xi)
      \bsk[-_](?:ant|proj|live|test|or|svcacct|[a-z0-9]{8})   # API keys of several vendors
    | \b(?:gh[pousr]_|github_pat_|glpat-|npm_|pypi-|hf_|xox[abeoprs]-|shpat_|dop_v1_|rk_live_|pk_live_|whsec_|AIza|ya29\.)
    | \b(?:AKIA|ASIA|AROA|ABIA|ACCA)[A-Z0-9]{8}               # cloud access keys
    | \beyJ[A-Za-z0-9_-]{6}                                   # a signed token
    | (?:passw(?:or)?d|secret|api[-_]?key|access[-_]?key|bearer|private[-_]?key)[-_=:]
    | -----BEGIN
    """
)
USUAL_ID = re.compile(
    r"(?:req|msg|toolu|srvtoolu|call|resp|wf|batch)_[A-Za-z0-9]{8,64}"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
"""Ids as the APIs and agents make them, which need no second look."""

_ID = (
    r"(?:req|msg|toolu|srvtoolu|call|resp|wf|batch|chatcmpl|exec|span|ses|prt|gen|run)[_-][A-Za-z0-9_-]{1,96}"
    r"|oc[0-9a-f]{20,32}"
    r"|(?=[0-9]*[a-f])[0-9a-f]{7,40}"
    r"|1[0-9]{12}"  # milliseconds since 1970, as agents use them
)

_LONG_RUN = re.compile(r"[0-9]{6,}|(?=[0-9A-Fa-f]*[0-9])[0-9A-Fa-f]{10,}|[A-Za-z0-9]{33,}")
_PLAIN = re.compile(r"[a-z][a-z0-9_.]{0,63}")


def looks_secret(text: str) -> bool:
    """Whether the text has the outward form of a key, token or password."""
    return _SECRET.search(text) is not None


def is_plain_name(text: str) -> bool:
    """Whether a name may be shown although nobody knows it: a short lower-case identifier without long digit runs."""
    return _PLAIN.fullmatch(text) is not None and _LONG_RUN.search(text) is None and not looks_secret(text)


class SafeNames:
    """Turns the name of something dropped into one that may be counted: itself if plain, else "<other>".

    At most `limit` distinct names pass, so that a flood of made-up names cannot fill memory or the drop table.
    """

    def __init__(self, limit: int = 300) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def __call__(self, name: str) -> str:
        """The name to count under."""
        if name in self._known:
            return name
        if len(self._known) >= self._limit or not is_plain_name(name):
            return OTHER
        self._known.add(name)
        return name


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of text that may be kept: `matches` decides on the whole text, `help` says it in words."""

    name: str
    matches: Callable[[str], bool]
    help: str
    pattern: str


def _shape(name: str, pattern: str, help: str, *, runs: bool = True) -> Shape:  # noqa: A002 - reads as a table
    """A shape from a pattern; `runs=False` also refuses long runs of digits or letters, as names never have them."""
    fullmatch = re.compile(pattern).fullmatch

    def matches(text: str) -> bool:
        if len(text) > MAX_TEXT or fullmatch(text) is None or _SECRET.search(text) is not None:
            return False
        return runs or _LONG_RUN.search(text) is None

    return Shape(name, matches, help, pattern)


_NAME = r"[A-Za-z][A-Za-z0-9]*(?:[._:-]{1,2}[A-Za-z0-9]+)*"

SHAPES: dict[str, Shape] = {
    s.name: s
    for s in (
        _shape("id", _ID, "an id in a form that APIs and agents are known to use; any other becomes a pseudonym"),
        _shape(
            "word", r"[A-Za-z][A-Za-z0-9]{0,31}(?:[_-][A-Za-z0-9]{1,31}){0,4}", "one word of a vocabulary", runs=False
        ),
        _shape(
            "source", r"[a-z][a-z0-9_]{0,31}(?:[:._-][A-Za-z0-9][A-Za-z0-9_-]{0,31}){0,4}", "what caused it", runs=False
        ),
        _shape("name", rf"(?=.{{1,64}}\Z){_NAME}", "a name: words joined by . _ : or -, no long numbers", runs=False),
        _shape("tool", rf"(?=.{{1,128}}\Z){_NAME}", "a tool's name, mcp__server__tool included", runs=False),
        _shape(
            "model",
            r"(?=.{1,100}\Z)(?!.*[0-9]{9})[A-Za-z][A-Za-z0-9]*(?:[.:/_-]+[A-Za-z0-9]+)*(?:@[0-9]{8}|@default|@latest)?(?:\[[0-9]+[mk]\])?",
            "a model's name, with a date or context size at its end",
        ),
        _shape(
            "version", r"[0-9]{1,5}(?:\.[0-9]{1,5}){1,3}(?:[-+.][a-z]{1,10}(?:[.-]?[0-9]{1,8})?)?", "a version number"
        ),
        _shape("language", r"[A-Za-z][A-Za-z0-9+#.-]{0,15}(?: [A-Za-z][A-Za-z0-9+#.-]{0,11})?", "a language's name"),
        _shape(
            "terminal", r"[A-Za-z][A-Za-z0-9]{0,15}(?:[._-][A-Za-z0-9]{1,15}){0,3}", "a terminal's name", runs=False
        ),
        _shape("hex16", r"[0-9a-f]{16}", "16 hex digits"),
        _shape("hex32", r"[0-9a-f]{32}", "32 hex digits"),
    )
}
"""Every shape a kept text can have."""
