"""What a hook does once a minute at most: it starts the shipper, and keeps what makes the next hooks faster.

Apart from record.py, which a person waits for at each prompt.
"""

import sys
import time

import places
from places import system

__all__ = ["keep_interpreter", "shipper"]

SHIPPER_EVERY = 60  # seconds

# What the shipper may know of the environment: keys and tokens have no business in a process that goes on living.
FOR_SHIPPER = (
    *("HOME", "USERPROFILE", "PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL", "CLAUDE_CONFIG_DIR"),
    *("DO_NOT_TRACK", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)


def shipper(folder: str, environ: "dict[str, str]", *, always: bool) -> None:
    """Start ship.py; of many hooks at once only one does so, unless it is to be started `always`."""
    if not (is_first(folder + "/shipper.started") or always):
        return
    root = places.plugin_root(environ)
    script = root + "/scripts/ship.py"
    words = [sys.executable, "-I", "-S", "-B", script, folder]
    known = {name: value for name, value in environ.items() if name in FOR_SHIPPER or is_ours(name)}
    known["CLAUDE_PLUGIN_DATA"], known["CLAUDE_PLUGIN_ROOT"] = folder, root
    try:
        system.stat(script)
        if sys.platform == "win32":
            import subprocess

            flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
            none = subprocess.DEVNULL
            subprocess.Popen(words, env=known, cwd=folder, stdin=none, stdout=none, stderr=none, creationflags=flags)
            return
        child = system.fork()
    except OSError:
        return
    if child:
        system.waitpid(child, 0)  # it ends as soon as the shipper has a session of its own
        return
    try:
        system.setsid()
        if system.fork() == 0:
            become(words, known)
    finally:
        system._exit(0)


def is_ours(name: str) -> bool:
    """Whether a variable of the environment is a setting of this plugin."""
    return name.startswith(("CLAUDE_METRICS_", "TACHOGRAPH_"))


def become(words: "list[str]", environ: "dict[str, str]") -> None:
    """Let go of everything that was inherited, then be another program."""
    import _signal  # type: ignore[import-not-found]

    # Nobody waits any more.
    _signal.setitimer(_signal.ITIMER_REAL, 0)
    for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM, _signal.SIGALRM):
        _signal.signal(number, _signal.SIG_DFL)
    system.closerange(0, 256)
    for number in range(3):
        system.open("/dev/null", system.O_RDWR)
        system.set_inheritable(number, True)
    system.chdir("/")
    try:
        keep_compiled()
    finally:
        system.execve(words[0], words, environ)


def is_first(trigger: str) -> bool:
    """Whether of all hooks of this minute this is the one that starts the shipper; the file's time says when it was."""
    flags = system.O_RDWR | system.O_CREAT
    for flag in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOINHERIT"):
        flags |= getattr(system, flag, 0)
    try:
        file = system.open(trigger, flags, 0o600)
    except OSError:
        return False
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = system.fstat(file)
        if found.st_size and 0 <= time.time() - found.st_mtime < SHIPPER_EVERY:
            return False  # an empty one was just made, by this hook
        return system.write(file, b".") == 1
    except OSError:  # another hook is just doing it
        return False
    finally:
        system.close(file)


def keep_compiled() -> None:
    """Keep what each hook needs as Python has compiled it, where that is not kept or no longer fits.

    It goes below the data folder (hook.py says where); which version of the plugin and of Python it is for is part of
    its name, and Python compares it with the script's size and time before it uses it.
    """
    if not sys.pycache_prefix:
        return
    import importlib.util
    import marshal
    import py_compile

    system.umask(0o077)
    for name in ("places", "record"):
        script = places.__file__[: -len("places.py")] + name + ".py"
        kept = importlib.util.cache_from_source(script)
        found = system.stat(script)
        numbers = (int(found.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little") + found.st_size.to_bytes(4, "little")
        try:
            with open(kept, "rb") as file:
                if file.read(16)[8:] == numbers and marshal.loads(file.read()):  # noqa: S302 - the owner's own file
                    continue
        except (OSError, ValueError, EOFError, TypeError):
            pass
        py_compile.compile(script, kept, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)


def keep_interpreter(folder: str) -> None:
    """Note which Python this is, for hook.sh: what is found on PATH may be a script that looks for it each time."""
    import os

    path = os.path.realpath(sys.executable) if sys.executable and sys.platform != "win32" else ""
    if not path.startswith("/") or "\n" in path:
        return
    part = f"{folder}/interpreter.{os.getpid()}"
    try:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, os.fsencode(path) + b"\n")
        finally:
            os.close(file)
        os.replace(part, folder + "/interpreter")
    except OSError:
        pass
