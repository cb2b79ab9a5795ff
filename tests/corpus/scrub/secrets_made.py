"""Made-up credentials that have a structure: JWT, PEM blocks, keys without an issuer's mark."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from random import Random

from tests.corpus.scrub.case import Recipe
from tests.corpus.scrub.shapes import made, run

__all__ = ["CREDENTIALS", "PEM_KINDS"]

PEM_KINDS = ("RSA ", "EC ", "", "OPENSSH ", "DSA ", "ENCRYPTED ")
_DASHES = "-" * 5


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwt(random: Random) -> str:
    head = {"alg": random.choice(("HS256", "RS256", "ES256", "EdDSA")), "typ": "JWT"}
    if random.random() < 0.4:
        head["kid"] = run("h", 16, random)
    body = {"sub": str(random.randint(10**9, 10**10)), "iat": 1_760_000_000 + random.randint(0, 10**6)}
    if random.random() < 0.6:
        body |= {"iss": "https://auth.acmecorp.io/", "aud": "api"}
    parts = [_url64(json.dumps(part, separators=(",", ":")).encode()) for part in (head, body)]
    return ".".join([*parts, _url64(random.randbytes(random.choice((32, 64, 256))))])


def _jwe(random: Random) -> str:
    head = _url64(json.dumps({"alg": "RSA-OAEP", "enc": "A256GCM"}, separators=(",", ":")).encode())
    return ".".join([head, *(_url64(random.randbytes(n)) for n in (256, 12, 60, 16))])


def _pem(random: Random) -> str:
    kind = random.choice(PEM_KINDS)
    code = base64.b64encode(random.randbytes(random.choice((118, 600, 1190)))).decode()
    lines = [code[i : i + 64] for i in range(0, len(code), 64)]
    name = f"{kind}PRIVATE KEY"
    return "\n".join([f"{_DASHES}BEGIN {name}{_DASHES}", *lines, f"{_DASHES}END {name}{_DASHES}"])


def _pem_cut(random: Random) -> str:
    """As a log with a limit leaves it: no end."""
    return "\n".join(_pem(random).split("\n")[: random.randint(4, 7)])


def _pem_one_line(random: Random) -> str:
    """With line ends as JSON and .env files write them."""
    return _pem(random).replace("\n", "\\n")


def _pem_tail(random: Random) -> str:
    """Without its beginning."""
    return "\n".join(_pem(random).split("\n")[-3:])


def _pgp(random: Random) -> str:
    code = base64.b64encode(random.randbytes(700)).decode()
    lines = [code[i : i + 64] for i in range(0, len(code), 64)]
    name = "PGP PRIVATE KEY BLOCK"
    return "\n".join(
        [f"{_DASHES}BEGIN {name}{_DASHES}", "", *lines, f"={run('A', 4, random)}", f"{_DASHES}END {name}{_DASHES}"]
    )


def _basic(random: Random) -> str:
    plain = f"{run('v', 7, random)}:{run('A', 14, random)}"
    return base64.b64encode(plain.encode()).decode()


def _base64_data(random: Random) -> str:
    return base64.b64encode(random.randbytes(random.choice((150, 900)))).decode()


CREDENTIALS: Mapping[str, Recipe] = {
    "jwt": _jwt,
    "jwe": _jwe,
    "pem": _pem,
    "pem-cut": _pem_cut,
    "pem-indented": lambda r: _pem(r).replace("\n", "\n    "),
    "pem-one-line": _pem_one_line,
    "pem-tail": _pem_tail,
    "pgp": _pgp,
    "basic": _basic,
    "base64-data": _base64_data,
    "hex32": made("{h32}"),
    "hex40": made("{h40}"),
    "hex64": made("{h64}"),
    "key20": made("{A20}"),
    "key24": made("{A24}"),
    "key32": made("{A32}"),
    "key40": made("{A40}"),
    "key43": made("{B43}"),
    "key44": made("{b43}="),
    "key64": made("{b64}"),
    "key68": made("{B68}"),
    "uuid": made("{uuid}"),
    "digits6": made("{d6}"),
}
