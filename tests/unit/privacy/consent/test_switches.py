"""What the environment forbids is forbidden, whatever the ledger says; nothing in it ever allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, How
from tachograph_sdk.privacy.consent.switches import SWITCHES, switches_in_force, wants_content
from tests.unit.privacy.consent.people import CONTENT, ERRORS, USAGE, Person, consent_in

YES = ["1", "true", "TRUE", "True", "yes", "YES", "on", "On", " true ", "y", "t", "enabled", "please"]
NO = ["", " ", "0", "false", "FALSE", "no", "off", "Off", "n"]

SAY_NO_WHEN_SET = [
    "DO_NOT_TRACK",
    "OTEL_SDK_DISABLED",
    "CODEWEAVER__TELEMETRY__DISABLE_TELEMETRY",
    "DISABLE_TELEMETRY",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "CIRCLECI",
    "JENKINS_URL",
    "TF_BUILD",
    "TEAMCITY_VERSION",
]


def allowed(home: Path, **environ: Any) -> set[ConsentPurpose]:
    at = consent_in(home, **environ)
    return {purpose for purpose in ConsentPurpose if at.granted(purpose)}


@pytest.fixture
def home_of_yes(home: Path) -> Path:
    """Where everything was allowed."""
    consent_in(home).grant(ConsentPurpose, how=How.CODE)
    assert allowed(home) == set(ConsentPurpose)
    return home


@pytest.mark.parametrize("name", SAY_NO_WHEN_SET)
@pytest.mark.parametrize("value", YES)
def test_a_switch_that_is_set_says_no(home_of_yes: Path, name: str, value: str):
    for spelled in (name, name.lower(), name.title()):
        assert allowed(home_of_yes, **{spelled: value}) == set()


@pytest.mark.parametrize("name", SAY_NO_WHEN_SET)
@pytest.mark.parametrize("value", NO)
def test_a_switch_set_to_no_says_nothing(home_of_yes: Path, name: str, value: str):
    assert allowed(home_of_yes, **{name: value}) == set(ConsentPurpose)


@pytest.mark.parametrize("value", ["off", "OFF", "0", "false", "no", "never", "disabled", "what?", "2"])
def test_our_own_switch_says_no_to_all_but_a_plain_yes(home_of_yes: Path, value: str):
    assert allowed(home_of_yes, TACHOGRAPH_TELEMETRY=value) == set()


@pytest.mark.parametrize("value", ["", "on", "1", "TRUE", "yes"])
def test_our_own_switch_set_to_yes_is_no_consent(home_of_yes: Path, tmp_path: Path, value: str):
    assert allowed(home_of_yes, TACHOGRAPH_TELEMETRY=value) == set(ConsentPurpose)
    assert allowed(tmp_path / "fresh", TACHOGRAPH_TELEMETRY=value) == set()


@pytest.mark.parametrize("value", ["0", "false", "off", "No"])
def test_telemetry_of_the_agent_set_to_no_is_a_no(home_of_yes: Path, value: str):
    assert allowed(home_of_yes, CLAUDE_CODE_ENABLE_TELEMETRY=value) == set()
    assert allowed(home_of_yes, CLAUDE_CODE_ENABLE_TELEMETRY="1") == set(ConsentPurpose)
    assert allowed(home_of_yes, CLAUDE_CODE_ENABLE_TELEMETRY="") == set(ConsentPurpose)


def test_error_reports_can_be_switched_off_alone(home_of_yes: Path):
    assert allowed(home_of_yes, DISABLE_ERROR_REPORTING="1") == set(ConsentPurpose) - {ERRORS}


@pytest.mark.parametrize(
    "name",
    [
        "CODEWEAVER__TELEMETRY__TOOLS_OVER_PRIVACY",
        "CODEWEAVER__TELEMETRY__TOOLS_ABOVE_PRIVACY",
        "tools_over_privacy",
        "Tools_Above_Privacy",
    ],
)
def test_tools_over_privacy_narrows_and_never_allows(home_of_yes: Path, tmp_path: Path, name: str):
    assert allowed(home_of_yes, **{name: "false"}) == set(ConsentPurpose) - {CONTENT}
    assert allowed(home_of_yes, **{name: "true"}) == set(ConsentPurpose)
    assert allowed(tmp_path / "fresh", **{name: "true"}) == set()
    assert wants_content({name: "TRUE"})
    assert not wants_content({name: "false"})
    assert not wants_content({})


def test_ci_can_be_meant_and_only_ci(home_of_yes: Path, tmp_path: Path):
    lifted = {"TACHOGRAPH_TELEMETRY_IN_CI": "1"}
    assert allowed(home_of_yes, CI="true", **lifted) == set(ConsentPurpose)
    assert allowed(home_of_yes, CI="true", TACHOGRAPH_TELEMETRY_IN_CI="what?") == set()
    assert allowed(home_of_yes, CI="true", DO_NOT_TRACK="1", **lifted) == set()
    assert allowed(tmp_path / "fresh", CI="true", **lifted) == set()


def test_of_two_spellings_the_one_that_says_no_counts(home_of_yes: Path):
    assert allowed(home_of_yes, DO_NOT_TRACK="0", do_not_track="1") == set()


def test_a_switch_is_obeyed_from_the_moment_it_is_set(home_of_yes: Path):
    environ: dict[str, str] = {}
    at = consent_in(home_of_yes)
    at._environ = environ
    assert at.granted(USAGE)
    environ["DO_NOT_TRACK"] = "1"
    assert at.granted(USAGE) is None
    del environ["DO_NOT_TRACK"]
    assert at.granted(USAGE)


def test_the_status_names_the_switch_and_never_its_value(home_of_yes: Path):
    told = consent_in(home_of_yes, JENKINS_URL="https://user:secret@ci.example").status()
    assert [switch.name for switch in told.switches] == ["JENKINS_URL"]
    assert {standing.blocked_by for standing in told.standings} == {"JENKINS_URL"}
    assert {standing.state for standing in told.standings} == {ConsentState.GRANTED}
    assert not any(standing.allowed for standing in told.standings)
    assert "secret" not in str(told.as_answer())
    assert "secret" not in repr(told)


def test_every_switch_says_whose_it_is_and_how_to_lift_it():
    names = [switch.name for switch in SWITCHES]
    assert len(set(names)) == len(names)
    assert all(
        name == name.upper() and switch.why and switch.to_lift for name, switch in zip(names, SWITCHES, strict=True)
    )
    assert switches_in_force({}) == ()
    assert switches_in_force({"PATH": "/bin", "HOME": "/x"}) == ()


def test_nobody_is_asked_while_a_switch_says_no(home: Path):
    person = Person("yes\n" * 1)
    outcome = consent_in(home, person=person, DO_NOT_TRACK="1").ask()
    assert person.read == ""
    assert outcome.granted == frozenset()
    assert "DO_NOT_TRACK" in outcome.problem
    assert not (home / "consent").exists()


def test_what_is_granted_under_a_switch_holds_when_it_is_lifted(home: Path):
    outcome = consent_in(home, DO_NOT_TRACK="1").grant([USAGE], how=How.COMMAND)
    assert (outcome.recorded, outcome.granted) == (True, frozenset())
    assert allowed(home) == {USAGE}
