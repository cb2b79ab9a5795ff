"""Scrubbing takes time in proportion to the text, whatever the text; measured as ratios, not against a clock."""

from __future__ import annotations

import re
import time

import pytest

from tachograph_sdk.privacy.chosen import Chosen
from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.detectors.anchors import Anchors
from tachograph_sdk.privacy.detectors.detector import Text
from tachograph_sdk.privacy.scrubber import Scrubber

_SCRUBBER = Scrubber()
_FRAGMENTS = (
    "a", "A", "1", " ", "\n", "@", "a@", "@a.", "a@b.c ", ".", "a.", ":", "::", "a:", "-", "----", "_", "/", "//", "://", "a://",
    "\\", "\\\\", '\\"', "\\n", "\\u0040", "\\x40", "%", "%25", "%40", "%2525", "&amp;", "\x1b[", "\x1b[31m", "[31m", "\u200b", '"',
    "'", "=", "a=", "=a", "?a=", "&a=", "<", "<a>", "<email>", "{", "[", "(", "$", "${", "~a/", "/home/", "/home/a/", "/Users/a b",
    "C:\\Users\\", "C:\\\\Users\\\\", "c:/", "\\\\a\\b", "/srv/a/", "/Volumes/a b/", "-Users-", "password=", "password: ", "token=",
    "key=", "api_key", "secret=a,", "Bearer ", "Authorization: ", "Cookie: a=b; ", "--password ", "curl -u a:", "ghp_", "sk-", "AKIA",
    "eyJ.", "eyJhbGciOi", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----\n", "-----END", "YWFh", "6a616e65", "aaaa+", "4111 ", "0-0-",
    "4111111111111111 ", "+49 ", "DE89 ", "1.1.1.1", "fe80::", "aa:bb:", "aa-bb-", "-by: A <", "Jane Doe ", "jane@host:~$ ", "uid=1(a) ",
    "drwxr-xr-x a ", "postgres://a:b@", "\ud800", "\0", "é@ü.", "{\"a\":\"", "a\\\\\\\"",
)  # fmt: skip


def _seconds(text: str) -> float:
    best = float("inf")
    for _ in range(2):
        begin = time.thread_time()
        _SCRUBBER.scrub(text)
        best = min(best, time.thread_time() - begin)
    return best


@pytest.mark.parametrize("fragment", _FRAGMENTS)
def test_four_times_the_text_takes_about_four_times_as_long(fragment: str) -> None:
    small = (fragment * 5000)[:5000]
    large = (fragment * 20_000)[:20_000]
    _SCRUBBER.scrub(small)
    # A square would take sixteen times as long. The constant part is what any text takes, however short.
    assert _seconds(large) < 9 * _seconds(small) + 0.002


def test_ordinary_text_costs_little_of_what_private_text_costs() -> None:
    """A detector that looks at every word of innocent text would show here."""
    innocent = "2026-11-20T09:28:13Z INFO [app.worker] request completed in 12 ms, 3 rows, status ok\n" * 400
    private = "2026-11-20T09:28:13Z INFO [app.worker] by jane@example.org from 192.168.7.12 in /home/jane/x\n" * 400
    assert _seconds(innocent) < 0.7 * _seconds(private)


def test_detectors_declare_the_strings_they_look_for() -> None:
    """Those not declared among the anchors are found too, but each at the price of a pass over the text."""
    declared = {anchor for detector in DETECTORS for anchor in detector.anchors}
    missing: set[tuple[str, bytes]] = set()

    class Recording(Text):
        asking = ""

        def places(self, needle: bytes) -> list[int]:
            if needle not in declared:
                missing.add((self.asking, needle))
            return list(super().places(needle))

    texts = [text for detector in DETECTORS for text, _ in detector.catches]
    for detector in DETECTORS:
        Recording.asking = detector.id
        for text in (*texts, "\n".join(texts)):
            list(detector.find(Recording(text)))
    assert not missing


def test_anchors_are_found_where_a_plain_search_finds_them() -> None:
    needles = {needle for detector in DETECTORS for needle in detector.anchors} | {
        b"aa",
        b"a",
        b"-a-",
        b"k",
        b"\\x",
        b"\n",
    }
    anchors = Anchors(needles)
    texts = [text for detector in DETECTORS for text, _ in detector.catches] + ["", "aaa", "-a-a-a-", "kk\\x\\x\n\n"]
    for text in (*texts, "\n".join(texts), "".join(reversed("".join(texts)))):
        lower = Text(text).lower
        plain = {
            needle: [m.start() for m in re.finditer(b"(?=" + re.escape(needle) + b")", lower)] for needle in needles
        }
        assert anchors.find(lower) == {needle: places for needle, places in plain.items() if places}
        for needle in needles:
            assert list(Text(text, anchors).places(needle)) == list(Text(text).places(needle)) == plain[needle]


def test_a_detector_is_shown_every_text_that_holds_something_for_it() -> None:
    """Texts without its signs are kept from it; here each detector looks at all texts, and what it finds is compared."""
    texts = [text for detector in DETECTORS for text, _ in detector.catches]
    texts += [text for detector in DETECTORS for text in detector.spares]
    texts += [text[cut:] for text in texts for cut in (1, 4)] + [text[:-cut] for text in texts for cut in (1, 4)]
    anchors = Anchors(anchor for detector in DETECTORS for anchor in detector.anchors)
    chosen = Chosen(DETECTORS)
    kept = set()
    for text in texts:
        seen = Text(text, anchors)
        shown = {precedence for precedence, _ in chosen.of(seen)}
        for precedence, detector in enumerate(DETECTORS):
            if precedence not in shown and next(iter(detector.find(seen)), None) is not None:
                kept.add((detector.id, text))
    assert not kept
    assert len(chosen.of(Text("Please fix it.", anchors))) < 4


def test_no_group_is_repeated_possessively():
    """Python before 3.11.5 keeps what the last, failed repetition took; an atomic group says the same and is right."""
    import re
    from pathlib import Path

    import tachograph_sdk.privacy

    wrong = re.compile(r"\)(?:[*+?]|\{\{?[0-9,]+\}\}?)\+")
    files = Path(tachograph_sdk.privacy.__file__).parent.rglob("*.py")
    assert [
        f"{path.name}: {found.group()}" for path in files for found in wrong.finditer(path.read_text("utf-8"))
    ] == []
