"""Finds passwords that commands take without a name: `curl -u user:pass`, `mysql -psecret`, SQL's IDENTIFIED BY."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_WORD = rb"(?:\"[^\"\n]{0,256}\"|'[^'\n]{0,256}'|[^\s\"'|;&<>]{1,256}+)"
_GAP = rb"(?:[^\n|;&]{0,200}?\s)??"
_SECRET = rb"[\"']?([^\s\"'|;&<>$`{}][^\s\"'|;&<>`]{1,256}?)(?=[\"'\s|;&<>`),]|\Z)"

# Commands that take a secret behind an option: how each is found by its name; what must follow it (the secret is in the
# last group); the rule. Options are rarer than names, so they are looked for first, and then the name before them.
_COMMANDS: tuple[tuple[bytes, re.Pattern[bytes], str], ...] = (
    (b"curl", re.compile(rb"curl\b" + _GAP + rb"(?:-[a-zA-Z]{0,6}u|--user|--proxy-user)[ =]?[\"']?([^\s\"':$<>{}]{1,128}+):" + _SECRET), "curl-user"),
    (b"http", re.compile(rb"https?\s" + _GAP + rb"(?:-a|--auth)[ =]([^\s\"':$<>{}]{1,128}+):" + _SECRET), "httpie-auth"),
    (b"mysql", re.compile(rb"(?:mysql|mysqldump|mysqladmin|mysqlimport|mycli|mariadb|mariadb-dump)\b" + _GAP + rb"-p" + _SECRET), "mysql-password"),
    (b"mariadb", re.compile(rb"(?:mariadb|mariadb-dump)\b" + _GAP + rb"-p" + _SECRET), "mysql-password"),
    (b"mycli", re.compile(rb"mycli\b" + _GAP + rb"-p" + _SECRET), "mysql-password"),
    (b"sshpass", re.compile(rb"sshpass\b" + _GAP + rb"-p[ ]?" + _SECRET), "sshpass"),
    (b"docker login", re.compile(rb"docker login\b" + _GAP + rb"-p[ =]?" + _SECRET), "docker-login"),
    (b"podman login", re.compile(rb"podman login\b" + _GAP + rb"-p[ =]?" + _SECRET), "docker-login"),
    (b"az login", re.compile(rb"az login\b" + _GAP + rb"-p[ =]" + _SECRET), "az-login"),
    (b"redis-cli", re.compile(rb"redis-cli\b" + _GAP + rb"-a[ =]?" + _SECRET), "redis-auth"),
    (b"mongo", re.compile(rb"mongo(?:sh|dump|restore|export|import)?\b" + _GAP + rb"-p[ =]" + _SECRET), "mongo-password"),
    (b"ldap", re.compile(rb"ldap(?:search|modify|add|bind|whoami)\b" + _GAP + rb"-w[ ]?" + _SECRET), "ldap-password"),
    (b"sqlcmd", re.compile(rb"(?i:sqlcmd)\b" + _GAP + rb"-P[ ]?" + _SECRET), "sqlcmd-password"),
    (b"bcp", re.compile(rb"(?i:bcp)\b" + _GAP + rb"-P[ ]?" + _SECRET), "sqlcmd-password"),
    (b"htpasswd", re.compile(rb"htpasswd\b\s+-[a-zA-Z]{0,8}b[a-zA-Z]{0,8}\s+\S+\s+\S+\s+" + _SECRET), "htpasswd"),
    (b"zip", re.compile(rb"zip\s" + _GAP + rb"-P[ ]?" + _SECRET), "archive-password"),
    (b"rar", re.compile(rb"rar\s" + _GAP + rb"-h?p" + _SECRET), "archive-password"),
    (b"7z", re.compile(rb"7za?\s" + _GAP + rb"-p" + _SECRET), "archive-password"),
    (b"openssl", re.compile(rb"openssl\b" + _GAP + rb"(?:-pass(?:in|out)?|-k)[ ](?:pass:)?+" + _SECRET), "openssl-pass"),
    (b"smbclient", re.compile(rb"smbclient\b" + _GAP + rb"-U[ ]?[\"']?[^\s%\"']{1,128}+%" + _SECRET), "smb-password"),
)  # fmt: skip
_OPTION = re.compile(
    rb" -(?:[pPawUk]|[a-zA-Z]{1,6}u[ =\"']|[a-zA-Z]{0,8}b[a-zA-Z]{0,8}[ \t]|u|-user|-proxy-user|-auth)"
)
_NAMES = re.compile(b"|".join(re.escape(name) for name, _, _ in sorted(_COMMANDS, key=lambda row: -len(row[0]))))
_BY_NAME = {name: (pattern, rule) for name, pattern, rule in _COMMANDS}
_REACH = 200  # characters between the name of a command and its option

# What takes a secret otherwise: what to look for, how many characters before it the pattern may begin, and the pattern.
_OTHERS: tuple[tuple[bytes, int, re.Pattern[bytes], str], ...] = (
    (b"net use ", 0, re.compile(rb"net use\b" + _GAP + rb"/user:\S+\s+" + _SECRET), "net-use"),
    (b"chpasswd", 200, re.compile(rb"echo\s+[\"']?[\w.-]{1,64}:" + _SECRET + rb"[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"), "chpasswd"),
    (b"sudo -s", 200, re.compile(rb"echo\s+[\"']?([^\s\"'|$]{2,128}+)[\"']?\s*\|\s*sudo\s+-S"), "sudo-password"),
    (b"identified ", 0, re.compile(rb"(?i:identified\s+(?:with\s+[\w'\"]+\s+)?(?:by|as)\s+(?:password\s+)?)[\"']([^\"'\n]{2,256})[\"']"), "sql-identified-by"),
    (b"convertto-securestring", 0, re.compile(rb"(?i:ConvertTo-SecureString\s+(?:-String\s+)?)[\"']([^\"'$\n]{2,256})[\"']"), "powershell-secure-string"),
    (b" password ", 300, re.compile(rb"\blogin\s+\S{1,128}\s+(?:account\s+\S{1,128}\s+)?password\s+" + _SECRET), "netrc"),
)  # fmt: skip
_BEGIN = {b"chpasswd": b"echo", b"sudo -s": b"echo", b" password ": b"login"}
_AUTH = re.compile(rb"AUTH\s+(?:\w{1,64}+\s+)?([^\s\"'<$]{6,256}+)(?=\s*(?:\n|\Z))")
_ENDS = re.compile(rb"[\n|;&]")
_PGPASS = re.compile(rb"(?m)^(?!#)[\w.*-]{1,255}:(?:5432|5433|6432|\*):[\w*.-]{1,128}:[\w*.-]{1,128}:([^\s:]{2,256}+)$")
_STAND_IN = (
    b"password",
    b"pass",
    b"passwd",
    b"pwd",
    b"secret",
    b"token",
    b"pw",
    b"stdin",
    b"<password>",
    b"xxx",
    b"***",
)


def _find(text: Text) -> Iterator[Span]:
    data = text.ascii
    yield from _behind_options(text)
    for word, back, pattern, rule in _OTHERS:
        done = 0
        for at in text.places(word):
            start = at
            if back and (start := data.rfind(_BEGIN[word], max(at - back, done), at)) < 0:
                continue
            if start >= done and (match := pattern.match(data, start, start + 700)):
                done = match.end()
                yield from _spans(match, rule)
    at = data.find(b"AUTH ")
    while at >= 0:
        if data[at - 1 : at] in (b"", b"\n") or data[max(at - 2, 0) : at] == b"> ":
            match = _AUTH.match(data, at, at + 700)
            if match:
                yield from _spans(match, "redis-auth")
        at = data.find(b"AUTH ", at + 5)
    if b"432:" in data or b":*:" in data:
        for match in _PGPASS.finditer(data):
            yield Span(*match.span(1), "password", "pgpass")


def _behind_options(text: Text) -> Iterator[Span]:
    """Secrets behind an option: first the option, then the name of a command before it on the line."""
    data, lower = text.ascii, text.lower
    done = 0  # up to here names were looked for
    for option in _OPTION.finditer(data):
        at = option.start()
        if at < done:
            continue
        begin = max(done, at - _REACH, data.rfind(b"\n", max(at - _REACH, 0), at) + 1)
        done = at
        tried = 0
        for name in _NAMES.finditer(lower, begin, at + 1):
            start = name.start()
            if start < tried:
                continue
            pattern, rule = _BY_NAME[name[0]]
            match = pattern.match(data, start, start + 700)
            if match is None:
                end = _ENDS.search(data, start, start + 64)
                tried = end.start() if end else start + 64
                continue
            done = tried = match.end()
            yield from _spans(match, rule)


def _spans(match: re.Match[bytes], rule: str) -> Iterator[Span]:
    """The password of a match, and the user's name where it has one; not what only stands for them."""
    groups = match.lastindex or 1
    value = match[groups]
    if value.lower() in _STAND_IN or value[:1] in b"-$":
        return
    if groups == 2 and match[1].lower() not in (b"user", b"username", b"$user"):
        yield Span(*match.span(1), "user", rule)
    yield Span(*match.span(groups), "password", rule)


DETECTOR = Detector(
    id="command_line",
    help="Passwords that commands and SQL take without a name: curl -u, mysql -p, sshpass, IDENTIFIED BY, .pgpass.",
    find=_find,
    catches=(
        ("curl -u jane:hunter2 https://example.com", "curl -u <user>:<password> https://example.com"),
        ("curl -sS --user 'jane:hunter2' https://example.com", "curl -sS --user '<user>:<password>' https://example.com"),
        ("mysql -u root -phunter2 app", "mysql -u root -p<password> app"),
        ("sshpass -p 'hunter2' ssh example.com", "sshpass -p '<password>' ssh example.com"),
        ("docker login -u jdoe -p hunter2 ghcr.io", "docker login -u jdoe -p <password> ghcr.io"),
        ("redis-cli -h example.com -a hunter2 ping", "redis-cli -h example.com -a <password> ping"),
        ("CREATE USER app IDENTIFIED BY 'hunter2';", "CREATE USER app IDENTIFIED BY '<password>';"),
        ("$p = ConvertTo-SecureString 'hunter2' -AsPlainText", "$p = ConvertTo-SecureString '<password>' -AsPlainText"),
        ("openssl rsa -in k.pem -passin pass:hunter2", "openssl rsa -in k.pem -passin pass:<password>"),
        ("example.com:5432:app:app:hunter2", "example.com:5432:app:app:<password>"),
        ("echo hunter2 | sudo -S apt update", "echo <password> | sudo -S apt update"),
    ),
    spares=(
        "mysql -u root -p app",
        "mysql -u root -p",
        "mkdir -p src/app",
        "ssh -p 2222 example.com",
        "docker run -p 8080:80 nginx",
        "curl -u $USER:$TOKEN https://example.com",
        "curl -u user:<password> https://example.com",
        "curl -o out.tar.gz https://example.com/a:b",
        "unzip -p archive.zip file.txt",
        "users are identified by name",
        "docker login -u x --password-stdin",
        "redis-cli -a $REDIS_PASSWORD",
    ),
    anchors=tuple(word for word, _, _, _ in _OTHERS),
)  # fmt: skip
