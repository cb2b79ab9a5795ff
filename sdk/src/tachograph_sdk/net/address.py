"""Which addresses may be spoken to: judged as text, and again as what a name leads to.

What is not on the public internet is refused unless the owner allowed it; link-local addresses and the places where
clouds hand out credentials always are.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tachograph_sdk.errors import ConfigError

__all__ = ["IPAddress", "Reach", "Target", "check_addresses", "find_target", "literal"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_ALWAYS_REFUSED = frozenset(  # where clouds hand out credentials, besides link-local addresses
    ipaddress.ip_address(text) for text in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")
)
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)")  # a name that ends like this is an address in odd clothes
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_PLAIN_PART = re.compile(r"[a-z][a-z_.-]{0,15}[0-9]{0,2}")  # of a path: what cannot be a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which places may be spoken to, besides the public internet over https. The owner decides."""

    loopback: bool = False  # this machine, if the address says so itself: localhost, 127.0.0.1, [::1]; plain http too
    private: bool = False  # networks of one's own: 10.x, 172.16-31.x, 192.168.x, 100.64-127.x, fc00::/7
    plain_http: bool = False  # without encryption


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that was taken apart and may be spoken to, as far as its text tells."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)  # with the query; may hold a token
    url: str = field(repr=False)  # may hold a token

    @property
    def shown(self) -> str:
        """The address for people and receipts: no query, and of the path only what cannot be a token."""
        parts = [
            part if _PLAIN_PART.fullmatch(part) else "…" for part in self.path.partition("?")[0].split("/") if part
        ]
        return "/".join([f"{self.scheme}://{self.authority}", *parts])

    @property
    def authority(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


def find_target(url: str, reach: Reach = Reach()) -> Target:
    """Take an address apart, and refuse what must not be spoken to.

    Raises:
        ConfigError: not a plain https address of a host, or of a place that `reach` does not allow. Never quotes it.
    """
    if not url.isascii() or any(ord(c) <= 32 or c in '\\"<>^`{|}\x7f' for c in url):
        raise _bad("has a character that does not belong there", "write other letters as %XX, and a host in punycode")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("cannot be read", "write it as https://host/path") from None
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise _bad("is no web address", "write it as https://host/path")
    if "@" in parts.netloc or parts.fragment:
        raise _bad("holds a user name, a password or a fragment", "leave them out; a token has a setting of its own")
    itself = literal(host)
    if itself is None and (not _HOST.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2])):
        raise _bad("has a host that is no name and no address in its usual form", "write a name, or 192.0.2.1")
    if itself is not None and str(itself) != host:
        raise _bad("has an address in an unusual form", f"write it as {itself}")
    is_loopback = host in _LOOPBACK_NAMES
    if itself is not None:
        _check(itself, reach, may_be_loopback=is_loopback)
    elif is_loopback and not reach.loopback:
        raise _bad("leads to this machine", "name a server, not localhost")
    if parts.scheme == "http" and not (is_loopback or reach.plain_http):
        raise _bad("is not encrypted", "use https, or set allow_plain_http")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    usual = 443 if parts.scheme == "https" else 80
    return Target(scheme=parts.scheme, host=host, port=usual if port is None else port, path=path, url=url)


def check_addresses(target: Target, texts: Sequence[str], reach: Reach) -> list[IPAddress]:
    """The addresses that a name leads to: all of them allowed, or none is used. Raises ConfigError."""
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in texts]
    for address in addresses:
        _check(address, reach, may_be_loopback=target.host in _LOOPBACK_NAMES)
    return addresses


def literal(host: str) -> IPAddress | None:
    """The address that the host is itself, if it is one."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _check(address: IPAddress, reach: Reach, *, may_be_loopback: bool) -> None:
    """Refuse what is not on the public internet and was not allowed. Raises ConfigError."""
    if address in _ALWAYS_REFUSED or address.is_link_local or address.is_multicast or address.is_unspecified:
        raise _bad("leads to an address that is never spoken to", "name a server")
    if address.is_loopback:
        if not (reach.loopback and may_be_loopback):
            raise _bad("leads to this machine", "name a server; on this machine write localhost or 127.0.0.1 itself")
        return
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address.teredo or not _translates_well(address)
    ):
        raise _bad("leads to an address within an address", "name a server, or its own address")
    if any(address in network for network in _PRIVATE if network.version == address.version):
        if not reach.private:
            raise _bad("leads into a private network", "set allow_private if that is meant")
        return
    if not address.is_global or (address.is_reserved and not (address.version == 6 and address in _NAT64)):
        raise _bad("leads to an address that is not on the public internet", "name a server")


def _translates_well(address: ipaddress.IPv6Address) -> bool:
    """Networks without IPv4 reach it through addresses that hold the old one: that has to be a public one."""
    return address not in _NAT64 or ipaddress.IPv4Address(int(address) & 0xFFFFFFFF).is_global


def _bad(what: str, hint: str) -> ConfigError:
    return ConfigError(f"the destination's address {what}", hint=hint)
