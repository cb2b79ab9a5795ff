"""What a panel and a dashboard are, and what a panel has to be so that a page can show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from tachograph.analytics.compile import compile_query
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS, adds_up
from tachograph.analytics.parameters import names_in
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Question
from tachograph.analytics.spelling import hint_of
from tachograph.analytics.trends.daily import FILTERS
from tachograph_sdk.errors import QueryError

__all__ = [
    "MOST_TEXT",
    "MOST_TITLE",
    "Chart",
    "Dashboard",
    "Mistake",
    "Overlay",
    "Panel",
    "is_text",
    "panel_query",
    "read_panel",
    "without_people",
]

Chart = Literal["stat", "timeseries", "bars", "share", "heatmap", "treemap", "histogram", "table", "markers"]
"""How a panel is shown. markers: a list of dated remarks, such as what stands out."""

Overlay = Literal["forecast", "markers"]
"""What is drawn over a time series: where the month will end, and what else was new (models, versions, prices)."""

MOST_TITLE = 200  # characters
MOST_TEXT = 2_000
MOST_NAMES = 20  # in one list
ABOUT_PEOPLE = "user"
NO_PEOPLE = "The preset `strict` compares no people, and this panel is about single ones."

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

_SPLIT: tuple[Chart, ...] = ("timeseries", "bars", "share")
"""Charts of which people can choose what they are split by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One chart: metrics by dimensions, the answer to one of the questions of the API, or why there is neither."""

    title: str
    chart: Chart
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    split: tuple[str, ...] = ()  # of what it can be split by instead of `by`: the page lets people choose
    grain: str = ""  # of a time series: hour, day, week, month, or auto: as fits the window
    overlays: tuple[Overlay, ...] = ()  # of a time series
    compare: bool = False  # beside the window before
    limit: int | None = None  # most rows that are shown; the others are summed up as "other" where they can be
    question: str = ""  # instead of metrics: a name under /api/v1
    parameters: Mapping[str, str] = field(default_factory=dict)  # of that question
    filters: Mapping[str, str] = field(default_factory=dict)  # beside those of the page
    width: int = 6  # twelfths of the page
    help: str = ""  # what it means
    empty: str = ""  # what it means that there is nothing
    missing: str = ""  # why it cannot be shown; then it asks for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One tab."""

    name: str  # in addresses
    title: str
    order: int
    help: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...] = ()  # what of its file does not come about
    file: str = ""  # of the owner's own: the name of the file

    def as_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return asdict(self)


class Mistake(Exception):
    """What is wrong with a file or a panel, said of it: "has no panels"; who catches it knows of which."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


def panel_query(panel: Panel, **changed: Any) -> Query:
    """What a panel that shows metrics asks; `changed` are further fields of the query, such as its window."""
    pieces = () if not panel.grain else ("day",) if panel.grain == "auto" else (panel.grain,)
    return Query(
        metrics=panel.metrics,
        by=(*pieces, *panel.by),
        filters={name: [value] for name, value in panel.filters.items()},
        **changed,
    )


def without_people(dashboard: Dashboard) -> Dashboard:
    """The same tab where people must not be compared: panels about single ones ask for nothing and say why."""
    return replace(dashboard, panels=tuple(_without_people(panel) for panel in dashboard.panels))


def _without_people(panel: Panel) -> Panel:
    if ABOUT_PEOPLE not in panel.by and ABOUT_PEOPLE not in panel.filters:
        if ABOUT_PEOPLE not in panel.split:
            return panel
        return replace(panel, split=tuple(name for name in panel.split if name != ABOUT_PEOPLE))
    return Panel(title=panel.title, chart=panel.chart, width=panel.width, help=panel.help, missing=NO_PEOPLE)


def is_text(value: Any, most: int = MOST_TEXT) -> bool:
    """True of a text that can be sent and shown: not too long, and nothing in it that UTF-8 cannot write."""
    return isinstance(value, str) and len(value) <= most and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_NAMES and all(is_text(item, MOST_TITLE) for item in value)


def _is_table(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MOST_NAMES
        and all(is_text(item) for pair in value.items() for item in pair)
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 100_000


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("chart", "grain", "question", "help", "empty", "missing"), is_text),
    **dict.fromkeys(("metrics", "by", "split", "overlays"), _is_list),
    **dict.fromkeys(("parameters", "filters"), _is_table),
    **dict.fromkeys(("limit", "width"), _is_number),
    "title": lambda value: is_text(value, MOST_TITLE),
    "compare": lambda value: isinstance(value, bool),
}


def read_panel(said: Mapping[str, Any], questions: Mapping[str, Question]) -> Panel:
    """A panel from the fields of a file. Raises Mistake."""
    for name, value in said.items():
        if name not in _FIELDS or not _FIELDS[name](value):
            raise Mistake(
                f"has a field {name[:100]!r} that is not known or not of the right type or length",
                f"fields are: {', '.join(_FIELDS)}",
            )
    taken: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items()}
    if not taken.get("title") or taken.get("chart") not in get_args(Chart):
        raise Mistake("needs a title and a chart", f"charts are: {', '.join(get_args(Chart))}")
    if not 1 <= taken.get("width", 6) <= 12:
        raise Mistake("has a width that is not 1 to 12", "a page is twelve wide")
    panel = Panel(**taken)
    for name in (*panel.by, *panel.split, *panel.filters):
        if name not in DIMENSIONS:
            raise Mistake(
                f"names a dimension {name[:100]!r} that there is not", hint_of("dimensions", name, DIMENSIONS)
            )
    if panel.missing:
        _check_missing(panel)
    elif panel.question:
        _check_question(panel, questions)
    else:
        _check_metrics(panel)
        _check_split(panel)
        _check_overlays(panel)
    return panel


def _check_missing(panel: Panel) -> None:
    if panel.metrics or panel.question or panel.overlays or panel.split:
        raise Mistake("says why it cannot be shown and asks for something all the same", "drop `missing`, or the rest")


def _check_question(panel: Panel, questions: Mapping[str, Question]) -> None:
    if panel.metrics or panel.question not in questions:
        hint = f"questions are: {', '.join(sorted(questions))}; a panel asks one or for metrics, not both"
        raise Mistake(f"asks {panel.question[:100]!r}", hint)
    beside = [name for name in ("by", "split", "grain", "overlays") if getattr(panel, name)]
    if beside:
        hint = "by, split, grain and overlays are of panels with metrics"
        raise Mistake(f"asks a question and has {beside[0]!r}", hint)
    taken = questions[panel.question].parameters
    for name, value in panel.parameters.items():
        if name not in taken:
            named = f"it takes: {', '.join(sorted(taken))}" if taken else "it takes none"
            raise Mistake(f"gives {panel.question} a parameter {name[:100]!r} that it does not take", named)
        unknown = [metric for metric in names_in(value) if metric not in METRICS] if name == "metric" else []
        if unknown:
            raise Mistake(_no_metric(unknown[0]), hint_of("metrics", unknown[0], METRICS))


def _check_metrics(panel: Panel) -> None:
    if panel.parameters:
        raise Mistake("has parameters and asks no question", "use filters")
    if panel.chart == "markers":
        raise Mistake("shows remarks, and these come from a question", "give it a question, such as anomalies")
    least, most = _DIMENSIONS[panel.chart]
    if not least <= len(panel.by) <= most:
        raise Mistake(f"has {len(panel.by)} dimensions", f"a {panel.chart} takes {least} to {most}")
    if (panel.chart == "timeseries") != bool(panel.grain):
        raise Mistake("has a grain and is no time series, or the other way about", "a timeseries has one, others none")
    if panel.grain not in ("", "auto", *_PER_PIECE):
        raise Mistake(f"has the grain {panel.grain[:100]!r}", f"auto, {', '.join(_PER_PIECE)}")
    for name in panel.metrics:
        if name not in METRICS:
            raise Mistake(_no_metric(name), hint_of("metrics", name, METRICS))
    try:
        compile_query(panel_query(panel))
    except QueryError as error:
        raise Mistake(error.message, error.hint) from error


def _check_split(panel: Panel) -> None:
    """What can be chosen has to fit the metrics as `by` does, and `by` is what the panel begins with."""
    if not panel.split:
        return
    if panel.chart not in _SPLIT:
        raise Mistake(f"has choices to split by and is a {panel.chart}", f"only these take them: {', '.join(_SPLIT)}")
    if len(set(panel.split)) < max(len(panel.split), 1 if panel.chart == "timeseries" and not panel.by else 2):
        raise Mistake(
            "has one choice to split by, or one twice", "name each once; a panel that is split by one has `by`"
        )
    if panel.by and panel.by[0] not in panel.split:
        raise Mistake(f"begins with {panel.by[0]}, which is not among its choices", "name it in `split`, too")
    for name in panel.split:
        try:
            compile_query(panel_query(replace(panel, by=(name,))))
        except QueryError as error:
            raise Mistake(f"cannot be split by {name}: {error.message}", error.hint) from error


def _check_overlays(panel: Panel) -> None:
    """A forecast is of the first metric, summed over what the panel is split by, and made of whole days."""
    if not panel.overlays:
        return
    unknown = [name for name in panel.overlays if name not in get_args(Overlay)]
    if unknown or len(set(panel.overlays)) < len(panel.overlays):
        named = (unknown or list(panel.overlays))[0][:100]
        raise Mistake(
            f"names an overlay {named!r} that there is not, or twice", f"overlays: {', '.join(get_args(Overlay))}"
        )
    if panel.chart != "timeseries":
        raise Mistake("has overlays and is no time series", "only a timeseries takes them")
    if "forecast" not in panel.overlays:
        return
    first = panel.metrics[0]
    if not adds_up(METRICS[first]):
        raise Mistake(
            f"has a forecast over {first}, and there is none: a month's is not the sum of its days'",
            f"first has to come one that adds up: {', '.join(n for n, m in METRICS.items() if adds_up(m))}",
        )
    if panel.grain not in ("day", "auto"):
        raise Mistake("has a forecast and another grain than day or auto", "a forecast is made of whole days")
    times = [name for name in panel.filters if name not in FILTERS]
    if times:
        raise Mistake(f"has a forecast and a filter by {times[0]}", "a forecast is made of whole days")


def _no_metric(name: str) -> str:
    return f"names a metric {name[:100]!r} that there is not"
