"""The gate: who objected or was erased is not kept, whatever way the record comes, and nobody can be read from the files."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tachograph.pipeline.refusals import (
    Cause,
    FreshRefusals,
    Hashes,
    Refusal,
    read_refusals,
    refusal_of,
    write_refusals,
)
from tachograph.pipeline.steps.gate import Gate
from tachograph.ports import Drops
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent, Source
from tachograph_sdk.model.subject import Footprint, Selection
from tachograph_sdk.privacy.content import CONTENT
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import event_id

SECRET = b"a secret of thirty-two bytes len"
NAMES = Pseudonymizer(SECRET)
NOW_US = 1_795_000_000_000_000
NOTHING = Footprint(sessions=(), events=(), last_us=0)


def raw(at_us: int = NOW_US, *, key: bytes = b"k", received_us: int = NOW_US + 5, **attributes: Any) -> RawEvent:
    return RawEvent(
        agent="claude_code",
        source=Source.OTEL_LOG,
        name="api_request",
        kind=EventKind.API_REQUEST,
        at_ns=at_us * 1000,
        received_us=received_us,
        key=key,
        attributes=attributes,
    )


class Home:
    def __init__(self, folder: Path) -> None:
        self.objections, self.tombstones = folder / "objections.json", folder / "tombstones.json"
        self.gate = Gate(refusals=FreshRefusals(SECRET, self.objections, self.tombstones))
        self.drops: Drops = {}

    def keeps(self, record: RawEvent) -> bool:
        self.drops = {}
        return bool(self.gate([record], self.drops))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def made(cause: Cause, selection: Selection, footprint: Footprint = NOTHING, **more: Any) -> Refusal:
    end = more.pop("end_us", None)
    return refusal_of(Hashes(SECRET, cause), cause, "one", selection, footprint, made_us=NOW_US, end_us=end, **more)


def test_an_objection_holds_from_the_next_batch_on_and_is_counted(home: Home) -> None:
    jane = raw(user_id="Jane@Example.org", session_id="a")
    assert home.keeps(jane)
    write_refusals(home.objections, [made(Cause.OBJECTION, Selection(users=(NAMES.user("jane@example.org"),)))])
    assert not home.keeps(jane)
    assert home.drops == {(DropReason.OBJECTED, "api.request"): 1}
    assert home.keeps(raw(user_id="bob@example.org", session_id="a"))
    write_refusals(home.objections, [])
    assert home.keeps(jane)


def test_a_session_of_somebody_who_objected_is_refused_where_it_does_not_say_whose_it_is(home: Home) -> None:
    known = Footprint(sessions=(NAMES.session("a"),), events=(), last_us=0)
    selection = Selection(users=(NAMES.user("jane@example.org"),))
    write_refusals(home.objections, [made(Cause.OBJECTION, selection, known)])
    assert not home.keeps(raw(session_id="a", project="/x"))
    assert home.keeps(raw(session_id="b", project="/x"))
    assert home.keeps(raw(project="/x"))


def test_all_that_is_given_must_hold(home: Home) -> None:
    both = Selection(users=(NAMES.user("jane@example.org"),), projects=(NAMES.project("/x"),))
    write_refusals(home.objections, [made(Cause.OBJECTION, both)])
    assert home.keeps(raw(user_id="jane@example.org", project="/y"))
    assert home.keeps(raw(user_id="bob@example.org", project="/x"))
    assert not home.keeps(raw(user_id="jane@example.org", project="/x"))


def test_an_erasure_refuses_what_is_older_and_lets_in_what_is_new(home: Home) -> None:
    selection = Selection(users=(NAMES.user("jane@example.org"),))
    write_refusals(home.tombstones, [made(Cause.ERASURE, selection, end_us=NOW_US)])
    assert not home.keeps(raw(NOW_US - 1, user_id="jane@example.org"))
    assert home.drops == {(DropReason.ERASED, "api.request"): 1}
    assert home.keeps(raw(NOW_US, user_id="jane@example.org"))
    undated = raw(NOW_US + 9, received_us=NOW_US + 9, user_id="jane@example.org")
    assert not home.keeps(undated), "when it was nobody knows: it may be what was erased"


def test_a_single_record_is_known_again_by_its_id(home: Home) -> None:
    record = raw(key=b"the one", session_id="a")
    known = Footprint(sessions=(), events=(event_id("claude_code", Source.OTEL_LOG, b"the one"),), last_us=0)
    write_refusals(home.tombstones, [made(Cause.ERASURE, Selection(users=("u_0000000000000000",)), known)])
    assert not home.keeps(record)
    assert home.keeps(raw(key=b"another", session_id="a"))


def test_an_objection_to_one_purpose_leaves_the_others(home: Home) -> None:
    selection = Selection(sessions=(NAMES.session("a"),))
    write_refusals(home.objections, [made(Cause.OBJECTION, selection, purposes=("performance",))])
    record = raw(session_id="a", duration_ms=5, input_tokens=7)
    assert home.keeps(record)
    assert record.attributes == {"session_id": "a", "input_tokens": 7}
    assert home.drops == {(DropReason.OBJECTED, "duration_ms"): 1}


def test_an_objection_to_content_keeps_the_record_and_none_of_its_texts(home: Home) -> None:
    """The rows that keep texts are those of one preset, and not of the one that holds by default."""
    write_refusals(
        home.objections, [made(Cause.OBJECTION, Selection(sessions=(NAMES.session("a"),)), purposes=("content",))]
    )
    for text in CONTENT:
        for kind in text.kinds:
            for name in (text.attribute, *text.names):
                record = dataclasses.replace(raw(), kind=kind, attributes={"session_id": "a", name: "what was asked"})
                assert home.keeps(record)
                assert record.attributes == {"session_id": "a"}, (kind, name)
                assert home.drops == {(DropReason.OBJECTED, name): 1}


def test_everything_can_be_refused(home: Home) -> None:
    write_refusals(home.objections, [made(Cause.OBJECTION, Selection(everything=True))])
    assert not home.keeps(raw())


def test_the_files_hold_neither_identifiers_nor_pseudonyms_and_cannot_be_joined(home: Home) -> None:
    user = NAMES.user("jane@example.org")
    selection = Selection(users=(user,))
    known = Footprint(sessions=(NAMES.session("a"),), events=("ab" * 16,), last_us=0)
    for cause, path in ((Cause.OBJECTION, home.objections), (Cause.ERASURE, home.tombstones)):
        write_refusals(path, [made(cause, selection, known)])
        assert path.stat().st_mode & 0o777 == 0o600
        text = path.read_text()
        for secret in ("jane", user, user[2:], NAMES.session("a")[2:], "ab" * 16):
            assert secret not in text
    told = [json.loads(path.read_text())["refusals"][0] for path in (home.objections, home.tombstones)]
    hashes = [{*one["names"]["user"], *one["sessions"], *one["events"]} for one in told]
    assert not hashes[0] & hashes[1]
    assert read_refusals(home.objections, Cause.OBJECTION)[0] == made(Cause.OBJECTION, selection, known)


def test_a_damaged_file_stops_the_start_and_changes_nothing_while_it_runs(home: Home, tmp_path: Path) -> None:
    jane = raw(user_id="jane@example.org")
    write_refusals(home.objections, [made(Cause.OBJECTION, Selection(users=(NAMES.user("jane@example.org"),)))])
    assert not home.keeps(jane)
    home.objections.write_bytes(b"{]")
    os.utime(home.objections, ns=(1, 1))
    assert not home.keeps(jane), "what was refused stays refused"
    with pytest.raises(ConfigError, match=r"objections\.json"):
        Home(tmp_path)
