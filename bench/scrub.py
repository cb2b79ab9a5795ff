"""How fast the scrubber is on ordinary, dense and hostile text, beside other scrubbers in the same run.

    ./dev bench scrub [--quick] [--no-peers]

Ordinary text is prose, logs and code from the corpus in tests/corpus/scrub; hostile text is one line of 60 to 500 KB
that repeats or mixes fragments of what detectors look for, NUL and lone surrogates included. CPU time of one core.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.record import median, record
from bench.scrub_texts import code, dense, hostile, library, logs, mixtures, prose
from tachograph_sdk.privacy.scrubber import DROPPED, Scrubber

PEER_PYTHON = Path(__file__).resolve().parent.parent / ".dev" / "venv-peers" / "bin" / "python"
WANTED_MB_S = {"prose": 20.0, "logs": 20.0, "dense": 5.0}
WANTED_HOSTILE_S = 0.25  # for each 200 KB
WANTED_MEGABYTE_S = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer hostile lines; nothing is recorded")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    scrub = Scrubber().scrub
    size = 200_000 if options.quick else 1_000_000

    texts = {
        "prose": prose(size),
        "logs": logs(size),
        "code": code(size),
        "Python library": library(size),
        "dense": dense(size),
    }
    seconds = {name: _time(scrub, text, rounds=3 if options.quick else 5) for name, text in texts.items()}
    peers = {} if options.no_peers else ask("speed", {name: text[:200_000] for name, text in texts.items()})
    rows: list[tuple[object, ...]] = []
    for name, text in texts.items():
        ours = _megabytes(text) / seconds[name]
        wanted = WANTED_MB_S.get(name)
        theirs = []
        for peer in peers.values():
            speed = _megabytes(text[:200_000]) / peer["seconds"][name] if peer["seconds"][name] else float("inf")
            theirs.append(f"{speed:,.2f} ({ours / speed:,.1f} x)")
        rows.append((name, f"{ours:,.1f}", f"{wanted:g}" if wanted else "", *theirs))

    worst = _worst(scrub, hostile(200_000), 200_000)
    if not options.quick:
        for length in (60_000, 500_000):
            lines = ((name, text) for name, text in hostile(length) if any(name == old for _, old in worst[:40]))
            worst += _worst(scrub, lines, length)
    worst += _worst(scrub, mixtures(200_000, 20 if options.quick else 150), 200_000)
    worst.sort(reverse=True)
    megabyte = _worst(scrub, ((name, _again(name, 1_000_000)) for _, name in worst[:5]), 200_000)

    notes = [
        f"MB/s of UTF-8, CPU time of one core, best of {5 if not options.quick else 3}; in brackets how many times faster than the other.",
        f"hostile lines of 60 to 500 KB: {len(worst)} timed, worst {worst[0][0]:.3f} s for each 200 KB (wanted {WANTED_HOSTILE_S}): {worst[0][1][:80]}",
        f"half of the hostile lines are below {median([s for s, _ in worst]):.3f} s",
        f"1 MB of the worst: {megabyte[0][0] * 5:.2f} s (wanted {WANTED_MEGABYTE_S:g}): {megabyte[0][1][:80]}",
        *[f"{name} {peer['version']}" for name, peer in peers.items()],
    ]
    if peers:
        notes.append(
            "The others get the first 200 KB, each called as bench/scrub_peers.py says; sentry-sdk only looks at keys of structured data."
        )
    columns = ("text", "ours, MB/s", "wanted", *[f"{name}, MB/s" for name in peers])
    if options.quick:
        print(columns, *rows, *notes, *[f"{s:.3f} {n[:100]}" for s, n in worst[:12]], sep="\n")
    else:
        record("scrub", columns, rows, notes)


def ask(mode: str, texts: object, *names: str) -> dict[str, Any]:
    """What the other scrubbers answer; empty where their environment could not be made."""
    if not PEER_PYTHON.exists():
        print("The other scrubbers are not installed: ./dev bench scrub makes their environment.")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "texts.json", Path(folder) / "answers.json"
        source.write_text(json.dumps(texts), "utf-8")
        script = str(Path(__file__).with_name("scrub_peers.py"))
        subprocess.run([str(PEER_PYTHON), script, mode, str(source), str(target), *names], check=True)
        answers: dict[str, Any] = json.loads(target.read_text("utf-8"))
        return answers


def _time(scrub: Any, text: str, rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        scrub(text)
        taken.append(time.process_time() - start)
    return min(taken)


_TEXTS: dict[str, str] = {}  # a tenth of what made the worst lines, to make longer ones


def _worst(scrub: Any, lines: Iterable[tuple[str, str]], length: int) -> list[tuple[float, str]]:
    """Seconds for each 200 KB and name, the slowest first."""
    found = []
    for name, text in lines:
        start = time.process_time()
        output = scrub(text)
        found.append(((time.process_time() - start) * 200_000 / len(text), name))
        assert output != DROPPED, name
        _TEXTS[name] = text[:200_000]
    return sorted(found, reverse=True)


def _again(name: str, length: int) -> str:
    text = _TEXTS[name]
    return (text * (length // len(text) + 1))[:length]


def _megabytes(text: str) -> float:
    return len(text.encode("utf-8", "surrogatepass")) / 1e6


if __name__ == "__main__":
    main()
