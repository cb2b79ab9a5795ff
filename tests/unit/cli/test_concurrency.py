"""`tachograph concurrency`: the pieces, the peak and who it was, in 80 columns; what is not known is said."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tachograph.cli.concurrency import print_concurrency
from tachograph.cli.terminal import make_console
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tests.flows.harness import command
from tests.served import NOW, served


def told(*records: tuple[str, int], **asked: str) -> dict[str, Any]:
    """The answer about sessions with prompts so many minutes before noon."""
    events = [
        make_event(
            EventKind.PROMPT, prompt_id=f"p{place}", session_id=session, project="p_00000000000000aa",
            at_us=(NOW - timedelta(minutes=ago) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
        )
        for place, (session, ago) in enumerate(records)
    ]  # fmt: skip
    with served(events) as running:
        answer: dict[str, Any] = running.client.get("/api/v1/concurrency", params={"range": "7d", **asked}).json()
    return answer


def printed(answer: dict[str, Any]) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8")
    print_concurrency(answer, make_console(file, width=80))
    file.flush()
    return raw.getvalue().decode()


def test_peak_mean_pieces_and_who_they_were() -> None:
    text = printed(told(("s_1", 60), ("s_1", 40), ("s_2", 50), ("s_2", 30)))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "at most 2 at the same time, 1.33 on average while any was active" in text
    (line,) = [line for line in text.splitlines() if line.startswith("2026-11-20")]
    assert " 2 " in line
    assert "1.33" in line
    assert "s_1" in text
    assert "s_2" in text


def test_what_is_not_known_is_said() -> None:
    assert "at most 1 at the same time\n" in printed(told(("s_1", 60))), "no mean of nothing but moments"
    assert "No session was active in this time range." in printed(told())


def test_it_asks_as_it_is_told_and_a_mistake_is_one_of_the_call(tmp_path) -> None:
    done = command("concurrency", "--range", "30d", "--grain", "week", "--idle-minutes", "5", "--json", home=tmp_path)
    answer = json.loads(done.stdout)
    assert (answer["grain"], answer["idle_minutes"], answer["whole"]["peak"]) == ("week", 5, 0)
    refused: Any = command("concurrency", "--idle-minutes", "0", home=tmp_path, check=False)
    assert refused.returncode == 2
    assert "idle_minutes" in refused.stderr
