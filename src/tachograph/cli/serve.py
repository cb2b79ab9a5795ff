"""`tachograph serve`: receiver, core and page, until stopped."""

from __future__ import annotations

import json as jsonlib
import signal
from pathlib import Path
from typing import Any

import click

from tachograph.cli.first_pass import follow_first_pass, say_week
from tachograph.cli.open_ import open_page
from tachograph.cli.options import PORT, resolve_home, shared_options, wants_json
from tachograph.home import Home

__all__ = ["print_addresses", "run_server", "serve"]


@click.command("serve")
@click.option("--host", help="Address to bind; loopback unless you say otherwise.")
@click.option("--port", type=PORT, help="Port of API and page; 0 picks one.")
@click.option("--otlp-http-port", type=PORT, help="Port of OTLP/HTTP; 0 picks one.")
@click.option("--otlp-grpc-port", type=PORT, help="Port of OTLP/gRPC; 0 picks one.")
@click.option("--store", help="Where to store; only the embedded database so far.")
@click.option("--watch/--no-watch", default=None, help="Import transcripts as they grow.")
@click.option("--open", "open_", is_flag=True, help="Open the page in the browser once it is there.")
@shared_options
@click.pass_context
def serve(
    context: click.Context,
    host: str | None,
    port: int | None,
    otlp_http_port: int | None,
    otlp_grpc_port: int | None,
    store: str | None,
    watch: bool | None,
    open_: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Receive OpenTelemetry, watch transcripts, answer.

    Stop it with Ctrl-C.

    Example: tachograph serve --port 0 --json
    """
    where = resolve_home(context, home)
    overrides = {
        "server.host": host,
        "otlp.host": host,
        "server.port": port,
        "otlp.http_port": otlp_http_port,
        "otlp.grpc_port": otlp_grpc_port,
        "imports.watch": watch,
    }
    _check_store(store)
    show = print_json if wants_json(context, as_json) else print_addresses

    def announce(addresses: dict[str, Any]) -> None:
        show(addresses)
        if show is print_addresses:
            follow_first_pass(where, then=say_week)
        if open_:
            open_page(where)

    run_server(where, overrides, announce=announce)


def run_server(home: Home, overrides: dict[str, Any], *, announce: Any) -> None:
    """Run the server on `home` until a signal ends it; `announce` gets the addresses once all are ready."""
    from tachograph.wiring.server import Server

    server = Server(home, overrides)

    def stop(_signal: int, _frame: Any) -> None:
        server.stop_soon()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with server:
        announce(server.addresses())
        server.run()


def print_json(addresses: dict[str, Any]) -> None:
    click.echo(jsonlib.dumps(addresses))


def print_addresses(addresses: dict[str, Any]) -> None:
    """Where the server answers and how to connect to it, for people."""
    click.echo(f"Tachograph is ready.\n  page        {addresses['http']}")
    click.echo(f"  OTLP/HTTP   {addresses['otlp_http']}\n  OTLP/gRPC   {addresses['otlp_grpc']}")
    from tachograph.inputs.agents.claude_code.setup import SETUP

    click.echo("To connect Claude Code: `tachograph otel enable`, or in its environment:")
    (text,) = (
        block.at(http=addresses["otlp_http"], grpc=addresses["otlp_grpc"])
        for block in SETUP.blocks
        if block.kind == "shell"
    )
    for line in text.splitlines():
        click.echo(f"  {line}")
    click.echo("Other agents: the page's tab Setup, or docs/guides. Local histories are read by themselves.")
    click.echo("Stop with Ctrl-C.", err=True)


def _check_store(store: str | None) -> None:
    if store is not None and store not in {"duckdb", "duckdb://"}:
        from tachograph_sdk.errors import ConfigError

        raise ConfigError(
            f"--store {store.split(':', 1)[0]} is not available", hint="leave it out: the embedded database is used"
        )
