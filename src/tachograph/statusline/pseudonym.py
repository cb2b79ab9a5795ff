"""A session's pseudonym, as `tachograph_sdk.privacy.pseudonym` makes it, without loading OpenSSL for one hash."""

from __future__ import annotations

import os

from tachograph.statusline.files import read_small

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["session_pseudonym"]

SECRET = "secret.key"  # noqa: S105 - a file's name
_BLOCK = 64


def session_pseudonym(home: str, session: str) -> str | None:
    """`s_` and 16 hex digits; None where the installation has no secret yet."""
    try:
        secret = read_small(os.path.join(home, SECRET), 1024)
    except (OSError, ValueError):
        return None
    if len(secret) != 32:
        return None
    return "s_" + _hmac_sha256(secret, b"session\0" + session.encode("utf-8", "surrogatepass")).hex()[:16]


def _hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104, for keys that are not longer than a block."""
    sha256 = _sha256()
    key = key.ljust(_BLOCK, b"\0")
    inner = sha256(bytes(b ^ 0x36 for b in key) + message).digest()
    digest: bytes = sha256(bytes(b ^ 0x5C for b in key) + inner).digest()
    return digest


def _sha256() -> Any:
    """The interpreter's own, without the two or three milliseconds that loading OpenSSL takes."""
    for name in ("_sha2", "_sha256"):  # from 3.12; before
        try:
            return __import__(name).sha256
        except ImportError:
            continue
    from hashlib import sha256

    return sha256
