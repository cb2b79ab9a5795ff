"""What a person is told before they decide: one text per purpose, from here and nowhere else.

A text that changes needs a new version, and then whoever agreed to the old one is asked again. The ledger keeps version
and hash of what was shown; a test holds each version to its hash, so that no text changes unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import ConsentPurpose

__all__ = ["TEXTS", "ConsentText", "purposes_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentText:
    """What is asked for one purpose, in plain words."""

    purpose: ConsentPurpose
    version: int  # raised with every change of the words
    title: str
    what: str
    why: str
    how_long: str
    where: str

    def shown(self, app: str | None = None) -> str:
        """The whole text as the person sees it; `app` is the program that asks, if it is not Tachograph itself."""
        command = f"tachograph privacy consent withdraw {self.purpose}" + (f" --app {app}" if app else "")
        return (
            f"{self.title}, for {app or 'Tachograph'} (text {self.version})\n"
            f"  What:      {self.what}\n"
            f"  Why:       {self.why}\n"
            f"  How long:  {self.how_long}\n"
            f"  Where to:  {self.where}\n"
            f"  To stop:   `{command}`, or DO_NOT_TRACK=1: it stops at once, and what waits is removed\n"
        )

    def sha256(self, app: str | None = None) -> str:
        """The hash of what was shown, in hex."""
        return hashlib.sha256(self.shown(app).encode()).hexdigest()


_ALONG = (
    "versions and platform; pseudonyms of people, sessions and projects, which are other ones for each receiver. No prompts, "
    "no answers, no code, no paths, no names."
)
_SENT = "only to the places that are set up as sinks; `tachograph outbox list` shows each envelope and its place"
_KEPT = "until it is sent or you stop; then what was sent is with its receiver, under the receiver's terms"

_ALL = (
    ConsentText(
        purpose=ConsentPurpose.USAGE_ANALYTICS,
        version=1,
        title="Usage analytics",
        what="which commands, tools and features are used, how often, and what came of it; " + _ALONG,
        why="to learn what is used and what fails, so that it gets better",
        how_long=_KEPT,
        where=_SENT,
    ),
    ConsentText(
        purpose=ConsentPurpose.PERFORMANCE_METRICS,
        version=1,
        title="Performance metrics",
        what="how long operations take, how many tokens they use and what they cost; " + _ALONG,
        why="to find what is slow or dear",
        how_long=_KEPT,
        where=_SENT,
    ),
    ConsentText(
        purpose=ConsentPurpose.ERROR_REPORTING,
        version=1,
        title="Error reports",
        what="kinds of errors, their messages and stack traces, scrubbed: paths, addresses, names and secrets are replaced "
        "before they are kept. A scrubber can miss something: `tachograph outbox preview` shows what would go.",
        why="to find and mend what breaks",
        how_long=_KEPT,
        where=_SENT,
    ),
    ConsentText(
        purpose=ConsentPurpose.PROJECT_NAMES,
        version=1,
        title="Names of projects",
        what="the clear names of your projects and repositories beside what you allow to be sent. Without this they are "
        "pseudonyms that nobody else can read.",
        why="so that the receiver can tell your projects apart by name",
        how_long=_KEPT,
        where=_SENT,
    ),
    ConsentText(
        purpose=ConsentPurpose.CONTENT_RECORDING,
        version=1,
        title="Recording of content",
        what="the texts of prompts and the details of tool calls, scrubbed: paths, addresses, names and secrets are replaced. "
        "A scrubber can miss something.",
        why="so that you can read on your own machine what was asked and done",
        how_long="as long as the retention settings keep records, and no longer than you allow it: a withdrawal erases it",
        where="nowhere: it stays on this machine",
    ),
)

TEXTS = MappingProxyType({text.purpose: text for text in _ALL})


def purposes_named(names: Iterable[str]) -> tuple[ConsentPurpose, ...]:
    """The purposes with these names, each once, in the order in which they are asked.

    Raises:
        ConfigError: there is no purpose of one of the names.
    """
    wanted = set()
    for name in names:
        try:
            wanted.add(ConsentPurpose(name))
        except ValueError:
            known = ", ".join(ConsentPurpose)
            raise ConfigError("there is no such purpose to consent to", hint=f"the purposes are {known}") from None
    return tuple(purpose for purpose in ConsentPurpose if purpose in wanted)
