"""The classic API on the real server: what an agent sends is what it answers, hashed and counted once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.flows.harness import Running, otlp_logs, serve

SESSION = "11111111-2222-4333-8444-555555555555"


def data(server: Running, path: str, **parameters: str) -> Any:
    return server.get(f"/api/{path}?{urlencode(parameters)}")["data"]


def test_what_is_sent_is_answered_to_whoever_asks_by_address_id_or_range(tmp_path: Path) -> None:
    (tmp_path / "tachograph.toml").write_text("[budget]\nmonth_usd = 10.0\n")
    with serve(tmp_path) as server:
        body = otlp_logs([f"req_{number}" for number in range(5)], session=SESSION, email="jane@example.org")
        assert server.post_otlp("logs", body) == 200
        assert server.post_otlp("logs", body) == 200  # sent twice, counted once
        server.wait_drained()

        costs = data(server, "analytics/costs", user_email="Jane@Example.org", range="1h")
        assert (costs["total_input_tokens"], costs["total_output_tokens"]) == (50, 5)
        assert costs["top_users_by_cost"][0]["user_email"].startswith("u_")
        assert costs["model_breakdown"][0]["model_name"] == "claude-opus-5-5"
        assert data(server, "analytics/costs", user_email="bob@example.org")["total_input_tokens"] == 0

        (session,) = data(server, "sessions")["sessions"]
        assert session["status"] == "Active"
        assert data(server, f"sessions/{SESSION}")["id"] == session["id"] != SESSION
        points = data(server, f"sessions/{SESSION}/metrics", metric_name="claude_code.token.usage")
        assert sum(point["value"] for point in points) == 55
        assert data(server, "analytics/advanced/budget-progress")["monthly_budget"] == 10.0
        assert data(server, "health")["status"] == "healthy"

        status, answer = server.request("GET", server.about["http"], "/api/analytics/costs?range=5y")
        assert (status, json.loads(answer)["error"]) == (400, "Invalid range: 5y")
        assert b"jane@" not in b"".join(
            server.request("GET", server.about["http"], f"/api/{path}")[1].lower()
            for path in (
                "sessions",
                "analytics/costs",
                "analytics/productivity",
                "metrics/overview",
                f"sessions/{SESSION}",
            )
        )
