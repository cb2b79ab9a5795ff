"""Hardware addresses of network cards: colons, dashes, Cisco's dots, and the longer EUI-64."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

# Each from its first separator on, a literal, so that the search skips.
_COLONS = re.compile(rb":[0-9a-f]{1,2}+:[0-9a-f]{1,2}+:[0-9a-f]{1,2}+:[0-9a-f]{1,2}+:[0-9a-f]")
_DASHES = re.compile(rb"-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}-[0-9a-f]{2}(?![0-9a-z_])")
_DOTS = re.compile(rb"\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z_.])")
_COLON_ADDRESS = re.compile(
    rb"[0-9a-f]{1,2}(?>(?::[0-9a-f]{1,2}){5})(?::[0-9a-f]{2}:[0-9a-f]{2}(?![0-9a-f:]))?(?![0-9a-z_])(?!:[0-9a-f])"
)
_WORDS = re.compile(rb"mac|ether|hwaddr|lladdr|physical|bssid|arp|wlan|wifi|bluetooth|nic|device|addr| at ")
_TWO_MORE = re.compile(rb"-[0-9a-f]{2}-[0-9a-f]{2}(?![0-9a-z_-])")
_WORD_BEFORE = re.compile(rb"[0-9a-z_]+\Z")
_HEX = frozenset(b"0123456789abcdef")
_LINE = 60
_SHORT = 2048


def _find(text: Text) -> Iterator[Span]:
    lower = text.lower
    end = 0
    short = len(lower) <= _SHORT  # there counting costs less than looking
    for match in _COLONS.finditer(lower) if not short or lower.count(b":") > 4 else ():
        for start in (_group_start(lower, match.start()), match.start() + 1):
            address = _COLON_ADDRESS.match(lower, start) if start >= end else None
            if address and _stands_alone(lower, start, b":") and _is_meant(lower, start, address[0]):
                end = address.end()
                yield Span(start, end, "mac", "mac")
                break
    for match in _DASHES.finditer(lower) if not short or lower.count(b"-") > 4 else ():
        yield from _grouped(lower, match, 2, b"-")
    for match in _DOTS.finditer(lower) if not short or lower.count(b".") > 1 else ():
        yield from _grouped(lower, match, 4, b".")


def _group_start(lower: bytes, colon: int) -> int:
    start = colon
    while start and colon - start < 2 and lower[start - 1] in _HEX:
        start -= 1
    return start


def _grouped(lower: bytes, match: re.Match[bytes], length: int, separator: bytes) -> Iterator[Span]:
    """The address of groups of this length whose first separator is where the match begins."""
    start, end = match.start() - length, match.end()
    longer = _TWO_MORE.match(lower, end) if separator == b"-" else None
    if longer is not None:
        end = longer.end()
    elif lower[end : end + 1] == separator and lower[end + 1 : end + 2].isalnum():
        return
    if start < 0 or any(byte not in _HEX for byte in lower[start : start + length]):
        return
    if _stands_alone(lower, start, separator) and _is_meant(lower, start, lower[start:end]):
        yield Span(start, end, "mac", "mac")


def _stands_alone(lower: bytes, start: int, separator: bytes) -> bool:
    """Whether no letter, and no group before with the same separator, is glued to its front."""
    before = lower[start - 1 : start] if start else b""
    if before.isalnum() or before in (b"_", b"?"):
        return False
    if before != separator:
        return True
    if separator == b".":
        return False
    word = _WORD_BEFORE.search(lower[max(0, start - 6) : start - 1])
    return word is None or len(word[0]) > 4 or any(byte not in _HEX for byte in word[0])


def _is_meant(lower: bytes, start: int, address: bytes) -> bool:
    """Whether it is a card's address: not all zeros or ones, and not a date or a list of numbers."""
    digits = address.translate(None, b":-.")
    if set(digits) <= {48} or set(digits) <= {102}:
        return False
    if len(digits) >= 12 and b":" in address:
        return True
    if not digits.isdigit():
        return len(digits) >= 8
    before = lower[max(0, start - _LINE) : start]
    return len(digits) >= 12 and _WORDS.search(before[before.rfind(b"\n") + 1 :]) is not None


DETECTOR = Detector(
    id="mac",
    help="Hardware (MAC) addresses with colons, dashes or Cisco's dots, and EUI-64.",
    find=_find,
    catches=(
        ("ether a4:83:e7:12:34:56 txqueuelen", "ether <mac> txqueuelen"),
        ("00:1A:2B:3C:4D:5E", "<mac>"),
        ("Physical Address. . . : 00-1A-2B-3C-4D-5E", "Physical Address. . . : <mac>"),
        ("mac 0011.22ab.4455,", "mac <mac>,"),
        ("eui 02:1a:2b:ff:fe:3c:4d:5e.", "eui <mac>."),
        ("? (192.168.1.1) at 8:0:27:ab:cd:e0 on en0", "? (<ip>) at <mac> on en0"),
        ('"mac":"de:ad:be:ef:00:01"', '"mac":"<mac>"'),
        ("mac:de:ad:be:ef:00:01", "mac:<mac>"),
        ("52:54:00:12:34:56", "<mac>"),
        ("MAC address 10-20-30-40-50-60", "MAC address <mac>"),
    ),
    spares=(
        "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8",
        "12:34:56 and 2026:11:20 09:24:32",
        "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff",
        "log-20-11-26-09-24-32.txt",
        "550e8400-e29b-41d4-a716-446655440000",
        "1:2:3:4:5:6",
        "f-ab-cd-ef-ab-cd-ef-ab",
        "1024.2048.4096",
        "014C ; [.1FA3.0020.0008][.FFF3.0000.0000]",
        "SHA1 12:34:56:78:9A:BC:DE:F0:12:34:56:78:9A:BC:DE:F0:12:34:56:78",
        "a:b:c:d:e:f",
        "----------",
    ),
    signs=(b":", b"-", b"."),
)
