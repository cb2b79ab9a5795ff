"""Ids are random, of one owner, replaceable, and different for each destination."""

import json
import multiprocessing
import os
import re
import stat
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.identity import (
    ANONYMOUS_ID_MAX_AGE_US,
    DAY_US,
    OutgoingPseudonyms,
    RotatingSalt,
    load_anonymous_id,
    make_machine_id,
    replace_anonymous_id,
)
from tachograph_sdk.privacy.pseudonym import Pseudonymizer

NOW = 1_795_000_000_000_000
SECRET = b"s" * 32


def load(path, start, answers):
    start.wait()
    answers.put(load_anonymous_id(path, now_us=NOW))


@pytest.mark.parametrize("before", [None, b"junk", b"", b'{"id": 7}', b"\xff\xfe"])
def test_all_processes_get_the_same_id_whatever_was_there(tmp_path, before):
    path = tmp_path / "home" / "anonymous_id"
    if before is not None:
        path.parent.mkdir()
        path.write_bytes(before)
    context = multiprocessing.get_context("fork")
    start, answers = context.Event(), context.Queue()
    processes = [context.Process(target=load, args=(path, start, answers)) for _ in range(12)]
    for process in processes:
        process.start()
    start.set()
    seen = {answers.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    assert len(seen) == 1
    assert uuid.UUID(seen.pop()).version == 4
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_id_stays_for_thirteen_months_and_then_changes(tmp_path):
    path = tmp_path / "id"
    first = load_anonymous_id(path, now_us=NOW)
    assert load_anonymous_id(path, now_us=NOW + ANONYMOUS_ID_MAX_AGE_US - 1) == first
    later = load_anonymous_id(path, now_us=NOW + ANONYMOUS_ID_MAX_AGE_US)
    assert later != first
    assert load_anonymous_id(path, now_us=NOW + ANONYMOUS_ID_MAX_AGE_US + 1) == later
    assert first not in path.read_text()


def test_an_id_from_the_future_is_not_kept_for_ever(tmp_path):
    path = tmp_path / "id"
    first = load_anonymous_id(path, now_us=NOW + 100 * ANONYMOUS_ID_MAX_AGE_US)
    assert load_anonymous_id(path, now_us=NOW) != first


def test_an_id_that_another_program_left_is_taken_over_and_ages_from_now(tmp_path):
    path = tmp_path / ".anonymous_id"
    path.write_text("550E8400-E29B-41D4-A716-446655440000\n")
    assert load_anonymous_id(path, now_us=NOW) == "550e8400-e29b-41d4-a716-446655440000"
    assert json.loads(path.read_text())["made_us"] == NOW


def test_a_replaced_id_is_gone(tmp_path):
    path = tmp_path / "id"
    first = load_anonymous_id(path, now_us=NOW)
    second = replace_anonymous_id(path, now_us=NOW)
    assert first != second == load_anonymous_id(path, now_us=NOW)
    assert first not in path.read_text()


def test_a_home_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be read or written") as caught:
        load_anonymous_id(tmp_path / "file" / "id", now_us=NOW)
    assert "give another home" in caught.value.hint


def test_the_machine_has_one_id_for_each_secret_and_it_does_not_show_the_name(monkeypatch):
    monkeypatch.setattr("platform.node", lambda: "janes-laptop")
    first = make_machine_id(SECRET)
    assert re.fullmatch("m_[0-9a-f]{16}", first)
    assert make_machine_id(SECRET) == first != make_machine_id(b"t" * 32)
    monkeypatch.setattr("platform.node", lambda: "another")
    assert make_machine_id(SECRET) != first


def test_nothing_calls_for_the_machine_id():
    from tests.architecture.tree import ROOT

    users = [
        path.name
        for folder in ("src", "sdk/src")
        for path in (ROOT / folder).rglob("*.py")
        if "make_machine_id" in path.read_text()
    ]
    assert users == ["identity.py"]


def test_only_two_salts_are_kept_and_older_ones_cannot_be_read_again(tmp_path):
    path = tmp_path / "salts"
    salt = RotatingSalt(path)
    monday = salt.salt_for(NOW, now_us=NOW)
    tuesday = salt.salt_for(NOW + DAY_US, now_us=NOW + DAY_US)
    assert monday != tuesday
    assert salt.salt_for(NOW, now_us=NOW + DAY_US) == monday  # the session crosses midnight
    wednesday = salt.salt_for(NOW, now_us=NOW + 2 * DAY_US)
    assert wednesday not in (monday, tuesday)
    assert monday.hex() not in path.read_text()
    assert tuesday.hex() in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_process_has_the_same_salts(tmp_path):
    first, second = RotatingSalt(tmp_path / "salts"), RotatingSalt(tmp_path / "salts")
    assert first.salts(NOW) == second.salts(NOW)
    assert first.salts(NOW + DAY_US) == second.salts(NOW + DAY_US)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"a": "b"}', b'{"1": 2}', b'{"20775": "00"}'])
def test_a_damaged_file_gives_new_salts(tmp_path, content):
    path = tmp_path / "salts"
    path.write_bytes(content)
    assert len(RotatingSalt(path).salt_for(NOW, now_us=NOW)) == 32


def outgoing(folder, destination):
    return OutgoingPseudonyms(SECRET, RotatingSalt(folder / "salts"), destination=destination)


@given(
    kind=st.sampled_from(["session", "user", "organization", "project", "repository", "id"]), text=st.text(max_size=40)
)
def test_no_destination_sees_the_stores_name_or_that_of_another(tmp_path_factory, kind, text):
    folder = tmp_path_factory.getbasetemp() / "salts-of-all"
    local = Pseudonymizer(SECRET).name(kind, text) or "x"
    here = outgoing(folder, "webhook").rename(kind, local, began_us=NOW, now_us=NOW)
    there = outgoing(folder, "file").rename(kind, local, began_us=NOW, now_us=NOW)
    assert len({local, here, there}) == 3
    assert re.fullmatch("[0-9a-f]{32}" if kind == "id" else f"{kind[0]}_[0-9a-f]{{16}}", here)


def test_sessions_change_their_names_with_time_and_people_do_not(tmp_path):
    names = outgoing(tmp_path, "webhook")
    later = NOW + 2 * DAY_US

    def both(kind):
        return names.rename(kind, "x_1", began_us=NOW, now_us=NOW), names.rename(
            kind, "x_1", began_us=later, now_us=later
        )

    assert len(set(both("user"))) == 1
    assert len(set(both("session"))) == 2
    assert len(set(both("id"))) == 2


def test_who_looks_for_a_person_types_the_address_or_the_pseudonym():
    pseudonyms = Pseudonymizer(SECRET)
    jane = pseudonyms.user("Jane@Example.org")
    assert pseudonyms.name("user", "jane@example.org") == jane == pseudonyms.name("user", jane)
    assert pseudonyms.name("session", "jane@example.org") not in (jane, "jane@example.org")
    assert pseudonyms.name("model", "claude-sonnet-5-5") == "claude-sonnet-5-5"
    assert pseudonyms.name("user", "") == ""


def test_files_of_ids_are_made_at_once_or_not_at_all(tmp_path, monkeypatch):
    def fail(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ConfigError):
        load_anonymous_id(tmp_path / "id", now_us=NOW)
    assert list(tmp_path.iterdir()) == []
