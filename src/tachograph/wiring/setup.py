"""Connecting agents to this home: where its receiver listens, and what is changed in Claude Code's settings for that."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tachograph.config import load, user_environment
from tachograph.home import Home
from tachograph.wiring.claude_code.consent import WHAT_IS_SENT, read_consent
from tachograph.wiring.claude_code.files import FileChange
from tachograph.wiring.claude_code.install import Decision, install
from tachograph.wiring.claude_code.json_text import change_text
from tachograph.wiring.claude_code.places import ClaudePlaces
from tachograph.wiring.claude_code.plan import Plan, plan_install
from tachograph.wiring.claude_code.program import command_line, find_program
from tachograph.wiring.claude_code.remove import Removal, plan_removal, remove
from tachograph.wiring.claude_code.status import in_scopes
from tachograph.wiring.claude_code.telemetry import TelemetryPlan, make, plan_disable, plan_enable
from tachograph.wiring.claude_code.telemetry_status import telemetry_status
from tachograph.wiring.claude_code.variables import DIVERTING, VARIABLES, Receiver
from tachograph_sdk.errors import ConfigError, TachographError

__all__ = ["OwnSetup", "find_running", "receiver_of", "refuse_demo", "told_of"]

LOOK_AGAIN_S = 30.0  # histories are folders with thousands of files


def find_running(home: Home) -> Receiver | None:
    """Where the running server of this home listens; None if none runs, or one that only starts."""
    try:
        about = json.loads(home.server.read_bytes())
        os.kill(int(about["pid"]), 0)
        return Receiver.of(about)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def receiver_of(home: Home) -> Receiver:
    """Where the running server of this home listens, else where it will by its settings.

    Raises:
        ConfigError: nobody knows: the settings let the server pick a port.
    """
    if running := find_running(home):
        return running
    otlp = load(home).otlp
    host = f"[{otlp.host}]" if ":" in otlp.host else otlp.host
    return Receiver.of({"otlp_http": f"http://{host}:{otlp.http_port}", "otlp_grpc": f"{host}:{otlp.grpc_port}"})


def refuse_demo(home: Home) -> None:
    """Made-up data stays alone.

    Raises:
        ConfigError: this home holds that.
    """
    if home.demo_marker.exists():
        raise ConfigError(
            f"{home.root} holds made-up data: nothing real is sent there", hint="use your own home: leave out --home"
        )


def told_of(plan: TelemetryPlan, *, changed: bool) -> dict[str, Any]:
    """A plan in JSON values, all but the file and its difference: who is told decides how much of these."""
    return {
        "changed": changed,
        "would_change": plan.is_change,
        "set": {wish.name: wish.wanted for wish in plan.wishes},
        "foreign": [{"name": w.name, "value": str(w.now), "wanted": w.wanted} for w in plan.foreign],
        "left": list(plan.left),
    }


class OwnSetup:
    """What the server's Setup page may see and change: the user's own Claude Code, for scope `user`."""

    def __init__(self, home: Home, *, environ: Mapping[str, str] | None = None) -> None:
        self._home = home
        # There is no project: a server stands in no folder that means anything to an agent.
        self._places = ClaudePlaces.of(user_environment() if environ is None else environ, home.root)
        self._one_change = threading.Lock()
        self._found: tuple[float, list[dict[str, Any]]] | None = None

    def histories(self) -> list[dict[str, Any]]:
        """By agent and place what an import would find. Looked at anew after half a minute."""
        from tachograph.wiring.local import find_local_histories

        if self._found is None or time.monotonic() - self._found[0] > LOOK_AGAIN_S:
            places = [
                {"agent": agent, "where": _shown(root), "files": files} for agent, root, files in find_local_histories()
            ]
            self._found = (time.monotonic(), places)
        return self._found[1]

    def wired(self) -> dict[str, Any]:
        """How Claude Code's telemetry and the plugin stand. No value of the user's settings is in it."""
        try:
            receiver = receiver_of(self._home)
        except TachographError:
            receiver = None
        status = telemetry_status(self._places, receiver, records=self._home.otel_record)
        plugin = in_scopes(self._places)
        settings = _shown(self._places.settings("user"))
        return {
            "otel": {
                "state": status.state,
                "settings": settings,
                "put_by_us": bool(status.put),
                "missing": list(status.missing),
            },
            "plugin": {
                "installed": bool(plugin),
                "version": plugin[0].version if plugin else None,
                "consent": (read_consent(self._places.data) or {}).get("status"),
                "settings": settings,
            },
        }

    def otel(self, *, enable: bool, dry_run: bool, force: bool) -> dict[str, Any]:
        """Switch Claude Code's telemetry on or off, or only say what that would change.

        Raises:
            ForeignValues: it leads elsewhere, and `force` was not said.
            ConfigError: the settings cannot be read or written.
        """
        records = self._home.otel_record
        if enable and not dry_run:
            refuse_demo(self._home)
        with self._one_change:
            if enable:
                plan = plan_enable(self._places, receiver_of(self._home), records=records)
            else:
                plan = plan_disable(self._places, records=records)
            if not dry_run and (plan.is_change or not enable):
                make(plan, records=records, force=force)
        told = told_of(plan, changed=plan.is_change and not dry_run)
        return {**told, "diff": _diff(plan.change), "settings": _shown(plan.change.path)}

    def plugin(self, *, install: bool, dry_run: bool, allow: bool | None) -> dict[str, Any]:
        """Put the plugin in or take it out, or only say what that would do.

        Args:
            install: in, or out.
            dry_run: only say it.
            allow: what the person said about sending; None leaves that as it stands.

        Raises:
            ProgramFailed: `claude` refused.
            ConfigError: a file cannot be read or written.
        """
        if install and not dry_run:
            refuse_demo(self._home)
        with self._one_change:
            return self._install(dry_run, allow) if install else self._remove(dry_run)

    def _install(self, dry_run: bool, allow: bool | None) -> dict[str, Any]:
        plan = plan_install(
            self._places, self._home.root, scope="user", program=find_program(),
            records=self._home.plugin_record,
        )  # fmt: skip
        endpoint = receiver_of(self._home).http
        decision = None if allow is None else Decision(granted=allow, endpoint=endpoint, form="native")
        if not dry_run:
            install(plan, decision, keys=self._home.hook_keys, records=self._home.plugin_record)
        return {
            "changed": not dry_run and (plan.is_change or decision is not None),
            "would_change": plan.is_change,
            "steps": _steps_in(plan),
            "claude_version": plan.program.version if plan.program else None,
            "version": plan.version,
            "sends_to": endpoint,
            "what_is_sent": list(WHAT_IS_SENT),
            "consent": (read_consent(self._places.data) or {}).get("status"),
            "failed": [],
        }

    def _remove(self, dry_run: bool) -> dict[str, Any]:
        records = self._home.plugin_record
        removal = plan_removal(self._places, self._home.root, records=records, program=find_program(), keep_data=False)
        failed: tuple[str, ...] = ()
        if not dry_run and removal.is_change:
            failed = remove(removal, keys=self._home.hook_keys, records=records).refused
        return {
            "changed": not dry_run and removal.is_change,
            "would_change": removal.is_change,
            "steps": _steps_out(removal),
            "claude_version": removal.program.version if removal.program else None,
            "version": None,
            "sends_to": None,
            "what_is_sent": [],
            "consent": (read_consent(self._places.data) or {}).get("status"),
            "failed": list(failed),
        }


def _steps_in(plan: Plan) -> list[dict[str, str]]:
    steps = [_step("changes", change.path, _diff(change)) for change in plan.changes]
    steps += [_step("copies", target) for _, target in plan.copies]
    steps += [_step("writes", path) for path, _ in plan.written]
    return steps + _runs(plan.commands)


def _steps_out(removal: Removal) -> list[dict[str, str]]:
    steps = [_step("changes", change.path, _diff(change)) for change in removal.changes]
    steps += _runs(removal.commands)
    return steps + [_step("deletes", path) for path in (*removal.folders, *removal.copies)]


def _runs(commands: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return [{"does": "runs", "what": command_line(words), "diff": ""} for words in commands]


def _step(does: str, path: Path, diff: str = "") -> dict[str, str]:
    return {"does": does, "what": _shown(path), "diff": diff}


def _shown(path: Path) -> str:
    """A path for an answer that anybody on this machine may read: from the user's home folder on, else its end only."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except ValueError:
        return f"…/{path.name}"


def _diff(change: FileChange) -> str:
    """The difference as a page shows it: with other variables' values hidden, because keys stand there."""
    shown = FileChange(path=Path(_shown(change.path)), before=_hidden(change.before), after=_hidden(change.after))
    return shown.diff()


def _hidden(data: bytes | None) -> bytes | None:
    said = json.loads(data.decode("utf-8-sig").strip() or "{}") if data is not None else {}
    env = said.get("env") if isinstance(said, dict) else None
    if data is None or not isinstance(env, dict):
        return data
    shown = {name: value if name in (*VARIABLES, *DIVERTING) else "…" for name, value in env.items()}
    return change_text(data.decode(), {**said, "env": shown}).encode()
