"""Each detector shows by example what it catches and what it spares; here the examples are run."""

from __future__ import annotations

import random

import pytest

from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.detectors.detector import Detector, Text
from tachograph_sdk.privacy.scrubber import Scrubber

_SCRUBBER = Scrubber()
_CATCHES = [
    pytest.param(detector, text, scrubbed, id=f"{detector.id}-{i}")
    for detector in DETECTORS
    for i, (text, scrubbed) in enumerate(detector.catches)
]
_SPARES = [
    pytest.param(text, id=f"{detector.id}-{i}") for detector in DETECTORS for i, text in enumerate(detector.spares)
]
_EACH = [pytest.param(detector, id=detector.id) for detector in DETECTORS]


@pytest.mark.parametrize(("detector", "text", "scrubbed"), _CATCHES)
def test_catches_go_and_what_is_around_them_stays(detector: Detector, text: str, scrubbed: str) -> None:
    once = _SCRUBBER.scrub(text)
    assert once == scrubbed
    assert _SCRUBBER.scrub(once) == once, "scrubbing again must change nothing"


@pytest.mark.parametrize("text", _SPARES)
def test_spares_stay_as_they_are(text: str) -> None:
    assert _SCRUBBER.scrub(text) == text, [(span, text[span.start : span.end]) for span in _SCRUBBER.find(text)]


@pytest.mark.parametrize("detector", _EACH)
def test_each_detector_has_examples_and_finds_something_by_itself(detector: Detector) -> None:
    assert detector.help.endswith(".")
    assert detector.spares
    found = [text for text, _ in detector.catches if list(detector.find(Text(text)))]
    assert found, "this detector finds nothing in its own catches"


@pytest.mark.parametrize("detector", _EACH)
def test_spans_lie_in_the_text_and_name_their_rule(detector: Detector) -> None:
    for text, _ in detector.catches:
        for start, end, kind, rule in detector.find(Text(text)):
            assert 0 <= start < end <= len(text)
            assert kind.replace("_", "").isalpha()
            assert kind.islower()
            assert rule


def test_ids_are_unique() -> None:
    ids = [detector.id for detector in DETECTORS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("detector", _EACH)
def test_no_text_makes_a_detector_raise(detector: Detector) -> None:
    pool = [text for text, _ in detector.catches] + list(detector.spares)
    for text in _odd_texts(pool):
        for span in detector.find(Text(text)):
            assert 0 <= span.start < span.end <= len(text)


def test_no_text_is_dropped_for_an_error_and_scrubbing_is_idempotent() -> None:
    pool = [text for detector in DETECTORS for text, _ in detector.catches]
    for text in _odd_texts(pool):
        once = _SCRUBBER.scrub(text)
        assert "<dropped:" not in once
        assert _SCRUBBER.scrub(once) == once, f"{text!r} became {once!r}"


def _odd_texts(pool: list[str]) -> list[str]:
    """NUL, lone surrogates, cut and mixed examples, and noise; the same at each run."""
    dice = random.Random(4)
    texts = [
        "",
        "\0",
        "\ud800",
        "\udfff\ud800",
        "\0" * 300,
        "\ud83d",
        "ﬀİı",
        "\u200b\u2028\x85",
        "<",
        "<email",
        "%",
        "\\",
        "\x1b[",
    ]
    for text in pool[:400]:
        at = dice.randrange(len(text) + 1)
        texts += [
            text[:at],
            text[at:],
            f"{text[:at]}\0{text[at:]}",
            f"{text[:at]}\udc80{text[at:]}",
            text.replace(" ", "\0"),
        ]
    alphabet = "aZ09 \t\n\0\ud800é中\"'`\\/@:;=-_.,%+#<>()[]{}|~$&?!*^"
    texts += ["".join(dice.choices(alphabet, k=dice.randrange(1, 200))) for _ in range(100)]
    return texts
