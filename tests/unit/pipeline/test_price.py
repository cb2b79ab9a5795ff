"""Every API request says what it cost and how we know, or that we do not."""

from __future__ import annotations

from typing import Any

import pytest

from tachograph.ports import PricePeriod
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.event import EventKind, RawEvent, Source
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage
from tests.captures import pipeline

AT_NS = 1_795_141_838_505_000_000


class Table:
    """Charges one nano-dollar a token and remembers what it was asked."""

    version = "test-1"

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def price(self, usage: TokenUsage, *, model: str, at_us: int, **more: Any) -> Money:
        self.asked.append({"model": model, "at_us": at_us, "usage": usage, **more})
        if model == "unknown":
            raise UnknownModel("no")
        return Money(usage.context + usage.output)

    def periods(self, model: str) -> list[PricePeriod]:
        return []


def run(table: Table, kind: EventKind = EventKind.API_REQUEST, **attributes: Any) -> dict[str, Any]:
    record = RawEvent(
        agent="claude_code",
        source=Source.TRANSCRIPT,
        name="assistant",
        at_ns=AT_NS,
        received_us=0,
        key=b"k",
        attributes=attributes,
        kind=kind,
    )
    (event,) = pipeline(prices=table).run_records([record]).events
    return dict(event.attributes)


def test_a_request_without_a_cost_gets_one_from_the_table() -> None:
    table = Table()
    has = run(
        table, model="m", input_tokens=3, output_tokens=4, cache_read_tokens=5, cache_write_tokens=6, speed="fast"
    )
    assert (has["cost_nanousd"], has["cost_basis"], has["price_version"]) == (18, "priced", "test-1")
    (asked,) = table.asked
    assert asked["usage"] == TokenUsage(input=3, output=4, cache_read=5, cache_write=6)
    assert (asked["model"], asked["at_us"], asked["speed"]) == ("m", AT_NS // 1000, "fast")


def test_the_agents_own_figure_is_left_alone() -> None:
    table = Table()
    has = run(table, model="m", input_tokens=3, cost_nanousd=99)
    assert (has["cost_nanousd"], has["cost_basis"]) == (99, "reported")
    assert "price_version" not in has
    assert not table.asked


@pytest.mark.parametrize(
    "attributes", [{"model": "unknown"}, {}, {"model": "m", "cache_write_tokens": 1, "cache_write_1h_tokens": 2**62}]
)
def test_what_cannot_be_priced_has_no_cost_and_says_so(attributes: dict[str, Any]) -> None:
    if "cache_write_1h_tokens" in attributes:
        attributes = {**attributes, "model": "unknown"}
    has = run(Table(), **attributes)
    assert has["cost_basis"] == "unpriced"
    assert "cost_nanousd" not in has


@pytest.mark.parametrize("kind", [EventKind.API_ERROR, EventKind.PROMPT, EventKind.USAGE_COUNTER])
def test_only_requests_are_priced(kind: EventKind) -> None:
    table = Table()
    assert "cost_basis" not in run(table, kind, model="m", input_tokens=3)
    assert not table.asked
