"""Finds what follows `Authorization:` and the names of its schemes: Bearer, Basic, Token, Digest, signatures."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_HEADER = re.compile(
    rb"authorization[\"'`]?\]?[ \t]{0,8}(?:[:=,]|=>|->|\)[ \t]{0,4}[.=])[ \t]{0,16}(?:[rbfRBF]?[\"'`])?[ \t]{0,4}"
    rb"(?:(bearer|basic|token|digest|negotiate|ntlm|apikey|api-key|key|bot|splunk|genie[a-z]{1,8}|sso-?key|ssws|snyk|jwt"
    rb"|githubtoken|aws4-hmac-sha256|aws|oauth|hawk|sharedkey(?:lite)?|sharedaccesssignature|discogs|zoho-oauthtoken"
    rb"|client-id|klaviyo-api-key|goog-?[a-z]{1,16}|hmac(?:-[a-z0-9]{2,8})?|signature|secret|private-token|api[_-]?token)(?:[ \t]{1,8}|=|:[ \t]{0,4}))?"
)
_VALUE = re.compile(rb"(?>(?:token=)?)[\"'*(<\[]{0,2}+([A-Za-z0-9._~+/=:|!*%-]{1,8192}+)")
_UNKNOWN_SCHEME = re.compile(
    rb"[A-Za-z][A-Za-z0-9-]{1,24}[ \t]{1,4}(?>(?:[a-z]{1,12}=)?)[\"']?(?=[^\s]{0,64}[0-9])([A-Za-z0-9._~+/=|:-]{20,8192}+)"
)
_BEARER = re.compile(rb"bearer(?:[ \t]{1,8}|:[ \t]{0,8}|=|%20|[\"'],[ \t]{0,4})[\"'`]?([A-Za-z0-9._~+/=|-]{8,8192}+)")
_BASIC = re.compile(rb"basic[ \t]{1,8}([A-Za-z0-9+/_-]{8,4096}+={0,2})")
_PART = re.compile(
    rb"(username|response|cnonce|nonce|opaque|signature|credential|mac|oauth_[a-z_]{1,24}|sig|id|ts)[ \t]{0,4}=[ \t]{0,4}\"?([^\s\",;]{1,1024}+)\"?"
)
_WITH_PARTS = (b"digest", b"aws4-hmac-sha256", b"oauth", b"hawk", b"sharedaccesssignature")
_KEPT_PARTS = (b"ts", b"oauth_timestamp", b"oauth_version", b"oauth_signature_method")
_STAND_IN = re.compile(
    r"(?:[xX*.<_-]+|(?:your|my|the|an?|access|api|auth|some|bearer|jwt|id)?[-_ ]?(?:token|key|secret|jwt|credentials?)"
    r"(?:[-_ ]?here)?|your.*|required|none|null|undefined|authentication|authorization|realm.*|scheme|format|header|auth)",
    re.I,
)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+|[A-Za-z]*_[A-Za-z_]+|https?:?")
_WORD = re.compile(r"[A-Za-z]+(?:[-_/.:][A-Za-z]+)*[.:]?")


def _find(text: Text) -> Iterator[Span]:
    data, lower = text.ascii, text.lower
    done = 0
    for at in text.places(b"authorization"):
        match = _HEADER.match(lower, at)
        if match is None or at < done:
            continue
        scheme = match[1] or b""
        if scheme in _WITH_PARTS:
            found = list(_parts(data, lower, match.end()))
            yield from found
            done = found[-1].end if found else done
            if found or scheme != b"oauth":
                continue
        value = _VALUE.match(data, match.end())
        if not scheme and (unknown := _UNKNOWN_SCHEME.match(data, match.end())):
            value, scheme = unknown, b"other"
        if value is None:
            continue
        start, end = value.span(1)
        while end > start and data[end - 1] in b".:!*":
            end -= 1
        text_value = text.text[start:end]
        sure = len(text_value) >= (12 if scheme else 16) or (len(text_value) >= 5 and any(map(str.isdigit, text_value)))
        if not scheme and (_NAME.fullmatch(text_value) or data[end : end + 1] == b"(" or "://" in text_value):
            continue  # code, or a link
        inside = data[max(at - 1, 0) : at].isalnum()  # a part of a longer name
        if _is_stand_in(text_value) or not sure or (not scheme and (inside or not _is_odd(text_value))):
            continue
        if scheme == b"aws" or scheme.startswith(b"sharedkey"):
            start += text_value.index(":") + 1 if ":" in text_value else 0
        done = end
        yield Span(start, end, "token", f"authorization-{scheme.decode() or 'header'}")
    for at in text.places(b"bearer"):
        if at < done or not (match := _BEARER.match(lower, at)):
            continue
        start, end = match.span(1)
        said = data[start:end].rstrip(b".=:").decode("ascii")
        if not _is_stand_in(said) and _is_odd(said):
            yield Span(start, end if data[end - 1] == 61 else start + len(said), "token", "bearer-token")
    for at in text.places(b"basic "):
        if (match := _BASIC.match(lower, at)) and _is_pair(data[slice(*match.span(1))]):
            yield Span(*match.span(1), "token", "basic-credentials")


def _parts(data: bytes, lower: bytes, at: int) -> Iterator[Span]:
    """The parameters of a header that has several, to the end of the line."""
    end = data.find(b"\n", at, at + 4096)
    for match in _PART.finditer(lower, at, end if end >= 0 else at + 4096):
        start, stop = match.span(2)
        value = data[start:stop].decode("ascii")
        if match[1] == b"username":
            yield Span(start, stop, "user", "authorization-user")
        elif match[1] not in _KEPT_PARTS and len(value) >= 6 and not _is_stand_in(value):
            if match[1] == b"credential" and "/" in value:
                stop = start + value.index("/")  # the scope that follows is a date and a region
            yield Span(start, stop, "token", "authorization-parameter")


def _is_stand_in(value: str) -> bool:
    return value[:1] in "$<{%*[" or _STAND_IN.fullmatch(value) is not None


def _is_odd(value: str) -> bool:
    """No word of prose, no identifier: it has digits, or letters of both cases without order."""
    return len(value) >= 8 and (
        any(char.isdigit() for char in value) or (len(value) >= 16 and not _WORD.fullmatch(value))
    )


def _is_pair(value: bytes) -> bool:
    """Whether it says `user:password` in base64."""
    try:
        said = base64.b64decode(
            value + b"=" * (-len(value) % 4), altchars=b"-_" if b"-" in value or b"_" in value else None
        )
    except (binascii.Error, ValueError):
        return False
    return b":" in said and said.isascii() and said.decode("ascii").isprintable()


_RANDOM = "q8Zr2LmX0pTnB4vKw7"
_PAIR = base64.b64encode(b"jane:hunter2").decode()

DETECTOR = Detector(
    id="auth_headers",
    help="Credentials in Authorization headers and after the names of their schemes (Bearer, Basic, Digest, AWS4 …).",
    find=_find,
    catches=(
        (f"Authorization: Bearer {_RANDOM}", "Authorization: Bearer <token>"),
        (f'curl -H "Authorization: Bearer {_RANDOM}" https://example.com', 'curl -H "Authorization: Bearer <token>" https://example.com'),
        (f'{{"Authorization": "Bearer {_RANDOM}"}}', '{"Authorization": "Bearer <token>"}'),
        (f"Authorization: Basic {_PAIR}", "Authorization: Basic <token>"),
        (f"proxy-authorization: basic {_PAIR}\r\nHost: x", "proxy-authorization: basic <token>\r\nHost: x"),
        (f"sent Basic {_PAIR} and got 401", "sent Basic <token> and got 401"),
        (f"Authorization: token {_RANDOM}", "Authorization: token <token>"),
        (f"Authorization: {_RANDOM}", "Authorization: <token>"),
        (f"headers['Authorization'] = 'Bearer {_RANDOM}'", "headers['Authorization'] = 'Bearer <token>'"),
        (f'HeaderValue("Bearer", "{_RANDOM}")', 'HeaderValue("Bearer", "<token>")'),
        (f"using bearer {_RANDOM}.", "using bearer <token>."),
        (f"Authorization: OAuth {_RANDOM}", "Authorization: OAuth <token>"),
        (f"Authorization: HMAC-SHA256 {_RANDOM}", "Authorization: HMAC-SHA256 <token>"),
        (f"Authorization: Acme-V2 {_RANDOM}{_RANDOM}", "Authorization: Acme-V2 <token>"),
        (f"Authorization: Token token=\"{_RANDOM}\"", 'Authorization: Token token="<token>"'),
        (
            'Authorization: Digest username="jane", realm="x", nonce="dcd98b7102dd2f0e", uri="/a", response="6629fae49393a053"',
            'Authorization: Digest username="<user>", realm="x", nonce="<token>", uri="/a", response="<token>"',
        ),
        (
            "Authorization: AWS4-HMAC-SHA256 Credential=" + "AKIA" + "Z7QXM4TR2WLP6KCV/20250101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe",
            "Authorization: AWS4-HMAC-SHA256 Credential=<token>/20250101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=<token>",
        ),
    ),
    spares=(
        "Authorization: Bearer <token>",
        "Authorization: Bearer $TOKEN",
        "Authorization: Bearer YOUR_TOKEN",
        'headers = {"Authorization": f"Bearer {token}"}',
        "the bearer token is missing",
        "Bearer authentication is required, basic authentication is not",
        "basic configuration of the server",
        'WWW-Authenticate: Bearer realm="example"',
        "Authorization: required",
        "authorization: AuthorizationService",
        "the authorization header",
        "Authorization, Content-Type, X-Requested-With",
        "Basic understanding of Python3",
    ),
    signs=(b"authorization", b"bearer", b"basic "),
    anchors=(b"authorization", b"bearer", b"basic "),
)  # fmt: skip
