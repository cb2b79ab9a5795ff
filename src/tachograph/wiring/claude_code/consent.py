"""The plugin's consent, its key, and the receiver's list of keys: the same files that `/metrics:consent` writes."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import create_once, lock_file, replace_file

__all__ = [
    "DEFAULT_ENDPOINT",
    "FORMS",
    "WHAT_IS_SENT",
    "check_endpoint",
    "is_loopback",
    "key_id_of",
    "make_key",
    "read_consent",
    "read_key",
    "register_key",
    "unregister_key",
    "write_consent",
]

DEFAULT_ENDPOINT = "http://127.0.0.1:4318"
FORMS = ("native", "compat")
_KEPT_AFTER_A_NO = ("consent.json", "ingest.key", "metrics.log", "metrics.log.1", ".forgotten")
# As the plugin's own sending.py: nothing that is read as another host than the one that the connection goes to.
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_KEY = re.compile(r"[0-9a-f]{64}")
WHAT_IS_SENT = (
    "names of slash commands and skills, your own too (anything else is `custom`), when, and how long the prompt was",
    "at the end of a session: how long it took, and how many turns, tool calls, errors and tokens there were, by model",
    "a random id of this installation, the operating system's name, the session's id",
    "never: text of prompts or answers, arguments, paths, file contents, any other name of a person, machine or project",
)


def check_endpoint(url: str) -> str:
    """The address without a trailing slash.

    Raises:
        ConfigError: it is none that the plugin may send to.
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fine = False
    else:
        fine = fine and not (parts.query or parts.fragment) and bool(_HOST_AND_PORT.fullmatch(parts.netloc))
    if not fine or not re.fullmatch(r"[\x21-\x7e]{8,500}", url):
        raise ConfigError("this endpoint is no plain http or https address", hint=f"such as {DEFAULT_ENDPOINT}")
    return url.rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether the address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_consent(data: Path) -> dict[str, Any] | None:
    """What was decided; None where nothing was, or nobody can read it."""
    try:
        said = json.loads((data / "consent.json").read_bytes())
    except (OSError, ValueError):
        return None
    is_decision = isinstance(said, dict) and said.get("version") == 1 and said.get("status") in ("granted", "denied")
    return said if is_decision else None  # as the plugin's own scripts/places.py reads it


def write_consent(data: Path, *, granted: bool, endpoint: str, form: str) -> None:
    """Write down what was decided, and when. After a no nothing is kept but that, the key and the log."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    data.chmod(0o700)
    decided = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = "granted" if granted else "denied"
    record = {"version": 1, "status": status, "decided_at": decided, "endpoint": endpoint, "form": form}
    replace_file(data / "consent.json", json.dumps(record).encode() + b"\n")
    if not granted:
        if (data / ".anonymous_id").exists():  # the next one is new, whatever older releases left elsewhere
            create_once(data / ".forgotten", b"")
        for path in data.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name not in _KEPT_AFTER_A_NO:
                path.unlink(missing_ok=True)


def make_key(data: Path) -> str:
    """The key that signs what is sent, as hex; made if there is none."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = create_once(data / "ingest.key", secrets.token_hex(32).encode() + b"\n").decode("ascii", "replace").strip()
    if not _KEY.fullmatch(key):
        raise ConfigError(f"{data / 'ingest.key'} holds no key", hint="remove the file: a new one is made")
    return key


def read_key(data: Path) -> str | None:
    """The key as hex; None where there is none."""
    try:
        key = (data / "ingest.key").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return key if _KEY.fullmatch(key) else None


def key_id_of(key: str) -> str:
    """What names a key without telling it."""
    return hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]


def register_key(keys: Path, key: str) -> bool:
    """Let the receiver of this home know the key. False if it did."""
    return _change(keys, key_id_of(key), key)


def unregister_key(keys: Path, key: str) -> bool:
    """Let it forget the key. False if it did not know it."""
    return keys.exists() and _change(keys, key_id_of(key), None)


def _change(keys: Path, key_id: str, key: str | None) -> bool:
    keys.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock_file(keys.with_name(f"{keys.name}.lock")):
        try:
            known = json.loads(keys.read_bytes())
        except FileNotFoundError:
            known = {}
        except (OSError, ValueError):
            known = None
        if not isinstance(known, dict):
            raise ConfigError(f"{keys} cannot be read", hint="correct or remove the file")
        if known.get(key_id) == key:
            return False
        if key is None:
            del known[key_id]
        else:
            known[key_id] = key
        replace_file(keys, json.dumps(known, indent=1).encode() + b"\n")
    return True
