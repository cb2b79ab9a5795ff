"""Public helpers for tests: events made by hand."""

from tachograph.testing.events import make_event

__all__ = ["make_event"]
