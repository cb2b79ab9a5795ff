"""What our scrubber and others find of the corpus, and what they change for nothing: the table of a page in docs/.

    ./dev bench scrub_compare

Each gets the same texts of tests/corpus/scrub, called as bench/scrub_peers.py says; one scorer reads all answers. The
table is written into docs/decisions/scrubber-compared.md, between its two marks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.record import machine
from bench.scrub import ask
from tachograph_sdk.privacy.scrubber import Scrubber
from tests.corpus.scrub.generate import innocents, positives
from tests.corpus.scrub.score import Score, changed, score

PAGE = Path(__file__).resolve().parent.parent / "docs" / "decisions" / "scrubber-compared.md"
MARKS = ("<!-- table: ./dev bench scrub_compare -->", "<!-- end of the table -->")


def main() -> None:
    secret, plain = positives(), innocents()
    texts = [case.text for case in (*secret, *plain)]
    scores: dict[str, tuple[Score, int, float]] = {}
    start = time.process_time()
    scrub = Scrubber().scrub
    ours = dict(zip(texts, map(scrub, texts), strict=True))
    scores["Tachograph"] = _scored(ours.__getitem__, time.process_time() - start)
    for name, peer in ask("corpus", texts).items():
        answers = dict(zip(texts, peer["outputs"], strict=True))
        scores[f"{name} {peer['version']}"] = _scored(answers.__getitem__, peer["seconds"])

    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) / 1e6
    names = list(scores)
    lines = ["| | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    lines += [
        f"| {kind} | " + " | ".join(f"{s.kinds[kind].recall:.1%}" for s, _, _ in scores.values()) + " |"
        for kind in sorted(next(iter(scores.values()))[0].kinds)
    ]
    totals: list[tuple[str, Callable[[Score, int, float], str]]] = [
        ("**all secrets gone**", lambda s, _, __: f"**{s.whole.recall:.1%}**"),
        ("left in part", lambda s, _, __: str(s.whole.partial)),
        ("surroundings broken", lambda s, _, __: f"{s.whole.broken / s.whole.cases:.1%}"),
        ("**innocent texts changed**", lambda _, wrong, __: f"**{wrong / len(plain):.1%}**"),
        ("MB/s on these short texts", lambda _, __, seconds: f"{size / seconds:.2f}" if seconds else ""),
    ]
    lines += [f"| {what} | " + " | ".join(say(*each) for each in scores.values()) + " |" for what, say in totals]
    secrets = next(iter(scores.values()))[0].whole.secrets
    note = f"{len(secret):,} texts with {secrets:,} secrets, {len(plain):,} innocent texts; {datetime.now(UTC):%Y-%m-%d}, {machine()}."
    table = "\n".join([*lines, "", note])
    print(table)
    text = PAGE.read_text("utf-8")
    pattern = re.escape(MARKS[0]) + ".*?" + re.escape(MARKS[1])
    PAGE.write_text(re.sub(pattern, lambda _: f"{MARKS[0]}\n{table}\n{MARKS[1]}", text, flags=re.DOTALL), "utf-8")


def _scored(scrub: Callable[[str], str], seconds: float) -> tuple[Score, int, float]:
    return score(positives(), scrub, twice=False), len(changed(innocents(), scrub)), seconds


if __name__ == "__main__":
    main()
