"""Pseudonyms: steady, separate by kind, useless without the secret; the secret is made once and stays private."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

SECRET = b"0123456789abcdef0123456789abcdef"
KINDS = ("session", "user", "organization", "repository", "project", "file")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_text_gives_the_same_pseudonym(kind: str) -> None:
    one, other = (getattr(Pseudonymizer(SECRET), kind) for _ in range(2))
    assert one("5a98ef07") == other("5a98ef07")
    assert one("5a98ef07") != one("5a98ef08")
    assert one("5a98ef07") != getattr(Pseudonymizer(b"x" * 32), kind)("5a98ef07")
    assert one("5a98ef07")[:2] == f"{kind[0]}_"
    assert len(one("5a98ef07")) == 18


def test_kinds_do_not_meet() -> None:
    pseudonyms = Pseudonymizer(SECRET)
    digits = {getattr(pseudonyms, kind)("the same text")[2:] for kind in KINDS}
    assert len(digits) == len(KINDS)


def test_known_values_stay_as_they_are() -> None:
    """Stored data would come apart if these changed."""
    pseudonyms = Pseudonymizer(SECRET)
    assert pseudonyms.session("5a98ef07-adbe-4543-991e-303ae0d5d302") == "s_3701558646e13c36"
    assert pseudonyms.user("dev@example.com") == "u_f0031516e94cc249"


def test_an_address_is_the_same_in_any_case() -> None:
    pseudonyms = Pseudonymizer(SECRET)
    assert pseudonyms.user(" Dev@Example.COM") == pseudonyms.user("dev@example.com")
    assert pseudonyms.project("/Home") != pseudonyms.project("/home")


def test_nothing_has_no_pseudonym() -> None:
    pseudonyms = Pseudonymizer(SECRET)
    with pytest.raises(ValueError):
        pseudonyms.session("")
    for nothing in (None, "", 5, True, b"x"):
        assert pseudonyms.sessions[nothing] is None


def test_representations_show_no_text_and_no_secret() -> None:
    pseudonyms = Pseudonymizer(SECRET)
    pseudonyms.session("plain text")
    for shown in (repr(pseudonyms), repr(pseudonyms.sessions), str(pseudonyms.sessions)):
        assert "plain" not in shown
        assert "0123" not in shown


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ConfigError):
        Pseudonymizer(b"short")


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret.key"
    old = os.umask(0)
    try:
        secret = load_or_create_secret(path)
    finally:
        os.umask(old)
    assert len(secret) == 32
    assert load_or_create_secret(path) == secret == path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["secret.key"], "no temporary file stays behind"
    assert load_or_create_secret(tmp_path / "other.key") != secret


def test_many_at_once_get_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    found: list[bytes] = []
    start = threading.Barrier(8)

    def load() -> None:
        start.wait()
        found.append(load_or_create_secret(path))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_secret_is_said_not_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret.key"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_or_create_secret(path)
    assert caught.value.hint
    assert path.read_bytes() == content


def test_a_secret_that_cannot_be_made_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        load_or_create_secret(tmp_path / "file" / "secret.key")
