"""Finds secrets known only by the name they stand under: `password: …`, `API_KEY=…`, `"client_secret": "…"`.

In shell, .env, JSON, YAML, TOML, INI, XML, code, headers, options of commands, connection strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import NOT_ASCII, Detector, Span, Text
from tachograph_sdk.privacy.detectors.foreign_words import FOREIGN_WORDS, foreign_values
from tachograph_sdk.privacy.detectors.key_names import SecretName, secret_name
from tachograph_sdk.privacy.detectors.keyed_examples import CATCHES, SPARES
from tachograph_sdk.privacy.detectors.person_words import is_login
from tachograph_sdk.privacy.detectors.secret_values import is_beyond_doubt, is_gibberish, is_secret

__all__ = ["DETECTOR"]

_OTHER = frozenset(range(256)) - frozenset(b"abcdefghijklmnopqrstuvwxyz")
_ANCHORS: tuple[tuple[bytes, frozenset[int]], ...] = (  # part of a name, and what may follow it: "tokens" are a metric
    (b"pass", _OTHER | set(b"wpcve")),
    (b"pwd", _OTHER | set(b"v")),
    (b"pw", _OTHER),
    (b"secret", _OTHER | set(b"vb")),
    (b"token", _OTHER | set(b"v")),
    (b"key", _OTHER | set(b"bvid")),
    (b"auth", _OTHER),
    (b"cred", _OTHER | set(b"es")),
    (b"phrase", _OTHER),
    (b"_pat", _OTHER),
    (b"mnemonic", _OTHER),
    *((word, _OTHER) for word in (b"kennwort", b"wachtwoord", b"senha", b"heslo", b"parola")),
)
_NAME = b"abcdefghijklmnopqrstuvwxyz0123456789_-."
_BACK = 48
_LONG = 200
_REST = re.compile(rb"[A-Za-z0-9_-]{0,48}+")
_SEPARATOR = re.compile(
    rb"(?:(?P<node>[\"'](?:\r?\n\r?\n|\s{0,8}\{\s{1,40}(?:(?:type|description|sensitive|nullable)[^\n]{0,160}\n\s{0,24}){0,4}default\s{0,16}=\s{0,8}))"
    rb"|(?P<pair>[\"']?[ \t]{0,8}(?:[,;]|:\s{0,8}\{?)?\s{0,24}[\"']?value[\"']?\s{0,4}[:=]\s{0,4})"
    rb"|(?:\[\w{0,4}\])?(?P<close>[\"'`])?[\])]{0,2}\*{0,2}(?P<note>[ \t]\([a-z][a-z ,\x27]{2,40}\)(?=:[ \t]))?[ \t]{0,24}(?P<op>:=|=>|->|[=!]==?|\?=|\+=|[:=](?!:))\*{0,2}[ \t]{0,24}"
    rb"|(?P<xml>(?:[\"'](?=>))?(?:[ \t]{1,4}[A-Za-z:-]{2,16}=[\"'][^\"'<>\n]{0,48}[\"']){0,2}>\s{0,24}(?:<!\[CDATA\[)?|</key>\s{0,24}<string>)"
    rb"|(?P<call>\()(?=[\"'])"
    rb"|(?P<typed>[ \t]{1,8}(?:string|String|str|text)[ \t]{0,4}=[ \t]{0,4})(?=[\"'`])"
    rb"|(?P<argument>[\"'],\s{0,24})(?=[\"'])"
    rb"|(?P<cell>[\"'`]?[ \t]{0,24}\|[ \t]{1,24})"
    rb"|(?P<gap>[ \t]{1,8})(?P<says>(?:(?:for|on) (?:the |our |my )?[\w.@-]{1,24} (?=is |was ))?(?:is|was|of|to|ist|war|lautet|est|es|era|\?|jest):?[ \t]{1,4})?)"
)
_ANNOTATION = re.compile(
    rb"[A-Za-z_][\w.]{0,40}(?:\[[\w., |\[\]]{0,40}\])?(?:\s{0,4}\|\s{0,4}\w{1,20})?\??\s{0,4}=\s{0,4}(?=[rbfuRBFU]{0,2}[\"'])"
)
_QUOTE = re.compile(rb"(?:[rbfuRBFU@$]{1,2}(?=[\"'])|!!str\s+)?(\"\"\"|'''|[\"'`])")
_INSIDE = {
    b'"': re.compile(rb'[^"\\\r\n]{0,4096}+(?>(?:\\.[^"\\\r\n]{0,4096}+){0,512})'),
    b"'": re.compile(rb"[^'\\\r\n]{0,4096}+(?>(?:\\.[^'\\\r\n]{0,4096}+){0,512})"),
    b"`": re.compile(rb"[^`\\\r\n]{0,4096}+(?>(?:\\.[^`\\\r\n]{0,4096}+){0,512})"),
}
_BARE = re.compile(rb"[^\s\"'`<>]{1,512}+")
_REST_OF_BARE = re.compile(rb"[^\s\"'`<>,;&|(){}\[\]]{0,65536}+")
_XML_VALUE = re.compile(rb"[^<\r\n\]]{1,1024}+(?=</|\]\]>)")
_BLOCK = re.compile(rb"[|>][+-]?[ \t]{0,8}\r?\n[ \t]{1,32}")
_PROSE = re.compile(rb"[ \t]{1,8}[A-Za-z(]")  # the value is a word of a sentence
_SNAKE = re.compile(r"[a-z]+[0-9]*(?:_[a-z0-9]+)+")
_NEXT_SETTING = re.compile(rb"\\[nrt\"']|[&,][\w .%-]{1,40}=|;|&&|[&|](?:\s|\Z)|,\s")
_SETTING = re.compile(rb"[A-Z][A-Z0-9]*_[A-Z0-9_]{2,40}=")
_IN_URL = re.compile(rb"[&#]")
_LOUD_BEFORE = re.compile(
    rb"(?:^|[\s;&|\"'`(])(?:--?[a-z][\w-]{0,24}[= ]\s?|(?:export|set|env|setx|declare -x|ENV|ARG|-e|local|readonly)\s+)?[\"']?\Z|--[\w.-]{0,64}\Z",
    re.I,
)
_SETTERS = (
    b"ENV",
    b"ARG",
    b"setx",
    b"SetEnv",
    b"setenv",
    b"secret set",
    b"secrets set",
    b"config set",
    b"config:set",
    b"configure set",
    b"/:",
)
_PAIR = re.compile(  # auth=("jane", "…"), HTTPBasicAuth("jane", "…")
    rb"[ \t]{0,4}=?[ \t]{0,4}[(\[]\s{0,4}[\"']([^\"'<>${}\n]{1,64})[\"']\s{0,4},\s{0,4}[\"']([^\"'<>${}\n]{3,128})[\"']\s{0,4}[)\]]"
)
_WRAPPED = re.compile(  # emphasis, brackets and typographic quotes around a value
    r"(?:\*{1,2}|__|[(\[<\u201c\u201e\u2018\u00ab\u300c])([^\s\"'<>*()\[\]\u201c\u201d\u2018\u2019\u00ab\u00bb\u300d]{6,512}+)(?:[*)\]>\u201c\u201d\u2019\u00bb\u300d]|__)"
)
_NEXT_LINE = re.compile(rb"\r?\n[ \t]{1,64}(?=[\"'])")
_PLACE = re.compile(rb"[./:]")  # in hosts, paths and addresses
_RANDOM = re.compile(
    rb"(?=[\w+/]*[0-9])(?=[\w+/]*[A-Z])(?=[\w+/]*[a-z])[A-Za-z0-9+/_]{20,512}+={0,2}(?![\w.(-])|[0-9a-f]{32,512}+(?![\w.(-])"
)
_ODD_WORD = re.compile(rb"(?=[A-Za-z!#%&*?@^+_-]{0,64}+[0-9])[A-Za-z0-9!#%&*?@^+_-]{8,64}+(?![\w.(\[/:=])")
_LAST_WORD = re.compile(rb"[a-z]{2,13}+(?= \Z)")
_WORD_AND_NUMBER = re.compile(rb"[A-Za-z]{5,24}[0-9]{3,6}[!?#*]{0,3}")
_LOGIN_BESIDE = re.compile(  # `login: jane / password: …`
    rb"(?i:\b(?:user(?:name)?|login|account)[ \t]{0,4}[:=]?[ \t]{1,4})([A-Za-z][\w.-]{1,48})[ \t]{0,4}(?:[/|,; \t]|\r?\n)[ \t]{0,24}[\"']?\Z"
)
_BARE_KEY = re.compile(  # `key = …`: of what it is the key, nobody says; but nothing else looks so
    rb"(?<![\w.-])key[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?((?=[a-z0-9]{0,99}[A-Z])(?=[A-Z0-9]{0,99}[a-z])(?=[A-Za-z]{0,99}[0-9])"
    rb"[A-Za-z0-9]{28,256}+)(?![\w.(/+=-])"
)
_LOGIN_BEFORE = re.compile(rb"(?:machine|default|login|account|user|host)\s+[^\s,]{1,128}\s+\Z")


# The quickest look at what follows a name: most names in prose and code are refused here, at a tenth of the price. It
# lets through all that _SEPARATOR does; but of a space, only if the value has a quote or a digit or something announces
# it before the name: an option, a command that sets, a login. What "is" announces needs a digit.
_MAYBE = re.compile(
    rb"[a-z0-9_-]{0,48}+(?:(?:\[\w{0,4}\])?[\"'`\])*]{0,6}[ \t]{0,24}(?:[=:>|?!+]|->|</key>|\((?=[\"'])|,\s{0,24}[\"'])"
    rb"|[\"']\s{0,8}[\n{]|[\"']?[ \t]{0,8}[,;]?\s{0,24}[\"']?value"
    rb"|[ \t]\([a-z][a-z ,\x27]{2,40}\):|[ \t]{1,4}[a-z:-]{2,16}=[\"'][^\"'<>\n]{0,48}[\"']>"
    rb"|[ \t]{1,8}(?:(?:is|was|of|to|ist|war|lautet|est|es|era|jest):?[ \t]{1,4}+(?=[a-z])[^\s0-9?\"'`<>]{1,150}+(?=[\s<>]|\Z)()"
    rb"|(?:for|on) (?:the |our |my )?[\w.@-]{1,24} (?:is|was)\b|(?:is|was|of|to|ist|war|lautet|est|es|era|jest|string|str|text)\b|\? |[\"'(]|[^\s0-9]{0,40}[0-9])|([ \t]))"
)

_OPTION_KEY = SecretName("secret", False)
_SHORT, _MOST = 40, 4096
_harmless: set[tuple[str, SecretName, bool, bool, bool]] = set()
"""Short values that are no secrets, as `is_secret` said before: types and words that stand there again and again."""


def _find(text: Text) -> Iterator[Span]:
    yield from foreign_values(text)
    lower = text.lower
    done = 0
    places: list[int] = []
    end = len(lower)
    for anchor, following in _ANCHORS:
        size = len(anchor)
        places += [at for at in text.places(anchor) if at + size < end and lower[at + size] in following]
    places.sort()
    for at in places:
        if at < done or (maybe := _MAYBE.match(lower, at)) is None:
            continue
        if maybe.lastindex and not _is_announced(lower[max(at - 64, 0) : at]):
            continue
        rest = _REST.match(lower, at)
        assert rest
        done = rest.end()
        before = lower[max(at - _BACK, 0) : at]
        start = at - len(before) + len(before.rstrip(_NAME))
        start = done - len(lower[start:done].lstrip(b"-."))
        name = secret_name(text.ascii[start:done].decode("ascii"))
        if name is None and lower[at : at + 3] == b"key":
            if lower[start - 2 : start] == b"--" or text.ascii[start:done] == b"KEY":
                name = _OPTION_KEY
            else:
                name, start = _spaced_name(text, at, start, done)
        if lower.startswith(b"auth", at) and (pair := _PAIR.match(text.ascii, done)):
            yield Span(*pair.span(1), "user", "login-pair")
            yield Span(*pair.span(2), "password", "login-pair")
        elif name and (found := _value(text, start, done, name)):
            done = max(done, found.end)
            if found.kind:
                yield found
                yield from _login_beside(text, start, found.kind)
        elif name is None and (bare := _BARE_KEY.match(text.ascii, start)) and is_gibberish(bare[1].decode()):
            yield Span(*bare.span(1), "secret", "secret-by-name")


def _login_beside(text: Text, start: int, kind: str) -> Iterator[Span]:
    """The login that stands before a password, in `login: jane / password: …`."""
    match = _LOGIN_BESIDE.search(text.ascii, max(start - 80, 0), start) if kind == "password" else None
    if match and is_login(match[1].decode()) and not secret_name(match[1].decode()):
        yield Span(*match.span(1), "user", "login-pair")


def _is_no_word(said: bytes) -> bool:
    """Whether what follows "password" in a sentence can only be one: gibberish, or a word with a number glued to it."""
    return _WORD_AND_NUMBER.fullmatch(said) is not None or is_gibberish(said.decode())


def _is_announced(before: bytes) -> bool:
    """Whether an option, a command that sets or a login before a name makes any word after it a value."""
    return (
        b"-" in before or b"set" in before or b"env" in before or b"arg" in before or b"/:" in before or b"login" in before
        or b"user" in before or b"require" in before or b"master" in before or b"machine" in before
        or b"default" in before or b"account" in before or b"host" in before or b"define" in before
    )  # fmt: skip


def _spaced_name(text: Text, at: int, start: int, end: int) -> tuple[SecretName | None, int]:
    """`API key: …`, in words: two of them make the name."""
    if start != at or end != at + 3 or text.lower[at - 1 : at] != b" ":
        return None, start
    begin = max(at - 14, 0)
    word = _LAST_WORD.search(text.lower, begin, at)
    if word is None:
        return None, start
    name = secret_name(word[0].decode("ascii") + "_key")
    return (name if name and name.sure else None), word.start()


def _value(text: Text, start: int, end: int, name: SecretName) -> Span | None:
    """The value under the name that stands from `start` to `end`."""
    data = text.ascii
    separator = _SEPARATOR.match(data, end)
    if separator is None:
        wide = text.text[end : end + 1] in ("\uff1a", "\uff1d")
        return _bare(text, end + 1, name, loud=False, doubtful=True, code=False, before=b"") if wide else None
    at = separator.end()
    group = separator.lastgroup
    before = data[max(start - 80, 0) : start]
    if before.endswith((b"://", b"::")) or (group in ("cell", "gap", "says") and before.endswith((b"$", b"${"))):
        return None  # the user of a URL; a name in a space of names
    if group == "node" and separator["node"][1:].isspace() and not before.endswith((b'name="', b"name='")):
        return None  # only a part of a form has its value behind an empty line
    loud = False
    doubtful = False
    code = False
    if group == "op":
        operator = separator["op"]
        if operator == b":" and (annotation := _ANNOTATION.match(data, at)):
            at = annotation.end()
        # A comparison, perhaps with a plain word; a remark in brackets, perhaps a sentence behind it.
        doubtful = operator in (b"==", b"!=", b"===", b"!==") or separator["note"] is not None
        code = operator == b"=" and before.rstrip().endswith(b",")
        loud = operator == b"=" and separator.end() - end == 1 and _is_loud(data[start:end], before)
        if block := _BLOCK.match(data, at):
            at = block.end()
    elif group == "xml":
        if not before.endswith((b"<", b":", b'key="', b'name="')) and data[end : end + 2] != b"</":
            return None
        match = _XML_VALUE.match(data, at)
        return _judged(text, at, match.end(), name, quoted=True) if match else None
    elif group == "call" and b"get" in text.lower[start:end]:
        return None
    elif group in ("call", "argument", "says", "cell"):
        if (
            group == "says"
            and data[separator.start("says")] == 63
            and text.text[separator.start("says")] not in "\u00e8\u00e9"
        ):
            return None  # a choice in code, no Italian verb
        doubtful = not before.endswith((b"define('", b'define("'))
    elif group == "gap":
        if data[at : at + 1] in (b"'", b'"'):
            doubtful = not (name.kind == "password" and name.sure)  # SQL: WITH PASSWORD '…'
        elif data[at : at + 1] == b"-":
            return None  # the next option
        elif _takes_a_word(text.lower[start:end], before):
            loud = True
        elif name.kind != "password" or b" " not in before.rstrip() or not _LOGIN_BEFORE.search(before):
            if name.kind == "password" and (said := _ODD_WORD.match(data, at)) and _is_no_word(said[0]):
                return Span(*said.span(), "password", "password-by-name")
            random = (
                _RANDOM.match(data, at + (data[at : at + 1] == b"(")) if name.sure else None
            )  # "the deploy key … was revoked"
            return Span(*random.span(), name.kind, f"{name.kind}-by-name") if random else None
    elif group == "pair":
        loud = data[start:end].isupper()
    if data.startswith(b"!!str ", at):
        at += 6
    if wrapped := _WRAPPED.match(text.text, at):
        return _judged(text, *wrapped.span(1), name, quoted=True, doubtful=True)
    if group == "op" and (separator["close"] or data[end : end + 1] == b":") and (line := _NEXT_LINE.match(data, at)):
        at = line.end()
        doubtful = doubtful or not separator["close"]
    quote = _QUOTE.match(data, at)
    if quote:
        at = quote.end()
        inside = _INSIDE[quote[1][:1]].match(data, at)
        stop = inside.end() if inside else at
        if data[stop : stop + 1] != quote[1][:1]:  # cut short
            cut = _BARE.match(data, at)
            stop = min(stop, cut.end()) if cut else stop
        if group == "argument" and doubtful and _PLACE.search(data, at, stop):
            return None
        if group == "op" and separator["op"] == b"->" and _SNAKE.fullmatch(text.text, at, stop):
            return None  # one name becomes another
        return _judged(text, at, stop, name, quoted=True, loud=loud, doubtful=doubtful)
    if doubtful and group not in ("says", "cell", "op"):
        return None
    code = code or (separator["close"] is not None and not loud)
    return _bare(text, at, name, loud=loud, doubtful=doubtful, code=code, before=before)


def _bare(
    text: Text, at: int, name: SecretName, *, loud: bool, doubtful: bool, code: bool, before: bytes
) -> Span | None:
    """A value without quotes: to the next space, and no further than the setting."""
    data = text.ascii
    if data.startswith(b"base64:", at):
        at += 7  # Laravel
    match = _BARE.match(data, at)
    if match is None:
        return None
    stop = match.end()
    if stop - at == 512 and (rest := _REST_OF_BARE.match(data, stop)):
        stop = rest.end()
    ends = _IN_URL if before.endswith((b"?", b"&")) else _NEXT_SETTING
    if following := ends.search(data, at, stop + 1):
        stop = min(following.start(), stop)
    value = data[at:stop]
    if value.endswith(b"4_request"):
        return None  # the scope of a signature, whose secret part has a shape of its own
    trimmed = value.rstrip(b",;")
    for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}")):
        while trimmed.endswith(closing) and trimmed.count(closing) > trimmed.count(opening):
            trimmed = trimmed[:-1].rstrip(b",;")
    if trimmed.endswith((b".", b":")) or (doubtful and trimmed.endswith((b"!", b"?"))):
        trimmed = trimmed[:-1]
    code = (
        (code and not trimmed.isdigit())
        or len(trimmed) < len(value)
        or data[stop : stop + 1] in (b"(", b"[")
        or data[stop : stop + 2] in (b" (", b" =")
    )
    stop = at + len(trimmed)
    spaced = data[at - 1 : at] != b":"
    if data[at - 1 : at] != b"=" and not loud and trimmed.isalpha() and _goes_on(data, stop, spaced=spaced):
        return None
    return _judged(text, at, stop, name, quoted=False, loud=loud, doubtful=doubtful, code=code)


def _takes_a_word(name: bytes, before: bytes) -> bool:
    """Whether a value follows a name after a space: an option, a setting of Redis, what sets variables."""
    option = before.endswith((b" -", b"--", b"'-", b'"-')) or before == b"-"
    return option or name in (b"requirepass", b"masterauth", b"masterpass") or before.rstrip().endswith(_SETTERS)


def _goes_on(data: bytes, stop: int, *, spaced: bool) -> bool:
    """Whether a word is followed by another one, or by the quote that began before the name."""
    return _PROSE.match(data, stop) is not None or (not spaced and data[stop : stop + 1] in (b"'", b'"'))


def _judged(
    text: Text,
    start: int,
    end: int,
    name: SecretName,
    *,
    quoted: bool,
    loud: bool = False,
    doubtful: bool = False,
    code: bool = False,
) -> Span | None:
    if not quoted and (setting := _SETTING.match(text.ascii, start, end)):
        start = setting.end()  # `secret: API_KEY=…`
    value = text.text[start:end]
    stripped = value.strip()
    seen = (stripped, name, quoted, loud, code)
    if seen in _harmless or not is_secret(stripped, name, quoted=quoted, loud=loud, code=code):
        if len(stripped) <= _SHORT:
            if len(_harmless) >= _MOST:
                _harmless.clear()
            _harmless.add(seen)
        # What is long and no secret is not looked at again from each name in it: that would take the square of it.
        return Span(end, end, "", "refused") if end - start >= _LONG else None
    if doubtful and not is_beyond_doubt(stripped, name):
        return None
    start += len(value) - len(value.lstrip())
    kind = "secret" if name.kind == "phrase" else name.kind
    return Span(start, start + len(stripped), kind, f"{name.kind}-by-name")


def _is_loud(name: bytes, before: bytes) -> bool:
    """Whether a name before `=` is that of an environment variable or an option."""
    return before.endswith(b"-") or (name.upper() == name and _LOUD_BEFORE.search(before) is not None)


DETECTOR = Detector(
    id="keyed_values",
    help="Values that only their name shows to be secret (password, api_key, client_secret …), in any notation.",
    find=_find,
    catches=CATCHES,
    spares=SPARES,
    signs=(*(anchor for anchor, _ in _ANCHORS), *FOREIGN_WORDS, NOT_ASCII),
    anchors=(*(anchor for anchor, _ in _ANCHORS), *FOREIGN_WORDS),
)
