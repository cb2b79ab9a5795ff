"""Import: a gigabyte of transcripts into the store, and again with nothing new.

    ./dev bench import [--mb 1040] [--files 1500] [--rounds 3] [--tree DIRECTORY]

Beside it, over the same tree in the same run: `cat | wc -l`, which only reads, and ccusage (native, from npm, both
cores), which reads, prices and prints but stores nothing. All are whole processes with a warm page cache. Totals are
checked against the generator's: ours on every count, ccusage's on tokens and cost.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.record import median, record
from bench.transcripts import START, TreeTotals, make_tree

CCUSAGE = "ccusage@20.0.24"
REFERENCE_RATIO = 1.5
REFERENCE_UNCHANGED_S = 0.3
COMPARED = (
    "sessions",
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "prompts",
    "tool_calls",
    "tool_errors",
    "lines_added",
    "lines_removed",
    "commits",
)


@dataclass
class Timed:
    """What one command took, round by round."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    peak_mib: float = 0.0
    output: str = ""

    @property
    def median_s(self) -> float:
        """The middle round."""
        return median(self.seconds)


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=1040)
    parser.add_argument("--files", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--tree", type=Path, help="a tree made before by `python -m bench.transcripts`, with its totals"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tachograph-bench-") as scratch:
        work = Path(scratch)
        tree, totals = _tree(options, work)
        ccusage = _install_ccusage(work)
        results = _measure(tree, work, ccusage, options.rounds)
        faults = _check(results, totals, work / "home", has_peer=ccusage is not None)
    _report(results, totals, faults)
    if faults:
        sys.exit("\n".join(faults))


def _tree(options: argparse.Namespace, work: Path) -> tuple[Path, TreeTotals]:
    if options.tree is not None:
        told = json.loads((options.tree / "totals.json").read_text())
        return options.tree / "projects", TreeTotals(**told)
    print(f"making {options.mb:,.0f} MB in {options.files:,} sessions …", flush=True)
    tree = work / "tree" / "projects"
    totals = make_tree(tree, megabytes=options.mb, files=options.files)
    (tree.parent / "totals.json").write_text(json.dumps(asdict(totals)))
    return tree, totals


def _install_ccusage(work: Path) -> Path | None:
    """The peer, installed beside everything else; None where npm or the network is missing, and the report says so."""
    if shutil.which("npm") is None:
        return None
    command = [
        "npm",
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(work),
        CCUSAGE,
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    natives = sorted((work / "node_modules" / "@ccusage").glob("*/bin/ccusage"))
    if natives:  # without the script that starts it, which takes a Node of its own
        natives[0].chmod(0o755)
        return natives[0]
    found = work / "node_modules" / ".bin" / "ccusage"
    return found if done.returncode == 0 and found.exists() else None


def _measure(tree: Path, work: Path, ccusage: Path | None, rounds: int) -> dict[str, Timed]:
    home = work / "home"
    ours = [sys.executable, "-P", "-m", "tachograph", "import", str(tree), "--home", str(home), "--json"]
    read = ["sh", "-c", f"find '{tree}' -name '*.jsonl' -print0 | xargs -0 cat | wc -l"]
    peer_environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(tree.parent)}
    commands: list[tuple[str, Sequence[str], dict[str, str] | None, Callable[[], None] | None]] = [
        ("cat", read, None, None),
        ("cold", ours, None, lambda: shutil.rmtree(home, ignore_errors=True)),
        ("again", ours, None, None),
    ]
    if ccusage is not None:
        commands.insert(1, ("ccusage", [str(ccusage), "daily", "--offline", "--json"], peer_environment, None))
    results = {name: Timed() for name, *_ in commands}
    for round_ in range(rounds + 1):
        for name, command, environment, before in commands:
            if before is not None:
                before()
            timed = results[name] if round_ else Timed()  # the first round only warms the page cache
            _time(command, environment, timed)
            print(f"round {round_}: {name} {timed.seconds[-1]:.2f} s, CPU {timed.cpu_seconds[-1]:.2f} s", flush=True)
    return results


def _time(command: Sequence[str], environment: dict[str, str] | None, timed: Timed) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
    timed.seconds.append(time.perf_counter() - start)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    timed.cpu_seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    timed.output = done.stdout


def _check(results: dict[str, Timed], totals: TreeTotals, home: Path, *, has_peer: bool) -> list[str]:
    """What does not agree with the generator."""
    faults = []
    command = [sys.executable, "-P", "-m", "tachograph", "report", "--home", str(home), "--json"]
    since = f"{START:%Y-%m-%d}"
    done = subprocess.run([*command, "--since", since], capture_output=True, check=True, text=True)
    ours: dict[str, Any] = json.loads(done.stdout)["totals"]
    faults += [
        f"{name}: {ours[name]:,} instead of {getattr(totals, name):,}"
        for name in COMPARED
        if ours[name] != getattr(totals, name)
    ]
    cost_microusd = (totals.cost_nanousd + 500) // 1000
    if ours["cost_microusd"] != cost_microusd:
        faults.append(f"cost: {ours['cost_microusd']:,} instead of {cost_microusd:,} micro-dollars")
    again = json.loads(results["again"].output)["sources"]["claude_code"]
    if (again["records"], again["new"]) != (0, 0):
        faults.append(f"the second import read {again['records']:,} lines and stored {again['new']:,} events")
    if has_peer:
        theirs = json.loads(results["ccusage"].output)["totals"]
        if round(theirs["totalCost"] * 1e6) != cost_microusd or theirs["outputTokens"] != totals.output_tokens:
            faults.append(f"ccusage says {theirs['totalCost']:.6f} USD, the tree holds {cost_microusd / 1e6:.6f}")
    return faults


def _report(results: dict[str, Timed], totals: TreeTotals, faults: Sequence[str]) -> None:
    labels = {
        "cat": "`cat \\| wc -l`",
        "ccusage": f"{CCUSAGE} `daily --offline` (scan, no store)",
        "cold": "`tachograph import`, cold, into the store",
        "again": "`tachograph import`, nothing new",
    }
    peer = results.get("ccusage")
    rows = []
    for name, timed in results.items():
        ratio = f"{timed.median_s / peer.median_s:.2f}" if peer is not None else "-"
        cpu = f"{median(timed.cpu_seconds):.2f}"
        rows.append([labels[name], f"{timed.median_s:.2f}", f"{min(timed.seconds):.2f}", cpu, ratio])
    size = (
        f"{totals.bytes / 1e6:,.0f} MB, {totals.files:,} files, {totals.lines:,} lines, {totals.requests:,} responses"
    )
    notes = [
        f"Tree: {size}, {totals.copied_lines:,} lines copied by forks. Whole processes, warm page cache.",
        f"Wanted: cold at most {REFERENCE_RATIO} x ccusage, nothing new at most {REFERENCE_UNCHANGED_S} s.",
        "Totals: " + ("; ".join(faults) if faults else "all equal to the generator's, cost to the micro-dollar."),
    ]
    if peer is None:
        notes.append("ccusage could not be installed here, so there is no peer.")
    record("import", ["what", "median s", "best s", "CPU s", "x ccusage"], rows, notes)


if __name__ == "__main__":
    main()
