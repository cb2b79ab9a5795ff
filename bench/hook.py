"""What the plugin's hook takes, beside the bare start of the same interpreter: whole processes, in turn.

    ./dev bench hook [--runs 200] [--quick] [--first]

A hook is started as Claude Code does it: `/bin/sh -c` with the command of hooks.json, the payload on stdin, and is
over when the shell is. The receiver is up, or black-holed: a connection to it is never taken. The shipper is the real
one; where a session ends, each run starts one, and the next run waits until it is gone. On a machine that is busy with
other things, --first has what is measured scheduled before everything else, bare interpreter and hooks alike.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.record import record

PLUGIN = Path(__file__).resolve().parent.parent / "src" / "tachograph" / "plugin" / "metrics"
WANTED_MORE_P95, WANTED_P99 = 10.0, 30.0  # ms


@dataclass(slots=True, kw_only=True)
class Case:
    """One thing that is started again and again."""

    name: str
    words: list[str]
    stdin: bytes
    environ: dict[str, str]
    starts_shipper: bool = False
    first: bool = False
    walls: list[float] = field(default_factory=list)

    def run(self) -> None:
        """Start it, wait for its end, note the milliseconds."""
        reader, writer = os.pipe()
        os.write(writer, self.stdin)
        os.close(writer)
        actions = [(os.POSIX_SPAWN_DUP2, reader, 0), (os.POSIX_SPAWN_CLOSE, reader)]
        began = time.perf_counter()
        before_others: dict[str, Any] = {"scheduler": (os.SCHED_RR, os.sched_param(1))} if self.first else {}
        process = os.posix_spawn(self.words[0], self.words, self.environ, file_actions=actions, **before_others)
        _, status = os.waitpid(process, 0)
        self.walls.append((time.perf_counter() - began) * 1000)
        os.close(reader)
        assert status == 0, self.name
        if self.starts_shipper:
            time.sleep(0.15)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="40 runs; nothing is recorded")
    parser.add_argument("--first", action="store_true", help="before everything else on the machine; needs root")
    options = parser.parse_args()
    runs = 40 if options.quick else options.runs
    load = os.getloadavg()[0]

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, answering() as up, black_hole() as hole:
        cases = list(all_cases(Path(folder), up, hole))
        if options.first:
            cases = [case for case in cases if not case.starts_shipper]  # which would go first as well
        for case in cases:  # once, so that every file is in memory
            case.first = options.first
            case.run()
            case.walls.clear()
        time.sleep(2)  # the first shipper keeps what was compiled
        costs = Path(folder) / "up" / "spool" / "costs.jsonl"
        before = len(costs.read_bytes())
        for _ in range(runs):
            for case in cases:
                case.run()
        noted = [json.loads(line)["took_ms"] for line in costs.read_bytes()[before:].splitlines() if line]
        for name in ("up", "black-holed"):
            (Path(folder) / name / "consent.json").unlink()
        time.sleep(4)  # shippers that are still waiting see that, and end

    bare = cases[0].walls
    rows = [
        (
            case.name,
            *(f"{quantile(case.walls, part):.1f}" for part in (0.5, 0.95, 0.99)),
            *(
                f"{quantile(case.walls, part) - quantile(bare, part):+.1f}" if case.walls is not bare else ""
                for part in (0.5, 0.95)
            ),
        )
        for case in cases
    ]
    of_noted = sum(
        sum(case.walls) for case in cases if case.environ.get("CLAUDE_PLUGIN_DATA") == str(costs.parent.parent)
    )
    columns = ("what", "p50 ms", "p95 ms", "p99 ms", "p50 more than bare", "p95 more than bare")
    notes = [
        f"{runs} runs each, in turn; load before it {load:.1f} on {os.cpu_count()} cores"
        + (", what is measured scheduled before everything else" if options.first else ""),
        f"wanted: p95 at most {WANTED_MORE_P95:g} ms more than bare, p99 at most {WANTED_P99:g} ms in all",
        f"what the hooks noted of their own cost: {sum(noted) / of_noted:.1%} of what was measured from outside",
    ]
    if options.quick:
        print(columns, *rows, *notes, sep="\n")
    else:
        record("hook", columns, rows, notes)


def all_cases(folder: Path, up: str, hole: str) -> Iterator[Case]:
    """The bare interpreter first, then hooks."""
    python = os.path.realpath(sys.executable)
    hooks = json.loads((PLUGIN / "hooks" / "hooks.json").read_text())["hooks"]
    words = ["/bin/sh", "-c", hooks["UserPromptSubmit"][0]["hooks"][0]["command"]]
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    yield Case(
        name="bare interpreter: python -I -S -c pass",
        words=[python, "-I", "-S", "-c", "pass"],
        stdin=b"",
        environ=clean,
    )
    for name, url in (("up", up), ("black-holed", hole)):
        data = folder / name
        data.mkdir(mode=0o700)
        consent = {
            "version": 1,
            "status": "granted",
            "decided_at": "2026-11-20T00:00:00Z",
            "endpoint": url,
            "form": "native",
        }
        (data / "consent.json").write_text(json.dumps(consent))
        (data / "interpreter").write_text(python + "\n")
        environ = {**clean, "CLAUDE_PLUGIN_ROOT": str(PLUGIN), "CLAUDE_PLUGIN_DATA": str(data)}
        for what, fields in (
            (
                "a prompt",
                {"hook_event_name": "UserPromptSubmit", "prompt": "Please look at the tests and make them pass."},
            ),
            ("a command", {"hook_event_name": "UserPromptSubmit", "prompt": "/demo:hello Ada"}),
            ("the end of a session", {"hook_event_name": "SessionEnd", "reason": "other"}),
        ):
            given = {"session_id": "0f8fad5b-d9cb-469f-a165-70867728950e", "cwd": "/home/dev", **fields}
            yield Case(
                name=f"{what}, receiver {name}",
                words=words,
                stdin=json.dumps(given).encode(),
                environ=environ,
                starts_shipper="reason" in fields,
            )
    nothing = {**clean, "CLAUDE_PLUGIN_ROOT": str(PLUGIN), "CLAUDE_PLUGIN_DATA": str(folder / "nothing")}
    yield Case(name="a prompt, without consent", words=words, stdin=b"{}", environ=nothing)


@contextlib.contextmanager
def answering() -> Iterator[str]:
    """A receiver that takes everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", "15")
            self.end_headers()
            self.wfile.write(b'{"status":"ok"}')

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """A port whose queue is full: to connect to it takes for ever."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


if __name__ == "__main__":
    main()
