"""A kit for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.files.kit import Kit


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    """A folder of its own."""
    return Kit(tmp_path)
