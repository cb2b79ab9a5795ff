"""Runs a program and records its session. Recording may fail; the program runs all the same, and ends as it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tachograph.file_kit.child import run_program
from tachograph.file_kit.environment import recorded_environment, sends_elsewhere
from tachograph.file_kit.folder import KitFolder, make_folder
from tachograph.file_kit.labels import Labels
from tachograph.file_kit.session_log import SessionLog
from tachograph.inputs.otlp.private_receiver import PrivateReceiver
from tachograph_sdk.errors import ConfigError

__all__ = ["Ran", "run_recorded"]

SILENCE_S: Final = 20.0  # a session of that length that sent nothing is worth a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How it went."""

    status: int  # as of `run_program`
    log: Path | None  # None if nothing was recorded
    trouble: str  # why something is missing; "" if nothing is


def run_recorded(
    arguments: Sequence[str],
    *,
    folder: KitFolder,
    labels: Labels,
    environment: Mapping[str, str],
    takes_over: bool = False,
) -> Ran:
    """Run the program with its telemetry sent here, and written into a log of its own.

    Args:
        arguments: the program and what follows it.
        folder: the kit's; its logs get one more if anything is sent.
        labels: team and project.
        environment: this process's own.
        takes_over: record here what the owner has sent elsewhere.

    Raises:
        CannotRun: there is no such program.
    """
    elsewhere = None if takes_over else sends_elsewhere(environment)
    if elsewhere is not None:
        status = run_program(arguments, environment)
        return Ran(status=status, log=None, trouble=f"{elsewhere} is set; --take-over records here instead")
    try:
        make_folder(folder.root)
        make_folder(folder.logs)
        log = SessionLog(folder.logs, datetime.now().astimezone())
        receiver = PrivateReceiver(log)
    except (OSError, ConfigError) as error:
        why = error.message if isinstance(error, ConfigError) else f"no port: {error.strerror}"
        return Ran(status=run_program(arguments, environment), log=None, trouble=why)
    started, began = False, time.monotonic()

    def start() -> None:
        nonlocal started
        receiver.start()
        started = True

    try:
        status = run_program(arguments, recorded_environment(environment, receiver.endpoint, labels), started=start)
    finally:
        if started:
            receiver.stop()
        log.close()
    silent = log.path is None and not log.failures and time.monotonic() - began > SILENCE_S
    trouble = "no telemetry came in; the settings of the program may send it elsewhere" if silent else ""
    if receiver.trouble:
        trouble = f"the receiver ended early: {receiver.trouble}"
    if log.failures:
        trouble = f"{log.failures} requests could not be written into {log.path or folder.logs}"
    return Ran(status=status, log=log.path, trouble=trouble)
