"""Numbers of payment cards: of a known issuer, of its length, with the right check digit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.numbers import NUMBER_SIGNS, luhn, numbers
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

# Ranges of first digits with the lengths in use. Source: ISO/IEC 7812 and the issuers' public pages.
_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4, 4, (13, 16, 19)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),  # Mastercard
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (6011, 6011, (16, 19)),  # Discover
    (644, 649, (16, 19)),
    (65, 65, (16, 19)),
    (300, 309, (14, 16)),  # Diners Club
    (36, 36, (14, 16)),
    (38, 39, (14, 16)),
    (3528, 3589, (16, 19)),  # JCB
    (62, 62, (16, 17, 18, 19)),  # UnionPay
    (81, 81, (16,)),
    (2200, 2204, (16, 19)),  # Mir
    (60, 60, (16,)),  # RuPay
    (508, 508, (16,)),
    (50, 50, (16, 18, 19)),  # Maestro
    (56, 58, (16, 18, 19)),
    (63, 63, (16, 18, 19)),
    (67, 67, (16, 18, 19)),
    (9792, 9792, (16,)),  # Troy
)
_POSSIBLE = frozenset((str(low)[0], length) for low, _, lengths in _ISSUERS for length in lengths)  # none spans two
_GROUPED = re.compile(
    r"(?<![\w.])(?<![^\n]-)(?:\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}|\d{4}([ -])\d{4}\3\d{4}\3\d{4}\3\d{3})(?![\w-])(?! \d(?!\d?/\d\d))"
)
_PLAIN = re.compile(r"(?<![\w.])\d{13,19}(?!\w)(?!\.\d)")
_WORDS = words(
    "card cards credit creditcard cardnumber ccnum cc pan debit visa mastercard amex discover maestro unionpay jcb"
    " diners karte kreditkarte kartennummer carte tarjeta carta cartao payment pay cvv cvc"
)
_CONTEXT = frozenset(word.encode() for word in _WORDS)


def _find(text: Text) -> Iterator[Span]:
    whole = text.text
    for number in numbers(text):
        low, high = number.start, number.end
        if number.glued or high - low < 13:
            continue
        matches: Iterable[re.Match[str]]
        if number.plain:
            first = _PLAIN.match(whole, low, high + 2)
            matches = (first,) if first else ()
        else:
            for match in _GROUPED.finditer(whole, low, high + 2):
                digits = re.sub(r"\D", "", match[0])
                if _is_card(digits) and _is_grouped_well(match[0], digits):
                    yield Span(*match.span(), "card", "card")
            matches = _PLAIN.finditer(whole, low, high + 2)
        for match in matches:
            digits = match[0]
            if not _is_card(digits):
                continue
            in_context = not _CONTEXT.isdisjoint(number.words)
            if in_context or (len(digits) in (14, 15, 16) and _is_plain_card(whole, *match.span())):
                yield Span(*match.span(), "card", "card")


def _is_card(digits: str) -> bool:
    """Issuer, length and check digit are right, and it is not one digit over and over."""
    return (
        digits.isascii()
        and (digits[0], len(digits)) in _POSSIBLE
        and any(
            low <= int(digits[: len(str(low))]) <= high and len(digits) in lengths for low, high, lengths in _ISSUERS
        )
        and luhn(digits)
        and len(set(digits)) > 1
    )


def _is_grouped_well(written: str, digits: str) -> bool:
    """Fours, or as American Express and Diners print theirs; the last group of fours may be shorter or longer."""
    groups = [len(group) for group in re.split(r"[ -]", written)]
    if len(groups) == 3:
        return groups == ([4, 6, 5] if len(digits) == 15 else [4, 6, 4])
    return groups[-1] <= 4 or sum(groups) == 19


def _is_plain_card(whole: str, start: int, end: int) -> bool:
    """Digits without groups and without a word about cards: not a power of two, not part of a name or a sum."""
    number = int(whole[start:end])
    if number & (number - 1) == 0 or (number + 1) & number == 0:
        return False
    before = whole[max(0, start - 2) : start]
    return (
        before[-1:] not in ("/", "#", "$")
        and (before[-1:] not in ("-", "+") or before[:-1] in ("", "\n"))
        and whole[end : end + 1] not in ("-", "/")
    )


DETECTOR = Detector(
    id="card",
    help="Payment card numbers of known issuers whose check digit is right.",
    find=_find,
    catches=(
        ("card 4111 1111 1111 1111 exp 12/27", "card <card> exp 12/27"),
        ("4111-1111-1111-1111", "<card>"),
        ("-4111-1111-1111-1111\n-5500005555555559", "-<card>\n-<card>"),
        ("pan=4111111111111111;", "pan=<card>;"),
        ("5500005555555559", "<card>"),
        ("Amex 3782 822463 10005.", "Amex <card>."),
        ('{"number": "378282246310005"}', '{"number": "<card>"}'),
        ("6011 1111 1111 1117", "<card>"),
        ("visa 4222222222222", "visa <card>"),
        ("Diners 3056 930902 5904", "Diners <card>"),
        ("3530111333300000", "<card>"),
        ("2223003122003222", "<card>"),
        ("card=4242424242424242&cvc=123", "card=<card>&cvc=123"),
        ("4111 1111 1111 1111, 5555 5555 5555 4444", "<card>, <card>"),
        ("6200 0000 0000 0005", "<card>"),
        ("9792 1220 4259 2365", "<card>"),
        ("6011 6894 8931 8018 11/28 123", "<card> 11/28 123"),
    ),
    spares=(
        "at 1700000000000000 us, 1700000000000 ms, 1700000000000000000 ns",
        "4111 1111 1111 1112",
        "4503599627370496 4611686018427387904 9007199254740991",
        "550e8400-4111-1111-1111-111111111111",
        "0.4111111111111111",
        "0000 0000 0000 0000",
        "trace 4111111111111111a",
        "1024 2048 4096 8192",
        "4444 4444 4444 4444",
        "https://example.com/status/4111111111111111",
        "snowflake 1234567890123456789",
    ),
    signs=NUMBER_SIGNS,
)
