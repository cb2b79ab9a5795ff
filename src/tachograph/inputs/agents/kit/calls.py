"""Tool calls that wait for their results, and what shell commands among them did to version control."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tachograph.inputs.agents.kit.values import Attributes
from tachograph_sdk.model.event import EventKind

__all__ = ["Emit", "OpenCall", "emit_version_control", "places"]

Emit = Callable[[str, EventKind, int, str, Attributes], None]
"""Takes (name, kind, at_ns, key, attributes)."""


@dataclass(slots=True)
class OpenCall:
    """A tool call that waits for its result."""

    at_ns: int
    attributes: Attributes
    number: int  # of its line
    offset: int
    commits: bool = False
    opens_pull_request: bool = False


def places(calls: Iterable[OpenCall]) -> list[tuple[int, int]]:
    """Line number and offset of each call."""
    return [(call.number, call.offset) for call in calls]


def emit_version_control(
    emit: Emit,
    name: str,
    at_ns: int,
    key: Callable[[str], str],
    outcome: Attributes,
    *,
    commits: bool,
    opens_pull_request: bool,
) -> None:
    """Tell of the commit and the pull request that a command made.

    Args:
        emit: gets the events.
        name: of the record that said so.
        at_ns: when.
        key: gives the event's key for "commit" and "pull".
        outcome: attributes of whatever came of the call.
        commits: whether it made a commit.
        opens_pull_request: whether it opened a pull request.
    """
    if commits:
        emit(name, EventKind.VCS_COMMIT, at_ns, key("commit"), {**outcome, "quantity": 1})
    if opens_pull_request:
        emit(name, EventKind.VCS_PULL_REQUEST, at_ns, key("pull"), {**outcome, "quantity": 1})
