"""Dashboards as data: files that list panels, each a question and the kind of chart that shows its answer.

Ours are `analytics/dashboards/*.toml`. They are read and checked when the server starts, so that a panel which asks for
something that is not there is found by whoever wrote it, not by whoever opens the page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args

from tachograph.analytics.compile import compile_query
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query
from tachograph_sdk.errors import ConfigError, QueryError

__all__ = ["Chart", "Dashboard", "Panel", "load_dashboards", "own_dashboards", "panel_query"]

Chart = Literal["stat", "timeseries", "bars", "share", "heatmap", "treemap", "histogram", "table", "markers"]
"""How a panel is shown. markers: a list of dated remarks, such as what stands out."""

_PER_PIECE = ("hour", "day", "week", "month")
_DIMENSIONS: Mapping[Chart, tuple[int, int]] = {
    "stat": (0, 0),
    "timeseries": (0, 1),
    "bars": (1, 1),
    "share": (1, 1),
    "heatmap": (2, 2),
    "treemap": (1, 3),
    "histogram": (1, 1),
    "table": (1, 3),
}
"""How many dimensions each kind of chart can show, the pieces of time of a time series aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart: metrics by dimensions, or the answer to one of the questions of the API."""

    title: str
    chart: Chart
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    grain: str = ""  # of a time series: hour, day, week, month, or auto: as fits the window
    compare: bool = False  # beside the window before
    limit: int | None = None  # most rows that are shown; the others are summed up as "other" where they can be
    question: str = ""  # instead of metrics: a name under /api/v1
    parameters: Mapping[str, str] = field(default_factory=dict)  # of that question
    filters: Mapping[str, str] = field(default_factory=dict)  # beside those of the page
    width: int = 6  # twelfths of the page
    help: str = ""  # what it means
    empty: str = ""  # what it means that there is nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One tab."""

    name: str  # of its file, and in addresses
    title: str
    order: int
    help: str
    panels: tuple[Panel, ...]

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return asdict(self)


def own_dashboards(questions: Collection[str]) -> tuple[Dashboard, ...]:
    """The dashboards of this product, in order. Raises ConfigError."""
    return load_dashboards(files("tachograph.analytics").joinpath("dashboards").iterdir(), questions)


def load_dashboards(sources: Iterable[Traversable], questions: Collection[str]) -> tuple[Dashboard, ...]:
    """Dashboards from files that end in .toml, ordered by `order` and name.

    Args:
        sources: files; others than .toml are passed over.
        questions: which names a panel may ask for instead of metrics.

    Raises:
        ConfigError: a file cannot be read, or a panel asks for what there is not; names file and panel.
    """
    read = [_read(source, questions) for source in sources if source.name.endswith(".toml")]
    return tuple(sorted(read, key=lambda dashboard: (dashboard.order, dashboard.name)))


def _read(source: Traversable, questions: Collection[str]) -> Dashboard:
    try:
        said = tomllib.loads(source.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"the dashboard {source.name} cannot be read: {error}", hint="it has to be TOML") from error
    panels = said.pop("panels", [])
    title, order, about = said.pop("title", ""), said.pop("order", 100), said.pop("help", "")
    if said:
        raise _wrong(source.name, "", f"has no field {sorted(said)[0]!r}", "fields are title, order, help, panels")
    if not isinstance(title, str) or not title or not isinstance(order, int) or not isinstance(about, str):
        raise _wrong(source.name, "", "needs a title; order is a number, help a text", "")
    if not isinstance(panels, list) or not panels or not all(isinstance(panel, dict) for panel in panels):
        raise _wrong(source.name, "", "has no panels", "each begins with [[panels]]")
    return Dashboard(
        name=source.name.removesuffix(".toml"),
        title=title,
        order=order,
        help=about,
        panels=tuple(_panel(source.name, panel, questions) for panel in panels),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("title", "chart", "grain", "question", "help", "empty"), _is_text),
    **dict.fromkeys(("metrics", "by"), _is_list),
    **dict.fromkeys(("parameters", "filters"), _is_table),
    **dict.fromkeys(("limit", "width"), _is_number),
    "compare": lambda value: isinstance(value, bool),
}


def _panel(file: str, said: Mapping[str, Any], questions: Collection[str]) -> Panel:
    title = str(said.get("title", ""))
    for name, value in said.items():
        if name not in _FIELDS or not _FIELDS[name](value):
            hint = f"fields are: {', '.join(_FIELDS)}"
            raise _wrong(file, title, f"has a field {name!r} that is not known or not of the right type", hint)
    taken: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items()}
    if not title or taken.get("chart") not in get_args(Chart):
        raise _wrong(file, title, "needs a title and a chart", f"charts are: {', '.join(get_args(Chart))}")
    if not 1 <= taken.get("width", 6) <= 12:
        raise _wrong(file, title, "has a width that is not 1 to 12", "a page is twelve wide")
    panel = Panel(**taken)
    if panel.question:
        if panel.metrics or panel.question not in questions:
            hint = f"questions are: {', '.join(sorted(questions))}; a panel asks one or for metrics, not both"
            raise _wrong(file, title, f"asks {panel.question!r}", hint)
        return panel
    _check_metrics(file, panel)
    return panel


def _check_metrics(file: str, panel: Panel) -> None:
    for name in (*panel.by, *panel.filters):
        if name not in DIMENSIONS:
            raise _wrong(file, panel.title, f"names a dimension {name!r} that there is not", "")
    if panel.chart == "markers":
        raise _wrong(file, panel.title, "shows remarks, and these come from a question", "")
    least, most = _DIMENSIONS[panel.chart]
    if not least <= len(panel.by) <= most:
        raise _wrong(file, panel.title, f"has {len(panel.by)} dimensions", f"a {panel.chart} takes {least} to {most}")
    if (panel.chart == "timeseries") != bool(panel.grain):
        raise _wrong(file, panel.title, "has a grain and is no time series, or the other way about", "")
    if panel.grain not in ("", "auto", *_PER_PIECE):
        raise _wrong(file, panel.title, f"has the grain {panel.grain!r}", f"auto, {', '.join(_PER_PIECE)}")
    unknown = [name for name in panel.metrics if name not in METRICS]
    if unknown:
        raise _wrong(file, panel.title, f"names a metric {unknown[0]!r} that there is not", "")
    try:
        compile_query(panel_query(panel))
    except QueryError as error:
        raise _wrong(file, panel.title, error.message, error.hint) from error


def panel_query(panel: Panel, **changed: Any) -> Query:
    """What a panel that shows metrics asks; `changed` are further fields of the query, such as its window."""
    pieces = () if not panel.grain else ("day",) if panel.grain == "auto" else (panel.grain,)
    return Query(
        metrics=panel.metrics,
        by=(*pieces, *panel.by),
        filters={name: [value] for name, value in panel.filters.items()},
        **changed,
    )


def _wrong(file: str, title: str, what: str, hint: str) -> ConfigError:
    where = f"the panel {title!r} of the dashboard {file}" if title else f"the dashboard {file}"
    return ConfigError(f"{where} {what}", hint=hint or "see docs/guides/dashboards.md")
