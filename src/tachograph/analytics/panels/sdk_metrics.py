"""The `dashboard.json` of an older metrics package for a Python SDK, in our terms.

Every panel of it becomes one of ours, in its place and width. What its data source does not have here becomes a panel that
says so: no figure is made up, and no address or key in the file is used or told. Its alert rules are named, not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.panels.panel import MOST_TEXT, MOST_TITLE, Mistake, is_text, read_panel

__all__ = ["translate"]

MOST_NAMED = 20  # alert rules

_MAPS = frozenset({"world_map", "map", "geo"})
_CHARTS: Mapping[str, str] = {
    **dict.fromkeys(("time_series", "timeseries", "line", "line_chart", "area", "area_chart"), "timeseries"),
    **dict.fromkeys(("pie_chart", "pie", "donut"), "share"),
    **dict.fromkeys(("bar_chart", "bar", "bars"), "bars"),
    **dict.fromkeys(("stat_panel", "stat", "gauge"), "stat"),
    **{chart: chart for chart in ("heatmap", "treemap", "histogram", "table")},
    **dict.fromkeys(_MAPS, "bars"),
}
"""Ours by theirs. A map is no chart of ours, and nothing here knows a country: such a panel says so."""

_AXES: Mapping[str, str] = {
    "features": "feature_name", "feature": "feature_name", "time_of_day": "hour_of_day", "hour_of_day": "hour_of_day",
    "hour": "hour_of_day", "day_of_week": "weekday", "weekday": "weekday", "model": "model", "models": "model",
    "tool": "tool", "tools": "tool", "project": "project", "projects": "project", "user": "user", "users": "user",
    "error_type": "error_class", "version": "agent_version", "agent": "agent",
}  # fmt: skip
"""Dimensions by what an axis shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    metric: str
    by: str = ""  # by which it is split where a chart needs it and no axis says
    remark: str = ""  # how it differs from what the older name says


_KNOWN: Mapping[str, _Ours] = {
    "feature_usage": _Ours(metric="feature_uses", by="feature_name", remark="commands, skills and subagents used"),
    "error_rate": _Ours(
        metric="api_error_ratio", by="error_class", remark="share of requests to the model that failed"
    ),
    "avg_response_time": _Ours(metric="request_p50_ms", by="model", remark="the median of requests, not the mean"),
}

_PYPI = "Downloads from PyPI are not collected: Tachograph has no collector for them yet."
_GITHUB = "Figures of GitHub repositories are not collected: Tachograph has no collector for them yet."
_MISSING: Mapping[str, str] = {
    **dict.fromkeys(("daily_downloads", "weekly_downloads", "monthly_downloads"), _PYPI),
    "version_breakdown": "PyPI's public statistics do not say which version of a package was downloaded.",
    "country_distribution": "PyPI's public statistics do not say from which country a package was downloaded.",
    **dict.fromkeys(
        ("stars", "forks", "watchers", "issues", "open_issues", "contributors", "views", "clones"), _GITHUB
    ),
    "critical_errors": "No source says which errors are critical.",
    "memory_usage": "No source says how much memory an agent used.",
    "cpu_usage": "No source says how much of a processor an agent used.",
}
_SOURCES: Mapping[str, str] = {"pypi": _PYPI, "github": _GITHUB}
"""Why nothing is known from a data source, by what its name has in it: also where a metric has the name of one of ours."""

_PANELS: Mapping[str, tuple[str, Sequence[str]]] = {
    "pypi_downloads": ("pypi", ("daily_downloads",)),
    "version_distribution": ("pypi", ("version_breakdown",)),
    "geographic_distribution": ("pypi", ("country_distribution",)),
    "github_metrics": ("github", ("stars", "forks", "issues")),
    "usage_analytics": ("usage", ("feature_usage",)),
    "error_rates": ("error", ("error_rate",)),
    "performance_metrics": ("performance", ("avg_response_time",)),
}
"""Data source and metrics of panels that are known by their `id` and do not say them."""


def translate(said: Any) -> tuple[dict[str, Any], list[str]]:
    """The fields of one of our files, and notes on what does not come about.

    Raises:
        Mistake: it is something else.
    """
    found = said.get("dashboard") if isinstance(said, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("panels"), list):
        raise Mistake(
            "is not a dashboard that is known here",
            'a JSON file holds {"dashboard": {"title": …, "panels": […]}}; our own format is TOML',
        )
    panels = sorted((one for one in found["panels"] if isinstance(one, dict)), key=_place)
    notes = _notes(found)
    if len(panels) < len(found["panels"]):
        notes.append(f"{len(found['panels']) - len(panels)} of its panels are not objects and are left out.")
    fields = {"title": found.get("title", ""), "help": found.get("description", ""), "order": found.get("order", 100)}
    return {**fields, "panels": [_panel(one) for one in panels]}, notes


def _place(panel: Mapping[str, Any]) -> tuple[float, float]:
    """From the top, then from the left."""
    position = panel.get("position")
    place = position if isinstance(position, dict) else {}
    return _number(place.get("y")), _number(place.get("x"))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int) and abs(value) < 1_000_000 else 0.0


def _panel(said: Mapping[str, Any]) -> dict[str, Any]:
    """One of our panels, as a file has it; where it cannot be one, with the reason."""
    kind = said.get("type")
    chart = (_CHARTS.get(kind) if isinstance(kind, str) else None) or ""
    shown: dict[str, Any] = {"title": said.get("title", ""), "chart": chart or "stat", "width": _width(said)}
    if not chart:
        return {**shown, "missing": f"There is no chart of the type {_quoted(kind)}."}
    source, usual = _PANELS.get(str(said.get("id")), ("", ()))
    source = str(said.get("datasource", source))
    taken: dict[str, _Ours] = {}
    gone: list[tuple[str, str]] = []
    remarks: list[str] = []
    for name, label in _metrics(said) or [(name, name) for name in usual]:
        ours = _ours(name, source)
        if isinstance(ours, str):
            gone.append((label, ours))
        else:
            taken.setdefault(ours.metric, ours)
            remarks += [f"{_quoted(label)}: {ours.remark}."] if ours.remark else []
    if not taken:
        return {**shown, "missing": _why(gone)}
    if kind in _MAPS:
        return {**shown, "missing": "There is no map: nothing that is collected says in which country somebody is."}
    remarks += [f"Not shown: {_quoted(label)}. {why}" for label, why in gone]
    fields = {**shown, "metrics": [*taken], "help": " ".join(remarks)[:MOST_TEXT]}
    if chart == "timeseries":
        fields["grain"] = "auto"
    elif chart != "stat":
        fields["by"] = _dimensions(said, chart, next(iter(taken.values())))
    try:
        read_panel({**fields, "title": "its title is looked at later"}, {})
    except Mistake as mistake:
        return {**shown, "missing": f"It {mistake.what}: {mistake.hint}."[:MOST_TEXT]}
    return fields


def _why(gone: Sequence[tuple[str, str]]) -> str:
    """Why nothing of a panel can be shown; a reason that all share is said once."""
    if not gone:
        return "It names no metric."
    reasons = {why for _, why in gone}
    told = reasons if len(reasons) == 1 else [f"{_quoted(label)}: {why}" for label, why in gone]
    return " ".join(told)[:MOST_TEXT]


def _width(said: Mapping[str, Any]) -> int:
    position = said.get("position")
    width = position.get("w") if isinstance(position, dict) else None
    return min(max(int(_number(width)), 1), 12) if isinstance(width, int) else 6


def _metrics(said: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and labels, in whichever of its forms: metrics, stats, metric."""
    listed = [*_each(said.get("metrics")), *_each(said.get("stats")), said.get("metric")]
    named: list[tuple[str, str]] = []
    for one in listed:
        entry = one if isinstance(one, dict) else {"name": one}
        name = entry.get("name", entry.get("metric"))
        if isinstance(name, str) and name:
            label = entry.get("label")
            named.append((name, label if isinstance(label, str) and label else name))
    return named


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _ours(name: str, source: str) -> _Ours | str:
    """What it is here, or why it is not."""
    if name in _MISSING:
        return _MISSING[name]
    for word, reason in _SOURCES.items():
        if word in source.lower():
            return reason
    if name in _KNOWN:
        return _KNOWN[name]
    return _Ours(metric=name) if name in METRICS else f"There is no metric {_quoted(name)} here."


def _dimensions(said: Mapping[str, Any], chart: str, first: _Ours) -> list[str]:
    """By what it is split: what its axes name, else what is usual for its metric."""
    axes = [said.get(name) for name in ("xAxis", "yAxis", "groupBy")]
    found = [_AXES.get(axis, axis) for axis in axes if isinstance(axis, str)]
    named = list(dict.fromkeys(name for name in found if name in DIMENSIONS))
    if named:
        return named
    if chart == "heatmap":
        return ["weekday", "hour_of_day"]
    return [first.by] if first.by else []


def _notes(found: Mapping[str, Any]) -> list[str]:
    alerts = [*_each(found.get("alerts")), *_each(found.get("alert_rules"))]
    notes = []
    for alert in alerts[:MOST_NAMED]:
        rule = alert if isinstance(alert, dict) else {}
        condition = rule.get("condition")
        told = f" ({condition[:MOST_TITLE]})" if isinstance(condition, str) and is_text(condition) else ""
        notes.append(f"The alert {_quoted(rule.get('name'))}{told} is not run: there are no alerts yet.")
    if len(alerts) > MOST_NAMED:
        notes.append(f"{len(alerts) - MOST_NAMED:,} more alerts are not run.")
    if any(isinstance(panel, dict) and "timeRange" in panel for panel in found["panels"]):
        notes.append("Time ranges of panels do not count: the page's does.")
    return list(dict.fromkeys(notes))


def _quoted(name: Any) -> str:
    return f"“{name[:MOST_TITLE]}”" if is_text(name, 10**6) and name else "without a name"
