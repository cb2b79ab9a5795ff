"""Records what ccusage says of the cases: python -m tests.unit.explain.record_ccusage"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tachograph.analytics.explain.ccusage.rules import CCUSAGE_VERSION
from tests.unit.explain.ccusage_cases import CASES, RECORDED, ask, find_program, lay_out, trees


def main() -> None:
    """Ask the program and write down its answers."""
    program = find_program()
    if program is None:
        raise SystemExit("npm cannot install ccusage here")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        cases = {f"{c.rule}: {c.name}": ask(program, lay_out(c, root / "case"), c.zone) for c in CASES}
        whole = {name: ask(program, place, zone) for name, (place, zone) in trees(root).items()}
    told = {"version": CCUSAGE_VERSION, "cases": cases, "trees": whole}
    RECORDED.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
