"""How commands say whose data they mean, and how they get it done: by the running server, or here."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click

from tachograph.cli.options import resolve_zone, tz_option
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

__all__ = ["ask", "is_terminal", "names_somebody", "require_selection", "selection_options", "selection_order"]

_KINDS = ("person", "session", "repository", "project", "organization")


def selection_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that select somebody's data to a command."""
    options = (
        click.option("--person", multiple=True, help="E-mail address, account id, or pseudonym u_…; may be repeated."),
        click.option("--session", multiple=True, help="As the agent names it, or s_…; may be repeated."),
        click.option("--repository", multiple=True, help="Address of a repository, or r_…; may be repeated."),
        click.option("--project", multiple=True, help="Working directory, or p_…; may be repeated."),
        click.option("--organization", multiple=True, help="Id of an organization, or o_…; may be repeated."),
        click.option("--everything", is_flag=True, help="Everybody's data."),
        click.option("--since", help="First day or time; without an offset in the zone --tz."),
        click.option("--until", help="End, excluded; likewise."),
        tz_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def names_somebody(given: dict[str, Any]) -> bool:
    """Whether a command's options say whose data is meant."""
    return bool(given["everything"] or any(given[kind] for kind in _KINDS))


def require_selection(given: dict[str, Any]) -> None:
    """Raise ConfigError where a command's options name nobody."""
    if not names_somebody(given):
        hint = "give --person, --session, --repository, --project or --organization, or --everything"
        raise ConfigError("nothing says whose data is meant", hint=hint)


def selection_order(given: dict[str, Any]) -> dict[str, Any]:
    """What goes to the server, from a command's options."""
    order: dict[str, Any] = {kind: list(given[kind]) for kind in _KINDS}
    return {
        **order,
        "everything": given["everything"],
        "since": given["since"],
        "until": given["until"],
        "tz": resolve_zone(given["tz"]),
    }


def ask(
    home: Home,
    path: str,
    method: str,
    order: dict[str, Any] | None = None,
    *,
    streams: bool = False,
    progress: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Have it done by the running server, else in this process.

    Args:
        home: whose.
        path: the route below /api/v1/privacy/.
        method: of Rights, which does the same here.
        order: what both get.
        streams: whether the route answers in lines.
        progress: called with each line but the last.
    """
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is None:
        from tachograph.wiring.rights import open_rights

        with open_rights(home) as rights:
            rights.resume()
            done = getattr(rights, method)
            arguments = ([] if order is None else [order]) + ([progress] if method == "erase" else [])
            answer = done(*arguments)
            return answer if isinstance(answer, dict) else {method: answer}
    where = f"/api/v1/privacy/{path}"
    if not streams:
        told: dict[str, Any] = server.post(where, order or {})
        return told
    report: dict[str, Any] = {}
    for line in server.stream(where, order or {}):
        if "report" in line:
            report = line["report"]
        else:
            progress(line)
    return report


def is_terminal() -> bool:
    """True where somebody can be asked."""
    try:
        return os.isatty(0) and os.isatty(2)
    except OSError:
        return False
