"""Builds the command from its parts and turns errors into exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tachograph.cli.lazy import LazyGroup
from tachograph.cli.options import Shared, shared_options
from tachograph_sdk.errors import ConfigError, QueryError, TachographError, UnknownAgent

__all__ = ["COMMANDS", "run"]

# Exit status 2: the call was wrong.
USAGE_ERRORS: tuple[type[TachographError], ...] = (ConfigError, QueryError, UnknownAgent)

COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("serve", "tachograph.cli.serve:serve"),
    ("open", "tachograph.cli.open_:open_"),
    ("import", "tachograph.cli.import_:import_"),
    ("files", "tachograph.cli.files:files"),
    ("report", "tachograph.cli.report:report"),
    ("top", "tachograph.cli.top:top"),
    ("trends", "tachograph.cli.trends:trends"),
    ("errors", "tachograph.cli.errors:errors"),
    ("concurrency", "tachograph.cli.concurrency:concurrency"),
    ("query", "tachograph.cli.query:query"),
    ("statusline", "tachograph.cli.statusline:statusline"),
    ("explain", "tachograph.cli.explain:explain"),
    ("prices", "tachograph.cli.prices:prices"),
    ("eval", "tachograph.cli.eval:eval_"),
    ("privacy", "tachograph.cli.privacy:privacy"),
    ("scrub", "tachograph.cli.scrub:scrub"),
    ("outbox", "tachograph.cli.outbox:outbox"),
    ("otel", "tachograph.cli.otel:otel"),
    ("plugin", "tachograph.cli.plugin:plugin"),
    ("doctor", "tachograph.cli.doctor:doctor"),
    ("demo", "tachograph.cli.demo:demo"),
    ("config", "tachograph.cli.config:config"),
)


@click.group(cls=LazyGroup, commands_at=COMMANDS, invoke_without_command=True)
@shared_options
@click.option("--version", is_flag=True, help="Print the version.")
@click.pass_context
def _root(context: click.Context, home: Path | None, as_json: bool, version: bool) -> None:
    """The flight recorder for AI coding agents. Without a command: import what is there and show the week."""
    context.obj = Shared(home=home, as_json=as_json)
    if version:
        from tachograph import __version__

        click.echo(__version__)
        context.exit()
    if context.invoked_subcommand is None:
        from tachograph.cli.first_run import first_run

        first_run(context)


def run(arguments: list[str]) -> int:
    """Run with these arguments; returns the exit status."""
    try:
        result = _root.main(arguments, prog_name="tachograph", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return 1
    except TachographError as error:
        _say(error)
        return 2 if isinstance(error, USAGE_ERRORS) else 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, as `head` does
        return 0


def _say(error: TachographError) -> None:
    click.echo(f"tachograph: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
