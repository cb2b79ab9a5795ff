"""What an answer means, and how long to wait."""

from __future__ import annotations

import random

import pytest

from tachograph_sdk.errors import PermanentDelivery, TransientDelivery
from tachograph_sdk.net import Answer, Backoff, judge
from tachograph_sdk.net.retry import retry_after


def verdict(status: int) -> tuple[str, int]:
    try:
        judge(Answer(status=status, body=b""))
    except TransientDelivery as error:
        return "again", error.status
    except PermanentDelivery as error:
        return ("disable" if error.disables else "aside"), error.status
    return "taken", status


def test_every_status_has_one_meaning():
    table = {status: verdict(status) for status in range(100, 600)}
    assert all(status == told for status, (_, told) in table.items())
    assert {s for s, (v, _) in table.items() if v == "taken"} == set(range(200, 300))
    assert {s for s, (v, _) in table.items() if v == "again"} == {408, 425, 429, *range(500, 600)}
    assert {s for s, (v, _) in table.items() if v == "disable"} == {401, 403, 404, 407, 410}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("99999999999999", 86_400),
        ("Thu, 20 Nov 2025 10:00:30 GMT", 30),
        ("Thu, 20 Nov 2025 09:00:00 GMT", 0),
        ("Thu, 20 Nov 2095 09:00:00 GMT", 86_400),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("٣", None),
        ("x" * 5000, None),
    ],
)
def test_what_a_destination_asks_for_is_read(text, seconds):
    at_ten = 1_763_632_800.0
    assert retry_after(text, lambda: at_ten) == seconds


def test_waits_are_anywhere_below_a_bound_that_doubles():
    chance = random.Random(7)
    backoff = Backoff(first_s=1, longest_s=60, chance=chance.random)
    for failures, bound in [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60), (10_000, 60)]:
        waits = [backoff.wait_s(failures) for _ in range(400)]
        assert 0 <= min(waits) < bound * 0.1
        assert bound * 0.9 < max(waits) <= bound


def test_a_wait_that_was_asked_for_is_kept_but_for_a_day_at_most():
    backoff = Backoff(chance=lambda: 0.0)
    assert backoff.wait_s(1, at_least_s=300) == 300
    assert backoff.wait_s(1, at_least_s=10**9) == 86_400
