"""Names of people behind keys such as `full_name`, in directory entries, salutations and titles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.person_words import is_login, is_person, name_fields
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_KEYS = words(
    "fullname firstname lastname givenname familyname surname middlename maidenname realname legalname personname"
    " customername patientname employeename contactname cardholdername accountholdername holdername ownername"
    " assigneename reviewername managername recipientname sendername studentname userfullname userdisplayname"
    " displayname preferredname nameoncard gitname birthname secondname forename ownerfullname"
)
_WHOLE_NAMES = words(
    "fullname displayname preferredname userdisplayname contactname ownername"
)  # of things too: two words
_VALUE = re.compile(r"[^\W\d_](?:[^\n\"'`<>{}()\[\]$;,|&=:/\\@#%*+?!]|(?<=\w)'(?=\w)){1,60}")
_WORDS = r"[^\W\d_a-z][\w.'\u2019-]{0,40}(?: (?:[^\W\d_a-z][\w.'\u2019-]{0,40}|van|von|der|den|de|del|da|bin|al)){0,4}"
_PLAIN = re.compile(_WORDS)

# `CN=Jane Doe,OU=People,DC=example`, `uid=jane,ou=people`.
_COMMON_NAME = re.compile(
    r"cn=(?P<name>[^\W\d_][^,=\n\"+<>;\\/]{1,60})(?=,\s?(?:ou|o|dc|c|cn|l|st)=|/(?:ou|o|emailaddress)=)", re.IGNORECASE
)
_UID = re.compile(r"uid=(?P<user>[^\W\d][\w.-]{1,40})(?=,\s?(?:ou|dc|cn|o)=)", re.IGNORECASE)
_THINGS = words(
    "ca authority root service services server issuing intermediate signing certificate encrypt trust global digicert"
    " globalsign sectigo comodo secure tls ssl rsa ecc ev dv users computers groups group admins domain controllers"
    " builtin schema configuration test localhost client device agent operator people staff employees managers"
)

_DEAR = re.compile(
    r"(?<!\w)(?:Dear|Hello|Hi|Hey|Bonjour|Hola|Liebe|Lieber|Hallo|Ciao) (?:Mr\.? |Mrs\.? |Ms\.? |Dr\.? |Prof\.? |Frau |Herr |Mme |M\. )?"
    r"(?P<name>[A-Z\u00c0-\u00de][^\W\d_A-Z]{1,24}(?:-[A-Z][a-z]+)? [A-Z\u00c0-\u00de][^\W\d_]{1,24}(?:[-'\u2019][A-Z][a-z]+)?)(?=[,!\n:]|\Z)"
)
_TITLE = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Dr|Prof|Frau|Herr|Mme|Mlle|Sra)\.? (?:Dr\.? )?"
    r"(?P<name>[A-Z\u00c0-\u00de][^\W\d_A-Z]{1,24}(?: [A-Z]\.)?(?:[ -][A-Z\u00c0-\u00de][^\W\d_A-Z]{1,24}){0,2})(?!\w)"
)
_ROLES = (
    b"assignee: ",
    b"reporter: ",
    b"reviewer: ",
    b"approver: ",
    b"approved by: ",
    b"reported by: ",
    b"assigned to: ",
)
_MORE = frozenset(" ([{_=/\\:")
_TITLES = (b"mr. ", b"mrs. ", b"ms. ", b"dr. ")
_GREETINGS = (b"dear ", b"hello ")
_NO_SECOND = words(
    "world there team all everyone everybody folks friend friends user users reviewer reviewers claude kitty"
)


def _find(text: Text) -> Iterator[Span]:
    yield from _by_key(text)
    yield from _by_role(text)
    yield from _in_directories(text)
    yield from _addressed(text)


def _by_key(text: Text) -> Iterator[Span]:
    for field in name_fields(text):
        key = field.key
        if key == "name" and text.lower[max(0, field.start - 5) : field.start] in (b"full ", b"legal"):
            key = "fullname"
        if key not in _KEYS:
            continue
        match = (_VALUE if field.quote else _PLAIN).match(text.text, field.at)
        if match is None:
            continue
        name = match[0].strip()
        if field.quote and text.text[match.end() : match.end() + 1] != field.quote:
            continue
        if not field.quote and text.text[match.end() : match.end() + 1] in ("(", ".", "[", "{", "<", "_", ":"):
            continue
        if key in _WHOLE_NAMES and len(name.split()) < 2 and name.isascii():
            continue
        if is_person(name) or (field.quote and name.islower() and key not in _WHOLE_NAMES and is_person(name.title())):
            yield Span(field.at, field.at + len(name), "name", "name-key")


def _by_role(text: Text) -> Iterator[Span]:
    """`Assignee: Jane Doe`, as trackers write it."""
    for anchor in _ROLES:
        for at in text.places(anchor):
            match = _PLAIN.match(text.text, at + len(anchor))
            if match is None or text.lower[at - 1 : at].isalnum() or text.text[match.end() : match.end() + 1] in _MORE:
                continue
            if 2 <= len(match[0].split()) <= 4 and is_person(match[0]):
                yield Span(*match.span(), "name", "role")


def _in_directories(text: Text) -> Iterator[Span]:
    for at in text.places(b"cn="):
        match = _COMMON_NAME.match(text.text, at)
        if match is None or text.text[at - 1 : at].isalnum():
            continue
        name = match["name"]
        if len(name.split()) > 1 and is_person(name) and _THINGS.isdisjoint(name.lower().split()):
            yield Span(*match.span("name"), "name", "directory")
        elif " " not in name and name.islower() and is_login(name) and name not in _THINGS and "." not in name:
            yield Span(*match.span("name"), "user", "directory")
    for at in text.places(b"uid="):
        if (match := _UID.match(text.text, at)) and is_login(match["user"]):
            yield Span(*match.span("user"), "user", "directory")


def _addressed(text: Text) -> Iterator[Span]:
    whole = text.text
    for anchor in _GREETINGS:
        for at in text.places(anchor):
            match = _DEAR.match(whole, at)
            if match and is_person(match["name"]) and _NO_SECOND.isdisjoint(match["name"].lower().split()):
                yield Span(*match.span("name"), "name", "salutation")
    for anchor in _TITLES:
        for at in text.places(anchor):
            match = _TITLE.match(whole, at)
            if match and is_person(match["name"]):
                yield Span(*match.span("name"), "name", "title")


DETECTOR = Detector(
    id="person_fields",
    help="Names of people behind keys such as `full_name`, in LDAP entries, and behind titles and salutations.",
    find=_find,
    catches=(
        ('{"full_name": "Jane Doe"}', '{"full_name": "<name>"}'),
        ("firstName: 'Jane', lastName: 'Doe'", "firstName: '<name>', lastName: '<name>'"),
        ("Full name: Jane Doe", "Full name: <name>"),
        ('"full_name": "Jane O\'Doe"', '"full_name": "<name>"'),
        ("display_name=Jane Doe", "display_name=<name>"),
        ("CN=Jane Doe,OU=Users,DC=corp,DC=example", "CN=<name>,OU=Users,DC=corp,DC=example"),
        ("uid=jdoe,ou=people,dc=example", "uid=<user>,ou=people,dc=example"),
        ("cn=jdoe,ou=people,dc=example", "cn=<user>,ou=people,dc=example"),
        ("Dear Jane Doe,", "Dear <name>,"),
        ("Hello Jane Doe, thanks", "Hello <name>, thanks"),
        ("ask Dr. Jane Doe about it", "ask Dr. <name> about it"),
        ("by Dr. William H. Wolberg", "by Dr. <name>"),
        ("Mr. Smith wrote", "Mr. <name> wrote"),
        ("Assignee: Jane Doe", "Assignee: <name>"),
        ("given_name = J\u00fcrgen", "given_name = <name>"),
    ),
    spares=(
        "Hello World, Hello There, Dear Customer, Hello Kitty!",
        "CN=Let's Encrypt Authority X3,O=Let's Encrypt",
        "CN=DigiCert Global Root CA,OU=www.digicert.com",
        "CN=localhost,OU=dev",
        "full_name: str; first_name = models.CharField(max_length=30)",
        '"display_name": "Claude Code", "full_name": "org/repo"',
        '"first_name": {"type": "string"}, "last_name": "string"',
        "file_name=Report; class_name = Foo; hostname: x",
        "table_name: Users, event_name: 'Page View'",
        "display_name=Test User",
        "Reviewer: Platform Team, Assignee: None",
    ),
    signs=(b"name", b"cn=", b"uid=", *_ROLES, *_GREETINGS, *_TITLES),
    anchors=(b"cn=", b"uid=", *_ROLES, *_GREETINGS, *_TITLES),
)
