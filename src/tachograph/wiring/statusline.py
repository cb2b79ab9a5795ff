"""What status lines and the store tell each other, joined: readings of limits come in, today's figures go out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tachograph.clock import SystemClock
from tachograph.home import Home
from tachograph_sdk.errors import TachographError

if TYPE_CHECKING:
    from tachograph.inputs.statusline import LimitReadings
    from tachograph.ports import Store
    from tachograph.server.core import Core
    from tachograph.server.today import TodayFile

__all__ = ["forget", "limit_readings", "note_today", "take_limits", "today_file"]

log = logging.getLogger(__name__)


def limit_readings(home: Home, core: Core) -> LimitReadings:
    """What brings in the limits that status lines noted."""
    from tachograph.inputs.statusline import LimitReadings

    return LimitReadings(home.root, core.take_in, core.clock)


def today_file(home: Home, store: Store) -> TodayFile:
    """What writes down today's figures for status lines."""
    from tachograph.analytics.zones import find_zone
    from tachograph.config import machine_zone
    from tachograph.server.today import TodayFile

    return TodayFile(home.root, store, SystemClock(), find_zone(machine_zone()[0]))


def take_limits(home: Home, core: Core) -> None:
    """Bring in what waits, in a command: what it is asked does not depend on it. Raises StoreError."""
    try:
        limit_readings(home, core).turn()
    except OSError as error:
        log.warning("readings of status lines wait: %s", type(error).__name__)


def note_today(home: Home, store: Store) -> None:
    """Write down today's figures once, where no server keeps them up to date."""
    try:
        today_file(home, store).let_go()
    except (TachographError, OSError) as error:
        log.warning("today.json is not written: %s", type(error).__name__)


def forget(home: Home) -> None:
    """Delete what status lines remember, and the figures they read; both are made anew. Raises OSError."""
    from tachograph.inputs.statusline import forget_status_lines
    from tachograph.statusline.ledger import TODAY
    from tachograph_sdk.private_files import remove

    forget_status_lines(home.root)
    remove(home.root / TODAY)
