"""Finds passwords that commands take without a name: `curl -u user:pass`, `mysql -psecret`, SQL's IDENTIFIED BY."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_SECRET = rb"[\"']?+([^\s\"'|;&<>$`{}(][^\s\"'|;&<>`]{1,256}?)(?=[\"'\s|;&<>`),]|\Z)"
_QUOTED = rb"(?:\"([^\"\n$]{2,256})\"|'([^'\n]{2,256})')"
_USER = rb"[ =]{0,2}[\"']?+([^\s\"':$<>{}]{1,128}+):"

# What the commands are called, the option with the secret (from its dash on), the rule.
_OPTIONS: tuple[tuple[str, bytes, str], ...] = (
    ("curl", rb"-(?:[a-zA-Z]{0,6}u|-user|-proxy-user|-[a-z]{0,8}U)" + _USER + _SECRET, "curl-user"),
    ("http https xh", rb"-(?:a|-auth)" + _USER + _SECRET, "httpie-auth"),
    ("mysql mysqldump mysqladmin mysqlimport mycli mariadb mariadb-dump", rb"-p" + _SECRET, "mysql-password"),
    ("sshpass", rb"-p ?" + _SECRET, "sshpass"),
    ("docker podman helm nerdctl", rb"-p[ =]?(?![0-9.:]{1,21}\s)" + _SECRET, "registry-login"),
    ("az", rb"-p[ =]" + _SECRET, "az-login"),
    ("redis-cli", rb"-a ?" + _SECRET, "redis-auth"),
    ("mongo mongosh mongodump mongorestore mongoexport mongoimport", rb"-p[ =]?" + _SECRET, "mongo-password"),
    ("ldapsearch ldapmodify ldapadd ldapwhoami ldapdelete", rb"-w ?" + _SECRET, "ldap-password"),
    ("sqlcmd bcp", rb"-P ?" + _SECRET, "sqlcmd-password"),
    (
        "htpasswd",
        rb"-(?:n[a-zA-Z]{0,8}b|b[a-zA-Z]{0,8}n|[a-zA-Z]{0,8}b[a-zA-Z]{0,8}\s+\S+)[a-zA-Z]{0,8}\s+\S+\s+" + _SECRET,
        "htpasswd",
    ),
    ("zip unzip", rb"-P ?" + _SECRET, "archive-password"),
    ("7z 7za rar unrar", rb"-h?p" + _SECRET, "archive-password"),
    ("openssl", rb"-(?:pass(?:in|out)? pass:|k )" + _SECRET, "openssl-pass"),
    ("smbclient", rb"-U ?[\"']?[^\s%\"']{1,128}+%" + _SECRET, "smb-password"),
)
_BY_COMMAND = {
    name.encode(): (re.compile(pattern), rule) for names, pattern, rule in _OPTIONS for name in names.split()
}
_COMMAND = re.compile(
    rb"(?P<name>(?<![\w./-])(?:\S{0,64}/)?(?:"
    + b"|".join(sorted(map(re.escape, _BY_COMMAND), reverse=True))
    + rb"))(?![\w-])|[\n;|&]"
)
_LOGIN = re.compile(rb"\blogin\b")
_OPTION = re.compile(
    rb" -(?:[apPwkUhS]|[a-zA-Z]{0,6}u|[a-zA-Z]{0,8}b|-(?:user|proxy-user|auth|pass))"
)  # rarer than names
_LINE = 600  # characters between a command and its option, at most
_ECHO_SUDO = re.compile(rb"echo\s+[\"']?([^\s\"'|$]{2,128}+)[\"']?\s*\|\s*sudo\Z")
_ECHO_CHPASSWD = re.compile(rb"echo\s+(?:-\w\s+)?[\"']?[\w.-]{1,64}:([^\s\"'|$]{2,128}+)[\"']?\s*\|\s*(?:sudo\s+)?\Z")
_ECHO_STDIN = re.compile(rb"(?:echo|printf)\s+(?:-\w\s+)?[\"']?([^\s\"'|$%]{4,512}+)[\"']?\s*\|[^|\n]{1,128}\Z")
_IDENTIFIED = re.compile(
    rb"identified\s+(?:with\s+[\w'\"]+\s+)?(?:by|as)\s+(?:password\s+)?[\"']([^\"'\n]{2,256})[\"']"
)
_SECURE_STRING = re.compile(rb"securestring\s+(?:-(?:string|asplaintext|force)\s+){0,3}" + _QUOTED)
_NET_USE = re.compile(rb"/user:\S+\s+" + _SECRET)
_AUTH = re.compile(rb"AUTH\s+(?:default\s+)?([^\s\"'<$,.:]{6,256}+)(?=\s*(?:\n|\Z))")
_PGPASS = re.compile(rb":5432:[\w*.-]{1,128}:[\w*.-]{1,128}:([^\s:]{2,256}+)(?=\s|\Z)")
_SQLPLUS = re.compile(rb"sqlplus (?:-[a-z] )?[\"']?[a-z][\w.$-]{0,40}/([^\s@\"'/<$]{2,128}+)(?=@|[\s\"']|\Z)")
_WANDB = re.compile(rb"wandb login (?:--relogin )?([0-9a-f]{40})")
_NETRC_USER = re.compile(
    rb"login\s{1,8}([^\s\"'<>=(]{1,128}+)\s{1,8}(?:account\s{1,8}\S{1,128}\s{1,8})?password\s{1,8}\S"
)
_STAND_IN = frozenset(
    (
        b"password",
        b"pass",
        b"passwd",
        b"pwd",
        b"secret",
        b"token",
        b"pw",
        b"stdin",
        b"user",
        b"username",
        b"oauth2",
        b"__token__",
        b"xxx",
        b"***",
        b"with",
        b"using",
        b"and",
        b"or",
        b"by",
    )
)


def _find(text: Text) -> Iterator[Span]:
    yield from _options(text)
    lower = text.lower
    for needle, pattern, rule in (
        (b"identified ", _IDENTIFIED, "sql-identified-by"),
        (b"securestring", _SECURE_STRING, "powershell-secure-string"),
        (b":5432:", _PGPASS, "pgpass"),
        (b"wandb login ", _WANDB, "wandb-login"),
        (b"sqlplus ", _SQLPLUS, "sqlplus"),
    ):
        for at in text.places(needle):
            if (match := pattern.match(lower, at)) and match.lastindex:
                yield from _judged(match, match.lastindex, rule)
    for at in text.places(b"/user:"):
        if lower.find(b"net use", max(at - 160, 0), at) >= 0 and (match := _NET_USE.match(text.ascii, at)):
            yield from _judged(match, 1, "net-use")
    for at in text.places(b"chpasswd"):
        if match := _ECHO_CHPASSWD.search(text.ascii, max(at - 240, 0), at):
            yield from _judged(match, 1, "chpasswd")
    for at in text.places(b"--password-stdin"):
        if match := _ECHO_STDIN.search(text.ascii, max(at - 240, 0), at):
            yield from _judged(match, 1, "password-stdin")
    for at in text.places(b"login "):
        if (match := _NETRC_USER.match(text.ascii, at)) and match[1].lower() not in _STAND_IN:
            yield Span(*match.span(1), "user", "netrc-user")
    data = text.ascii
    at = data.find(b"AUTH ")
    while at >= 0:
        if (at == 0 or data[at - 1 : at] == b"\n" or data[max(at - 2, 0) : at] == b"> ") and (
            match := _AUTH.match(data, at)
        ):
            yield from _judged(match, 1, "redis-auth")
        at = data.find(b"AUTH ", at + 5)


def _options(text: Text) -> Iterator[Span]:
    """Options with one letter, of the commands that take a secret by one."""
    data = text.ascii
    looked, command, since = 0, b"", 0
    for option in _OPTION.finditer(data):
        dash = option.start() + 1
        letter = data[dash + 1 : dash + 2]
        low = max(looked, dash - _LINE)
        if (line := data.rfind(b"\n", low, dash)) >= 0:
            command, since, low = b"", line, line + 1
        for found in _COMMAND.finditer(data, low, dash):
            command, since = (found["name"] or b"").rsplit(b"/", 1)[-1], found.start()
        looked = dash
        if letter == b"S" and (match := _ECHO_SUDO.search(data, max(dash - 200, 0), dash - 1)):
            yield from _judged(match, 1, "sudo-password")
        if command not in _BY_COMMAND or dash - since > _LINE:
            continue
        pattern, rule = _BY_COMMAND[command]
        if rule in ("registry-login", "az-login") and not _LOGIN.search(data, since, dash):
            continue
        if match := pattern.match(data, dash):
            yield from _judged(match, match.lastindex or 1, rule)


def _judged(match: re.Match[bytes], group: int, rule: str) -> Iterator[Span]:
    value = match[group]
    if value.lower() in _STAND_IN or value[:1] in b"-$<":
        return
    if group == 2 and rule in ("curl-user", "httpie-auth") and match[1].lower() not in (b"user", b"username"):
        yield Span(*match.span(1), "user", rule)
    yield Span(*match.span(group), "password", rule)


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
        ("htpasswd -nb jdoe hunter2", "htpasswd -nb jdoe <password>"),
        ("7z x -phunter2 a.7z", "7z x -p<password> a.7z"),
        ("curl -sSLu jdoe:hunter2 https://example.com", "curl -sSLu <user>:<password> https://example.com"),
        ("echo 'hunter2' | docker login -u octo --password-stdin", "echo '<password>' | docker login -u octo --password-stdin"),
        ("sqlplus scott/hunter2@localhost:1521/XE", "sqlplus scott/<password>@localhost:1521/XE"),
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
        "login with password and code",
    ),
    signs=(b" -", b"auth ", b"identified ", b"securestring", b":5432:", b"wandb login ", b"sqlplus ", b"/user:", b"chpasswd", b"login "),
    anchors=(b"identified ", b"securestring", b"/user:", b":5432:", b"chpasswd", b"--password-stdin", b"curl", b"login ", b"wandb login ", b"sqlplus "),
)  # fmt: skip
