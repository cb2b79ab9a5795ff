"""Check digits and inner rules of national ids, each as its authority publishes them.

Every function takes the id without spaces and marks, letters in upper case, and tells whether it may be one.
"""

from __future__ import annotations

from tachograph_sdk.privacy.detectors.numbers import luhn

__all__ = [
    "ahv",
    "amka",
    "bsn",
    "cnp",
    "cnpj",
    "codice_fiscale",
    "cpf",
    "curp",
    "dni",
    "egn",
    "fnr",
    "henkilotunnus",
    "insee",
    "ird",
    "my_number",
    "nhs",
    "nie",
    "nif_pt",
    "nino",
    "nric",
    "nrn",
    "oib",
    "pan",
    "personnummer",
    "pesel",
    "pps",
    "resident_id",
    "rrn",
    "rut",
    "sin",
    "ssn",
    "steuer_id",
    "tckn",
    "tfn",
    "verhoeff",
]

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _is_date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def ssn(digits: str) -> bool:
    """US social security number, and the taxpayer number of the same form: three, two, four."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area in ("000", "666") or group == "00" or serial == "0000":
        return False
    return area < "900" or group >= "50"


def steuer_id(digits: str) -> bool:
    """German tax id, eleven digits (ISO/IEC 7064 MOD 11,10)."""
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def insee(number: str) -> bool:
    """French social security number with its key of two digits; Corsica's 2A and 2B count as 19 and 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdecimal() and number[0] in "123478" and 97 - int(body) % 97 == int(number[13:])


def codice_fiscale(code: str) -> bool:
    """Italian tax code of sixteen characters; the last one is computed from the others."""
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    total = 0
    for place, char in enumerate(code[:15]):
        value = ord(char) - (48 if char.isdecimal() else 65)
        total += odd[value] if place % 2 == 0 else value
    return code[8] in "ABCDEHLMPRST" and chr(65 + total % 26) == code[15]


def dni(code: str) -> bool:
    """Spanish identity card: eight digits and a letter."""
    return _DNI_LETTERS[int(code[:8]) % 23] == code[8]


def nie(code: str) -> bool:
    """Spanish number of foreigners: X, Y or Z, seven digits and a letter."""
    return code[0] in "XYZ" and _DNI_LETTERS[int(str("XYZ".index(code[0])) + code[1:8]) % 23] == code[8]


def bsn(digits: str) -> bool:
    """Dutch citizen service number, nine digits ("eleven test")."""
    return digits != "0" * 9 and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def personnummer(digits: str) -> bool:
    """Swedish personal number: date of birth, then four digits; coordination numbers add 60 to the day."""
    short = digits[-10:]
    day = int(short[4:6])
    return _is_date(int(short[2:4]), day - 60 if day > 60 else day) and luhn(short)


def pesel(digits: str) -> bool:
    """Polish PESEL, eleven digits; the century is in the month."""
    total = _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1))
    return total % 10 == 0 and _is_date(int(digits[2:4]) % 20, int(digits[4:6]))


def cpf(digits: str) -> bool:
    """Brazilian CPF, eleven digits."""
    if len(set(digits)) == 1:
        return False
    first = _weighted(digits, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = _weighted(digits, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def cnpj(digits: str) -> bool:
    """Brazilian CNPJ, fourteen digits; of one-person firms too."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    first = _weighted(digits[:12], weights[1:]) % 11
    second = _weighted(digits[:13], weights) % 11
    return digits[12:] == f"{0 if first < 2 else 11 - first}{0 if second < 2 else 11 - second}"


def verhoeff(digits: str) -> bool:
    """Indian Aadhaar, twelve digits, does not begin with 0 or 1 (Verhoeff's scheme over the dihedral group D5)."""
    check = 0
    for place, char in enumerate(reversed(digits)):
        check = _times(check, _turned(int(char), place % 8))
    return digits[0] not in "01" and check == 0


def _times(a: int, b: int) -> int:
    """Composition in the dihedral group of ten elements."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
    return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5


def _turned(digit: int, times: int) -> int:
    for _ in range(times):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def pan(code: str) -> bool:
    """Indian permanent account number: the fourth letter says whose."""
    return code[3] in "PCHABGJLFT"


def resident_id(code: str) -> bool:
    """Chinese resident identity number, eighteen characters (ISO 7064 MOD 11-2)."""
    body = code[:17]
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    born = 1900 <= int(body[6:10]) <= 2099 and _is_date(int(body[10:12]), int(body[12:14]))
    return "11" <= body[:2] <= "82" and born and "10X98765432"[total % 11] == code[17]


def rrn(digits: str) -> bool:
    """Korean resident registration number: date of birth, then seven digits (no check digit since 2020)."""
    return _is_date(int(digits[2:4]), int(digits[4:6])) and digits[6] in "12345678"


def my_number(digits: str) -> bool:
    """Japanese individual number, twelve digits."""
    total = sum(int(digits[10 - n]) * (n + 2 if n < 6 else n - 4) for n in range(11))
    rest = total % 11
    return int(digits[11]) == (0 if rest < 2 else 11 - rest)


def sin(digits: str) -> bool:
    """Canadian social insurance number, nine digits."""
    return digits[0] != "8" and luhn(digits)


def tfn(digits: str) -> bool:
    """Australian tax file number, nine digits; eight in old ones."""
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10) if len(digits) == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return _weighted(digits, weights) % 11 == 0


def nino(code: str) -> bool:
    """British national insurance number: two letters, six digits, A to D."""
    letters = code[:2]
    return (
        letters[0] not in "DFIQUV"
        and letters[1] not in "DFIOQUV"
        and letters not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")
        and code[8:] in "ABCD"
    )


def nhs(digits: str) -> bool:
    """British health service number, ten digits."""
    check = 11 - _weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and check % 11 == int(digits[9])


def ahv(digits: str) -> bool:
    """Swiss social insurance number: 756 and the check digit of EAN-13."""
    return digits[:3] == "756" and _weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def nrn(digits: str) -> bool:
    """Belgian national number: date of birth, serial, and a key of two digits; born since 2000 counts with a 2."""
    body, key = int(digits[:9]), int(digits[9:])
    return int(digits[2:4]) <= 52 and key in (97 - body % 97, 97 - (2_000_000_000 + body) % 97)


def henkilotunnus(code: str) -> bool:
    """Finnish identity code: date of birth, a mark of the century, three digits, a check character."""
    return (
        _is_date(int(code[2:4]), int(code[:2]))
        and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(code[:6] + code[7:10]) % 31] == code[10]
    )


def fnr(digits: str) -> bool:
    """Norwegian birth number, eleven digits."""
    return (
        _weighted(digits[:10], (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def rut(code: str) -> bool:
    """Chilean RUT: seven or eight digits and a check character."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(code[:-1])))
    return "0K987654321"[total % 11] == code[-1]


def nif_pt(digits: str) -> bool:
    """Portuguese tax number, nine digits."""
    rest = _weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return int(digits[8]) == (0 if rest < 2 else 11 - rest)


def pps(code: str) -> bool:
    """Irish personal public service number: seven digits and one or two letters."""
    total = _weighted(code[:7], (8, 7, 6, 5, 4, 3, 2)) + (9 * (ord(code[8]) - 64) if len(code) == 9 else 0)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == code[7]


def tckn(digits: str) -> bool:
    """Turkish identity number, eleven digits."""
    places = [int(digit) for digit in digits]
    odd, even = sum(places[0:9:2]), sum(places[1:8:2])
    return places[0] > 0 and (odd * 7 - even) % 10 == places[9] and sum(places[:10]) % 10 == places[10]


def nric(code: str) -> bool:
    """Identity number of Singapore: a letter, seven digits, a check letter."""
    total = _weighted(code[1:8], (2, 7, 6, 5, 4, 3, 2)) + (4 if code[0] in "TG" else 3 if code[0] == "M" else 0)
    if code[0] in "ST":
        return "JZIHGFEDCBA"[total % 11] == code[8]
    if code[0] in "FG":
        return "XWUTRQPNMLK"[total % 11] == code[8]
    return code[0] == "M" and code[8].isalpha()


def cnp(digits: str) -> bool:
    """Romanian personal code, thirteen digits."""
    rest = _weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return digits[0] in "12345678" and _is_date(int(digits[3:5]), int(digits[5:7])) and rest % 10 == int(digits[12])


def egn(digits: str) -> bool:
    """Bulgarian civil number, ten digits."""
    return _weighted(digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(digits[9])


def oib(digits: str) -> bool:
    """Croatian personal number, eleven digits (ISO/IEC 7064 MOD 11,10)."""
    return steuer_id(digits)


def amka(digits: str) -> bool:
    """Greek social security number: date of birth, then five digits."""
    return _is_date(int(digits[2:4]), int(digits[:2])) and luhn(digits)


def ird(digits: str) -> bool:
    """New Zealand's tax number, eight or nine digits; where the first weights give ten, the second ones count."""
    body = digits[:-1].rjust(8, "0")
    for weights in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)):
        check = -_weighted(body, weights) % 11
        if check != 10:
            return check == int(digits[-1])
    return False


def curp(code: str) -> bool:
    """Mexican population register code of eighteen characters."""
    alphabet = "0123456789ABCDEFGHIJKLMN\u00d1OPQRSTUVWXYZ"
    total = sum(alphabet.index(char) * (18 - place) for place, char in enumerate(code[:17]))
    return code[10] in "HMX" and _is_date(int(code[6:8]), int(code[8:10])) and str(-total % 10) == code[17]
