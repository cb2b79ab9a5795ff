"""`files init`: the folder, its scripts in several shells, and what a person changed in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tachograph.file_kit.folder import KitFolder
from tachograph.file_kit.labels import Labels, check_label, labels_in
from tachograph.file_kit.setup import Made, logs_prompts, set_up
from tachograph_sdk.errors import ConfigError

SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "ksh", "mksh") if shutil.which(shell)]
NAMES = {"logs", "data", "env.sh", "claude-with-telemetry.sh", "shell-integration.txt", ".made.json"}


@pytest.fixture
def folder(tmp_path: Path) -> KitFolder:
    """In a place with a name that scripts have trouble with."""
    return KitFolder(tmp_path / 'it\'s a $(touch pwned) "kit"; `touch pwned` \n#')


def make(
    folder: KitFolder,
    labels: Labels | None = None,
    *,
    tachograph: Path | None = None,
    may_replace: Callable[[Path], bool] = lambda _: False,
) -> dict[str, str]:
    """Set up, and what became of each file by its name."""
    made: list[Made] = set_up(folder, labels=labels or Labels(), tachograph=tachograph, may_replace=may_replace)
    return {one.path.name: one.status for one in made if one.path != folder.root}


def run(shell: str, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", **more}
    return subprocess.run([shell, "-c", script], capture_output=True, text=True, env=environment, check=False)


def test_everything_is_there_and_for_its_owner_only(folder: KitFolder) -> None:
    old = os.umask(0)
    try:
        assert set(make(folder).values()) == {"made"}
    finally:
        os.umask(old)
    assert {path.name for path in folder.root.iterdir()} == NAMES
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder.root, *folder.root.iterdir())}
    closed = {folder.root.name: 0o700, "logs": 0o700, "data": 0o700, "claude-with-telemetry.sh": 0o700}
    assert modes == {name: closed.get(name, 0o600) for name in modes}


def test_again_changes_nothing(folder: KitFolder) -> None:
    make(folder, Labels(team="platform"))
    before = {path: path.read_bytes() for path in folder.root.iterdir() if path.is_file()}
    assert set(make(folder).values()) == {"unchanged"}  # and the label stays, though it is not said again
    assert before == {path: path.read_bytes() for path in folder.root.iterdir() if path.is_file()}


def test_what_a_person_changed_is_kept_unless_they_say_so(folder: KitFolder) -> None:
    make(folder)
    changed = folder.environment.read_text() + "export MINE=1\n"
    folder.environment.write_text(changed)
    asked: list[Path] = []

    def refuse(path: Path) -> bool:
        asked.append(path)
        return False

    assert make(folder, may_replace=refuse)["env.sh"] == "kept"
    assert asked == [folder.environment]
    assert folder.environment.read_text() == changed
    assert make(folder, may_replace=lambda _: True)["env.sh"] == "replaced"
    assert "MINE" not in folder.environment.read_text()


def test_what_was_made_here_is_brought_up_to_date_without_asking(folder: KitFolder) -> None:
    make(folder)
    assert make(folder, Labels(team="platform"))["env.sh"] == "updated"
    assert make(folder, tachograph=Path("/opt/tachograph"))["claude-with-telemetry.sh"] == "updated"


def test_the_folder_of_another_kit_is_taken_over_with_care(folder: KitFolder) -> None:
    """Its env.sh logged prompts, and its logs could be read by everybody."""
    folder.logs.mkdir(parents=True)
    folder.root.chmod(0o755)
    log = folder.logs / "session-20250112-143022.log"
    log.write_text("hello")
    log.chmod(0o644)
    folder.environment.write_text("export OTEL_LOG_USER_PROMPTS=1\nexport OTEL_RESOURCE_ATTRIBUTES=team=a,project=b\n")
    assert make(folder)["env.sh"] == "kept"
    assert logs_prompts(folder.environment)
    folder.environment.write_text(folder.environment.read_text().replace("PROMPTS=1", "PROMPTS=0"))
    assert logs_prompts(folder.environment)  # Claude Code 1 asks only whether there is a value
    assert labels_in(folder.environment) == Labels(team="a", project="b")
    assert [path.stat().st_mode & 0o777 for path in (folder.root, log)] == [0o700, 0o600]


@pytest.mark.parametrize("shell", SHELLS)
def test_env_sh_in(shell: str, folder: KitFolder) -> None:
    make(folder, Labels(team="platform", project="search-2.0"))
    assert run(shell, ":").returncode == 0
    checked = subprocess.run([shell, "-n", str(folder.environment)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    texts = dict.fromkeys(("OTEL_LOG_USER_PROMPTS", "OTEL_LOG_TOOL_DETAILS", "OTEL_LOG_RAW_API_BODIES"), "1")
    done = run(shell, 'set -eu; . "$KIT/env.sh"; env', KIT=str(folder.root), **texts)
    said = dict(line.split("=", 1) for line in done.stdout.splitlines() if line.startswith(("OTEL", "CLAUDE")))
    assert said == {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "console",
        "OTEL_LOGS_EXPORTER": "console",
        "OTEL_METRIC_EXPORT_INTERVAL": "60000",
        "OTEL_LOGS_EXPORT_INTERVAL": "5000",
        "OTEL_METRICS_INCLUDE_SESSION_ID": "true",
        "OTEL_METRICS_INCLUDE_ACCOUNT_UUID": "true",
        "OTEL_RESOURCE_ATTRIBUTES": "team=platform,project=search-2.0",
    }
    assert not list(folder.root.parent.glob("pwned"))


@pytest.mark.parametrize("shell", SHELLS)
def test_the_wrapper_in(shell: str, folder: KitFolder, tmp_path: Path) -> None:
    """What it runs, with which arguments, and how it ends."""
    bin_folder = tmp_path / "a bin"
    bin_folder.mkdir()
    for name, text in (
        ("tachograph", '#!/bin/sh\nfor a in "$@"; do printf "[%s]" "$a"; done\nexit 9\n'),
        ("claude", '#!/bin/sh\nprintf "plain:%s" "$1"\nexit 4\n'),
    ):
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    make(folder, tachograph=bin_folder / "tachograph")
    wrapper = str(folder.wrapper)
    assert subprocess.run([shell, "-n", wrapper], capture_output=True, check=False).stderr == b""
    done = subprocess.run([shell, wrapper, "-p", "a  b", "", "*", "--"], capture_output=True, text=True, check=False)
    assert done.stdout == f"[files][run][--dir][{folder.root}][--][claude][-p][a  b][][*][--]"
    assert done.returncode == 9
    (bin_folder / "tachograph").unlink()
    usual = {"PATH": f"{bin_folder}:/usr/bin:/bin"}
    done = subprocess.run([shell, wrapper, "hello"], capture_output=True, text=True, env=usual, check=False)
    assert (done.stdout, done.returncode) == ("plain:hello", 4)
    assert "not recorded" in done.stderr


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell in ("bash", "zsh", "dash")])
def test_the_alias_in(shell: str, folder: KitFolder) -> None:
    make(folder)
    folder.wrapper.write_text('#!/bin/sh\necho "ran $1"\n')
    script = 'shopt -s expand_aliases 2>/dev/null; . "$KIT/shell-integration.txt"\nclaude-telemetry here\n'
    assert run(shell, script, KIT=str(folder.root)).stdout == "ran here\n"


@pytest.mark.parametrize("label", ["", "a b", "-a", "a;b", "a,b=c", "$(x)", "ä", "x" * 65, "a\n"])
def test_what_is_no_label(label: str) -> None:
    with pytest.raises(ConfigError):
        check_label("--team", label)


def test_labels_are_read_however_they_are_quoted(tmp_path: Path) -> None:
    script = tmp_path / "env.sh"
    for line in (
        'export OTEL_RESOURCE_ATTRIBUTES="team=a,project=b"',
        "OTEL_RESOURCE_ATTRIBUTES='team=a,project=b,x=y'",
        "export OTEL_RESOURCE_ATTRIBUTES=x=y,team=a,project=b",
    ):
        script.write_text(f"#\n{line}\n")
        assert labels_in(script) == Labels(team="a", project="b")
    script.write_text("export OTEL_RESOURCE_ATTRIBUTES='team=a b,project=/home/me'\n")
    assert labels_in(script) == Labels()
