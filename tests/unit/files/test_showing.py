"""How the report looks: 80 columns, spreadsheet-safe cells, a trend that leaves no day out."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.file_kit.document import build_document
from tachograph.analytics.file_kit.figures import SessionFigures
from tachograph.analytics.file_kit.recommend import Material, recommend
from tachograph.analytics.file_kit.review import Thresholds
from tachograph.analytics.file_kit.table import cell, csv_text, markdown_text
from tachograph.analytics.file_kit.trend import spark, trend
from tachograph.cli.files_report import WIDTH, report_lines
from tests.unit.files.making import analysed, counter, document, failure, rejection, request, result

LONG_MODEL = "claude-" + "x-" * 40 + "5"
LONG_TOOL = "mcp__" + "server_" * 8 + "_tool"


def report(folder: Path, *documents: Any) -> dict[str, Any]:
    analysis = analysed(folder, *documents)
    found = recommend(Material(analysis=analysis))
    return build_document(analysis, generated_at="2026-11-20T10:00:00Z", thresholds=Thresholds(), recommendations=found)


def everything(folder: Path) -> dict[str, Any]:
    events = [request(12_345.678, model=LONG_MODEL, at=f"2026-11-{day:02}T10:00:00Z") for day in range(1, 19)]
    events += [failure() for _ in range(5)] + [result(LONG_TOOL, success=False) for _ in range(12)]
    events += [rejection(LONG_TOOL, "hook") for _ in range(9)] + [request(None)]
    name = "session-" + "long" * 25 + ".log"
    return report(folder, document(events, [counter("cost_usage", 999_999)], name=name, member="m_0123456789abcdef"))


@pytest.mark.parametrize("plain", [False, True])
def test_no_line_is_longer_than_80_columns(tmp_path: Path, plain: bool) -> None:
    lines = list(report_lines(everything(tmp_path), plain=plain))
    assert max(map(len, lines)) == WIDTH == 80
    assert len(lines) > 60
    if plain:
        assert "".join(lines).isascii()


@pytest.mark.parametrize("days", [40, 45, 600])
def test_large_figures_keep_their_columns_apart(tmp_path: Path, days: int) -> None:
    first = datetime(2024, 11, 1, 10, tzinfo=UTC)
    events = [
        request(
            123_456.5, tokens=(9_999_999_999, 9_999_999_999, 9_999_999_999, 9_999_999_999), at=at, session=f"s_{day}"
        )
        for day in range(days)
        for at in [f"{first + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"]
    ]
    lines = list(report_lines(report(tmp_path, document(events, quarantined={"q" * 60: 12_345_678}))))
    assert max(map(len, lines)) == WIDTH
    model = next(line for line in lines if line.startswith("  claude-opus-5-5"))
    assert [int(part.replace(",", "")) for part in model.split()[1:3]] == [days, days * 4 * 9_999_999_999]
    assert f"${days * 123_456.5:,.2f}" in model
    session = next(line for line in lines if line.startswith("  s_"))
    assert session.split()[1:] == ["1", "39,999,999,996", "$123,456.50"]
    (bars,) = (line for line in lines if line.startswith("  Tokens        █"))
    assert bars.endswith(" at most 39,999,999,996" if days < 46 else " at most 279,999,999,972")


def test_sessions_of_one_log_have_their_own_names(tmp_path: Path) -> None:
    two = document([failure(session="s_1") for _ in range(3)] + [failure(session="s_2") for _ in range(4)])
    alone = document([failure(session="s_3") for _ in range(3)], name="session-2.log")
    text = "\n".join(report_lines(report(tmp_path, two, alone)))
    reviewed = text[text.index("To review") : text.index("WHAT TO DO")]
    assert [line.split()[0] for line in reviewed.splitlines()[2:5]] == ["s_2", "s_1", "session-2.log"]
    assert "From: s_2, s_1, session-2.log" in text


def test_retries_say_how_many_requests_tell(tmp_path: Path) -> None:
    text = "\n".join(report_lines(report(tmp_path, document([request(), request(), failure(attempt=1)]))))
    assert "Retries                                     0, as 1 request tells" in text


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(54_000, "54.0 s"), (150_000, "2.5 min"), (9_000_000, "2.5 h"), (9_000_000_000, "2,500.0 h")],
)
def test_long_times_are_in_minutes_and_hours(tmp_path: Path, milliseconds: int, shown: str) -> None:
    events = [failure(duration_ms=0), failure(duration_ms=0), failure(duration_ms=milliseconds)]
    assert f"Saving: about {shown} (" in "\n".join(report_lines(report(tmp_path, document(events))))


def test_an_empty_report_is_a_report(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    text = "\n".join(report_lines(report(tmp_path)))
    assert "Nothing stands out" in text
    assert "unknown" in text


def test_markdown_holds_no_markup_of_others(tmp_path: Path) -> None:
    events = [result("a_b", success=False) for _ in range(5)]
    text = markdown_text(report(tmp_path, document(events, name="session |x.log")))
    assert "a_b" not in text.replace("a\\_b", "")
    assert all(line.count("|") - line.count("\\|") in (0, 3, 4, 5, 7) for line in text.splitlines())


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "=cmd|' /C calc'!A0", " =1", "\ufeff=1", "\u00a0=1"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_and_ordinary_texts_stay_as_they_are() -> None:
    assert [cell(value) for value in ("session-1.log", 5, 0.25, -1.5, None, True, 1e-6)] == [
        "session-1.log", "5", "0.25", "-1.5", "", "true", "0.000001",
    ]  # fmt: skip


def test_a_row_a_session(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, document([request(0.25), request(0.5, session="s_2"), failure(session="s_2")]))
    analysis.sessions[0].files[0] = "=evil.log"
    rows = list(csv.DictReader(io.StringIO("".join(csv_text(analysis.sessions)))))
    assert [row["file"] for row in rows] == ["'=evil.log", "session-1.log"]
    assert [row["cost_usd"] for row in rows] == ["0.25", "0.5"]
    assert [row["class_rate_limit"] for row in rows] == ["0", "1"]


def session(*days: str) -> SessionFigures:
    figures = SessionFigures(session_id="s_1")
    for day in days:
        figures.on(day).requests.add_request({"nanousd": 1})
        figures.requests.setdefault(None, figures.on(day).requests)
    return figures


def test_days_without_anything_are_in_the_trend() -> None:
    grain, periods = trend([session("2026-11-01", "2026-11-04")])
    assert grain == "day"
    assert [(period.start.day, period.usage.requests) for period in periods] == [(1, 1), (2, 0), (3, 0), (4, 1)]


def test_many_days_are_weeks_from_monday_on() -> None:
    grain, periods = trend([session("2026-09-01", "2026-11-17", "2026-11-19"), session("2026-11-16")])
    assert grain == "week"
    assert periods[-1].start.isoformat() == "2026-11-16"
    assert (periods[-1].usage.requests, periods[-1].sessions) == (3, 2)
    assert len(periods) == 12


def test_a_time_far_away_costs_no_memory() -> None:
    assert len(trend([session("2020-01-01", "2099-12-31")])[1]) == 520


def test_the_highest_is_the_highest_and_nothing_is_blank() -> None:
    assert spark([0, 1, 4, 8]) == " ▂▅█"
    assert spark([0, 1, 4, 8], plain=True) == " .=#"
    assert spark([0, 0]) == "  "
    assert spark([]) == ""
