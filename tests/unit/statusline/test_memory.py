"""Today's cost never counts anything twice: new, resumed, cleared and forked sessions, several at once, over midnight."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from tachograph.statusline.figures import Figures
from tachograph.statusline.ledger import Ledger
from tachograph.statusline.memory import FOLDER, MAX_OBSERVED_BYTES, OBSERVED, ROTATED, SEEN, Seen, remember
from tachograph.statusline.payload import Limit, Payload, parse
from tachograph.statusline.surroundings import Settings

GOLDEN = Path(__file__).parents[2] / "golden" / "statusline"
NOW_S = 1_795_180_000.0
DAY, NEXT = "2026-11-20", "2026-11-21"
CENT = 10_000


def ledger(day: int, sessions: dict[str, int | list[int]] | None = None, *, alive: bool = True, **more: Any) -> Ledger:
    """With sessions of this day only, or [of the day, in all]."""
    told: dict[str, Any] = {
        "day": DAY,
        "day_from_us": int(NOW_S - 3600) * 1_000_000,
        "day_to_us": int(NOW_S + 3600) * 1_000_000,
        "day_microusd": day,
        "day_unpriced": 0,
        "day_no_session_microusd": 0,
        "month_from_us": 0,
        "month_to_us": int(NOW_S + 3600) * 1_000_000,
        "month_microusd": 10 * day,
        "month_unpriced": 0,
        "sessions": {name: [v, v] if isinstance(v, int) else v for name, v in (sessions or {}).items()},
    } | more
    return Ledger(told, is_alive=alive)


def today(seen: Seen, known: Ledger | None, settings: Settings | None = None) -> tuple[int, bool] | None:
    amount = Figures(Payload(), known, seen, settings or Settings(), now_s=NOW_S).today
    return None if amount is None else (amount.microusd, amount.is_at_least)


class Day:
    """Status lines of one day, one redraw after the other."""

    def __init__(self) -> None:
        self.seen = Seen()

    def line(
        self, session: str, cents: float, known: Ledger | None = None, *, day: str = DAY, at_s: float = NOW_S
    ) -> None:
        self.seen.note_total(session, int(cents * CENT), known, day=day, now_s=at_s)


def test_what_the_ledger_knows_is_counted_once() -> None:
    day = Day()
    day.line("a", 0, ledger(0))
    day.line("a", 50, ledger(0))
    assert today(day.seen, ledger(0)) == (50 * CENT, False)
    assert today(day.seen, ledger(30 * CENT, {"a": 30 * CENT})) == (50 * CENT, False)
    assert today(day.seen, ledger(50 * CENT, {"a": 50 * CENT})) == (50 * CENT, False)
    assert today(day.seen, ledger(55 * CENT, {"a": 55 * CENT})) == (55 * CENT, False)


def test_other_sessions_count_that_the_ledger_does_not_know_yet() -> None:
    day = Day()
    for session, cents in (("a", 0), ("b", 0), ("a", 10), ("b", 20)):
        day.line(session, cents, ledger(5 * CENT))
    assert today(day.seen, ledger(5 * CENT)) == (35 * CENT, False)


def test_a_resumed_session_is_not_counted_again() -> None:
    known = ledger(2 * CENT, {"a": [2 * CENT, 250 * CENT]})  # most of it was on other days
    day = Day()
    day.line("a", 250, known)
    assert today(day.seen, known) == (2 * CENT, False)
    day.line("a", 260, known)
    assert today(day.seen, known) == (12 * CENT, False)


def test_a_resumed_session_that_nobody_knows_is_a_lower_bound() -> None:
    day = Day()
    day.line("a", 250, ledger(2 * CENT))
    assert today(day.seen, ledger(2 * CENT)) == (2 * CENT, True)
    day.line("a", 260, ledger(2 * CENT))
    assert today(day.seen, ledger(2 * CENT)) == (12 * CENT, True)
    day.line("a", 261, ledger(263 * CENT, {"a": 261 * CENT}))  # now it was imported
    assert today(day.seen, ledger(263 * CENT, {"a": 261 * CENT})) == (263 * CENT, False)


def test_a_total_that_goes_on_after_clear_under_another_id_is_not_counted_twice() -> None:
    day = Day()
    for session, cents in (("a", 0), ("a", 40), ("b", 40), ("b", 45)):  # 1.0.128 and 2.1.72
        day.line(session, cents, ledger(0))
    assert today(day.seen, ledger(0)) == (45 * CENT, False)
    known = ledger(45 * CENT, {"a": 40 * CENT, "b": 5 * CENT})
    day.line("b", 45, known)
    assert today(day.seen, known) == (45 * CENT, False)


def test_a_total_that_begins_again_at_0_keeps_what_was_counted() -> None:
    day = Day()
    for cents in (0, 30, 0, 10):  # a resume in 1.0.128
        day.line("a", cents)
    assert today(day.seen, None) == (40 * CENT, True)
    known = ledger(35 * CENT, {"a": 35 * CENT})
    assert today(day.seen, known) == (40 * CENT, False)
    assert today(day.seen, ledger(40 * CENT, {"a": 40 * CENT})) == (40 * CENT, False)


@pytest.mark.parametrize(
    ("version", "spent"),
    [
        ("1.0.128", 1_501_282),
        ("2.0.76", 1_501_366),
        ("2.1.72", 1_501_077),
        ("2.1.197", 2_501_795),
        ("2.1.328", 2_001_436),
    ],
)
def test_sessions_of_real_clients_cost_what_was_played_to_them(version: str, spent: int) -> None:
    """Each played four prompts: /clear after the first, a resume and a fork (1.0: a resume) after the second.

    `spent` is the sum of what the four prompts cost by the client's own figures.
    """
    day = Day()
    for line in (GOLDEN / f"claude_code-{version}.jsonl").read_bytes().splitlines():
        payload = parse(line, now_s=NOW_S)
        assert payload.session is not None
        assert payload.cost_microusd is not None
        day.line(payload.session, payload.cost_microusd / CENT)
    told = today(day.seen, None)
    assert told is not None
    assert abs(told[0] - spent) <= 100  # totals are rounded, and what came before the first redraw is not seen


def test_at_midnight_what_was_spent_before_is_yesterdays() -> None:
    day = Day()
    day.line("a", 0, day="2026-11-19")
    day.line("a", 30, day="2026-11-19")
    day.line("a", 35, day=DAY)
    assert today(day.seen, None) == (5 * CENT, True)
    assert today(day.seen, ledger(0, {"a": [0, 30 * CENT]})) == (5 * CENT, False)
    assert today(day.seen, ledger(3 * CENT, {"a": [3 * CENT, 3 * CENT]})) == (5 * CENT, False), (
        "of yesterday it knows nothing"
    )
    assert today(day.seen, ledger(0)) == (5 * CENT, False), "of another day nothing counts, whether it is known or not"


def test_what_belongs_to_no_session_in_the_ledger_may_be_the_same_money() -> None:
    day = Day()
    day.line("a", 0, ledger(0))
    day.line("a", 50, ledger(0))
    assert today(day.seen, ledger(50 * CENT, day_no_session_microusd=50 * CENT)) == (50 * CENT, False)


def test_without_a_core_or_a_price_it_is_a_lower_bound_and_without_both_left_out() -> None:
    assert today(Seen(), ledger(7, alive=False)) == (7, True)
    assert today(Seen(), ledger(7, day_unpriced=1)) == (7, True)
    assert today(Seen(), None) is None
    yesterdays = ledger(7, day_from_us=0, day_to_us=1)
    assert today(Seen(), yesterdays) is None


def test_the_month_is_shown_with_a_budget_only() -> None:
    settings = Settings()
    assert Figures(Payload(), ledger(100), None, settings, now_s=NOW_S).month is None
    settings.month_microusd = 2000
    month = Figures(Payload(), ledger(100), None, settings, now_s=NOW_S).month
    assert month is not None
    assert month.as_json() == {
        "cost_usd": 0.001,
        "at_least": False,
        "budget_usd": 0.002,
        "budget_used_ratio": 0.5,
    }


# --- the files ---------------------------------------------------------------------------------------------------------


def payload(cents: float = 0, *, used: float | None = None, resets: int = int(NOW_S) + 7200) -> Payload:
    told = Payload()
    told.session, told.version, told.cost_microusd = (
        "11111111-2222-4333-8444-555555555555",
        "2.1.328",
        int(cents * CENT),
    )
    if used is not None:
        told.limits = [Limit("five_hour", used, resets)]
    return told


def redraw(home: Path, told: Payload, *, at_s: float = NOW_S, session: str = "s_a", write: bool = True) -> Seen:
    return remember(str(home), told, session, None, day=DAY, now_s=at_s, write=write)


def observed(home: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in (home / FOLDER / OBSERVED).read_bytes().splitlines()]
    except FileNotFoundError:
        return []


def test_what_is_remembered_is_private_and_survives(tmp_path: Path) -> None:
    redraw(tmp_path, payload(0))
    redraw(tmp_path, payload(12, used=0.4))
    assert Seen.read(str(tmp_path / FOLDER)).unknown(None, day=DAY) == 12 * CENT
    for path in (tmp_path / FOLDER).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / FOLDER).stat().st_mode) == 0o700
    assert "11111111" not in (tmp_path / FOLDER / SEEN).read_text(), "only pseudonyms stay"


def test_nothing_is_written_where_nothing_may_be(tmp_path: Path) -> None:
    redraw(tmp_path, payload(5, used=0.4), write=False)
    assert list(tmp_path.iterdir()) == []


def test_a_redraw_that_says_nothing_new_writes_nothing(tmp_path: Path) -> None:
    redraw(tmp_path, payload(5, used=0.4))
    before = (tmp_path / FOLDER / SEEN).stat().st_ino
    redraw(tmp_path, payload(5, used=0.4), at_s=NOW_S + 30)
    assert (tmp_path / FOLDER / SEEN).stat().st_ino == before
    assert len(observed(tmp_path)) == 1


def test_limits_are_noted_when_they_change_and_every_few_minutes(tmp_path: Path) -> None:
    redraw(tmp_path, payload(used=0.40))
    redraw(tmp_path, payload(used=0.41), at_s=NOW_S + 5)  # two sessions may disagree for a while
    assert len(observed(tmp_path)) == 1
    redraw(tmp_path, payload(used=0.41), at_s=NOW_S + 25)
    redraw(tmp_path, payload(used=0.41), at_s=NOW_S + 300)
    assert len(observed(tmp_path)) == 2
    redraw(tmp_path, payload(used=0.41), at_s=NOW_S + 326)
    redraw(tmp_path, payload(used=0.01, resets=int(NOW_S) + 20_000), at_s=NOW_S + 327)  # a new window
    told = observed(tmp_path)
    assert [line["limits"][0][1] for line in told] == [0.40, 0.41, 0.41, 0.01]
    assert told[0] == {
        "v": 1,
        "at_us": int(NOW_S * 1e6),
        "session": "11111111-2222-4333-8444-555555555555",
        "version": "2.1.328",
        "limits": [["five_hour", 0.40, int(NOW_S) + 7200]],
    }


def test_the_file_is_capped_and_says_what_fell_out(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(mode=0o700)
    (folder / OBSERVED).write_bytes(b"{}\n" * (MAX_OBSERVED_BYTES // 3 + 1))
    (folder / ROTATED).write_bytes(b"{}\n" * 7)
    redraw(tmp_path, payload(used=0.4))
    assert observed(tmp_path)[0] == {"v": 1, "lost": 7}
    assert len(observed(tmp_path)) == 2
    assert (folder / ROTATED).stat().st_size > MAX_OBSERVED_BYTES


def test_who_does_not_get_the_lock_does_not_wait(tmp_path: Path) -> None:
    import fcntl

    redraw(tmp_path, payload(0))
    descriptor = os.open(tmp_path / FOLDER / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        seen = redraw(tmp_path, payload(9))
    finally:
        os.close(descriptor)
    assert seen.unknown(None, day=DAY) == 9 * CENT, "it computes all the same"
    assert Seen.read(str(tmp_path / FOLDER)).unknown(None, day=DAY) == 0


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"{}", b'{"v":2}', b"\xff", b'{"v":2,"sessions":[],"limits":5}', b"[" * 9999]
)
def test_a_damaged_memory_is_forgotten(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / SEEN).write_bytes(data)
    redraw(tmp_path, payload(0))
    assert redraw(tmp_path, payload(4)).unknown(None, day=DAY) == 4 * CENT


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    for name in (OBSERVED, SEEN, SEEN + ".new"):
        (tmp_path / FOLDER / name).symlink_to(elsewhere)
    redraw(tmp_path, payload(4, used=0.5))
    assert elsewhere.read_text() == "mine"


def test_many_sessions_at_once_lose_nothing_for_good(tmp_path: Path) -> None:
    """Each status line is drawn again; in the end every session's total is there."""

    def work(session: str) -> None:
        for cents in range(21):
            redraw(tmp_path, payload(cents), session=session)

    threads = [threading.Thread(target=work, args=(f"s_{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n in range(8):
        redraw(tmp_path, payload(20), session=f"s_{n}")
    seen = Seen.read(str(tmp_path / FOLDER))
    assert {k: v[1] for k, v in seen.sessions.items()} == {f"s_{n}": 20 * CENT for n in range(8)}
