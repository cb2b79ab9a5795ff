"""Whatever somebody puts into the folder: no exception, an answer that can be sent, and no panel that cannot be asked."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.analytics.compile import compile_query
from tachograph.analytics.panels import OwnersFolder, Panel, panel_query
from tachograph.server.questions import QUESTIONS

WORDS = st.sampled_from(
    ["cost_usd", "sessions", "commits", "model", "user", "weekday", "tool", "stars", "forecast", "day"]
)
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.characters(categories=["Cs"]), WORDS,
)  # fmt: skip
VALUES = st.lists(WORDS, min_size=1, max_size=2) | st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
OURS = (
    {"title": "A", "chart": "stat", "metrics": ["cost_usd"]},
    {"title": "B", "chart": "timeseries", "metrics": ["cost_usd"], "grain": "day", "overlays": ["forecast"]},
    {"title": "C", "chart": "heatmap", "metrics": ["sessions"], "by": ["weekday", "hour_of_day"]},
    {"title": "D", "chart": "stat", "question": "budget"},
    {"title": "E", "chart": "table", "question": "trends", "parameters": {"metric": "cost_usd"}},
    {"title": "F", "chart": "bars", "missing": "no source"},
)
OLDER = (
    {"title": "A", "id": "usage_analytics", "type": "heatmap", "xAxis": "features", "yAxis": "time_of_day"},
    {"title": "B", "type": "time_series", "metrics": [{"name": "error_rate", "label": "Rate"}, {"name": "stars"}]},
    {"title": "C", "type": "pie", "metric": "cost_usd", "xAxis": "model", "position": {"x": 1, "y": 2, "w": 3}},
    {"title": "D", "type": "world_map", "datasource": "pypi_api", "metric": "country_distribution"},
    {"title": "E", "type": "gauge", "stats": [{"metric": "avg_response_time"}, {"metric": "sessions"}]},
)


def panels_like(usual: Sequence[Mapping[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Panels of which up to two fields hold something odd."""
    fields = sorted({*Panel.__dataclass_fields__} if usual is OURS else {name for one in usual for name in one})
    odd = st.dictionaries(st.sampled_from(fields), VALUES, max_size=2)
    return st.lists(st.builds(lambda one, more: {**one, **more}, st.sampled_from(usual), odd), max_size=4)


def files_like(usual: Sequence[Mapping[str, Any]], *fields: str) -> st.SearchStrategy[dict[str, Any]]:
    """Whole files of such panels, of which up to one field holds something odd."""
    whole = st.fixed_dictionaries({"title": st.text(min_size=1, max_size=5), "panels": panels_like(usual)})
    odd = st.dictionaries(st.sampled_from(fields), VALUES, max_size=1)
    return st.builds(lambda file, more: {**file, **more}, whole, odd)


def told_of(name: str, data: bytes) -> Any:
    """What the folder tells of one file, as bytes that an answer could send; each panel that asks can be asked."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(data)
        found = OwnersFolder(Path(folder), QUESTIONS)()
    for dashboard in found.dashboards:
        for panel in dashboard.panels:
            assert bool(panel.missing) + bool(panel.question) + bool(panel.metrics) == 1
            if panel.metrics:
                compile_query(panel_query(panel))
    told = {"d": [one.as_json() for one in found.dashboards], "p": [one.as_json() for one in found.problems]}
    return json.dumps(told, ensure_ascii=False, allow_nan=False).encode()


@settings(max_examples=400)
@given(said=files_like(OLDER, "title", "panels", "alerts", "order", "description", "layout"))
def test_any_older_dashboard(said: Any) -> None:
    told_of("a.json", json.dumps({"dashboard": said}).encode())


@settings(max_examples=400)
@given(said=files_like(OURS, "title", "panels", "order", "help", "colour"))
def test_any_panels_in_toml(said: Any) -> None:
    lines = [f"{name} = {_toml(value)}" for name, value in said.items()]
    told_of("a.toml", "\n".join(lines).encode("utf-8", "surrogatepass"))


@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    told_of("a.toml", data)
    told_of("a.json", data)


def _toml(value: Any) -> str:
    """A value as TOML writes it; what it cannot write as it is in JSON, which makes the file a broken one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(name))} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value).lower()
