"""IPv6 addresses: whole and shortened, with a zone, with an IPv4 address inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

# Either two colons that no word of code is glued to, or four groups in a row, from a colon on.
_COLONS = re.compile(
    rb":(?::(?=[0-9a-f]{1,4}+(?![0-9a-z_])|(?<=[0-9a-f]::)(?:[^0-9a-z_<(*&$@]|\Z))|[0-9a-f]{1,4}+:[0-9a-f]{1,4}+:[0-9a-f]{1,4}+:)"
)
_BACK = 39
_ADDRESS_BYTES = b"0123456789abcdef:"
_RUN = re.compile(rb"[0-9a-f:]{2,48}+(?:\.[0-9]{1,3}+\.[0-9]{1,3}+\.[0-9]{1,3}+)?")
_ZONE = re.compile(rb"%[0-9a-z][0-9a-z._-]{0,15}+")
_BLOCK = re.compile(rb"(?:fe80|fc00|fd00|ff00|2000)::/[0-9]{1,2}(?![0-9])")  # named in texts about networks
_SLICE = re.compile(r"[\w)\]]\[[\d:]*+\Z")


def _find(text: Text) -> Iterator[Span]:
    end = 0
    lower = text.lower
    for match in _COLONS.finditer(lower):
        colon = match.start()
        if colon < end:
            continue
        low = max(end, colon - _BACK)
        window = lower[low:colon]
        start = low + len(window.rstrip(_ADDRESS_BYTES))
        run = _RUN.match(lower, start)
        if run is None or run.end() <= colon:
            continue
        end = run.end()
        span = _address(text, start, run.end())
        if span is not None:
            end = span.end
            yield span


def _address(text: Text, start: int, end: int) -> Span | None:
    """The address in a run of hexadecimal digits and colons, if it is one and somebody's."""
    lower = text.lower
    if lower[start:end].startswith(b":") and not lower[start:end].startswith(b"::"):
        start += 1  # as in `address:2001:db8::1`
    if lower[start:end].endswith(b":") and not lower[start:end].endswith(b"::"):
        end -= 1  # a sentence goes on with a colon
    before, after = lower[start - 1 : start] if start else b"", lower[end : end + 1]
    if before.isalnum() and not lower[start:end].startswith(b":"):
        start = lower.find(b":", start, end) + 1  # the word before ends like a group: `node:2001:db8::1`
        before = b":"
    if before.isalnum() or before in (b"_", b"%", b"?") or after.isalnum() or after in (b"_", b"?"):
        return None
    written = lower[start:end].decode("ascii")
    try:
        address = IPv6Address(written)
    except AddressValueError:
        if written.count(":") != 8 or "::" in written or not written.rpartition(":")[2].isdigit():
            return None
        written = written.rpartition(":")[0]  # eight groups and a port, as Node.js writes them
        end = start + len(written)
        try:
            address = IPv6Address(written)
        except AddressValueError:
            return None
    if int(address) <= 1 or _BLOCK.match(lower, start) or not _is_meant(text, written, address, start):
        return None
    zone = _ZONE.match(lower, end)
    return Span(start, zone.end() if zone else end, "ip", "ipv6")


def _is_meant(text: Text, written: str, address: IPv6Address, start: int) -> bool:
    """Whether it is an address, and not code, a slice, or groups of some other number.

    Written in full it is taken as one. Shortened, it must lie in a range that is given to somebody, or be long.
    """
    mapped = address.ipv4_mapped
    if mapped is not None:
        return not (mapped.is_loopback or mapped.is_unspecified)
    groups = [group for group in written.split(":") if group]
    if "::" not in written:
        return any(len(group) > 2 for group in groups) and int(address) >> 112 < 0xFF00
    first = int(address) >> 112
    head = len(written.split(":", 1)[0])
    given = head == 4 and (0x2000 <= first <= 0x3FFF or 0xFC00 <= first <= 0xFDFF or 0xFE80 <= first <= 0xFEBF)
    if given:
        return not (
            len(groups) < 3
            and written.replace(":", "").isdigit()
            and _SLICE.search(text.text[max(0, start - 24) : start])
        )
    if written.startswith("64:ff9b::"):
        return True
    return (
        text.lower[start + len(written) : start + len(written) + 1] != b"("
        and len(groups) >= 4
        and len(written) >= 14
        and any(char.isdigit() for char in written)
    )


DETECTOR = Detector(
    id="ipv6",
    help="IPv6 addresses in every notation; not loopback or unspecified ones.",
    find=_find,
    catches=(
        ("connect ETIMEDOUT 2001:db8:72fa:a403:988b:7b9a:c4d8:6682:443", "connect ETIMEDOUT <ip>:443"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "<ip>"),
        ("http://[2001:db8::1]:443/x", "http://[<ip>]:443/x"),
        ("fe80::1ff:fe23:4567:890a%eth0 dev", "<ip> dev"),
        ("inet6 fe80::aede:48ff:fe00:1122%en5 prefixlen 64", "inet6 <ip> prefixlen 64"),
        ("route 2001:db8::/32;", "route <ip>/32;"),
        ("::ffff:192.168.1.20", "<ip>"),
        ("64:ff9b::192.0.2.33", "<ip>"),
        ("fd12:3456:789a::1.", "<ip>."),
        ('{"addr":"2a02:8108:1:2::3"}', '{"addr":"<ip>"}'),
        ("2001:DB8:0:0:8:800:200C:417A", "<ip>"),
        ("peer=2400:ff17:af3a::51(", "peer=<ip>("),
        ("ping6 2606:4700:4700::1111: unreachable", "ping6 <ip>: unreachable"),
        ("client:2001:db8::7 connected", "client:<ip> connected"),
        ("from fd00::5, fd00::6", "from <ip>, <ip>"),
    ),
    spares=(
        "at 12:34:56 or 12:34:56:789 and 2026-11-20T09:24:32",
        "use std::fs; a::b; Foo::Bar; dead::beef; face::detect(x); Vec::<u8>::new()",
        "x[::2] x[1::2] x[::-1] a[2000::2]",
        "listening on [::]:80 and ::1",
        "43:51:43:a1:b5:fc:8b:b7:0a:3a:a9:b1:0f:66:73:a8",
        "00000000: 7f45 4c46 0201 0100",
        "C::c Abc::add(1) ns::f::d",
        "a ? b : c ::d",
        "key::  value",
        "::",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "1:2:3:4:5:6:7:8",
        "::ffff:127.0.0.1",
        "ff02::fb and netmask ffff:ffff:ffff:ffff:: or ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "$x::Bar::add",
        "// ::::::",
    ),
    signs=(b":",),
)
