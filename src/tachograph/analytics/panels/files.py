"""Dashboards in TOML files: ours, which are read and checked when the server starts, so that a panel which asks for
something that is not there is found by whoever wrote it, not by whoever opens the page; and how any such file is read.
"""  # noqa: D205 - one sentence

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from tachograph.analytics.panels.panel import MOST_TITLE, Dashboard, Mistake, Panel, is_text, read_panel
from tachograph.analytics.scope import Question
from tachograph_sdk.errors import ConfigError

__all__ = ["MOST_PANELS", "Read", "load_dashboards", "own_dashboards", "read_dashboard", "read_toml"]

MOST_PANELS = 60
_MOST_ORDER = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A dashboard, and which of its panels were left out because they are wrong, by their titles."""

    dashboard: Dashboard
    wrong: Sequence[tuple[str, Mistake]] = ()


def own_dashboards(questions: Mapping[str, Question]) -> tuple[Dashboard, ...]:
    """The dashboards of this product, in order. Raises ConfigError."""
    return load_dashboards(files("tachograph.analytics").joinpath("dashboards").iterdir(), questions)


def load_dashboards(sources: Iterable[Traversable], questions: Mapping[str, Question]) -> tuple[Dashboard, ...]:
    """Dashboards from files that end in .toml, ordered by `order` and name; nothing may be wrong with any.

    Args:
        sources: files; others than .toml are passed over.
        questions: what a panel may ask instead of metrics, by name.

    Raises:
        ConfigError: a file cannot be read, or a panel asks for what there is not; names file and panel.
    """
    read = [_whole(source, questions) for source in sources if source.name.endswith(".toml")]
    return tuple(sorted(read, key=lambda dashboard: (dashboard.order, dashboard.name)))


def _whole(source: Traversable, questions: Mapping[str, Question]) -> Dashboard:
    where = f"the dashboard {source.name}"
    try:
        said = read_toml(source.read_bytes())
        read = read_dashboard(said, questions, name=source.name.removesuffix(".toml"))
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error}", hint="look at the file's rights") from error
    except Mistake as mistake:
        raise _refused(where, mistake) from mistake
    for title, wrong in read.wrong:
        raise _refused(f"the panel {title!r} of {where}" if title else f"a panel of {where}", wrong)
    return read.dashboard


def _refused(where: str, mistake: Mistake) -> ConfigError:
    return ConfigError(f"{where} {mistake.what}", hint=mistake.hint or "see docs/guides/dashboards.md")


def read_toml(data: bytes) -> dict[str, Any]:
    """The fields of a file. Raises Mistake."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML, or a number of too many digits
        why = str(error) if isinstance(error, tomllib.TOMLDecodeError) else f"it is no TOML ({type(error).__name__})"
        raise Mistake(f"cannot be read: {why[:200]}", "it has to be TOML in UTF-8") from error


def read_dashboard(
    said: Mapping[str, Any],
    questions: Mapping[str, Question],
    *,
    name: str,
    file: str = "",
    notes: Sequence[str] = (),
) -> Read:
    """A dashboard from the fields of a file, without the panels that are wrong.

    Args:
        said: title, order, help, panels.
        questions: what a panel may ask instead of metrics, by name.
        name: in addresses.
        file: the name of the owner's file.
        notes: what of the file does not come about.

    Raises:
        Mistake: something is wrong with the whole of it.
    """
    fields = {"title": "", "order": 100, "help": "", "panels": []}
    for unknown in said.keys() - fields.keys():
        raise Mistake(f"has no field {unknown[:100]!r}", f"fields are {', '.join(fields)}")
    title, order, about, panels = (said.get(field, usual) for field, usual in fields.items())
    if not is_text(title, MOST_TITLE) or not str(title).strip() or not is_text(about) or not _is_order(order):
        raise Mistake(
            "needs a title; order is a whole number, help a text", f"a title has up to {MOST_TITLE} characters"
        )
    if not isinstance(panels, list) or not panels or not all(isinstance(panel, dict) for panel in panels):
        raise Mistake("has no panels", "each begins with [[panels]]")
    if len(panels) > MOST_PANELS:
        raise Mistake(f"has {len(panels):,} panels", f"a dashboard has up to {MOST_PANELS}: make two of it")
    taken: list[Panel] = []
    wrong: list[tuple[str, Mistake]] = []
    for one in panels:
        try:
            panel = read_panel(one, questions)
            if any(panel.title == other.title for other in taken):  # people and the page could not tell them apart
                raise Mistake("has the title of another panel", "give each one of its own")
            taken.append(panel)
        except Mistake as mistake:
            at = one.get("title", "")
            wrong.append((at if is_text(at, MOST_TITLE) else "", mistake))
    dashboard = Dashboard(
        name=name,
        title=str(title),
        order=int(order),
        help=str(about),
        panels=tuple(taken),
        notes=tuple(notes),
        file=file,
    )
    return Read(dashboard=dashboard, wrong=wrong)


def _is_order(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST_ORDER
