"""Names of private machines: in URLs, by private ends, as people's computers are named, and in logs of systems."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.person_words import name_fields
from tachograph_sdk.privacy.detectors.public_hosts import PYPI, PYTHON_FILES, is_known, is_private, is_private_label
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_SCHEMES = words(
    "http https ws wss ssh sftp ftp ftps git smb cifs nfs rdp vnc telnet ldap ldaps postgres postgresql mysql mariadb"
    " mongodb mongodb+srv redis rediss amqp amqps mqtt mqtts kafka tcp udp grpc grpcs nats clickhouse rsync svn"
    " bolt neo4j neo4j+s cassandra couchbase memcached pulsar stomp git+ssh svn+ssh imap imaps smtp smtps pop3 oracle mssql sqlserver jdbc elasticsearch opc.tcp rtsp rtmp"
)
_URL = re.compile(rb"://(?:[^\s/@\"']{1,128}+@)?([0-9a-z?][0-9a-z?._-]*+)(:[0-9])?(?![({$%@])(?!:[^0-9\s])")
_SCHEME = re.compile(rb"[a-z][a-z0-9+.]*\Z")
_RUN_BY_FIRMS = words(
    "jenkins gitlab git wiki intranet jira confluence nexus artifactory build ci cd nas fileserver files printer vpn"
    " ldap mail gitea gerrit sonar sonarqube helpdesk portal bastion jump staging stage prod qa uat monitoring nagios"
    " zabbix splunk dc dc01 ad db-primary router switch firewall pihole homeassistant unifi plex synology proxmox esxi"
    " vcenter kibana argocd harbor rancher vault dev-box devbox workstation buildbox crm erp sap"
)
_MACHINES = _RUN_BY_FIRMS | words(
    "db database redis kafka postgres mysql mongo web app api proxy backup ns ns1 dns ntp mx smtp"
)

# A name with a private end, wherever it stands.
_END = re.compile(
    rb"\.(?:(?:local(?:domain)?|internal|corp|lan|intranet|home\.arpa|ts\.net)(?![a-z0-9_({\[-]|\.[a-z0-9_*]|=[^=\"' ])"
    rb"|(?:internal|corp|intranet|intra)\.[a-z0-9-]{1,40}\.(?:[a-z]{2}|com|net|org|dev|cloud|tech|co\.[a-z]{2})(?![a-z0-9_({-]|\.[a-z0-9_*]))"
)
_SURE_ENDS = (".corp", ".lan", ".intranet", ".localdomain", ".home.arpa", ".ts.net")
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789.-_"
_PACKAGES = words(
    "com org net io java jdk sun javax kotlin android dev os sys path self this cls module app config env settings"
)
_FILES = words("docker-compose tsconfig appsettings settings config env compose vite next webpack readme claude agents")
_KEY_BEFORE = re.compile(
    rb"(?:host(?:name)?|server|addr(?:ess)?|endpoint|domain|dns|broker|node|machine|ping|ssh|to|from|at|on|resolve|lookup)[\"']?\s*[:=]?\s*[\"']?\Z"
)

_FORGE = re.compile(r"git@(?P<host>[A-Za-z0-9][\w.-]{0,80}[A-Za-z0-9]):(?![\d/ ])")

# Where a log or a listing says which machine it is.
_SYSLOG = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d)) (?P<host>[^\W_][\w.-]{0,62}) [\w./()-]{1,48}\[\Z"
)
_PROCESS = re.compile(rb"\[0{1,7}\]: ")
_UNAME = re.compile(rb"(?:linux|darwin|freebsd) ([a-z0-9?][a-z0-9?._-]{0,62}+) (?=[1-9][0-9]?\.[0-9]{1,2}\.)")
_SYSTEMS = (b"linux ", b"darwin ", b"freebsd ")
_KEYS = words("hostname computername machinename nodename")
_HOST = re.compile(r"(?P<host>[^\W_][\w.-]{0,62}+)(?! ?\()(?![\w\[{$*]|<(?!/))")
_HOST_KEYS = (b"host: ", b"host=", b'host": "', b'host":"', b"node: ", b"node=", b"machine: ", b"server=")
_SHORT_KEY = re.compile(
    r"(?:host|node|machine|server)\"?(?:: ?|=)\"?(?P<host>[^\W_](?:[\w-]{0,61}[^\W_])?)(?![\w.({\[<-])", re.IGNORECASE
)
_DEVICE = re.compile(
    r"(?i)(?:laptop|desktop|macbook|mbp|imac|thinkpad|workstation)-|[a-z]-?\d{1,4}\Z|-(?:\d{1,4}|[a-z]{1,4}\d{1,4}|laptop|desktop|workstation|macbook.*|mbp|imac|thinkpad|pc|nuc)\Z"
)
_SSH = re.compile(  # a machine by its short name, where a command begins
    r"ssh (?:-[a-zA-Z]{1,4} (?:[\w./~-]{1,40} )?){0,3}(?P<host>[a-zA-Z][\w-]{1,40}-[\w-]{0,20}\d{1,4})(?=[\s\"'`;&|]|\Z)"
)
_GENERIC = re.compile(
    r"(?i)(?:localhost|string|str|none|null|true|false|unknown|undefined|socket|os|self|platform|your|my|example|name|hostname|host|default|any|required|optional|auto|text|test|the|not|a|an|and|or|is|of|to|in|for|from|set|get|if|when|with|this|that|arm64|amd64|x64|x86|x86_64|aarch64|armv[678]l?|i[3-6]86|s390x|ppc64(?:le)?|riscv64|win32)\Z"
)


def _find(text: Text) -> Iterator[Span]:
    yield from _in_urls(text)
    yield from _by_end(text)
    yield from _by_key(text)
    yield from _by_short_key(text)
    yield from _in_logs(text)


def _in_urls(text: Text) -> Iterator[Span]:
    lower, whole = text.lower, text.text
    for match in _URL.finditer(lower):
        start, end = match.span(1)
        scheme = _SCHEME.search(lower[max(0, match.start() - 16) : match.start()])
        if scheme is None or scheme[0].decode() not in _SCHEMES:
            continue
        host = whole[start:end].rstrip(".-_")
        if "." in host:
            if not host.replace(".", "").isdecimal() and is_private(host):
                yield Span(start, start + len(host), "host", "url-host")
        elif is_private_label(host) and (
            match[2] is not None or any(char.isdigit() or char == "-" for char in host) or host.lower() in _RUN_BY_FIRMS
        ):
            yield Span(start, start + len(host), "host", "url-host")
    for at in text.places(b"git@"):
        if (match_ := _FORGE.match(whole, at)) and not is_known(match_["host"]) and not match_["host"][0].isdigit():
            yield Span(*match_.span("host"), "host", "forge-host")


def _by_end(text: Text) -> Iterator[Span]:
    lower = text.lower
    done = 0
    for match in _END.finditer(lower):
        low = max(done, match.start() - 120)
        start = low + len(lower[low : match.start()].rstrip(_NAME_BYTES))
        while start < match.start() and lower[start : start + 1] in (b".", b"-", b"_"):
            start += 1
        name = lower[start : match.end()].decode("ascii")
        done = match.end()
        if start < match.start() and not is_known(name) and _is_machine(lower, start, match.end(), name):
            yield Span(start, match.end(), "host", "private-end")


def _is_machine(lower: bytes, start: int, end: int, name: str) -> bool:
    """Whether a name with a private end is a machine, not a package, a file or a member: `threading.local`."""
    before = lower[max(0, start - 24) : start]
    if before.endswith((b"/.", b"@", b"://")):
        return not before.endswith(b"/.")
    if before.endswith((b"/", b"\\", b"$", b"%", b"?", b".", b"_", b"{")):
        return False
    labels = name.split(".")
    if name.endswith(_SURE_ENDS) or not name.endswith((".local", ".internal")):
        return labels[0] not in _PACKAGES
    if labels[0] in _PACKAGES or labels[0] in _FILES or before.endswith((b"import ", b"package ", b"using ")):
        return False
    if lower[end : end + 7] == b" import":
        return False
    return (
        any(char.isdigit() or char == "-" for label in labels[:-1] for char in label)
        or labels[0] in _MACHINES
        or _KEY_BEFORE.search(before) is not None
    )


def _by_key(text: Text) -> Iterator[Span]:
    for field in name_fields(text):
        match = _HOST.match(text.text, field.at) if field.key in _KEYS else None
        if match is None or _GENERIC.match(match["host"]):
            continue
        host = match["host"].rstrip(".-")
        if "_" in host or host.lower().endswith(("hostname", "host")):
            continue
        if is_private(host) if "." in host else is_private_label(host):
            yield Span(field.at, field.at + len(host), "host", "host-key")


def _by_short_key(text: Text) -> Iterator[Span]:
    for anchor in _HOST_KEYS:
        for at in text.places(anchor):
            match = _SHORT_KEY.match(text.text, at)
            if match is None or text.lower[at - 1 : at].isalnum() or not is_private_label(match["host"]):
                continue
            if _GENERIC.match(match["host"]):
                continue
            if _DEVICE.search(match["host"]):
                yield Span(*match.span("host"), "host", "host-key")


def _in_logs(text: Text) -> Iterator[Span]:
    whole = text.text
    for match in _PROCESS.finditer(text.shape):
        if text.shape[match.start() - 1 : match.start()] not in (b"a", b")", b"0"):
            continue
        low = max(0, match.start() - 150)
        line = whole[max(low, whole.rfind("\n", low, match.start()) + 1) : match.start() + 1]
        found = _SYSLOG.search(line)
        if found and found["host"].lower() != "localhost":
            start = match.start() + 1 - len(line)
            yield Span(start + found.start("host"), start + found.end("host"), "host", "syslog-host")
    for at in text.places(b"ssh "):
        before = whole[max(0, at - 2) : at]
        if not at or before[-1] in "\n'\"`+" or before in ("$ ", "# ", "% ", "> ", "& ", "; ", ": "):
            found = _SSH.match(whole, at)
            if found and is_private_label(found["host"]):
                yield Span(*found.span("host"), "host", "ssh-host")
    for at in text.places(b" kernel: "):
        low = max(0, at - 120)
        line = whole[max(low, whole.rfind("\n", low, at) + 1) : at]
        if (found := _SYSLOG.search(line + " kernel[")) and found["host"].lower() not in ("localhost", "kernel"):
            start = at - len(line)
            yield Span(start + found.start("host"), start + found.end("host"), "host", "syslog-host")
    for system in _SYSTEMS:
        for at in text.places(system):
            if (name := _UNAME.match(text.lower, at)) and name[1] not in (b"localhost", b"version", b"kernel"):
                yield Span(*name.span(1), "host", "uname-host")


_ANCHORS = (b"git@", b"ssh ", b" kernel: ", *_SYSTEMS, *_HOST_KEYS)


DETECTOR = Detector(
    id="hosts",
    help="Names of private machines, by private ends such as `.internal`, by how computers are named, in URLs and logs.",
    find=_find,
    catches=(
        ("http://jenkins:8080/job/x", "http://<host>:8080/job/x"),
        ("https://git.acme-internal.com/x", "https://<host>/x"),
        ("https://jira.acme.com/browse/A-1", "https://<host>/browse/A-1"),
        ("http://build01/x", "http://<host>/x"),
        ("git@git.acme.com:team/app.git", "git@<host>:team/app.git"),
        ("dial db.prod.acme.internal:5432", "dial <host>:5432"),
        ("ping nas.local", "ping <host>"),
        ("hr.acme.corp and printer.lan.", "<host> and <host>."),
        ('"hostname": "janes-laptop"', '"hostname": "<host>"'),
        ("host: janes-workstation", "host: <host>"),
        ("host=web-03 status=200", "host=<host> status=200"),
        ("HOSTNAME=build01", "HOSTNAME=<host>"),
        ("Nov 20 09:24:32 web01 sshd[123]: ok", "Nov 20 09:24:32 <host> sshd[123]: ok"),
        (
            "2025-11-12T10:00:01+01:00 web01 kernel: eth0: link up",
            "2025-11-12T10:00:01+01:00 <host> kernel: eth0: link up",
        ),
        ("Linux build01 5.15.0-91-generic #101-Ubuntu SMP", "Linux <host> 5.15.0-91-generic #101-Ubuntu SMP"),
        (
            "Darwin janesbox.local 23.5.0 Darwin Kernel Version 23.5.0",
            "Darwin <host> 23.5.0 Darwin Kernel Version 23.5.0",
        ),
        ("redis://cache-3:6379/0", "redis://<host>:6379/0"),
        ("Host: jenkins.corp.acme.io", "Host: <host>"),
        ("ssh dev-box-17", "ssh <host>"),
        ("$ ssh dev-box-17 uptime", "$ ssh <host> uptime"),
        ("Could not resolve host: ci.intra.acme.no", "Could not resolve host: <host>"),
        ("bolt://graph.corp.acme.com:7687", "bolt://<host>:7687"),
        ('"host": "mbp-of-jane"', '"host": "<host>"'),
        ("<li>hostname: janes-laptop</li>", "<li>hostname: <host></li>"),
    ),
    spares=(
        "https://api.anthropic.com/v1 https://github.com/org/repo https://example.com",
        "http://localhost:8080 http://127.0.0.1:9 http://host.docker.internal:11434",
        "redis://redis:6379/0 postgres://db:5432/app http://api/v1 amqp://rabbitmq",
        "threading.local() self.local asyncio.local settings.local.json .env.local CLAUDE.local.md",
        "import jdk.internal.misc; com.acme.internal.Foo; from foo.internal import bar",
        "docker-compose.local.yml",
        "machine: arm64",
        f"https://{PYPI}/simple https://files.{PYTHON_FILES}/x",
        "http://{host}:8080 https://${HOST}/x http://<host>/",
        "git@github.com:org/repo.git",
        "https://gitlab.gnome.org/GNOME/gtk https://git.kernel.org/x",
        "s3://my-bucket/x file://host/x vscode://file/x",
        "https://xn--g6w251d/ hostname = malloc (3)",
        "hostname: string; hostname = socket.gethostname()",
        "host: api-gateway host=db node: 20 host=args.host",
        "user.home Path.home()",
        "use ssh port-22 there, not ssh rsa-4096",
        "Linux version 5.15.0",
        "kubernetes.default.svc.cluster.local",
        "http://metadata.google.internal/computeMetadata/v1/",
    ),
    anchors=_ANCHORS,
    signs=(b"://", b"name", *_ANCHORS, b"[0", b".l", b".in", b".corp", b".home.arpa", b".ts.net"),
)
