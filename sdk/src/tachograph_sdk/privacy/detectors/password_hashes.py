"""Finds hashes of passwords, as in /etc/shadow, htpasswd and the tables of web frameworks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_CRYPT = re.compile(
    rb"\$(?:2[abxy]?\$[0-9]{2}\$[./A-Za-z0-9]{40,53}+|argon2(?:id|i|d)\$v=[0-9]{1,3}\$[a-z0-9=,]{5,64}\$[A-Za-z0-9+/]{8,}+\$[A-Za-z0-9+/]{16,}+"
    rb"|(?:[156]|apr1|md5|sha1|y|gy|7|scrypt)\$(?:rounds=[0-9]{1,9}\$)?[A-Za-z0-9./,=]{1,32}+\$[A-Za-z0-9./$+=]{20,}+"
    rb"|pbkdf2(?:-sha[0-9]{1,3})?\$[0-9]{1,9}\$[A-Za-z0-9./]{4,}+\$[A-Za-z0-9./+=]{16,}+)"
)
_NAMED = re.compile(
    rb"(?:pbkdf2[:_]sha(?:1|256|512)(?::[0-9]{1,9})?\$(?:[0-9]{1,9}\$)?[A-Za-z0-9]{4,64}\$[A-Za-z0-9+/=]{20,}+"
    rb"|scrypt:[0-9]{1,9}:[0-9]{1,4}:[0-9]{1,4}\$[A-Za-z0-9]{4,64}\$[a-f0-9]{32,}+"
    rb"|bcrypt_sha256\$\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{40,53}+)"
)
_LDAP = re.compile(rb"\{(?:S?SHA(?:256|512)?|S?MD5|CRYPT)\}[A-Za-z0-9+/$.]{20,}+={0,2}")


def _find(text: Text) -> Iterator[Span]:
    data = text.ascii
    named = text.places(b"pbkdf2") or text.places(b"scrypt:") or text.places(b"bcrypt_sha")
    at = data.find(b"$")
    while at >= 0:
        match = _CRYPT.match(data, at)
        if match is None and named and data[at - 1 : at].isalnum():
            names = [data.rfind(name, max(at - 28, 0), at) for name in (b"pbkdf2", b"scrypt:", b"bcrypt_sha")]
            if max(names) >= 0:
                match = _NAMED.match(data, max(names))
        if match:
            yield Span(*match.span(), "password", "password-hash")
        at = data.find(b"$", max(match.end(), at + 1) if match else at + 1)
    if b"SHA" in data or b"{MD5}" in data or b"{CRYPT}" in data:
        for match in _LDAP.finditer(data):
            yield Span(*match.span(), "password", "password-hash")


_B = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

DETECTOR = Detector(
    id="password_hashes",
    help="Hashes of passwords (bcrypt, argon2, scrypt, PBKDF2, crypt, LDAP).",
    find=_find,
    catches=(
        (f"jane:$2b$12${_B}", "jane:<password>"),
        ("root:$6$rounds=5000$saltsalt$" + _B + ":19000:0:99999:7:::", "root:<password>:19000:0:99999:7:::"),
        (f"'$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ${_B[:43]}'", "'<password>'"),
        (f"pbkdf2_sha256$600000$q8Zr2LmX0pTn${_B[:43]}=", "<password>"),
        (f"userPassword: {{SSHA}}{_B[:32]}==", "userPassword: <password>"),
        (f"admin:$apr1$q8Zr2LmX${_B[:22]}", "admin:<password>"),
    ),
    spares=("echo $1$2", "cost is $2.50 or $6", "awk '{print $1}'", "${SHA}", "{SHA} is the revision", "$2b$ is the prefix of bcrypt"),
    signs=(b"$", b"{"),
    anchors=(b"pbkdf2", b"scrypt:", b"bcrypt_sha"),
)  # fmt: skip
