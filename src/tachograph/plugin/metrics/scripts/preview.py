"""/metrics:preview: the exact bytes that would be sent next. Sends nothing.

preview.py [--bodies] [--limit N]
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import argparse
import time
from typing import Iterator, Mapping

import cost
import files
import locate
import payloads
import places
import sending
import sessions
import ship
import transcript

__all__ = ["example", "main", "next_bodies"]

LOCK_SECONDS = 12.0
READ_SECONDS = 30.0


def next_bodies(shipper: ship.Shipper, endpoint: str, form: str) -> Iterator[tuple[str, bytes]]:
    """Address and body of each payload, in the order in which they would be sent."""
    for _, item in shipper.ready():
        if item.get("kind") == "session" and item.get("form") != form:
            continue  # counted again in the other form first
        path = "/events" if item.get("kind") == "event" else "/sessions"
        yield endpoint + path, payloads.body(shipper.payload(item, endpoint, form))


def example(folder: str, environ: Mapping[str, str], session: str | None) -> bytes | None:
    """What a session would make, if it ended now and there were consent: neither id nor signature, nothing is kept.

    Returns the body; None where there is no transcript to make it of.
    """
    path = cost.find(session, environ, os.getcwd())
    if path is None:
        return None
    session = os.path.basename(path)[: -len(".jsonl")]
    try:
        counts, _ = sessions.count(folder, path, session, payloads.NATIVE, time.monotonic() + READ_SECONDS)
    except (OSError, transcript.Unreadable):
        return None
    if counts is None:
        return None
    item = {"counts": counts, "counted_at": time.time(), "exit_reason": "other"}
    version = ship.version_of(environ)
    made = payloads.session(
        item, session_id=session, user_id=None, is_pseudonym=False, form=payloads.NATIVE, version=version
    )
    return payloads.body(made)


def main(words: list[str], environ: Mapping[str, str]) -> int:
    """The command. Prints for a person, with --bodies only the bodies, one a line."""
    parser = argparse.ArgumentParser(prog="preview", description="The exact bytes that would be sent next.")
    parser.add_argument("--bodies", action="store_true", help="only the bodies, one a line")
    parser.add_argument("--limit", type=int, default=20, help="at most so many (default: 20)")
    parser.add_argument("--data", help="the data folder (default: the one that the hooks use)")
    asked = parser.parse_args(words)
    folder = asked.data or locate.find(environ)
    consent = places.read_consent(folder) if folder else None
    endpoint, why = ship.allowed(consent, environ)
    if not folder or consent is None or consent.get("status") != "granted" or places.is_off(environ):
        sys.stdout.write(f"Nothing would be sent: {why}.\n")
        if folder and not asked.bodies:
            _show_example(folder, environ)
        return 0
    form = payloads.COMPAT if consent.get("form") == payloads.COMPAT else payloads.NATIVE
    # The hook of the very prompt that asks for this may have started a shipper: it ends in a few seconds.
    lock, until = files.try_lock(os.path.join(folder, "shipper.lock")), time.monotonic() + LOCK_SECONDS
    while lock is None and time.monotonic() < until:
        time.sleep(0.2)
        lock = files.try_lock(os.path.join(folder, "shipper.lock"))
    if lock is None:
        sys.stdout.write("Something is being sent at this moment; ask again in a minute.\n")
        return 0
    try:
        shipper = ship.Shipper(folder, environ)
        shipper.prepare()
        shown = list(next_bodies(shipper, endpoint or str(consent.get("endpoint")), form))
        shipper.state.save()
        waiting = shipper.outgoing.sizes()[0] - len(shown)
    finally:
        lock.close()
    for url, body in shown[: max(0, asked.limit)]:
        head = "".join(f"{name}: {value}\n" for name, value in sending.headers().items())
        sys.stdout.write(
            f"{body.decode('ascii')}\n" if asked.bodies else f"POST {url}\n{head}\n{body.decode('ascii')}\n\n"
        )
    if asked.bodies:
        return 0
    if endpoint is None:
        sys.stdout.write(f"For now none of it would be sent: {why}.\n")
    rest = f", {len(shown) - asked.limit} of them not shown" if len(shown) > asked.limit else ""
    sys.stdout.write(f"{len(shown)} would be sent next{rest}; {waiting} wait for their transcript. Nothing was sent.\n")
    if not shown:
        _show_example(folder, environ)
    return 0


def _show_example(folder: str, environ: Mapping[str, str]) -> None:
    body = example(folder, environ, environ.get("CLAUDE_CODE_SESSION_ID"))
    if body is not None:
        sys.stdout.write(
            "\nFor example: if this session ended now, this would go to an endpoint on this machine (by your yes only), with\n"
            f"your random number as user_id and a signature at the end:\n\n{body.decode('ascii')}\n"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
