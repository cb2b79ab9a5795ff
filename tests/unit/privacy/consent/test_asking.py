"""Only y or yes is a yes; silence, the end of the input, a stop or no terminal is none, and no answer either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, How
from tachograph_sdk.privacy.consent.texts import TEXTS
from tests.unit.privacy.consent.people import ERRORS, PERFORMANCE, USAGE, Person, consent_in, files_under, terms


@pytest.mark.parametrize("line", ["y\n", "yes\n", "Y\n", "YES\n", " Yes \n", "y", "\tyes\r\n"])
def test_yes(home: Path, line: str):
    at = consent_in(home, person=Person(line))
    assert at.ask([USAGE]).granted == {USAGE}
    assert at.history()[0].how is How.TERMINAL


@pytest.mark.parametrize(
    "line",
    ["\n", "n\n", "no\n", "yess\n", "yes please\n", "ja\n", "1\n", "true\n", "ok\n", "ý\n", "\x00y\n", "y" * 999],
)
def test_anything_else_is_a_no_and_recorded_as_one(home: Path, line: str):
    at = consent_in(home, person=Person(line))
    assert at.ask([USAGE]).granted == frozenset()
    assert at.history()[0].decision is Decision.DENY


@pytest.mark.parametrize("end", [EOFError, KeyboardInterrupt, OSError, ValueError])
def test_who_ends_the_question_has_answered_nothing(home: Path, end: type[BaseException]):
    at = consent_in(home, person=Person(end))
    outcome = at.ask([USAGE, ERRORS])
    assert (outcome.granted, outcome.recorded) == (frozenset(), False)
    assert files_under(home) == []
    assert {s.state for s in at.status().standings} == {ConsentState.UNASKED}


def test_what_was_answered_before_the_end_is_kept(home: Path):
    at = consent_in(home, person=Person("y\n", "n\n", EOFError))
    assert at.ask([USAGE, PERFORMANCE, ERRORS]).granted == {USAGE}
    states = {s.purpose: s.state for s in at.status().standings}
    assert states[PERFORMANCE] is ConsentState.DENIED
    assert states[ERRORS] is ConsentState.UNASKED


def test_without_a_terminal_nobody_is_asked_and_nothing_is_written(home: Path):
    person = Person("y\n", there=False)
    outcome = consent_in(home, person=person).ask()
    assert (person.read, outcome.granted, outcome.recorded) == ("", frozenset(), False)
    assert files_under(home) == []


def test_each_purpose_has_its_own_question_and_its_whole_text(home: Path):
    person = Person(*["y\n"] * 5)
    consent_in(home, person=person).ask()
    assert person.read.count("[y/N]") == 5
    for text in terms().texts.values():
        assert text.shown() in person.read


def test_who_said_no_is_not_asked_again_unless_they_want_to(home: Path):
    consent_in(home, person=Person("n\n")).ask([USAGE])
    person = Person("y\n")
    assert consent_in(home, person=person).ask([USAGE]).granted == frozenset()
    assert person.read == ""
    assert consent_in(home, person=person).ask([USAGE], again=True).granted == {USAGE}


def test_what_is_allowed_is_not_asked_for(home: Path):
    consent_in(home).grant([USAGE], how=How.CODE)
    person = Person("n\n")
    assert consent_in(home, person=person).ask([USAGE]).granted == {USAGE}
    assert person.read == ""


def test_a_new_text_asks_again_and_the_history_says_when_the_old_one_ended(home: Path):
    consent_in(home, at=terms(1)).grant([USAGE, ERRORS], how=How.CODE)
    newer = consent_in(home, at=terms(2, changed=[USAGE]), person=Person("y\n"))
    assert newer.granted(USAGE) is None
    assert newer.granted(ERRORS) is not None
    assert newer.ask([USAGE, ERRORS]).granted == {USAGE, ERRORS}
    assert [entry.decision for entry in newer.history()] == [Decision.GRANT, Decision.EXPIRE, Decision.GRANT]
    assert newer.history()[1].subjects[0].text_version == 1


def test_a_new_policy_asks_again_for_everything(home: Path):
    consent_in(home, at=terms(1, policy=1)).grant([USAGE, ERRORS], how=How.CODE)
    newer = consent_in(home, at=terms(1, policy=2))
    assert {s.state for s in newer.status().standings if s.purpose in (USAGE, ERRORS)} == {ConsentState.OUTDATED}
    assert not any(newer.granted(purpose) for purpose in ConsentPurpose)


def test_words_that_change_without_a_new_version_ask_again_too(home: Path):
    from dataclasses import replace

    from tachograph_sdk.privacy.consent.terms import Terms

    consent_in(home).grant([USAGE], how=How.CODE)
    other = terms()
    sneaky = Terms({**other.texts, USAGE: replace(TEXTS[USAGE], what="everything")}, 1, other.policy_digests)
    assert consent_in(home, at=sneaky).granted(USAGE) is None
    kept_more = Terms(other.texts, 1, {**other.policy_digests, USAGE: "f" * 16})
    assert consent_in(home, at=kept_more).granted(USAGE) is None
    later = Terms(other.texts, 2, other.policy_digests)
    assert consent_in(home, at=later).granted(USAGE) is None
    assert consent_in(home).granted(USAGE) is not None


ASK = """
import sys
from pathlib import Path
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.privacy.consent import Consent
outcome = Consent(Path(sys.argv[1]), environ={}).ask([ConsentPurpose.USAGE_ANALYTICS])
answer = "granted" if outcome.granted else "nothing"
Path(sys.argv[2]).write_text(answer) if len(sys.argv) > 2 else print(answer)
"""


def on_a_terminal(home: Path, typed: bytes, answer: Path) -> str:
    """What a process shows that runs on a terminal of its own, where a person types this; what it made of it is in a file,
    because a terminal throws away what is on its way when somebody presses Ctrl-C.
    """
    import pty

    child, master = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
        os.execv(sys.executable, [sys.executable, "-c", ASK, str(home), str(answer)])
    said = b""
    try:
        while b"[y/N]" not in said:
            said += os.read(master, 4096)
        os.write(master, typed)
        while chunk := os.read(master, 4096):
            said += chunk
    except OSError:
        pass  # the other side is closed
    finally:
        os.close(master)
        _, status = os.waitpid(child, 0)
    assert status == 0, said.decode(errors="replace")
    return said.decode(errors="replace")


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # forking a process that has threads; it runs another program
@pytest.mark.parametrize(
    ("typed", "answer"), [(b"y\n", "granted"), (b"\n", "nothing"), (b"\x04", "nothing"), (b"\x03", "nothing")]
)
def test_on_a_real_terminal(home: Path, tmp_path: Path, typed: bytes, answer: str):
    said = on_a_terminal(home, typed, tmp_path / "answer")
    assert "Usage analytics, for Tachograph" in said
    assert (tmp_path / "answer").read_text() == answer
    assert (home / "consent").exists() is (typed in (b"y\n", b"\n"))


def test_piped_into_a_program_a_yes_is_none(home: Path):
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(home)], input="y\n" * 9, capture_output=True, text=True, check=True, timeout=50
    )
    assert (done.stdout, done.stderr) == ("nothing\n", "")
    assert files_under(home) == []


# The hash of each text at its version. A changed text needs a new version, and then its new hash here.
SHOWN = {
    ("usage_analytics", 1): "324ed9eab830feb0c6ab03df1cc9c10910a47d77ee567d6785137ddb4f8b1c76",
    ("performance_metrics", 1): "9753be83acee3f1cbe02e7ba9433a2a2a115c4a30137220ea894f9ae7e15b433",
    ("error_reporting", 1): "8e38ad8809c616d5e43a644bd83f50d2ad633d919f48a0cfc7731e2caa741abd",
    ("project_names", 1): "445527c65f4a62dca874d90cedc9bfdc86154b5a20aab640f2f55e6004041708",
    ("content_recording", 1): "482d11aca7089a7c24552f336e197571eab75c014c3b75c19bc4a725680f9cd9",
}


def test_no_text_changes_under_its_version():
    now = {(str(text.purpose), text.version): text.sha256() for text in TEXTS.values()}
    assert now == SHOWN


@pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: text.purpose)
def test_a_text_says_what_why_how_long_where_to_and_how_to_stop(text):
    shown = text.shown()
    for heading in ("What:", "Why:", "How long:", "Where to:", "To stop:"):
        assert heading in shown
    assert f"withdraw {text.purpose}" in shown
    assert "--app my-tool" in text.shown("my-tool")
    assert text.sha256() != text.sha256("my-tool")
