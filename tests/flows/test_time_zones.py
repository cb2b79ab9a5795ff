"""Whose days a running server counts: the zone that is asked for; the command's own machine before the server's."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.flows.harness import command, otlp_logs, serve


@pytest.mark.timeout(120)
def test_the_server_counts_in_the_zone_that_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "TZ", "Asia/Tokyo")
    home: Path = tmp_path
    with serve(home) as server:
        sent_s = time.time()
        assert server.post_otlp("logs", otlp_logs(["r1"])) == 200
        server.wait_drained()
        own = server.get("/api/v1/report?range=1h&by=day,hour")
        assert own["window"]["tz"] == "Asia/Tokyo"
        asked = server.get("/api/v1/query?metrics=requests,cost_usd&by=hour&range=1h&tz=Asia/Kathmandu")
        for zone, hour in (("Asia/Tokyo", own["by"]["hour"][0]["hour"]), ("Asia/Kathmandu", asked["rows"][0][0])):
            here = datetime.fromisoformat(hour)
            assert here.utcoffset() == datetime.fromtimestamp(sent_s, ZoneInfo(zone)).utcoffset()
            assert 0 <= sent_s - here.timestamp() < 3660
        assert (asked["coverage"], asked["row_coverage"]) == (
            {"share": 1.0, "residual_share": 0.0, "unpriced_requests": 0},
            [{"share": 1.0, "residual_share": 0.0, "unpriced_requests": 0}],
        )
        assert own["by"]["day"][0]["coverage"] == asked["coverage"]

        monkeypatch.setitem(os.environ, "TZ", "America/New_York")
        told = json.loads(command("--json", "report", "--range", "1h", home=home).stdout)
        assert told["window"]["tz"] == "America/New_York"
        told = json.loads(command("--json", "report", "--range", "1h", "--tz", "Europe/Berlin", home=home).stdout)
        assert told["window"]["tz"] == "Europe/Berlin"
        refused = command("report", "--tz", "Mars/Olympus", home=home, check=False)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "there is no time zone 'Mars/Olympus'" in refused.stderr

        status, body = server.request("GET", server.about["http"], "/api/v1/report?tz=Mars/Olympus")
        assert (status, json.loads(body)["error"]["code"]) == (422, "unknown_time_zone")
