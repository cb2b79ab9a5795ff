"""Which sessions run at a moment: the one rule for everything that shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tachograph.analytics.local_time import floor_hour

__all__ = ["AHEAD", "RECENT", "running_sql"]

RECENT = timedelta(minutes=30)  # a session without a prompt, request or tool call for so long runs no longer
AHEAD = timedelta(minutes=5)  # an agent's clock may be; what begins later is not there yet

# A session whose plugin reported its end runs no longer, unless a prompt, request or tool call came after that: agents send
# their counters a moment later.
_RUNNING = """
select h.session_id as session_id, h.seen_at as seen_at from (
    select session_id, max(last_at) as seen_at from session_hours
    where hour >= $quiet_hour and last_at >= $quiet_since and last_at <= $soon and session_id is not null group by session_id
) h left join (
    select session_id as over_id, max(occurred_at) as over_at from hook_sessions
    where occurred_at >= $quiet_since and session_id is not null group by session_id
) o on o.over_id = h.session_id
where not coalesce(o.over_at >= h.seen_at, false)
"""


def running_sql(parameters: dict[str, Any], moment: datetime) -> str:
    """A query of the sessions that run, with when each did something last (`seen_at`). Adds what it binds to `parameters`."""
    since = moment - RECENT
    parameters |= {"quiet_since": since, "quiet_hour": floor_hour(since), "soon": moment + AHEAD}
    return _RUNNING
