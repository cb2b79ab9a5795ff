"""The `tachograph` command: one file per command, registered in COMMANDS of `cli.app`."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 on success, 2 on a mistake in the call, 1 on failure; messages go to stderr."""
    import sys

    from tachograph.cli.app import run

    return run(list(sys.argv[1:] if argv is None else argv))
