"""Dashboards are data that is checked when it is read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from tachograph.analytics.panels import (
    Chart,
    Overlay,
    Panel,
    load_dashboards,
    own_dashboards,
    panel_query,
    without_people,
)
from tachograph.server.questions import QUESTIONS
from tachograph_sdk.errors import ConfigError
from tests.served import served

GOOD = 'title = "Cost"\n[[panels]]\ntitle = "Cost"\nchart = "stat"\nmetrics = ["cost_usd"]\n'
SERIES = GOOD.replace('"stat"', '"timeseries"') + 'grain = "day"\n'
ASKS = 'title = "Cost"\n[[panels]]\ntitle = "Cost"\nchart = "stat"\nquestion = "trends"\n'


def load(folder: Path, text: str, name: str = "cost.toml"):
    (folder / name).write_text(text, "utf-8")
    return load_dashboards([folder / name], QUESTIONS)


def test_our_own_dashboards_ask_only_for_what_there_is():
    dashboards = own_dashboards(QUESTIONS)
    assert [d.name for d in dashboards] == ["overview", "costs", "productivity", "efficiency", "tools", "trends"]
    for dashboard in dashboards:
        titles = [panel.title for panel in dashboard.panels]
        assert len(set(titles)) == len(titles), "two panels of a tab cannot be told apart"
        for panel in dashboard.panels:
            assert panel.help, f"what does {dashboard.name}/{panel.title} mean?"
            assert panel.empty, f"what does it mean that {dashboard.name}/{panel.title} has nothing?"


def shown(**wanted) -> bool:
    """Whether one of our panels, as it is or as it can be chosen, has all of these fields, lists by their beginning."""
    return any(
        all(
            (getattr(panel, name)[: len(value)] if isinstance(value, tuple) else getattr(panel, name)) == value
            for name, value in wanted.items()
        )
        for dashboard in own_dashboards(QUESTIONS)
        for whole in dashboard.panels
        for panel in (whole, *(replace(whole, by=(name,)) for name in whole.split))
    )


@pytest.mark.parametrize(
    "widget",
    [
        {"chart": "heatmap", "by": ("weekday", "hour_of_day")},
        {"chart": "bars", "by": ("user",), "metrics": ("cost_usd", "total_tokens", "sessions")},
        {"chart": "bars", "by": ("user",), "metrics": ("commits", "pull_requests", "lines_added")},
        {"chart": "timeseries", "by": ("user",), "metrics": ("cost_usd",)},
        {"chart": "bars", "by": ("project",)},
        {"chart": "bars", "by": ("repository",)},
        {"chart": "treemap", "by": ("project", "model")},
        {"chart": "histogram", "by": ("session_length",)},
        {"chart": "timeseries", "metrics": ("time_to_first_edit_p50_seconds", "time_to_first_commit_p50_seconds")},
        {"chart": "timeseries", "by": ("error_class",), "metrics": ("api_errors",)},
        {"chart": "timeseries", "by": ("error_class",), "metrics": ("tool_errors",)},
        {"chart": "table", "by": ("tool",)},
        {"chart": "bars", "by": ("tool",), "metrics": ("tool_calls", "tool_success_ratio")},
        {"chart": "share", "by": ("model",), "metrics": ("cost_usd",)},
        {"chart": "bars", "by": ("model",), "metrics": ("cost_usd",)},
        {"chart": "timeseries", "metrics": ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")},
        {"chart": "timeseries", "metrics": ("commits", "pull_requests", "lines_added", "lines_removed")},
        {"chart": "timeseries", "metrics": ("request_p50_ms", "request_p95_ms")},
        {"chart": "bars", "by": ("language",)},
        {"chart": "bars", "by": ("feature_name",)},
        {"chart": "stat", "metrics": ("lines_net", "lines_added", "lines_removed")},
        {"chart": "stat", "metrics": ("files_changed",)},
        {"chart": "stat", "metrics": ("cost_per_commit_usd", "tokens_per_commit")},
        {"question": "budget"},
        {"question": "forecast"},
        {"question": "anomalies", "chart": "markers"},
        {"title": "Cost over time", "overlays": ("forecast", "markers")},
        {"title": "Cost by day", "overlays": ("forecast", "markers")},
        {"title": "Cost by day", "by": ("model",), "overlays": ("markers",)},
        {"chart": "timeseries", "by": ("user",), "metrics": ("commits",)},
        *({"title": "Cost over time", "by": (name,), "grain": "auto"} for name in ("model", "agent", "project")),
        *({"title": "Tokens over time", "by": (name,)} for name in ("model", "agent", "project")),
    ],
)  # fmt: skip
def test_every_widget_of_the_older_dashboards_has_a_panel(widget):
    assert shown(**widget)


def test_the_table_of_tools_says_how_well_and_how_long():
    (tools,) = (p for d in own_dashboards(QUESTIONS) for p in d.panels if (d.name, p.title) == ("tools", "Tools"))
    assert {"tool_success_ratio", "tool_p50_ms", "tool_p95_ms"} <= set(tools.metrics)


def test_where_people_must_not_be_compared_no_panel_lists_them():
    for dashboard in own_dashboards(QUESTIONS):
        bare = without_people(dashboard)
        assert [panel.title for panel in bare.panels] == [panel.title for panel in dashboard.panels]
        for before, after in zip(dashboard.panels, bare.panels, strict=True):
            if "user" in before.by:
                assert (after.metrics, after.by, after.question) == ((), (), "")
                assert "strict" in after.missing
            else:
                assert after == replace(before, split=tuple(name for name in before.split if name != "user"))
    assert any("user" in panel.split for dashboard in own_dashboards(QUESTIONS) for panel in dashboard.panels)


def test_the_api_tells_of_every_panel():
    with served() as api:
        told = api.client.get("/api/v1/dashboards").json()["dashboards"]
    assert not any(p["missing"] for d in told for p in d["panels"]), "people may be compared under the usual preset"
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


def test_a_panel_can_leave_it_to_people_what_it_is_split_by(tmp_path):
    ((dashboard,),) = [load(tmp_path, SERIES + 'by = ["model"]\nsplit = ["model", "agent"]\n')]
    assert dashboard.panels[0].split == ("model", "agent")
    assert panel_query(dashboard.panels[0]).by == ("day", "model"), "what it begins with"
    ((dashboard,),) = [load(tmp_path, SERIES + 'split = ["project"]\n')]
    assert dashboard.panels[0].split == ("project",), "or not split at all"


def test_a_panel_can_show_the_answer_to_a_question(tmp_path):
    text = 'title = "T"\n[[panels]]\ntitle = "Budget"\nchart = "stat"\nquestion = "budget"\n'
    ((dashboard,),) = [load(tmp_path, text)]
    assert dashboard.panels[0].question == "budget"


def test_a_time_series_takes_overlays(tmp_path):
    text = SERIES + 'by = ["model"]\noverlays = ["forecast", "markers"]\n[panels.filters]\nagent = "codex"\n'
    ((dashboard,),) = [load(tmp_path, text)]
    assert dashboard.panels[0].overlays == ("forecast", "markers")
    assert panel_query(dashboard.panels[0]).by == ("day", "model"), "the band is of all models together"


def test_a_panel_can_say_why_it_cannot_be_shown(tmp_path):
    text = 'title = "T"\n[[panels]]\ntitle = "Stars"\nchart = "heatmap"\nmissing = "There is no collector."\n'
    ((dashboard,),) = [load(tmp_path, text)]
    assert (dashboard.panels[0].chart, dashboard.panels[0].missing) == ("heatmap", "There is no collector.")


def test_the_example_in_the_guide_is_a_dashboard(tmp_path):
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "dashboards.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    ((dashboard,),) = [load(tmp_path, example)]
    assert dashboard.panels[0].overlays == ("forecast", "markers")
    for field in (*Panel.__dataclass_fields__, *get_args(Chart), *get_args(Overlay)):
        assert f"`{field}`" in guide, f"the guide does not tell of {field}"


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
        (ASKS + 'by = ["model"]\n', "'by'"),
        (ASKS + 'grain = "day"\n', "'grain'"),
        (ASKS + 'split = ["model", "agent"]\n', "'split'"),
        (GOOD + 'split = ["model", "agent"]\n', "choices to split by and is a stat"),
        (SERIES + 'split = "model"\n', "'split'"),
        (SERIES + 'split = ["model", "colour"]\n', "'colour'"),
        (SERIES + 'split = ["model", "model"]\n', "or one twice"),
        (SERIES + 'by = ["model"]\nsplit = ["model"]\n', "has one choice"),
        (SERIES + 'by = ["model"]\nsplit = ["agent", "project"]\n', "begins with model"),
        (SERIES + 'split = ["model", "tool"]\n', "cannot be split by tool: cost_usd cannot be split"),
        (GOOD + 'split = ["model", "agent"]\nmissing = "no source"\n', "asks for something all the same"),
        (ASKS + 'overlays = ["markers"]\n', "'overlays'"),
        (ASKS + '[panels.filters]\ncolour = "red"\n', "'colour'"),
        (ASKS + '[panels.parameters]\nmetrics = "cost_usd"\n', "a parameter 'metrics'"),
        (ASKS + '[panels.parameters]\nmetric = "cost_usd,cost_eur"\n', "'cost_eur'"),
        (GOOD + '[panels.parameters]\nmetric = "cost_usd"\n', "asks no question"),
        (GOOD + 'missing = "no source"\n', "asks for something all the same"),
        (ASKS + 'missing = "no source"\n', "asks for something all the same"),
        (GOOD + GOOD.partition("\n")[2], "title of another panel"),
        (GOOD + 'overlays = ["markers"]\n', "has overlays and is no time series"),
        (SERIES + 'overlays = ["weather"]\n', "'weather'"),
        (SERIES + 'overlays = ["markers", "markers"]\n', "or twice"),
        (SERIES.replace("cost_usd", "cache_hit_ratio") + 'overlays = ["forecast"]\n', "there is none: a month's"),
        (SERIES.replace("cost_usd", "sessions") + 'overlays = ["forecast"]\n', "forecast over sessions"),
        (SERIES.replace('"day"', '"hour"') + 'overlays = ["forecast"]\n', "another grain"),
        (SERIES + 'overlays = ["forecast"]\n[panels.filters]\nweekday = "1"\n', "a filter by weekday"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file(tmp_path, text, said):
    with pytest.raises(ConfigError) as told:
        load(tmp_path, text)
    assert said in told.value.message
    assert "cost.toml" in told.value.message
    assert told.value.hint
