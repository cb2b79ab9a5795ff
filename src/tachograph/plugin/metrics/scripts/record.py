"""One run of the hook: what came on stdin becomes at most one filtered line of the spool.

Without consent it does nothing at all. With it, it looks at what came on stdin, appends at most one line to
`spool/events.jsonl`, one about its own cost to `spool/costs.jsonl`, starts the shipper where that is due, and is gone.
It connects to nothing, opens no transcript, and waits for nobody longer than `LONGEST_WAIT`. What the lines hold:
docs/formats/claude_code_spool.md.

A person waits for this at each prompt: what is needed more rarely is in launch.py, and no module is imported that the
interpreter has not loaded already, but for two small ones in C. It runs on Python 3.8 and newer.
"""

import sys
import time

import places
from places import FILE, FOLDER, is_own, system

__all__ = ["main"]

LONGEST_WAIT = 1.0  # seconds for stdin; all hooks of a SessionEnd share 1.5
LARGEST_PAYLOAD = 1 << 20  # bytes; a larger one is read and forgotten
LARGEST_SPOOL = 5_000_000  # bytes
LARGEST_COSTS = 1_000_000  # bytes; then a second file is begun
LONGEST_LINE = 4_095  # bytes: what is below a page is written whole
SHIPPER_EVERY = 60  # seconds

EVENTS = {"UserPromptSubmit": "prompt", "PreToolUse": "skill", "SessionStart": "start", "SessionEnd": "end"}
SOURCES = ("startup", "resume", "clear", "compact", "fork")
REASONS = ("clear", "resume", "logout", "prompt_input_exit", "bypass_permissions_disabled")
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
ALPHANUMERIC = LETTERS | frozenset("0123456789")
IN_SESSION = ALPHANUMERIC | frozenset("._:-")


class TooLate(BaseException):
    """Stdin took longer than `LONGEST_WAIT`."""


def main(began: float) -> None:
    """One run of the hook, which began at that time of `time.perf_counter`: consent first, then everything else."""
    environ = places.environment()
    if places.is_off(environ):
        return
    folder = places.data_folder(environ)
    consent = places.read_consent(folder) if folder else None
    if folder is None or consent is None or consent["status"] != "granted":
        return
    before = ms_before(began)
    spool = folder + "/spool"
    if not is_private(spool):
        return
    set_alarm(LONGEST_WAIT)
    event, session = "other", ""
    fields: dict[str, str] = {}
    try:
        payload, outcome = read_payload()
        if isinstance(payload, dict):
            event, session, fields, outcome = filtered(payload)
    except TooLate:
        outcome = "no_time"
    set_alarm(0.5)  # for the rest, should a file system hang
    if outcome == "spooled":
        outcome = append(spool, "/events.jsonl", line(event, session, fields), LARGEST_SPOOL)
        if outcome == "full":
            append(spool, "/dropped", b"\n", LARGEST_SPOOL)
        if outcome == "spooled" and (event == "end" or is_a_while_ago(folder + "/shipper.started")):
            import launch

            launch.shipper(folder, environ, always=event == "end")
    if sys.argv[1:] == ["found"]:
        import launch

        launch.keep_interpreter(folder)
    took = f"{before + (time.perf_counter() - began) * 1000:.2f}"
    cost = line(event, session, {"outcome": quoted(outcome), "took_ms": took})
    if append(spool, "/costs.jsonl", cost, LARGEST_COSTS) == "full":
        system.replace(spool + "/costs.jsonl", spool + "/costs.1.jsonl")
        append(spool, "/costs.jsonl", cost, LARGEST_COSTS)


# --- what came in ------------------------------------------------------------------------------------------------


def read_payload() -> "tuple[object, str]":
    """What is on stdin, and why it is of no use where it is no object.

    A client that never closes stdin is not waited for once a whole value is there.
    """
    parts, size, tries = [], 0, 4  # only so many tries before the end: each reads everything again
    while True:
        part = system.read(0, 65_536)
        size += len(part)
        if size <= LARGEST_PAYLOAD:
            parts.append(part)
        else:
            parts.clear()  # read on, so that whoever writes it is not stopped
            tries = 0
        if not part or (tries and part.rstrip()[-1:] == b"}"):
            tries -= 1
            try:
                return places.parse(b"".join(parts).decode("utf-8", "replace"), str), "not_json"
            except (ValueError, RecursionError):
                if not part:
                    return None, "too_large" if size > LARGEST_PAYLOAD else "not_json"


def filtered(payload: "dict[str, object]") -> "tuple[str, str, dict[str, str], str]":
    """Event, session, further fields of the line as JSON text, and whether it is to be spooled or why not.

    Of a prompt nothing is kept but its length and a name of the strict form, and only if it begins with a slash.
    """
    name = payload.get("hook_event_name")
    event = EVENTS.get(name, "other") if isinstance(name, str) else "other"
    session = payload.get("session_id")
    if not isinstance(session, str) or not is_session(session):
        return event, "", {}, "no_session"
    fields = {}
    if event == "prompt":
        prompt = payload.get("prompt")
        if not isinstance(prompt, str) or prompt[:1] != "/":
            return event, session, {}, "passed"
        fields["name"] = quoted(command_name(prompt))
        fields["chars"] = str(len(prompt))
    elif event == "skill":
        given = payload.get("tool_input")
        if payload.get("tool_name") != "Skill" or not isinstance(given, dict):
            return event, session, {}, "passed"
        skill = given.get("skill", given.get("command"))  # `command` in early 2.0
        fields["name"] = quoted(skill if isinstance(skill, str) and is_strict(skill) else "custom")
    elif event == "start":
        fields["source"] = quoted(one_of(SOURCES, payload.get("source")))
    elif event == "end":
        fields["reason"] = quoted(one_of(REASONS, payload.get("reason")))
    else:
        return event, session, {}, "passed"
    if event in ("start", "end"):
        path = payload.get("transcript_path")
        if isinstance(path, str) and is_transcript(path) and len(quoted(path)) < 3_000:
            fields["transcript"] = quoted(path)
    return event, session, fields, "spooled"


def command_name(prompt: str) -> str:
    """The command that a prompt begins with, if it can be one: strictly formed, and no path that exists."""
    name = prompt[1:200].split(None, 1)[0] if prompt[1:2].strip() else ""
    if not is_strict(name):
        return "custom"
    for path in ("/" + name, "/" + name.split(":")[0]):
        try:
            system.lstat(path)
        except OSError:
            continue
        return "custom"
    return name


def is_strict(name: str) -> bool:
    """Whether it is `[A-Za-z][A-Za-z0-9_-]{0,63}(:[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,2}`, without loading `re`."""
    parts = name.split(":", 3)
    if len(name) > 194 or len(parts) > 3 or name[:1] not in LETTERS:
        return False
    return all(len(part) <= 64 and part[:1] in ALPHANUMERIC and places.NAME.issuperset(part) for part in parts)


def is_session(text: str) -> bool:
    """Whether it can be a session id: up to 128 letters, digits and `._:-`, and the first no punctuation."""
    return len(text) <= 128 and text[:1] in ALPHANUMERIC and IN_SESSION.issuperset(text)


def is_transcript(path: str) -> bool:
    """Whether it looks like the path of a transcript. Only the shipper opens it."""
    return len(path) <= 1_024 and path.endswith(".jsonl") and places.is_absolute(path) and min(path) >= " "


def one_of(known: "tuple[str, ...]", value: object) -> str:
    """A value of a closed set."""
    return value if isinstance(value, str) and value in known else "other"


# --- what is written ---------------------------------------------------------------------------------------------


def quoted(text: str) -> str:
    """Text as JSON in ASCII."""
    if places.NAME.issuperset(text):
        return '"' + text + '"'
    try:
        from _json import encode_basestring_ascii
    except ImportError:  # another implementation of Python
        from json.encoder import encode_basestring_ascii
    return encode_basestring_ascii(text)


def line(event: str, session: str, fields: "dict[str, str]") -> bytes:
    """One line of the spool; `fields` are JSON text already."""
    now = time.time()
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    text = f'"v":1,"at":"{at}.{int(now % 1 * 1_000_000):06d}Z","event":"{event}"'
    if session:
        text += f',"session":"{session}"'
    for name, value in fields.items():
        text += f',"{name}":{value}'
    return b"{" + text.encode("ascii") + b"}\n"


def append(spool: str, name: str, data: bytes, largest: int) -> str:
    """Add a line to a file of the spool by one write: `spooled`, or why not.

    Fifty hooks may do so at once: what is appended by one write is never mixed. If a full disk cut a line short, the
    next one begins on a line of its own; a line that is just being written can look like that, so that an empty line
    may come between two.
    """
    flags = system.O_RDWR | system.O_APPEND | system.O_CREAT
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY", "O_NOINHERIT"):
        flags |= getattr(system, flag, 0)
    if len(data) > LONGEST_LINE:
        return "too_large"
    try:
        file = system.open(spool + name, flags, 0o600)
    except OSError:
        return "not_writable"
    try:
        found = system.fstat(file)
        if not is_own(found, FILE):
            return "not_writable"
        if found.st_size + len(data) > largest:
            return "full"
        if sys.platform == "win32":  # where appending is two steps: to look for the end, and to write there
            import msvcrt

            system.lseek(file, 1 << 30, 0)  # a byte that no line reaches stands for the file; freed when it is closed
            msvcrt.locking(file, msvcrt.LK_LOCK, 1)
        if found.st_size and system.pread(file, 1, found.st_size - 1) != b"\n":
            data = b"\n" + data
        return "spooled" if system.write(file, data) == len(data) else "disk_full"
    except OSError:
        return "disk_full"
    finally:
        system.close(file)


def is_private(spool: str) -> bool:
    """Whether the spool's folder is there and ours; it is made if it is not there."""
    try:
        try:
            return is_own(system.lstat(spool), FOLDER)
        except FileNotFoundError:
            return places.private_folder(spool)
    except OSError:
        return False


def is_a_while_ago(trigger: str) -> bool:
    """Whether the shipper was last started longer ago than `SHIPPER_EVERY`, or never."""
    try:
        return not 0 <= time.time() - system.lstat(trigger).st_mtime < SHIPPER_EVERY
    except OSError:
        return True


# --- time --------------------------------------------------------------------------------------------------------


def ms_before(began: float) -> float:
    """Milliseconds that this hook took before hook.py's first line, shell and start of the interpreter included.

    Linux: the time on a processor and the time in the queue for one, of this process and, where hook.sh started it, of
    its shell; both exact. Time asleep (a cold disk) shows only in the age of the process, which is known to 10 ms:
    what that has beyond counts too. Elsewhere the processor time of this process. Left out: what Claude Code needs to
    start a process, and the end of this one.
    """
    since = time.perf_counter() - began
    taken = time.process_time() - since
    if sys.platform != "linux":
        return max(taken, 0) * 1000
    outer = "self" if len(sys.argv) < 2 else str(system.getppid())
    try:
        taken += int(contents("/proc/self/schedstat").split()[1]) / 1e9
        if outer != "self":
            ran, queued = contents(f"/proc/{outer}/schedstat").split()[:2]
            taken += (int(ran) + int(queued)) / 1e9
        ticks = int(contents(f"/proc/{outer}/stat").rpartition(b")")[2].split()[19])
        tick = 1 / system.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks * tick
        taken = max(taken, age - since - tick)
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    return max(taken, 0) * 1000


def contents(path: str) -> bytes:
    """A file of /proc."""
    file = system.open(path, system.O_RDONLY | system.O_CLOEXEC)
    try:
        return system.read(file, 4_096)
    finally:
        system.close(file)


def set_alarm(seconds: float) -> None:
    """Have `TooLate` raised, or on Windows the process ended, after so many seconds."""
    if sys.platform == "win32":
        import _thread

        def end() -> None:
            time.sleep(seconds)
            system._exit(0)

        _thread.start_new_thread(end, ())
        return
    import _signal  # type: ignore[import-not-found]

    def late(number: int, frame: object) -> None:
        raise TooLate

    _signal.signal(_signal.SIGALRM, late)
    _signal.setitimer(_signal.ITIMER_REAL, seconds)
