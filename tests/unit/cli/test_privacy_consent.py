"""`tachograph privacy consent`: the same ledger as the SDK's, exit statuses, JSON on standard output, messages beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tachograph.cli import main
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, How
from tachograph_sdk.privacy.consent import TEXTS, Consent
from tachograph_sdk.privacy.consent.asking import folded
from tachograph_sdk.privacy.consent.switches import SWITCHES

USAGE = ConsentPurpose.USAGE_ANALYTICS


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {switch.name for switch in SWITCHES}
    for name in list(os.environ):
        if name.upper() in names:
            monkeypatch.delenv(name)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["--home", str(tmp_path / "home"), "privacy", "consent", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err

    return call


@pytest.fixture
def ledger(tmp_path: Path) -> Consent:
    return Consent(tmp_path / "home", environ={})


def as_json(said: tuple[int, str, str]) -> Any:
    assert said[0] == 0
    return json.loads(said[1])


def test_before_anything_was_decided(run, tmp_path: Path) -> None:
    told = as_json(run("--json"))
    assert {row["state"] for row in told["purposes"]} == {"unasked"}
    assert told == as_json(run("status", "--json"))
    assert told["problem"] is None
    assert not (tmp_path / "home").exists(), "looking writes nothing"
    status, out, _ = run()
    assert status == 0
    assert out.count("unasked") == 5


def test_what_is_granted_here_holds_for_the_sdk(run, ledger: Consent) -> None:
    told = as_json(run("grant", "usage_analytics", "error_reporting", "--json"))
    assert told["granted"] == ["error_reporting", "usage_analytics"]
    grant = ledger.granted(USAGE)
    assert grant is not None
    assert grant.reference == told["reference"]
    status, _, err = run("grant", "performance_metrics")
    assert status == 0
    assert "What:" in err, "whoever grants is shown what"


def test_withdrawing_and_refusing(run, ledger: Consent) -> None:
    ledger.grant(ConsentPurpose, how=How.CODE)
    assert as_json(run("withdraw", "usage_analytics", "--json"))["states"]["usage_analytics"] == "withdrawn"
    assert ledger.granted(USAGE) is None
    assert as_json(run("withdraw", "--json"))["granted"] == []
    assert not any(ledger.granted(purpose) for purpose in ConsentPurpose)
    as_json(run("deny", "project_names", "--json"))
    assert {s.state for s in ledger.status().standings} == {ConsentState.WITHDRAWN}


def test_the_history_says_who_by_pseudonym_only(run) -> None:
    run("grant", "usage_analytics")
    run("withdraw")
    told = as_json(run("history", "--json"))
    assert [(entry["decision"], entry["how"]) for entry in told] == [("grant", "command"), ("withdraw", "command")]
    assert all(entry["who"].startswith("c_") for entry in told)
    assert "usage_analytics (text 1)" in run("history")[1]


def test_verify_names_the_first_bad_entry(run, ledger: Consent) -> None:
    run("grant", "usage_analytics")
    run("withdraw")
    assert as_json(run("verify", "--json")) == {"ok": True, "entries": 2, "line": None, "problem": None, "hint": None}
    assert ledger.folder is not None
    path = ledger.folder / "ledger.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"withdraw"', b'"grant"'))
    status, out, err = run("verify", "--json")
    assert status == 1
    assert (json.loads(out)["ok"], json.loads(out)["line"]) == (False, 2)
    assert "line 2" in err
    assert "decide again" in err
    assert run()[0] == 0
    assert run("deny", "usage_analytics")[0] == 0
    assert run("verify")[0] == 0


def test_without_a_terminal_nobody_is_asked(run, ledger: Consent) -> None:
    status, _, err = run("ask")
    assert status == 1
    assert "no terminal" in err
    assert ledger.history() == ()


def test_a_switch_is_named(run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("grant", "usage_analytics")
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    told = as_json(run("--json"))
    assert told["switches"][0]["name"] == "DO_NOT_TRACK"
    assert told["purposes"][0] | {"reference": "", "decided_us": 0} == {
        **told["purposes"][0],
        "reference": "",
        "decided_us": 0,
        "state": "granted",
        "allowed": False,
        "blocked_by": "DO_NOT_TRACK",
    }
    assert "DO_NOT_TRACK says no to everything" in run()[1]
    assert run("ask", "error_reporting")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["grant"],
        ["deny"],
        ["grant", "nonsense"],
        ["withdraw", "nonsense"],
        ["ask", "nonsense"],
        ["text", "nonsense"],
        ["nonsense"],
        ["--app", "a/b"],
        ["grant", "--app", "..", "usage_analytics"],
    ],
)
def test_a_mistake_in_the_call(run, arguments: list[str], tmp_path: Path) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err
    assert not (tmp_path / "home").exists()


def test_a_program_that_embeds_the_sdk_has_consents_of_its_own(run, ledger: Consent) -> None:
    as_json(run("grant", "--app", "my-tool", "usage_analytics", "--json"))
    assert ledger.granted(USAGE) is None
    for order in (["--app", "my-tool", "status", "--json"], ["status", "--app", "my-tool", "--json"]):
        assert as_json(run(*order))["purposes"][0]["state"] == "granted"
    assert "for my-tool" in run("text", "usage_analytics", "--app", "my-tool")[1]


def test_a_home_that_is_a_file(tmp_path: Path, run) -> None:
    (tmp_path / "home").write_text("")
    status, out, err = run("grant", "usage_analytics", "--json")
    assert status == 1
    assert json.loads(out)["recorded"] is False
    assert "TACHOGRAPH_HOME" in err
    assert run()[0] == 0


def test_withdrawing_the_recording_of_content_erases_what_was_recorded(
    run, ledger: Consent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erased: list[Path] = []
    monkeypatch.setattr("tachograph.cli.privacy_consent._erase_texts", lambda home: (erased.append(home.root), 3)[1])  # type: ignore[func-returns-value]
    run("withdraw", "--json")
    assert erased == [], "nothing was ever recorded"
    run("grant", "content_recording", "usage_analytics")
    (tmp_path / "home/tachograph.duckdb").touch()
    run("withdraw", "usage_analytics", "--json")
    assert erased == [], "that is another purpose"
    assert as_json(run("withdraw", "--json"))["purged"]["recorded texts"] == 3


def test_what_is_asked_can_be_read(run) -> None:
    told = as_json(run("text", "error_reporting", "--json"))
    assert list(told) == ["error_reporting"]
    assert told["error_reporting"]["text"] in run("text")[1]


def test_states_and_folded_texts_fit_on_eighty_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["privacy", "consent", "grant", *ConsentPurpose, "--home", str(tmp_path)]) == 0
    capsys.readouterr()
    assert main(["privacy", "consent", "withdraw", "performance_metrics", "--home", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "withdrawn" in said
    assert max(map(len, said.splitlines())) <= 80
    for text in TEXTS.values():
        for width in (80, 100):
            shown = text.shown()
            folds = folded(shown, width=width)
            assert folds.split() == shown.split(), "the same words"
            assert max(map(len, folds.splitlines())) <= width
