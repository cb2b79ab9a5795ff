"""Makes docs/images/report.svg: what `tachograph report` prints for the demonstration's month.

Run it with: python tools/picture.py
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from tachograph.cli.demo import fill_demo_home
from tachograph.cli.report import ask_report
from tachograph.cli.report_print import print_report
from tachograph.home import Home
from tachograph.wiring.local import open_answers

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "report.svg"


def main() -> None:
    """Play the demonstration, report on it, keep the picture."""
    console = Console(record=True, width=84, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "demo")
        fill_demo_home(home)
        with open_answers(home) as answers:
            print_report(ask_report(answers, {"range": "7d", "by": "model"}), console)
    svg = console.export_svg(title="tachograph report --range 7d --by model")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # fonts would be fetched from elsewhere
    assert "url(http" not in svg
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(svg, encoding="utf-8")
    print(PICTURE)


if __name__ == "__main__":
    main()
