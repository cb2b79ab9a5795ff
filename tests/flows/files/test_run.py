"""`tachograph files run`: nothing of it can be seen by the program or its caller, but the log."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.flows.files.terminal import Terminal

GOLDEN = Path(__file__).parents[2] / "golden" / "console" / "claude_code" / "2.1.328" / "otlp"
LOGS, METRICS = GOLDEN / "0002.logs.grpc.pb", GOLDEN / "0003.metrics.grpc.pb"


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Programs begin with Ctrl-C as in a terminal, also where these tests run behind a shell's `&`, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


ABOUT = """
import json, os, sys
print(json.dumps({
    "arguments": sys.argv[1:],
    "ttys": [os.isatty(n) and os.ttyname(n) for n in (0, 1, 2)],
    "size": list(os.get_terminal_size()) if os.isatty(1) else None,
    "foreground": os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp(),
    "open": sorted(n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}"))[:-1],
    "blocked": [int(l.split()[1], 16) for l in open("/proc/self/status") if l.startswith("SigBlk")][0],
    "endpoint": os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"),
}), flush=True)
"""

SIGNALS = """
import os, signal, sys, time
def got(number, frame):
    print("got", signal.Signals(number).name, flush=True)
for name in sys.argv[2:]:
    signal.signal(getattr(signal, name), got)
print("ready", os.getpid(), os.getppid(), flush=True)
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    time.sleep(0.05)
sys.exit(5)
"""

SEND = """
import gzip, http.client, os, sys
from urllib.parse import urlsplit
place = urlsplit(os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"])
for what in sys.argv[1:]:
    signal, kind, path = what.split("=", 2)
    body = open(path, "rb").read()
    headers = {"Content-Type": "application/json" if "json" in kind else "application/x-protobuf"}
    if "gzip" in kind:
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    prefix = "" if "stranger" in kind else place.path
    chunks = [body[n:n + 1000] for n in range(0, len(body), 1000)]
    connection.request("POST", f"{prefix}/v1/{signal}", chunks if "chunked" in kind else body, headers,
                       encode_chunked="chunked" in kind)
    print(connection.getresponse().status, flush=True)
    connection.close()
"""


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    return tmp_path / "kit"


def environment(**more: str) -> dict[str, str]:
    """Without telemetry of whoever runs these tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "CLAUDE"))}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **more}


def recorded(kit: Path, *program: str) -> list[str]:
    """The command that records a program."""
    return [sys.executable, "-m", "tachograph", "files", "run", "--dir", str(kit), "--", *program]


def script(text: str, *arguments: str) -> list[str]:
    """A stand-in for Claude Code."""
    return [sys.executable, "-S", "-c", text, *arguments]


def run(
    kit: Path, *program: str, limit: int | None = None, own: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program recorded, without a terminal."""

    def prepare() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        recorded(kit, *program),
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(**(own or {})),
        preexec_fn=prepare,
        check=False,
    )


def lines_of(kit: Path) -> list[dict[str, object]]:
    """All requests in the logs."""
    return [json.loads(line) for path in sorted((kit / "logs").iterdir()) for line in path.read_text().splitlines()]


def test_arguments_and_terminal_are_the_programs_own(kit: Path) -> None:
    given = ["-p", "a  b", "", "--json", "--", "*", "--help"]
    with Terminal(recorded(kit, *script(ABOUT, *given)), environment()) as terminal:
        about = json.loads(terminal.see(r"\{.*\}").group())
        assert terminal.wait() == 0
    assert about["arguments"] == given
    assert len(set(about["ttys"])) == 1
    assert about["ttys"][0]
    assert about["size"] == [101, 33]
    assert about["foreground"]
    assert about["open"] == []  # nothing of ours
    assert about["blocked"] == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not say")
def test_no_signal_is_ignored_that_was_not(kit: Path) -> None:
    """Python ignores some; a program that it starts must not."""
    plain = subprocess.run(["grep", "SigIgn", "/proc/self/status"], capture_output=True, text=True, check=True)
    ignored = [
        int(said.split()[1], 16) for said in (plain.stdout, run(kit, "grep", "SigIgn", "/proc/self/status").stdout)
    ]
    of_the_library = 1 << 31 | 1 << 32  # 32 and 33, which glibc keeps to itself and posix_spawn leaves ignored
    assert ignored[1] & ~of_the_library == ignored[0] & ~of_the_library


def test_pipes_go_through(kit: Path) -> None:
    done = subprocess.run(
        recorded(kit, "sh", "-c", "cat; echo err >&2; exit 3"),
        input="in\n",
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("in\n", "err\n", 3)


@pytest.mark.parametrize("status", [0, 1, 2, 42, 127, 255])
def test_the_exit_status_is_the_programs(kit: Path, status: int) -> None:
    assert run(kit, "sh", "-c", f"exit {status}").returncode == status


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT", "SIGSEGV"])
def test_a_program_that_a_signal_ended(kit: Path, name: str) -> None:
    number = getattr(signal, name)
    done = run(kit, "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$")
    assert done.returncode == -number
    shown = subprocess.run(
        ["sh", "-c", '"$@"; echo $?', "sh", *recorded(kit, "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$")],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    if name != "SIGINT":  # of which a shell ends, too
        assert shown.stdout == f"{128 + number}\n"


def test_what_is_no_program(kit: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("echo hello from a script without a first line; exit 6\n")
    assert run(kit, "no-such-program-here").returncode == 127
    assert "command not found" in run(kit, "no-such-program-here").stderr
    assert run(kit, str(tmp_path / "not-there")).returncode == 127
    assert run(kit, str(plain)).returncode == 126
    assert run(kit, str(tmp_path)).returncode == 126
    plain.chmod(0o755)
    done = run(kit, str(plain))
    assert (done.stdout, done.returncode) == ("hello from a script without a first line\n", 6)


def test_ctrl_c_reaches_the_program_once_and_ends_only_what_it_ends(kit: Path) -> None:
    with Terminal(recorded(kit, *script(SIGNALS, "1.5", "SIGINT")), environment()) as terminal:
        terminal.see("ready")
        time.sleep(0.3)
        terminal.keys("\x03")
        terminal.see("got SIGINT")
        assert terminal.wait() == 5
        assert "got" not in terminal.shown
    with Terminal(recorded(kit, *script(SIGNALS, "20")), environment()) as terminal:
        terminal.see("ready")
        terminal.keys("\x03")
        assert terminal.wait() == -signal.SIGINT


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGUSR1"])
def test_what_is_sent_to_us_alone_is_passed_on(kit: Path, name: str) -> None:
    if name == "SIGINT" and not hasattr(signal, "sigtimedwait"):
        pytest.skip("this system does not say where a signal came from")
    with Terminal(recorded(kit, *script(SIGNALS, "1.5", name)), environment()) as terminal:
        ours = int(terminal.see(r"ready \d+ (\d+)").group(1))
        assert ours == terminal.pid
        time.sleep(0.2)
        os.kill(ours, getattr(signal, name))
        terminal.see(f"got {name}")
        assert terminal.wait() == 5


def test_hanging_up_ends_both(kit: Path) -> None:
    with Terminal(recorded(kit, *script(SIGNALS, "30")), environment()) as terminal:
        child = int(terminal.see(r"ready (\d+)").group(1))
        terminal.hang_up()
        assert terminal.wait() == -signal.SIGHUP
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.skipif(shutil.which("bash") is None, reason="job control needs a shell that has it")
@pytest.mark.parametrize("stops", ["typed", "by itself"])
def test_stopping_and_going_on_as_in_a_plain_shell(kit: Path, stops: str, tmp_path: Path) -> None:
    """Ctrl-Z stops the whole group; Claude Code reads the key itself, and stops itself alone."""
    itself = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)" if stops == "by itself" else ""
    program = tmp_path / "program.py"
    program.write_text(
        f"import time\nprint('run'+'ning', flush=True)\ntime.sleep(0.5)\n{itself}\nprint('go'+'ing on', flush=True)\n"
        "print('read:', input(), flush=True)\nraise SystemExit(8)\n"
    )
    line = " ".join(f"'{part}'" for part in recorded(kit, sys.executable, "-S", str(program)))
    with Terminal(["bash", "--norc", "--noprofile", "-i"], environment(PS1="ok> ")) as terminal:
        terminal.see("ok> ")
        for _ in range(2):
            terminal.keys(line + "\n")
            terminal.see("running")
            if stops == "typed":
                terminal.keys("\x1a")
            terminal.see("Stopped")
            terminal.see("ok> ")
            terminal.keys("fg\n")
            terminal.see("going on")
            terminal.keys("hello\n")
            terminal.see("read: hello")
            terminal.see("ok> ")
            terminal.keys("echo status $?\n")
            terminal.see(r"status 8")
        terminal.keys("exit\n")
        assert terminal.wait() == 0


def test_who_lets_us_go_on_lets_the_program_go_on(kit: Path) -> None:
    """Without a shell that tells the whole group."""
    text = "import os, signal, time\nprint('up', flush=True)\nos.kill(os.getpid(), signal.SIGSTOP)\nraise SystemExit(4)"
    process = subprocess.Popen(recorded(kit, *script(text)), env=environment(), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        pid, status = os.waitpid(process.pid, os.WUNTRACED)
        assert pid == process.pid
        assert os.WIFSTOPPED(status)
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(20) == 4
    finally:
        process.kill()
        process.communicate()


def test_every_encoding_becomes_lines_that_parse_to_the_same(kit: Path, tmp_path: Path) -> None:
    from tachograph.inputs.otlp.to_json import json_line
    from tachograph.ports import FrameKind

    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps(json.loads(json_line(FrameKind.LOGS_PROTOBUF, LOGS.read_bytes())), indent=2))
    sent = [
        f"logs=protobuf={LOGS}",
        f"metrics=protobuf+gzip={METRICS}",
        f"logs=json={pretty}",
        f"logs=json+chunked+gzip={pretty}",
        f"logs=stranger={LOGS}",
    ]
    done = run(kit, *script(SEND, *sent))
    assert (done.stdout.split(), done.stderr) == (["200", "200", "200", "200", "404"], "")
    [log] = (kit / "logs").iterdir()
    assert log.stat().st_mode & 0o777 == 0o600
    lines = lines_of(kit)
    assert [next(iter(line)) for line in lines] == ["resourceLogs", "resourceMetrics", "resourceLogs", "resourceLogs"]
    parsed = subprocess.run(
        [
            sys.executable,
            "-m",
            "tachograph",
            "--home",
            str(tmp_path / "home"),
            "files",
            "parse",
            "--dir",
            str(kit),
            "--json",
        ],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    report = json.loads(parsed.stdout)
    assert (report["events"], report["metrics"]) == (11, 7)  # the logs were sent three times, and are counted once
    assert report["passed_over"] == {"duplicate": 22}


def test_a_program_that_sends_nothing_leaves_no_log(kit: Path) -> None:
    assert run(kit, "true").returncode == 0
    assert list((kit / "logs").iterdir()) == []


def test_sessions_of_the_same_second_have_logs_of_their_own(kit: Path) -> None:
    running = [
        subprocess.Popen(
            recorded(kit, *script(SEND, f"logs=protobuf={LOGS}")), env=environment(), stdout=subprocess.DEVNULL
        )
        for _ in range(4)
    ]
    assert [process.wait(60) for process in running] == [0] * 4
    assert [len(path.read_text().splitlines()) for path in (kit / "logs").iterdir()] == [1] * 4


def test_without_a_place_for_logs_the_program_runs_all_the_same(kit: Path) -> None:
    kit.mkdir()
    (kit / "logs").write_text("a file")
    done = run(kit, *script(ABOUT, "x"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["endpoint"] is None
    assert "not recorded" in done.stderr


def test_a_full_disk_costs_lines_and_nothing_else(kit: Path) -> None:
    """The log takes what fits, whole lines only; the client is told to come again."""
    size = 40_000
    sent = [f"logs=protobuf={LOGS}"] * 5
    done = run(kit, *script(SEND, *sent), limit=size)
    assert done.stdout.split() == ["200", "200", "503", "503", "503"]
    assert done.returncode == 0
    assert len(lines_of(kit)) == 2
    assert "3 requests could not be written" in done.stderr


def test_telemetry_that_is_sent_elsewhere_stays_so(kit: Path) -> None:
    own = {"CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.invalid:4318"}
    done = run(kit, *script(ABOUT), own=own)
    assert json.loads(done.stdout)["endpoint"] == own["OTEL_EXPORTER_OTLP_ENDPOINT"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set" in done.stderr
    taken = subprocess.run(
        [*recorded(kit)[:-1], "--take-over", "--", *script(ABOUT)],
        capture_output=True,
        text=True,
        env=environment(**own),
        check=True,
    )
    assert json.loads(taken.stdout)["endpoint"].startswith("http://127.0.0.1:")


def test_a_receiver_that_dies_is_told_and_hurts_nothing(kit: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "uvicorn"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text("raise RuntimeError('secret words')")
    path = os.pathsep.join([str(broken.parent), *(path for path in sys.path if path)])
    done = run(kit, "sh", "-c", "sleep 1; echo done; exit 3", own={"PYTHONPATH": path})
    assert (done.stdout, done.returncode) == ("done\n", 3)
    assert "the receiver ended early: RuntimeError" in done.stderr
    assert "secret" not in done.stderr


def test_the_start_costs_little(kit: Path) -> None:
    """Not a promise of milliseconds on a busy machine: that a short program is not held up by the receiver."""
    times: list[float] = []
    for _ in range(3):
        begun = time.monotonic()
        run(kit, "true")
        times.append(time.monotonic() - begun)
    assert min(times) < 1.5
