"""What holds whatever happens to the home, the ledger or what waits: without a yes nothing, after a no nothing more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, How
from tachograph_sdk.privacy.consent import EVERY_PURPOSE, Consent, purposes_named
from tachograph_sdk.privacy.environment import default_home, user_folder
from tests.unit.privacy.consent.people import (
    CONTENT,
    ERRORS,
    NAMES,
    PERFORMANCE,
    USAGE,
    Person,
    consent_in,
    files_under,
)


def states(at: Consent) -> dict[ConsentPurpose, ConsentState]:
    return {standing.purpose: standing.state for standing in at.status().standings}


def test_in_a_fresh_home_nothing_is_allowed_and_looking_writes_nothing(tmp_path: Path):
    at = consent_in(tmp_path / "home")
    assert [at.granted(purpose) for purpose in EVERY_PURPOSE] == [None] * 5
    assert set(states(at).values()) == {ConsentState.UNASKED}
    assert (at.verify(), at.history()) == (None, ())
    assert files_under(tmp_path) == []


def test_a_grant_names_its_entry_and_its_text(home: Path):
    at = consent_in(home)
    outcome = at.grant([USAGE, NAMES], how=How.CODE)
    grant = at.granted(USAGE)
    assert grant is not None
    assert (grant.reference, grant.text_version) == (outcome.reference, 1)
    assert grant.reference == at.history()[0].reference
    assert grant.decided_us == at.history()[0].at_us
    assert {purpose for purpose in EVERY_PURPOSE if at.granted(purpose)} == {USAGE, NAMES}


def test_what_another_process_decides_holds_here_at_once(home: Path):
    here, there = consent_in(home), consent_in(home)
    for _ in range(20):
        there.grant([USAGE], how=How.CODE)
        assert here.granted(USAGE)
        there.withdraw(how=How.CODE)
        assert here.granted(USAGE) is None


def test_withdrawing_touches_what_was_allowed_and_refusing_the_rest_too(home: Path):
    at = consent_in(home)
    at.grant([USAGE, ERRORS], how=How.CODE)
    at.withdraw([USAGE, NAMES], how=How.CODE)
    assert states(at) == {
        USAGE: ConsentState.WITHDRAWN,
        PERFORMANCE: ConsentState.UNASKED,
        ERRORS: ConsentState.GRANTED,
        NAMES: ConsentState.DENIED,
        CONTENT: ConsentState.UNASKED,
    }
    at.deny([ERRORS], how=How.CODE)
    assert states(at)[ERRORS] is ConsentState.WITHDRAWN
    at.grant([USAGE], how=How.CODE)
    assert at.granted(USAGE)


def test_what_waits_is_removed_before_a_withdrawal_returns_and_after_it_holds(home: Path):
    at = consent_in(home)
    at.grant([USAGE], how=How.CODE)
    seen: list[object] = []

    def purge(purposes: frozenset[ConsentPurpose]) -> int:
        seen.append((purposes, at.granted(USAGE), consent_in(home).granted(USAGE)))
        return 7

    at.on_withdraw("queue", purge)
    outcome = at.withdraw([USAGE], how=How.CODE)
    assert seen == [(frozenset({USAGE}), None, None)]
    assert outcome.purged == {"queue": 7}
    at.withdraw([USAGE], how=How.CODE)
    assert len(seen) == 2, "a withdrawal that changes nothing purges all the same: something may have been left"


def test_a_queue_that_cannot_be_purged_stops_neither_the_withdrawal_nor_the_other_queues(home: Path):
    at = consent_in(home)
    at.grant([USAGE], how=How.CODE)

    def fail(_: frozenset[ConsentPurpose]) -> int:
        raise RuntimeError("secret of the queue")

    at.on_withdraw("first", fail)
    at.on_withdraw("second", lambda _: 3)
    outcome = at.withdraw(how=How.CODE)
    assert (outcome.purged, outcome.unpurged) == ({"second": 3}, ("first (RuntimeError)",))
    assert "first" in outcome.problem
    assert "secret" not in str(outcome)
    assert consent_in(home).granted(USAGE) is None


def test_a_withdrawal_on_a_full_disk_holds_for_every_process(home: Path, monkeypatch: pytest.MonkeyPatch):
    at, other = consent_in(home), consent_in(home)
    at.grant([USAGE, ERRORS], how=How.CODE)
    assert other.granted(USAGE)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tachograph_sdk.privacy.consent.ledger.append_line", full)
        outcome = at.withdraw([USAGE], how=How.CODE)
        assert "No space left" in outcome.problem
        assert at.granted(USAGE) is None
    assert other.granted(USAGE) is None
    assert other.granted(ERRORS) is None, "what cannot be written takes everything with it rather than nothing"
    assert len([name for name in files_under(home) if "broken" in name]) == 2


def test_a_withdrawal_that_no_file_takes_holds_in_this_process(home: Path, monkeypatch: pytest.MonkeyPatch):
    at = consent_in(home)
    at.grant([USAGE], how=How.CODE)

    def readonly(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.lock_file", readonly)
    monkeypatch.setattr(Path, "rename", readonly)
    outcome = at.withdraw(how=How.CODE)
    assert at.granted(USAGE) is None
    assert "DO_NOT_TRACK" in outcome.hint
    assert not outcome.recorded
    assert [s.blocked_by for s in at.status().standings if s.purpose == USAGE] == [
        "a withdrawal that could not be recorded"
    ]
    monkeypatch.undo()
    assert at.granted(USAGE) is None
    at.grant([USAGE], how=How.CODE)
    assert at.granted(USAGE) is not None


def test_of_a_damaged_ledger_nothing_holds_until_the_person_decides_anew(home: Path):
    at = consent_in(home)
    at.grant([USAGE, ERRORS], how=How.CODE)
    path = home / "consent/ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b"usage", b"usagf"))
    assert not any(at.granted(purpose) for purpose in EVERY_PURPOSE)
    assert set(states(at).values()) == {ConsentState.UNASKED}
    assert "line 1" in at.status().problem
    before = files_under(home)
    assert consent_in(home).granted(USAGE) is None
    assert files_under(home) == before, "looking changes nothing"
    assert at.grant([ERRORS], how=How.CODE).granted == {ERRORS}
    assert at.granted(USAGE) is None
    assert at.verify() is None
    assert any("broken" in name for name in files_under(home))


def test_a_withdrawal_from_a_damaged_ledger_puts_it_away_for_good(home: Path):
    at = consent_in(home)
    at.grant([USAGE], how=How.CODE)
    good = (home / "consent/ledger.jsonl").read_bytes()
    (home / "consent/ledger.jsonl").write_bytes(good[:-1])
    assert at.withdraw(how=How.CODE).problem == ""
    assert at.granted(USAGE) is None
    assert not (home / "consent/ledger.jsonl").exists()


def test_forgetting_leaves_no_trace_and_nothing_allowed(home: Path):
    at = consent_in(home)
    at.on_withdraw("queue", lambda _: 2)
    at.grant(EVERY_PURPOSE, how=How.CODE)
    (home / "consent/ledger.jsonl").write_bytes(b"x\n")
    at.grant([USAGE], how=How.CODE)
    outcome = at.forget()
    assert (outcome.problem, outcome.purged) == ("", {"queue": 2})
    assert files_under(home) == ["consent/ledger.lock", "secret.key"]
    assert set(states(at).values()) == {ConsentState.UNASKED}


def test_what_was_allowed_to_one_program_is_not_allowed_to_another(home: Path):
    mine = Consent(home, app="my-tool", environ={})
    mine.grant([USAGE], how=How.CODE)
    assert mine.granted(USAGE)
    assert Consent(home, app="other-tool", environ={}).granted(USAGE) is None
    assert Consent(home, environ={}).granted(USAGE) is None
    Consent(home, environ={}).deny(EVERY_PURPOSE, how=How.CODE)
    assert mine.granted(USAGE), "and what is refused to one is not refused to another"
    assert len(mine.history()) == 1


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../x", "A", "-x", "x" * 65, "a\n", "ä", "a\x00"])
def test_a_name_that_is_no_name_grants_nothing_and_makes_no_file(home: Path, name: str):
    at = Consent(home, app=name, environ={})
    outcome = at.grant([USAGE], how=How.CODE)
    assert (outcome.recorded, outcome.granted) == (False, frozenset())
    assert outcome.hint
    assert files_under(home) == []


# Homes that are none


def told(at: Consent) -> str:
    """Do everything that can be done; nothing may be raised, nothing granted. What the person is told."""
    said = [at.grant([USAGE], how=How.CODE), at.deny([ERRORS], how=How.CODE), at.ask(again=True), at.forget()]
    assert not any(at.granted(purpose) for purpose in EVERY_PURPOSE)
    assert at.history() == ()
    assert {s.state for s in at.status().standings} == {ConsentState.UNASKED}
    withdrawn = at.withdraw(how=How.CODE)
    assert withdrawn.granted == frozenset()
    assert not said[0].recorded
    assert said[0].problem
    assert said[0].hint
    return said[0].problem


def test_without_a_home(monkeypatch: pytest.MonkeyPatch):
    assert "no home folder" in told(consent_in(None, person=Person("y\n" * 1)))
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError("no such user")))
    assert default_home({}) is None
    assert user_folder({}) is None


def test_a_home_that_is_a_file(tmp_path: Path):
    (tmp_path / "home").write_text("something else")
    at = consent_in(tmp_path / "home", person=Person("y\n"))
    assert told(at)
    assert at.verify() is not None
    assert (tmp_path / "home").read_text() == "something else"


def test_a_consent_folder_that_is_a_file_or_a_link(home: Path, tmp_path: Path):
    (home / "consent").write_text("something else")
    assert told(consent_in(home))
    (home / "consent").unlink()
    (tmp_path / "elsewhere").mkdir()
    (home / "consent").symlink_to(tmp_path / "elsewhere")
    assert told(consent_in(home))
    assert files_under(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_secret_that_is_none_lets_nobody_consent_and_everybody_refuse(home: Path, content: bytes):
    (home / "secret.key").write_bytes(content)
    at = consent_in(home)
    outcome = at.grant([USAGE], how=How.CODE)
    assert not outcome.recorded
    assert "secret" in outcome.problem
    assert at.deny([USAGE], how=How.CODE).recorded
    assert at.history()[0].who is None
    assert at.history()[0].decision is Decision.DENY


AS_NOBODY = """
import os, pwd, sys
from pathlib import Path
from tachograph_sdk.model.consent import ConsentPurpose, How
from tachograph_sdk.privacy.consent import Consent
os.setgid(65534); os.setuid(65534)
at = Consent(Path(sys.argv[1]), environ={})
outcomes = [at.grant([ConsentPurpose.USAGE_ANALYTICS], how=How.CODE), at.deny([ConsentPurpose.ERROR_REPORTING], how=How.CODE)]
print([outcome.recorded for outcome in outcomes], [at.granted(p) for p in ConsentPurpose], bool(outcomes[0].hint))
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user")
def test_a_home_that_cannot_be_written(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(home)], capture_output=True, text=True, timeout=50, check=False
        )
        assert (done.stdout, done.stderr) == ("[False, False] [None, None, None, None, None] True\n", "")
        assert files_under(home) == []
        consent_in(home).grant(EVERY_PURPOSE, how=How.CODE)  # somebody else's ledger is not theirs either
        for name in files_under(home):
            (home / name).chmod(0o644)
        (home / "consent").chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, str(home)], capture_output=True, text=True, timeout=50, check=False
        )
        assert (done.stdout, done.stderr) == ("[False, False] [None, None, None, None, None] True\n", "")
        for name in files_under(home):
            (home / name).unlink()


def test_a_read_only_disk_keeps_what_was_allowed_and_takes_nothing_new(home: Path, monkeypatch: pytest.MonkeyPatch):
    consent_in(home).grant([USAGE], how=How.CODE)

    def readonly(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.lock_file", readonly)
    at = consent_in(home)
    assert at.granted(USAGE)
    assert at.grant([USAGE], how=How.CODE).problem == ""
    outcome = at.grant([ERRORS], how=How.CODE)
    assert "Read-only" in outcome.problem
    assert outcome.granted == frozenset()


def test_whatever_a_program_hands_in_nothing_is_raised(home: Path):
    at = consent_in(home)
    for nonsense in ("nonsense", None, 5, [], object()):
        assert at.granted(nonsense) is None  # type: ignore[arg-type]
    outcome = at.grant([USAGE], how="by pigeon")  # type: ignore[arg-type]
    assert not outcome.recorded
    assert at.verify() is None
    assert at.grant([USAGE], how=How.CODE, who="\ud800", shown="\ud800 text").granted == {USAGE}
    assert at.history()[0].shown_sha256


def test_the_default_home_is_the_one_of_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from tachograph.home import find_home

    for environ in (
        {"HOME": str(tmp_path)},
        {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")},
        {"HOME": str(tmp_path), "XDG_DATA_HOME": "relative"},
        {"HOME": str(tmp_path), "TACHOGRAPH_HOME": str(tmp_path / "chosen")},
        {"HOME": str(tmp_path), "TACHOGRAPH_HOME": "~/chosen"},
    ):
        for name in ("HOME", "XDG_DATA_HOME", "TACHOGRAPH_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        assert default_home(environ) == find_home(None, environ).root


def test_purposes_are_known_by_name():
    assert purposes_named(["error_reporting", "usage_analytics", "error_reporting"]) == (USAGE, ERRORS)
    with pytest.raises(Exception, match="no such purpose") as caught:
        purposes_named(["secret-of-the-caller"])
    assert "secret-of-the-caller" not in str(caught.value)
