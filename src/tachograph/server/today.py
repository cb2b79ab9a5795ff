"""Writes down what the ledger knows of today and this month, for status lines: they have no time to open a database."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tachograph.analytics.compile import answer, half_up
from tachograph.analytics.query import Query, day_of, month_of
from tachograph.analytics.zones import Zone
from tachograph.ports import Clock, Statement, Store
from tachograph.statusline.ledger import HEARTBEAT_S, MAX_SESSIONS, TODAY
from tachograph_sdk.private_files import replace_file

__all__ = ["TodayFile"]

_SHARE = 50  # looking may take at most one part in so many of the time
_ACTIVE = timedelta(days=2)  # sessions that were active since then

_SETTLED = Statement(name="settled", sql="select seq from settled")
_NO_SESSION = """
select coalesce(sum(cost_nanousd), 0) from requests
where session_id is null and occurred_at >= $start and occurred_at < $end"""
_SESSIONS = f"""
select s.session_id, coalesce(d.cost, 0), s.cost
from (
    select session_id, sum(cost_nanousd) as cost, max(ended_at) as ended_at from sessions
    where session_id in (select session_id from sessions where ended_at >= $since) group by 1
) s left join (
    select session_id, sum(cost_nanousd) as cost from requests
    where session_id is not null and occurred_at >= $start and occurred_at < $end group by 1
) d using (session_id)
order by s.ended_at desc, 1 limit {MAX_SESSIONS}"""  # noqa: S608 - a number of ours


class TodayFile:
    """Keeps `today.json` of a home up to date; its form is in `tachograph.statusline.ledger`."""

    def __init__(self, home: Path, store: Store, clock: Clock, zone: Zone) -> None:
        """For the home folder, from this store; days and months are the zone's."""
        self._path = home / TODAY
        self._store = store
        self._clock = clock
        self._zone = zone
        self._told: dict[str, Any] = {}
        self._settled: Sequence[Any] = ()
        self._look_s = float("-inf")  # not before
        self._again_s = float("-inf")  # then at the latest: prices, corrections and erasures change figures too

    def turn(self) -> bool:
        """Look whether anything changed, and write it down. Always false: there is nothing more to do at once."""
        start_s = self._clock.monotonic_s()
        if start_s < self._look_s:
            return False
        settled = self._store.query(_SETTLED).rows
        now = _utc(self._clock.now_us())
        is_over = not self._told or self._clock.now_us() >= self._told["day_to_us"]
        if settled != self._settled or start_s >= self._again_s or is_over or not self._path.exists():
            self.write(now)
            self._settled = settled
            self._again_s = start_s + HEARTBEAT_S
        self._look_s = start_s + _SHARE * (self._clock.monotonic_s() - start_s)
        return False

    def let_go(self) -> None:
        """Write it a last time: from now on nobody keeps it up to date."""
        self.write(_utc(self._clock.now_us()), is_kept=False)

    def write(self, now: datetime, *, is_kept: bool = True) -> None:
        """Write it if it says anything new, else say that somebody still looks. `now` is UTC without a zone."""
        told = {"is_kept": is_kept, **self._figures(now)}
        if told == self._told:
            try:
                os.utime(self._path)
                return
            except FileNotFoundError:
                pass
        written = {"v": 2, "written_at_us": _us(now), **told}
        replace_file(self._path, json.dumps(written, separators=(",", ":")).encode() + b"\n")
        self._told = told

    def _figures(self, now: datetime) -> dict[str, Any]:
        bound: dict[str, Any] = {"since": now - _ACTIVE}
        told: dict[str, Any] = {"zone": self._zone.name, "day": f"{self._zone.local_of(now):%Y-%m-%d}"}
        for name, window in (("day", day_of(now, self._zone)), ("month", month_of(now, self._zone))):
            assert window.start is not None
            assert window.end is not None
            told[f"{name}_from_us"], told[f"{name}_to_us"] = _us(window.start), _us(window.end)
            ((cost, unpriced),) = answer(
                self._store, Query(metrics=["cost_microusd", "unpriced_requests"], window=window)
            ).rows
            told[f"{name}_microusd"], told[f"{name}_unpriced"] = int(cost or 0), int(unpriced or 0)
            if name == "day":
                limits = {"start": window.start, "end": window.end}
                bound |= limits
                ((rest,),) = self._store.query(
                    Statement(name="cost of no session", sql=_NO_SESSION, parameters=limits)
                ).rows
                told["day_no_session_microusd"] = half_up(rest)
        rows = self._store.query(Statement(name="sessions of late", sql=_SESSIONS, parameters=bound)).rows
        told["sessions"] = {name: [half_up(of_day), half_up(whole)] for name, of_day, whole in rows if whole}
        return told


def _utc(us: int) -> datetime:
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(tzinfo=None)


def _us(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp()) * 1_000_000
