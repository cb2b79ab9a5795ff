"""/metrics:preview: the exact bytes that would be sent next. Sends nothing.

preview.py [--bodies] [--limit N]
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import argparse
from typing import Iterator, Mapping

import files
import locate
import payloads
import places
import sending
import ship

__all__ = ["main", "next_bodies"]


def next_bodies(shipper: ship.Shipper, endpoint: str, form: str) -> Iterator[tuple[str, bytes]]:
    """Address and body of each payload, in the order in which they would be sent."""
    for _, item in shipper.ready():
        if item.get("kind") == "session" and item.get("form") != form:
            continue  # counted again in the other form first
        path = "/events" if item.get("kind") == "event" else "/sessions"
        yield endpoint + path, payloads.body(shipper.payload(item, endpoint, form))


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
    out = sys.stdout
    if not folder or consent is None or consent.get("status") != "granted" or places.is_off(environ):
        out.write(f"Nothing would be sent: {why}.\n")
        return 0
    form = payloads.COMPAT if consent.get("form") == payloads.COMPAT else payloads.NATIVE
    lock = files.try_lock(os.path.join(folder, "shipper.lock"))
    if lock is None:
        out.write("Something is being sent at this moment; ask again in a minute.\n")
        return 0
    try:
        shipper = ship.Shipper(folder, environ)
        shipper.prepare()
        if endpoint is None:
            out.write(f"Nothing would be sent: {why}. This waits:\n")
            endpoint = sending.valid_endpoint(consent.get("endpoint")) or "(nowhere)"
        shown = list(next_bodies(shipper, endpoint, form))
        shipper.state.save()
        all_items, _ = shipper.outgoing.sizes()
    finally:
        lock.close()
    for url, body in shown[: max(0, asked.limit)]:
        if not asked.bodies:
            told = "".join(f"{name}: {value}\n" for name, value in sending.headers().items())
            out.write(f"POST {url}\n{told}\n")
        out.write(body.decode("ascii") + ("\n" if asked.bodies else "\n\n"))
    if not asked.bodies:
        rest = f", {len(shown) - asked.limit} of them not shown" if len(shown) > asked.limit else ""
        out.write(
            f"{len(shown)} would be sent next{rest}; {all_items - len(shown)} wait for their transcript. Sent: none.\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
