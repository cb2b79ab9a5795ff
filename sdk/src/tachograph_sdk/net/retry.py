"""What an answer means for what was sent, and when to try again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from tachograph_sdk.errors import PermanentDelivery, TransientDelivery

__all__ = ["Answer", "Backoff", "judge", "retry_after"]

DISABLING = frozenset({401, 403, 404, 407, 410})
"""It is the destination that is wrong: nothing else would be taken there either."""

LONGEST_WAIT_S = 86_400.0  # that a destination may ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: bytes  # cut off at the limit
    retry_after_s: float | None = None


class Backoff:
    """How long to wait after so many failures in a row: any time up to a bound that doubles ("full jitter")."""

    def __init__(
        self, *, first_s: float = 1.0, longest_s: float = 3600.0, chance: Callable[[], float] = random.random
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._chance = chance

    def wait_s(self, failures: int, *, at_least_s: float = 0.0) -> float:
        """Seconds; never less than the destination asked for, if that is within a day."""
        bound = min(self._longest_s, self._first_s * 2.0 ** min(max(failures - 1, 0), 60))
        return max(bound * self._chance(), min(at_least_s, LONGEST_WAIT_S))


def judge(answer: Answer) -> None:
    """Say what a status means for what was sent: nothing if it was taken.

    Raises:
        TransientDelivery: 408, 425, 429 and 5xx.
        PermanentDelivery: every other status that is not 2xx; `disables` for 401, 403, 404, 407 and 410.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    if status in (408, 425, 429) or status >= 500:
        wait_s = answer.retry_after_s or 0.0
        raise TransientDelivery(f"the destination answered {status}", retry_after_s=wait_s, status=status)
    hint = "redirects are not followed: set the final address" if 300 <= status < 400 else ""
    raise PermanentDelivery(
        f"the destination answered {status}", hint=hint, status=status, disables=status in DISABLING
    )


def retry_after(text: str | None, now_s: Callable[[], float]) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or a date; None where it says neither."""
    if text is None or len(text) > 40:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(float(text), LONGEST_WAIT_S)
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - now_s(), 0.0), LONGEST_WAIT_S)
    except (ValueError, TypeError, OverflowError):
        return None
