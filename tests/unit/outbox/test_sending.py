"""What leaves, when, and what is kept of it."""

from __future__ import annotations

import threading

import pytest

from tachograph_sdk.errors import ConfigError, PermanentDelivery, TransientDelivery
from tachograph_sdk.net import Backoff
from tachograph_sdk.outbox.folders import State
from tachograph_sdk.outbox.sender import Sender
from tests.recording_sink import recording_sink
from tests.unit.outbox.parts import USAGE, Consent, Place, Time, Web, event, make_outbox, put, with_config

ALWAYS_HALF = Backoff(first_s=10, longest_s=3600, chance=lambda: 0.5)


def states(outbox):
    return [entry.place.state.value for entry in outbox.entries()]


def whats(outbox):
    return [receipt["what"] for receipt in outbox.receipts.read()]


@pytest.mark.parametrize("number", [100, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
def test_what_is_shown_is_what_is_sent(tmp_path, number):
    """Byte for byte, over a real connection."""
    outbox = make_outbox(tmp_path, max_envelopes=2000)
    with recording_sink() as sink:
        place = Web(sink.url)
        for n in range(number):
            put(
                outbox,
                place,
                events=[event(n + k) for k in range(n % 3 + 1)],
            )
        shown = {entry.envelope.id: entry.envelope for entry in outbox.entries() if entry.envelope}
        sent = Sender(outbox, [place]).send()
    assert sent.delivered == len(shown) == len(sink.requests) == number
    for request in sink.requests:
        envelope = shown[request.header("Idempotency-Key")]
        assert request.body == envelope.body
        assert request.header("Content-Type") == envelope.headers()["Content-Type"]
    assert outbox.entries() == []
    receipts = list(outbox.receipts.read())
    assert {r["id"]: (r["sha256"], r["status"]) for r in receipts} == {
        one.id: (one.sha256, 204) for one in shown.values()
    }
    assert outbox.receipts.verify().mistakes == []


def test_a_receipt_says_what_when_where_and_by_which_consent(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    envelope = put(outbox, place, about=["u_secret"])
    Sender(outbox, [place]).send()
    (receipt,) = outbox.receipts.read()
    assert receipt.pop("check")
    assert receipt == {
        "n": 1,
        "at": "2025-10-09T08:53:20.000Z",
        "what": "delivered",
        "id": envelope.id,
        "sink": "place",
        "address": place.address,
        "purposes": ["usage_analytics"],
        "consents": {"usage_analytics": "entry-usage_analytics-1"},
        "policy_version": 3,
        "events": 1,
        "size_bytes": envelope.size_bytes,
        "sha256": envelope.sha256,
        "status": 200,
    }


def test_review_waits_for_approval(tmp_path):
    outbox, place = make_outbox(tmp_path, mode="review"), Place()
    first, second = put(outbox, place, number=1), put(outbox, place, number=2)
    sender = Sender(outbox, [place])
    assert sender.send().delivered == 0
    assert sender.send(at_once=True).delivered == 0
    assert outbox.approve([second.id]) == 1
    assert sender.send().delivered == 1
    assert [envelope.id for envelope in place.got] == [second.id]
    assert outbox.approve() == 1
    sender.send()
    assert [envelope.id for envelope in place.got] == [second.id, first.id]
    assert whats(outbox) == ["approved", "delivered", "approved", "delivered"]


def test_review_with_a_countdown_waits_for_it(tmp_path):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time, mode="review", countdown_s=600), Place()
    put(outbox, place)
    sender = Sender(outbox, [place])
    time.pass_s(590)
    assert sender.send().delivered == 0
    time.pass_s(20)
    assert sender.send().delivered == 1


def test_going_back_to_review_holds_what_was_put_in_before(tmp_path):
    outbox, place = make_outbox(tmp_path, mode="auto"), Place(errors=[TransientDelivery("x")])
    put(outbox, place)
    Sender(outbox, [place]).send()
    with_config(outbox, mode="review")
    assert Sender(outbox, [place]).send(at_once=True).delivered == 0
    with_config(outbox, mode="off")
    outbox.approve()
    assert Sender(outbox, [place]).send(at_once=True).delivered == 0
    assert place.got == []


def test_consent_is_asked_again_at_sending(tmp_path):
    consent = Consent()
    outbox, place = make_outbox(tmp_path, consent), Place()
    put(outbox, place)
    consent.withdraw()
    assert Sender(outbox, [place]).send().purged == 1
    assert place.got == []
    assert outbox.entries() == []
    assert [(r["what"], r["reason"]) for r in outbox.receipts.read()] == [("purged", "consent-ended")]


def test_a_consent_that_was_given_anew_is_for_what_comes_later(tmp_path):
    consent = Consent()
    outbox, place = make_outbox(tmp_path, consent), Place()
    put(outbox, place, number=1)
    consent.of[USAGE] = "entry-usage_analytics-2"
    put(outbox, place, number=2)
    assert Sender(outbox, [place]).send().delivered == 1
    assert b"s_0000000000000002" in place.got[0].body


def test_what_was_put_in_for_one_place_never_goes_to_another(tmp_path):
    outbox = make_outbox(tmp_path)
    put(outbox, Place())
    moved = Place(fingerprint="f2")
    assert Sender(outbox, [moved]).send().set_aside == 1
    assert moved.got == []
    (entry,) = outbox.entries()
    assert (entry.place.state, entry.place.reason) == (State.ASIDE, "address-changed")


def test_a_destination_that_is_not_set_up_any_more_gets_nothing(tmp_path):
    outbox = make_outbox(tmp_path)
    put(outbox, Place())
    other = Place(id="other")
    assert Sender(outbox, [other]).send().delivered == 0
    assert states(outbox) == ["waiting"]


def test_a_failure_is_tried_again_after_a_wait_that_is_remembered(tmp_path):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time), Place(errors=[TransientDelivery("x", retry_after_s=0)] * 3)
    put(outbox, place)
    for wait_s in (5, 10, 20):  # half of 10, 20, 40
        assert Sender(outbox, [place], backoff=ALWAYS_HALF).send().failed == 1
        time.pass_s(wait_s - 1)
        assert (
            Sender(outbox, [place], backoff=ALWAYS_HALF).send().failed == 0
        )  # a new one each time, as after a restart
        assert place.got == []
        time.pass_s(2)
    assert Sender(outbox, [place], backoff=ALWAYS_HALF).send().delivered == 1
    assert whats(outbox) == ["delivered"]


def test_a_destination_that_says_when_is_obeyed(tmp_path):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time), Place(errors=[TransientDelivery("x", retry_after_s=900)])
    put(outbox, place)
    sender = Sender(outbox, [place], backoff=ALWAYS_HALF)
    sender.send()
    time.pass_s(890)
    assert sender.send().delivered == 0
    time.pass_s(20)
    assert sender.send().delivered == 1


def test_a_clock_that_was_set_back_does_not_stop_sending_for_years(tmp_path):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time), Place(errors=[TransientDelivery("x", retry_after_s=60)])
    put(outbox, place)
    Sender(outbox, [place]).send()
    time.pass_s(-400 * 86_400)
    assert Sender(outbox, [place]).send().delivered == 1


def test_an_envelope_that_always_fails_does_not_hold_up_the_others(tmp_path):
    time = Time()
    outbox = make_outbox(tmp_path, time=time)
    place = Place(errors=[TransientDelivery("x", status=500)])
    bad = put(outbox, place, number=1)
    good = put(outbox, place, number=2)
    Sender(outbox, [place], backoff=ALWAYS_HALF).send()
    time.pass_s(3600)
    Sender(outbox, [place], backoff=ALWAYS_HALF).send()
    assert [envelope.id for envelope in place.got] == [good.id, bad.id]


def test_a_refusal_for_good_sets_aside_with_the_status(tmp_path):
    outbox = make_outbox(tmp_path)
    place = Place(errors=[PermanentDelivery("the destination answered 400", status=400)])
    refused, taken = put(outbox, place, number=1), put(outbox, place, number=2)
    sent = Sender(outbox, [place]).send()
    assert (sent.set_aside, sent.delivered) == (1, 1)
    (entry,) = outbox.entries()
    assert (entry.place.id, entry.place.state, entry.place.reason) == (refused.id, State.ASIDE, "refused-400")
    assert [(r["what"], r["id"], r["status"]) for r in outbox.receipts.read()] == [
        ("set_aside", refused.id, 400),
        ("delivered", taken.id, 200),
    ]
    outbox.approve([refused.id])
    assert Sender(outbox, [place]).send().delivered == 1


@pytest.mark.parametrize("error", [PermanentDelivery("x", status=403, disables=True), ConfigError("leads inside")])
def test_a_destination_that_is_wrong_itself_gets_nothing_more_until_the_owner_says_so(tmp_path, error):
    time = Time()
    outbox, place = make_outbox(tmp_path, time=time), Place(errors=[error])
    put(outbox, place, number=1)
    put(outbox, place, number=2)
    assert list(Sender(outbox, [place]).send().disabled) == ["place"]
    time.pass_s(3 * 86_400)
    assert Sender(outbox, [place]).send().delivered == 0
    assert states(outbox) == ["waiting", "waiting"]
    assert Sender(outbox, [place]).send(at_once=True).delivered == 2


def test_one_sender_at_a_time(tmp_path):
    outbox = make_outbox(tmp_path)
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Place):
        def deliver(self, envelope, flight):
            inside.set()
            go_on.wait(10)
            return super().deliver(envelope, flight)

    place = Slow()
    put(outbox, place)
    first = threading.Thread(target=Sender(outbox, [place]).send)
    first.start()
    inside.wait(10)
    assert Sender(make_outbox(tmp_path), [Place()]).send().busy
    go_on.set()
    first.join(10)
    assert len(place.got) == 1


def test_a_damaged_envelope_is_put_apart_and_counted_bit_by_bit(tmp_path):
    """Whichever bit of the file changes, it is not sent."""
    outbox, place = make_outbox(tmp_path), Place()
    put(outbox, place)
    (path,) = (tmp_path / "outbox/waiting").iterdir()
    whole = path.read_bytes()
    for position in range(0, len(whole) * 8, 37):
        data = bytearray(whole)
        data[position // 8] ^= 1 << position % 8
        path.write_bytes(data)
        outbox.folders.create()
        assert Sender(outbox, [place]).send().delivered == 0, position
        for moved in (tmp_path / "outbox/damaged").iterdir():
            moved.unlink()
        path.write_bytes(whole)
    for length in range(0, len(whole), 11):
        path.write_bytes(whole[:length])
        assert Sender(outbox, [place]).send().delivered == 0, length
        for moved in (tmp_path / "outbox/damaged").iterdir():
            moved.unlink()
        path.write_bytes(whole)
    assert place.got == []
    assert set(whats(outbox)) == {"damaged"}
    assert Sender(outbox, [place]).send().delivered == 1


def test_links_are_not_followed(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    put(outbox, place)
    (path,) = (tmp_path / "outbox/waiting").iterdir()
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert Sender(outbox, [place]).send().delivered == 0
    assert outbox.entries() == []


def test_an_unknown_failure_keeps_the_envelope(tmp_path):
    outbox, place = make_outbox(tmp_path), Place(errors=[RuntimeError("bug")])
    put(outbox, place)
    with pytest.raises(RuntimeError):
        Sender(outbox, [place]).send()
    assert states(outbox) == ["waiting"]
    assert Sender(outbox, [place]).send().delivered == 1
