"""What Claude Code runs at a prompt, at a skill, and when a session begins and ends: one line into the spool.

    sh hook.sh -> python -I -S hook.py kept|found      (stdin: one JSON object; ends with status 0, prints nothing)

record.py does it. Here is only what must stand in the script that is started, because that is compiled each time: where
what was compiled before is kept. It is in the data folder, since nothing is ever written beside the scripts; launch.py
puts it there. Python itself looks whether it still fits.
"""

import time

BEGAN = time.perf_counter()  # before anything else

import sys  # noqa: E402 - the time comes first

sys.dont_write_bytecode = True
sys.path.insert(0, __file__[: -len("/hook.py")] or ".")

try:
    import posix as system
except ImportError:  # Windows
    import os as system  # type: ignore[no-redef]


def look_in(folder: str) -> None:
    """Have compiled modules looked for below that folder, if it belongs to the person who runs this."""
    found = system.lstat(folder)
    if folder[:1] == "/" and found.st_mode & 0o170000 == 0o040000 and found.st_uid == system.geteuid():
        sys.pycache_prefix = folder + "/compiled"


try:
    if sys.platform != "win32":
        try:
            named = system.environ.get(b"CLAUDE_PLUGIN_DATA", b"").decode(
                sys.getfilesystemencoding(), "surrogateescape"
            )
            if not named:  # before 2.1.197
                import places

                named = places.data_folder(places.environment()) or ""
            look_in(named)
        except (OSError, ValueError):  # no such folder
            pass
    try:
        import record
    except Exception:  # noqa: BLE001 - what was kept is damaged in some way; launch.py puts it right
        kept, sys.pycache_prefix = sys.pycache_prefix, None
        import record

        sys.pycache_prefix = kept
    record.main(BEGAN)
finally:
    system._exit(0)
