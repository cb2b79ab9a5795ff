"""Codex's rollouts: the files in which it keeps its threads. See docs/formats/codex.md.

One file is one thread. A line is a record with a type and a payload; `reader.py` takes them in order.
"""

from __future__ import annotations

from tachograph.inputs.agents.codex.rollout.compressed import CompressedRolloutReader
from tachograph.inputs.agents.codex.rollout.reader import RolloutReader

__all__ = ["CompressedRolloutReader", "RolloutReader"]
