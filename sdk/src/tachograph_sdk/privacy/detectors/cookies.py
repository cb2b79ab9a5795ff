"""Finds the values of cookies: in headers, in options of curl, in code, in cookie jars."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_HEADER = re.compile(
    rb"(?:cookies?[\"'`]?\]?[ \t]{0,8}(?::|=>|=|(?<=[\"']),)[ \t]{0,8}\[?\s{0,16}(?:[rbf]?[\"'`])?|--cookie[= ][ \t]{0,4}[\"'])[ \t]{0,4}"
)
_PAIR = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_|~\[\]-]{1,128}+)=([\"']?)([^\s;,\"'`<>\\]{0,4096}+)")
_NEXT = re.compile(rb"[\"']?;[ \t]{0,8}|\"?; ?\\?\r?\n[ \t]{1,8}")
_OPEN = re.compile(rb"cookies[\"']?[ \t]{0,8}[:=][ \t]{0,8}\{")
_ENTRY = re.compile(rb"\s{0,32}[\"']([\w.-]{1,64}+)[\"']\s{0,4}:\s{0,4}[\"']([^\"'\\\n]{1,4096}+)[\"']\s{0,4},?")
_ATTRIBUTES = frozenset(
    (b"path", b"domain", b"expires", b"max-age", b"samesite", b"secure", b"httponly", b"version", b"comment")
)
_JAR = re.compile(rb"\t(?:TRUE|FALSE)\t[0-9]{1,12}\t([^\t\n]{1,256}+)\t([^\t\r\n]{1,4096}+)")
_ARGUMENT = re.compile(rb"-b [\"'][\w.-]{1,64}=[^\s;\"']{8}")
_CALL = re.compile(
    rb"cookies?(?:\.(?:set|add|append))?\(\s{0,8}[\"'`][\w.-]{1,64}[\"'`],\s{0,8}[\"'`]([^\"'`\s\\]{8,4096}+)[\"'`]"
)
# What people chose, and no secret: `theme=dark`, `lang=en-US`, `logged_in=yes`.
_CHOICE = re.compile(
    rb"(?i)[\w-]{0,16}(?:theme|mode|scheme|lang|language|locale|currency|country|region|tz|timezone|consent|logged_in|view|layout|sidebar|sort|debug)[\w-]{0,8}"
)
_PLAIN = re.compile(rb"[a-z]{2,12}(?:[-_][A-Za-z]{2,4})?|[A-Z]{2,3}|[01]")
_RANDOM = re.compile(rb"[A-Za-z0-9_-]{20,4096}+")
_SHORT = re.compile(rb"(?:^|[\s`\"'>])-b[ \t]{0,2}[\"']?\Z")


def _find(text: Text) -> Iterator[Span]:
    data, lower = text.ascii, text.lower
    done = 0
    for at in text.places(b"cookie"):
        if at < done:
            continue
        if opened := _OPEN.match(lower, at):
            done = opened.end()
            while entry := _ENTRY.match(data, done):
                done = entry.end()
                if _is_value(entry[2]):
                    yield Span(*entry.span(2), "cookie", "cookie-in-code")
            continue
        if call := _CALL.match(data, at):
            done = call.end()
            if _is_value(call[1]):
                yield Span(*call.span(1), "cookie", "cookie-in-code")
            continue
        header = _HEADER.match(lower, at - 2 if lower[max(at - 2, 0) : at] == b"--" else at)
        if header is None:
            continue
        single = lower[max(at - 4, 0) : at] in (b"set-", b"set_") or lower[max(at - 3, 0) : at] == b"set"
        done = header.end()
        for span in _pairs(data, done, single=single):
            done = span.end
            yield span
    for anchor in (b"asp.net_sessionid=", b".aspxauth="):
        for at in text.places(anchor):
            if match := _RANDOM.match(data, at + len(anchor)):
                yield Span(*match.span(), "cookie", "session-cookie")
    curl = bool(text.places(b"curl"))
    for at in text.places(b"-b"):
        if _SHORT.search(data, max(at - 1, 0), at + 4) and (curl or _ARGUMENT.match(data, at)):
            place = at + 2 + len(data[at + 2 : at + 5]) - len(data[at + 2 : at + 5].lstrip(b" \"'"))
            yield from _pairs(data, place, single=False)
    if b"\t" in data and (b"\tTRUE\t" in data or b"\tFALSE\t" in data):
        for match in _JAR.finditer(data):
            yield Span(*match.span(2), "cookie", "cookie-jar")


def _pairs(data: bytes, place: int, *, single: bool) -> Iterator[Span]:
    """The values of `name=value; name=value`; only the first if what follows are attributes."""
    while pair := _PAIR.match(data, place):
        choice = _PLAIN.fullmatch(pair[3]) and _CHOICE.fullmatch(pair[1])
        if _is_value(pair[3]) and not choice and pair[1].lower() not in _ATTRIBUTES:
            yield Span(*pair.span(3), "cookie", "set-cookie" if single else "cookie")
        following = _NEXT.match(data, pair.end())
        if single or following is None:
            return
        place = following.end()


def _is_value(value: bytes) -> bool:
    """A value that says something, and no stand-in for one."""
    if (
        len(value) < 2
        or value[:1] in b"${<*("
        or value[:2] in (b"%s", b"%d", b"%(")
        or value.endswith((b"(", b")", b"{"))
    ):
        return False
    return value.lower().strip(b"x*.") not in (b"", b"true", b"false", b"value", b"null", b"none", b"deleted")


DETECTOR = Detector(
    id="cookies",
    help="Values of cookies in Cookie and Set-Cookie headers, in code and in cookie jars.",
    find=_find,
    catches=(
        ("Cookie: sid=q8Zr2LmX; theme=dark; id=dark", "Cookie: sid=<cookie>; theme=dark; id=<cookie>"),
        ("jar.cookies.set('sid', 'q8Zr2LmX')", "jar.cookies.set('sid', '<cookie>')"),
        ("Set-Cookie: sid=q8Zr2LmX; Path=/; HttpOnly", "Set-Cookie: sid=<cookie>; Path=/; HttpOnly"),
        ("set-cookie: __Host-id=\"a1b2c3\"; Secure", "set-cookie: __Host-id=\"<cookie>\"; Secure"),
        ('{"Cookie": "sid=q8Zr2LmX; _ga=GA1.2.3.4"}', '{"Cookie": "sid=<cookie>; _ga=<cookie>"}'),
        ("curl -H 'Cookie: sid=q8Zr2LmX' https://example.com", "curl -H 'Cookie: sid=<cookie>' https://example.com"),
        ("curl --cookie 'sid=q8Zr2LmX; b=c12' https://example.com", "curl --cookie 'sid=<cookie>; b=<cookie>' https://example.com"),
        ("ASP.NET_SessionId=fl641qbki4h7i0a7jzily7ke; path=/", "ASP.NET_SessionId=<cookie>; path=/"),
        ("curl -b 'sid=q8Zr2LmX' https://example.com", "curl -b 'sid=<cookie>' https://example.com"),
        ("cookies={'session': 'q8Zr2LmX', 'b': 'c12'}", "cookies={'session': '<cookie>', 'b': '<cookie>'}"),
        ("example.com\tFALSE\t/\tTRUE\t1767225600\tsid\tq8Zr2LmX\n", "example.com\tFALSE\t/\tTRUE\t1767225600\tsid\t<cookie>\n"),
    ),
    spares=(
        "Cookie: sid=<cookie>; theme=<cookie>",
        "Set-Cookie: sid=; Path=/; Max-Age=0",
        "cookie policy: we use cookies",
        "cookies = requests.cookies.RequestsCookieJar()",
        "const cookie = parse(document.cookie);",
        "Cookie: ${SESSION}",
        "cookie: Cookie",
        "set_cookie(name, value, path='/')",
        "python3 -b script.py",
    ),
    signs=(b"cookie", b"asp.net_sessionid=", b".aspxauth=", b"-b", b"\ttrue\t", b"\tfalse\t"),
    anchors=(b"cookie", b"-b", b"curl", b"asp.net_sessionid=", b".aspxauth="),
)  # fmt: skip
