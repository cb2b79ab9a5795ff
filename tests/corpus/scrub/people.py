"""Made-up people and machines: names, logins, addresses, numbers with right check digits."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from random import Random

from tests.corpus.scrub.case import Recipe
from tests.corpus.scrub.shapes import luhn, made, mod97

__all__ = ["NATIONAL_IDS", "PEOPLE"]

FIRST = [
    "Jane",
    "Marta",
    "Priya",
    "Oluwaseun",
    "Kenji",
    "Annika",
    "Diego",
    "Fatima",
    "Liam",
    "Zofia",
    "Ingrid",
    "Tomasz",
    "Wei",
    "Aaliyah",
    "Bastien",
    "Chiara",
    "Dmitri",
    "Eleni",
    "Freya",
    "Gustavo",
    "Hana",
    "Ibrahim",
    "Jonas",
    "Katarzyna",
    "Lucia",
    "Mateusz",
    "Nadia",
    "Oscar",
    "Petra",
    "Quentin",
    "Rosalind",
    "Sanjay",
    "Tatiana",
    "Ursula",
    "Viktor",
    "Wanda",
    "Xavier",
    "Yusuf",
    "Zuzana",
]
LAST = [
    "Kowalski",
    "Okonkwo",
    "Lindqvist",
    "Fernandez",
    "Haddad",
    "Nakamura",
    "Petrov",
    "Schneider",
    "Moreau",
    "Rossi",
    "Janssen",
    "Oyelaran",
    "Venkataraman",
    "Blackwood",
    "Castellano",
    "Dragomir",
    "Eriksson",
    "Fitzgerald",
    "Grunwald",
    "Hartmann",
    "Ivanova",
    "Jorgensen",
    "Kaminski",
    "Lefebvre",
    "Marchetti",
    "Novotny",
    "Ostrowski",
    "Papadakis",
    "Quiroga",
    "Rasmussen",
    "Sorensen",
    "Takahashi",
    "Ulrich",
    "Vandenberg",
    "Whitfield",
    "Yamamoto",
    "Zimmermann",
]
ACCENTED = (
    "Jörg Müller",
    "Zoë Brontë",
    "José García",
    "Łukasz Wójcik",
    "Søren Ødegård",
    "Renée Lévêque",
    "Željko Čapek",
)
FAR = ("李雷", "山田太郎", "김민준", "Иван Петров", "Ελένη Παππά", "नेहा", "محمد")
COMPANIES = [
    "acmecorp",
    "northwind",
    "globex",
    "initech",
    "umbrella-labs",
    "vandelay",
    "hooli",
    "piedpiper",
    "wayneworks",
    "tyrell",
]
TLDS = ["com", "org", "net", "io", "dev", "de", "fr", "co.uk", "com.br", "pl", "ai", "tech"]
MAIL_HOSTS = ("gmail.com", "outlook.com", "proton.me", "yahoo.co.jp", "gmx.de", "icloud.com")
WORDS = [
    "copper",
    "tiger",
    "lantern",
    "orbit",
    "velvet",
    "harbor",
    "maple",
    "quartz",
    "ember",
    "falcon",
    "willow",
    "cobalt",
]
DEVICES = ("macbook-pro", "laptop", "thinkpad", "desktop", "mbp", "workstation")
ROLES = ("db", "build", "jenkins", "gitlab", "vault", "redis", "kafka", "nas", "ldap", "staging", "ci-runner", "mail")
PRIVATE_ENDS = ("internal", "corp", "lan", "local", "intranet", "home.arpa", "localdomain")


def _name(random: Random) -> str:
    return f"{random.choice(FIRST)} {random.choice(LAST)}"


def _login(random: Random) -> str:
    first, last = random.choice(FIRST).lower(), random.choice(LAST).lower()
    return random.choice(
        (first, last, f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}", f"{first}-{last}", f"{first}{last[0]}",
         f"{first}{random.randint(2, 99)}", f"{first.title()}", f"{first[0]}.{last}")
    )  # fmt: skip


def _word_login(random: Random) -> str:
    """One without separators, where a separator would be read as the end."""
    first, last = random.choice(FIRST).lower(), random.choice(LAST).lower()
    return random.choice((first, last, first[0] + last, first + last[0]))


def _windows_login(random: Random) -> str:
    return random.choice((_login, _name, lambda r: r.choice(ACCENTED), _login))(random)


def _unicode_login(random: Random) -> str:
    return random.choice((*ACCENTED, *FAR)).split(" ")[0].lower()


def _short_login(random: Random) -> str:
    return (random.choice(FIRST) + random.choice(LAST)).upper()[:6] + f"~{random.randint(1, 3)}"


def _host(random: Random) -> str:
    role, number = random.choice(ROLES), random.randint(1, 40)
    return random.choice((f"{role}{number}", f"{role}-{number:02d}", role)) + random.choice(
        (f".{random.choice(PRIVATE_ENDS)}", f".{random.choice(COMPANIES)}.{random.choice(PRIVATE_ENDS)}",
         f".prod.{random.choice(COMPANIES)}.internal", ".eu-west-1.compute.internal")
    )  # fmt: skip


def _device(random: Random) -> str:
    first = random.choice(FIRST)
    return random.choice(
        (f"{first.lower()}s-{random.choice(DEVICES)}", f"{first}s-MacBook-Pro.local", f"DESKTOP-{made('{U7}')(random)}",
         f"{first.lower()}-{random.choice(DEVICES)}", f"LAPTOP-{made('{U8}')(random)}", f"{random.choice(WORDS)}-{random.choice(DEVICES)}")
    )  # fmt: skip


def _email(random: Random) -> str:
    first, last = random.choice(FIRST).lower(), random.choice(LAST).lower()
    local = random.choice(
        (f"{first}.{last}", f"{first}", f"{first[0]}{last}", f"{first}_{last}", f"{first}+{random.choice(WORDS)}",
         f"{first}.{last}{random.randint(1, 99)}", f"{first}-{last}", f"{last}.{first}", f"{first.title()}.{last.title()}")
    )  # fmt: skip
    domain = random.choice(
        (random.choice(MAIL_HOSTS), f"{random.choice(COMPANIES)}.{random.choice(TLDS)}", "example.com", "example.org",
         f"mail.{random.choice(COMPANIES)}.{random.choice(TLDS)}")
    )  # fmt: skip
    return f"{local}@{domain}"


def _unicode_email(random: Random) -> str:
    return random.choice(("jörg", "zoë.brontë", "josé.garcía", "łukasz", "søren", "иван.петров", "李雷", "山田")) + (
        "@" + random.choice(("gmx.de", "münchen-it.de", "proton.me", "acmecorp.eu", "почта.рф"))
    )


def _ipv4(random: Random) -> str:
    d = random.randint
    return random.choice(
        (f"10.{d(1, 254)}.{d(1, 254)}.{d(2, 254)}", f"192.168.{d(1, 254)}.{d(2, 254)}", f"172.{d(16, 31)}.{d(1, 254)}.{d(2, 254)}",
         f"{random.choice((23, 51, 62, 78, 85, 93, 104, 134, 151, 178, 185, 203, 212))}.{d(10, 254)}.{d(10, 254)}.{d(2, 254)}")
    )  # fmt: skip


def _ipv6(random: Random) -> str:
    h = made("{h4}")
    first = random.choice(("2001", "2a02", "2604", "2a01", "fd3c", "2400"))
    whole = ipaddress.IPv6Address(":".join([first, *(h(random) for _ in range(7))]))
    return random.choice(
        (str(whole), f"{first}:{h(random)}:{h(random)}::{random.randint(2, 99)}", f"fe80::{h(random)}:{h(random)}:{h(random)}:{h(random)}",
         f"{first}:{h(random)}:{h(random)}:{h(random)}::1f", str(whole).upper())
    )  # fmt: skip


def _mac(random: Random) -> str:
    six = [made("{h2}")(random) for _ in range(5)]
    six.insert(0, random.choice(("00", "3c", "a4", "b8", "dc", "f0", "02", "8c")))
    return random.choice(
        (":".join(six), "-".join(six).upper(), ":".join(six).upper(), ".".join("".join(six)[i : i + 4] for i in (0, 4, 8)))
    )  # fmt: skip


def _password(random: Random) -> str:
    word = random.choice(WORDS)
    return random.choice(
        (f"{word}{random.randint(10, 9999)}", f"{word.title()}!{random.randint(10, 999)}", made("{A12}")(random),
         f"{made('{A6}')(random)}!{made('{A5}')(random)}", f"S3cret_{word}", f"{word}-{random.choice(WORDS)}-{random.randint(10, 99)}",
         f"{word}$2024", made("{A20}")(random))
    )  # fmt: skip


def _url_password(random: Random) -> str:
    """Without what a URL would have to escape."""
    return random.choice(
        (f"{random.choice(WORDS)}{random.randint(10, 9999)}", made("{A16}")(random), f"S3cret_{random.choice(WORDS)}", f"p%40ss{made('{A6}')(random)}")
    )  # fmt: skip


def _card(random: Random) -> str:
    start, length = random.choice(
        (
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("3528", 16),
            ("30", 14),
        )
    )
    body = start + "".join(random.choices("0123456789", k=length - len(start) - 1))
    return body + luhn(body)


def _spaced_card(random: Random) -> str:
    while len(number := _card(random)) != 16:
        pass
    return random.choice(" -").join(number[i : i + 4] for i in range(0, 16, 4))


def _iban(random: Random) -> str:
    country, shape = random.choice(
        (("DE", "{d18}"), ("FR", "{d10}{U11}{d2}"), ("GB", "{V4}{d14}"), ("NL", "{V4}{d10}"), ("ES", "{d20}"), ("IT", "{V1}{d10}{U12}"),
         ("PL", "{d24}"), ("CH", "{d5}{U12}"), ("AT", "{d16}"), ("BE", "{d12}"), ("SE", "{d20}"), ("PT", "{d21}"), ("IE", "{V4}{d14}"), ("NO", "{d11}"))
    )  # fmt: skip
    account = made(shape)(random)
    return f"{country}{mod97(country, account)}{account}"


def _spaced_iban(random: Random) -> str:
    number = _iban(random)
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4))


_PHONES = (
    "+1 {N1}{d2}-{N1}{d2}-{d4}", "+1-{N1}{d2}-{N1}{d2}-{d4}", "({N1}{d2}) {N1}{d2}-{d4}", "+44 20 {n1}{d3} {d4}", "+44 7{d3} {d6}",
    "+49 30 {n1}{d7}", "+49 (0)30 {n1}{d6}", "+49 151 {n1}{d7}", "+33 6 {d2} {d2} {d2} {d2}", "+34 6{d2} {d3} {d3}", "+39 3{d2} {d7}", "+81 90-{d4}-{d4}",
    "+86 138 {d4} {d4}", "+91 {n1}8{d3} {d5}", "+55 11 9{d4}-{d4}", "+48 {n1}{d2} {d3} {d3}", "+31 6 {n1}{d7}", "+41 79 {d3} {d2} {d2}", "+61 4{d2} {d3} {d3}", "+4915{d9}", "+1{N1}{d2}{N1}{d6}",
)  # fmt: skip


def _phone(random: Random) -> str:
    return made(random.choice(_PHONES))(random)


# --- national numbers; each with the check its authority publishes -------------------------------------------------


def _weighed(weights: str, digits: str) -> int:
    return sum(int(w, 36) * int(d) for w, d in zip(weights, digits, strict=True))


def _cpf(random: Random) -> str:
    body = "".join(random.choices("0123456789", k=9))
    for weights in ("a98765432", "ba98765432"):
        body += str(_weighed(weights, body) * 10 % 11 % 10)
    return random.choice((body, f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"))


def _dni(random: Random) -> str:
    number = random.randint(10_000_000, 99_999_999)
    return f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"


def _nir(random: Random) -> str:
    body = f"{random.choice('12')}{random.randint(40, 99)}{random.randint(1, 12):02d}{random.randint(1, 95):02d}{random.randint(1, 990):03d}{random.randint(1, 999):03d}"
    key = f"{97 - int(body) % 97:02d}"
    return random.choice(
        (body + key, f"{body[0]} {body[1:3]} {body[3:5]} {body[5:7]} {body[7:10]} {body[10:13]} {key}")
    )


def _steuer_id(random: Random) -> str:
    digits = random.sample("123456789", 9)
    digits.insert(random.randint(1, 9), digits[0])  # one digit of ten stands twice
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    body = "".join(digits) + str((11 - product) % 10)
    return random.choice((body, f"{body[:2]} {body[2:5]} {body[5:8]} {body[8:]}"))


def _pesel(random: Random) -> str:
    body = (
        f"{random.randint(50, 99)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}{random.randint(0, 9999):04d}"
    )
    return body + str(-_weighed("1379137913", body) % 10)


def _personnummer(random: Random) -> str:
    body = f"{random.randint(50, 99)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}{random.randint(1, 999):03d}"
    return f"{random.choice(('', '19'))}{body[:6]}-{body[6:]}{luhn(body)}"


def _bsn(random: Random) -> str:
    while True:
        body = f"{random.randint(10_000_000, 99_999_999)}"
        check = _weighed("98765432", body) % 11
        if check < 10:
            return body + str(check)


def _sin(random: Random) -> str:
    body = f"{random.randint(1, 7)}" + "".join(random.choices("0123456789", k=7))
    body += luhn(body)
    return random.choice((body, f"{body[:3]} {body[3:6]} {body[6:]}", f"{body[:3]}-{body[3:6]}-{body[6:]}"))


def _chinese(random: Random) -> str:
    body = f"110{random.randint(101, 115)}{random.randint(1950, 2004)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}{random.randint(1, 999):03d}"
    total = sum(int(d) * pow(2, 17 - n, 11) for n, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def _ahv(random: Random) -> str:
    body = "756" + "".join(random.choices("0123456789", k=9))
    check = -sum(int(d) * (3 if n % 2 else 1) for n, d in enumerate(body)) % 10
    return f"756.{body[3:7]}.{body[7:11]}.{body[11]}{check}"


def _henkilotunnus(random: Random) -> str:
    date = f"{random.randint(1, 28):02d}{random.randint(1, 12):02d}{random.randint(50, 99)}"
    number = f"{random.randint(2, 899):03d}"
    return f"{date}-{number}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(date + number) % 31]}"


def _aadhaar(random: Random) -> str:
    body = f"{random.randint(2, 9)}" + "".join(random.choices("0123456789", k=10))
    times = [[0] * 10 for _ in range(10)]
    for a in range(10):  # the dihedral group of ten, Verhoeff's table
        for b in range(10):
            turned = (a % 5 + (b % 5 if a < 5 else -(b % 5))) % 5
            times[a][b] = turned + (5 if (a < 5) != (b < 5) else 0)
    moved = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
    for _ in range(6):
        moved.append([moved[-1][moved[1][n]] for n in range(10)])
    check = 0
    for place, digit in enumerate(reversed(body), 1):
        check = times[check][moved[place % 8][int(digit)]]
    body += str(next(n for n in range(10) if times[check][n] == 0))
    return f"{body[:4]} {body[4:8]} {body[8:]}"


NATIONAL_IDS: Mapping[str, tuple[Callable[[Random], str], tuple[str, ...]]] = {
    # name: how it is made, words that stand before it
    "us-ssn": (lambda r: f"{r.choice((r.randint(1, 665), r.randint(667, 899))):03d}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}", ("SSN: ", "social security number ", "ssn=", '"ssn": "', "Social Security No. ")),
    "uk-nino": (lambda r: r.choice("ABCEHJLMPRSWXY") + r.choice("ABCEGHJKLMNPRSTWXYZ") + made(r.choice(("{d6}", " {d2} {d2} {d2} ")))(r) + r.choice("ABCD"), ("NINO: ", "National Insurance number: ", "NI number ")),
    "us-itin": (lambda r: f"9{r.randint(10, 99)}-{r.randint(70, 88)}-{r.randint(1, 9999):04d}", ("ITIN: ", "taxpayer id ")),
    "de-steuer-id": (_steuer_id, ("Steuer-ID: ", "Steueridentifikationsnummer ", "IdNr. ")),
    "fr-nir": (_nir, ("NIR : ", "numéro de sécurité sociale : ", "n° de sécu ")),
    "es-dni": (_dni, ("DNI: ", "DNI ", "NIF: ")),
    "es-nie": (lambda r: (lambda k, n: f"{'XYZ'[k]}{n:07d}{'TRWAGMYFPDXBNJZSQVHLCKE'[(k * 10_000_000 + n) % 23]}")(r.randint(0, 2), r.randint(1, 9_999_999)), ("NIE: ", "NIE ")),
    "nl-bsn": (_bsn, ("BSN: ", "burgerservicenummer ")),
    "pl-pesel": (_pesel, ("PESEL: ", "PESEL ", "pesel=")),
    "se-personnummer": (_personnummer, ("personnummer: ", "Personnr ")),
    "fi-hetu": (_henkilotunnus, ("henkilötunnus: ", "HETU ")),
    "ch-ahv": (_ahv, ("AHV-Nr. ", "AHV: ")),
    "br-cpf": (_cpf, ("CPF: ", "cpf=", "CPF nº ")),
    "in-aadhaar": (_aadhaar, ("Aadhaar: ", "aadhaar number ")),
    "in-pan": (lambda r: made("{V3}P{V1}{d4}{V1}")(r), ("PAN: ", "PAN card ")),
    "ca-sin": (_sin, ("SIN: ", "social insurance number ")),
    "cn-resident": (_chinese, ("身份证号：", "身份证: ", "resident id ")),
    "passport": (lambda r: made("{V1}{d8}")(r), ("passport no. ", "Passport: ", "passport number ")),
}  # fmt: skip

PEOPLE: Mapping[str, Recipe] = {
    "name": _name,
    "accented-name": lambda r: r.choice(ACCENTED),
    "user": _login,
    "user-word": _word_login,
    "user-windows": _windows_login,
    "user-unicode": _unicode_login,
    "user-short": _short_login,
    "first": lambda r: r.choice(FIRST),
    "host": _host,
    "device": _device,
    "device-local": lambda r: _device(r).removesuffix(".local") + ".local",
    "email": _email,
    "email-unicode": _unicode_email,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
    "mac": _mac,
    "password": _password,
    "url-password": _url_password,
    "card": _card,
    "card-spaced": _spaced_card,
    "iban": _iban,
    "iban-spaced": _spaced_iban,
    "phone": _phone,
    **{f"id-{name}": make for name, (make, _) in NATIONAL_IDS.items()},
}
