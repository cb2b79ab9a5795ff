"""Runs a program in this process's place, as far as anybody can tell: its terminal, its signals, its exit status.

The program inherits standard input, output and error as they are: no pipe and no other terminal is between. It stays in
this process's group, so that the terminal's own signals (Ctrl-C, Ctrl-Z, hanging up) reach it as they would
without us; this process only takes care not to end of them. What is sent to this process alone is passed on. A program
that stops itself stops this process, so that the shell gets the terminal; when the shell goes on, both do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

__all__ = ["CannotRun", "end_like", "run_program"]

NOT_FOUND: Final = 127  # exit statuses of a shell
NOT_EXECUTABLE: Final = 126
_FROM_KERNEL: Final = 0x80  # SI_KERNEL: from the terminal, which sent it to the program as well
_LOOK_EVERY_S: Final = 0.5
_SETTLE_S: Final = 0.02  # a stop that is already over by then was the whole group's


class CannotRun(Exception):
    """The program could not be started; `status` is what a shell would end with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def run_program(
    arguments: Sequence[str], environment: Mapping[str, str], *, started: Callable[[], None] = lambda: None
) -> int:
    """Run the program to its end.

    Args:
        arguments: the program, looked up as a shell does, and what follows it.
        environment: all of its environment.
        started: called once the program runs, with signals held back: threads are to be started here and not before,
            or a signal that is meant to be passed on ends this process.

    Returns:
        Its exit status; if a signal ended it, minus the signal's number.

    Raises:
        CannotRun: there is no such program, or it is none.
    """
    if os.name != "posix":
        return _run_elsewhere(arguments, environment, started)
    watched = {signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP}
    watched |= {signal.SIGUSR1, signal.SIGUSR2}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    handler = signal.signal(signal.SIGCHLD, lambda *_: None)  # some systems keep no blocked signal that has no handler
    try:
        child = _spawn(list(arguments), environment, before)
        started()
        return _wait(child, watched)
    finally:
        signal.signal(signal.SIGCHLD, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_like(status: int) -> int:
    """End this process as the program did: by the same signal, if one ended it. Else give back its exit status."""
    if status >= 0:
        return status
    number = -status
    if os.name == "posix":
        with contextlib.suppress(OSError, ValueError):
            import resource

            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )  # it dumped its own
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(OSError, ValueError):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
            os.kill(os.getpid(), number)
            time.sleep(0.1)
    return 128 + number


def _spawn(arguments: list[str], environment: Mapping[str, str], mask: Any) -> int:
    # What Python itself ignores is what the program has to have as it was.
    defaults = [number for name in ("SIGPIPE", "SIGXFSZ") if (number := getattr(signal, name, None))]
    program = arguments[0]
    try:
        return os.posix_spawnp(program, arguments, environment, setsigmask=mask, setsigdef=defaults)
    except OSError as error:
        if error.errno == errno.ENOEXEC:  # a script without a first line: a shell reads it itself
            script = shutil.which(program, path=environment.get("PATH")) or program
            return os.posix_spawnp(
                "sh", ["sh", script, *arguments[1:]], environment, setsigmask=mask, setsigdef=defaults
            )
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            why = "No such file or directory" if "/" in program else "command not found"
            raise CannotRun(NOT_FOUND, why) from None
        raise CannotRun(NOT_EXECUTABLE, error.strerror or "cannot be run") from None


def _wait(child: int, watched: set[signal.Signals]) -> int:
    while True:
        number, code = _next(watched)
        if number in (None, signal.SIGCHLD):
            status = _look(child)
            if status is not None:
                return status
        elif _is_for_us_alone(number, code):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)


def _next(watched: set[signal.Signals]) -> tuple[int | None, int | None]:
    """The next signal, and where it came from if the system says so. None now and then: another thread may have got it."""
    if hasattr(signal, "sigtimedwait"):
        info = signal.sigtimedwait(watched, _LOOK_EVERY_S)
        return (info.si_signo, info.si_code) if info is not None else (None, None)
    return signal.sigwait(watched), None


def _is_for_us_alone(number: int, code: int | None) -> bool:
    """Whether the program did not get it too. A terminal that goes away tells only the first process of its session."""
    if number not in (signal.SIGINT, signal.SIGQUIT):
        return True
    return code is not None and code != _FROM_KERNEL  # where nobody says, these are taken to be the terminal's


def _look(child: int) -> int | None:
    """The exit status if it ended; a stop is made this process's own."""
    while True:
        pid, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if pid == 0:
            return None
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        if os.WIFSIGNALED(status):
            return -os.WTERMSIG(status)
        time.sleep(_SETTLE_S)
        pid, status = os.waitpid(child, os.WNOHANG | os.WCONTINUED)
        if pid == 0:  # still stopped
            os.kill(os.getpid(), signal.SIGSTOP)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGCONT)
        elif not os.WIFCONTINUED(status):
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)


def _run_elsewhere(
    arguments: Sequence[str], environment: Mapping[str, str], started: Callable[[], None]
) -> int:  # pragma: no cover - Windows
    before = signal.signal(signal.SIGINT, lambda *_: None)  # the console sends it to the program as well
    try:
        child = subprocess.Popen(list(arguments), env=dict(environment))
        started()
        return child.wait()
    except FileNotFoundError:
        raise CannotRun(NOT_FOUND, "command not found") from None
    except OSError as error:
        raise CannotRun(NOT_EXECUTABLE, error.strerror or "cannot be run") from None
    finally:
        signal.signal(signal.SIGINT, before)
