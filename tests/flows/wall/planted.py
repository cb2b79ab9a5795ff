"""Secrets of many kinds, made up anew for each seed, and a search for them in every way a byte can say them."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

__all__ = ["INNOCENT", "Secret", "found_in", "make_secrets", "sentence"]

INNOCENT = ("zebrafinch", "goldcrest", "sparrowhawk", "kittiwake")
"""Words that stand around secrets in free text, and nowhere else."""

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class Secret:
    """One thing that must not come out: how it is written, and which parts of that are private."""

    kind: str
    text: str
    needles: tuple[str, ...]


def make_secrets(seed: int) -> list[Secret]:
    """One of each kind."""
    rng = random.Random(seed)

    def some(alphabet: str, length: int) -> str:
        """Random characters that are mixed enough to be a token: at least one letter and one digit."""
        body = "".join(rng.choice(alphabet) for _ in range(length - 2))
        return body + rng.choice([c for c in alphabet if c.isalpha()]) + rng.choice("23456789")

    def alnum(length: int) -> str:
        return some(_ALNUM, length)

    def lower(length: int) -> str:
        return "".join(rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiou") for _ in range(length // 2))

    def hexa(length: int) -> str:
        return some(_HEX, length)

    def b64(length: int) -> str:
        return base64.b64encode(rng.randbytes(length)).decode()

    def url64(length: int) -> str:
        return base64.urlsafe_b64encode(rng.randbytes(length)).decode().rstrip("=")

    def luhn(start: str, length: int) -> str:
        digits = start + "".join(rng.choice(string.digits) for _ in range(length - len(start) - 1))
        total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
        return digits + str(-total % 10)

    def iban() -> str:
        bban = "".join(rng.choice(string.digits) for _ in range(18))
        check = 98 - int(bban + "131400") % 97
        return f"DE{check:02}{bban}"

    secrets: list[Secret] = []

    def put(kind: str, text: str, *needles: str) -> None:
        secrets.append(Secret(kind, text, needles or (text,)))

    def keyed(kind: str, template: str, value: str) -> None:
        put(kind, template.replace("{}", value), value)

    # tokens that are known by their form
    put("github", "ghp_" + alnum(36))
    put("github-fine", "github_pat_" + alnum(22) + "_" + alnum(59))
    put("gitlab", "glpat-" + alnum(20))
    put("slack", f"xoxb-{rng.randrange(10**11, 10**12)}-{rng.randrange(10**12, 10**13)}-{alnum(24)}")
    put("anthropic", "sk-ant-api03-" + url64(70)[:93] + "AA")
    put("openai", "sk-proj-" + alnum(48))
    put("aws-id", "AKIA" + some(string.ascii_uppercase + "234567", 16))
    put("google", "AIza" + alnum(35))
    put("stripe", "sk_live_" + alnum(24))
    put("sendgrid", f"SG.{alnum(22)}.{alnum(43)}")
    put("npm", "npm_" + alnum(36))
    put("pypi", "pypi-AgEIcHlwaS5vcmc" + url64(60))
    put("huggingface", "hf_" + some(string.ascii_letters, 34))
    put("digitalocean", "dop_v1_" + hexa(64))
    put("docker", "dckr_pat_" + url64(20))
    put("grafana", f"glsa_{alnum(32)}_{hexa(8)}")
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    payload = (
        base64.urlsafe_b64encode(json.dumps({"sub": lower(10), "iat": 1_700_000_000}).encode()).decode().rstrip("=")
    )
    put("jwt", f"{header}.{payload}.{url64(32)}", payload)
    # values that are known by what stands before them
    keyed("aws-secret", "aws_secret_access_key = {}", b64(30))
    keyed("env", "DB_PASSWORD={}", alnum(18))
    keyed("json-password", '{"password": "{}"}', alnum(16))
    keyed("yaml-secret", "client_secret: {}", alnum(32))
    keyed("cli", "mysqldump --password={} shop", alnum(14))
    keyed("api-key", "api_key='{}'", hexa(32))
    keyed("bearer", "Authorization: Bearer {}", url64(24))
    keyed("basic", "Authorization: Basic {}", b64(18))
    keyed("cookie", "Cookie: sessionid={}", alnum(32))
    keyed("x-api-key", "X-Api-Key: {}", hexa(40))
    keyed("kubeconfig", "    token: {}", alnum(40))
    keyed("pgpass", "PGPASSWORD={} psql shop", alnum(15))
    keyed("azure", "AccountName=shop;AccountKey={};EndpointSuffix=core.windows.net", b64(64))
    # addresses with credentials
    keyed("postgres", "postgres://shop:{}@127.0.0.1:5432/shop", alnum(16))
    keyed("mongodb", "mongodb+srv://shop:{}@127.0.0.1/shop", alnum(16))
    keyed("redis", "redis://:{}@127.0.0.1:6379/0", alnum(20))
    keyed("url-basic", "https://shop:{}@example.com/x", alnum(17))
    keyed("url-token", "https://example.com/x?access_token={}&y=1", alnum(30))
    keyed("slack-hook", f"https://hooks.slack.com/services/T0{alnum(8).upper()}/B0{alnum(8).upper()}/{{}}", alnum(24))
    # keys over several lines
    lines = [b64(48) for _ in range(4)]
    block = "\n".join(lines)
    put("pem", f"-----BEGIN RSA PRIVATE KEY-----\n{block}\n-----END RSA PRIVATE KEY-----", *lines)
    lines = [b64(48) for _ in range(3)]
    block = "\n".join(lines)
    put("openssh", f"-----BEGIN OPENSSH PRIVATE KEY-----\n{block}\n-----END OPENSSH PRIVATE KEY-----", *lines)
    # people
    local, last = lower(6) + "." + lower(8), lower(10)
    put("email", f"{local}@{last}-mail.com", local, f"{last}-mail")
    name = lower(10)
    put("email-unicode", f"zoë.{name}@{lower(8)}-post.de", name)
    keyed("phone", "phone: {}", f"+49 1512 {rng.randrange(1000000, 9999999)}")
    card = luhn("4", 16)
    grouped = " ".join(card[i : i + 4] for i in range(0, 16, 4))
    put("card", f"card {grouped}", grouped)
    account = iban()
    spaced = " ".join(account[i : i + 4] for i in range(0, 22, 4))
    put("iban", f"IBAN {spaced}", spaced)
    keyed("national-id", "SSN: {}", f"{rng.randint(201, 649)}-{rng.randint(11, 98)}-{rng.randint(1001, 9998)}")
    first, second = lower(8).capitalize(), lower(10).capitalize()
    put("trailer", f"Signed-off-by: {first} {second} <{first.lower()}@{second.lower()}.org>", first, second)
    # machines
    keyed("ipv4", "connect to {} first", "10." + ".".join(str(rng.randint(101, 250)) for _ in range(3)))
    keyed("ipv6", "connect to {} first", "2a02:8071:" + ":".join(hexa(4) for _ in range(6)))
    keyed("mac", "ether {} txqueuelen", ":".join(hexa(2) for _ in range(6)))
    machine = lower(8)
    put("host", f"https://{machine}.corp.internal/x", machine)
    person, box = lower(8), lower(8)
    put("prompt", f"{person}@{box}:~/src$ ls", person)
    # places
    for kind, template in (
        ("home", "/home/{}/project/greet.py"),
        ("mac-home", "/Users/{}/Library/x.txt"),
        ("windows", "C:\\Users\\{}\\x.txt"),
        ("windows-escaped", "C:\\\\Users\\\\{}\\\\x.txt"),
        ("wsl", "/mnt/c/Users/{}/x.txt"),
        ("file-url", "file:///home/{}/x.txt"),
        ("slug", "-home-{}-project"),
    ):
        keyed(kind, template, lower(10))
    return secrets


def sentence(rng: random.Random, secret: Secret) -> str:
    """The secret in free text, with innocent words around it."""
    before, after = rng.sample(INNOCENT, 2)
    return f"please look at {before}\n{secret.text}\nand then at {after} too"


def found_in(places: Mapping[str, bytes], secrets: Sequence[Secret]) -> list[str]:
    """Where any private part of a secret is, as it stands or said in another way: "place: kind, how"."""
    found = []
    ways = [(secret.kind, how, way) for secret in secrets for needle in secret.needles for how, way in _ways(needle)]
    for place, content in places.items():
        folded = content.lower()
        for kind, how, way in ways:
            if (way in content) if how.startswith("base64") else (way.lower() in folded):
                found.append(f"{place}: {kind}, {how}")
    return found


def _ways(needle: str) -> Iterable[tuple[str, bytes]]:
    raw = needle.encode()
    yield "as it is", raw
    yield "reversed", needle[::-1].encode()
    yield "hex", raw.hex().encode()
    yield "JSON", json.dumps(needle)[1:-1].encode()
    yield "percent", quote(needle, safe="").encode()
    yield "UTF-16", needle.encode("utf-16-le")
    if len(raw) >= 9:
        for shift in range(3):
            for name, encode in _BASE64:
                said = encode(bytes(shift) + raw)
                cut = said[(shift * 8 + 5) // 6 : len(said) - 4]
                yield f"base64 ({name}, {shift})", cut


_BASE64: tuple[tuple[str, Callable[[bytes], bytes]], ...] = (
    ("standard", base64.b64encode),
    ("URL", base64.urlsafe_b64encode),
)
