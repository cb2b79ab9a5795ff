"""Telephone numbers: international ones, national ones in the groups of their country, others behind a word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.numbers import NUMBER_SIGNS, Number, numbers
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

# A country code behind a plus, then groups; separators may be the unbroken space and hyphen.
_INTERNATIONAL = re.compile(
    r"\(?\+ ?\(?[1-9]\d{0,14}+\)?(?>(?:[ .\-/\u00a0\u2010\u2011\u2013\u202f]{0,2}\(?\d{1,8}+\)?){0,7})(?!\w|\*\w)"
)
_LAST_GROUP = re.compile(r"[ ./-]+[^ ./-]*\Z")
_PLUS = re.compile(rb"\+[ (]{0,2}0(?=[0 ()./?-]{5})")
_BEFORE_PLUS = re.compile(r"[\w.)\]@]\Z|[^\n]\+\Z")

# Without a word before them: forms that hardly anything else has. Digits only; `_` is where a separator stands.
_FORMS = re.compile(
    r"(?:1[ .-])?\(\d{3}\)[ -]?\d{3}[ .-]\d{4}"  # (415) 555-0132
    r"|(?:1[ .-])?[1-9]\d{2}([.-])\d{3}\1\d{4}"  # 415-555-0132
    r"|0[1-9]([ .-])\d{2}\2\d{2}\2\d{2}\2\d{2}"  # FR 06 12 34 56 78
    r"|\(?0[1-9]\d\)? \d{4} \d{4}|\(?0[1-9]\d{2}\)? \d{3} \d{4}|\(?0[1-9]\d{3}\)? \d{3} ?\d{3}"  # GB
    r"|0[1-9]\d{0,2}-\d{3,4}-\d{4}"  # JP, KR
    r"|\(0[1-9]\) ?\d{4}[ -]?\d{4}|04\d{2} \d{3} \d{3}"  # AU
    r"|0[1-9]\d ?- ?\d{3} \d{2} \d{2}|0[1-9]-\d{3} \d{3} \d{2}|0[1-9]\d \d{3} \d{2} \d{2}|0[1-9]\d{2} \d{2} \d{2} \d{2}"
    r"|\(?0[1-9]\d{1,3}\)?(?: ?/ ?|-| - )\d{3,4} ?\d{2,5}"  # DE 030/1234567
    r"|\(0[1-9]\d{1,4}\) ?\d{3,8}|01[5-7]\d[ /-]?\d{7,8}|0[23467]0 \d{7,8}"  # DE, NL
    r"|\(\d{2}\) ?9?\d{4}-\d{4}"  # BR
    r"|8 ?[ (-]\d{3}[ )-] ?\d{3}-\d{2}-\d{2}|8-\d{3}-\d{3}-\d{4}"  # RU
)
_ANY = re.compile(r"\(?\d[\d()]{0,14}(?:[ .\-/]{1,2}\(?\d[\d()]{0,10}){0,6}")
_ADDRESS = re.compile(r"\+\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\.?\d)")  # of IPv4, on an added line
_LINKED = re.compile(r"[1-9]\d{7,14}(?!\w)")
_COUNTED = re.compile(r"0\d\D0\d\D0\d\D0\d")  # bytes of a dump, not a number
_DATE = re.compile(
    r"(?:19|20)\d{2}([-/. ]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])|\d{1,2}([-/.])\d{1,2}\2(?:19|20)\d{2}"
)

# The word stands last before the number but for these marks and fillers.
_WORD = re.compile(
    rb"(?<![a-z])(?:(?:tele|mobile[ _-]?|cell[ _-]?|home[ _-]?|work[ _-]?|contact[ _-]?|office[ _-]?)?phone"
    rb"(?:[ _-]?(?:number|num|no|nr|nbr))?|tel|telno|mob|mobile(?:[ _-]?(?:number|num|no))?|cell|msisdn|fax|call|dial"
    rb"|whatsapp|sms|tel.fono|(?:tel.fono )?(?:m\?vil|celular)|telefon(?:o|nummer)?|handy(?:nummer)?|mobil|rufnummer|tlf|gsm|ring)(?![a-z])"
    rb"[\"'\])]{0,2}[.:= \t]{0,4}(?:(?:at|is|on|me|us|him|her|them|to|number|no|nr|home|work|office|und|bei|unter|au)"
    rb"[.:= ]{1,3}){0,3}[\"'(\[+<]{0,3}\Z"
)
_ANY_WORD = frozenset(
    word.encode()
    for word in words(
        "phone telephone mobilephone cellphone homephone workphone contactphone officephone phonenumber phonenum phoneno"
        " telephonenumber mobilenumber tel telno mob mobile cell msisdn fax call dial whatsapp sms telefon telefono"
        " telefonnummer handy handynummer mobil rufnummer tlf gsm ring at on me us him her them to"
    )
)
_OTHER_SCRIPTS = re.compile(
    r"(?:电话|電話|手机|手機|携帯|传真|전화|휴대폰|[Тт]елефон|[Тт]ел\.?|τηλ\.?|טלפון|هاتف|โทร\.?)[^\d\n]{0,6}\Z"
)

# Country codes with the number of digits behind them. Source: ITU-T E.164 and national plans, in short.
_CODES = {
    "1": (10, 10),
    "7": (10, 10),
    "20": (8, 10),
    "27": (9, 9),
    "30": (10, 10),
    "31": (9, 9),
    "32": (8, 9),
    "33": (9, 9),
    "34": (9, 9),
    "36": (8, 9),
    "39": (6, 11),
    "40": (9, 9),
    "41": (9, 9),
    "43": (7, 13),
    "44": (9, 10),
    "45": (8, 8),
    "46": (7, 10),
    "47": (8, 8),
    "48": (9, 9),
    "49": (7, 12),
    "51": (8, 9),
    "52": (10, 11),
    "54": (10, 11),
    "55": (10, 11),
    "56": (9, 9),
    "57": (10, 10),
    "60": (8, 10),
    "61": (9, 9),
    "62": (8, 12),
    "63": (9, 10),
    "64": (8, 10),
    "65": (8, 8),
    "66": (8, 9),
    "81": (9, 10),
    "82": (8, 10),
    "84": (9, 10),
    "86": (10, 11),
    "90": (10, 10),
    "91": (10, 10),
    "92": (9, 10),
    "98": (10, 10),
}
_OTHER_CODES = re.compile(
    r"2(?:1[12368]|[2-6]\d|9[01789])|3(?:[5-7]\d|8[0-79])|42[013]|5[09]\d|6(?:7[02-9]|8\d|9[0-2])"
    r"|8(?:00|08|50|52|53|55|56|7\d|8[0-368])|9(?:[67]\d|9[2-68])"
)
_OTHER_LENGTHS = (7, 12)  # behind a code of three digits, such as +351 or +972


def _find(text: Text) -> Iterator[Span]:
    yield from _international(text)
    for at in text.places(b"wa.me/"):
        if match := _LINKED.match(text.text, at + 6):
            yield Span(*match.span(), "phone", "phone-link")
    for number in numbers(text):
        if not number.glued:
            yield from _national(text.text, number)


def _international(text: Text) -> Iterator[Span]:
    end = 0
    for anchor in _PLUS.finditer(text.shape):
        plus = anchor.start()
        if plus < end:
            continue
        start = plus - 1 if text.shape[plus - 1 : plus] == b"(" else plus
        match = _INTERNATIONAL.match(text.text, start)
        if match is None or _BEFORE_PLUS.search(text.text[max(0, start - 2) : start]):
            continue
        last = _end_of(match)
        if last > 0:
            end = last
            yield Span(start, last, "phone", "phone-international")


def _is_international(written: str) -> bool:
    """Whether the digits are as many as the plan of the country has."""
    digits = "".join(char for char in written.replace("(0)", "") if char.isdecimal())
    if len(digits) < 7 or written.count("(") != written.count(")"):
        return False
    for size in (1, 2):
        if digits[:size] in _CODES:
            low, high = _CODES[digits[:size]]
            return low <= len(digits) - size <= high and (size != 1 or digits[1] != "0")
    return _OTHER_LENGTHS[0] <= len(digits) - 3 <= _OTHER_LENGTHS[1] and _OTHER_CODES.match(digits) is not None


def _end_of(match: re.Match[str]) -> int:
    """Where the number ends; groups of a next number behind it are left away. -1: it is none."""
    written = match[0]
    if _ADDRESS.match(written) or _DATE.match(written, 1):
        return -1
    while written.endswith(")") and written.count(")") > written.count("("):
        written = written[:-1]
    for _ in range(4):
        if _is_international(written):
            return match.start() + len(written)
        cut = _LAST_GROUP.search(written)
        if cut is None:
            return -1
        written = written[: cut.start()]
    return -1


def _national(whole: str, number: Number) -> Iterator[Span]:
    end = start = number.start - 1 if whole[number.start - 1 : number.start] == "(" else number.start
    if _has_word(whole, number, start) and not (whole[start] == "(" and whole[start - 1 : start].isalnum()):
        match = _ANY.match(whole, start, number.end + 16)
        if match and _is_any(match[0], whole[match.end() : match.end() + 1]):
            end = match.end()
            yield Span(start, end, "phone", "phone-in-context")
    if number.plain:
        return
    for match in _FORMS.finditer(whole, end, number.end + 2):
        if _stands_alone(whole, *match.span()):
            yield Span(*match.span(), "phone", "phone-national")


def _has_word(whole: str, number: Number, start: int) -> bool:
    """Whether a word about telephones is the last before the number."""
    if not number.words.isdisjoint(_ANY_WORD):
        return _WORD.search(number.before) is not None
    before = whole[max(0, start - 12) : start]
    return not before.isascii() and _OTHER_SCRIPTS.search(before) is not None


def _is_any(written: str, after: str) -> bool:
    """Whether digits behind a word about telephones can be a number: 7 to 15 of them, no date, nothing glued."""
    digits = sum(char.isdecimal() for char in written)
    return 7 <= digits <= 15 and not after.isalnum() and after not in ("_", "%") and not _DATE.match(written)


def _stands_alone(whole: str, start: int, end: int) -> bool:
    """Whether no digits, letters or further groups stand directly around it, and it is no date."""
    before, after = whole[max(0, start - 2) : start], whole[end : end + 2]
    if before in ("-", "+", "\n-", "\n+"):
        before = ""  # a line of a diff
    if (
        before[-1:].isalnum()
        or after[:1].isalnum()
        or before[-1:] in ("_", "/", "-", "+", ".", "#")
        or after[:1] in ("_", "-", "/")
    ):
        return False
    if (before[-1:] == " " and before[:1].isdigit()) or (after[:1] in " ." and after[1:].isdigit()):
        return False
    return not _DATE.match(whole[start:end]) and not _COUNTED.match(whole[start:end])


DETECTOR = Detector(
    id="phone",
    help="Telephone numbers: international, in the groups of many countries, and any behind words such as `phone`.",
    find=_find,
    catches=(
        ("+33.6.43.57.30.59", "<phone>"),
        ("call +1 415 555 0132 now", "call <phone> now"),
        ("+14155550132", "<phone>"),
        ("tel:+49-30-1234567", "tel:<phone>"),
        ("+44 (0)20 7946 0958.", "<phone>."),
        ("(+44) 20 7946 0958", "<phone>"),
        ("+33 6 12 34 56 78, +33 1 23 45 67 89", "<phone>, <phone>"),
        ("+81-3-1234-5678", "<phone>"),
        ("+86 138 1234 5678", "<phone>"),
        ("+972 54-123-4567", "<phone>"),
        ("+1 (415) 555-0132 ext. 42", "<phone> ext. 42"),
        ("(415) 555-0132", "<phone>"),
        ("(sms sent to +48 697 541 372)", "(sms sent to <phone>)"),
        ("WhatsApp **+44 7397 847543**", "WhatsApp **<phone>**"),
        ("415-555-0132", "<phone>"),
        ("-415-555-0132\n++1 415 555 0132", "-<phone>\n+<phone>"),
        ("1-800-555-0199", "<phone>"),
        ("fax 415.555.0132", "fax <phone>"),
        ("020 7946 0958", "<phone>"),
        ("07700 900123", "<phone>"),
        ("0161 496 0000", "<phone>"),
        ("06 12 34 56 78", "<phone>"),
        ("06.12.34.56.78", "<phone>"),
        ("030/1234567", "<phone>"),
        ("0171 2345678", "<phone>"),
        ("03-1234-5678 / 090-1234-5678", "<phone> / <phone>"),
        ("(11) 98765-4321", "<phone>"),
        ("0412 345 678", "<phone>"),
        ("044 668 18 00", "<phone>"),
        ("070-123 45 67", "<phone>"),
        ("8 (495) 123-45-67", "<phone>"),
        ('"phone": "4155550132"', '"phone": "<phone>"'),
        ("phone_number=5550132", "phone_number=<phone>"),
        ("Mobile: 98765 43210", "Mobile: <phone>"),
        ("手机：13812345678", "手机：<phone>"),
        ("Telefon: 612 345 678", "Telefon: <phone>"),
        ("call me at 555-0132!", "call me at <phone>!"),
        ("tel. 22 123 45 67", "tel. <phone>"),
        ("https://wa.me/14155550100?text=hi", "https://wa.me/<phone>?text=hi"),
        ("whatsapp 612345678", "whatsapp <phone>"),
    ),
    spares=(
        "+2024.01.02-03.04.05 and +2024-01-02 03:04",
        "2026-11-20 09:24:32 +0000",
        "1.0.0+20241120",
        "@@ -10,12 +415,30 @@",
        "+1234567 -7654321",
        "phone_id: 12, call 2026-11-20",
        "1700000000 and 20261120093000",
        "0644 0755 0600 0644",
        "978-3-16-148410-0",
        "c++11 c++17",
        "x = 1+4155550132",
        "port 415-555",
        "0123456789",
        "1234567 passed, 415 failed",
        "-0.123456789 +1.23456789e-05 +0.5",
        "UTC+02:00",
        "call_id=4155550132",
        "a 415 555 0132 b",
        "550e8400-415-555-0132-a",
        "100 200 3000 400 500 6000",
        "01-02-2026 and 01.02.2026",
        "10.1145/3292500.3330701",
        "recall 4155550132 and call(1234567)",
        "10,000,000",
        "+ 20261120",
        "SELECT 030/1234",
    ),
    signs=(*NUMBER_SIGNS, b"+", b"wa.me/"),
    anchors=(b"wa.me/",),
)
