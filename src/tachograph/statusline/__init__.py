"""The status line: what Claude Code hands to it, what it adds, and the line it prints. In time for every redraw.

A process of its own each time, so nothing here loads more than it must: no pathlib, no dataclasses, no typing; a test
lists what may be loaded. What a slower command needs of it is in `config.py` and `ledger.py`.
"""

__all__: list[str] = []
