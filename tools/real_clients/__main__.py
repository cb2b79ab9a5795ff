"""Plays the versions one after the other and prints what was sent, what arrived, and what a session felt of it."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.consent import make_key, register_key, write_consent
from tools.real_clients.api import WARM_UP, serve_model
from tools.real_clients.client import Client, Key
from tools.real_clients.relay import Mood, Relay
from tools.real_clients.script import HELLO, PRINT_RUNS, TWO, Truth, script_for, truth_of

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.0.128", "2.0.76", "2.1.72", "2.1.197", "2.1.328")
TACHOGRAPH = [sys.executable, "-m", "tachograph"]
MOODS: tuple[Mood, ...] = ("up", "down", "deaf", "slow")


def main() -> int:
    """Exit status 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tools.real_clients", description=__doc__)
    parser.add_argument("--clients", type=Path, required=True, help="folder with claude-<version>/node_modules")
    parser.add_argument("--out", type=Path, required=True, help="a folder for homes, servers and the report")
    parser.add_argument("--only", nargs="*", default=VERSIONS)
    parser.add_argument("--runs", type=int, default=5, help="runs per mood of the receiver")
    parser.add_argument("--way", choices=("hand", "command", "files"), default="hand", help="how the plugin gets in")
    given = parser.parse_args()
    bad = 0
    for version in given.only:
        report = Play(version, given.clients.resolve(), given.out.resolve() / version).all(given.runs, given.way)
        (given.out / version / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        bad += len(report["faults"])
    return 1 if bad else 0


class Play:
    """One version."""

    def __init__(self, version: str, packages: Path, out: Path) -> None:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        self.version, self.out, self.faults, self.way = version, out, list[str](), ""
        self.model, server = serve_model(script_for(version))
        host, port = server.server_address[:2]
        self.client = Client(version, packages, out / "home", f"http://{host!s}:{port}")
        self.bare = Client(version, packages, out / "bare", self.client.model_url)
        self.home = out / "tachograph"
        ports = ["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
        command = [*TACHOGRAPH, "serve", "--home", str(self.home), *ports, "--json"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=(out / "serve.log").open("wb"))
        assert self.server.stdout is not None
        self.relay = Relay(json.loads(self.server.stdout.readline())["otlp_http"])

    def all(self, runs: int, way: str) -> dict[str, Any]:
        """Everything, in order; the report."""
        try:
            self.client.add_demo()
            settings = self.client.settings.read_bytes()
            self.bare.add_demo()
            self.install(way)
            truths = self.sessions()
            self.check_first(truths)
            felt = {mood: self.felt(mood, runs) for mood in MOODS}
            self.check_late()
            totals = self.check_joined()
            status = self.tachograph("plugin", "status", "--json")
            self.remove(settings)
            report = {
                "version": self.version,
                "way": self.way,
                "sessions": len(truths),
                "sent": _tally(self.relay.sent),
                "seconds": felt,
                "cost": status.get("cost_today"),
                "counters": status.get("counters"),
                "totals": totals,
                "faults": self.faults,
            }
            self.say(json.dumps(report))
            return report
        finally:
            self.server.terminate()
            self.server.wait(20)

    def say(self, text: str) -> None:
        """One line for whoever watches."""
        print(f"{self.version}: {text}", flush=True)

    def fault(self, text: str) -> None:
        """Something is not as it should be."""
        self.faults.append(text)
        self.say(f"FAULT {text}")

    def tachograph(self, *words: str) -> dict[str, Any]:
        """A command of ours in the client's environment; its JSON."""
        environment = {**self.client.environment, "TACHOGRAPH_HOME": str(self.home)}
        done = subprocess.run(
            [*TACHOGRAPH, *words],
            cwd=self.client.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        if done.returncode:
            raise SystemExit(f"tachograph {' '.join(words)}: {done.stderr.decode()}")
        said: dict[str, Any] = json.loads(done.stdout or b"{}")
        return said

    def install(self, way: str) -> None:
        """By hand as a person does, with the checkout as marketplace; by our command; or by it where it finds no `claude`.

        Claude Code 1 has no plugins, so there our command does it in any case.
        """
        self.way = way if self.client.has_plugins else "command"
        if self.way == "hand":
            self.client.plugin("marketplace", "add", str(ROOT))
            self.client.plugin("install", "metrics@tachograph")
            write_consent(self.client.data, granted=True, endpoint=self.relay.url, form="native")
            register_key(self.home / "hook_keys.json", make_key(self.client.data))
            return
        script = self.client.root / "bin" / "claude"
        if self.way == "files":
            script.rename(script.with_name("elsewhere"))
        done = self.tachograph("plugin", "install", "--yes", "--endpoint", self.relay.url, "--json")
        self.say(f"installed by {done['method']}; Claude Code itself changed {done['claude_also_changed']}")
        if self.way == "files":
            script.with_name("elsewhere").rename(script)

    def sessions(self) -> list[Truth]:
        """The print runs, then one session in a terminal that is cleared in the middle."""
        truths = []
        for typed, what, commands, skills in PRINT_RUNS:
            if skills and not self.client.has_plugins:
                skills = {}
            begin = len(self.model.ledger)
            ran = self.client.prompt(typed)
            if ran.status or ran.session is None:
                self.fault(f"{typed!r} ended with {ran.status}: {ran.said[:200]}")
                continue
            truth = truth_of(ran.session, what, self.model.ledger[begin:], commands, skills)
            if not self.client.has_plugins and what == "Use the greet skill":
                truth.tool_errors += 1  # Claude Code 1 has no such tool, and says so
            truths.append(truth)
        return truths + self._in_terminal()

    def _in_terminal(self) -> list[Truth]:
        before, begin = self.client.transcripts(), len(self.model.ledger)

        def answered(prompt: str) -> Callable[[], bool]:
            return lambda: any(line.prompt == prompt for line in self.model.ledger[begin:])

        keys = [
            Key(TWO),
            Key("/clear", answered(TWO), 1.5),
            Key("/demo:hello Ada", settle_s=2.5),
            Key("/exit", answered(HELLO), 1.5),
        ]
        ran = self.client.interactive(keys)
        if ran.status:
            self.fault(f"the terminal session ended with {ran.status}")
        truths = []
        for path in sorted(self.client.transcripts() - before):
            text = path.read_text()
            for what, prompt, commands in ((TWO, TWO, {}), ("/demo:hello Ada", HELLO, {"demo:hello": 1})):
                if (f'"{TWO}"' in text) if what == TWO else ("/demo:hello" in text):
                    own = (prompt, WARM_UP) if what == TWO else (prompt,)  # which is warmed up once, at the start
                    billed = [line for line in self.model.ledger[begin:] if line.prompt in own]
                    truths.append(truth_of(path.stem, f"terminal: {what}", billed, commands, {}))
        if len(truths) != 2:
            self.fault(f"{len(truths)} sessions of the terminal have a transcript, not 2")
        return truths

    def check_first(self, truths: list[Truth]) -> None:
        """Every session and every name once, as it was."""
        self.wait_for(lambda: len(self.told("/sessions")) >= len(truths))
        self.ship()
        for truth in truths:
            told = [payload for payload in self.told("/sessions") if payload["session_id"] == truth.session]
            if not told:
                self.fault(f"no session payload for {truth.what}")
            else:
                for difference in truth.differences(told[-1]):
                    self.fault(f"{truth.what}: {difference}")
            for kind, names in (("slash_command", truth.commands), ("skill", truth.skills)):
                events = [e for e in self.told("/events") if e["session_id"] == truth.session and e["type"] == kind]
                said = sorted(event["name"] for event in events if event["name"] != "custom")
                if said != sorted(names):
                    self.fault(f"{truth.what}: events of {kind} are {said}, not {sorted(names)}")
        strangers = {e["name"] for e in self.told("/events")} - {"demo:hello", "demo:greet", "custom"}
        if strangers:
            self.fault(f"{len(strangers)} names that are none were sent")
        self.check_store({truth.session for truth in truths})
        secrets = [word for word in ("Ada", "/etc/hosts", "Salve", "a.txt") if word in json.dumps(self.relay.sent)]
        if secrets:
            self.fault(f"text was sent: {secrets}")

    def check_store(self, sessions: set[str]) -> None:
        """The server has each session once, and each use once."""
        sql = "select count(*) as n, count(distinct session_id) as d from hook_sessions"
        uses = "select feature, feature_name, count(*) as n from feature_uses group by all order by all"
        time.sleep(2.0)
        held, used = self._query(sql), self._query(uses)
        self.say(f"store: {held} {used}")
        if not held or held[0]["n"] != held[0]["d"] or held[0]["n"] != len(sessions):
            self.fault(f"the store holds {held} of {len(sessions)} sessions")

    def _query(self, sql: str) -> list[dict[str, Any]]:
        said = self.tachograph("query", sql, "--json")
        return [dict(zip(said["columns"], row, strict=True)) if isinstance(row, list) else row for row in said["rows"]]

    def told(self, path: str) -> list[dict[str, Any]]:
        """What was taken under this path."""
        return [payload for where, status, payload in self.relay.sent if where.endswith(path) and status == 200]

    def felt(self, mood: Mood, runs: int) -> dict[str, list[float]]:
        """How long sessions take while the receiver is in this mood, beside sessions without the plugin."""
        self.relay.change(mood)
        took: dict[str, list[float]] = {"without": [], "with": []}
        for _ in range(runs):
            took["without"].append(round(self.bare.prompt(TWO).seconds, 3))
            took["with"].append(round(self.client.prompt(TWO).seconds, 3))
        return took

    def check_late(self) -> None:
        """What waited while the receiver was away arrives, once."""
        time.sleep(3.0)
        self.relay.change("up")
        expected = {path.stem for path in self.client.transcripts() if f'"{TWO}"' in path.read_text()}
        missing = expected
        deadline = time.monotonic() + 150
        while missing and time.monotonic() < deadline:
            self.ship()
            missing = expected - {payload["session_id"] for payload in self.told("/sessions")}
            time.sleep(1.0)
        if missing:
            self.fault(f"{len(missing)} of {len(expected)} sessions never arrived")
        refused = [status for _, status, _ in self.relay.sent if status != 200]
        if refused:
            self.fault(f"refused: {refused}")
        time.sleep(2.0)
        held = self._query("select count(*) as n, count(distinct session_id) as d from hook_sessions")
        self.say(f"later: {held}, sent {_tally(self.relay.sent)}")
        if not held or held[0]["n"] != held[0]["d"]:
            self.fault(f"the store holds {held}")

    def check_joined(self) -> dict[str, Any]:
        """The transcripts are imported beside: the same sessions and tokens, none twice."""
        hooks = self._totals()
        plugged = {payload["session_id"] for payload in self.told("/sessions")}
        for path in self.client.transcripts():
            if path.stem in plugged:
                self.tachograph("import", str(path), "--json")
        for folder in (self.client.config / "projects").glob("*/*/subagents"):
            self.tachograph("import", str(folder), "--json")
        for path in (self.client.config / "projects").glob("*/agent-*.jsonl"):
            self.tachograph("import", str(path), "--json")
        both = self._totals()
        if hooks != both:
            self.fault(f"by hooks {hooks}, with the transcripts {both}")
        return both

    def _totals(self) -> dict[str, Any]:
        totals = self.tachograph("report", "--range", "7d", "--json")["totals"]
        names = ("sessions", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
        return {name: totals[name] for name in names}

    def ship(self) -> None:
        """Send without waiting for the next time to try."""
        ship = ROOT / "src/tachograph/plugin/metrics/scripts/ship.py"
        words = [sys.executable, "-I", "-S", "-B", str(ship), str(self.client.data), "--now"]
        subprocess.run(words, env=self.client.environment, timeout=90, check=False)

    def wait_for(self, seen: Callable[[], bool], seconds: float = 30.0) -> None:
        """Until it is so, or that long."""
        end = time.monotonic() + seconds
        while not seen() and time.monotonic() < end:
            time.sleep(0.3)

    def remove(self, settings: bytes) -> None:
        """Out again, and nothing left of it."""
        self.tachograph("plugin", "remove", "--yes", "--json")
        now = self.client.settings.read_bytes()
        if self.way != "hand":
            if now != settings:
                self.fault("the settings are not as they were")
        elif b"metrics@tachograph" in now or b'"tachograph"' in now:
            self.fault("the settings still name the plugin")
        if self.client.data.exists():
            self.fault("the data folder is still there")


def _tally(sent: list[tuple[str, int, dict[str, Any]]]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for path, status, _ in sent:
        tally[f"{path} {status}"] = tally.get(f"{path} {status}", 0) + 1
    return tally


if __name__ == "__main__":
    sys.exit(main())
