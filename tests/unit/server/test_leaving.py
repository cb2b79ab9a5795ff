"""What the API says of the outbox: nothing left only where nothing says otherwise, and never a body."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph.server.leaving import LISTED, tell_leaving
from tachograph_sdk.errors import PermanentDelivery, TransientDelivery
from tachograph_sdk.outbox.outbox import Outbox
from tachograph_sdk.outbox.sender import Sender
from tests.unit.outbox.parts import USAGE, Consent, Place, event, make_outbox, put


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return make_outbox(tmp_path)


def left(outbox: Outbox) -> dict[str, Any]:
    told: dict[str, Any] = tell_leaving(outbox, [])["left"]
    return told


def test_where_there_is_no_outbox_nothing_left_and_none_is_made(outbox: Outbox) -> None:
    told = tell_leaving(outbox, [])
    assert (told["envelopes"], told["listed"], told["destinations"]) == ([], [], [])
    assert told["left"]["anything"] is False
    assert not outbox.folders.root.exists()


def test_what_waits_has_not_left_and_is_told_without_its_body(outbox: Outbox, place: Place) -> None:
    put(outbox, place, events=[event(1), event(2)])
    told = tell_leaving(outbox, [])
    assert [(one["state"], one["envelopes"]) for one in told["envelopes"]] == [("waiting", 1)]
    (one,) = told["listed"]
    assert (one["events"], one["address"], one["purposes"]) == (2, place.address, [USAGE.value])
    assert told["left"]["anything"] is False
    assert "s_0000" not in json.dumps(told)
    assert "Bash" not in json.dumps(told)


def test_what_was_delivered_left(outbox: Outbox, place: Place) -> None:
    put(outbox, place, events=[event(1), event(2)])
    put(outbox, place, number=3)
    Sender(outbox, [place]).send()
    told = left(outbox)
    assert told["anything"] is True
    assert (told["envelopes"], told["events"]) == (2, 3)
    assert told["size_bytes"] == sum(len(one.body) for one in place.got)
    assert told["addresses"] == [place.address]
    assert told["first_at"] <= told["last_at"]
    outbox.purge()
    assert left(outbox)["anything"] is True, "deleting what waits does not bring back what left"


@pytest.mark.parametrize(
    "error",
    [
        TransientDelivery("busy"),
        PermanentDelivery("no", status=400),
        PermanentDelivery("no", status=401, disables=True),
    ],
)
def test_a_try_that_failed_may_have_sent_something(outbox: Outbox, place: Place, error: Exception) -> None:
    place.errors.append(error)
    put(outbox, place, number=1)
    Sender(outbox, [place]).send()
    told = left(outbox)
    assert (told["anything"], told["envelopes"]) == (None, 0)
    assert "tried" in told["why_unknown"]


def test_a_consent_that_ended_on_the_way_may_have_sent_something(tmp_path: Path, place: Place) -> None:
    consent = Consent()
    outbox = make_outbox(tmp_path, consent)
    put(outbox, place, number=1)
    consent.withdraw()
    Sender(outbox, [place]).send()
    assert left(outbox)["anything"] is None


def test_receipts_that_were_changed_prove_nothing(outbox: Outbox, place: Place) -> None:
    put(outbox, place, number=1)
    outbox.purge()
    assert left(outbox)["anything"] is False
    path = outbox.receipts.path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    told = left(outbox)
    assert (told["anything"], told["whole"]) == (None, False)
    assert "receipt" in told["why_unknown"]


def test_a_damaged_envelope_is_told_as_such(outbox: Outbox, place: Place) -> None:
    put(outbox, place, number=1)
    (there,) = outbox.folders.places()
    there.path.write_bytes(b"nothing that was written")
    (one,) = tell_leaving(outbox, [])["listed"]
    assert (one["events"], one["address"]) == (None, None)


def test_only_the_oldest_are_listed_and_all_are_counted(outbox: Outbox, place: Place) -> None:
    for number in range(LISTED + 3):
        put(outbox, place, number=number)
    told = tell_leaving(outbox, [])
    assert len(told["listed"]) == LISTED
    assert told["envelopes"][0]["envelopes"] == LISTED + 3


def test_settings_that_are_wrong_are_told(outbox: Outbox) -> None:
    assert tell_leaving(outbox, [], problem="the address is not allowed")["problem"] == "the address is not allowed"
