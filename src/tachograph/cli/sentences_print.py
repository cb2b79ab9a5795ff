"""Three sentences about a time range, for people; where a server runs, each leads to the page that shows its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tachograph.cli.wording import harmless

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["address_of", "print_sentences"]


def print_sentences(
    console: Console, sentences: Sequence[Mapping[str, Any]], *, page: str = "", asked: Mapping[str, str] | None = None
) -> None:
    """One paragraph each.

    Args:
        console: where to.
        sentences: as `/api/v1/highlights` has them.
        page: the address of a running server: where the terminal knows links, each sentence is one.
        asked: the parameters of the question.
    """
    from rich.style import Style
    from rich.text import Text

    for sentence in sentences:
        address = address_of(page, sentence["evidence"], asked or {}) if page and sentence["evidence"] else None
        console.print(Text(harmless(sentence["text"]), style=Style(bold=True, link=address)))


def address_of(page: str, evidence: Mapping[str, Any], asked: Mapping[str, str]) -> str:
    """The page's address that shows a sentence's figure: what was asked, with the evidence's changes."""
    parameters = dict(asked)
    if evidence["since"] is not None:
        parameters.pop("range", None)
        parameters |= {"since": evidence["since"], "until": evidence["until"]}
    for name, values in evidence["filters"].items():
        parameters[name] = ",".join("null" if value is None else value for value in values)
    return f"{page}/#/{quote(evidence['tab'])}?{urlencode(parameters)}"
