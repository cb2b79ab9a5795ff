"""Whether a value that stands under the name of a secret is one, or a placeholder, a type, a look-up, a word of prose."""

from __future__ import annotations

import re
from itertools import pairwise
from string import ascii_lowercase, ascii_uppercase, digits

from tachograph_sdk.privacy.detectors.key_names import SecretName

__all__ = ["is_beyond_doubt", "is_gibberish", "is_secret", "looks_random"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_VOCABULARY = _set(
    # what people write where a secret will be
    "password passwd passwords pwd pass passphrase passcode passwort kennwort contrasena senha secret secrets token tokens"
    " key keys api apikey access auth authorization authentication user username users name new old current confirm"
    " confirmation reset forgot forgotten change changed update login signin signup field input form txt text label hint"
    " your my the a an here this that our their todo tbd na unset set unknown void placeholder example sample dummy fake"
    " mock changeme replace replaceme insert enter value values hidden masked redacted removed filtered sensitive protected"
    " encrypted plain plaintext secure stars censored omitted xxx xxxx foo bar baz test testing"
    # types and literals
    " string str int integer bool boolean bytes byte object any number float double char varchar null none nil undefined"
    " true false yes no on off optional maybe required missing invalid valid empty default self cls args kwargs opts"
    " options option config cfg settings params param parameter request req response res ctx context props state store data"
    " var let const env environ environment process prompt ask stdin file path vault keyring getpass typing list dict map"
    " set array record unsafe readonly date datetime type kind function func lambda callable promise async await"
    # kinds of tokens and of hashing
    " challenge reserved unreserved rsa dsa ecdsa ed25519 ssh aes hmac pem pkcs openssh sha sha1 sha256 sha512 md5 bcrypt argon2 hash hashed digest bearer basic oauth oauth2 jwt csrf xsrf refresh id ids"
    " session bot client server app application public private db database credentials credential creds service account"
    # prose after a colon
    " is was are be to and or for with without from in if not must may can will should has have as by on at of it"
    " expired changed sent wrong incorrect mismatch ok failed failure success accepted rejected denied granted only"
    " please use used using see stored never always when where which then than into via per both either neither"
)  # fmt: skip
_PAIRS = _set(  # of letters next to each other: 95 of 100 in names and words, 37 of 100 in random letters
    "ab ac ad ag ai ak al am an ap ar as at au av ay ba be bi bl bo br bs bu ca cc ce ch ci ck cl co cr cs ct"
    " cu da dd de di dl do ds du ea eb ec ed ee ef eg ei el em en eo ep eq er es et ev ew ex fa fe ff fi fl fo"
    " fr ft fu ga ge gh gi gl gn go gr gs gu ha he hi ho hr ht ia ib ic id ie if ig il im in io ip ir is it iv"
    " ix iz ke ki ks la ld le li ll lo ls lt lu ly ma mb me mi mm mo mp ms mu na nc nd ne nf ng ni nk nl nn no"
    " ns nt nu nv oa ob oc od og oi ok ol om on oo op or os ot ou ov ow pa pe pi pl po pp pr ps pt pu py qu ra"
    " rc rd re rf rg ri rk rl rm rn ro rp rr rs rt ru rv ry sa sc se sh si sl so sp ss st su sy ta tc te th ti"
    " tl tm to tp tr ts tt tu ty ua ub uc ue ug ui ul um un up ur us ut va ve vi wa we wi wo wr xc xe xi xp xt"
    " yn yp ys yt ze"
)
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+")
_REFERENCE = re.compile(
    r"(?:&(?:lt|#60|#x3c);?|\^|\[[^\]]*-[^\]]*\]|\(\?|[<$({\[`#]\w*[({]|\$\w|\$\$|<|\{|%\(|%[A-Za-z_]+%|%[sdrv@]|\\?\$\{|\*{3,}|\.{3}|\u2026|_{3,}|-{3,}|\?{2,}|"
    r"\u2022{3,}|(?:env|vault|arn|op|file|aws|gcp|azure|ssm|secretsmanager|keyvault|keychain|keyring|bw|pass|sops|ref|"
    r"https?|data|urn|mailto|ENC|encrypted)(?::|\(|\[)|ENC\[|\[[A-Za-z*_. -]+\]?$|/(?:etc|run|var|opt|usr|home|tmp|"
    r"dev|mnt|root|secrets?|app|config)/|~/|\.{1,2}/|@@|process\.|os\.|self\.|this\.)",
    re.I,
)
_DUMMY = re.compile(
    r"[xX*.\-_#?0\u2022]+|(?:your|(?:my|the|an?|some|insert|enter|replace|put|add)[-_ ]).{0,40}?"
    r"(?:token|key|secret|password|passwd|pwd|here|value|it|me|this|goes)\b.{0,16}|.*(?:\byour[-_ ]|[-_]here\b|xxxxxx).*",
    re.I,
)
_CODE = re.compile(r"[!&*]{0,2}[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)*(?:[(\[{].*|[?!]?\.?)", re.S)
_CHAIN = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*)+")
_CALL = re.compile(r"[A-Za-z_$][\w$.]*(?:::[\w$]+)*[(\[{]")
_NUMBER = re.compile(r"[-+]?[0-9][0-9_,]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?[a-zA-Z%]{0,2}")
_VERSION = re.compile(r"v?[0-9]+(?:\.[0-9]+)+(?:-(?:[0-9]+(?:\.[0-9]+)*)?)?")
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\][\w.@ -]+(?:[/\\][\w.@ -]*)*")
_FILE = re.compile(r"[\w.-]{1,64}\.(?:pem|key|crt|json|ya?ml|toml|txt|env|ini|cfg|py|js|ts|go|rs|rb|java|html?|md|sh)")
_SPACE = re.compile(r"\s")
_DIGIT = re.compile(r"\d")
_UPPER, _LOWER, _DIGITS = (letters.encode() for letters in (ascii_uppercase, ascii_lowercase, digits))
_NO_LETTERS = bytes(code for code in range(256) if not chr(code).isascii() or not chr(code).isalpha())
_CASES = bytes(65 if 65 <= code < 91 else 97 for code in range(256))
_NO_VOWELS = str.maketrans("", "", "aeiouAEIOU")
_SNAKE = re.compile(r"[a-z]+[0-9]*(?:_[a-z0-9]+)+")
_SYMBOL = re.compile(r"[^\w\s-]")


def is_secret(value: str, name: SecretName, *, quoted: bool, loud: bool, code: bool) -> bool:
    """Whether this value is the secret its name announces.

    Args:
        value: without quotes.
        name: what the name says.
        quoted: it stood in quotes: then it is no name of a variable.
        loud: the name is one of an environment variable or option, whose value is taken literally.
        code: it ends as an argument or statement of code does, with a comma, bracket or semicolon.
    """
    if name.kind == "phrase":
        return _is_phrase(value)
    size = len(value)
    if size < 3 or _REFERENCE.match(value) or _DUMMY.fullmatch(value) or _is_vocabulary(value):
        return False
    odd = _has_odd_case(value)
    if not quoted and not (odd and name.sure) and _is_code(value, loud=loud, code=code):
        return False
    if name.kind == "password":
        return _is_password(value, sure=name.sure, quoted=quoted, loud=loud)
    if _SPACE.search(value) or _is_path(value) or _FILE.fullmatch(value):
        return False
    if not name.sure:
        return _CHAIN.fullmatch(value) is None and (odd or looks_random(value, least=16))
    if _NUMBER.fullmatch(value):
        return size >= 8 and value.isdigit() and name.kind == "secret"
    digits = _DIGIT.search(value) is not None
    if digits:
        return size >= 6 if name.kind == "secret" or loud else size >= 8
    if _SYMBOL.search(value.strip("_-./:")) and "." not in value and ":" not in value and "/" not in value:
        return name.kind == "secret" and size >= 8 and any(char.isalpha() for char in value) and "-" not in value
    if odd:
        return True
    mixed = not value.islower() and not value.isupper()
    plain = value.replace("_", "").replace("-", "").isalpha()
    if loud or name.kind == "secret":
        return size >= 8 and plain and (loud or size >= 12 or mixed) and not ("-" in value and size < 16)
    return odd


def is_beyond_doubt(value: str, name: SecretName) -> bool:
    """Nothing that prose or code has there: letters and digits, but no name of a variable."""
    if len(value) < 6 or not any(char.isdigit() for char in value) or not any(char.isalpha() for char in value):
        return False
    if name.kind == "password":
        return _SNAKE.fullmatch(value) is None or value[-1].isdigit()
    return looks_random(value, least=12)


def looks_random(value: str, *, least: int = 16) -> bool:
    """Whether it is made of letters of both cases and digits, or of hex or base64, as no word or identifier is."""
    size = len(value)
    if size < least or _SPACE.search(value) or len(set(value)) < min(8, least):
        return False
    upper, lower, digits = _counts(value)
    if digits and upper and lower:
        return True
    return digits >= size // 6 and upper + lower >= size // 8 and upper + lower + digits >= size * 0.8


def _counts(value: str) -> tuple[int, int, int]:
    """How many large letters, small letters and digits it has."""
    if not value.isascii():
        return sum(map(str.isupper, value)), sum(map(str.islower, value)), sum(map(str.isdigit, value))
    data = value.encode()
    size = len(data)
    return (
        size - len(data.translate(None, _UPPER)),
        size - len(data.translate(None, _LOWER)),
        size - len(data.translate(None, _DIGITS)),
    )


def _is_path(value: str) -> bool:
    """Whether it is a path; base64 that begins with a slash is none."""
    if not _PATH.fullmatch(value):
        return False
    longest = max(value.split("/"), key=len)
    return not (
        len(longest) >= 20 and looks_random(longest, least=20) and longest.lower() != longest and is_gibberish(longest)
    )


def is_gibberish(value: str) -> bool:
    """Whether most of its letters stand next to each other as in no word: eight letters at least are needed to say."""
    low = value.lower()
    pairs = [low[at : at + 2] for at in range(len(low) - 1) if low[at : at + 2].isalpha()]
    return len(pairs) >= 6 and sum(pair in _PAIRS for pair in pairs) < 0.6 * len(pairs)


def _has_odd_case(value: str) -> bool:
    """Letters change between large and small more often than in words, or there are too few vowels for words."""
    size = len(value)
    if size < 8 or value.islower() or value.isupper():
        return False
    if value.isascii():
        cases = value.encode().translate(_CASES, _NO_LETTERS)
        changes = cases.count(b"Aa") + cases.count(b"aA")
    else:
        changes = sum(one != other for one, other in pairwise(char.isupper() for char in value if char.isalpha()))
    vowels = size - len(value.translate(_NO_VOWELS))
    if size < 16:
        return value.isalnum() and (
            (changes >= 0.45 * size and size >= 10)
            or (vowels < 0.15 * size and changes >= 0.3 * size)
            or (changes > 1 and is_gibberish(value))
        )
    return changes > 0.38 * size or (size >= 20 and vowels < 0.25 * size and changes > 0.25 * size)


def _is_vocabulary(value: str) -> bool:
    """Whether it consists of the words that stand for a secret: `your-api-key`, `password_field`, `required|min:8`."""
    if "|" in value and value.partition("|")[0].lower() in _VOCABULARY:
        return True
    if _DIGIT.search(value) is not None and value.lower() not in _VOCABULARY:
        return False
    pieces = _PIECES.findall(value)
    if len(value) > 80 or not pieces:
        return not pieces
    if not value.isascii() and value.isalpha():
        return True  # a label in another language
    return value.lower() in _VOCABULARY or all(piece.lower() in _VOCABULARY for piece in pieces)


def _is_code(value: str, *, loud: bool, code: bool) -> bool:
    """Whether an unquoted value is an expression: a name, a look-up, a call."""
    if value[0] in "([{:\\" or _CALL.match(value):
        return True
    if loud:
        return bool(_CHAIN.fullmatch(value)) and code
    if _CHAIN.fullmatch(value):
        return True
    if not _CODE.fullmatch(value):
        return False
    if _DIGIT.search(value) is None:
        return code or not value.isalpha() or not value.islower()
    pieces = [piece.lower() in _VOCABULARY for piece in _PIECES.findall(value) if len(piece) > 2]
    return bool(pieces) and all(pieces)


def _is_password(value: str, *, sure: bool, quoted: bool, loud: bool) -> bool:
    if _SPACE.search(value):
        return quoted and sure and _is_spaced_password(value)
    if _PATH.fullmatch(value) and _DIGIT.search(value) is None:
        return False
    has_digit = _DIGIT.search(value) is not None
    if not sure:
        return len(value) >= 4 and (
            (loud and not _NUMBER.fullmatch(value)) or (has_digit and any(char.isalpha() for char in value))
        )
    if value.isdigit():
        return len(value) >= 4
    return quoted or not (_NUMBER.fullmatch(value) or _VERSION.fullmatch(value))


def _is_spaced_password(value: str) -> bool:
    """Several words in quotes: a passphrase rather than a sentence about passwords."""
    words = value.split()
    if len(words) > 8 or len(value) > 80 or value[-1] in ".!?:,":
        return False
    known = sum(word.lower().strip(".,:;!?'\"()") in _VOCABULARY for word in words)
    if known:
        return False
    return len(words) >= 3 or any(re.search(r"[0-9]", word) and re.search(r"[A-Za-z]", word) for word in words)


def _is_phrase(value: str) -> bool:
    """12 to 24 short words in lower case."""
    words = value.split()
    return len(words) in (12, 15, 18, 21, 24) and all(3 <= len(word) <= 8 and word.isalpha() for word in words)
