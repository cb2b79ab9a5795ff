"""Prints a benchmark's table and writes it to bench/RESULTS.md with machine and date."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["machine", "median", "record"]

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADER = "# Results\n\nEach section is the last run of one benchmark, as `./dev bench NAME` wrote it. Compare ratios, not machines.\n"


def machine() -> str:
    """What it ran on, without naming the machine."""
    model = platform.processor() or platform.machine()
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
        model = found[1].strip() if found else model
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def median(values: Sequence[float]) -> float:
    """The median, because a shared machine has bad moments."""
    return statistics.median(values)


def record(name: str, columns: Sequence[str], rows: Sequence[Sequence[object]], notes: Sequence[str] = ()) -> None:
    """Print the table; replace the section `name` of RESULTS.md with it."""
    lines = [f"## {name}", "", f"{datetime.now(UTC):%Y-%m-%d}, {machine()}", ""]
    lines += ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    lines += ["", *[f"* {note}" for note in notes]] if notes else []
    section = "\n".join(lines) + "\n"
    print(section)
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEADER
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [p.rstrip("\n") + "\n" for p in parts if not p.startswith(f"## {name}\n")]
    RESULTS.write_text("\n".join([*kept, section]), encoding="utf-8")
