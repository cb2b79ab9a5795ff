"""Finds private keys: PEM blocks of all kinds, whole or cut, on many lines or one; PuTTY's files; JSON web keys."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_LABEL = re.compile(rb"-{4,5}(?: ?(BEGIN|END)) [A-Z0-9 ]{0,32}\Z", re.I)
_LABEL_END = re.compile(rb"private key(?: block)?(?: ?-{1,5})?", re.I)
_LONGEST = 24_000  # characters of a block: a key of 16384 bits with its escapes
_CHUNK = re.compile(rb"[A-Za-z0-9+/=_-]{16}")
_ONE_CHUNK = re.compile(rb"[\s\"'`\\nr,+*|>#]*+[A-Za-z0-9+/=]{4,}+[.?]{0,4}[\s\"'`\\nr,+*|>#]*+")
_LAST = re.compile(rb"- ?end [a-z0-9 ]{0,32}private key")
# Between two chunks: line breaks and their escapes, quotes of joined literals, marks of diffs, quotes and comments.
_BETWEEN = rb"(?>(?:\\+[nrt]|%0[aAdD]|&#1[03];|[\s\"'`,+>|#*.;\\-]){1,64})"
_HEADERS = rb"(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|Subject|x-[a-z-]{1,24}):[^\n\\]{0,128}+)"
_BODY = re.compile(
    _BETWEEN + rb"(?>(?:" + _HEADERS + rb"(?:" + _BETWEEN + rb"))*)"
    rb"[A-Za-z0-9+/=_-]{16,}+(?>(?:" + _BETWEEN + rb"[A-Za-z0-9+/=]{32,}+)*)"
    rb"(?:(?>(?:\\+n|\\+r|[\s\"']){1,16})[A-Za-z0-9+/]{2,64}+={0,2}(?=[\s\"'\\.]|\Z))?"
)
_LINE = re.compile(rb"[\s\"'`,+>|#*]*+[A-Za-z0-9+/=]{2,100}+[\s\"'`,+\\]*+")
_LAST_WORD = re.compile(rb"(?<=[\s\"'`:=])[A-Za-z0-9+/]{40,100}=*\Z")
_FULL_LINE = re.compile(rb"[A-Za-z0-9+/]{40}")
_PUTTY_END = re.compile(
    rb"private-lines: ?[0-9]{1,4}+(?>(?:[\s\\nr]{1,8}+[A-Za-z0-9+/=]{16,}+)*)(?:[\s\\nr]{1,8}+[A-Za-z0-9+/=]{1,80}+(?=[\s\\]|\Z))?(?:[\s\\nr]{0,8}+private-mac: ?[0-9a-f]{16,}+)?",
    re.I,
)
_JWK_PART = re.compile(rb"[\"'](?:d|p|q|dp|dq|qi|k)[\"']\s{0,8}:\s{0,8}[\"']([A-Za-z0-9_-]{16,})[\"']")


def _find(text: Text) -> Iterator[Span]:
    data, lower = text.ascii, text.lower
    done = 0
    next_end = -2
    for at in text.places(b"private key"):
        if at < done:
            continue
        label = _LABEL.search(data, max(at - 48, 0), at)
        if label is None:
            continue
        after = _LABEL_END.match(data, at)
        body = after.end() if after else at
        if label[1] in b"ENDend":
            start = _back(data, label.start(), done)
            if start < label.start():
                done = body
                yield Span(start, body, "private_key", "private-key-end")
            continue
        if next_end != -1 and next_end < body:
            closing = _LAST.search(lower, body)
            next_end = closing.start() if closing else -1
        end = _closed(data, body, next_end) or _open(data, body)
        if end:
            done = end
            yield Span(label.start(), end, "private_key", "private-key")
    yield from _putty(text)
    yield from _json_web_keys(text)


def _closed(data: bytes, body: int, end: int) -> int:
    """Where the block ends, if its last line is there and what is before that looks like a key; else 0."""
    if end < 0 or end - body > _LONGEST or data.find(b"BEGIN", body, end) >= 0:
        return 0
    inside = data[body:end].rstrip(b"- ")
    if not (_CHUNK.search(inside) or _ONE_CHUNK.fullmatch(inside)):
        return 0
    last = _LABEL_END.search(data, end, end + 64)
    return last.end() if last else 0


def _open(data: bytes, body: int) -> int:
    """Where what looks like the lines of a key ends, if the block was cut; else 0."""
    match = _BODY.match(data, body, body + _LONGEST)
    return match.end() if match else 0


def _back(data: bytes, end: int, floor: int) -> int:
    """Where the lines of a key before its last line begin, if its first line was cut off; else `end`."""
    floor = max(floor, end - _LONGEST)
    stop = _stripped(data, floor, end, b" \t\r\n\"'`+,>|#\\")
    start, full = end, False
    while stop > floor:
        low = max(floor, stop - 256)
        begin = data.rfind(b"\n", low, stop) + 1 or low
        line = data[begin:stop]
        long = _FULL_LINE.search(line) is not None
        if not _LINE.fullmatch(line) or (start < end and not long):
            if tail := _LAST_WORD.search(line):  # something else before the first line that is left
                start, full = begin + tail.start(), True
            break
        start, full = begin + len(line) - len(line.lstrip(b" \t\r\"'`+>|#")), full or long
        stop = _stripped(data, floor, begin, b"\r\n")
    return start if full else end


def _stripped(data: bytes, floor: int, end: int, letters: bytes) -> int:
    """Where the data ends without these letters, of which there are few."""
    low = max(floor, end - 64)
    return low + len(data[low:end].rstrip(letters))


def _putty(text: Text) -> Iterator[Span]:
    for at in text.places(b"private-lines:"):
        head = text.lower.rfind(b"putty-user-key-file-", max(at - 6000, 0), at)
        match = _PUTTY_END.match(text.ascii, at)
        if match:
            yield Span(head if head >= 0 else at, match.end(), "private_key", "putty-private-key")


def _json_web_keys(text: Text) -> Iterator[Span]:
    looked = 0
    for at in text.places(b"kty"):
        for match in _JWK_PART.finditer(text.ascii, max(at - 2000, looked), at + 4000):
            yield Span(*match.span(1), "private_key", "json-web-key")
        looked = max(looked, at + 4000)


_LINE_1 = "MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn" + "/ygWyF8PbnGy0AHB7MbyTsR2mWSXXQ2"
_LINE_2 = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAA" + "AEbm9uZQAAAAAAAAABAAABFwAAAAdz"
_SHORT = "c2gtcnNhAAAAAwEAAQ=="
_BEGIN, _END = "-----BEGIN RSA " + "PRIVATE KEY-----", "-----END RSA " + "PRIVATE KEY-----"
_PUTTY = (
    f"PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: k\nPrivate-Lines: 2\n{_LINE_1}\n{_SHORT}\n"
    "Private-MAC: 9f86d081884c7d659a2feaa0c55ad0153a1b2c3d"
)
_LINES = f"{_LINE_1}\n{_LINE_2}\n{_SHORT}"

DETECTOR = Detector(
    id="private_keys",
    help="Private keys: PEM blocks of all kinds (whole or cut, on one line or many), PuTTY's files, JSON web keys.",
    find=_find,
    catches=(
        (f"key:\n{_BEGIN}\n{_LINES}\n{_END}\nend", "key:\n<private_key>\nend"),
        (f'"private_key": "{_BEGIN}\\n{_LINE_1}\\n{_LINE_2}\\n{_END}\\n",', '"private_key": "<private_key>\\n",'),
        (f"{_BEGIN}\r\n{_LINE_1}\r\n{_END}\r\n", "<private_key>\r\n"),
        (f"cut: {_BEGIN}\n{_LINE_1}\n{_LINE_2}\nMIIB\nnext line of the log", "cut: <private_key>\nnext line of the log"),
        (f"{_BEGIN}\n{_LINE_1[:40]}", "<private_key>"),
        (f"the rest\n{_LINE_1}\n{_LINE_2}\n{_SHORT}\n{_END}\n", "the rest\n<private_key>\n"),
        (f"+{_BEGIN}\n+{_LINE_1}\n+{_SHORT}\n+{_END}", "+<private_key>"),
        (f"  {_BEGIN}\n  {_LINE_1}\n  {_END}", "  <private_key>"),
        (f"{_BEGIN} {_LINE_1} {_LINE_2} {_END}", "<private_key>"),
        (
            f"{_BEGIN}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1F2E3D\n\n{_LINES}\n{_END}",
            "<private_key>",
        ),
        (
            f"-----BEGIN OPENSSH PRIVATE KEY-----\n{_LINE_2}\n{_SHORT}\n-----END OPENSSH PRIVATE KEY-----",
            "<private_key>",
        ),
        (
            f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{_LINES}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----",
            "<private_key>",
        ),
        (f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{_LINES}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----", "<private_key>"),
        (
            _PUTTY + "\n",
            "<private_key>\n",
        ),
        (
            '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJ' + 'xWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS"}',
            '{"kty":"OKP","crv":"Ed25519","d":"<private_key>","x":"11qYAYKxCrfVS"}',
        ),
    ),
    spares=(
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
        'if "-----BEGIN RSA PRIVATE KEY-----" in text and "-----END RSA PRIVATE KEY-----" in text:',
        "grep -r 'BEGIN RSA PRIVATE KEY' . finds every private key",
        "the private key is kept in ~/.ssh and is never read",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n<private_key>\n-----END OPENSSH PRIVATE KEY-----",
    ),
    signs=(b"private key", b"private-lines:", b"kty"),
    anchors=(b"private key", b"private-lines:", b"kty"),
)  # fmt: skip
