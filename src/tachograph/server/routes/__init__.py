"""One file per topic; registered here."""

from __future__ import annotations

from tachograph.server.routes import (
    consent,
    evals,
    explain,
    health,
    imports,
    live,
    metrics,
    page,
    prices,
    privacy_policy,
    privacy_rights,
    query,
    report,
    retention,
    registry,
    sql,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    health.router,
    report.router,
    query.router,
    sql.router,
    imports.router,
    live.router,
    registry.router,
    metrics.router,
    page.router,
    explain.router,
    prices.router,
    privacy_policy.router,
    privacy_rights.router,
    consent.router,
    retention.router,
    evals.router,
)
