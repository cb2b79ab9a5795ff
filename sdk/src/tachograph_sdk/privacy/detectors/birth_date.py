"""Dates of birth, behind words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DETECTOR"]

_WORDS = (b"birth", b"born", b"dob", b"geb", b"naissance", b"nacim")
_MONTH = (
    r"(?:jan|feb|f[ée]v|mar|m[äa]r|apr|avr|may|mai|jun|juin|jul|juil|aug|ao[uû]|sep|oct|okt|nov|dec|dez|d[ée]c|ene|abr"
    r"|ago|dic|gen|mag|giu|lug|set|ott)[^\W\d_]{0,7}\.?"
)
_DATE = (
    r"(?:(?:19|20)\d{2}(?P<a>[-/. ])(?:0?[1-9]|1[0-2])(?P=a)(?:[12]\d|3[01]|0?[1-9])|(?:[0-3]?\d)(?P<b>[-/. ])(?:[0-3]?\d)(?P=b)(?:19|20)?\d{2}"
    rf"|[0-3]?\d(?:st|nd|rd|th)?\.? (?:de |of )?{_MONTH},? (?:de )?(?:19|20)\d{{2}}|{_MONTH} [0-3]?\d(?:st|nd|rd|th)?,? (?:19|20)\d{{2}}"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?!-\d)(?:(?!\w)|(?=T\d\d:))"
)
_BIRTH = re.compile(
    r"(?:(?<![a-z])dob|birth(?:[ _-]?(?:date|day))?|(?<![a-z])born(?: on| the)?|(?<![a-z])geb(?:oren|\.|urtsdatum|urtstag)?"
    r"(?: am)?|naissance|nacimiento)"
    r"[\"'\])]{0,2}(?: is| was| le| el)?[:= \t]{0,4}[\"'(\[]{0,2}(?P<date>" + _DATE + ")",
    re.IGNORECASE,
)


def _find(text: Text) -> Iterator[Span]:
    for word in _WORDS:
        for at in text.places(word):
            if match := _BIRTH.match(text.text, at):
                yield Span(*match.span("date"), "birth_date", "birth-date")


DETECTOR = Detector(
    id="birth_date",
    help="Dates of birth behind words such as `dob`, `born on` or `Geburtsdatum`.",
    find=_find,
    catches=(
        ("DOB: 1985-03-12", "DOB: <birth_date>"),
        ('{"dateOfBirth": "1985-03-12"}', '{"dateOfBirth": "<birth_date>"}'),
        ("date_of_birth=12/03/1985", "date_of_birth=<birth_date>"),
        ("born on 12 March 1985.", "born on <birth_date>."),
        ("born March 12, 1985", "born <birth_date>"),
        ("Geburtsdatum: 12.03.1985", "Geburtsdatum: <birth_date>"),
        ("geb. am 12.03.85", "geb. am <birth_date>"),
        ("date de naissance 12/03/1985", "date de naissance <birth_date>"),
        ('"dateOfBirth":"1985-03-12T00:00:00Z"', '"dateOfBirth":"<birth_date>T00:00:00Z"'),
        ('"birthday":"19850312"', '"birthday":"<birth_date>"'),
    ),
    spares=(
        "the project was born in 2019",
        "2026-11-20 birthday party",
        "dob = parse(value)",
        "birth_date: date",
        "geb 2026",
    ),
    signs=_WORDS,
    anchors=_WORDS,
)
