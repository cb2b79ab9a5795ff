"""What made-up values are built from: runs of characters, check digits, names.

A shape is a short text: `ghp_{A36}` is "ghp_" and 36 letters and digits. The classes are in `ALPHABETS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

__all__ = ["PACKAGE_HOSTS", "luhn", "made", "mod97", "run"]

UPPER, LOWER, DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
ALPHABETS = {
    "A": UPPER + LOWER + DIGITS,
    "B": UPPER + LOWER + DIGITS + "_-",  # base64 of URLs
    "b": UPPER + LOWER + DIGITS + "+/",  # base64
    "a": UPPER + LOWER,
    "U": UPPER + DIGITS,
    "V": UPPER,
    "T": UPPER + "234567",  # base32
    "l": LOWER + DIGITS,
    "v": LOWER,
    "h": DIGITS + "abcdef",
    "H": DIGITS + "ABCDEF",
    "d": DIGITS,
    "n": "123456789",
    "N": "23456789",
    "c": "qpzry9x8gf2tvdw0s3jn54khce6mua7l",  # bech32
    "C": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "x": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",  # base58
}
PART = re.compile(r"\{([A-Za-z])(\d+)(?:-(\d+))?\}|\{uuid\}")


def run(alphabet: str, length: int, random: Random) -> str:
    """Characters as an issuer would draw them: with a digit and both cases where the alphabet has them."""
    while True:
        text = "".join(random.choices(ALPHABETS[alphabet], k=length))
        if length < 12 or (alphabet in "daVvnNA" and alphabet != "A"):
            return text
        ends_well = text[0] not in "-_" and text[-1] not in "-_+/"
        if ends_well and any(c.isdigit() for c in text) and any(c.isalpha() for c in text):
            return text


def made(shape: str) -> Callable[[Random], str]:
    """The recipe of a shape."""

    def make(random: Random) -> str:
        def one(part: re.Match[str]) -> str:
            if part[0] == "{uuid}":
                h = run("h", 30, random)
                return f"{h[:8]}-{h[8:12]}-4{h[12:15]}-{random.choice('89ab')}{h[15:18]}-{h[18:30]}"
            length = random.randint(int(part[2]), int(part[3])) if part[3] else int(part[2])
            return run(part[1], length, random)

        return PART.sub(one, shape)

    return make


def luhn(digits: str) -> str:
    """The check digit that makes the number pass ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def mod97(country: str, account: str) -> str:
    """Both check digits of an IBAN (ISO 13616)."""
    number = "".join(str(int(c, 36)) for c in account + country + "00")
    return f"{98 - int(number) % 97:02d}"


def _always(value: str) -> Callable[[Random], str]:
    """The recipe that makes this very value."""
    return lambda _: value


# Where packages come from, which no file that is committed names whole.
PACKAGE_HOSTS = {
    name: _always(name.replace("-", "."))
    for name in ("pypi-org", "pythonhosted-org", "npmjs-org", "npmjs-com", "yarnpkg-com")
}
