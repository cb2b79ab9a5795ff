"""What is broken around the hook: files in the place of folders, full disks, folders that are gone. It stays silent."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_hook import CONSENT, Hook, payload

END = payload("SessionEnd", reason="other")


@pytest.fixture
def hook(tmp_path: Path) -> Hook:
    return Hook(folder=tmp_path)


def moved(hook: Hook, name: str = "") -> tuple[Path, Path]:
    """Take a file of the data folder, or that folder, out of its place; both paths."""
    path = hook.data / name if name else hook.data
    other = hook.folder / "elsewhere"
    if path.exists():
        path.rename(other)
    return path, other


def a_file(path: Path, other: Path) -> None:
    path.write_text("precious")


def a_link(path: Path, other: Path) -> None:
    path.symlink_to(other)


def a_dangling_link(path: Path, other: Path) -> None:
    path.symlink_to(other.parent / "nowhere")


def a_fifo(path: Path, other: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path, other: Path) -> None:
    path.symlink_to("/dev/full")


def a_folder(path: Path, other: Path) -> None:
    path.mkdir()


def nothing(path: Path, other: Path) -> None:
    pass


Replace = Callable[[Path, Path], None]
IN_PLACE_OF: list[tuple[str, Replace]] = [
    *(("", replace) for replace in (a_file, a_link, a_dangling_link, a_fifo, a_device, nothing)),
    *(("consent.json", replace) for replace in (a_link, a_dangling_link, a_fifo, a_device, a_folder, nothing)),
]


@pytest.mark.parametrize(("name", "replace"), IN_PLACE_OF)
def test_where_the_folder_or_the_consent_is_not_what_it_should_be_nothing_is_done(
    hook: Hook, name: str, replace: Replace
) -> None:
    replace(*moved(hook, name))
    before = hook.tree()
    for shell in (True, False):
        ran = hook.run(END, words=hook.words(shell=shell))
        assert ran.was_silent
        assert ran.seconds < 1.5
    time.sleep(0.05)
    assert hook.tree() == before


@pytest.mark.parametrize("name", ["spool", "spool/events.jsonl", "spool/costs.jsonl", "shipper.started", "interpreter"])
@pytest.mark.parametrize("replace", [a_file, a_link, a_dangling_link, a_fifo, a_device, a_folder])
def test_what_stands_in_the_place_of_a_file_is_left_alone(hook: Hook, name: str, replace: Replace) -> None:
    if name.startswith("spool/"):
        (hook.data / "spool").mkdir(mode=0o700)
    target = hook.folder / "elsewhere"
    path = hook.data / name
    if name == "interpreter":
        path.unlink()
    if name == "spool":
        target.mkdir()
    else:
        target.write_text("precious")
    replace(path, target)
    ran = hook.run(END, environ={"PATH": "/nowhere"} if name == "interpreter" else None)
    assert ran.was_silent
    assert ran.seconds < 1.5
    if name == "spool":
        assert list(target.iterdir()) == []
    elif replace is not a_file:
        assert target.read_text() == "precious"
    assert not (target.parent / "nowhere").exists()
    if name == "shipper.started":
        assert len(hook.events()) == 1


def test_a_shipper_that_cannot_be_noted_is_started_at_the_end_all_the_same(hook: Hook) -> None:
    (hook.data / "shipper.started").mkdir()
    hook.run(payload(prompt="/x"))
    hook.run(END)
    hook.shippers(at_least=1)
    time.sleep(0.2)
    assert len(hook.shippers()) == 1


# --- the place the hook runs in ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": None},
        {"HOME": ""},
        {"HOME": "/nowhere"},
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"TZ": "Mars/Olympus:::"},
        {"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere", "PYTHONSTARTUP": "/nowhere", "PYTHONWARNINGS": "error"},
        {"PATH": None},
        {"PATH": ""},
        {"ENV": "/nowhere", "BASH_ENV": "/nowhere", "CDPATH": "/"},
        {"IFS": "/", "PS4": "$(touch x)", "SHELLOPTS": "xtrace"},
        {"CLAUDE_PLUGIN_DATA": None, "CLAUDE_CONFIG_DIR": ""},
        {"BIG": "x" * 100_000},
    ],
    ids=lambda value: ",".join(value),
)
def test_an_unusual_environment_changes_nothing(hook: Hook, environ: dict[str, str | None]) -> None:
    assert hook.run(END, environ=environ).was_silent
    assert len(hook.events()) == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": None, "CLAUDE_PLUGIN_DATA": None},
        {"CLAUDE_PLUGIN_DATA": "relative/data"},
        {"CLAUDE_PLUGIN_DATA": "/nowhere/at/all"},
        {"CLAUDE_PLUGIN_DATA": "/proc/self"},
        {"CLAUDE_PLUGIN_DATA": "/dev/null"},
        {"CLAUDE_PLUGIN_DATA": "$(touch x)"},
        {"CLAUDE_PLUGIN_DATA": "-rf"},
        {"CLAUDE_PLUGIN_DATA": "/" + "x" * 5_000},
        {"CLAUDE_PLUGIN_DATA": None, "CLAUDE_CONFIG_DIR": "relative"},
        {"CLAUDE_PLUGIN_ROOT": None},
        {"CLAUDE_PLUGIN_ROOT": "/nowhere"},
        {"CLAUDE_PLUGIN_ROOT": "/etc/passwd"},
        {"CLAUDE_PLUGIN_ROOT": ""},
    ],
    ids=str,
)
def test_a_place_that_is_none_is_silent_and_nothing_is_written(hook: Hook, environ: dict[str, str | None]) -> None:
    before = hook.tree()
    assert hook.run(END, environ=environ).was_silent
    assert hook.run(END, environ=environ, cwd=hook.folder).was_silent
    assert hook.tree() == before


@pytest.mark.parametrize("name", ["hook.sh", "hook.py", "places.py"])
@pytest.mark.parametrize("how", ["gone", "empty", "cut off", "a folder", "not text"])
def test_a_plugin_that_is_being_replaced_never_blocks_a_prompt(hook: Hook, name: str, how: str) -> None:
    """`sh` ends with 2 for a missing file, as `python` does, and 2 is what blocks a prompt."""
    path = hook.root / "scripts" / name
    whole = path.read_bytes()
    path.unlink()
    if how == "a folder":
        path.mkdir()
    elif how != "gone":
        path.write_bytes(
            {"empty": b"", "cut off": whole[: len(whole) * 2 // 3], "not text": b"\x7fELF\x00\xff\n" * 9}[how]
        )
    assert hook.run(END).was_silent


def test_a_working_folder_that_was_deleted(hook: Hook) -> None:
    gone = hook.folder / "gone"
    gone.mkdir()
    ran = hook.run(
        END, words=["/bin/sh", "-c", 'cd "$1" && rmdir "$1" && exec /bin/sh -c "$0"', hook.words()[2], str(gone)]
    )
    assert ran.status == 0
    assert ran.stdout == b""  # what the shell itself says on stderr, it says before anything of ours runs
    assert len(hook.events()) == 1


def limited(limit: int) -> Callable[[], None]:
    def set_limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit


def test_a_disk_that_fills_up_in_the_middle_of_a_line_costs_that_line_only(hook: Hook) -> None:
    hook.run(payload(prompt="/first"))
    path = hook.data / "spool" / "events.jsonl"
    size = path.stat().st_size
    assert hook.run(payload(prompt="/second"), preexec_fn=limited(size + 40)).was_silent
    assert path.stat().st_size == size + 40
    assert hook.run(payload(prompt="/third"), preexec_fn=limited(size + 40)).was_silent
    assert path.stat().st_size == size + 40
    assert hook.run(payload(prompt="/fourth")).was_silent
    lines = path.read_bytes().splitlines()
    assert len(lines) == 3
    assert b'"first"' in lines[0]
    assert b'"fourth"' in lines[2]


@pytest.mark.parametrize("most", [4, 6, 16])
def test_no_more_files_can_be_opened(hook: Hook, most: int) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    ran = hook.run(END, preexec_fn=few)
    assert ran.status == 0  # `dash` itself says on stderr that it cannot redirect
    assert ran.stdout == b""
    if most == 16:
        assert ran.was_silent
        assert len(hook.events()) == 1


@pytest.fixture
def somebody() -> Iterator[tuple[Hook, dict[str, Any]]]:
    """A hook of a person without rights over everything, where the tests run as root."""
    python = next((path for path in ("/usr/bin/python3", "/usr/local/bin/python3") if os.path.exists(path)), None)
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody who may not write everywhere")
    if python is None:
        pytest.skip("needs a Python outside root's home")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        hook = Hook(folder=Path(folder) / "x", python=python)
        nobody = pwd.getpwnam("nobody")
        for path in [hook.folder, *hook.folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        yield hook, {"user": nobody.pw_uid, "group": nobody.pw_gid}
        for path in [hook.data, hook.data / "spool"]:
            if path.exists():
                path.chmod(0o700)


def test_a_folder_that_may_not_be_written_to(somebody: tuple[Hook, dict[str, Any]]) -> None:
    hook, person = somebody
    hook.data.chmod(0o500)
    before = hook.tree()
    assert hook.run(END, **person).was_silent
    assert hook.tree() == before
    hook.data.chmod(0o700)
    assert hook.run(END, **person).was_silent
    assert len(hook.events()) == 1
    (hook.data / "spool").chmod(0o500)
    assert hook.run(END, **person).was_silent
    (hook.data / "spool" / "events.jsonl").chmod(0o400)
    assert hook.run(END, **person).was_silent
    (hook.data / "spool").chmod(0)
    assert hook.run(END, **person).was_silent
    (hook.data / "spool").chmod(0o700)
    assert len(hook.events()) == 2


@pytest.mark.parametrize("name", ["", "consent.json", "spool", "spool/events.jsonl"])
def test_what_belongs_to_somebody_else_is_not_used(somebody: tuple[Hook, dict[str, Any]], name: str) -> None:
    """As after `sudo claude` in the same home, or where another person prepared the folder."""
    hook, person = somebody
    hook.run(END, **person)
    os.chown(hook.data / name if name else hook.data, 0, 0)
    for path in (hook.data, hook.data / "spool"):
        path.chmod(0o755)
    for path in hook.data.rglob("*.json*"):
        path.chmod(0o666)
    assert hook.run(END, **person).was_silent
    assert len(hook.events()) == 1


def test_root_does_not_write_into_a_persons_folder(somebody: tuple[Hook, dict[str, Any]]) -> None:
    hook, person = somebody
    assert hook.run(END).was_silent
    assert hook.events() == []
    assert hook.run(END, **person).was_silent
    assert len(hook.events()) == 1


def test_a_consent_may_be_written_as_people_write_json(hook: Hook) -> None:
    text = "{\n" + ",\n".join(f"  {name!r}: {value!r}".replace("'", '"') for name, value in CONSENT.items()) + "\n}\n"
    (hook.data / "consent.json").write_text(text)
    assert hook.run(END).was_silent
    assert len(hook.events()) == 1


def test_without_proc_the_cost_is_what_can_be_known(hook: Hook) -> None:
    path = hook.root / "scripts" / "hook.py"
    path.write_text(path.read_text().replace('"/proc/', '"/nowhere/'))
    assert hook.run(payload(prompt="hello")).was_silent
    (cost,) = hook.costs()
    assert 1 < cost["took_ms"] < 500


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_other_shells_do_the_same(hook: Hook) -> None:
    for number, shell in enumerate(
        (["bash", "-c"], ["bash", "--posix", "-c"], ["busybox", "sh", "-c"], ["zsh", "-c"]), 1
    ):
        if shutil.which(shell[0]):
            assert hook.run(END, words=[*shell, hook.words()[2]]).was_silent, shell
            assert len(hook.events()) >= min(number, 2)
    empty = Hook(folder=hook.folder / "empty", consent=None)
    (empty.root / "scripts" / "hook.sh").unlink()
    for shell in (["bash", "-c"], ["bash", "--posix", "-c"]):
        assert empty.run(END, words=[*shell, empty.words()[2]]).was_silent, shell


def test_signals_that_end_a_session_do_not_end_the_hook(hook: Hook) -> None:
    import signal

    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ, start_new_session=True) as running:
            time.sleep(0.05)
            os.killpg(running.pid, number)
            running.communicate(END)
        assert running.returncode == 0
    assert len(hook.events()) == 3
