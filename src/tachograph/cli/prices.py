"""`tachograph prices`: what models cost, whether the table is right, newer prices, and stored requests priced again."""

from __future__ import annotations

import click

from tachograph.cli.lazy import Group
from tachograph.cli.prices_change import reprice, update
from tachograph.cli.prices_show import check, list_prices

__all__ = ["prices"]


@click.group("prices", cls=Group)
def prices() -> None:
    """What models cost: list, check, update, and price again what is stored.

    Costs that an agent reports are kept as they are; the others come from a table with dates: the packaged rows, and before
    them the owner's own in prices.toml in the home folder. Days are UTC.

    Example: tachograph prices list --model claude-sonnet-5-5 --history
    """


for _command in (list_prices, check, update, reprice):
    prices.add_command(_command)
