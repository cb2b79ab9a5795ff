"""What is about to leave this machine and what left, in figures: never a body, never whom it tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tachograph.ports import Sink
from tachograph_sdk.errors import DecodeError
from tachograph_sdk.outbox.folders import Place, State
from tachograph_sdk.outbox.outbox import Outbox
from tachograph_sdk.outbox.receipts import Outcome
from tachograph_sdk.outbox.retries import Retries

__all__ = ["LISTED", "tell_leaving"]

LISTED = 50  # envelopes told one by one; the rest is counted


def tell_leaving(outbox: Outbox, sinks: Sequence[Sink], *, problem: str | None = None) -> dict[str, Any]:
    """The outbox in JSON values: its mode, where it sends to, what waits, and whether anything ever left.

    `left.anything` is false only where no receipt, no try that failed and no envelope on its way says otherwise, and no
    receipt was changed or is missing; null where that cannot be known.
    """
    folders = outbox.folders
    places = folders.places()
    standings = Retries(folders.root).of
    by_state: dict[str, list[Place]] = {}
    for place in places:
        by_state.setdefault(place.state.value, []).append(place)
    return {
        "mode": outbox.config.mode,
        "countdown_s": outbox.config.countdown_s,
        "problem": problem,
        "destinations": [
            {
                "id": sink.id,
                "address": sink.address,
                "purposes": sorted(purpose.value for purpose in sink.purposes),
                "stopped": standings[sink.id].disabled or None if sink.id in standings else None,
                "failures": standings[sink.id].failures if sink.id in standings else 0,
            }
            for sink in sinks
        ],
        "envelopes": [_state(state, held) for state, held in by_state.items()],
        "listed": [_listed(outbox, place) for place in places[:LISTED]],
        "left": _left(outbox, any(one.failures or one.disabled or one.tries for one in standings.values())),
    }


def _state(state: str, places: Sequence[Place]) -> dict[str, Any]:
    return {
        "state": state,
        "envelopes": len(places),
        "size_bytes": sum(place.size_bytes for place in places),
        "oldest_at": _iso(min(place.created_us for place in places)),
    }


def _listed(outbox: Outbox, place: Place) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": place.id[:8],
        "state": place.state.value,
        "created_at": _iso(place.created_us),
        "reason": place.reason or None,
        "sink": None,
        "address": None,
        "purposes": [],
        "events": None,
        "size_bytes": place.size_bytes,
    }
    try:
        envelope = outbox.folders.read(place)
    except (DecodeError, OSError):  # damaged, or gone meanwhile
        return told
    purposes = [purpose.value for purpose in envelope.purposes]
    told |= {"sink": envelope.sink, "address": envelope.address, "purposes": purposes}
    return told | {"events": envelope.events, "size_bytes": envelope.size_bytes}


def _left(outbox: Outbox, tried: bool) -> dict[str, Any]:
    receipts = list(outbox.receipts.read())
    became = Counter(str(one.get("what")) for one in receipts)
    gone = [one for one in receipts if one.get("what") == Outcome.DELIVERED.value]
    cut_off = any(one.get("was_on_its_way") or one.get("reason") == "consent-ended" for one in receipts)
    cut_off = cut_off or bool(outbox.folders.places(State.SENDING))
    tried = tried or any(str(one.get("reason", "")).startswith("refused") for one in receipts)
    whole = not outbox.receipts.verify().mistakes
    anything: bool | None = True if gone else None if cut_off or tried or not whole else False
    why = None
    if anything is None:
        why = (
            "a receipt was changed or is missing"
            if not whole
            else "an envelope is on its way, or was cut off there: a part of it may have left"
            if cut_off
            else "sending was tried and failed: it may have left all the same"
        )
    return {
        "anything": anything,
        "why_unknown": why,
        "envelopes": len(gone),
        "events": sum(int(one.get("events") or 0) for one in gone),
        "size_bytes": sum(int(one.get("size_bytes") or 0) for one in gone),
        "first_at": gone[0].get("at") if gone else None,
        "last_at": gone[-1].get("at") if gone else None,
        "addresses": sorted({str(one.get("address")) for one in gone}),
        "receipts": dict(became),
        "whole": whole,
    }


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
