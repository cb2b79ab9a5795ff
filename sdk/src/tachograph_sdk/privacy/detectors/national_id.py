"""National ids: by their own check digits, or behind words that say what they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tachograph_sdk.privacy.detectors import national_checks as checks
from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.numbers import NUMBER_SIGNS, Number, numbers
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_Check = Callable[[str], bool]
# Numbers that need no word before them: hardly anything else has their form, and most have a check digit.
_FORMS: dict[str, tuple[str, _Check]] = {
    "us_ssn": (r"\d{3}-\d{2}-\d{4}", checks.ssn),
    "br_cpf": (r"\d{3}\.\d{3}\.\d{3}-\d{2}", checks.cpf),
    "br_cnpj": (r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", checks.cnpj),
    "fr_insee": (r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", checks.insee),
    "cn_resident_id": (r"\d{17}[\dXx]", checks.resident_id),
    "kr_rrn": (r"\d{6}-[1-8]\d{6}", checks.rrn),
    "ch_ahv": (r"756\.?\d{4}\.?\d{4}\.?\d{2}", checks.ahv),
    "be_national_number": (r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", checks.nrn),
    "cl_rut": (r"\d{1,2}\.\d{3}\.\d{3}-[\dKk]", checks.rut),
    "fi_henkilotunnus": (r"\d{6}[-+A]\d{3}[0-9A-Y]", checks.henkilotunnus),
    "in_aadhaar": (r"(?<!\d )[2-9]\d{3}(?P<s>[ -])\d{4}(?P=s)\d{4}(?! \d)", checks.verhoeff),
    "gb_nino": (r"[A-Z]{2} \d{2} \d{2} \d{2} [A-D]", checks.nino),
    "se_personnummer": (r"(?:\d{2})?\d{6}[-+](?!(?:[01]\d|2[0-3])[0-5]\d)\d{4}", checks.personnummer),
}
_FORM = re.compile(
    r"(?<![\w./#])(?<![^\n][-+])(?:"
    + "|".join(f"(?P<{rule}>{form})" for rule, (form, _) in _FORMS.items())
    + r")(?![\w]|[-/.]\w)"
)
_PLAIN_LENGTHS = (13, 15, 17, 18)  # of those that may be written without groups

# Ids of letters and digits, by their shape.
_SHAPES: dict[bytes, tuple[tuple[str, _Check], ...]] = {
    b"00000000a": (("es-dni", checks.dni),),
    b"a0000000a": (("es-nie", checks.nie), ("sg-nric", checks.nric)),
    b"aa000000a": (("gb-nino", checks.nino),),
    b"aaaaa0000a": (("in-pan", lambda code: code[3] == "P"),),
    b"aaaaaa00a00a000a": (("it-codice-fiscale", checks.codice_fiscale),),
    b"aaaa000000aaaaaa00": (("mx-curp", checks.curp),),
    b"aaaa000000aaaaaaa0": (("mx-curp", checks.curp),),
}
_TOKENS = (
    re.compile(rb"0000a(?![a0_])"),
    re.compile(rb"00a00a000a(?![a0_])"),
    re.compile(rb"000000aaaaaa[0a]0(?![a0_])"),
)
_TOKEN_WORDS: dict[str, tuple[bytes, ...]] = {  # behind these the check digit need not be right
    "es-dni": (b"dni", b"nif"),
    "es-nie": (b"nie",),
    "gb-nino": (b"nino", b"insurance", b"ni number"),
    "in-pan": (b"pan:", b"pan ", b"pan=", b"pan_"),
    "it-codice-fiscale": (b"fiscale",),
    "mx-curp": (b"curp",),
    "sg-nric": (b"nric",),
}
_LONGEST_TOKEN = 18

# What says that the number behind it is an id. The second list has meanings in other crafts: there the check decides.
_WORDS = words(
    "ssn ssns itin social steuer steuerid steuernummer steuerliche identifikationsnummer idnr insee nir securite curit"
    " secu fiscale codice dni nie bsn burgerservicenummer sofinummer personnummer personnr personnumret fodselsnummer"
    " dselsnummer fnr cpr pesel cpf cnpj aadhaar aadhar uidai rrn mynumber sin insurance tfn tax taxid taxpayer tin"
    " medicare nhs utr ahv avs tckn kimlik nif contribuinte teudat cnp egn rodne rodn amka afm taj isikukood cuit cuil steueridentifikationsnummer steueridnr"
    " national nationalid identity idcard nino ni ppsn pps nric rut curp rfc ein fein svnr sozialversicherungsnummer"
    " oib ird thai emirates mykad"
    " rentenversicherungsnummer ausweisnummer personalausweis henkil hetu rijksregisternummer number"
)
_ID_WORDS = frozenset(word.encode() for word in _WORDS)
_CONTEXT = re.compile(
    rb"(?<![a-z])(?:ssns?|itin|social[ _-]?security|steuer[ _-]?(?:idnr|id|nummer|identifikationsnummer)?"
    rb"|steuerliche identifikationsnummer|id[ _-]?nr|insee|s.curit. sociale|num.ro de s.cu(?:rit.)?|nir|codice fiscale"
    rb"|dni|nie|bsn|burgerservicenummer|sofinummer|person(?:nummer|nr|numret)|f.?dselsnummer|cpr(?:[ _-]?(?:nr|nummer))?"
    rb"|pesel|cpf|cnpj|aadhaa?r|uidai|rrn|my ?number|social[ _-]?insurance|tfn|tax[ _-]?file|tax[ _-]?(?:payer)?[ _-]?id"
    rb"(?:entification)?|medicare|nhs|utr|ahv|avs|tckn|kimlik|t[. ]?c[. ]? kimlik|contribuinte|teudat zehut|rodn. ..slo"
    rb"|amka|afm|taj|isikukood|cui[tl]|national[ _-]?(?:id|identity|identification|insurance)|nationalid|nino"
    rb"|ni(?=[ _-]?(?:number|no))|identity[ _-]?(?:card|number|no|document)|(?:south[ _-]?african|thai|emirates)[ _-]?id|mykad|id[ _-]?card|ppsn|pps|nric|curp|fein"
    rb"|sozialversicherungsnummer|svnr|rentenversicherungsnummer|(?:personal)?ausweis(?:nummer)?|henkil.tunnus|hetu"
    rb"|rijksregisternummer)(?:[ _-]?(?:numbers?|num|no|nr|nummer|n.mero|card))?(?![a-z])[^0-9\n]{0,16}\Z"
)
_OTHER_SCRIPTS = re.compile(
    r"(?:身份证|身分證|マイナンバー|個人番号|주민등록|주민번호|ИНН|СНИЛС|ЕГН|ΑΜΚΑ|ΑΦΜ|РНОКПП|ІПН|ЕМБГ|תעודת זהות|מספר זהות)[^\d\n]{0,8}\Z"
)
_AMBIGUOUS: tuple[tuple[str, re.Pattern[bytes], int, _Check], ...] = tuple(
    (
        rule,
        re.compile(rb"(?<![a-z])" + word + rb"(?:[ _-]?(?:number|no|nr))?(?![a-z])[^0-9a-z\n]{0,6}\Z"),
        length,
        check,
    )
    for rule, word, length, check in (
        ("ca-sin", rb"sin", 9, checks.sin),
        ("pt-nif", rb"nif", 9, checks.nif_pt),
        ("no-fnr", rb"fnr", 11, checks.fnr),
        ("tax-id", rb"tin", 9, checks.ssn),
        ("us-ein", rb"ein", 9, lambda digits: digits[:2] != "00"),
        ("ro-cnp", rb"cnp", 13, checks.cnp),
        ("bg-egn", rb"egn", 10, checks.egn),
        ("hr-oib", rb"oib", 11, checks.oib),
        ("nz-ird", rb"ird", 8, checks.ird),
        ("nz-ird", rb"ird", 9, checks.ird),
    )
)
_ANY = re.compile(r"(?:[A-Z]{1,2} ?)?\d(?>(?:[ ./-]?\d){6,17})(?:[ -]?[A-Z]{1,2})?(?!\w)(?!\.\d)")
_LETTERS_BEFORE = re.compile(r"(?<![\w-])(?!ID|NR|NO|Nr|No)[A-Z]{1,2} ?\Z")
_INSURANCE = re.compile(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)")
_STAMP = re.compile(r"1[5-9]\d{8}(?:\d{3}|\d{6})?\Z|20[12]\d-?[01]\d-?[0-3]\d")

# Documents with letters, and ids shorter than numbers() looks for: their words are the anchors.
_DOCUMENTS = (b"passport", b"reisepass", b"ausweis", b"licen")
_DOCUMENT = re.compile(
    r"(?:(?P<passport>passport|reisepass(?:nummer)?|ausweis(?:nummer)?)|(?P<licence>licen[cs]e))"
    r"(?:[ _-]?(?:number|num|no|nr|#)\b\.?)?[\"' ]{0,2}(?: is )?[:=#]{0,2}[\"' \u00ab\u201c\u201e\u2018]{0,3}"
    r"(?P<id>(?=[A-Z]{0,9}\d)[A-Z0-9]{6,12}(?![A-Za-z0-9_])|\d{2} ?[A-Z0-9]{2,4} ?\d{3,6}(?![A-Za-z0-9_])"
    r"|[A-Z]{5}\d{6}[A-Z0-9]{5}(?![A-Za-z0-9_])|[A-Z]\d{3}-\d{4}-\d{4}(?:-\d{2})?)",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(r"[:=#]|(?i:n(?:umber|um|o|r|ummer))\b")
_DRIVER = re.compile(rb"driv(?:er|ing)[a-z'\x3f]{0,3}[ _-]?\Z")


def _find(text: Text) -> Iterator[Span]:
    for number in numbers(text):
        if not number.glued:
            yield from _numeric(text.text, number)
    yield from _tokens(text)
    yield from _documents(text)


def _numeric(whole: str, number: Number) -> Iterator[Span]:
    start = number.start
    other = not whole[max(0, start - 8) : start].isascii() and _OTHER_SCRIPTS.search(whole[max(0, start - 24) : start])
    if other or not number.words.isdisjoint(_ID_WORDS):
        span = _in_context(whole, number, said=bool(other))
        if span is not None:
            yield span
            start = span.end
    if number.plain and number.end - number.start not in _PLAIN_LENGTHS:
        return
    if whole[start - 1 : start] == " " and whole[start - 2 : start - 1].isupper():
        start -= 3  # the letters of a British number
    for match in _FORM.finditer(whole, max(start, 0), number.end + 2):
        rule = match.lastgroup or ""
        compact = re.sub(r"[ ./-]" if rule != "fi_henkilotunnus" else " ", "", match[0]).upper().replace("+", "")
        if compact.isascii() and _FORMS[rule][1](compact):
            yield Span(*match.span(), "national_id", rule.replace("_", "-"))


def _in_context(whole: str, number: Number, *, said: bool) -> Span | None:
    letters = _LETTERS_BEFORE.search(whole[max(0, number.start - 4) : number.start])
    start = number.start - len(letters[0]) if letters else number.start
    match = _INSURANCE.match(whole, start) or _ANY.match(whole, start)
    if match is None:
        return None
    stamp = _STAMP.match(match[0]) is not None
    if not stamp and (said or _CONTEXT.search(number.before)):
        return Span(*match.span(), "national_id", "in-context")
    digits = "".join(char for char in match[0] if char.isdecimal())
    for rule, word, length, check in _AMBIGUOUS:
        if len(digits) == length and digits.isascii() and word.search(number.before) and check(digits):
            return Span(*match.span(), "national_id", rule)
    return None


def _tokens(text: Text) -> Iterator[Span]:
    shape, data = text.shape, text.ascii
    for pattern in _TOKENS:
        for match in pattern.finditer(shape):
            end = match.end()
            low = max(0, end - _LONGEST_TOKEN - 1)
            start = low + len(shape[low:end].rstrip(b"a0"))
            forms = _SHAPES.get(shape[start:end])
            if (
                forms is None
                or data[start - 1 : start] in (b"_", b"-", b"/", b"?", b".")
                or data[end : end + 1] in (b"-", b"?")
            ):
                continue
            code = data[start:end].decode("ascii")
            if code.upper() != code:
                continue
            before = text.lower[max(0, start - 32) : start]
            for rule, check in forms:
                if check(code) or any(word in before for word in _TOKEN_WORDS[rule]):
                    yield Span(start, end, "national_id", rule)
                    break


def _documents(text: Text) -> Iterator[Span]:
    for anchor in _DOCUMENTS:
        for at in text.places(anchor):
            match = _DOCUMENT.match(text.text, at)
            if match is None:
                continue
            announced = _ANNOUNCED.search(match.string, at, match.start("id")) is not None
            if sum(char.isdecimal() for char in match["id"]) < (2 if announced else 4):
                continue
            if match["licence"] and not _DRIVER.search(text.lower[max(0, at - 14) : at]):
                continue
            yield Span(*match.span("id"), "national_id", "driving-licence" if match["licence"] else "passport")


DETECTOR = Detector(
    id="national_id",
    help="National ids of about thirty countries: by their check digits, or behind words such as `SSN` or `passport`.",
    find=_find,
    catches=(
        ("SSN: 123-45-6789", "SSN: <national_id>"),
        ("123-45-6789", "<national_id>"),
        ("-123-45-6789\n+123-45-6780", "-<national_id>\n+<national_id>"),
        ('{"ssn":"123456789"}', '{"ssn":"<national_id>"}'),
        ("social security number 123 45 6789.", "social security number <national_id>."),
        ("ABCPE1234F", "<national_id>"),
        ("NINO AB 12 34 56 C", "NINO <national_id>"),
        ("AB123456C", "<national_id>"),
        ("NINO: BG780841C", "NINO: <national_id>"),
        ("CURP BADD110313HCMLNS09", "CURP <national_id>"),
        ("Steuer-ID: 86 095 742 719", "Steuer-ID: <national_id>"),
        ("steuer_id=86095742719", "steuer_id=<national_id>"),
        ("NIR 2 55 08 14 168 025 38", "NIR <national_id>"),
        ("255081416802538", "<national_id>"),
        ("codice fiscale RSSMRA85T10A562S", "codice fiscale <national_id>"),
        ("DNI 12345678Z, NIE X1234567L", "DNI <national_id>, NIE <national_id>"),
        ("BSN 111222333", "BSN <national_id>"),
        ("personnummer 850709-9805", "personnummer <national_id>"),
        ("PESEL: 44051401359", "PESEL: <national_id>"),
        ("529.982.247-25", "<national_id>"),
        ("CPF 52998224725", "CPF <national_id>"),
        ("11.222.333/0001-81", "<national_id>"),
        ("Aadhaar 9999 4105 7058", "Aadhaar <national_id>"),
        ("PAN: ABCPE1234F", "PAN: <national_id>"),
        ("11010519491231002X", "<national_id>"),
        ("850101-1234567", "<national_id>"),
        ("マイナンバー: 741435454500", "マイナンバー: <national_id>"),
        ("ΑΜΚΑ: 03108176508, ЕГН: 5402020756", "ΑΜΚΑ: <national_id>, ЕГН: <national_id>"),
        ("CNP: 1831007426335", "CNP: <national_id>"),
        ("OIB 07031849551", "OIB <national_id>"),
        ("IRD number 55456151", "IRD number <national_id>"),
        ("South African ID number: 9401148934087", "South African ID number: <national_id>"),
        ("Thai ID 3-2389-26789-17-1", "Thai ID <national_id>"),
        ("マイナンバー：123456789018", "マイナンバー：<national_id>"),
        ("SIN 046-454-286", "SIN <national_id>"),
        ("TFN: 123 456 782", "TFN: <national_id>"),
        ("NHS number 943 476 5919", "NHS number <national_id>"),
        ("756.9217.0769.85", "<national_id>"),
        ("85.07.30-033.28", "<national_id>"),
        ("131052-308T", "<national_id>"),
        ("S1234567D", "<national_id>"),
        ("passport no. C01X00T47", "passport no. <national_id>"),
        ("Passport: \u00abN51905375\u00bb", "Passport: \u00ab<national_id>\u00bb"),
        ("passport number: CJMXLHMG29", "passport number: <national_id>"),
        ("passport: 123456789", "passport: <national_id>"),
        ("driving licence MORGA657054SM9IJ", "driving licence <national_id>"),
        ("driver's license number D1234567", "driver's license number <national_id>"),
        ("HEGG560427MVZRRL04", "<national_id>"),
        ("EIN 12-3456789", "EIN <national_id>"),
        ("T.C. kimlik no 10000000146", "T.C. kimlik no <national_id>"),
    ),
    spares=(
        "000-12-3456 and 123-00-4567",
        "sin(123456789) and tan(1)",
        "20241120-0930 241120-0930",
        "12345678A 87654321B",
        "2026-11-20 12:34:56",
        "1700000000 1700000000123",
        "license MIT, license: Apache-2.0",
        "commit a12345678 and 0123456c",
        "pan 12 34 56 C",
        "ABCDE1234F0",
        "social login took 1700000000",
        "1024 2048 4096",
        "hex 12 34 56 78 9a bc",
        "part 123-45-67890",
        "passport.js 0.7.0, passport-jwt@4.0.1",
        "national park 12345678",
        "f12345678a",
        "1.61803399F",
    ),
    signs=(*NUMBER_SIGNS, *_DOCUMENTS),
    anchors=tuple(_DOCUMENTS),
)
