"""Who writes a name that there is not is told what they may have meant, not a page of names."""

import pytest

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import parse_window
from tachograph.analytics.spelling import MOST, hint_of
from tachograph_sdk.errors import BadWindow
from tests.served import served


@pytest.mark.parametrize(
    ("name", "meant"),
    [("cost", "cost_usd"), ("Cost-USD", "cost_usd"), ("tokens", "total_tokens"), ("comits", "commits"), ("score", "productivity_score")],
)  # fmt: skip
def test_what_resembles_it_is_proposed(name: str, meant: str) -> None:
    hint = hint_of("metrics", name, METRICS)
    assert hint.startswith("perhaps ")
    assert meant in hint.split(";")[0].split()
    assert len(hint.split(";")[0].split(" or ")) <= MOST
    assert "/api/v1/metrics" in hint


def test_where_nothing_resembles_it_all_are_named() -> None:
    assert hint_of("dimensions", "zzz", DIMENSIONS) == f"dimensions are: {', '.join(DIMENSIONS)}"


@pytest.mark.parametrize(
    "path", ["query?metrics=cost", "query?metrics=cost_usd&by=modl", "report?by=modl", "trends?metric=cost"]
)
def test_every_question_proposes(path: str) -> None:
    with served([]) as api:
        answer = api.client.get(f"/api/v1/{path}")
        assert answer.status_code == 422
        assert answer.json()["error"]["hint"].startswith("perhaps ")


def test_an_empty_range_is_told_in_words_of_no_command() -> None:
    with pytest.raises(BadWindow, match="to 2026-11-01 00:00:00 UTC is empty") as caught:
        parse_window(now_us=0, since="2026-11-20", until="2026-11-01")
    with pytest.raises(BadWindow) as unread:
        parse_window(now_us=0, since="yesterday")
    assert "--" not in caught.value.hint + unread.value.hint
