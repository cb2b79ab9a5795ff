"""Many forms in which people, machines and their numbers are written: they go, what is around them stays."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

import pytest

from tachograph_sdk.privacy.detectors import national_checks
from tachograph_sdk.privacy.scrubber import Scrubber
from tests.corpus.scrub.case import fill
from tests.corpus.scrub.shapes import PACKAGE_HOSTS

_GOLDEN = Path(__file__).parents[2] / "golden" / "scrub"
_SCRUB = Scrubber().scrub
_MARKED = re.compile("⟦(.+?)⟧")
_PRIVATE = [line.replace("\\n", "\n") for line in (_GOLDEN / "people_and_networks.txt").read_text("utf-8").splitlines()]
_INNOCENT = [
    fill(line, PACKAGE_HOSTS, Random(0))[0] for line in (_GOLDEN / "innocent.txt").read_text("utf-8").splitlines()
]


def test_there_are_many_texts() -> None:
    assert len(_PRIVATE) > 480
    assert len(_INNOCENT) > 480


@pytest.mark.parametrize("marked", _PRIVATE)
def test_what_is_private_goes_and_nothing_else(marked: str) -> None:
    parts = _MARKED.split(marked)
    expected = "".join(r"(?:<[a-z_]+>[@.]?)*<[a-z_]+>" if i % 2 else re.escape(part) for i, part in enumerate(parts))
    scrubbed = _SCRUB(_plain(marked))
    assert re.fullmatch(expected, scrubbed), scrubbed
    assert _SCRUB(scrubbed) == scrubbed


@pytest.mark.parametrize("around", ["first line\n{}\nlast line", "2026-11-20T09:24:32Z INFO log: {}", '{{"text": {}}}'])
def test_it_goes_in_other_texts_too(around: str) -> None:
    kept = []
    for marked in _PRIVATE:
        text = _plain(marked)
        scrubbed = _SCRUB(around.format(json.dumps(text, ensure_ascii=False) if "{{" in around else text))
        kept += [(marked, scrubbed) for secret in _MARKED.findall(marked) if len(secret) > 5 and secret in scrubbed]
    assert kept == []


@pytest.mark.parametrize("text", _INNOCENT)
def test_what_is_innocent_stays(text: str) -> None:
    assert _SCRUB(text) == text


def _plain(marked: str) -> str:
    return marked.replace("⟦", "").replace("⟧", "")


# Numbers that authorities, standards and encyclopedias print as examples.
_EXAMPLES = {
    "ahv": ("7569217076985", "7561234567897"),
    "bsn": ("111222333", "123456782"),
    "cnpj": ("11222333000181", "04252011000110"),
    "codice_fiscale": ("RSSMRA85T10A562S", "MRTMTT91D08F205J", "VRDGPP13R10B293P"),
    "cpf": ("52998224725", "39053344705"),
    "curp": ("HEGG560427MVZRRL04",),
    "dni": ("12345678Z", "00000000T"),
    "fnr": ("01010750160",),
    "henkilotunnus": ("131052-308T",),
    "insee": ("255081416802538",),
    "my_number": ("123456789018",),
    "nhs": ("9434765919",),
    "nie": ("X1234567L", "Y2345678Z"),
    "nif_pt": ("123456789",),
    "nric": ("S1234567D", "F1234567N"),
    "nrn": ("85073003328",),
    "personnummer": ("8507099805", "198112289874"),
    "pesel": ("44051401359", "02070803628"),
    "pps": ("1234567T", "1234567FA"),
    "resident_id": ("11010519491231002X", "11010119900307803X"),
    "rut": ("123456785", "126785798"),
    "sin": ("046454286", "130692544"),
    "steuer_id": ("86095742719", "36574261809"),
    "tckn": ("10000000146",),
    "tfn": ("123456782", "876543210"),
    "verhoeff": ("999941057058", "234123412346"),
}


@pytest.mark.parametrize(("name", "number"), [(name, number) for name, all_ in _EXAMPLES.items() for number in all_])
def test_check_digits_are_right_for_published_examples_and_for_no_neighbour(name: str, number: str) -> None:
    check = getattr(national_checks, name)
    assert check(number)
    place = next(i for i in reversed(range(len(number))) if number[i].isdigit())
    others = [number[:place] + digit + number[place + 1 :] for digit in "0123456789" if digit != number[place]]
    assert sum(map(check, others)) <= (1 if name in {"nrn", "curp"} else 0), "another digit in this place is wrong"
