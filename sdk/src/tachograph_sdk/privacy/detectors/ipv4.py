"""IPv4 addresses, told from version numbers by what stands around them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

# Three dots with digits between, from the first dot on: the literal lets the search skip to dots.
_DOTS = re.compile(rb"\.00{0,2}+\.00{0,2}+\.0")
_ADDRESS = re.compile(
    rb"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?![0-9])"
)
_NEAR = 36  # a word of versions further away says nothing of this number
_LINE = 72  # so far back it looks for words that tell an address from a version

# What stands before a version, and what stands before an address; the nearer one counts.
_VERSION_WORDS = words(
    "v ver vers version versions versioned release releases released rev revision build firmware driver kernel upgrade"
    " upgrades upgraded downgrade downgraded update updates updated bump bumps bumped install installs installed"
    " installing require requires requirement since until package pip nuget maven gem cuda cudnn nvidia chrome chromium"
    " chromedriver edg edge opera opr webview webview2 safari firefox electron java jdk jre dotnet assembly fileversion"
    " section sec clause chapter paragraph oid rfc latest newest compatible office excel word windows patch hotfix"
    " macos ios ipados android ubuntu debian macosx rollback migrate migrated migrating migration"
)
_ADDRESS_WORDS = words(
    "ip ips ipv4 addr addrs address addresses host hosts hostname hostnames server servers node nodes peer peers client"
    " clients remote src dst dest destination listen listens listening bind binding bound connect connected connecting"
    " connection connections refused ping pinging ssh scp curl wget telnet nc nslookup dig traceroute inet gateway gw"
    " router dns nameserver subnet network cidr range allow deny ban banned block blocked forwarded proxy upstream"
    " downstream backend endpoint login logged failed dhcp lease vpn nat dial tcp udp icmp http https worker master"
    " replica cluster url whitelist blacklist firewall resolve resolves resolved answer pod session visitor user"
    " request spf"
)
_SAYS = {word.encode(): False for word in _VERSION_WORDS} | {word.encode(): True for word in _ADDRESS_WORDS}
_LETTERS_ONLY = bytes(code if 97 <= code < 123 or code == 52 else 32 for code in range(256))
# Such words stand before both; they count where no word of versions is on the line.
_WEAK_ADDRESS_WORD = re.compile(rb"(?<![a-z])(?:from|via|at|local|source|reach(?:es|ed)?)(?::?\s+|=)\[?\Z")
_AFTER_VERSION = re.compile(
    rb"[-+_]?(?:alpha|beta|rc|dev|post|pre|snapshot|final|ga|release|nightly)| (?:release|version|stable|or later|or newer)\b|[-_.](?:tar|zip|whl|jar|exe|msi|deb|rpm|dmg|pkg|nupkg|gz|tgz|so|dll)\b|[-+](?![0-9]{1,3}\.[0-9]{1,3}\.)\w"
)
_AFTER_ADDRESS = re.compile(rb":[0-9]{1,5}(?![0-9.:])|/(?:3[0-2]|[12]?[0-9])(?![0-9.])| - \S{1,40} \[")
_PORT = re.compile(rb"\.(?:[0-9]{1,5}|[a-z][a-z0-9-]{1,15})(?![0-9.])")
_CAPTURE = re.compile(rb"(?:tcp|udp)[46]{0,2} +[0-9]+ +[0-9]+ +[^\n]*\Z|(?<![a-z])ip6? [^\n]*\Z")
_VERSION_MARKS = (b"-", b"v", b"@", b"^", b"~")
_COMPARISONS = (b"==", b">=", b"<=", b"~=", b"!=", b"~>")
_PRODUCT = re.compile(rb"[a-z][a-z0-9_+.-]*[/ ]\Z")
_IN_ADDRESS_LIST = re.compile(rb"[0-9]{1,3}\.[0-9]{1,3}(?:/[0-9]{1,2}|:[0-9]{1,5})?(?:, ?|[-; |]|\]? ?-> ?)\Z")


def _find(text: Text) -> Iterator[Span]:
    end = 0
    lower = text.lower
    for match in _DOTS.finditer(text.shape):
        dot = match.start()
        start = dot
        while start > end and dot - start < 3 and 48 <= lower[start - 1] < 58:
            start -= 1
        if lower[start - 1 : start] == b"%" and dot - start == 3:
            start += 2  # the rest of an escape: `%200.0.0.0`
        address = _ADDRESS.match(lower, start) if start < dot else None
        if address is None:
            continue
        if not _stands_alone(lower, start, address.end()) and not _has_port(lower, start, address.end()):
            continue
        octets = tuple(map(int, address[0].split(b".")))
        if _is_nobody(octets):
            continue
        if _is_address(lower, start, address.end(), octets):
            end = address.end()
            yield Span(start, end, "ip", "ipv4")


def _stands_alone(lower: bytes, start: int, end: int) -> bool:
    """Whether no letter, digit or further part of a number is glued to it."""
    before = lower[start - 1 : start]
    if before.isalnum() or before == b"_" or (before == b"." and lower[start - 2 : start - 1].isdigit()):
        return False
    after = lower[end : end + 1]
    return not (after.isalnum() or after == b"_" or (after == b"." and lower[end + 1 : end + 2].isdigit()))


def _has_port(lower: bytes, start: int, end: int) -> bool:
    """Whether a port follows behind a fifth dot, as `netstat` and `tcpdump` write it."""
    before = lower[max(0, start - 100) : start]
    return before[-1:] == b" " and _PORT.match(lower, end) is not None and _CAPTURE.search(before) is not None


def _is_nobody(octets: tuple[int, ...]) -> bool:
    """Loopback, unspecified, masks and broadcast, and multicast groups known to all."""
    return octets[0] in (0, 127, 255) or octets[:3] == (224, 0, 0) or octets == (239, 255, 255, 250)


def _is_address(lower: bytes, start: int, end: int, octets: tuple[int, ...]) -> bool:
    """Whether the four numbers are meant as an address.

    In this order: what is glued to them (a port, a mask, a scheme; a package name, `-rc1`), the nearer one of the
    words before them on the line, whether the range is for addresses only, and at last whether they are as small as
    the parts of versions are.
    """
    before = lower[max(0, start - _LINE) : start]
    before = before[before.rfind(b"\n") + 1 :]
    if before in (b"-", b"+"):
        before = b""  # a line of a diff
    if _AFTER_VERSION.match(lower, end):
        return _IN_ADDRESS_LIST.search(before[-24:]) is not None
    if before.endswith((b"://", b"@[", b"//")):
        return True
    if before.endswith(_VERSION_MARKS) or before.rstrip(b" ").endswith(_COMPARISONS):
        listed = _IN_ADDRESS_LIST.search(before[-24:]) is not None
        return listed or (before.endswith(b"@") and _is_user_at(before, octets))
    if _AFTER_ADDRESS.match(lower, end):
        return True
    if _is_reserved(octets) and octets[0] != 10:
        return True
    if before.endswith(b"/") and _PRODUCT.search(before):
        return False
    said = _said(before)
    if said is False:
        return False
    if _is_reserved(octets) or said:
        return True
    return max(octets) >= 32 or _WEAK_ADDRESS_WORD.search(before) is not None


def _said(before: bytes) -> bool | None:
    """What the nearest telling word says: True of an address, False of a version; None without one."""
    distance = 0
    for word in reversed(before.replace(b"\\n", b"  ").translate(_LETTERS_ONLY).split()):
        distance += len(word) + 1
        says = _SAYS.get(word)
        if says is None and (word.endswith((b"address", b"addr")) or (word.startswith(b"lib") and len(word) > 4)):
            says = not word.startswith(b"lib")
        elif says is None and word.endswith(b"version"):
            says = False
        if says or (says is False and distance <= _NEAR):
            return says
    return None


def _is_user_at(before: bytes, octets: tuple[int, ...]) -> bool:
    """`jane@10.0.0.5` is a user at a machine, `package@1.2.3.4` a version."""
    return _is_reserved(octets) or max(octets) >= 32 or b"ssh" in before or b"scp" in before or b"rsync" in before


def _is_reserved(octets: tuple[int, ...]) -> bool:
    """Ranges that a version hardly ever falls into: private, link-local, carriers', documentation."""
    first, second, third, _ = octets
    return (
        (first == 10 and max(octets) >= 0)
        or (first == 172 and 16 <= second < 32)
        or (first, second) in ((192, 168), (169, 254), (198, 18), (198, 19))
        or (first == 100 and 64 <= second < 128)
        or (first, second, third) in ((192, 0, 2), (198, 51, 100), (203, 0, 113))
    )


DETECTOR = Detector(
    id="ipv4",
    help="IPv4 addresses, private and public ones; not loopback, and not version numbers of four parts.",
    find=_find,
    catches=(
        ("connect to 192.168.1.20:8080 failed", "connect to <ip>:8080 failed"),
        ("10.0.0.5", "<ip>"),
        ("allow 10.0.0.0/8;", "allow <ip>/8;"),
        ("from 203.0.113.7.", "from <ip>."),
        ('"ip":"54.239.28.85"', '"ip":"<ip>"'),
        ("http://172.16.4.2/health", "http://<ip>/health"),
        ("client=8.8.4.4 port=53", "client=<ip> port=53"),
        ("nameserver 8.8.8.8", "nameserver <ip>"),
        (
            "inet 192.168.1.20 netmask 255.255.255.0 broadcast 192.168.1.255",
            "inet <ip> netmask 255.255.255.0 broadcast <ip>",
        ),
        ("10.0.0.1-10.0.0.20", "<ip>-<ip>"),
        ("ssh root@10.0.0.5", "ssh root@<ip>"),
        ("Failed password for root from 5.6.7.8 port 22", "Failed password for root from <ip> port 22"),
        ('95.216.12.90 - - [20/Nov/2026:09:24:32] "GET /', '<ip> - - [20/Nov/2026:09:24:32] "GET /'),
        ("X-Forwarded-For: 198.51.100.7, 10.1.2.3", "X-Forwarded-For: <ip>, <ip>"),
        ("dial tcp 10.96.0.1:443: i/o timeout", "dial tcp <ip>:443: i/o timeout"),
        ("[192.168.0.10]", "[<ip>]"),
        ("ping 1.1.1.1", "ping <ip>"),
        ("version 2 of the server at 10.2.3.4", "version 2 of the server at <ip>"),
        ("169.254.169.254", "<ip>"),
        (
            "java.lang.Error: 10.1.2.9 - - [20/Nov/2026:09:28:13 +0000]",
            "java.lang.Error: <ip> - - [20/Nov/2026:09:28:13 +0000]",
        ),
        ("-10.0.0.5\n+10.0.0.6", "-<ip>\n+<ip>"),
        (
            "tcp4  0  0  192.168.1.5.52214  17.57.146.20.443  ESTABLISHED",
            "tcp4  0  0  <ip>.52214  <ip>.443  ESTABLISHED",
        ),
        ("IP 10.0.0.5.52214 > 17.57.146.20.https: Flags", "IP <ip>.52214 > <ip>.https: Flags"),
        ("192.168.1.1\t192.168.1.2", "<ip>\t<ip>"),
    ),
    spares=(
        "version 1.2.3.4",
        "v1.2.3.4",
        "nvidia-cudnn-cu12==8.9.2.26",
        "nvidia-curand-cu12 10.3.2.106",
        "Chrome/120.0.6099.109 Edg/120.0.2210.91 Chrome/120.0.0.0",
        "foo-1.2.3.4.tar.gz foo_1.2.3.4-1_amd64.deb",
        "requires 10.15.7.1 or later",
        "8.0.33.0 release, macOS 10.15.7.1",
        "listening on 127.0.0.1:8080 and 0.0.0.0:80",
        "netmask 255.255.255.0",
        "oid 1.3.6.1.4.1.311",
        "section 4.2.1.3 of the manual",
        "1.2.3.4",
        "Microsoft.Foo, Version=4.0.0.0, Culture=neutral",
        '"version": "10.0.19.1"',
        "react@1.2.3.4",
        'AssemblyFileVersion("2.5.104.7")',
        "300.1.2.3 and 1.2.3.400",
        "2026.11.20.1",
        "1.2.3.4.5",
        "upgrade from 1.2.3.4 to 1.2.3.5",
        "Windows 10.0.22.1",
        "4.0.30319.42000",
        "3.14.15.92.65",
        "x.1.2.3.4.y",
        "224.0.0.251",
        "\\nchapter 12.4.1.3",
        "host%20%3D%200.0.0.0",
    ),
    signs=(b".0",),
)
