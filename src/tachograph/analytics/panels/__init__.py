"""Dashboards as data: files that list panels, each a question and the kind of chart that shows its answer.

`panel.py` has the nouns and what a panel has to be, `files.py` the TOML files (ours are `analytics/dashboards/*.toml`),
`owners.py` the folder of the owner's own, `sdk_metrics.py` the older `dashboard.json` in our terms.
"""

from __future__ import annotations

from tachograph.analytics.panels.files import load_dashboards, own_dashboards
from tachograph.analytics.panels.owners import FileProblem, OwnersDashboards, OwnersFolder
from tachograph.analytics.panels.panel import Chart, Dashboard, Overlay, Panel, panel_query, without_people

__all__ = [
    "Chart",
    "Dashboard",
    "FileProblem",
    "Overlay",
    "OwnersDashboards",
    "OwnersFolder",
    "Panel",
    "load_dashboards",
    "own_dashboards",
    "panel_query",
    "without_people",
]
