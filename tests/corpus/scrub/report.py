"""Print what the scrubber does to the corpus: python -m tests.corpus.scrub.report [--seed N] [--examples N] [--kind K]."""

from __future__ import annotations

import argparse

from tachograph_sdk.privacy.scrubber import Scrubber
from tests.corpus.scrub.generate import innocents, positives
from tests.corpus.scrub.score import changed, score

__all__: list[str] = []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=3, help="of each kind")
    parser.add_argument("--kind", help="only this one; `innocent` for those that must stay")
    options = parser.parse_args()

    scrub = Scrubber().scrub
    kinds: dict[str, int] = {}
    if options.kind != "innocent":
        result = score([c for c in positives(options.seed) if options.kind in (None, c.kind)], scrub)
        print(result.table())
        for verdict in result.verdicts:
            case = verdict.case
            kinds[case.kind] = kinds.get(case.kind, 0) + 1
            if kinds[case.kind] <= options.examples:
                print(f"\n--- {case.kind} {case.encoding} {case.carrier} {case.id}")
                print(f"    text    {case.text!r}\n    output  {verdict.output!r}")
                for word, what in (("missed", verdict.missed), ("partial", verdict.partial)):
                    if what:
                        print(f"    {word:7} {what!r}")
                if verdict.is_broken:
                    print("    broken")
    if options.kind in (None, "innocent"):
        cases = innocents(options.seed)
        wrong = changed(cases, scrub)
        print(f"\ninnocents: {len(cases)}, changed {len(wrong)} = {len(wrong) / len(cases):.2%}")
        for case, output in wrong[: options.examples * 20]:
            print(f"--- {case.kind} {case.carrier} {case.id}\n    text    {case.text!r}\n    output  {output!r}")


if __name__ == "__main__":
    main()
