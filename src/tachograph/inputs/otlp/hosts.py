"""Whether a Host header names this server. A web page that points its own name at 127.0.0.1 is found out by it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

__all__ = ["HostCheck"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_REMEMBERED: Final = 256


class HostCheck:
    """Loopback's names, the configured ones, and the address listened on.

    A server that listens on more than loopback is also reached by its addresses, so any address will do there: only a
    name can be made to point somewhere else.
    """

    def __init__(self, listen: str, allowed: Iterable[str]) -> None:
        self._names = LOOPBACK | {name.lower().rstrip(".") for name in allowed} | {listen.lower()}
        self._any_address = not _is_loopback(listen)
        self._known: dict[bytes, bool] = {}

    def is_ours(self, host: bytes) -> bool:
        """Whether `host`, with or without a port, is one of ours."""
        found = self._known.get(host)
        if found is None:
            found = self._look(host)
            if len(self._known) < MOST_REMEMBERED:
                self._known[host] = found
        return found

    def _look(self, host: bytes) -> bool:
        try:
            text = host.decode("ascii").lower()
        except UnicodeDecodeError:
            return False
        if text.startswith("["):
            name, _, port = text[1:].partition("]")
            port = port.removeprefix(":")
        else:
            name, _, port = text.partition(":")
        if port and not port.isdigit():
            return False
        name = name.rstrip(".")
        return name in self._names or (self._any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(listen: str) -> bool:
    if listen.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(listen).is_loopback
    except ValueError:
        return False
