"""What the name of a setting says about its value: `db_password` and `clientSecret` hold secrets, `max_tokens` does not.

Tokens are a metric in this product: a name counts only if it ends in a word for a secret, so that `token_count`,
`password_reset_url` and `secret_name` are not even looked at.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["SecretName", "secret_name"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


class SecretName(NamedTuple):
    """What a name promises: the kind of its value, and whether that is sure or has to look like a secret itself."""

    kind: str  # "password", "token", "secret" or "phrase" (words that make a key)
    sure: bool


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PASSWORD = re.compile(
    r"(?:password|passwd|passwort|passphrase|passcode|pwd|pswd|passw|requirepass|masterauth|kennwort|passe|wachtwoord|senha|heslo|parola)$"
)
_PASS = re.compile(
    r"(?:db|database|user|smtp|mysql|mariadb|pg|postgres|sql|root|admin|ssh|mail|email|imap|ftp|redis|mongo|rabbitmq|login"
    r"|http|auth|sudo|vpn|wifi|ldap|jdbc|account|service|app|api|key|cert|keystore|store)pass$"
)
_PHRASE = re.compile(r"(?:mnemonic|seedphrase|recoveryphrase|secretphrase|walletphrase|backupphrase|seedwords)$")
_SURE_KEY = re.compile(
    r"(?:api|access|secret|private|auth|encryption|encrypt|signing|sign|master|account|shared|storage|subscription|"
    r"license|deploy|integration|instrumentation|app|application|session|admin|root|server|function|hmac|aes|crypt|"
    r"fernet|jwt|write|ingest|ingestion|insert|service|client|consumer|cookie|routing|webhook|wallet|security|"
    r"connection|credential|provisioning|cipher|decryption|unseal|wif)key(?:base)?$"
)
_NO_KEY = _set(
    "public primary foreign cache sort partition group idempotency dedup dedupe lookup row index object bucket range hash"
    " map dict translation unique composite natural surrogate registry hot arrow press s3 sshpublic host"
)  # fmt: skip
_ENDS = _set(
    "value data b64 base64 string text plain plaintext raw new old confirm confirmation again repeat prod production dev"
    " development staging live default current env override header"
)  # fmt: skip
_NO_TOKEN = _set(
    "next page nextpage continuation pad eos bos unk sep cls mask special stop start end first last per max min input"
    " output prompt completion cached total prev previous sync resume cancel cancellation lexer parser syntax current"
    " text word sub by each every one two three a an the this that any no per count num number of lookahead"
)  # fmt: skip


@lru_cache(maxsize=8192)
def secret_name(name: str) -> SecretName | None:
    """What the value of this name is, if it is a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    while words and (words[-1] in _ENDS or words[-1].isdigit()):
        words.pop()
    if not words:
        return None
    last, flat = words[-1], "".join(words)
    if _PASSWORD.search(flat):
        return SecretName("password", True)
    if _PASS.search(flat):
        return SecretName("password", True)
    if last == "pw":
        return SecretName("password", False)
    if last == "pass" and words[-2:-1] not in (["proxy"], ["first"], ["second"], ["by"]):
        return SecretName("password", False)
    if _PHRASE.search(flat):
        return SecretName("phrase", True)
    if flat.endswith("secret"):
        return SecretName("secret", True)
    if flat.endswith(("key", "keybase")):
        return _key(words, flat)
    if flat.endswith("accesskeyid"):
        return SecretName("secret", True)
    if flat.endswith("token") and not flat.endswith("publickeytoken"):
        before = words[-2] if last == "token" and len(words) > 1 else last.removesuffix("token")
        return None if before in _NO_TOKEN else SecretName("token", True)
    if last == "pat" and len(words) > 1:
        return SecretName("token", name.isupper())
    if last in ("auth", "credential", "credentials", "creds", "cred"):
        return SecretName("secret", False)
    return None


def _key(words: list[str], flat: str) -> SecretName | None:
    if _SURE_KEY.search(flat):
        return SecretName("secret", True)
    if words[-1] != "key" or len(words) < 2 or words[-2] in _NO_KEY:
        return None
    return SecretName("secret", False)
