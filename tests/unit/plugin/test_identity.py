"""A random id made once, kept through updates, never anything else; keys and pseudonyms."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.plugin_ship import SCRIPTS, script

identity, state = script("identity"), script("state")
OLD = "550e8400-e29b-41d4-a716-446655440000"


def test_the_id_is_random_private_and_stays(tmp_path: Path) -> None:
    made = identity.anonymous_id(str(tmp_path))
    assert uuid.UUID(made).version == 4
    assert identity.anonymous_id(str(tmp_path)) == made
    assert stat.S_IMODE((tmp_path / ".anonymous_id").stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    assert identity.anonymous_id(str(tmp_path / "other")) != made


def test_an_old_id_is_taken_over_from_the_plugins_folder_or_another_versions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for place in ("1.0.0", "0.9.0"):
        root = tmp_path / "cache" / "tachograph" / "metrics" / "1.0.0"
        root.mkdir(parents=True, exist_ok=True)
        data.mkdir(exist_ok=True)
        old = root.parent / place / ".anonymous_id"
        old.parent.mkdir(exist_ok=True)
        old.write_text(OLD + "\n")
        assert identity.anonymous_id(str(data), str(root)) == OLD
        assert (data / ".anonymous_id").read_text() == OLD + "\n"
        old.unlink()
        assert identity.anonymous_id(str(data), str(root)) == OLD
        (data / ".anonymous_id").unlink()


@pytest.mark.parametrize("junk", ["", "ada@example.com", OLD.replace("-41", "-11"), "x" * 9000, "\0", OLD + OLD])
def test_what_is_no_random_uuid_is_never_sent_but_replaced(tmp_path: Path, junk: str) -> None:
    (tmp_path / ".anonymous_id").write_text(junk)
    root = tmp_path / "metrics" / "1"
    root.mkdir(parents=True)
    (root / ".anonymous_id").write_text(junk)
    made = identity.anonymous_id(str(tmp_path), str(root))
    assert uuid.UUID(made).version == 4
    assert identity.anonymous_id(str(tmp_path), str(root)) == made


def test_there_is_no_id_where_none_can_be_kept(tmp_path: Path) -> None:
    assert identity.anonymous_id(str(tmp_path / "none")) is None
    (tmp_path / ".anonymous_id").mkdir()
    assert identity.anonymous_id(str(tmp_path)) is None
    (tmp_path / "linked").mkdir()
    (tmp_path / "secret").write_text(OLD)
    (tmp_path / "linked" / ".anonymous_id").symlink_to(tmp_path / "secret")
    assert identity.anonymous_id(str(tmp_path / "linked")) is None


def test_a_forgotten_id_does_not_come_back_from_an_old_place(tmp_path: Path) -> None:
    root = tmp_path / "metrics" / "1"
    root.mkdir(parents=True)
    (root / ".anonymous_id").write_text(OLD)
    assert identity.anonymous_id(str(tmp_path), str(root)) == OLD
    identity.forget(str(tmp_path))
    identity.forget(str(tmp_path))
    assert identity.anonymous_id(str(tmp_path), str(root)) not in (OLD, None)


def test_of_many_first_runs_at_once_one_makes_the_id(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPTS)!r}); import identity; print(identity.anonymous_id(sys.argv[1]))"
    )
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        running = [
            subprocess.Popen([sys.executable, "-I", "-S", "-B", "-c", code, str(folder)], stdout=subprocess.PIPE)
            for _ in range(12)
        ]
        assert len({process.communicate()[0] for process in running}) == 1
        assert os.listdir(folder) == [".anonymous_id"]


def test_a_key_is_made_once_and_a_damaged_one_is_not_replaced_in_silence(tmp_path: Path) -> None:
    key = identity.signing_key(str(tmp_path))
    assert len(bytes.fromhex(key)) == 32
    assert identity.signing_key(str(tmp_path)) == key
    assert stat.S_IMODE((tmp_path / "ingest.key").stat().st_mode) == 0o600
    (tmp_path / "ingest.key").write_text("abc")
    assert identity.signing_key(str(tmp_path)) is None
    assert identity.signing_key(str(tmp_path / "none")) is None


def test_a_sessions_pseudonym_is_its_own_over_midnight_and_leads_nowhere(tmp_path: Path) -> None:
    day = 1795138310.0
    kept = state.State(str(tmp_path))
    first = kept.pseudonym("s1", now=day)
    assert kept.pseudonym("s2", now=day) != first
    kept.save()
    again = state.State(str(tmp_path))
    assert again.pseudonym("s1", now=day + 86400) == first
    assert len(first) == 32
    other = state.State(str(tmp_path / "none"))
    assert other.pseudonym("s1", now=day) != first


def test_another_day_has_another_salt_and_the_old_one_is_gone(tmp_path: Path) -> None:
    day = 1_600_000_000.0  # in 2020
    kept = state.State(str(tmp_path))
    kept.pseudonym("s1", now=day)
    salts = {kept._salt["salt"]}
    kept.pseudonym("s2", now=day + 60)
    assert {kept._salt["salt"]} == salts
    kept.pseudonym("s3", now=day + 86400)
    assert kept._salt["salt"] not in salts
    kept.save()
    assert "salt" not in state.State(str(tmp_path))._salt, "a salt of another day than today is written down"
