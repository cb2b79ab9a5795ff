"""E-mail addresses, plain and written to deceive robots, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.prompts import targets
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR", "emails"]

_SERVICE_MAILBOXES = re.compile(
    r"(?:no-?reply|do-?not-?reply|support|actions?|bot|codex|copilot|claude|cursoragent)@"
    r"(?:[\w-]+\.)*(?:anthropic\.com|github\.com|gitlab\.com|bitbucket\.org|openai\.com|google\.com|cursor\.com"
    r"|codeberg\.org|sr\.ht|dev\.azure\.com|npmjs\.com)|(?:git|hg|svn)@.*",
    re.IGNORECASE,
)
"""Mailboxes of programs, which are no person's."""

# An at sign, and a name with a dot or an address in brackets behind it. The literal first lets the search skip.
_AT = re.compile(rb"@(?:[0-9a-z?][0-9a-z?_-]*+\.[0-9a-z?]|\[)")
_LOCAL_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789._%+-'~$!#*?"
_LOCAL_MARKS = frozenset("._%+-'~$!#*")
_LONGEST_LOCAL = 96
_MARKS = r"\u0300-\u036f\u064b-\u065f\u0900-\u0dff\u0e31-\u0e4e"  # letters' own marks, as in Devanagari and Thai
_DOMAIN = re.compile(rf"(?:[^\W_][\w{_MARKS}-]{{0,62}}+\.){{1,8}}[^\W_][\w{_MARKS}-]{{0,62}}+")
_DOMAIN_LITERAL = re.compile(r"\[(?:IPv6:)?[0-9a-fA-F.:]{3,45}+\]")
_QUOTED = re.compile(r'(?<![\w"\\])"(?>(?:[^"\\\n]|\\[^\n]){1,64})"\Z')
_USERINFO = re.compile(rb"([a-z][a-z0-9+.-]*+)://[^\s/]*+\Z")
_ORACLE = re.compile(rb"(?:jdbc:oracle:[a-z]{2,8}:|sqlplus[ \t'\"]{1,4})[^\s/@]{1,64}/\Z")  # a login and its password
_VERSION = re.compile(r"v?\d{1,5}\.\d{1,6}(?:[.-]|\Z)", re.IGNORECASE)
_PERCENT_ENDS = re.compile(r"%(?:2[0267CBcb]|3[A-Fa-f]|0[AaDd]|5[BbDd]|7[BbDd])")
_GLUED_ESCAPE = re.compile(r"u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbfv]")
_ASCII_TLD = re.compile(r"[A-Za-z]{2,24}(?![A-Za-z])")

# Names of files and of members in code that stand where a top-level domain would.
_NO_TLD = words(
    "png jpg jpeg gif svg webp ico bmp pdf json jsonl yaml yml toml lock txt csv tsv log html htm xml css scss sass"
    " less js jsx mjs cjs ts tsx mts cts vue svelte map wasm go rb java kt swift cpp hpp cs php sql ini cfg conf tar"
    " gz tgz bz2 xz whl egg jar war exe dll dylib bak tmp swp service timer socket mount target slice scope device"
    " path transpose weight shape dtype size grad data mean item numpy astype reshape values index inv conj"
)
# Words that stand before a version or in front of a member: `pkg@latest.next`, `a@self.b`.
_NO_DOMAIN = words("self np torch jnp tf this npm workspace file link")
# What may follow a digit or a hyphen glued to it: only domains that are surely meant.
_COMMON_TLD = words(
    "com org net edu gov mil int info biz io dev app ai co uk de fr es it nl be ch at se no dk fi pl cz pt ie gr ru"
    " ua jp cn kr in au nz ca us mx br ar cl za il tr eu me tv local internal example test corp lan"
)

# `jane [at] example [dot] org`, `jane(at)example.org`.
_OBFUSCATED_AT = (b"[at]", b"(at)")
_OBFUSCATED_LOCAL = re.compile(r"(?<![\w.+-])[^\W_][\w.+-]{0,63}+[ ]?\Z")
_OBFUSCATED_DOMAIN = re.compile(
    r"[ ]?[^\W_][\w-]{0,62}+(?:(?:\.|[ ]?(?:\[dot\]|\(dot\)|\{dot\}|<dot>)[ ]?)(?=[^\W_])[\w-]{1,63}+){1,6}",
    re.IGNORECASE,
)


def emails(text: Text) -> tuple[Span, ...]:
    """All addresses of the text."""
    return text.once(_look)


def _look(text: Text) -> tuple[Span, ...]:
    return (*_plain(text), *_obfuscated(text))


def _plain(text: Text) -> Iterator[Span]:
    """Anchors are at signs with a domain behind them; the local part is looked for backwards, never past a hit."""
    floor = 0
    for match in _AT.finditer(text.lower):
        at = match.start()
        start = _local_start(text, at, floor)
        if start < 0 or at in targets(text):
            continue
        end = _domain_end(text.text, at, start)
        if end < 0 or _is_no_mailbox(text, start, end):
            continue
        if text.text[start] == "_" and text.text[end : end + 1] == "_" and end - start > 6:
            start += 1  # underscores around it are emphasis
        floor = end
        yield Span(start, end, "email", "email")


def _local_start(text: Text, at: int, floor: int) -> int:
    """Where the local part begins; -1 where there is none."""
    low = max(floor, at - _LONGEST_LOCAL)
    window = text.lower[low:at]
    start = low + len(window.rstrip(_LOCAL_BYTES))
    whole = text.text
    if start == at:
        if at and whole[at - 1] == '"' and (quoted := _QUOTED.search(whole[max(floor, at - 68) : at])):
            return at - len(quoted[0])
        return -1
    if b"?" in text.lower[start:at]:
        start = _letters_start(whole, start, at)
    local = whole[start:at]
    if "%" in local:
        for escape in _PERCENT_ENDS.finditer(local):
            start = at - len(local) + escape.end()
    if start and whole[start - 1] == "\\" and (glued := _GLUED_ESCAPE.match(whole, start, at)):
        start = glued.end()
    while start < at and not (whole[start].isalnum() or whole[start] == "_"):
        start += 1
    return start if start < at else -1


def _letters_start(whole: str, start: int, at: int) -> int:
    """Where letters of any script begin that run up to `at`; a script without spaces does not run into a Latin one."""
    latin = whole[at - 1].isascii()
    for place in range(at - 1, start - 1, -1):
        char = whole[place]
        is_letter = char in _LOCAL_MARKS or char.isalnum() or unicodedata.category(char)[0] == "M"
        if not is_letter or (latin and _is_unspaced(char)):
            return place + 1
    return start


def _is_unspaced(char: str) -> bool:
    """Whether it is of a script that puts no spaces between words: Chinese, Japanese, Korean, Thai, Lao."""
    code = ord(char)
    return 0x0E00 <= code <= 0x0EFF or 0x2E80 <= code <= 0xD7AF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def _domain_end(whole: str, at: int, start: int) -> int:
    """Where the domain ends; -1 where what follows is none: a version, a file, a member of an object."""
    if whole.startswith("[", at + 1):
        literal = _DOMAIN_LITERAL.match(whole, at + 1)
        return literal.end() if literal else -1
    match = _DOMAIN.match(whole, at + 1)
    if match is None:
        return -1
    domain = match[0]
    labels = domain.split(".")
    if _VERSION.match(domain) or labels[0].lower() in _NO_DOMAIN:
        return -1
    while len(labels) > 1:
        keep = _tld_length(labels[-1], labels[0])
        if keep < 0 and not _is_glued(labels[-2]):
            return -1
        if keep > 0:
            end = match.start() + sum(map(len, labels[:-1])) + len(labels) - 1 + keep
            return -1 if at - start == 1 and whole.startswith("(", end) else end
        labels.pop()
    return -1


def _is_glued(label: str) -> bool:
    """Whether it is a common top-level domain with more glued to it, as in `jane@example.org_backup.tar`."""
    name = _ASCII_TLD.match(label)
    return name is not None and name.end() < len(label) and name[0].lower() in _COMMON_TLD


def _tld_length(label: str, first: str) -> int:
    """How much of the last label is a top-level domain; 0: none, the one before may be; -1: this is no domain."""
    if label.lower().startswith("xn--"):
        return len(label)
    ascii_part = _ASCII_TLD.match(label)
    if ascii_part is None:
        letters = sum(1 for char in label if char.isalpha())
        return len(label) if letters >= 2 and not label.isascii() else 0
    name = ascii_part[0]
    if name.lower() in _NO_TLD:
        return -1
    if len(name) == len(label):
        return len(name)
    following = label[len(name)]
    if _is_unspaced(following) or name.lower() in _COMMON_TLD:
        return len(name)
    return 0 if following in "-_" or following.isdigit() else len(label)


def _is_no_mailbox(text: Text, start: int, end: int) -> bool:
    """Whether it is the user of a URL (another detector's) or the mailbox of a program."""
    before = text.lower[max(0, start - 120) : start]
    if b"://" in before and (userinfo := _USERINFO.search(before)) and userinfo[1] != b"mailto":
        return True
    if before.endswith(b"/") and _ORACLE.search(before):
        return True
    found = text.text[start:end]
    return _SERVICE_MAILBOXES.fullmatch(found) is not None


def _obfuscated(text: Text) -> Iterator[Span]:
    whole = text.text
    for anchor in _OBFUSCATED_AT:
        for at in text.places(anchor):
            domain = _OBFUSCATED_DOMAIN.match(whole, at + len(anchor))
            local = _OBFUSCATED_LOCAL.search(whole[max(0, at - 66) : at]) if domain else None
            if domain is None or local is None:
                continue
            tld = re.split(r"[^A-Za-z]+", domain[0])[-1].lower()
            if len(tld) >= 2 and tld not in _NO_TLD:
                yield Span(at - len(local[0]), domain.end(), "email", "email-obfuscated")


DETECTOR = Detector(
    id="email",
    help="E-mail addresses in any script, quoted ones, and ones written as `jane [at] example [dot] org`.",
    find=emails,
    catches=(
        (
            "jdbc:oracle:thin:jane/S3cr3tPw1@db1.corp.internal:1521:XE",
            "jdbc:oracle:thin:<user>/<password>@<host>:1521:XE",
        ),
        ("mail jane.doe@example.com today", "mail <email> today"),
        ("jane+test@mail.example.co.uk.", "<email>."),
        ("<jane@example.org>, (jane@example.org); 'jane@example.org'", "<<email>>, (<email>); '<email>'"),
        ("mailto:jane@example.org?subject=hi", "mailto:<email>?subject=hi"),
        ("to=jane@example.org&cc=o'brien@example.org", "to=<email>&cc=<email>"),
        ("josé.garcía@correo.es wrote", "<email> wrote"),
        ("用户@例子.广告", "<email>"),
        ("请发邮件到jane@example.com，谢谢", "请发邮件到<email>，谢谢"),
        ("メールはjane@example.co.jpまで", "メールは<email>まで"),
        ("иван@почта.рф", "<email>"),
        ("jane@xn--bcher-kva.example", "<email>"),
        ("jane@xn--80ak6aa92e.xn--p1ai", "<email>"),
        ('"jane doe"@example.org', "<email>"),
        ("jane@[192.168.2.1]", "<email>"),
        ("jane [at] example [dot] org", "<email>"),
        ("jane(at)example.org", "<email>"),
        ("jane.doe (at) mail.example (dot) co (dot) uk!", "<email>!"),
        ('{"email":"jane@example.org","n":1}', '{"email":"<email>","n":1}'),
        ("mailto:jane@example.org,john@example.org", "mailto:<email>,<email>"),
        ("jane@example.org_backup.tar", "<email>_backup.tar"),
        ("**jane@example.org**", "**<email>**"),
        ("| jane@example.org|x", "| <email>|x"),
        ("4815162+janedoe@users.noreply.github.com", "<email>"),
        ("JANE.DOE@EXAMPLE.COM", "<email>"),
        ("jane_doe-1985@sub-domain.example.photography", "<email>"),
        ("https://example.com/u/jane@example.org/posts", "https://example.com/u/<email>/posts"),
        ("user%jane@example.org", "<email>"),
        ("jane@163.com", "<email>"),
        ("git log --author=jane@example.org", "git log --author=<email>"),
        ("Jane@Example.Org: hello", "<email>: hello"),
        ("jane@example.org\nnext", "<email>\nnext"),
    ),
    spares=(
        "npm i @types/node@20.11.5 react@18.2.0 lodash@latest",
        "claude-opus-4-1@20250805",
        "@app.route('/x')\n@pytest.mark.parametrize\nclass A: pass",
        "git@github.com:org/repo.git",
        "pkg@1.2.3-alpha.beta pkg@1.2.3-rc.1+build.5 pkg@v1.2.x",
        "registry.example.com/app@sha256:0f343b0931126a20f133d67c2b018a3b",
        "Co-Authored-By: Claude <noreply@anthropic.com>",
        "49699333+dependabot[bot]@users.noreply.github.com",
        "icon@2x.png logo@3x.webp",
        "getty@tty1.service user@1000.service",
        "uses: actions/checkout@v4",
        "x = q@self.weight + a@k.transpose(0, 1)",
        "import x from '@scope/pkg.name'",
        "meet @ 10.30 or 5 @ 3.20 each",
        "foo@bar",
        "root@localhost",
        "lookup(at).append(x) and list[at] = y.z",
        "https://unpkg.com/three@0.160.0/build/three.module.js",
        "-- @param x.y the value",
        "a@",
        "@",
        "deb822@@-12,3 +12,4 @@ def f():",
    ),
    signs=(b"@", *_OBFUSCATED_AT),
    anchors=_OBFUSCATED_AT,
)
