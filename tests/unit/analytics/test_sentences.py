"""Three sentences about a window: each is true, and says the figure that its evidence shows."""

from __future__ import annotations

import re
from itertools import count
from typing import Any

import pytest

from tachograph.analytics.panels import own_dashboards
from tachograph.server.questions import QUESTIONS
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tests.served import NAMES, NOW, Served, served

NOW_US = int(NOW.timestamp()) * 1_000_000  # Friday 2026-11-20, 12:00 UTC
DAY_US = 86_400_000_000
TREE, OTHER = NAMES.project("/tree"), NAMES.project("/b")
PANELS = {(d.name, panel.title) for d in own_dashboards(QUESTIONS) for panel in d.panels}


_numbers = count()


def request(days_ago: float, usd: float | None = 1.0, **more: Any) -> Any:
    fields: dict[str, Any] = {
        "session_id": "s_1",
        "model": "opus",
        "project": TREE,
        "input_tokens": 1,
        "request_id": f"req_{next(_numbers)}",
        "cost_nanousd": None if usd is None else round(usd * 1e9),
        "cost_basis": "unpriced" if usd is None else "reported",
    }
    return make_event(at_us=NOW_US - int(days_ago * DAY_US), **{**fields, **more})


def every_day(days: int, **more: Any) -> list[Any]:
    return [request(day, 2.0 + 0.1 * (day % 5), **more) for day in range(1, days + 1)]


def sentences(events: list[Any], **asked: str) -> list[dict[str, Any]]:
    """The sentences, each figure compared with what the API answers for the evidence's address."""
    with served(events) as api:
        return asked_of(api, **asked)


def asked_of(api: Served, **asked: str) -> list[dict[str, Any]]:
    asked = asked or {"range": "7d"}
    told = api.client.get("/api/v1/highlights", params=asked).json()["sentences"]
    assert [one["about"] for one in told] == ["cost", "where", "odd"]
    for one in told:
        assert set(one) == {"about", "text", "metric", "value", "evidence"}
        assert re.fullmatch(r"[A-Z0-9].*\.", one["text"]), one["text"]
        assert (one["metric"] is None) == (one["value"] is None)
        if one["evidence"] is not None:
            assert (one["evidence"]["tab"], one["evidence"]["panel"]) in PANELS
        if one["metric"] is not None:
            assert figure_at(api, one, asked) == one["value"]
    return list(told)


def figure_at(api: Served, one: dict[str, Any], asked: dict[str, str]) -> Any:
    """What the API says for the address that the evidence makes of the one that was asked."""
    evidence = one["evidence"]
    address = {**asked, "metrics": one["metric"]}
    if evidence["since"] is not None:
        address.pop("range", None)
        address |= {"since": evidence["since"], "until": evidence["until"]}
    address |= {name: ",".join("null" if v is None else v for v in vs) for name, vs in evidence["filters"].items()}
    answer = api.client.get("/api/v1/query", params=address)
    assert answer.status_code == 200, answer.text
    ((value,),) = answer.json()["rows"]
    return value


def test_nothing_recorded_is_said_without_a_figure() -> None:
    cost, where, odd = sentences([])
    assert cost["text"] == "Nothing is recorded of the last 7 days."
    assert where["text"] == "Where it went cannot be said: there is no request."
    assert odd["text"] == "Nothing stands out: there is nothing to compare."
    assert [one["evidence"] for one in (cost, where, odd)] == [None] * 3
    assert "$" not in cost["text"] + where["text"] + odd["text"]


def test_one_of_each_is_said_in_the_singular() -> None:
    cost, where, odd = sentences([request(1, 12.34)])
    assert cost["text"] == "The last 7 days cost $12.34, in 1 session."
    assert cost["evidence"] == {"tab": "costs", "panel": "Cost", "filters": {}, "since": None, "until": None}
    assert where["text"] == f"All of it, $12.34, went to project {TREE}."
    assert where["evidence"]["filters"] == {"project": [TREE]}
    assert odd["text"].startswith("Whether a day stands out cannot be told yet: 1 day with a value is too few")


def test_what_has_no_price_is_not_said_to_cost_nothing() -> None:
    cost, where, _ = sentences([request(1, None)])
    assert cost["text"] == "What the last 7 days cost is not known: its one request has no known price."
    assert cost["evidence"]["panel"] == "What a cost rests on"
    assert where["text"] == f"All of it, 1 request, was of project {TREE}."
    cost, where, _ = sentences([request(1, None), request(2, None), request(2, None, project=OTHER)])
    assert cost["text"] == "What the last 7 days cost is not known: none of 3 requests has a price."
    assert where["text"] == f"Most of it, 2 requests (66.6 %), were of project {TREE}."
    assert (where["metric"], where["value"]) == ("requests", 2)


def test_requests_without_a_price_are_named_beside_the_cost() -> None:
    assert sentences([request(1, 3), request(1, None)])[0]["text"] == (
        "The last 7 days cost $3.00, in 1 session; 1 request has no known price and is not in it."
    )
    many = [request(1, 3), request(1, None), request(2, None)]
    assert "2 requests have no known price and are not in it" in sentences(many)[0]["text"]


def test_a_free_model_costs_nothing_which_is_known() -> None:
    assert sentences([request(1, 0.0)])[0]["text"] == "The last 7 days cost nothing, in 1 session."


def test_sessions_without_a_request_have_no_known_cost() -> None:
    prompt = make_event(EventKind.PROMPT, at_us=NOW_US - DAY_US, session_id="s_1")
    cost, where, _ = sentences([prompt])
    assert cost["text"] == "What the last 7 days cost is not known: no request is recorded, only 1 session."
    assert where["evidence"] is None


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (4.0, "; 25 % more than in as long a time before"),
        (10.0, "; 50 % less than in as long a time before"),
        (5.0, "; as much as in as long a time before ($5.00)"),
        (2.0, "; 2.5 times the $2.00 of as long a time before"),
        (None, ""),  # what was before has no known price: nobody knows whether it is more
    ],
)
def test_the_time_before_is_compared_where_its_cost_is_known(before: float | None, said: str) -> None:
    cost = sentences([request(1, 5.0), request(9, before)])[0]
    assert cost["text"] == f"The last 7 days cost $5.00, in 1 session{said}."


def test_the_time_before_is_not_compared_where_a_part_of_it_has_no_price() -> None:
    assert sentences([request(1, 5.0), request(9, 4.0), request(9, None)])[0]["text"] == (
        "The last 7 days cost $5.00, in 1 session."
    )


def test_a_day_that_has_only_begun_is_not_compared_with_a_whole_one() -> None:
    events = [request(0.1, 5.0), request(1.1, 4.0), request(0.9, 6.0)]  # the last one after this time of yesterday
    whole = sentences(events, since="2026-11-19", until="2026-11-20")[0]
    assert whole["text"] == "2026-11-19 cost $10.00, in 1 session."  # nothing before
    for asked in ({"until": "2026-11-21"}, {}):
        begun = sentences(events, since="2026-11-20", **asked)[0]
        assert begun["text"].endswith("cost $5.00, in 1 session; so far 25 % more than in as long a time before.")


def test_the_largest_part_is_not_called_most() -> None:
    events = [request(1, usd, project=name) for usd, name in ((4, TREE), (3, OTHER), (3, NAMES.project("/c")))]
    where = sentences(events)[1]
    assert where["text"] == f"The largest part, $4.00 (40.0 %), went to project {TREE}, one of 3 projects."
    assert sentences([*events, request(1, 3, project=TREE)])[1]["text"] == (
        f"Most of it, $7.00 (53.8 %), went to project {TREE}."
    )


def test_a_share_is_never_rounded_up_to_all_of_it() -> None:
    where = sentences([request(1, 999), request(1, 0.001, project=OTHER)])[1]
    assert where["text"] == f"Most of it, $999.00 (99.9 %), went to project {TREE}."


def test_where_projects_are_not_known_the_model_is_named() -> None:
    where = sentences([request(1, 5, project=None, session_id="s_2"), request(1, 1)])[1]
    assert where["text"] == "All of it, $6.00, went to model opus."
    assert where["evidence"]["filters"] == {"model": ["opus"]}


def test_what_was_asked_for_is_not_told_as_news() -> None:
    events = [request(1, 5), request(1, 2, project=OTHER), request(1, 1, model="haiku")]
    cost, where, _ = sentences(events, range="7d", project=TREE)
    assert cost["text"] == "The last 7 days cost $6.00, in 1 session."
    assert where["text"] == "Most of it, $5.00 (83.3 %), went to model opus."


def test_a_day_that_stands_out_is_named_with_what_is_usual() -> None:
    odd = sentences([*every_day(60), request(3, 40.0)])[2]
    assert odd["text"] == "Tuesday 2026-11-17 stands out: $42.30, where about $2.20 is usual for a Tuesday."
    assert odd["evidence"] == {
        "tab": "costs", "panel": "Cost", "filters": {}, "since": "2026-11-17", "until": "2026-11-18",
    }  # fmt: skip
    assert odd["value"] == 42_300_000


def test_what_cannot_be_told_is_not_called_usual() -> None:
    failed = [
        make_event(EventKind.API_ERROR, at_us=NOW_US - day * DAY_US, session_id="s_1", request_id=f"failed_{day}")
        for day in (2, 9, 20)
    ]
    odd = sentences([*every_day(60), *failed])[2]
    assert odd["text"] == "No day is known to stand out; of failed API requests that cannot be told yet."


def test_a_day_before_the_window_does_not_stand_out_in_it() -> None:
    odd = sentences([*every_day(60), request(12, 40.0)])[2]
    assert odd["text"] == "No day stands out: each is within what its weekday usually is."
    assert odd["evidence"]["panel"] == "What stands out"
    assert "2026-11-08" in sentences([*every_day(60), request(12, 40.0)], range="30d")[2]["text"]


def test_the_running_day_is_said_not_to_be_over() -> None:
    odd = sentences([*every_day(60), request(0.01, 50.0)])[2]
    assert odd["text"].startswith("Friday 2026-11-20, which is not over, stands out: $50.00, where about $")


def test_failures_stand_out_where_costs_do_not() -> None:
    failed = [
        make_event(
            EventKind.TOOL_CALL, at_us=NOW_US - day * DAY_US + n, session_id="s_1", tool_name="Bash", success=False,
            tool_use_id=f"t{day}-{n}",
        )
        for day in range(1, 61) for n in range(40 if day == 2 else 2 + day % 2)
    ]  # fmt: skip
    odd = sentences([*every_day(60), *failed])[2]
    assert odd["text"].startswith("Wednesday 2026-11-18 stands out: 40 failed tool calls, where about ")
    assert (odd["metric"], odd["value"]) == ("tool_errors", 40)
    assert odd["evidence"]["tab"] == "tools"


def test_with_too_few_days_the_one_with_most_is_named_and_why_no_more_can_be_said() -> None:
    odd = sentences([request(1, 2), request(2, 5), request(3, 1)])[2]
    assert odd["text"] == (
        "The day with most was Wednesday 2026-11-18: $5.00. Whether a day stands out cannot be told yet: 3 days with a "
        "value are too few to tell which stands out: it takes 28."
    )
    assert odd["evidence"]["since"] == "2026-11-18"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"range": "24h"}, "The last 24 hours"),
        ({"range": "30d"}, "The last 30 days"),
        ({"range": "1h"}, "The last hour"),
        ({"range": "all"}, "All that is recorded"),
        ({"since": "2026-11-20", "until": "2026-11-21"}, "2026-11-20"),
        ({"since": "2026-11-01", "until": "2026-12-01"}, "The time from 2026-11-01 to 2026-11-30"),
        ({"since": "2026-11-19"}, "The time since 2026-11-19"),
        ({"since": "2026-11-20T10:00", "until": "2026-11-21"}, "The time from 2026-11-20 10:00 to 2026-11-21"),
    ],
)
def test_the_window_has_a_name(asked: dict[str, str], words: str) -> None:
    cost = sentences([request(0.01, 3)], **asked)[0]
    assert cost["text"].startswith(f"{words} cost $3.00, in 1 session")


def test_a_window_that_has_not_begun_is_answered() -> None:
    assert sentences([request(1)], since="2026-12-01")[2]["evidence"] is None


def test_names_are_in_the_clear_where_the_owner_chose_that() -> None:
    name = NAMES.project("/home/jane/tree")
    with served([request(1, 5, project=name)], clear_names={name: "/home/jane/tree"}) as api:
        assert asked_of(api)[1]["text"] == "All of it, $5.00, went to project /home/jane/tree."
    with served([request(1, 5, project=name)]) as api:
        assert name in asked_of(api)[1]["text"]
