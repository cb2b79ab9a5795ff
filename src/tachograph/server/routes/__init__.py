"""One file per topic; registered here."""

from __future__ import annotations

from tachograph.server.routes import (
    adoption,
    classic,
    consent,
    dashboards,
    errors,
    evals,
    explain,
    health,
    highlights,
    imports,
    live,
    metrics,
    now,
    page,
    prices,
    privacy_policy,
    privacy_rights,
    query,
    registry,
    report,
    retention,
    sessions,
    sql,
    trends,
)

__all__ = ["ROUTERS"]

ROUTERS = (
    health.router,
    highlights.router,
    classic.router,
    report.router,
    query.router,
    adoption.router,
    registry.router,
    dashboards.router,
    sessions.router,
    sql.router,
    trends.router,
    imports.router,
    live.router,
    metrics.router,
    now.router,
    page.router,
    explain.router,
    prices.router,
    privacy_policy.router,
    privacy_rights.router,
    consent.router,
    retention.router,
    errors.router,
    evals.router,
)
