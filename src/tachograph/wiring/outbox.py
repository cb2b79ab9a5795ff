"""The outbox of a home, with the places it sends to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tachograph.config import Settings, load, secret_of
from tachograph.home import Home
from tachograph.ports import Sink, Store
from tachograph.tasks import Task
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import ConsentPurpose, Permissions
from tachograph_sdk.outbox.outbox import Outbox
from tachograph_sdk.outbox.purposes import MAY_LEAVE

if TYPE_CHECKING:
    from tachograph.outputs.sinks.worker import Forwarder

__all__ = [
    "leaving_of",
    "open_outbox",
    "open_outbox_here",
    "open_outbox_to_purge",
    "open_sinks",
    "outbox_tasks",
    "purge_for",
]

PERIOD_S = 1.0
LIMITS_PERIOD_S = 3600.0


def open_outbox(home: Home, settings: Settings, permissions: Permissions) -> Outbox:
    """The envelopes of this home; nothing is made on disk before something is put in."""
    from tachograph_sdk.privacy.policy import POLICY_VERSION

    return Outbox(
        home.outbox,
        config=settings.outbox,
        permissions=permissions,
        scrub=_Scrub(),
        policy_version=POLICY_VERSION,
    )


def open_outbox_here(home: Home) -> Outbox:
    """The same for a command: with the settings and consents of this home. Raises ConfigError."""
    from tachograph_sdk.privacy.consent import Consent

    return open_outbox(home, load(home), Consent.open(home.root))


def leaving_of(home: Home, settings: Settings, permissions: Permissions) -> dict[str, Any]:
    """What waits to leave this home and what left, in JSON values; a place that cannot be opened is a `problem`."""
    from tachograph.server.leaving import tell_leaving

    sinks, problem = [], None
    try:
        sinks = open_sinks(settings)
    except ConfigError as error:
        problem = error.message
    return tell_leaving(open_outbox(home, settings, permissions), sinks, problem=problem)


def open_sinks(settings: Settings, *, environ: Mapping[str, str] | None = None) -> list[Sink]:
    """The places that the settings name.

    Raises:
        ConfigError: an address that is not allowed, an unknown purpose, or a variable that is not set.
    """
    sinks: list[Sink] = []
    if settings.webhook.url:
        sinks.append(_webhook(settings, environ))
    if settings.file_sink.path:
        from tachograph.outputs.sinks.file import FileSink

        folder = Path(settings.file_sink.path).expanduser()
        sinks.append(FileSink(folder, purposes=_purposes("file_sink", settings.file_sink.purposes)))
    return sinks


def _webhook(settings: Settings, environ: Mapping[str, str] | None) -> Sink:
    from tachograph import __version__
    from tachograph.outputs.sinks.webhook import Webhook
    from tachograph_sdk.net import Limits, Reach
    from tachograph_sdk.outbox.fields import JSON, JSON_LINES

    config = settings.webhook
    url = secret_of("webhook.url", config.url, environ=environ) if config.url.startswith("env:") else config.url
    return Webhook(
        url,
        purposes=_purposes("webhook", config.purposes),
        content_type=JSON if config.format == "json" else JSON_LINES,
        user_agent=f"tachograph/{__version__}",
        # The owner wrote the address: one that says itself that it is this machine is meant.
        reach=Reach(loopback=True, private=config.allow_private, plain_http=config.allow_plain_http),
        limits=Limits(total_s=config.timeout_s, connect_s=min(5.0, config.timeout_s)),
        secret=secret_of("webhook.secret", config.secret, environ=environ),
        authorization=secret_of("webhook.authorization", config.authorization, environ=environ),
        ca_file=config.ca_file,
    )


def _purposes(section: str, names: tuple[str, ...]) -> frozenset[ConsentPurpose]:
    known = {purpose.value: purpose for purpose in sorted(MAY_LEAVE)}
    if not set(names) <= known.keys():
        raise ConfigError(
            f"{section}.purposes names something nothing can be sent for", hint="known: " + ", ".join(known)
        )
    return frozenset(known[name] for name in names) or MAY_LEAVE


def outbox_tasks(home: Home, settings: Settings, store: Store, permissions: Permissions) -> list[Task]:
    """Background work of the outbox: where nothing is set up to leave, only that what waits gets no older than it may.

    Raises:
        ConfigError: see `open_sinks`.
    """
    from tachograph.outputs.sinks.cursor import CursorFile
    from tachograph_sdk.outbox.sender import Sender

    sinks = open_sinks(settings)
    if settings.outbox.mode == "off" or home.demo_marker.exists():
        for sink in sinks:
            CursorFile(_cursor_path(home, sink)).forget()  # what comes in while it is off never leaves
        sinks = []
    outbox = open_outbox(home, settings, permissions)
    if not sinks:

        def keep_limits() -> bool:
            outbox.keep_limits()
            return False

        return [Task(name="outbox_limits", run=keep_limits, period_s=LIMITS_PERIOD_S)]
    sender = Sender(outbox, sinks)
    tasks = []
    for sink in sinks:
        forwarder = _forwarder(home, settings, store, outbox, sink)
        tasks.append(Task(name=f"forward_{sink.id}", run=forwarder.turn, period_s=PERIOD_S))
    tasks.append(Task(name="send", run=lambda: sender.send().delivered > 0, period_s=PERIOD_S))
    return tasks


def _forwarder(home: Home, settings: Settings, store: Store, outbox: Outbox, sink: Sink) -> Forwarder:
    from tachograph.clock import SystemClock
    from tachograph.outputs.sinks.cursor import CursorFile
    from tachograph.outputs.sinks.worker import Forwarder
    from tachograph.store.read_back import last_number, read_events, session_starts
    from tachograph_sdk.privacy.identity import OutgoingPseudonyms, RotatingSalt
    from tachograph_sdk.privacy.pseudonym import load_or_create_secret

    clock = SystemClock()
    names = OutgoingPseudonyms(
        load_or_create_secret(home.secret),
        RotatingSalt(home.outbox / "sinks" / "salts.json"),
        destination=f"{sink.id} {sink.fingerprint}",
    )

    def rename(kind: str, name: str, began_us: int) -> str:
        return names.rename(kind, name, began_us=began_us, now_us=clock.now_us())

    return Forwarder(
        sink,
        outbox,
        read=partial(read_events, store),
        last_number=partial(last_number, store),
        rename=rename,
        session_starts=partial(session_starts, store),
        cursor=CursorFile(_cursor_path(home, sink)),
        clock=clock,
        config=settings.forward,
    )


def _cursor_path(home: Home, sink: Sink) -> Path:
    return home.outbox / "sinks" / f"{sink.id}.cursor"


def open_outbox_to_purge(home: Home) -> Outbox:
    """The same, only to look and delete: that works also where settings and consents cannot be read."""
    from tachograph_sdk.outbox.withdrawing import open_to_purge

    return open_to_purge(home.outbox)


def purge_for(home: Home, purposes: frozenset[ConsentPurpose]) -> int:
    """Delete what waits for any of these purposes, and cut off what is on its way: for a withdrawal. How many envelopes."""
    from tachograph_sdk.outbox.withdrawing import purge_withdrawn

    return purge_withdrawn(home.outbox, purposes)


class _Scrub:
    """The scrubber, loaded when there is something to put in: looking and deleting need none."""

    def __init__(self) -> None:
        self._scrub: Callable[[str], str] | None = None

    def __call__(self, text: str) -> str:
        if self._scrub is None:
            from tachograph_sdk.privacy.scrubber import Scrubber

            self._scrub = Scrubber().scrub
        return self._scrub(text)
