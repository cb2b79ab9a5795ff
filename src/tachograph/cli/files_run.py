"""`tachograph files run`: a program, run as if this were not there, and its session in a log."""

from __future__ import annotations

from pathlib import Path

import click

from tachograph.cli.options import shared_options

__all__ = ["run_"]


@click.command(
    "run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False}, add_help_option=True
)
@click.argument("program", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- PROGRAM [ARGS]...")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The kit's folder (default: ~/.claude-code-telemetry).",
)
@click.option(
    "--take-over", is_flag=True, help="Record here also where telemetry is sent elsewhere already, and not there."
)
@shared_options
@click.pass_context
def run_(
    context: click.Context,
    program: tuple[str, ...],
    directory: Path | None,
    take_over: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Run Claude Code and record its telemetry into logs/session-DATE-TIME.log.

    The program keeps its terminal, arguments, signals and exit status; its telemetry goes to a receiver of its own on
    loopback. If recording fails, the program runs all the same. Where telemetry is sent elsewhere already (an OTEL
    endpoint is set), that stays as it is and nothing is recorded here. A session that sends nothing leaves no log.

    Exits as the program does; 127 if there is none of that name, 126 if it cannot be run.

    Example: tachograph files run -- claude -p "Hello"
    """
    from tachograph.config import whole_environment
    from tachograph.file_kit.child import CannotRun, end_like
    from tachograph.file_kit.labels import labels_in
    from tachograph.file_kit.run import run_recorded
    from tachograph.wiring.file_kit import kit_folder

    folder = kit_folder(directory)
    try:
        ran = run_recorded(
            program,
            folder=folder,
            labels=labels_in(folder.environment),
            environment=whole_environment(),
            takes_over=take_over,
        )
    except CannotRun as error:
        click.echo(f"tachograph: {program[0]}: {error}", err=True)
        context.exit(error.status)
    if ran.trouble:
        click.echo(f"tachograph: this session is not recorded as it should be: {ran.trouble}", err=True)
    context.exit(end_like(ran.status))
