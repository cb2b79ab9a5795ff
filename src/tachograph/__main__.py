"""`python -m tachograph` is `tachograph`."""

from __future__ import annotations

import sys

from tachograph.cli import main

__all__: list[str] = []

sys.exit(main())
