"""The `tachograph` command: one file per command, registered in COMMANDS of `cli.app`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 on success, 2 on a mistake in the call, 1 on failure; messages go to stderr."""
    import sys

    arguments = list(sys.argv[1:] if argv is None else argv)
    if "statusline" in arguments[:4] and (asked := _plain_status_line(arguments)) is not None:
        from tachograph.statusline.run import run as print_status_line

        return print_status_line(home=asked[0], as_json=asked[1])
    from tachograph.cli.app import run

    return run(arguments)


def _plain_status_line(arguments: list[str]) -> tuple[str | None, bool] | None:
    """Home and --json of a `tachograph statusline` that only prints its line; None for any other call.

    Claude Code starts it at every redraw: it does without everything that the other commands load.
    """
    home, as_json, named = None, False, False
    rest = iter(arguments)
    for argument in rest:
        if argument == "statusline" and not named:
            named = True
        elif argument == "--json":
            as_json = True
        elif argument == "--home":
            home = next(rest, None)
            if home is None:
                return None
        elif argument.startswith("--home="):
            home = argument.removeprefix("--home=")
        else:
            return None
    return (home, as_json) if named else None
