"""Login names that a home path gave away, where they stand alone in the same text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.home_paths import home_names
from tachograph_sdk.privacy.detectors.path_words import COMMON_WORDS

__all__ = ["DETECTOR"]

_MOST = 4  # different names that are looked for in all of a text, those that its paths have most often
_SHORTEST = 4  # letters; a shorter name is a word of something else too often


def _find(text: Text) -> Iterator[Span]:
    spans = text.once(home_names)
    if not spans:
        return
    whole = text.text
    counts = Counter(whole[span.start : span.end] for span in spans)
    for name, _ in counts.most_common(_MOST):
        if len(name) < _SHORTEST or name.casefold() in COMMON_WORDS:
            continue
        for at in _places(text, name):
            end = at + len(name)
            if not (whole[at - 1 : at].isalnum() or whole[end : end + 1].isalnum()):
                yield Span(at, end, "user", "name-from-path")


def _places(text: Text, name: str) -> Iterator[int]:
    """Where the name stands; looking for it in bytes is faster."""
    find = text.ascii.find if name.isascii() else None
    needle = name.encode("ascii", "replace")
    at = find(needle) if find else text.text.find(name)
    while at >= 0:
        yield at
        at = find(needle, at + len(name)) if find else text.text.find(name, at + len(name))


DETECTOR = Detector(
    id="names_from_paths",
    help="A login name known from a home path, elsewhere in the same text, unless it is a word of the language.",
    find=_find,
    catches=(
        ("(jane) CMD (/home/jane/bin/x >/dev/null)", "(<user>) CMD (/home/<user>/bin/x >/dev/null)"),
        ("/home/mkowal/.cache/_bazel_mkowal/a", "/home/<user>/.cache/_bazel_<user>/a"),
        ("cwd /Users/jane/app, started by jane", "cwd /Users/<user>/app, started by <user>"),
    ),
    spares=(
        "started by somebody in /home/runner/work for the runner",
        "janet and janes in /app",
    ),
    signs=(b"/", b"\\"),
)
