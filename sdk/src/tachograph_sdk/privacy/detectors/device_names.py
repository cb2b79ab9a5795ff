"""Names that systems and people give to computers: `DESKTOP-AB12CD3`, `Janes-MacBook-Pro`, `ip-10-0-0-12`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_WINDOWS = re.compile(
    r"(?<![\w-])(?:DESKTOP-[A-Z0-9]{7}|LAPTOP-[A-Z0-9]{8}|WIN-[A-Z0-9]{11})(?![\w-])(?:\.[\w.-]{0,60}\w)?"
)
_APPLE = re.compile(
    r"-(?:macbook(?:-(?:pro|air))?|imac|mac-?(?:mini|studio|pro)|mbp|mba|thinkpad|iphone|ipad)(?:-\d{1,3})?(?:\.local|\.lan|\.home)?(?![\w-])",
    re.I,
)
_APPLE_AT = re.compile(rb"-(?:mac|imac|mbp|mba|thinkpad|iphone|ipad)")
_GLUED = (b"/", b".", b"_", b"@", b"-")
_OWNER = re.compile(r"[^\W_][\w-]{0,40}\Z")
_POSSESSIVE = re.compile(
    r"(?<!\w)(?P<owner>[^\W\d_][^\W\d_]{1,24})['\u2019]s? (?P<what>MacBook(?: (?:Pro|Air))?|iMac|Mac (?:mini|Studio|Pro)|iPhone|iPad)(?!\w)"
)
_NO_OWNER = words("apple today company it that this my your his her their our the user")
_CLOUD = re.compile(rb"-0{1,3}-0{1,3}-0{1,3}-0{1,3}(?![a0_])")
_CLOUD_BEFORE = re.compile(rb"(?<![a-z0-9_-])(?:ip|ec2|host|node|vm)\Z")
_CLOUD_AFTER = re.compile(r"(?:\.[A-Za-z0-9][\w-]{0,40}){1,6}")


def _find(text: Text) -> Iterator[Span]:
    yield from _by_device(text)
    yield from _by_cloud(text)


def _by_device(text: Text) -> Iterator[Span]:
    whole, lower = text.text, text.lower
    for anchor, back in ((b"top-", 4), (b"win-", 0)):
        for at in text.places(anchor):
            match = _WINDOWS.match(whole, max(0, at - back)) or _WINDOWS.match(whole, max(0, at - back + 1))
            if match and any(char.isdigit() for char in match[0]):
                yield Span(*match.span(), "host", "windows-name")
    for hyphen in _APPLE_AT.finditer(lower):
        at = hyphen.start()
        match = _APPLE.match(whole, at)
        owner = _OWNER.search(whole[max(0, at - 41) : at]) if match else None
        if match and owner and lower[at - len(owner[0]) - 1 : at - len(owner[0])] not in _GLUED:
            yield Span(at - len(owner[0]), match.end(), "host", "device-name")
    for anchor in (b"s mac", b"s iphone"):
        for at in text.places(anchor):
            found = _POSSESSIVE.search(whole, max(0, at - 26), at + 26)
            if found and found["owner"][0].isupper() and found["owner"].lower() not in _NO_OWNER:
                yield Span(*found.span(), "host", "device-name")


def _by_cloud(text: Text) -> Iterator[Span]:
    for match in _CLOUD.finditer(text.shape):
        before = _CLOUD_BEFORE.search(text.lower[max(0, match.start() - 6) : match.start()])
        if before is None:
            continue
        rest = _CLOUD_AFTER.match(text.text, match.end())
        yield Span(match.start() - len(before[0]), rest.end() if rest else match.end(), "host", "cloud-name")


DETECTOR = Detector(
    id="device_names",
    help="Names of computers as Windows, Apple and Amazon give them, and with their owner's name in them.",
    find=_find,
    catches=(
        ("Janes-MacBook-Pro.local", "<host>"),
        ("on Janes-MBP today", "on <host> today"),
        ("Jane\u2019s MacBook Pro", "<host>"),
        ("DESKTOP-AB12CD3\\jane", "<host>\\jane"),
        ("ip-10-0-0-12.ec2.internal", "<host>"),
        ("ip-10-0-0-12", "<host>"),
        ("ec2-54-12-3-4.compute-1.amazonaws.com", "<host>"),
    ),
    spares=(
        "Apple's MacBook Pro",
        "docker-desktop github-desktop win-x64 desktop-app",
        "range 10-20-30-40",
    ),
    signs=(b"top-", b"win-", b"s mac", b"s iphone", b"-m", b"-i", b"-thinkpad", b"-0"),
    anchors=(b"top-", b"win-", b"s mac", b"s iphone"),
)
