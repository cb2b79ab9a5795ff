"""`tachograph eval`: did a change help, and which sessions were good?"""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["eval_"]

EVAL_COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("baseline", "tachograph.cli.eval_notes:baseline"),
    ("change", "tachograph.cli.eval_notes:change"),
    ("compare", "tachograph.cli.eval_compare:compare"),
    ("score", "tachograph.cli.eval_score:score"),
    ("list", "tachograph.cli.eval_list:list_"),
    ("remove", "tachograph.cli.eval_list:remove"),
)


@click.group("eval", cls=LazyGroup, commands_at=EVAL_COMMANDS)
def eval_() -> None:
    """Did a change help, and which sessions were good?

    Note when something was changed (a CLAUDE.md, a model, a template), and compare the sessions before it with those
    since.

    Example: tachograph eval compare shorter-claude-md
    """
