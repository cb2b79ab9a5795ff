"""/metrics:consent: says what would be sent and where, and takes the answer. Nothing is collected before a yes.

consent.py [show]
consent.py grant [--endpoint URL] [--form native|compat]
consent.py deny
"""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import argparse
from typing import Any, Mapping

import files
import identity
import locate
import payloads
import places
import sending
from outgoing import Outgoing

__all__ = ["deny", "explain", "forget_all", "grant", "main"]

HERE = "http://127.0.0.1:4318"
_GONE = ("state.json", "shipper.started")
_WAIT_SECONDS = 10.0

WHAT = """\
What is sent, once you say yes:
  * one event for each slash command and skill that you or Claude used: its name (only if it is the name of a command
    or skill, else "custom"), the time, how many characters the prompt had, your operating system. A command or skill of
    your own is sent by the name that you gave it, whatever that tells;
  * at the end of a session its figures: duration, turns, messages, calls of each kind of tool, errors, tokens by model,
    lines changed, how the session ended, the version of Claude Code;
  * a random number that was made for this installation and nothing else, so that two sessions can be told from two people.
Never: prompts, answers, arguments, paths, file contents, or any other name of a project or person.
"""


def grant(folder: str, endpoint: str, form: str, environ: Mapping[str, str]) -> str | None:
    """Write down a yes, make the id and the key; what was wrong with it, None if nothing. Raises OSError."""
    where = sending.valid_endpoint(endpoint)
    if where is None:
        return "the endpoint must begin with http:// or https:// and have no password, ? or # in it"
    if form not in (payloads.NATIVE, payloads.COMPAT):
        return "the form is native or compat"
    if not places.private_folder(folder):
        return "the data folder is not yours: " + folder
    if (places.read_consent(folder) or {}).get("status") == "denied":
        forget_all(folder)  # a hook that was running when it was denied may have written one more line
    _write(folder, {"status": "granted", "endpoint": where, "form": form})
    identity.anonymous_id(folder, places.plugin_root(environ))
    identity.signing_key(folder)
    return None


def deny(folder: str) -> bool:
    """Write down a no, and delete all that waits, with the id; False if a run that was sending did not end in time.

    Whatever is sending asks for consent before each payload, so at most the one under way still leaves. Raises OSError.
    """
    if not places.private_folder(folder):
        return True
    _write(folder, {"status": "denied"})
    lock, until = None, time.monotonic() + _WAIT_SECONDS
    while lock is None and time.monotonic() < until:
        lock = files.try_lock(os.path.join(folder, "shipper.lock"))
        if lock is None:
            time.sleep(0.1)
    forget_all(folder)
    if lock is not None:
        lock.close()
    return lock is not None


def forget_all(folder: str) -> None:
    """Delete everything that was collected, and the random number. Raises OSError."""
    Outgoing(folder).purge()
    spool = os.path.join(folder, "spool")
    for name in os.listdir(spool) if os.path.isdir(spool) else ():
        files.remove(os.path.join(spool, name))
    for name in _GONE:
        files.remove(os.path.join(folder, name))
    identity.forget(folder)


def _write(folder: str, decided: dict[str, Any]) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    told = {"version": 1, "status": decided["status"], "decided_at": now}
    told.update(decided)
    files.replace(os.path.join(folder, "consent.json"), json.dumps(told) + "\n")


def explain(folder: str, environ: Mapping[str, str]) -> str:
    """What was decided, what it means, and how to decide otherwise."""
    told = places.read_consent(folder)
    if told is None:
        first = "Nothing was decided yet: nothing is collected, nothing is sent."
    elif told["status"] == "denied":
        first = f"You said no ({told.get('decided_at')}): nothing is collected, nothing is sent."
    else:
        first = f"You said yes ({told.get('decided_at')}), to {told.get('endpoint')}, in the {told.get('form')} form."
    if places.is_off(environ):
        first += "\nThe environment says no whatever stands here (DO_NOT_TRACK or TACHOGRAPH_PLUGIN)."
    return (
        f"{first}\n\n{WHAT}\n"
        f"Where to: the endpoint that you name. {HERE} is Tachograph on this machine, and then nothing leaves it. To any\n"
        "other, the id of a session is replaced by one that changes daily, unless you choose the compat form, which sends\n"
        "what the ai-helpers metrics plugin sent, counted as it counted.\n"
        f"Kept on this machine until it is sent: {folder}\n\n"
        f"Yes:        /metrics:consent grant --endpoint {HERE} --form native\n"
        "No:         /metrics:consent deny        (also takes back a yes, and deletes what waits and the random number)\n"
        "See first:  /metrics:preview             (exactly what would be sent next; sends nothing)\n"
    )


def main(words: list[str], environ: Mapping[str, str]) -> int:
    """The command. Prints for a person; status 0, 2 for a call that cannot be understood, 1 for a failure."""
    parser = argparse.ArgumentParser(prog="consent", description="What this plugin may send, and where to.")
    parser.add_argument("answer", nargs="?", default="show", choices=("show", "grant", "deny"))
    parser.add_argument("--endpoint", default=HERE, help=f"where to send to (default: {HERE})")
    parser.add_argument("--form", default=payloads.NATIVE, choices=(payloads.NATIVE, payloads.COMPAT))
    parser.add_argument("--data", help="the data folder (default: the one that the hooks use)")
    asked = parser.parse_args(words)
    folder = asked.data or locate.find(environ)
    if not folder:
        say("It is not known where Claude Code keeps its files: set HOME or CLAUDE_CONFIG_DIR.")
        return 1
    try:
        if asked.answer == "grant":
            before = (places.read_consent(folder) or {}).get("endpoint")
            wrong = grant(folder, asked.endpoint, asked.form, environ)
            if wrong:
                say(f"Nothing was changed: {wrong}.")
                return 2
            if not sending.is_loopback(asked.endpoint):
                say(f"From now on this leaves your machine, to {asked.endpoint}.\n")
            waiting, _ = Outgoing(folder).sizes()
            if waiting and before != sending.valid_endpoint(asked.endpoint):
                say(f"{waiting} that wait already go there too; to delete them first, say deny, then grant again.\n")
        elif asked.answer == "deny" and not deny(folder):
            say("A run that is sending did not end; it sends nothing more.\n")
    except OSError as problem:
        say(f"Nothing was changed: {folder} cannot be written ({type(problem).__name__}).")
        return 1
    say(explain(folder, environ))
    return 0


def say(text: str) -> None:
    """Print, whatever the terminal can show."""
    sys.stdout.write(text.encode("ascii", "replace").decode("ascii") + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
