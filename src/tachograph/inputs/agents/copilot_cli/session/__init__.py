"""Copilot CLI's own record of a session, `events.jsonl`: lines in, raw events out. Pure: no file is opened here."""

from __future__ import annotations

from tachograph.inputs.agents.copilot_cli.session.reader import EventsReader

__all__ = ["EventsReader"]
