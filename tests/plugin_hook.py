"""The plugin's hook as Claude Code runs it: a shell, a command of hooks.json, a payload on stdin, folders of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["COMMAND", "CONSENT", "HOOKS", "PLUGIN", "SESSION", "Hook", "Ran", "payload"]

PLUGIN = Path(__file__).resolve().parent.parent / "src" / "tachograph" / "plugin" / "metrics"
HOOKS: dict[str, Any] = json.loads((PLUGIN / "hooks" / "hooks.json").read_text())["hooks"]
COMMAND: str = HOOKS["UserPromptSubmit"][0]["hooks"][0]["command"]
SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
CONSENT = {
    "version": 1,
    "status": "granted",
    "decided_at": "2026-11-20T01:31:50Z",
    "endpoint": "http://127.0.0.1:4318",
    "form": "native",
}

# Stands in for the shipper: notes how it was started, and lives on for a moment.
STAND_IN = """
import json, os, signal, sys, time
fds = {}
for number in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():
    try:
        fds[int(number)] = os.readlink("/proc/self/fd/" + number)
    except OSError:
        pass
with open(sys.argv[1] + "/shipper.log", "a") as log:
    log.write(json.dumps({
        "argv": sys.argv, "environ": dict(os.environ), "cwd": os.getcwd(), "session": os.getsid(0), "fds": fds,
        "ignored": [n for n in (1, 2, 14, 15) if signal.getsignal(n) == signal.SIG_IGN],
    }) + "\\n")
time.sleep(0.2)
"""

EVENT = re.compile(
    rb'{"v":1,"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","event":"(prompt|skill|start|end)"'
    rb',"session":"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"'
    rb'(,"name":"(custom|[A-Za-z][A-Za-z0-9_-]{0,63}(:[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,2})")?(,"chars":\d+)?'
    rb'(,"source":"(startup|resume|clear|compact|fork|other)")?'
    rb'(,"reason":"(clear|resume|logout|prompt_input_exit|bypass_permissions_disabled|other)")?'
    rb'(,"transcript":"/[ -~]+\.jsonl")?}'
)
COST = re.compile(
    rb'{"v":1,"at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","event":"(prompt|skill|start|end|other)"'
    rb'(,"session":"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")?'
    rb',"outcome":"(spooled|passed|no_session|not_json|too_large|no_time|full|disk_full|not_writable)"'
    rb',"took_ms":\d+\.\d\d}'
)


def payload(event: str = "UserPromptSubmit", **fields: object) -> bytes:
    """A hook's payload as Claude Code writes it; a field that is `...` is left out."""
    given: dict[str, object] = {
        "session_id": SESSION,
        "transcript_path": "/home/dev/.claude/projects/-home-dev/" + SESSION + ".jsonl",
        "cwd": "/home/dev",
        "hook_event_name": event,
        **fields,
    }
    return json.dumps({name: value for name, value in given.items() if value is not ...}).encode(
        "utf-8", "surrogatepass"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How one run of a hook ended."""

    status: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def was_silent(self) -> bool:
        return self.status == 0 and not self.stdout and not self.stderr


@dataclass(slots=True, kw_only=True)
class Hook:
    """A plugin with its own copy, home and data folder below `folder`."""

    folder: Path
    consent: Mapping[str, object] | None = field(default_factory=lambda: dict(CONSENT))
    python: str = os.path.realpath(sys.executable)
    shipper: str | None = STAND_IN
    environ: dict[str, str] = field(init=False)
    home: Path = field(init=False)
    root: Path = field(init=False)
    data: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.root = self.home / ".claude" / "plugins" / "cache" / "tachograph" / "metrics" / "0.1.0"
        self.data = self.home / ".claude" / "plugins" / "data" / "metrics-tachograph"
        scripts = self.root / "scripts"
        scripts.mkdir(parents=True)
        for name in ("hook.sh", "hook.py", "record.py", "places.py", "launch.py"):
            shutil.copy(PLUGIN / "scripts" / name, scripts / name)
        if self.shipper is not None:
            (scripts / "ship.py").write_text(self.shipper)
        self.environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "CLAUDE_PLUGIN_ROOT": str(self.root),
            "CLAUDE_PLUGIN_DATA": str(self.data),
        }
        if self.consent is not None:
            self.data.mkdir(parents=True, mode=0o700)
            (self.data / "consent.json").write_text(json.dumps(self.consent))
            (self.data / "interpreter").write_text(self.python + "\n")

    def words(self, *, shell: bool = True) -> list[str]:
        """What to start: the command of hooks.json in a shell, or hook.py without one."""
        if shell:
            return ["/bin/sh", "-c", COMMAND]
        return [self.python, "-I", "-S", str(self.root / "scripts" / "hook.py")]

    def run(
        self,
        stdin: bytes | None = None,
        *,
        words: Sequence[str] | None = None,
        environ: Mapping[str, str | None] | None = None,
        **options: Any,
    ) -> Ran:
        """One run to its end; `environ` adds variables, or with None takes one away."""
        named = {**self.environ, **(environ or {})}
        known = {name: value for name, value in named.items() if value is not None}
        if stdin is not None:
            options["input"] = stdin
        began = time.perf_counter()
        done = subprocess.run(
            list(words or self.words()), capture_output=True, timeout=20, env=known, check=False, **options
        )
        seconds = time.perf_counter() - began
        return Ran(status=done.returncode, stdout=done.stdout, stderr=done.stderr, seconds=seconds)

    def events(self) -> list[dict[str, Any]]:
        """The lines of the spool, each of the exact form."""
        return self._lines("events.jsonl", EVENT)

    def costs(self) -> list[dict[str, Any]]:
        """What the runs noted of their own cost, each of the exact form."""
        return self._lines("costs.jsonl", COST)

    def _lines(self, name: str, form: re.Pattern[bytes]) -> list[dict[str, Any]]:
        path = self.data / "spool" / name
        if not path.exists():
            return []
        text = path.read_bytes()
        assert text.endswith(b"\n")
        lines = [line for line in text.split(b"\n") if line]  # an empty one may stand before any line, as documented
        for line in lines:
            assert form.fullmatch(line), line
            assert len(line) < 4096
        return [json.loads(line) for line in lines]

    def shippers(self, *, at_least: int = 0) -> list[dict[str, Any]]:
        """What each start of the stand-in noted; waits up to five seconds for so many."""
        path = self.data / "shipper.log"
        found: list[dict[str, Any]] = []
        for _ in range(500):
            text = path.read_text() if path.exists() else ""
            found = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
            if len(found) >= at_least:
                break
            time.sleep(0.01)
        return found

    def tree(self) -> dict[str, tuple[int, int, bytes]]:
        """Every file below the folder: mode, size, content."""
        found: dict[str, tuple[int, int, bytes]] = {}
        for place, folders, files in os.walk(self.folder):
            for name in [*folders, *files]:
                path = Path(place, name)
                seen = path.lstat()
                plain = path.is_file() and not path.is_symlink()
                found[str(path)] = (seen.st_mode, seen.st_size if plain else 0, path.read_bytes() if plain else b"")
        return found

    def holds(self, secret: bytes) -> list[str]:
        """The files below the folder whose content or name has the secret, as it is or as an escape would hide it."""
        return [name for name, (_, _, content) in self.tree().items() if secret in content or secret in name.encode()]
