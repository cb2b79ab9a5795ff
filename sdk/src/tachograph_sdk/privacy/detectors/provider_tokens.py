"""Finds tokens and keys that providers made recognisable by a prefix or a fixed shape."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from tachograph_sdk.privacy.detectors.detector import RUN, Detector, Span, Text
from tachograph_sdk.privacy.detectors.token_formats import AFTER, HEADS, PREFIXES, Format
from tachograph_sdk.privacy.detectors.token_table import FORMATS

__all__ = ["DETECTOR"]

_DASH = re.compile(rb"[_-]")
_GLUED = re.compile(rb"A(?=KIA|SIA|Iza|TATT3|TBB|KID)|L(?=TAI)|s(?=k-)|x(?=ox)")
_REACH = 96  # characters before a run in which a token may have begun
_MANY = 4  # formats of one anchor that are more than it pays to try one by one
_GLUE = 24  # letters before a prefix, at most; deeper inside a run it is chance
_ESCAPE = re.compile(rb"[\[;][0-9]{0,3}[mK]|%(?>(?:25)*)[0-9A-Fa-f]{2}|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtbfv0])")
_BLOB = re.compile(rb"[A-Za-z0-9+/]{39}[+/]")  # in the middle of base64 any two letters turn up
_DOPPLER = re.compile(rb"dp\.(?:st|pt|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{28,}+")
_DISCORD = re.compile(rb"[MNO][A-Za-z0-9_-]{22,28}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{25,}+")
_TELEGRAM = re.compile(rb"[0-9]{7,12}:AA[A-Za-z0-9_-]{31,}+")
_FIREBASE = re.compile(rb"[A-Za-z0-9_-]{8,23}:APA91b[A-Za-z0-9_-]{60,}+")
_ASANA = re.compile(rb"(?<![0-9])[0-9]/[0-9]{10,20}(?:/[0-9]{10,20})?:[0-9a-f]{32}(?![A-Za-z0-9])")
_FAL = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}:[0-9a-f]{32}(?![A-Za-z0-9])")
_ZHIPU = re.compile(rb"[0-9a-f]{32}\.[A-Za-z0-9]{16}(?![A-Za-z0-9])")
_AZURE = re.compile(rb"[A-Za-z0-9]{52}JQQJ9[A-Za-z0-9]{20,}+|[A-Za-z0-9]{70,76}AZDO[A-Za-z0-9]{4}")
_AZURE_SECRET = re.compile(rb"[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{28,}+(?<![.])")
_AZURE_SERVICE = re.compile(rb"[A-Za-z0-9]{38,44}Az(?:Se|Fu|Ca)[A-Za-z0-9]{6,12}={0,2}")
_BY_LENGTH = (  # without a prefix, but with a mark at a fixed place: shortest and longest run, pattern, rule
    (35, 37, re.compile(rb"[0-9a-f]{32}-us[0-9]{1,2}"), "mailchimp-key"),
    (40, 40, re.compile(rb"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk"), "maxmind-key"),
    (46, 50, re.compile(rb"[123][A-Za-z0-9]{26}_[A-Za-z0-9]{19,24}"), "ngrok-token"),
    (48, 51, re.compile(rb"[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{5,6}jsn[a-z0-9]{10,14}"), "rapidapi-key"),
    (50, 50, re.compile(rb"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}"), "mailgun-key"),
)
_PIECES = (b"whsec_", b"sntrys_", b"glc_", b"essu_", b"fm2_", b"fm1r_", b"xoxd-", b"ya29.", b"ops_", b"hvs.", b"sg.")
_NEAR = b".~/$:+=[;%\\"  # what stands before a run that is only a part of something
_STARTS: dict[bytes, set[tuple[int, bytes]]] = {}
"""By anchor: how far before its end a token begins, and what it surely begins with."""
for _row in FORMATS:
    if _row.anchor:
        _STARTS.setdefault(_row.anchor, set()).add((_row.back, _row.prefix if _row.begins else b""))
_AWS_SECRET = re.compile(rb"['\"]?[ \t,;:|/]{1,4}['\"]?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")
_DUMMY = re.compile(rb"[A-Za-z0-9_.-]*?[xX*0.]{12,}|.*(?:your|placeholder|xxxxxx|redacted|[_-]here).*", re.S)
_MIXED = re.compile(rb"[0-9]|[A-Z].*[a-z]|[a-z].*[A-Z]", re.S)


def _find(text: Text) -> Iterator[Span]:
    yield from _in_pieces(text)
    data = text.ascii
    size = len(data)
    done = 0
    innocent: dict[bytes, bool] = {}
    for start, end in text.runs:
        if start < done:
            if end <= done:
                continue
            start = done  # the rest of a run that a token reached into
        word = data[start:end]
        is_innocent = innocent.get(word)
        if is_innocent is None:
            is_innocent = innocent[word] = _is_innocent(word)
        if is_innocent and not _is_near(data, start, end, size, done):
            continue
        if end - start == 36 and word[8] == 45 == word[13] and _is_alone(data, start, end, size):
            continue  # a UUID
        for span in _in_run(data, start, end, done):
            yield span
            done = span.end
            if span.rule == "aws-access-key-id" and (secret := _AWS_SECRET.match(data, done)):
                yield Span(*secret.span(1), "secret", "aws-secret-access-key")
                done = secret.end(1)


def _in_pieces(text: Text) -> Iterator[Span]:
    """Tokens whose letters include those of base64 or dots: they may have no long run."""
    for needle in _PIECES:
        for at in text.places(needle):
            for format_ in (*PREFIXES.get(needle[-3:], ()), *AFTER.get(needle[-2:], ())):
                if span := _try(format_, text.ascii, at):
                    yield span


def _is_innocent(word: bytes) -> bool:
    """Whether a look at its letters shows that no token can begin in a run: most are names and ids.

    How it begins and what stands around it is looked at by `_is_near`.
    """
    if _GLUED.search(word, 0, _GLUE) or ((b"-" in word or b"_" in word) and _has_prefix(word, 0, len(word))):
        return False
    size = len(word)
    if 34 < size < 53:
        return (size != 52 or b"Az" not in word) and not any(
            low <= size <= high and pattern.match(word) for low, high, pattern, _ in _BY_LENGTH
        )
    return not 80 <= size <= 100 or (b"JQQJ9" not in word and b"AZDO" not in word)


def _has_prefix(data: bytes, start: int, end: int) -> bool:
    """Whether what comes before one of the dashes here is the prefix of a token, or the end of one."""
    for dash in _DASH.finditer(data, start, end):
        place = dash.start()
        for back, prefix in _STARTS.get(data[max(place - 2, 0) : place + 1], ()):
            begin = place - back
            if data.startswith(prefix, begin) if begin >= 0 else data.startswith(prefix[-begin:]):
                return True
    return False


def _is_alone(data: bytes, start: int, end: int, size: int) -> bool:
    """Whether nothing stands around it that may make it a part of something."""
    return (not start or data[start - 1] not in _NEAR) and (end == size or data[end] not in b".:")


def _is_near(data: bytes, start: int, end: int, size: int, done: int) -> bool:
    """Whether how a run begins, or what stands around it, may make it a token or a part of one."""
    for format_ in HEADS.get(data[start : start + 2], ()):
        if format_.pattern.match(data, start):
            return True
    if end < size:
        after = data[end]
        if after == 58:
            if end - start == 36:
                return True
        elif after == 46 and (data[start] in b"MNO" or end - start == 32):
            return True
    if not start or (before := data[start - 1]) not in _NEAR:
        return False
    if before in b"[;%\\" and _ESCAPE.match(data, start - 1, end):
        return True
    if before in b"+/=" and _has_prefix(data, max(start - _REACH, done), start):
        return True
    if data[start - 1 : start + 2] in PREFIXES:
        return True
    for format_ in AFTER.get(data[max(start - 2, 0) : start], ()):
        if format_.back < 0 or (start >= format_.back and format_.pattern.match(data, start - format_.back)):
            return True
    if before == 46 or before == 126:
        return data.rfind(b"Q~", max(start - 40, 0), start) >= 0 or (
            before == 46 and data.rfind(b"dp.", max(start - 44, 0), start) >= 0
        )
    if before == 58:
        if data[max(start - 2, 0) : start - 1].isdigit():
            return data.startswith(b"AA", start) or data.rfind(b"/", max(start - 48, 0), start) >= 0
        return data.startswith(b"APA91b", start)
    return False


def _in_run(data: bytes, start: int, end: int, done: int) -> Iterator[Span]:
    """Tokens that begin in this run or, with parts before it, end in it."""
    after = data[end : end + 1]
    before = data[start - 1] if start else 32
    at = start
    for begin in _beginnings(data, start, end):
        if span := next(_at_start(data, begin, end, after), None):
            yield span
            at = span.end
            break
    if end - at > 19:
        for glued in _GLUED.finditer(data, at, min(end, at + _GLUE)):
            place = glued.start()
            if place >= at and (span := _first(HEADS.get(data[place : place + 2], ()), data, place)):
                yield span
                at = span.end
    reach = max(start - _REACH, done) if before in b"+/=" else start  # base64 comes in several runs
    refused: dict[str, int] = {}  # by rule: up to here its letters were looked at and are no token
    for dash in _DASH.finditer(data, reach if at == start else at, end):
        place = dash.start()
        if place < 2 or start < at > place:
            continue
        anchor = data[place - 2 : place + 1]
        formats = PREFIXES.get(anchor, ())
        if len(formats) > _MANY and not any(one.match(data, place - back) for back, one in _any_of(anchor)):
            continue
        for format_ in formats:
            begin = place - format_.back
            if (format_.begins and not data.startswith(format_.prefix, begin)) or not (
                (begin >= at or done <= begin < start == at) and begin >= refused.get(format_.rule, 0)
            ):
                continue
            match = format_.pattern.match(data, begin)
            if match is None:
                continue
            if _is_refused(format_, match[0]):
                refused[format_.rule] = match.end()
                continue
            yield Span(*match.span(), "token", format_.rule)
            at = match.end()
            break


@cache
def _any_of(anchor: bytes) -> tuple[tuple[int, re.Pattern[bytes]], ...]:
    """All formats of one anchor as one pattern for each distance: what none of them fits is refused at once."""
    sources: dict[int, list[str]] = {}
    for format_ in PREFIXES[anchor]:
        sources.setdefault(format_.back, []).append(f"(?:{format_.source})")
    return tuple((back, re.compile("|".join(found).encode())) for back, found in sources.items())


def _beginnings(data: bytes, start: int, end: int) -> Iterator[int]:
    """Where the run begins, and where it does without the rest of an escape: of a line break, a space, a colour."""
    yield start
    if start and data[start - 1] in b"[;%\\" and (escape := _ESCAPE.match(data, start - 1, end)):
        yield escape.end()


def _at_start(data: bytes, start: int, end: int, after: bytes) -> Iterator[Span]:
    """What its first letters, its surroundings or its length give away."""
    heads = HEADS.get(data[start : start + 2])
    if heads and not _BLOB.match(data, max(start - 40, 0), start) and (span := _first(heads, data, start)):
        yield span
    before = data[start - 1] if start else 32
    if before in b".~/$:[" and (span := _reaching_back(data, start, end)):
        yield span
    if after == b"." and data[start] in b"MNO":
        yield from _spans(_DISCORD, "discord-bot-token", data, start)
    if after == b":":
        yield from _spans(_FAL, "fal-key", data, start)
    if after == b"." and end - start == 32:
        yield from _spans(_ZHIPU, "zhipu-key", data, start)
    length = end - start
    if 34 < length < 52:
        for length_from, length_to, pattern, rule in _BY_LENGTH:
            if length_from <= length <= length_to:
                yield from _spans(pattern, rule, data, start)
    elif 80 <= length <= 100 and (b"JQQJ9" in data[start:end] or b"AZDO" in data[start:end]):
        yield from _spans(_AZURE, "azure-key", data, start)
    elif length == 52 and b"Az" in data[start:end]:
        yield from _spans(_AZURE_SERVICE, "azure-service-key", data, start)


def _reaching_back(data: bytes, start: int, end: int) -> Span | None:
    """A token whose first part, before a dot or colon, is too short to be a run."""
    for format_ in AFTER.get(data[max(start - 2, 0) : start], ()):
        if format_.back > 0:
            if start >= format_.back and (span := _try(format_, data, start - format_.back)):
                return span
        elif match := format_.pattern.search(data, max(start + format_.back, 0), end + 256):
            return Span(*match.span(), "token", format_.rule)
    before = data[start - 1]
    if before in b"~." and (at := data.rfind(b"Q~", max(start - 40, 0), start)) >= 4:
        return next(_spans(_AZURE_SECRET, "azure-client-secret", data, at - 4), None)
    if before == 46 and (at := data.find(b"dp.", max(start - 44, 0), start)) >= 0:
        return next(_spans(_DOPPLER, "doppler-token", data, at), None)
    if (
        before == 58
        and data.startswith(b"APA91b", start)
        and (whole := _FIREBASE.search(data, max(start - 24, 0), end))
    ):
        return Span(*whole.span(), "token", "firebase-token")
    if before == 58 and data[max(start - 2, 0) : start - 1].isdigit():
        if data[start : start + 2] == b"AA":
            return next(_spans(_TELEGRAM, "telegram-bot-token", data, _digits_from(data, start - 1)), None)
        if match := _ASANA.search(data, max(start - 48, 0), end):
            return Span(*match.span(), "token", "asana-token")
    return None


def _digits_from(data: bytes, end: int) -> int:
    """Where the digits before `end` begin, at most 12."""
    start = end
    while start and end - start < 12 and data[start - 1] in b"0123456789":
        start -= 1
    return start


def _spans(pattern: re.Pattern[bytes], rule: str, data: bytes, start: int) -> Iterator[Span]:
    if match := pattern.match(data, start):
        yield Span(*match.span(), "token", rule)


def _first(formats: Iterable[Format], data: bytes, start: int) -> Span | None:
    return next((span for format_ in formats if (span := _try(format_, data, start))), None)


def _try(format_: Format, data: bytes, start: int) -> Span | None:
    match = format_.pattern.match(data, start)
    return None if match is None or _is_refused(format_, match[0]) else Span(*match.span(), "token", format_.rule)


def _is_refused(format_: Format, token: bytes) -> bool:
    """Whether it only stands for a token, or is made of words."""
    return _DUMMY.fullmatch(token) is not None or (format_.mixed and not _MIXED.search(token))


_G, _K = "wJ4rQ8zT1nX6", "bV3kL9mP5sD2hF7gC0y"  # halves of made-up tokens, so that none stands here in one piece
_TAIL = _G + _K + _G + _K
_HEX = "9f86d081884c7d659a2feaa0c55ad015" * 2

DETECTOR = Detector(
    id="provider_tokens",
    help="Tokens and keys of more than 200 kinds that their providers made recognisable by prefix and shape.",
    find=_find,
    catches=(
        ("waka_9debe69d-5b0c-44b2-9ff8-0d468fddc245", "<token>"),
        (f"AAAAyarDEMb:{'APA' + '91b'}{_TAIL}{_TAIL}", "<token>"),
        (f"push to ExponentPushToken[{_G}{_K}] failed", "push to <token> failed"),
        ("key: " + "ghp_" + _TAIL[:36], "key: <token>"),
        ("\x1b[31m" + "ghp_" + _TAIL[:36] + "\x1b[0m", "\x1b[31m<token>\x1b[0m"),
        ("\\n" + "ghp_" + _TAIL[:36] + "\\n", "\\n<token>\\n"),
        ("using " + "sk-ant-api03-" + _TAIL + "AA, then", "using <token>, then"),
        ("(" + "sk-proj-" + _TAIL + ")", "(<token>)"),
        ("'" + "sk-" + _TAIL[:20] + "T3BlbkFJ" + _TAIL[20:40] + "'", "'<token>'"),
        ("id " + "AKIA" + "Z7QXM4TR2WLP6KCV" + ".", "id <token>."),
        ("prefix" + "AKIA" + "Z7QXM4TR2WLP6KCV", "prefix<token>"),
        ("hook " + "xoxb-" + "2172839405-2938475610-" + _TAIL[:24], "hook <token>"),
        ("t " + "glpat-" + _TAIL[:20], "t <token>"),
        ("SG." + _TAIL[:22] + "." + _TAIL[:43], "<token>"),
        ("bot " + "7218394056:AA" + _TAIL[:33], "bot <token>"),
        ("hvs." + _TAIL, "<token>"),
        ("dp.st.dev_main." + _TAIL[:43], "<token>"),
        ("dapi" + _HEX[:32], "<token>"),
        ("x=" + _TAIL[:3] + "8Q~" + _TAIL[:34], "x=<token>"),
    ),
    spares=(
        "npm_config_registry_default_value=1",
        "sk-learn-contrib-extension-1",
        "task-20240101-9f86d081884c7d659a2feaa0c55ad015",
        "export ANTHROPIC_API_KEY=sk-ant-your-key-here",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "commit 9f86d081884c7d659a2feaa0c55ad0153a1b2c3d",
        "session 0b9d3f0e-4a55-4c8f-9a57-0f3f2f6e1a77",
        "hf_hub_download_with_retries_and_cache()",
        "toolu_01A09q90qw90lq917835lq9",
        "msg_01XFDUDYJgAACzvnptvVoYEL and req_011CSHoEeqs5C35K2UUqR7Fy",
        "the model pplx-70b-online is gone",
        "sha256:9f86d081884c7d659a2feaa0c55ad0159f86d081884c7d659a2feaa0c55ad015",
    ),
    signs=(RUN, *_PIECES),
    anchors=_PIECES,
)
