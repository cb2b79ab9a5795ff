"""International bank account numbers: a country's length and the right check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.numbers import numbers

__all__ = ["DETECTOR"]

# Length by country. Source: the public IBAN registry (ISO 13616).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ DZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
_HEAD = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z]{2}[0-9]{2}(?=[ -]?[A-Za-z0-9])")
_BODY = re.compile(r"(?:[ -]?[A-Za-z0-9])")
_GROUPS = re.compile(rb"00(?<=aa00)[ -][a0]{4}[ -][a0]{4}[ -]")  # digits are rarer than letters: they come first
_BACK = 26


def _find(text: Text) -> Iterator[Span]:
    found = 0
    for low, high in sorted(_places(text)):
        for head in _HEAD.finditer(text.text, max(found, low, 0), high):
            country = head[0][:2].upper()
            if country not in _LENGTHS or not (
                head[0][:2].isupper() or b"iban" in text.lower[max(0, low - 24) : head.start()]
            ):
                continue
            end = _end(text.text, head.end(), _LENGTHS[country] - 4)
            if end > 0 and _is_right(text.text[head.start() : end]):
                found = end
                yield Span(head.start(), end, "iban", "iban")
                break


def _places(text: Text) -> Iterator[tuple[int, int]]:
    """Between where and where one may begin: before long numbers, in groups, and where long runs begin."""
    shape = text.shape
    find = shape.find
    for number in numbers(text):
        start = number.start
        if find(b"aa00", max(start - _BACK, 0), start + 5) >= 0:
            yield start - _BACK, start + 5
    for match in _GROUPS.finditer(shape):
        yield match.start() - 2, match.start() + 4
    for start, _ in text.runs:
        if shape.startswith(b"aa00", start):
            yield start, start + 6


def _end(whole: str, at: int, count: int) -> int:
    """Where so many more letters and digits end, with single spaces or hyphens between; -1 if they do not end there."""
    for _ in range(count):
        match = _BODY.match(whole, at)
        if match is None:
            return -1
        at = match.end()
    return -1 if whole[at : at + 1].isalnum() or whole[at : at + 1] == "_" else at


def _is_right(written: str) -> bool:
    """Whether the number modulo 97 is 1 (ISO 7064), with letters counted from ten."""
    compact = re.sub(r"[ -]", "", written).upper()
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


DETECTOR = Detector(
    id="iban",
    help="International bank account numbers (IBAN) whose check digits are right.",
    find=_find,
    catches=(
        ("pay to DE89 3704 0044 0532 0130 00 now", "pay to <iban> now"),
        ("DE89370400440532013000", "<iban>"),
        ("GB29 NWBK 6016 1331 9268 19.", "<iban>."),
        ('"iban":"FR1420041010050500013M02606"', '"iban":"<iban>"'),
        ("NL91ABNA0417164300,", "<iban>,"),
        ("MT84MALT011000012345MTLCAST001S", "<iban>"),
        ("CH93-0076-2011-6238-5295-7", "<iban>"),
        ("iban: es9121000418450200051332", "iban: <iban>"),
        ("NO93 8601 1117 947", "<iban>"),
        ("PL61109010140000071219812874", "<iban>"),
        ("IBAN: CH33 0737 7EI6 TS6K 4JQQ E", "IBAN: <iban>"),
        ("SA03 8000 0000 6080 1016 7519", "<iban>"),
    ),
    spares=(
        "DE89 3704 0044 0532 0130 01",
        "AB12 3456 7890 1234",
        "a1b2c3d4e5f60718293a4b5c6d7e8f9001234567",
        "ISO12345678901234567890",
        "SHA1 0044 0532 0130 00",
    ),
    signs=(b"aa00",),
)
