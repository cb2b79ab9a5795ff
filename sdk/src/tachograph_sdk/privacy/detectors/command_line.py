"""Finds passwords that commands take without a name: `curl -u user:pass`, `mysql -psecret`, SQL's IDENTIFIED BY."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_WORD = rb"(?:\"[^\"\n]{0,256}\"|'[^'\n]{0,256}'|[^\s\"'|;&<>]{1,256}+)"
_GAP = rb"(?:[^\n|;&]{0,200}?\s)??"
_SECRET = rb"[\"']?([^\s\"'|;&<>$`{}][^\s\"'|;&<>`]{1,256}?)(?=[\"'\s|;&<>`),]|\Z)"

# name of the command, what must follow it (to the secret in the last group), rule
_COMMANDS: tuple[tuple[bytes, re.Pattern[bytes], str], ...] = (
    (b"curl", re.compile(rb"curl\b" + _GAP + rb"(?:-[a-zA-Z]{0,6}u|--user|--proxy-user)[ =]?[\"']?([^\s\"':$<>{}]{1,128}+):" + _SECRET), "curl-user"),
    (b"http", re.compile(rb"https?\s" + _GAP + rb"(?:-a|--auth)[ =]([^\s\"':$<>{}]{1,128}+):" + _SECRET), "httpie-auth"),
    (b"mysql", re.compile(rb"(?:mysql|mysqldump|mysqladmin|mysqlimport|mycli|mariadb|mariadb-dump)\b" + _GAP + rb"-p" + _SECRET), "mysql-password"),
    (b"mariadb", re.compile(rb"(?:mariadb|mariadb-dump)\b" + _GAP + rb"-p" + _SECRET), "mysql-password"),
    (b"sshpass", re.compile(rb"sshpass\b" + _GAP + rb"-p[ ]?" + _SECRET), "sshpass"),
    (b"docker login", re.compile(rb"docker login\b" + _GAP + rb"-p[ =]?" + _SECRET), "docker-login"),
    (b"podman login", re.compile(rb"podman login\b" + _GAP + rb"-p[ =]?" + _SECRET), "docker-login"),
    (b"az login", re.compile(rb"az login\b" + _GAP + rb"-p[ =]" + _SECRET), "az-login"),
    (b"redis-cli", re.compile(rb"redis-cli\b" + _GAP + rb"-a[ =]?" + _SECRET), "redis-auth"),
    (b"mongo", re.compile(rb"mongo(?:sh|dump|restore|export|import)?\b" + _GAP + rb"-p[ =]" + _SECRET), "mongo-password"),
    (b"ldapsearch", re.compile(rb"ldap(?:search|modify|add|bind|whoami)\b" + _GAP + rb"-w[ ]?" + _SECRET), "ldap-password"),
    (b"sqlcmd", re.compile(rb"(?i:sqlcmd|bcp)\b" + _GAP + rb"-P[ ]?" + _SECRET), "sqlcmd-password"),
    (b"htpasswd", re.compile(rb"htpasswd\b\s+-[a-zA-Z]{0,8}b[a-zA-Z]{0,8}\s+\S+\s+\S+\s+" + _SECRET), "htpasswd"),
    (b"zip", re.compile(rb"\b(?:7z|7za|zip|unzip|rar|unrar)\s" + _GAP + rb"-[pP][ ]?" + _SECRET), "archive-password"),
    (b"7z", re.compile(rb"\b7za?\s" + _GAP + rb"-p" + _SECRET), "archive-password"),
    (b"openssl", re.compile(rb"openssl\b" + _GAP + rb"(?:-pass(?:in|out)?|-k)[ ](?:pass:)?+" + _SECRET), "openssl-pass"),
    (b"smbclient", re.compile(rb"smbclient\b" + _GAP + rb"-U[ ]?[\"']?[^\s%\"']{1,128}+%" + _SECRET), "smb-password"),
    (b"net use", re.compile(rb"net use\b" + _GAP + rb"/user:\S+\s+" + _SECRET), "net-use"),
    (b"chpasswd", re.compile(rb"echo\s+[\"']?[\w.-]{1,64}:" + _SECRET + rb"[\"']?\s*\|\s*(?:sudo\s+)?chpasswd"), "chpasswd"),
    (b"sudo -s", re.compile(rb"echo\s+[\"']?([^\s\"'|$]{2,128}+)[\"']?\s*\|\s*sudo\s+-S"), "sudo-password"),
    (b"identified ", re.compile(rb"(?i:identified\s+(?:with\s+[\w'\"]+\s+)?(?:by|as)\s+(?:password\s+)?)[\"']([^\"'\n]{2,256})[\"']"), "sql-identified-by"),
    (b"convertto-securestring", re.compile(rb"(?i:ConvertTo-SecureString\s+(?:-String\s+)?)[\"']([^\"'$\n]{2,256})[\"']"), "powershell-secure-string"),
    (b"login ", re.compile(rb"\blogin\s+\S{1,128}\s+(?:account\s+\S{1,128}\s+)?password\s+" + _SECRET), "netrc"),
    (b"auth ", re.compile(rb"(?:^|\n|> )AUTH\s+(?:\w+\s+)?([^\s\"'<$]{6,256}+)(?=\s*(?:\n|\Z))"), "redis-auth"),
)  # fmt: skip
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
    data, lower = text.ascii, text.lower
    for name, pattern, rule in _COMMANDS:
        if name not in lower:
            continue
        done = 0
        for at in text.places(name):
            start = at
            if rule in ("chpasswd", "sudo-password"):
                start = max(data.rfind(b"echo", max(at - 200, 0), at), 0)
            elif rule == "redis-auth" and name == b"auth ":
                start = max(at - 2, 0) if at else 0
                start = (
                    at - 1
                    if at and data[at - 1 : at] == b"\n"
                    else (at - 2 if data[max(at - 2, 0) : at] == b"> " else at)
                )
            if start < done:
                continue
            match = pattern.match(data, start, start + 700)
            if match is None:
                gap = _ENDS.search(data, at, at + 64)
                done = gap.start() if gap else at + 64
                continue
            done = match.end()
            groups = match.lastindex or 1
            value = match[groups]
            if value.lower() in _STAND_IN or value[:1] in b"-$":
                continue
            if groups == 2 and match[1].lower() not in (b"user", b"username", b"$user"):
                yield Span(*match.span(1), "user", rule)
            yield Span(*match.span(groups), "password", rule)
    if b":5432:" in data or b":*:" in data or b":6432:" in data:
        for match in _PGPASS.finditer(data):
            yield Span(*match.span(1), "password", "pgpass")


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
)  # fmt: skip
