"""Logins of people where a key, a command or a log says that they are: `USER=jane`, `"login": "jane"`, `uid=501(jane)`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.person_words import is_login, is_person, name_fields
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_LOGIN = r"(?P<login>[^\W\d][\w.-]{0,38}\w)(?![\w@(\[{/\\:*+%]|\.\w|-\w)"
_USER = re.compile(
    rb"user(?:_?id)?[\"'\]]{0,2}[ \t]{0,4}(?:=>?|:=?)[ \t]{0,3}[\"'`]?(?=[a-z?_])|user(?:add|del|mod)? (?=[a-z-])"
)
_LOGIN_KEY = re.compile(rb"login(?:[ _]?(?:id|name))?[\"'\]]{0,2}[ \t]{0,4}(?:=>?|:=?)[ \t]{0,3}[\"'`]?(?=[a-z?_])")
_VALUE = re.compile(_LOGIN)
_QUOTED = re.compile(r"(?P<login>[^\W\d][\w.@+ -]{1,39})[\"'`]")
_ARGUMENT = re.compile(r"(?:\(|, )\w{1,24}=\Z")
_NAMED = re.compile(r"(?P<login>[^\W\d][\w.-]{0,38}\w)(?![\w@:*+%]|\.\w|-\w)")
_KEY_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"
_KEYS_USER = words(
    "user os.user user.user db_user dbuser ssh_user remote_user current_user sudo_user git_user gh_user github_user os_user"
    " ansible_user logged_in_user last_user run_as_user ruser euser suser tuser duser owner_user auth_user http_user"
    " jira_user jenkins_user svn_user smb_user ldap_user linux_user unix_user login_user ftp_user proxy_user mail_user"
    " smtp_user pguser mysql_user postgres_user --user --remote-user db.user user_id userid --username -user admin_user by_user"
)
_NAME_KEYS = words(
    "username loginname logonname logname samaccountname userprincipalname screenname nickname accountname ghusername githubusername"
    " gitlabusername twitterusername osusername currentusername dbusername sshusername gituser adminusername remoteusername"
)
# Words that values of such keys are in code and in talk.
_NO_VALUE = words(
    "str string int integer bool boolean float number object any none null nil undefined true false type self this cls"
    " req request res response ctx context session auth account accounts current currentuser current_user get set new"
    " yes no ok okay thanks thank hello hi hey please sure continue go stop help what why how when where which who"
    " write make fix add create show run read update delete list find check explain can could would should is are do"
    " does did let the and but not in on at by for from to of with input output prompt message messages content text"
    " question answer query data value values id email mail password token key uid guid uuid env environ os optional"
    " required field char charfield varchar unique index table column model models schema props state params args"
    " kwargs event events action payload body header headers config settings profile role roles group groups member"
    " members owner author customer client visitor person people human assistant tool function public private"
    " authenticated unauthenticated logged loggedin inactive active disabled enabled unknown missing empty invalid"
    " expected usual well before handler valid default main nobody anybody somebody foo bar baz qux abc xyz xxx sudo su pwd whoami await async return const var auto static final"
)

_HEX = re.compile("[0-9a-fA-F-]{8,}")
_MADE_UP = re.compile(
    r"(?:test|example|demo|sample|dummy|fake|mock|my|your|some|new|user|admin)[_-]?(?:user|name|login|account)?[_-]?\d*"
)
_MEMBERS = words("user users name names username id login email value key text data")

_SENTENCE = re.compile(
    rb"(?<![a-z])(?:for|from|invalid|by|as|switch(?:ed)? to|unknown|illegal) user (?=[a-z?_])|user(?:add|del|mod) (?:-[a-z]+(?: [^\s-]\S*)? ){0,4}(?=[a-z?_])"
)
_ACCEPTED = re.compile(
    r"(?:Accepted|Failed|Postponed) [\w-]{3,24} for (?:invalid user )?(?P<login>[^\W\d][\w.-]{1,39}) from ", re.I
)
_AS = re.compile(
    r"(?:logged|log|logging|signed|sign|signing)[ -]?in (?:to [\w.-]{1,60} )?(?:as|account) (?:user )?[\"'`]?" + _LOGIN,
    re.I,
)
_COMMAND = re.compile(
    r"(?:sudo (?:-\w+ )?-u|su -l?|runuser -u|chown(?: -\w+)?(?= [\w.-]+:| \S+ [~/.])|passwd|adduser|finger|id -un|gpasswd -a) +"
    r"(?P<login>[^\W\d][\w.-]{1,31})(?=[\s:\"'`<)&]|\Z)"
)
_COMMANDS = (b"sudo -u ", b"chown ", b"su - ")
_SUDO_LOG = re.compile(r"sudo: {1,12}(?P<login>[^\W\d][\w.-]{1,31}) : (?:TTY|PWD|USER|user|command|\d|a password)")
_SUDO_ASKS = re.compile(r"\[sudo\] [\w ]{4,16} (?:for|für|de|para|pour) (?P<login>[^\W\d][\w.-]{1,31}) ?:")
_NO_SUDOER = re.compile(r"(?<!\w)(?P<login>[^\W\d][\w.-]{1,31})[\"'`]? (?:is )?not\Z")
_MAY_RUN = re.compile(r"(?<!\w)User (?P<login>[^\W\d][\w.-]{1,31})(?= \Z| $)")
_NAME_BEFORE = re.compile(r"(?:(?<=: )|(?<![^\n]))(?P<login>[^\W\d][\w.-]{1,31})\Z")
_SU_LOG = re.compile(r"\(to [\w.-]{1,31}\) (?P<login>[^\W\d][\w.-]{1,31}) on (?:pts|tty|none|/dev)")
_DOMAIN_LOGIN = re.compile(rb"\\[a-z?][a-z0-9?._-]{1,30}(?![\\/a-z0-9_])")
_DOMAIN_HINTS = (b"user", b"owner", b"account", b"log", b"who", b"identity", b"principal", b"runas")
_DOMAIN_USER = re.compile(
    r"(?<![A-Za-z])(?:owner|user(?:[ _]?name)?|account(?:[ _]name)?|login|whoami(?: says)?|logged in as|/user|identity|principal|runas)"
    r"(?:[\"']?\s{0,2}[:=]\s{0,8}[\"']?|\s{1,4})[A-Za-z][A-Za-z0-9-]{1,15}\\(?P<login>[^\W\d][\w.-]{1,30})",
    re.IGNORECASE,
)
_ANNOUNCED = (b"--username ", b"account name:")
_UID = re.compile(r"(?:uid|gid|euid)=\d{1,10}\((?P<login>[^)\n]{1,40})\)")
_IN_BRACKETS = re.compile(r"\d\((?P<login>[^)\n]{1,40})\)")
_PASSWD = re.compile(
    r"(?:\A|(?<=[\n\s\"'`>]))(?P<login>[^\W\d][\w.-]{0,31}):[x*!]:(?P<uid>\d{1,10}):\d{1,10}:(?P<gecos>[^:\n]{0,80}):"
)
_WHOAMI = re.compile(
    r"whoami[\"'`)]{0,2}\s{0,2}\n\s{0,8}(?:[A-Za-z0-9-]{1,15}\\)?(?P<login>[^\W\d][\w.-]{0,31})[ \t]*(?=\n|\r|&|\Z)"
)


def _find(text: Text) -> Iterator[Span]:
    yield from _by_key(text)
    yield from _in_sentences(text)
    yield from _in_output(text)
    yield from _announced(text)


def _by_key(text: Text) -> Iterator[Span]:
    whole = text.text
    for field in name_fields(text):
        if field.key in _NAME_KEYS and "." not in whole[field.start : field.at].strip("."):
            yield from _value(whole, field.at, field.quote, field.key)
    for pattern in (_USER, _LOGIN_KEY):
        for match in pattern.finditer(text.lower):
            low = max(0, match.start() - 16)
            start = low + len(text.lower[low : match.start()].rstrip(_KEY_BYTES))
            key = (
                text.lower[start : match.end()]
                .split(b" ")[0]
                .split(b"=")[0]
                .split(b":")[0]
                .strip(b"\"'[]`>")
                .decode("ascii")
            )
            if (
                key in _KEYS_USER
                or key in ("login", "login_name", "loginid", "login_id")
                or (key == "user" and match[0].endswith(b"="))
            ):
                mark = whole[match.end() - 1]
                quote = mark if mark in "\"'`" else ""
                if not quote and match[0].endswith(b" ") and b":" not in match[0] and b"=" not in match[0]:
                    continue
                yield from _value(whole, match.end(), quote, key)


def _value(whole: str, at: int, quote: str, key: str) -> Iterator[Span]:
    match = (_QUOTED if quote else _VALUE).match(whole, at)
    if match is None:
        return
    login = match["login"]
    if not _NO_VALUE.isdisjoint(login.lower().split(".")) or not is_login(login) or "@" in login:
        return
    if not _is_plausible(login):
        return
    if not quote and ("_" in login or login[1:].lower() != login[1:]) and whole[at - 1 : at] == " ":
        return  # an expression or a type: `user = auth_result`, `user: UserId`
    if " " in login and not (len(login.split()) == 2 and key in ("user", "username") and is_person(login)):
        return
    if (
        not quote
        and whole[match.end() : match.end() + 1] in (")", ",")
        and _ARGUMENT.search(whole[max(0, at - 40) : at])
    ):
        return
    if not quote and not _ends_well(whole, match.end(), spaced=whole[at - 1 : at] == " "):
        return
    yield Span(at, at + len(login), "user", "login-key")


def _is_plausible(login: str) -> bool:
    """Whether it is no id of a record, no member of an object, no name made up for a test."""
    if sum(char.isdigit() for char in login) > 5 or (_HEX.fullmatch(login) and not login.isalpha()):
        return False
    if "." in login and (login != login.lower() or login.rsplit(".", 1)[1] in _MEMBERS):
        return False
    return not _MADE_UP.fullmatch(login.lower())


def _ends_well(whole: str, end: int, *, spaced: bool) -> bool:
    """Whether a value without quotes is over, and is not the first word of a sentence or of an expression."""
    after = whole[end : end + 2]
    if after[:1] in "\"'`" and after[1:].isalnum():
        return False
    if after[:1] in ("", "\n", "\r", ",", ";", "&", '"', "'", "`", "|", "}", "]", ")", "<", "\t"):
        return True
    return (after[:1] == " " and (not spaced or after[1:] in ("(", "[", "|", "-", "#", " "))) or after[:1] == "."


def _in_sentences(text: Text) -> Iterator[Span]:
    whole = text.text
    for at in text.places(b" user "):
        low = max(0, at - 12)
        match = _SENTENCE.search(text.lower, low, at + 7)
        login = _NAMED.match(whole, at + 6) if match and match.end() == at + 6 else None
        if (
            login
            and login["login"].lower() not in _NO_VALUE
            and is_login(login["login"])
            and _is_told(whole, at, login)
        ):
            yield Span(*login.span("login"), "user", "login-in-log")
    for anchor, pattern in ((b"accepted p", _ACCEPTED), (b"failed p", _ACCEPTED)):
        for at in text.places(anchor):
            if (found := pattern.match(whole, at)) and is_login(found["login"]):
                yield Span(*found.span("login"), "user", "login-in-log")
    for at in text.places(b"in as "):
        found = _AS.search(whole, max(0, at - 8), at + 60)
        if (
            found
            and is_login(found["login"])
            and found["login"].lower() not in _NO_VALUE
            and _is_plausible(found["login"])
        ):
            yield Span(*found.span("login"), "user", "login-in-log")


def _is_told(whole: str, at: int, login: re.Match[str]) -> bool:
    """Whether a sentence speaks of one account: `session opened for user jane`, not `for user experience`."""
    after = whole[login.end() : login.end() + 6]
    before = whole[max(0, at - 40) : at].lower()
    said = (
        "session",
        "password",
        "invalid",
        "publickey",
        "authentication",
        "login",
        "switch",
        "unknown",
        "illegal",
        "denied",
        "permission",
        "quota",
        "granted",
        "disconnect",
        "closed by",
        "reset by",
    )
    return any(word in before for word in said) or after[:1] in ("(", "")


def _announced(text: Text) -> Iterator[Span]:
    """`--username jane`, and `Account Name:  jane` of Windows."""
    for anchor in _ANNOUNCED:
        for at in text.places(anchor):
            start = at + len(anchor)
            start += len(text.text[start : start + 24]) - len(text.text[start : start + 24].lstrip(" \t"))
            match = _VALUE.match(text.text, start)
            if (
                match
                and match["login"].lower() not in _NO_VALUE
                and is_login(match["login"])
                and _is_plausible(match["login"])
            ):
                yield Span(start, match.end(), "user", "login-key")


def _groups(line: str, at: int) -> Iterator[Span]:
    """The login in the output of `id`, and the group of the same name."""
    if _UID.match(line):
        known = {found["login"] for found in _UID.finditer(line) if is_login(found["login"])}
        for found in _IN_BRACKETS.finditer(line):
            if found["login"] in known and found["login"].lower() not in ("staff", "wheel", "users"):
                yield Span(at + found.start("login"), at + found.end("login"), "user", "id")


def _in_output(text: Text) -> Iterator[Span]:
    whole = text.text
    for anchor in _COMMANDS:
        for at in text.places(anchor):
            if (
                (found := _COMMAND.match(whole, at))
                and is_login(found["login"])
                and found["login"].lower() not in _NO_VALUE
            ):
                yield Span(*found.span("login"), "user", "login-in-command")
                if whole.startswith(f":{found['login']}", found.end("login")):
                    yield Span(
                        found.end("login") + 1, found.end("login") + 1 + len(found["login"]), "user", "login-in-command"
                    )
    for at in text.places(b"sudo: "):
        if (found := _SUDO_LOG.match(whole, at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for at in text.places(b"[sudo] "):
        if (found := _SUDO_ASKS.match(whole, at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for at in (*text.places(b" in sudoers"), *text.places(b" in the sudoers")):
        if (found := _NO_SUDOER.search(whole, max(0, at - 48), at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for at in text.places(b" : tty="):
        if (found := _NAME_BEFORE.search(whole, max(0, at - 34), at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for at in text.places(b" may run the following"):
        if (found := _MAY_RUN.search(whole, max(0, at - 48), at + 1)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for at in text.places(b"(to "):
        if (found := _SU_LOG.match(whole, at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "login-in-log")
    for place in _DOMAIN_LOGIN.finditer(text.lower):
        before = text.lower[max(0, place.start() - 40) : place.start()]
        if not any(word in before for word in _DOMAIN_HINTS):
            continue
        found = _DOMAIN_USER.search(whole, max(0, place.start() - 40), place.start() + 42)
        if found and found.start("login") == place.start() + 1 and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "domain-login")
    done = 0
    for at in text.places(b"uid="):
        if at < done:
            continue
        line = whole[at : at + 400].split("\n", 1)[0]
        done = at + len(line)
        yield from _groups(line, at)
    for at in text.places(b":x:"):
        if text.shape[at + 3 : at + 4] != b"0" or text.shape[at - 1 : at] not in (b"a", b"0", b"?", b"-", b"_"):
            continue
        low = max(0, at - 33)
        found = _PASSWD.search(whole, low, at + 160)
        if found and found.end("login") == at and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "passwd")
            gecos = found["gecos"].split(",")[0].strip()
            if len(gecos.split()) > 1 and gecos.istitle():
                yield Span(found.start("gecos"), found.start("gecos") + len(gecos), "name", "passwd")
    for at in text.places(b"whoami"):
        if (found := _WHOAMI.match(whole, at)) and is_login(found["login"]):
            yield Span(*found.span("login"), "user", "whoami")


_ANCHORS = (
    b" user ",
    b"accepted p",
    b"failed p",
    b"in as ",
    b"uid=",
    b":x:",
    b"whoami",
    b"sudo: ",
    b"[sudo] ",
    b" in sudoers",
    b" in the sudoers",
    b"(to ",
    b" may run the following",
    b" : tty=",
    *_ANNOUNCED,
    *_COMMANDS,
)


DETECTOR = Detector(
    id="account_names",
    help='Logins of people behind keys such as `USER=` or `"username":`, in logs, and in the output of `id` and `whoami`.',
    find=_find,
    catches=(
        ("USER=jane", "USER=<user>"),
        ("[sudo] password for jane: ", "[sudo] password for <user>: "),
        ("jane is not in the sudoers file.", "<user> is not in the sudoers file."),
        ("LOGNAME=jane.doe\nSHELL=/bin/zsh", "LOGNAME=<user>\nSHELL=/bin/zsh"),
        ("USERNAME=jane", "USERNAME=<user>"),
        ("user=jane action=login", "user=<user> action=login"),
        ("user: jane\nrole: admin", "user: <user>\nrole: admin"),
        ("username=jane&x=1", "username=<user>&x=1"),
        ('{"username": "jane", "id": 3}', '{"username": "<user>", "id": 3}'),
        ('"login":"janedoe"', '"login":"<user>"'),
        ("'user': 'jane'", "'user': '<user>'"),
        ("Username: jane", "Username: <user>"),
        ("session opened for user jane(uid=1000)", "session opened for user <user>(uid=1000)"),
        ("Failed password for invalid user jane from", "Failed password for invalid user <user> from"),
        ("Accepted publickey for jane from 10.0.0.5", "Accepted publickey for <user> from <ip>"),
        ("Logged in as jane", "Logged in as <user>"),
        ("sudo: jane : TTY=pts/0 ; PWD=/tmp", "sudo: <user> : TTY=pts/0 ; PWD=/tmp"),
        ("User jane may run the following commands on web:", "User <user> may run the following commands on web:"),
        ("sudo[1]: jane : TTY=pts/0 ; PWD=/srv", "sudo[1]: <user> : TTY=pts/0 ; PWD=/srv"),
        ("Owner: CORP\\jane", "Owner: CORP\\<user>"),
        ("chown jane:jane app.log", "chown <user>:<user> app.log"),
        ("sudo -u jane make", "sudo -u <user> make"),
        ("chown jane:staff x", "chown <user>:staff x"),
        ("uid=501(jane) gid=20(staff) groups=20(staff)", "uid=501(<user>) gid=20(staff) groups=20(staff)"),
        (
            "uid=1000(jane) gid=1000(jane) groups=1000(jane),27(sudo)",
            "uid=1000(<user>) gid=1000(<user>) groups=1000(<user>),27(sudo)",
        ),
        ("jane:x:1000:1000:Jane Doe,,,:/home/jane:/bin/bash", "<user>:x:1000:1000:<name>,,,:/home/<user>:/bin/bash"),
        ("$ whoami\njane\n", "$ whoami\n<user>\n"),
        ("--username jane x", "--username <user> x"),
        ("Account Name:\t\tjane", "Account Name:\t\t<user>"),
        ("<username>jane</username>", "<username><user></username>"),
        ("Logged in as jane.", "Logged in as <user>."),
        ("Disconnected from user jane 10.0.0.4 port 22", "Disconnected from user <user> <ip> port 22"),
        ("--user=jane.doe x", "--user=<user> x"),
    ),
    spares=(
        "user: User, user = get_user(), user=request.user, username=username, user: null",
        "user: string; user=$USER user=${USER} user=<user> user=%s",
        "User: hello there\nUser: yes\nAssistant: ok",
        "user = models.ForeignKey(User)",
        "USER=root USER=runner USER=node",
        "for user experience, by user input, as user data",
        "const user = await db.user.find()",
        "root:x:0:0:root:/root:/bin/bash",
        "uid=0(root) gid=0(root) groups=0(root)",
        '"user": "postgres", "username": "admin"',
        '"role": "user", "login": true',
        "login: false; open(login=handler)",
        "docker run -u 1000 --user root",
        "whoami\nroot\n",
        "run whoami to see",
        'user="user"',
        "chown root:root /x; chown -R www-data:www-data .",
        "mkdir $env:USERPROFILE\\projects",
        "owner: A\\nfoo, re.match(r'user\\d+')",
        "Service Quotas User Guide</a> or SAMAccountName: 'Print Operators'",
        "the user is not logged in as expected",
    ),
    anchors=_ANCHORS,
    signs=(b"name", b"user", b"login", b"\\", *_ANCHORS),
)
