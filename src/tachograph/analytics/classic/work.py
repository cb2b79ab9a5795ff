"""What came of it: commits, pull requests and lines, by whom and where; and the code in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tachograph.analytics.classic.costs import NO_PERSON
from tachograph.analytics.classic.palette import COLORS
from tachograph.analytics.classic.reasons import reasoned
from tachograph.analytics.classic.series import fill, grain_of
from tachograph.analytics.classic.shares import percent, ratio
from tachograph.analytics.compile import answer, ask
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.metrics.metric import Metric, measured
from tachograph.analytics.query import Query
from tachograph.analytics.scope import NO_PEOPLE, Scope
from tachograph.ports import Store

__all__ = ["code_generation", "productivity"]

TOP = 10  # people that are listed

NO_LANGUAGE = "no source says in which language lines were written"
NO_FILE = "no source says which files were written"
NO_LINE = "no line was added"

_NOT_KEPT = {
    "avg_file_size_kb": "what is in files is not kept, nor how large they are",
    "avg_complexity_score": "what is in files is not kept, so nothing is known of how complex it is",
    "estimated_bug_rate": "nothing that is recorded says which code turned out to be wrong",
    "readability_score": "what is in files is not kept, and there is no agreed measure of how well it reads",
}

_WORK = ("commits", "pull_requests", "lines_added", "lines_removed")


def _of_outcomes(name: str, sql: str) -> Metric:
    return measured(name, "count", "neither", "", formula="", sql={"outcomes": sql})


_LINES = _of_outcomes("lines", "sum(lines_added)")
_FILES = _of_outcomes("files", "count(distinct case when lines_added > 0 then file end)")
_LINES_OF_FILES = _of_outcomes("lines_of_files", "sum(case when file is not null then lines_added else 0 end)")


def productivity(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Totals, points over time, people with most commits, and repositories. Four statements."""
    grain = grain_of(scope.window)
    (total,) = answer(store, _query(scope, (*_WORK, "files_changed"))).records()
    points = answer(store, _query(scope, _WORK, grain)).records()
    people = answer(store, _query(scope, _WORK, "user")).records() if scope.compares_people else []
    places = answer(store, _query(scope, ("sessions",), "repository")).records()
    data = {
        **{f"total_{name}": total[name] for name in _WORK},
        "files_changed": total["files_changed"],
        "active_repositories": [
            row["repository"]
            for row in sorted(places, key=lambda row: (-row["sessions"], str(row["repository"])))
            if row["repository"] is not None
        ],
        "productivity_trend": fill(
            [row for row in points if any(row[name] for name in _WORK)], scope, grain, dict.fromkeys(_WORK, 0)
        ),
        "top_contributors": [
            {"user_email": row["user"], **{name: row[name] for name in _WORK}}
            for row in sorted(people, key=_by_work)
            if any(row[name] for name in _WORK)
        ][:TOP],
    }
    nowhere = sum(row["sessions"] for row in places if row["repository"] is None)
    sessions = f"{nowhere} active session{'' if nowhere == 1 else 's'}"
    notes = {"active_repositories": f"of {sessions} no source says the repository"} if nowhere else {}
    why = {"files_changed": METRICS["files_changed"].reason or "", "top_contributors.user_email": NO_PERSON}
    return reasoned(data, why, notes if scope.compares_people else {**notes, "top_contributors": NO_PEOPLE})


def code_generation(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Lines and files that were written, by language and over time. Three statements."""
    grain = grain_of(scope.window)
    (whole,) = ask(store, _query(scope, ()), [_LINES, _FILES, _LINES_OF_FILES]).records()
    languages = ask(store, _query(scope, (), "language"), [_LINES, _FILES]).records()
    points = ask(store, _query(scope, (), grain), [_LINES, _FILES]).records()
    languages = [row for row in languages if row["language"] is not None and row["lines"]]
    data = {
        "total_code_files_generated": whole["files"] or (None if whole["lines"] else 0),
        "total_lines_generated": whole["lines"],
        "avg_lines_per_file": ratio(whole["lines_of_files"], whole["files"]),
        "most_generated_languages": [
            {
                "language": row["language"],
                "file_count": row["files"] or None,
                "line_count": row["lines"],
                "percentage": percent(row["lines"], whole["lines"]),
                "color": COLORS[place % len(COLORS)],
            }
            for place, row in enumerate(sorted(languages, key=lambda row: (-row["lines"], row["language"])))
        ],
        "generation_over_time": fill(
            [
                {grain: row[grain], "files_generated": row["files"] or None, "lines_generated": row["lines"]}
                for row in points
                if row["lines"]
            ],
            scope,
            grain,
            {"files_generated": 0, "lines_generated": 0},
        ),
        "code_quality_metrics": dict.fromkeys(_NOT_KEPT),
    }
    why = {
        "total_code_files_generated": NO_FILE,
        "avg_lines_per_file": NO_FILE if whole["lines"] else NO_LINE,
        "most_generated_languages.file_count": NO_FILE,
        "generation_over_time.files_generated": NO_FILE,
        **{f"code_quality_metrics.{name}": reason for name, reason in _NOT_KEPT.items()},
    }
    nothing_told = whole["lines"] and not languages
    return reasoned(data, why, {"most_generated_languages": NO_LANGUAGE} if nothing_told else {})


def _query(scope: Scope, metrics: tuple[str, ...], *by: str) -> Query:
    return Query(metrics=metrics, by=by, filters=scope.filters, window=scope.window)


def _by_work(row: Mapping[str, Any]) -> Any:
    return (-row["commits"], -row["pull_requests"], -row["lines_added"], -row["lines_removed"], str(row["user"]))
