"""Another process that decides: reads an order a line, answers with what it believes is granted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tachograph_sdk.model.consent import ConsentPurpose, How
from tests.unit.privacy.consent.people import consent_in, terms


def main() -> None:
    for line in sys.stdin:
        told = json.loads(line)
        at = consent_in(Path(told["home"]), at=terms(told["version"], told["policy"]), **told["environ"])
        purposes = None if told["purposes"] is None else [ConsentPurpose(p) for p in told["purposes"]]
        if told["order"] == "grant":
            at.grant(purposes or (), how=How.CODE)
        elif told["order"] == "deny":
            at.deny(purposes or (), how=How.CODE)
        elif told["order"] == "withdraw":
            at.withdraw(purposes, how=How.CODE)
        print(json.dumps([p for p in ConsentPurpose if at.granted(p)]), flush=True)


if __name__ == "__main__":
    main()
