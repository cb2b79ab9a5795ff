"""What gets into the outbox, and what does not."""

from __future__ import annotations

import json
import os
import stat
import threading

import pytest

from tachograph_sdk.errors import FieldNotAllowed, NotGranted, PayloadTooLarge
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.outbox.fields import EVENT_FIELDS, JSON, JSON_LINES
from tachograph_sdk.outbox.folders import State
from tachograph_sdk.outbox.purposes import CONSENT_FOR, MAY_LEAVE, WITH_ANY, may_leave
from tachograph_sdk.privacy.policy import POLICY, Purpose, Treatment
from tests.unit.outbox.parts import USAGE, Consent, Place, Time, event, make_outbox, put

PERFORMANCE, ERRORS = ConsentPurpose.PERFORMANCE_METRICS, ConsentPurpose.ERROR_REPORTING


def test_an_envelope_is_a_file_that_people_can_read(tmp_path):
    outbox = make_outbox(tmp_path, time=Time())
    envelope = put(outbox, Place(), events=[event(1), event(2)], about=["u_2", "u_1", "u_1"])
    assert envelope is not None
    (path,) = (tmp_path / "outbox" / "waiting").iterdir()
    line, _, body = path.read_bytes().partition(b"\n")
    told = json.loads(line)
    assert told.pop("check")
    assert told == {
        "tachograph_envelope": 1,
        "id": envelope.id,
        "idempotency_key": envelope.id,
        "sink": "place",
        "address": "https://collector.example.com/v1",
        "fingerprint": "f1",
        "purposes": ["usage_analytics"],
        "consents": {"usage_analytics": "entry-usage_analytics-1"},
        "policy_version": 3,
        "created_us": envelope.created_us,
        "events": 2,
        "size_bytes": len(body),
        "content_type": JSON_LINES,
        "sha256": envelope.sha256,
        "scrubbed": 0,
        "about": ["u_1", "u_2"],
    }
    assert [json.loads(one) for one in body.splitlines()] == [event(1), event(2)]
    assert body == envelope.body


def test_nobody_else_can_read_it(tmp_path):
    old = os.umask(0)
    try:
        outbox = make_outbox(tmp_path)
        put(outbox, Place())
        outbox.approve()
    finally:
        os.umask(old)
    for path in [tmp_path / "outbox", *(tmp_path / "outbox").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_off_means_that_nothing_is_even_put_in(tmp_path):
    outbox = make_outbox(tmp_path, mode="off")
    assert put(outbox, Place()) is None
    assert not (tmp_path / "outbox").exists()


@pytest.mark.parametrize("mode", ["review", "auto"])
def test_nothing_is_put_in_without_consent_for_each_purpose(tmp_path, mode):
    outbox = make_outbox(tmp_path, Consent(USAGE), mode=mode)
    for purposes in ([PERFORMANCE], [USAGE, PERFORMANCE], []):
        with pytest.raises((NotGranted, FieldNotAllowed)):
            put(outbox, Place(), purposes=purposes)
    assert outbox.entries() == []


@pytest.mark.parametrize("purpose", sorted(set(ConsentPurpose) - MAY_LEAVE))
def test_content_and_clear_names_never_leave_whatever_was_granted(tmp_path, purpose):
    outbox = make_outbox(tmp_path, Consent(*ConsentPurpose))
    with pytest.raises((NotGranted, FieldNotAllowed)):
        put(outbox, Place(), purposes=[purpose])
    with pytest.raises(NotGranted):
        put(outbox, Place(), purposes=[USAGE, purpose])


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": "PLANTED"},
        {"content_prompt": "PLANTED"},
        {"user_email": "x"},
        {"attributes": {"x": 1}},
        {"tool_name": ["Bash"]},
        {"tool_name": None},
        {"tool_result_bytes": -1},
        {"tool_result_bytes": 1.5},
        {"tool_result_bytes": True},
        {"kind": "tool.cal"},
        {"source": "elsewhere"},
        {"session_id": 7},
        {"pre_tokens": 7},  # declared, but not of a tool call
        {"duration_ms": 5},  # declared, but for another purpose
        {"error_class": "timeout"},
    ],
)
def test_a_field_that_is_not_declared_or_not_for_this_purpose_is_refused(tmp_path, wrong):
    outbox = make_outbox(tmp_path)
    with pytest.raises(FieldNotAllowed) as caught:
        put(outbox, Place(), events=[event(), {**event(), **wrong}])
    assert "PLANTED" not in caught.value.message
    assert outbox.entries() == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", JSON_LINES),
        (b"[]", JSON),
        (b"{}\n", JSON_LINES),
        (b"7\n", JSON_LINES),
        (b'{"event_id":"a"', JSON_LINES),
        (b"\xff\xfe\n", JSON_LINES),
        (b"[" * 100_000, JSON),
        (b"x=1", "application/x-www-form-urlencoded"),
        (json.dumps(event()).encode(), JSON),
        (json.dumps(event()).encode(), JSON_LINES),  # the last line is not ended
        (json.dumps(event()).encode()[:-1] + b',"tool_name":"hidden"}\n', JSON_LINES),  # a name twice
        (json.dumps(event()).encode()[:-1] + b',"tool_result_bytes":NaN}\n', JSON_LINES),
    ],
)
def test_what_cannot_be_looked_at_is_refused(tmp_path, body, content_type):
    outbox = make_outbox(tmp_path)
    with pytest.raises(FieldNotAllowed):
        outbox.put(Place(), purposes=[USAGE], body=body, content_type=content_type)


def test_every_declared_attribute_may_leave_for_one_purpose_or_never():
    """The table, row by row: an attribute that leaves has a consent that covers it, and leaves for no other."""
    leaves: dict[str, set[str]] = {}
    for rule in POLICY.rules:
        for kind in rule.kinds:
            name = rule.into or rule.attribute
            for purpose in ConsentPurpose:
                if may_leave(kind, name, [purpose]):
                    leaves.setdefault(name, set()).add(purpose)
                    assert name in ATTRIBUTES or name in EVENT_FIELDS
                    assert rule.treatment is not Treatment.DROP
                    assert rule.purpose in WITH_ANY or CONSENT_FOR[rule.purpose] is purpose
    assert leaves["tool_name"] == {USAGE}
    assert leaves["cost_nanousd"] == {PERFORMANCE}
    assert leaves["duration_ms"] == {PERFORMANCE}
    assert leaves["error_class"] == {ERRORS}
    assert leaves["user_id"] >= MAY_LEAVE
    assert not any(name.startswith("content_") or "prompt_text" in name for name in leaves)
    assert Purpose.NONE not in CONSENT_FOR
    assert not may_leave(EventKind.TOOL_CALL, "user_id", [])


def test_the_same_key_is_the_same_envelope(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    first, again, other = (put(outbox, place, key=key) for key in ("1-5", "1-5", "6-9"))
    assert first == again != other
    assert len(outbox.entries()) == 2


def test_two_installations_never_use_the_same_key(tmp_path):
    """Else a place that both send to would take the second envelope for the first one again."""
    place = Place()
    ids = {put(make_outbox(tmp_path / name), place, key="1-5").id for name in ("one", "two")}
    ids.add(put(make_outbox(tmp_path / "one"), Place(fingerprint="f2"), key="1-5").id)
    assert len(ids) == 3


def test_what_is_larger_than_the_outbox_is_refused(tmp_path):
    outbox = make_outbox(tmp_path, max_bytes=1000)
    with pytest.raises(PayloadTooLarge):
        put(outbox, Place(), events=[event(n) for n in range(20)])


def test_what_the_scrubber_still_finds_is_replaced_and_counted(tmp_path):
    outbox = make_outbox(tmp_path)
    envelope = put(outbox, Place(), events=[event(1), event(2, tool_name="hunter2"), event(3, tool_name="hunter2")])
    assert envelope is not None
    assert envelope.scrubbed == 2
    assert b"hunter2" not in envelope.body
    assert b"hunter2" not in b"".join(p.read_bytes() for p in (tmp_path / "outbox").rglob("*") if p.is_file())
    assert envelope.events == 3


def test_the_oldest_goes_when_there_is_too_much_and_a_receipt_says_so(tmp_path):
    outbox, place = make_outbox(tmp_path, max_envelopes=5), Place()
    ids = [put(outbox, place, number=n).id for n in range(8)]
    assert [entry.place.id for entry in outbox.entries()] == ids[3:]
    dropped = [(r["what"], r["id"], r["reason"], r["events"]) for r in outbox.receipts.read()]
    assert dropped == [("dropped", envelope, "number", 1) for envelope in ids[:3]]


def test_the_oldest_goes_when_it_is_too_large_together(tmp_path):
    outbox, place = make_outbox(tmp_path, max_bytes=4000), Place()
    for n in range(12):
        put(outbox, place, number=n)
    kept = outbox.entries()
    assert 1 < len(kept) < 12
    assert sum(entry.place.size_bytes for entry in kept) <= 4000
    assert {r["reason"] for r in outbox.receipts.read()} == {"size"}
    assert len(list(outbox.receipts.read())) == 12 - len(kept)


def test_what_waited_too_long_goes(tmp_path):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time, max_age_days=30, mode="review"), Place()
    put(outbox, place, number=1)
    time.pass_s(20 * 86_400)
    young = put(outbox, place, number=2)
    time.pass_s(11 * 86_400)
    assert outbox.keep_limits() == 1
    assert [entry.place.id for entry in outbox.entries()] == [young.id]
    assert [r["reason"] for r in outbox.receipts.read()] == ["age"]


def test_any_number_of_writers(tmp_path):
    place = Place()
    failures: list[BaseException] = []

    def write(start: int) -> None:
        outbox = make_outbox(tmp_path, max_envelopes=1000)
        try:
            for n in range(start, start + 10):
                put(outbox, place, number=n)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=write, args=(1000 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    entries = make_outbox(tmp_path).entries(State.WAITING)
    assert len({entry.envelope.id for entry in entries if entry.envelope}) == 80
