"""The `dashboard.json` of an older metrics package: every panel comes, none with a figure that nothing here knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.panels.files import read_dashboard
from tachograph.analytics.panels.panel import Dashboard, Mistake
from tachograph.analytics.panels.sdk_metrics import translate

WHOLE = Path(__file__).parents[2] / "golden" / "dashboards" / "sdk_metrics.json"


def read(said: Any) -> Dashboard:
    fields, notes = translate(said)
    found = read_dashboard(fields, {}, name="own-sdk", notes=notes)
    assert not found.wrong
    return found.dashboard


def one(**panel: Any) -> Any:
    """The only panel of a dashboard."""
    (made,) = read({"dashboard": {"title": "T", "panels": [{"title": "P", **panel}]}}).panels
    return made


def test_every_panel_comes_in_its_place_and_width():
    dashboard = read(json.loads(WHOLE.read_text("utf-8")))
    assert (dashboard.title, dashboard.help) == ("Our SDK", "What becomes of the package.")
    assert [(panel.title, panel.chart, panel.width) for panel in dashboard.panels] == [
        ("Downloads", "timeseries", 6),
        ("Versions", "share", 6),
        ("Repository", "stat", 12),
        ("Use by hour", "heatmap", 8),
        ("Failures", "timeseries", 4),
        ("How fast", "stat", 6),
        ("Countries", "bars", 6),
    ]


def test_what_no_source_knows_says_so_and_asks_for_nothing():
    dashboard = read(json.loads(WHOLE.read_text("utf-8")))
    missing = {panel.title: panel.missing for panel in dashboard.panels if panel.missing}
    assert missing.keys() == {"Downloads", "Versions", "Repository", "Countries"}
    assert "PyPI" in missing["Downloads"]
    assert "version" in missing["Versions"]
    assert "GitHub" in missing["Repository"], "and its open pull requests are not those that agents opened"
    assert "country" in missing["Countries"]
    assert not any(panel.metrics or panel.question for panel in dashboard.panels if panel.missing)


def test_what_is_known_here_is_asked_for_and_how_it_differs_is_said():
    by_title = {panel.title: panel for panel in read(json.loads(WHOLE.read_text("utf-8"))).panels}
    use, failures, fast = by_title["Use by hour"], by_title["Failures"], by_title["How fast"]
    assert (use.metrics, use.by) == (("feature_uses",), ("feature_name", "hour_of_day"))
    assert (failures.metrics, failures.grain) == (("api_error_ratio",), "auto")
    assert "Not shown: “Critical”. No source says which errors are critical." in failures.help
    assert fast.metrics == ("request_p50_ms",)
    assert "median" in fast.help
    assert "“Memory”" in fast.help


def test_alert_rules_are_named_and_not_run():
    notes = read(json.loads(WHOLE.read_text("utf-8"))).notes
    for name in ("“Many failures” (error_rate > 5)", "“Fewer downloads”", "“Slow”"):
        assert sum(name in note and "is not run" in note for note in notes) == 1
    assert any("Time ranges" in note for note in notes)


def test_no_address_and_no_key_of_the_file_is_told():
    told = json.dumps(read(json.loads(WHOLE.read_text("utf-8"))).as_json())
    for kept in ("not-to-be-told", "https://", "SENTRY_DSN", "API_URL"):
        assert kept not in told


def test_panels_that_are_known_by_their_ids_need_no_metrics():
    assert "PyPI" in one(id="pypi_downloads", type="time_series").missing
    assert "GitHub" in one(id="github_metrics", type="stat_panel").missing
    assert one(id="usage_analytics", type="bar_chart").by == ("feature_name",)


def test_metrics_of_ours_can_be_named():
    panel = one(type="bar", metric="cost_usd", xAxis="models")
    assert (panel.chart, panel.metrics, panel.by) == ("bars", ("cost_usd",), ("model",))
    assert one(type="heatmap", metric="sessions").by == ("weekday", "hour_of_day")


@pytest.mark.parametrize(
    ("panel", "why"),
    [
        ({"type": "radar", "metric": "cost_usd"}, "“radar”"),
        ({"metric": "cost_usd"}, "without a name"),
        ({"type": ["line"], "metric": "cost_usd"}, "without a name"),
        ({"type": "line"}, "names no metric"),
        ({"type": "line", "metric": "weather"}, "“weather”"),
        ({"type": "line", "metrics": [{"name": "memory_usage"}, {"name": "weather"}]}, "“weather”"),
        ({"type": "world_map", "metric": "cost_usd"}, "no map"),
        ({"type": "pie", "metric": "cost_usd"}, "has 0 dimensions"),
        ({"type": "heatmap", "metric": "cost_usd", "xAxis": "model"}, "has 1 dimensions"),
        ({"type": "bar", "metric": "commits", "xAxis": "weekday", "yAxis": "hour"}, "has 2 dimensions"),
        ({"type": "bar", "metric": "cost_usd", "xAxis": "tool"}, "cannot be split"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_becomes_a_panel_with_the_reason(panel, why):
    made = one(**panel)
    assert why in made.missing
    assert not made.metrics


@pytest.mark.parametrize("said", [None, 3, [], {}, {"dashboard": 3}, {"dashboard": {}}, {"panels": [], "title": "G"}])
def test_what_is_something_else_is_refused(said):
    with pytest.raises(Mistake) as told:
        translate(said)
    assert told.value.hint


def test_odd_values_do_no_harm():
    notes = translate(
        {
            "dashboard": {
                "title": "T",
                "panels": [
                    {
                        "title": "P",
                        "type": "stat",
                        "position": {"x": "a", "y": None, "w": 1e99},
                        "stats": [3, None, {}],
                    },
                    {"title": "Q", "type": "stat", "position": 3, "metrics": "x", "metric": "cost_usd"},
                    "no panel",
                ],
                "alerts": [3, {"name": 4}, {"name": "\ud800"}, *[{"name": "a"}] * 40],
            }
        }
    )[1]
    assert "1 of its panels are not objects and are left out." in notes
    assert "23 more alerts are not run." in notes
    assert len(set(notes)) == len(notes), "what is alike is said once"
    assert not any("\ud800" in note for note in notes)
