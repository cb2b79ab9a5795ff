"""Login names that a home path gave away, where they stand alone in the same text."""

from __future__ import annotations

from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.home_paths import home_names
from tachograph_sdk.privacy.detectors.path_words import COMMON_WORDS

__all__ = ["DETECTOR"]

_MOST = 16  # different names that are looked for in one text
_SHORTEST = 4  # letters; a shorter name is a word of something else too often


def _find(text: Text) -> Iterator[Span]:
    spans = text.once(home_names)
    if not spans:
        return
    whole = text.text
    names = list(dict.fromkeys(whole[span.start : span.end] for span in spans))[:_MOST]
    for name in names:
        if len(name) < _SHORTEST or name.casefold() in COMMON_WORDS:
            continue
        at = whole.find(name)
        while at >= 0:
            end = at + len(name)
            if not (whole[at - 1 : at].isalnum() or whole[end : end + 1].isalnum()):
                yield Span(at, end, "user", "name-from-path")
            at = whole.find(name, end)


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
)
