"""One HTTP client on the standard library, for everything that leaves."""

from tachograph_sdk.net.address import Reach, Target, find_target
from tachograph_sdk.net.client import Limits, Resolve, post, resolve
from tachograph_sdk.net.flight import Flight
from tachograph_sdk.net.retry import Answer, Backoff, judge

__all__ = [
    "Answer",
    "Backoff",
    "Flight",
    "Limits",
    "Reach",
    "Resolve",
    "Target",
    "find_target",
    "judge",
    "post",
    "resolve",
]
