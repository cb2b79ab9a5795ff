"""`tachograph privacy policy`: shows what is kept, and sets it; content only with a consent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph.cli import main
from tachograph.home import Home
from tachograph.wiring.presets import open_permissions
from tachograph_sdk.model.consent import ConsentPurpose, How

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def consent(home: Path) -> None:
    assert open_permissions(Home(home)).grant([ConsentPurpose.CONTENT_RECORDING], how=How.CODE).granted


def told(home: Path, capsys: Capture, *arguments: str, status: int = 0) -> Any:
    assert main(["--home", str(home), "privacy", "policy", *arguments]) == status
    said = capsys.readouterr()
    return json.loads(said.out) if "--json" in arguments and not status else said


def test_it_shows_the_rows_in_force_and_changes_nothing(tmp_path: Path, capsys: Capture) -> None:
    answer = told(tmp_path / "home", capsys, "--json")
    assert (answer["preset"], answer["chosen_by"], answer["notices"]) == ("standard", "default", [])
    rows = {row["attribute"]: row for row in answer["rows"]}
    assert rows["user_id"]["treatment"] == "pseudonym"
    assert rows["prompt"]["treatment"] == "drop"
    assert not (tmp_path / "home").exists()
    table = told(tmp_path, capsys).out
    assert "In force: standard" in table


@pytest.mark.parametrize(("preset", "kept"), [("strict", "drop"), ("standard", "keep"), ("content", "keep")])
def test_it_shows_the_rows_of_any_preset(tmp_path: Path, capsys: Capture, preset: str, kept: str) -> None:
    rows = {(row["attribute"], row["treatment"]) for row in told(tmp_path, capsys, "--of", preset, "--json")["rows"]}
    assert ("tool_name", kept) in rows
    assert (("prompt", "scrub") in rows) == (preset == "content")


def test_a_preset_is_set_and_the_rest_of_the_file_stays(tmp_path: Path, capsys: Capture) -> None:
    config = tmp_path / "tachograph.toml"
    config.write_text("# mine\n[log]\nlevel = 'info'  # more\n")
    answer = told(tmp_path, capsys, "strict", "--json")
    assert (answer["preset"], answer["chosen_by"]) == ("strict", config.name)
    assert config.read_text() == "# mine\n[log]\nlevel = 'info'  # more\n\n[privacy]\npreset = \"strict\"\n"


def test_without_a_consent_there_is_no_content(tmp_path: Path, capsys: Capture) -> None:
    for extra in ([], ["--yes"]):
        said = told(tmp_path, capsys, "content", *extra, status=2)
        assert "consent" in said.err
        assert not (tmp_path / "tachograph.toml").exists()


def test_with_a_consent_it_is_still_not_set_by_accident(tmp_path: Path, capsys: Capture) -> None:
    consent(tmp_path)
    assert "--yes" in told(tmp_path, capsys, "content", status=2).err
    answer = told(tmp_path, capsys, "content", "--yes", "--json")
    assert answer["preset"] == "content"
    assert "Content is recorded" in answer["notices"][0]


def test_a_variable_that_says_otherwise_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACHOGRAPH_PRIVACY__PRESET", "standard")
    assert "TACHOGRAPH_PRIVACY__PRESET" in told(tmp_path, capsys, "strict").err


def test_a_preset_that_is_none_is_a_mistake_in_the_call(tmp_path: Path, capsys: Capture) -> None:
    told(tmp_path, capsys, "everything", status=2)
    told(tmp_path, capsys, "--of", "everything", status=2)


def test_doctor_and_report_say_what_is_recorded(tmp_path: Path, capsys: Capture) -> None:
    consent(tmp_path)
    told(tmp_path, capsys, "content", "--yes")
    assert main(["--home", str(tmp_path), "report", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["privacy"]
    assert (answer["preset"], answer["texts_kept"]) == ("content", 0)
    assert main(["--home", str(tmp_path), "report"]) == 0
    assert "Content is recorded" in capsys.readouterr().out
    main(["--home", str(tmp_path), "doctor", "--json"])
    findings = {f["what"]: f for f in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["what is kept"]["found"] == "preset content"
    assert "Content is recorded" in findings["what is kept"]["hint"]


def test_settings_that_cannot_be_read_are_not_changed_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = "[privacy]\nnonsense = 1\n"
    (tmp_path / "tachograph.toml").write_text(written)
    for words in (["policy", "strict"], ["identity", "clear"]):
        assert main(["privacy", *words, "--home", str(tmp_path)]) == 2
        assert "privacy.nonsense" in capsys.readouterr().err
    assert (tmp_path / "tachograph.toml").read_text() == written
    assert main(["doctor", "--home", str(tmp_path), "--json"]) == 1
    findings = {one["what"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["what is kept"]["state"] == "problem"
    assert "privacy.nonsense" in findings["what is kept"]["found"]


def test_what_goes_before_a_choice_of_names_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TACHOGRAPH_PRIVACY__IDENTITY", "clear")
    assert main(["privacy", "identity", "pseudonym", "--home", str(tmp_path)]) == 0
    assert "TACHOGRAPH_PRIVACY__IDENTITY says clear" in capsys.readouterr().err
