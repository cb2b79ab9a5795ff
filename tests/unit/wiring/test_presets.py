"""Which preset holds: the file's, the variable's, and content only with a consent; asked anew each time."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from tachograph.config import load, privacy_of
from tachograph.home import Home
from tachograph.wiring.presets import PresetChoice, open_permissions
from tachograph.wiring.settings_file import set_option
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import ConsentPurpose, How
from tachograph_sdk.privacy.policy import POLICIES, Preset

CONTENT = [ConsentPurpose.CONTENT_RECORDING]


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def write(home: Path, text: str) -> None:
    path = home / "tachograph.toml"
    path.write_text(text)
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1_000_000))  # not all file systems tell moments apart


def test_standard_holds_where_nobody_chose(tmp_path: Path) -> None:
    choice = PresetChoice(tmp_path)
    assert choice() is POLICIES[Preset.STANDARD]
    assert choice.state().origin == "default"
    assert choice.state().notices(0) == []


def test_what_the_owner_writes_holds_at_the_next_asking(tmp_path: Path) -> None:
    choice = PresetChoice(tmp_path)
    for preset in ("strict", "standard", "strict"):
        write(tmp_path, f'[privacy]\npreset = "{preset}"\n')
        assert choice() is POLICIES[Preset(preset)]
    (tmp_path / "tachograph.toml").unlink()
    assert choice() is POLICIES[Preset.STANDARD]


def test_a_variable_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, '[privacy]\npreset = "standard"\n')
    monkeypatch.setenv("TACHOGRAPH_PRIVACY__PRESET", "strict")
    assert PresetChoice(tmp_path)() is POLICIES[Preset.STRICT]
    assert load(Home(tmp_path)).privacy.preset == "strict"


def test_content_holds_only_while_there_is_a_consent(tmp_path: Path) -> None:
    write(tmp_path, '[privacy]\npreset = "content"\n')
    choice = PresetChoice(tmp_path)
    assert choice() is POLICIES[Preset.STANDARD]
    assert "no consent" in choice.state().notices(0)[0]
    consent = open_permissions(Home(tmp_path))
    assert consent.grant(CONTENT, how=How.CODE).granted
    assert choice() is POLICIES[Preset.CONTENT]
    assert choice.state().in_force.consent
    assert "Content is recorded" in choice.state().notices(0)[0]
    consent.withdraw(CONTENT, how=How.CODE)
    assert choice() is POLICIES[Preset.STANDARD]


def test_a_switch_goes_before_a_consent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, '[privacy]\npreset = "content"\n')
    open_permissions(Home(tmp_path)).grant(CONTENT, how=How.CODE)
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    assert PresetChoice(tmp_path)() is POLICIES[Preset.STANDARD]


@pytest.mark.parametrize(
    "nonsense", ["not toml", '[privacy]\npreset = "all"\n', "[privacy]\nnonsense = 1\n", "[privacy"]
)
def test_settings_that_cannot_be_read_keep_no_texts_and_never_loosen(tmp_path: Path, nonsense: str) -> None:
    choice = PresetChoice(tmp_path)
    write(tmp_path, '[privacy]\npreset = "strict"\n')
    assert choice() is POLICIES[Preset.STRICT]
    write(tmp_path, nonsense)
    assert choice() is POLICIES[Preset.STRICT]
    open_permissions(Home(tmp_path)).grant(CONTENT, how=How.CODE)
    write(tmp_path, '[privacy]\npreset = "content"\n')
    assert choice() is POLICIES[Preset.CONTENT]
    write(tmp_path, nonsense + "\n")
    assert choice() is POLICIES[Preset.STANDARD]
    assert PresetChoice(tmp_path)() is POLICIES[Preset.STANDARD]
    with pytest.raises(ConfigError):
        load(Home(tmp_path))


def test_the_quick_look_and_the_whole_settings_agree(tmp_path: Path) -> None:
    for text in ("", '[privacy]\npreset = "strict"\nidentity = "clear"\n', "[log]\nlevel = 'debug'\n"):
        write(tmp_path, text)
        assert privacy_of(Home(tmp_path), environ={})[0] == load(Home(tmp_path), environ={}).privacy


def test_a_reading_process_gets_the_same_choice(tmp_path: Path) -> None:
    write(tmp_path, '[privacy]\npreset = "strict"\n')
    assert pickle.loads(pickle.dumps(PresetChoice(tmp_path)))() is POLICIES[Preset.STRICT]


def test_clear_names_are_told(tmp_path: Path) -> None:
    write(tmp_path, '[privacy]\nidentity = "clear"\n')
    assert "clear names" in PresetChoice(tmp_path).state().notices(0)[0]


def test_texts_that_are_left_over_are_told(tmp_path: Path) -> None:
    assert "still kept: 3." in PresetChoice(tmp_path).state().notices(3)[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[privacy]\npreset = "strict"\n'),
        ("# mine\n", '# mine\n\n[privacy]\npreset = "strict"\n'),
        ("[log]\nlevel = 'debug'", "[log]\nlevel = 'debug'\n\n[privacy]\npreset = \"strict\"\n"),
        ('[privacy]\npreset = "content" # why\n[log]\n', '[privacy]\npreset = "strict"  # why\n[log]\n'),
        ("[privacy] # here\n", '[privacy] # here\npreset = "strict"\n'),
        ("[privacy]", '[privacy]\npreset = "strict"\n'),
        (
            "[ privacy ]\nidentity = 'clear'\n  preset = 'standard'\n",
            "[ privacy ]\nidentity = 'clear'\npreset = \"strict\"\n",
        ),
        (
            "[log]\n[privacy]\r\nidentity = 'clear'\r\n",
            "[log]\n[privacy]\r\npreset = \"strict\"\nidentity = 'clear'\r\n",
        ),
    ],
)
def test_one_option_is_changed_and_nothing_else(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "tachograph.toml"
    path.write_bytes(before.encode())
    set_option(path, "privacy", "preset", "strict")
    assert path.read_bytes().decode() == after
    set_option(path, "privacy", "preset", "strict")
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize(
    "text",
    [
        "privacy = {preset = 'content'}\n",
        "privacy.preset = 'content'\n",
        "[privacy]\npreset = '''content'''\n",
        "x = '''\n[privacy]\npreset = \"content\"\n'''\n",
        "not toml",
    ],
)
def test_a_file_in_another_form_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tachograph.toml"
    path.write_text(text)
    with pytest.raises(ConfigError):
        set_option(path, "privacy", "preset", "strict")
    assert path.read_text() == text
