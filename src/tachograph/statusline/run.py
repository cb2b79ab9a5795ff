"""`tachograph statusline`: standard input to one line, in a few milliseconds beside the interpreter's own start.

Claude Code shows what is printed and hides the line where the status is not 0, so whatever comes in, this ends well: an
answer after at most STDIN_S, one line or an empty one, status 0, nothing on standard error.
"""

from __future__ import annotations

import os
import time

from tachograph.statusline import surroundings
from tachograph.statusline.figures import Figures, local_day
from tachograph.statusline.json_text import dumps, loads
from tachograph.statusline.ledger import read_ledger
from tachograph.statusline.line import as_line
from tachograph.statusline.memory import remember
from tachograph.statusline.payload import parse
from tachograph.statusline.pseudonym import session_pseudonym

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_stdin", "run", "say"]

STDIN_S = 0.5  # Claude Code writes at once; who does not is not waited for
MAX_STDIN_BYTES = 1 << 20
ERASURE = "erasure.json"  # Home.erasure


def run(*, home: str | None, as_json: bool) -> int:
    """Read, print, return 0."""
    try:
        text = say(read_stdin(0), home=home, as_json=as_json, environ=surroundings.environment(), now_s=time.time())
    except Exception:  # noqa: BLE001 - one of the doors: a line that fails must not show a traceback in every redraw
        text = ""
    try:
        data = text.encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(1, data) :]
    except OSError:
        pass  # nobody reads any more
    return 0


def say(data: bytes, *, home: str | None, as_json: bool, environ: Mapping[str, str], now_s: float) -> str:
    """The line for this input, and everything remembered that is to be remembered.

    Args:
        data: what came on standard input.
        home: as given with --home.
        as_json: the figures as one JSON object instead.
        environ: the environment.
        now_s: seconds since 1970.
    """
    payload = parse(data, now_s=now_s)
    folder = surroundings.find_home(home, environ)
    if folder is not None and not os.path.isdir(folder):
        folder = None  # nothing is made here: whoever wants a ledger starts it with another command
    # what is being erased must not be written again
    erasing = folder is not None and os.path.exists(os.path.join(folder, ERASURE))
    may_write = not surroundings.is_off(environ) and not erasing
    settings = surroundings.read_settings(folder, environ, write=may_write)
    ledger = seen = None
    if folder is not None:
        ledger = read_ledger(folder, now_s=now_s)
        session = session_pseudonym(folder, payload.session) if payload.session is not None else None
        if session is not None:
            day = local_day(ledger, now_s)
            seen = remember(folder, payload, session, ledger, day=day, now_s=now_s, write=settings.record and may_write)
    figures = Figures(payload, ledger, seen, settings, now_s=now_s)
    colours = not as_json and surroundings.has_colours(environ)
    line = as_line(figures, now_s=now_s, columns=surroundings.width(environ), colours=colours)
    return dumps(figures.as_json(line)) if as_json else line


def read_stdin(descriptor: int) -> bytes:
    """What is there within STDIN_S: up to the end of input, a whole JSON object, or MAX_STDIN_BYTES."""
    import select

    give_up_s = time.monotonic() + STDIN_S
    data = b""
    try:
        if os.isatty(descriptor):
            return b""  # a person who tries it has nothing to say in JSON
        while len(data) < MAX_STDIN_BYTES:
            left_s = give_up_s - time.monotonic()
            if left_s <= 0 or not select.select([descriptor], [], [], left_s)[0]:
                break
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                break
            data += chunk
            if chunk.rstrip().endswith(b"}") and _is_whole(data):
                break
    except (OSError, ValueError):
        pass  # closed, or a system on which pipes cannot be waited for
    return data


def _is_whole(data: bytes) -> bool:
    if data.count(b"{") != data.count(b"}") and len(data) < 1 << 16:
        return False  # may be a brace in a text: then the end of input, or the time, decides
    try:
        loads(data)
    except (ValueError, RecursionError):
        return False
    return True
