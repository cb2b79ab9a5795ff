"""`tachograph statusline` as Claude Code starts it: one line or an empty one, status 0, whatever comes in."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tachograph.cli import main
from tachograph.cli.statusline import settings_for
from tachograph.home import Home

GOOD = json.dumps({"session_id": "a", "cost": {"total_cost_usd": 0.42}, "model": {"display_name": "Opus 5.5"}}).encode()
LONG_S = 20.0  # what no run on any machine takes
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"hello",
    "a list": b"[1, 2]",
    "null": b"null",
    "a number": b"1e400",
    "a text": b'"x"',
    "half": GOOD[: len(GOOD) // 2],
    "no UTF-8": b"\xff\xfe" * 100,
    "NUL": b"\x00" * 5000,
    "deep": b"[" * 300_000,
    "deep objects": b'{"cost":' * 100_000,
    "keys twice": b'{"cost":1,"cost":{"total_cost_usd":[]}}',
    "all wrong types": b'{"session_id":[],"cost":5,"model":"x","rate_limits":[],"context_window":null,"version":{}}',
    "surrogates": b'{"model":{"display_name":"\\ud800\\udfff"}}',
    "escapes": b'{"model":{"display_name":"\\u001b]52;c;eA==\\u0007\\u009b31mX\\n\\r"},"cost":{"total_cost_usd":1}}',
    "a digit too much": b'{"cost":{"total_cost_usd":' + b"9" * 5000 + b"}}",
    "a path as session": b'{"session_id":"../../etc/passwd","cost":{"total_cost_usd":1}}',
    "huge": b'{"pad":"' + b"x" * (3 << 20) + b'"}',
    "many limits": json.dumps({"rate_limits": {f"w{i}": {"used_percentage": i} for i in range(5000)}}).encode(),
}


def run(
    data: bytes, *arguments: str, home: Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), "statusline", *arguments],
        input=data,
        capture_output=True,
        timeout=LONG_S,
        env={**os.environ, **(environ or {})},
        check=False,
    )


def made_home(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    (path / "secret.key").write_bytes(b"k" * 32)
    return path


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_comes_in_one_line_comes_out(name: str, tmp_path: Path) -> None:
    try:
        done = run(HOSTILE[name], home=made_home(tmp_path))
    except BrokenPipeError:
        pytest.fail("it must not matter that not all is read")
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.endswith(b"\n")
    assert done.stdout.count(b"\n") == 1
    plain = done.stdout.decode().replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\x1b[33m", "")
    assert plain.replace("\x1b[31m", "").rstrip("\n").isprintable()
    assert b"passwd" not in done.stdout


@pytest.mark.parametrize(("data", "told"), [(GOOD, b"$0.42"), (GOOD[:-1], b""), (b"", b"")])
def test_input_that_never_ends_is_not_waited_for(data: bytes, told: bytes, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tachograph", "--home", str(tmp_path), "statusline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(data)  # and it stays open
    process.stdin.flush()
    start_s = time.monotonic()
    process.wait(timeout=LONG_S)
    assert process.stdout is not None
    assert process.stderr is not None
    line, errors = process.stdout.read(), process.stderr.read()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    assert told in line, "a whole object is enough"
    assert line.count(b"\n") == 1
    assert (process.returncode, errors) == (0, b"")
    assert time.monotonic() - start_s < LONG_S / 2


def test_a_reader_that_went_away_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tachograph", "--home", str(tmp_path), "statusline"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, input=GOOD, stdout=write, stderr=subprocess.PIPE, timeout=LONG_S, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_without_standard_streams_nothing_breaks(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tachograph", "--home", str(tmp_path), "statusline"]
    done = subprocess.run(
        ["sh", "-c", shlex.join(words) + " <&- >&-"], capture_output=True, timeout=LONG_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


FAULTS = (
    "statusline is a file",
    "statusline may not be written",
    "today.json is a folder",
    "today.json is odd",
    "no home",
)


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_home_is_like_the_session_is_shown(fault: str, tmp_path: Path) -> None:
    home = made_home(tmp_path / "home")
    if fault == "statusline is a file":
        (home / "statusline").write_text("x")
    elif fault == "statusline may not be written":
        (home / "statusline").mkdir()
        (home / "statusline" / "lock").mkdir()
    elif fault == "today.json is a folder":
        (home / "today.json").mkdir()
    elif fault == "today.json is odd":
        (home / "today.json").write_text('{"v": 1, "sessions": 5}')
    else:
        home = tmp_path / "nowhere"
    done = run(GOOD, home=home, environ={"NO_COLOR": "1"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"$0.42")
    assert fault != "no home" or not home.exists(), "a status line makes no home"


def test_who_does_not_want_to_be_tracked_leaves_no_file(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    limited = GOOD[:-1] + b',"rate_limits":{"five_hour":{"used_percentage":5}}}'
    done = run(limited, home=home, environ={"DO_NOT_TRACK": "1", "NO_COLOR": "1"})
    assert done.stdout.startswith(b"$0.42")
    assert sorted(path.name for path in home.iterdir()) == ["secret.key"]
    run(limited, home=home, environ={"TACHOGRAPH_STATUSLINE__RECORD": "false"})
    assert sorted(path.name for path in home.iterdir()) == ["secret.key"]
    run(limited, home=home)
    assert (home / "statusline" / "observed.jsonl").exists()


def test_while_something_is_erased_nothing_is_written(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    Home(home).erasure.write_text("{}")
    assert run(GOOD, home=home).returncode == 0
    assert not (home / "statusline").exists()


def test_the_figures_as_json(tmp_path: Path) -> None:
    told = json.loads(run(GOOD, "--json", home=tmp_path).stdout)
    assert told["line"] == "$0.42 · Opus 5.5"
    assert told["session"] == {"cost_usd": 0.42}
    assert told["today"] is None
    assert told["context"] == {"used_ratio": None, "over_200k": False}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["--home", "{home}"]),
        (["--home", "{home}"], []),
        (["--home={home}"], []),
        (["--json", "--home", "{home}"], []),
    ],
)
def test_options_stand_before_or_after_the_name(before: Sequence[str], after: Sequence[str], tmp_path: Path) -> None:
    words = [word.format(home=tmp_path) for word in (*before, "statusline", *after)]
    done = subprocess.run(
        [sys.executable, "-m", "tachograph", *words],
        input=GOOD,
        capture_output=True,
        timeout=LONG_S,
        env={**os.environ, "NO_COLOR": "1"},
        check=False,
    )
    assert done.returncode == 0
    assert "$0.42 · Opus 5.5" in (json.loads(done.stdout)["line"] if "--json" in before else done.stdout.decode())


def test_a_mistake_in_the_call_is_told_as_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statusline", "--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err
    assert main(["statusline", "--home"]) == 2


def test_what_to_put_into_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statusline", "--print-settings", "--home", str(tmp_path / "a b")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == settings_for(tmp_path / "a b")
    command, *words = shlex.split(told["statusLine"]["command"])
    assert told["statusLine"]["type"] == "command"
    assert Path(command).is_absolute()
    assert words == ["statusline", "--home", str(tmp_path / "a b")]
    assert settings_for(None)["statusLine"]["command"].endswith(" statusline")  # type: ignore[index]
