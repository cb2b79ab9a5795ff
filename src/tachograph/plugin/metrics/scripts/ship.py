"""The shipper: takes what the hooks wrote down, counts sessions that ended, sends what waits.

Started by the hook, detached, as `python -I -S -B ship.py <data folder>`; also by hand, with `--now` to not wait for the
next time to try. One at a time, at most a minute, silent; whatever goes wrong ends in `metrics.log` and status 0.
"""

from __future__ import annotations

import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from typing import Any, Mapping

import consent
import files
import identity
import payloads
import places
import sending
import sessions
import spool
from log import Log
from outgoing import Outgoing
from state import State

__all__ = ["Shipper", "allowed", "main", "target", "version_of"]

RUN_SECONDS = 50.0
FRESH_SECONDS = 3.0  # how long a run waits for the transcript of a command that was typed just now
_ROUNDS = 5


def target(decided: Mapping[str, Any], environ: Mapping[str, str]) -> str | None:
    """Where things go: as the environment says, else as consent says; None if that is no address."""
    return sending.valid_endpoint(environ.get("CLAUDE_METRICS_URL") or decided.get("endpoint"))


def allowed(decided: Mapping[str, Any] | None, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """The endpoint that may be sent to, and in words why there is none.

    Consent covers the endpoint that was named when it was given, and this machine.
    """
    if places.is_off(environ):
        return None, "the environment says that nothing may be collected (DO_NOT_TRACK or TACHOGRAPH_PLUGIN)"
    if decided is None or decided.get("status") != "granted":
        return None, "there is no consent"
    endpoint = target(decided, environ)
    if endpoint is None:
        return None, "the endpoint is no address that starts with http:// or https://"
    if not sending.is_loopback(endpoint) and endpoint != sending.valid_endpoint(decided.get("endpoint")):
        return None, "consent was given for another endpoint than CLAUDE_METRICS_URL names"
    return endpoint, ""


def version_of(environ: Mapping[str, str]) -> str | None:
    """The plugin's own version, as its manifest says."""
    manifest = os.path.join(places.plugin_root(environ), ".claude-plugin", "plugin.json")
    version = (files.read_json(manifest) or {}).get("version")
    return version if isinstance(version, str) else None


class Shipper:
    """One run over one data folder.

    Args:
        folder: the data folder, which exists.
        environ: the environment.
        deadline: of `time.monotonic()`; 50 seconds from now by default.
    """

    def __init__(self, folder: str, environ: Mapping[str, str], deadline: float | None = None) -> None:
        self.folder = folder
        self.environ = environ
        self.log = Log(folder, environ)
        self.state = State(folder)
        self.outgoing = Outgoing(folder)
        self._deadline = time.monotonic() + RUN_SECONDS if deadline is None else deadline
        self._version = version_of(environ)

    def consent(self) -> dict[str, Any] | None:
        """What the person decided, as it stands at this moment."""
        return places.read_consent(self.folder)

    def prepare(self) -> None:
        """Everything but sending: take the spool, count what ended, confirm names. Raises OSError."""
        decided = self.consent() or {}
        form = payloads.COMPAT if decided.get("form") == payloads.COMPAT else payloads.NATIVE
        waits_until = time.monotonic() + FRESH_SECONDS
        while True:
            spool.take(self.folder)
            for told in spool.new_lines(self.folder, self.state):
                sessions.note(told, self.state, self.outgoing)
            self.state.count("spool_full", spool.dropped(self.folder))
            sessions.find_due(self.state, time.time())
            sessions.settle(self.state)
            done = sessions.count_due(self.folder, self.state, self.outgoing, form, self.log, self._deadline)
            left = sessions.confirm(self.state, self.outgoing, done, self._deadline, time.time())
            old, surplus = self.outgoing.trim()
            self.state.count("dropped_too_old", old)
            self.state.count("dropped_too_many", surplus)
            self.state.count("dropped_damaged", self.outgoing.damaged)
            self.outgoing.damaged = 0
            if old or surplus:
                self.log.trouble(f"deleted without having been sent: {old} too old, {surplus} too many")
            spool.tidy(self.folder, self.state)
            files.sweep(self.folder, 3600.0)
            self.state.save()
            if not left or time.monotonic() > waits_until:
                return
            time.sleep(0.5)

    def ready(self) -> list[tuple[str, dict[str, Any]]]:
        """What can be sent, in the order in which it is."""
        return [(name, item) for name, item in self.outgoing.items() if item.get("ready")]

    def payload(self, item: Mapping[str, Any], endpoint: str, form: str) -> dict[str, Any]:
        """An item as it is sent to this endpoint. Raises OSError."""
        hides = form == payloads.NATIVE and not sending.is_loopback(endpoint)
        if hides and not self.state.has_pseudonym(item["session"]):
            self.state.pseudonym(item["session"])
            self.state.save()  # before it is sent: the next run has to send the same
        make = payloads.event if item.get("kind") == "event" else payloads.session
        made = make(
            item,
            session_id=self.state.pseudonym(item["session"]) if hides else item["session"],
            user_id=identity.anonymous_id(self.folder, places.plugin_root(self.environ)),
            is_pseudonym=hides,
            form=form,
            version=self._version,
        )
        return payloads.seal(made, identity.signing_key(self.folder) if form == payloads.NATIVE else None)

    def send(self, *, at_once: bool = False) -> None:
        """Send what is ready until something has to wait. Raises OSError."""
        waits = (self.state.retry.get("at") or 0) - time.time()
        if not at_once and 0 < waits <= sending.LONGEST_RETRY_AFTER:  # more: the clock was set back
            self.log.say("it is not yet time to try again")
            return
        refused: dict[str, int] = {}
        for name, item in self._in_order():
            decided = self.consent()  # asked again before each: who takes it back is obeyed at once
            endpoint, why = allowed(decided, self.environ)
            if endpoint is None or decided is None:
                self.log.trouble(f"nothing is sent: {why}")
                break
            form = payloads.COMPAT if decided.get("form") == payloads.COMPAT else payloads.NATIVE
            if item.get("kind") == "session" and item.get("form") != form:
                self._count_again(name, item)
                continue
            if time.monotonic() > self._deadline:
                self.log.say("out of time; the next run sends the rest")
                break
            url = endpoint + ("/events" if item.get("kind") == "event" else "/sessions")
            body = payloads.body(self.payload(item, endpoint, form))
            answer = sending.post(url, body)
            if answer.kind == "done":
                self.state.count("sent_events" if item.get("kind") == "event" else "sent_sessions")
                self.state.retry = {}
                self.state.last = {"sent_at": time.time()}
                self.outgoing.done(name, item)
                self.log.say(f"sent: {item.get('kind')}, {len(body)} bytes, {answer.why}")
            elif answer.kind == "refused":
                self.outgoing.reject(name, item, answer.why)
                self.state.count("rejected " + answer.why)
                refused[answer.why] = refused.get(answer.why, 0) + 1
            else:
                failures = int(self.state.retry.get("failures") or 0) + 1
                waits = sending.back_off(failures, answer.retry_after)
                self.state.retry = {"at": time.time() + waits, "failures": failures, "why": answer.why, "name": name}
                self.log.trouble(f"not sent: {answer.why}; the next try is in {waits:.0f} s or later")
                break
        for why, times in refused.items():
            self.log.trouble(f"the receiver refuses: {why}; {times} set aside in rejected.jsonl")
        self.state.save()

    def _in_order(self) -> list[tuple[str, dict[str, Any]]]:
        """What is ready, last what failed last: one payload that a receiver chokes on holds up no other."""
        failed = self.state.retry.get("name")
        return sorted(self.ready(), key=lambda pair: pair[0] == failed)

    def _count_again(self, name: str, item: dict[str, Any]) -> None:
        """A session that was counted for another form than consent now names."""
        self.state.session(item["session"], item["at"]).update(due=True, reason=item.get("exit_reason") or "other")
        self.outgoing.done(name, item)


def run(folder: str, environ: Mapping[str, str], *, at_once: bool = False) -> None:
    """Do everything there is to do, unless another process does. Raises OSError."""
    deadline = time.monotonic() + RUN_SECONDS  # of all rounds together
    for _ in range(_ROUNDS):
        decided = None if places.is_off(environ) else places.read_consent(folder)
        if decided is None or decided.get("status") != "granted":
            return
        lock = files.try_lock(os.path.join(folder, "shipper.lock"))
        if lock is None:
            return
        try:
            shipper = Shipper(folder, environ, deadline)
            shipper.prepare()
            shipper.send(at_once=at_once)
            if (places.read_consent(folder) or {}).get("status") == "denied":
                consent.forget_all(folder)  # taken back while this ran
        finally:
            lock.close()
        # A hook that wrote after the spool was taken found the lock held, and its own shipper left.
        if not spool.is_waiting(folder) or time.monotonic() > deadline:
            return


def main(arguments: list[str]) -> int:
    """The process. Never raises, never says anything."""
    environ = dict(os.environ)
    named = [word for word in arguments if not word.startswith("-")]
    folder = named[0] if named else places.data_folder(environ)
    if not folder or not os.path.isdir(folder):
        return 0
    os.umask(0o077)
    try:
        run(folder, environ, at_once="--now" in arguments)
    except Exception as problem:  # noqa: BLE001 - the last door: nobody is there to be told, the log is
        kind = type(problem).__name__
        number = getattr(problem, "errno", None)
        Log(folder, environ).trouble(f"the shipper stopped: {kind}" + (f" {number}" if number is not None else ""))
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1:])
    # A request that is given up on may still hold a thread: the process does not wait for it.
    os._exit(status)
