"""Finds secrets in URLs: user and password, tokens and signatures among the parameters, webhooks that are secret whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.key_names import secret_name
from tachograph_sdk.privacy.detectors.public_hosts import NPM_PAGES
from tachograph_sdk.privacy.detectors.secret_values import is_secret, looks_random

__all__ = ["DETECTOR"]

_LINKS = (
    b"/reset/",
    b"/reset-password/",
    b"/invite/",
    b"/magic/",
    b"/activate/",
    b"/verify-email/",
    b"/confirm-email/",
)
_ANCHORS = (
    b"hooks.slack.com",
    b"jdbc:oracle",
    b"://",
    b";jsessionid=",
    b"@tcp(",
    b"@unix(",
    *_LINKS,
    b"user id=",
    b"userid=",
    b"uid=",
    b"user name=",
    b"username=",
    b"user=",
)

_AUTHORITY = re.compile(rb"[^\s\"'<>`\\/?#,;|(){}\[\]]{0,512}+")
_USER_INFO = re.compile(rb"([^\s\"'<>`/?#@:]{0,128}+)(?::([^\s\"'<>`]{0,256}?))?@(?=[A-Za-z0-9\[_-])")
_FAR = 400  # characters in which user, password and "@" must stand
_PORT = re.compile(rb"[0-9]{0,5}[/?#]")
_HOST = re.compile(rb"(?:[\w-]{1,64}\.[\w.-]+|[\w.-]{1,64}:[0-9]|localhost|\[)")
_ODD_PASSWORD = re.compile(rb"@[^\s\"'<>`@]{1,64}+@(?=[\w-]{1,64}\.|localhost|[\w.-]{1,64}:[0-9])")
_GENERIC = frozenset(
    (b"git", b"hg", b"svn", b"oauth2", b"oauth", b"x-access-token", b"x-token-auth", b"token", b"user", b"username",
     b"anonymous", b"__token__", b"apikey", b"api", b"gitlab-ci-token", b"_json_key", b"default", b"ssh")
)  # fmt: skip
_PARAMETER = re.compile(rb"[?&#](?:amp;)?([A-Za-z0-9_.\-\[\]]{1,64}+)=([^&\s\"'<>#;`|]{1,4096}+)")
_SURE = frozenset(
    (b"access_token", b"refresh_token", b"id_token", b"token", b"auth_token", b"api_key", b"apikey", b"sig", b"signature",
     b"x-amz-signature", b"x-amz-security-token", b"x-amz-credential", b"x-goog-signature", b"x-goog-credential",
     b"awsaccesskeyid", b"client_secret", b"code_verifier", b"samlresponse", b"samlrequest", b"assertion", b"hmac", b"jwt",
     b"session_token", b"sessiontoken", b"jsessionid", b"phpsessid", b"oauth_token", b"oauth_signature", b"oauth_verifier",
     b"x-oss-signature", b"x-oss-credential", b"key-pair-id", b"policy", b"hdnea", b"__gda__", b"ticket", b"authuser_token")
)  # fmt: skip
_IF_RANDOM = frozenset(
    (b"code", b"state", b"key", b"auth", b"sid", b"sessionid", b"session", b"session_id", b"otp", b"nonce", b"hash",
     b"invite", b"reset", b"confirmation", b"verify", b"magic", b"credential", b"x-amz-meta-key")
)  # fmt: skip
_UUID = re.compile(rb"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_HOOKS: tuple[tuple[bytes, str, re.Pattern[bytes]], ...] = (  # end of the host, rule, path with the secret part
    (b"hooks.slack.com", "slack-webhook", re.compile(rb"/(?:services|workflows|triggers)/([A-Za-z0-9_/+-]{16,}+)")),
    (b"hooks.slack-gov.com", "slack-webhook", re.compile(rb"/services/([A-Za-z0-9_/+-]{16,}+)")),
    (b"discord.com", "discord-webhook", re.compile(rb"/api/(?:v[0-9]{1,2}/)?webhooks/([0-9]{15,21}/[A-Za-z0-9_-]{20,}+)")),
    (b"discordapp.com", "discord-webhook", re.compile(rb"/api/(?:v[0-9]{1,2}/)?webhooks/([0-9]{15,21}/[A-Za-z0-9_-]{20,}+)")),
    (b".webhook.office.com", "teams-webhook", re.compile(rb"/(?:webhookb2|webhook)/([A-Za-z0-9@/_.-]{36,}+)")),
    (b"outlook.office.com", "teams-webhook", re.compile(rb"/webhook/([A-Za-z0-9@/_.-]{36,}+)")),
    (b"hooks.zapier.com", "zapier-webhook", re.compile(rb"/hooks/(?:catch|standard)/([0-9]{3,}/[A-Za-z0-9/]{4,}+)")),
    (b".make.com", "make-webhook", re.compile(rb"/([a-z0-9]{24,}+)")),
    (b"maker.ifttt.com", "ifttt-webhook", re.compile(rb"/trigger/[\w-]{1,64}/(?:json/)?with/key/([A-Za-z0-9_-]{12,}+)")),
    (b"api.telegram.org", "telegram-url", re.compile(rb"/(?:file/)?bot([0-9]{6,12}:[A-Za-z0-9_-]{20,}+)")),
    (b"open.feishu.cn", "feishu-webhook", re.compile(rb"/open-apis/bot/v2/hook/([A-Za-z0-9-]{20,}+)")),
    (b"open.larksuite.com", "lark-webhook", re.compile(rb"/open-apis/bot/v2/hook/([A-Za-z0-9-]{20,}+)")),
    (b"qyapi.weixin.qq.com", "wecom-webhook", re.compile(rb"/cgi-bin/webhook/send\?key=([A-Za-z0-9-]{20,}+)")),
    (b"oapi.dingtalk.com", "dingtalk-webhook", re.compile(rb"/robot/send\?access_token=([A-Za-z0-9-]{20,}+)")),
    (b"hc-ping.com", "healthchecks-url", re.compile(rb"/([0-9a-f-]{22,36}+)")),
)  # fmt: skip
_HOOK_HOSTS = tuple(host for host, _, _ in _HOOKS)
_TEAM_HOOK = re.compile(rb"/hooks/([a-z0-9]{26})(?![a-z0-9])")  # Mattermost, on any host
_LINK_TOKEN = re.compile(rb"[A-Za-z0-9_-]{20,512}+(?![\w./-])(?<![.])")
_SESSION = re.compile(rb"[A-Za-z0-9._!-]{12,256}+")
_SETTINGS = re.compile(rb";[A-Za-z ]{2,32}=")  # of a connection string: what stands before is a host and its port
_GO_DSN = re.compile(rb"([^\s\"'`=:/@]{1,64}):(?!//)([^\s\"'`]{2,100})\Z")
_LOGIN = re.compile(rb"[\"']?([A-Za-z][\w.@\\-]{1,63}+)[\"']?;")
_SERVICE_USERS = frozenset(
    (b"sa", b"root", b"admin", b"app", b"postgres", b"guest", b"mysql", b"oracle", b"system", b"dbo", b"service")
)
_ORACLE = re.compile(rb"jdbc:oracle:(?:thin|oci):([^\s/@:\"']{1,64}+)/([^\s@\"']{1,128}+)@", re.I)


def _find(text: Text) -> Iterator[Span]:
    data = text.ascii
    if b"://" in data:
        yield from _addresses(text)
    for at in text.places(b"hooks.slack.com"):  # also without a scheme
        if match := _HOOKS[0][2].match(data, at + 15):
            yield Span(*match.span(1), "token", "slack-webhook")
    for needle in _LINKS:
        for at in text.places(needle):
            match = _LINK_TOKEN.match(data, at + len(needle))
            if (
                match
                and looks_random(match[0].decode("ascii"), least=20)
                and data.find(b"://", max(at - 200, 0), at) >= 0
            ):
                yield Span(*match.span(), "token", "link-token")
    for at in text.places(b";jsessionid="):
        if match := _SESSION.match(data, at + 12):
            yield Span(*match.span(), "token", "url-parameter")
    for needle in (b"@tcp(", b"@unix("):
        for at in text.places(needle):
            if match := _GO_DSN.search(data, max(at - 200, 0), at):
                yield Span(*match.span(2), "password", "url-password")
                if match[1].lower() not in _GENERIC and not _is_stand_in(match[1]):
                    yield Span(*match.span(1), "user", "url-user")
    for needle in (b"user id=", b"userid=", b"uid=", b"user name=", b"username=", b"user="):
        for at in text.places(needle):
            yield from _login(text, at + len(needle))
    for at in text.places(b"jdbc:oracle"):
        if match := _ORACLE.match(data, at):
            yield Span(*match.span(1), "user", "url-user")
            yield Span(*match.span(2), "password", "url-password")
    if b"=" in data:
        yield from _parameters(text)


def _login(text: Text, at: int) -> Iterator[Span]:
    """The user of a connection string, which has a password too."""
    match = _LOGIN.match(text.ascii, at)
    if match is None or match[1].lower() in _GENERIC or match[1].lower() in _SERVICE_USERS or _is_stand_in(match[1]):
        return
    beside = text.lower[max(at - 240, 0) : match.end() + 240]
    if b"password=" in beside or b"pwd=" in beside:
        yield Span(*match.span(1), "user", "connection-user")


def _addresses(text: Text) -> Iterator[Span]:
    """What is secret before the path, and in the path of a webhook."""
    data, lower = text.ascii, text.lower
    sign = data.find(b"@")
    for at in text.places(b"://"):
        begin = at + 3
        if 0 <= sign < begin:
            sign = data.find(b"@", begin)
        # The password may hold "@" and "/" that should have been escaped: the last "@" before the next space counts.
        authority = _AUTHORITY.match(data, begin)
        assert authority
        stop = authority.end()
        if 0 <= sign - begin < _FAR and (sign < stop or data.find(b":", begin, stop) >= 0):
            yield from _user(data, begin, stop)
        if data[stop : stop + 1] == b"/":
            host = lower[begin:stop]
            if host.endswith(_HOOK_HOSTS):
                for name, rule, pattern in _HOOKS:
                    if host.endswith(name) and (match := pattern.match(data, stop)):
                        yield Span(*match.span(1), "token", rule)
            elif match := _TEAM_HOOK.match(data, stop):
                yield Span(*match.span(1), "token", "mattermost-webhook")


def _user(data: bytes, begin: int, stop: int) -> Iterator[Span]:
    """User and password before the host: `https://jane:secret@…`."""
    match = _USER_INFO.match(data, begin)
    if match is None:
        return
    user, password = match.span(1), match.span(2)
    name = data[user[0] : user[1]]
    person = bool(name) and name.lower() not in _GENERIC and not _is_stand_in(name)
    if password[0] < 0 or password[0] == password[1]:
        if looks_random(name.decode("ascii"), least=16):
            yield Span(*user, "token", "url-token")
        elif person:
            yield Span(*user, "user", "url-user")
        return
    last = data.rfind(b"@", password[1], stop)
    end = last if last > password[1] else password[1]
    if not _HOST.match(data, end + 1) and (odd := _ODD_PASSWORD.match(data, end)):
        end = odd.end() - 1
    said = data[password[0] : end]
    if not _is_port_and_path(said) and not _is_stand_in(said) and not _SETTINGS.search(said):
        yield Span(password[0], end, "password", "url-password")
        if person:
            yield Span(*user, "user", "url-user")


def _is_port_and_path(value: bytes) -> bool:
    """`http://host:8080/path/@scope`: no password, but a port and more."""
    return _PORT.match(value) is not None


def _is_stand_in(value: bytes) -> bool:
    low = value.lower()
    return value[:1] in b"$<{%[*" or low.startswith((b"your-", b"your_")) or low.strip(b"*xX.") == b"" or low in (b"password", b"pass", b"pwd", b"passwd", b"pw", b"user", b"username", b"token", b"secret", b"name")  # fmt: skip


def _parameters(text: Text) -> Iterator[Span]:
    """Those after "?" or "#" and, from there on, after each "&"."""
    data, lower = text.ascii, text.lower
    for mark in (b"?", b"#", b"&"):
        at = data.find(mark)
        while at >= 0:
            match = _PARAMETER.match(data, at)
            if match:
                yield from _parameter(text, match, lower[match.start(1) : match.end(1)])
            at = data.find(mark, match.end() if match else at + 1)


def _parameter(text: Text, match: re.Match[bytes], name: bytes) -> Iterator[Span]:
    start, end = match.span(2)
    value = text.text[start:end]
    start += len(value) - len(value.lstrip("(*\u201c\u2018\u00ab"))
    value = value.strip("(*\u201c\u2018\u00ab").rstrip(".,)]}!?:'*\u201d\u2019\u00bb")
    if (
        not value
        or (value[0] in "$<{*%[" and not value.startswith("%2"))
        or _is_stand_in(value.encode("ascii", "replace"))
    ):
        return
    rule = "url-parameter"
    if name in _SURE:
        if len(value) >= 6 and (
            any(char.isdigit() for char in value) or looks_random(value, least=16) or len(value) > 24
        ):
            yield Span(start, start + len(value), "token", rule)
    elif name in _IF_RANDOM:
        if not value.isascii() or _UUID.fullmatch(value.encode()):
            return
        if looks_random(value, least=10) or (len(value) >= 24 and value.isalnum() and not value.isalpha()):
            yield Span(start, start + len(value), "token", rule)
    elif (secret := secret_name(name.decode("ascii"))) and is_secret(value, secret, quoted=True, loud=True, code=False):
        yield Span(start, start + len(value), secret.kind if secret.kind != "phrase" else "secret", rule)


_RANDOM = "q8Zr2LmX0pTnB4vKw7"

DETECTOR = Detector(
    id="url_credentials",
    help="User and password in URLs, tokens and signatures among their parameters, and webhooks.",
    find=_find,
    catches=(
        ("https://a.example.com/reset/024dFeb1710180b6aafee6ae82054c?l=de", "https://a.example.com/reset/<token>?l=de"),
        ("DSN: mysql://jane:Z3emuODOAyeX@tcp(127.0.0.1:3306)/shop", "DSN: mysql://<user>:<password>@tcp(127.0.0.1:3306)/shop"),
        ("postgres://app:hunter2@github.com/x", "postgres://<user>:<password>@github.com/x"),
        (f"https://x-access-token:{_RANDOM}@github.com/o/r.git", "https://x-access-token:<password>@github.com/o/r.git"),
        (f"git clone https://{_RANDOM}@github.com/o/r", "git clone https://<token>@github.com/o/r"),
        ("redis://:hunter2@example.com:6379/0", "redis://:<password>@example.com:6379/0"),
        ("mongodb+srv://app:p%40ss@example.com/?w=majority", "mongodb+srv://<user>:<password>@example.com/?w=majority"),
        ("amqp://app:p@ss@example.com/", "amqp://<user>:<password>@example.com/"),
        (f"GET /cb?code={_RANDOM}&state={_RANDOM[::-1]} HTTP/1.1", "GET /cb?code=<token>&state=<token> HTTP/1.1"),
        (f"https://api.github.com/x?access_token={_RANDOM}&page=2", "https://api.github.com/x?access_token=<token>&page=2"),
        (f"?sv=2022-11-02&sr=b&sig={_RANDOM}%3D&se=2025", "?sv=2022-11-02&sr=b&sig=<token>&se=2025"),
        ("/o?X-Amz-Date=20250101T000000Z&X-Amz-Signature=9f86d081884c7d65", "/o?X-Amz-Date=20250101T000000Z&X-Amz-Signature=<token>"),
        ("https://example.com/login?user=x&password=hunter2", "https://example.com/login?user=x&password=<password>"),
        ("https://hooks.slack.com/services/" + "T0AB12CDE/B0AB12CDE/q8Zr2LmX0pTnB4vKw7q8Zr2L", "https://hooks.slack.com/services/<token>"),
        ("https://discord.com/api/webhooks/" + "123456789012345678/" + _RANDOM * 3, "https://discord.com/api/webhooks/<token>"),
        ("https://hooks.zapier.com/hooks/catch/" + "1234567/abc12de/", "https://hooks.zapier.com/hooks/catch/<token>"),
        ("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&issuer=y", "otpauth://totp/x?secret=<secret>&issuer=y"),
        ("jdbc:oracle:thin:scott/t1ger@//example.com:1521/x", "jdbc:oracle:thin:<user>/<password>@//example.com:1521/x"),
    ),
    spares=(
        "https://a.example.com/reset/password-of-the-account and /reset/8f14e45f",
        "https://github.com/o/r?tab=readme",
        "ssh://git@github.com/o/r.git",
        "git@github.com:o/r.git",
        "http://localhost:8080/@vite/client",
        "https://unpkg.com/react@18.2.0/umd/react.js",
        "https://medium.com/@jack/title-1",
        "https://example.com/list?page=2&sort=key&state=open&code=404",
        "https://user:password@example.com",
        "https://${USER}:${TOKEN}@github.com/o/r",
        "https://example.com/a?token=<token>&x=1",
        "https://example.com/?session=0b9d3f0e-4a55-4c8f-9a57-0f3f2f6e1a77",
        "https://example.com/?utm_source=x&utm_campaign=spring2025#section-2",
        "if a ? b : c && d == e",
        "https://hooks.slack.com/services/<token>",
        f"https://www.{NPM_PAGES}/package/@types/node?activeTab=versions",
    ),
    anchors=_ANCHORS,
    signs=(*_ANCHORS, b"?", b"#", b"&"),
)  # fmt: skip
