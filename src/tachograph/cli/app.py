"""Builds the command from its parts and turns errors into exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from tachograph.cli import config, demo, doctor, first_run, import_, query, report, serve
from tachograph.cli.options import HomeOption, JsonOption, Shared
from tachograph_sdk.errors import ConfigError, QueryError, TachographError

__all__ = ["COMMANDS", "run"]

USAGE_ERRORS: tuple[type[TachographError], ...] = (ConfigError, QueryError)  # exit status 2: the call was wrong

COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("serve", serve.serve),
    ("import", import_.import_),
    ("report", report.report),
    ("query", query.query),
    ("doctor", doctor.doctor),
    ("demo", demo.demo),
    ("config", config.config),
)


def _build() -> typer.Typer:
    app = typer.Typer(
        name="tachograph",
        help="The flight recorder for AI coding agents. Without a command: import what is there and show the week.",
        no_args_is_help=False,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        home: HomeOption = None,
        json: JsonOption = False,
        version: bool = typer.Option(False, "--version", help="Print the version."),
    ) -> None:
        context.obj = Shared(home=home, json=json)
        if version:
            from tachograph import __version__

            typer.echo(__version__)
            raise typer.Exit
        if context.invoked_subcommand is None:
            first_run.first_run(context)

    for name, function in COMMANDS:
        app.command(name)(function)
    return app


def run(arguments: list[str]) -> int:
    """Run with these arguments; returns the exit status."""
    try:
        result = _build()(arguments, standalone_mode=False)
        return result if isinstance(result, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        show = getattr(error, "show", None)  # a mistake in the call can show the usage line
        if show is not None:
            show(file=sys.stderr)
        else:
            typer.echo(f"tachograph: {error.format_message()}", err=True)
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        typer.echo("stopped", err=True)
        return 1
    except TachographError as error:
        _say(error)
        return 2 if isinstance(error, USAGE_ERRORS) else 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, as `head` does
        return 0


def _say(error: TachographError) -> None:
    typer.echo(f"tachograph: {error.message}", err=True)
    if error.hint:
        typer.echo(f"  {error.hint}", err=True)
