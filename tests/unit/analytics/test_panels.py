"""Dashboards are data that is checked when it is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tachograph.analytics.panels import load_dashboards, own_dashboards, panel_query
from tachograph.server.questions import QUESTIONS
from tachograph_sdk.errors import ConfigError
from tests.served import served

GOOD = 'title = "Cost"\n[[panels]]\ntitle = "Cost"\nchart = "stat"\nmetrics = ["cost_usd"]\n'


def load(folder: Path, text: str, name: str = "cost.toml"):
    (folder / name).write_text(text, "utf-8")
    return load_dashboards([folder / name], QUESTIONS)


def test_our_own_dashboards_ask_only_for_what_there_is():
    dashboards = own_dashboards(QUESTIONS)
    assert [d.name for d in dashboards] == ["overview", "costs", "productivity", "efficiency", "tools", "trends"]
    for dashboard in dashboards:
        titles = [panel.title for panel in dashboard.panels]
        assert len(set(titles)) == len(titles), "two panels of a tab cannot be told apart"


def test_the_api_tells_of_every_panel():
    with served() as api:
        told = api.client.get("/api/v1/dashboards").json()["dashboards"]
    assert [(d["name"], len(d["panels"])) for d in told] == [(d.name, len(d.panels)) for d in own_dashboards(QUESTIONS)]
    (cost,) = [p for d in told for p in d["panels"] if d["name"] == "overview" and p["title"] == "Cost over time"]
    assert (cost["metrics"], cost["by"], cost["grain"], cost["compare"]) == (["cost_usd"], ["model"], "auto", True)


def test_a_panel_is_read_as_it_stands(tmp_path):
    text = GOOD + 'by = []\ncompare = true\nwidth = 4\nhelp = "What it cost."\n[panels.filters]\nagent = "codex"\n'
    ((dashboard,),) = [load(tmp_path, text)]
    (panel,) = dashboard.panels
    assert (panel.title, panel.chart, panel.metrics, panel.compare, panel.width) == (
        "Cost", "stat", ("cost_usd",), True, 4,
    )  # fmt: skip
    assert panel_query(panel).filters == {"agent": ["codex"]}
    assert dashboard.as_json()["panels"][0]["help"] == "What it cost."


def test_a_time_series_is_asked_for_by_its_pieces_of_time(tmp_path):
    text = GOOD.replace('"stat"', '"timeseries"') + 'by = ["model"]\ngrain = "week"\n'
    ((dashboard,),) = [load(tmp_path, text)]
    assert panel_query(dashboard.panels[0]).by == ("week", "model")


def test_a_panel_can_show_the_answer_to_a_question(tmp_path):
    text = 'title = "T"\n[[panels]]\ntitle = "Budget"\nchart = "stat"\nquestion = "budget"\n'
    ((dashboard,),) = [load(tmp_path, text)]
    assert dashboard.panels[0].question == "budget"


def test_files_come_in_their_order_and_others_are_passed_over(tmp_path):
    (tmp_path / "b.toml").write_text(GOOD.replace('"Cost"\n[[', '"B"\norder = 1\n[['), "utf-8")
    (tmp_path / "a.toml").write_text(GOOD.replace('"Cost"\n[[', '"A"\norder = 2\n[['), "utf-8")
    (tmp_path / "notes.txt").write_text("not a dashboard", "utf-8")
    assert [d.title for d in load_dashboards(tmp_path.iterdir(), {})] == ["B", "A"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "cannot be read"),
        ('title = "T"\n', "has no panels"),
        ('title = "T"\npanels = 3\n', "has no panels"),
        (GOOD.replace('title = "Cost"\n[[', "[["), "needs a title"),
        ("colour = 1\n" + GOOD, "'colour'"),
        (GOOD.replace('"stat"', '"pie"'), "needs a title and a chart"),
        (GOOD + "colour = 1\n", "'colour'"),
        (GOOD + 'compare = "yes"\n', "'compare'"),
        (GOOD + "limit = true\n", "'limit'"),
        (GOOD + "limit = 0\n", "'limit'"),
        (GOOD + "width = 13\n", "1 to 12"),
        (GOOD.replace("cost_usd", "cost_eur"), "'cost_eur'"),
        (GOOD.replace('["cost_usd"]', "[]"), "no metric is asked for"),
        (GOOD + 'by = ["model"]\n', "has 1 dimensions"),
        (GOOD.replace('"stat"', '"bars"') + 'by = ["colour"]\n', "'colour'"),
        (GOOD.replace('"stat"', '"bars"') + 'by = ["tool"]\n', "cannot be split or filtered by tool"),
        (GOOD + '[panels.filters]\ncolour = "red"\n', "'colour'"),
        (GOOD + 'grain = "day"\n', "is no time series"),
        (GOOD.replace('"stat"', '"timeseries"'), "is no time series"),
        (GOOD.replace('"stat"', '"timeseries"') + 'grain = "year"\n', "'year'"),
        (GOOD.replace('"stat"', '"markers"'), "come from a question"),
        (GOOD + 'question = "budget"\n', "asks 'budget'"),
        (GOOD.replace('metrics = ["cost_usd"]', 'question = "weather"'), "asks 'weather'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    with pytest.raises(ConfigError) as told:
        load(tmp_path, text)
    assert said in told.value.message
    assert "cost.toml" in told.value.message
    assert told.value.hint
