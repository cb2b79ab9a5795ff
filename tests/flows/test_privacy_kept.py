"""What the API says of rights and drops: how many and why, on a real server, and nothing of whom."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.flows.harness import command, otlp_logs, serve

ADDRESS = "jane.doe@example.org"


def test_rights_that_were_used_are_counted_without_a_name(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1", "req_2"], email=ADDRESS)) == 200
        server.wait_drained()
        nothing = server.get("/api/v1/privacy/rights")
        assert (nothing["objections"], nothing["corrections"], nothing["receipts_total"]) == ([], {}, 0)
        command("privacy", "rectify", "--person", ADDRESS, "--set", "user=joe@example.org", home=tmp_path)
        command("privacy", "object", "--project", "/home/jane/secret", "--purpose", "cost", home=tmp_path)
        command("privacy", "erase", "--person", "joe@example.org", "--yes", home=tmp_path)
        told = server.get("/api/v1/privacy/rights")
        assert told["by_kind"]["erasure"] == 1
        assert told["by_kind"]["correction"] == 1
        assert told["receipts_total"] == len(told["receipts"]) == sum(told["by_kind"].values())
        assert told["receipts"][0]["kind"] == "erasure", "the newest first"
        assert told["receipts"][0]["rows"] > 0
        assert told["whole"] is True
        (objection,) = told["objections"]
        assert (objection["about"], objection["purposes"]) == (["project"], ["cost"])
        for secret in ("jane", "joe", "example.org", "/home"):
            assert secret not in json.dumps(told)
        assert not re.search(r"\b[usopr]_[0-9a-f]{16}\b", json.dumps(told)), "no pseudonym"
        receipt = next(tmp_path.glob("receipts/*-correction.json"))
        receipt.write_text(receipt.read_text().replace('"events": 2', '"events": 3'))
        assert server.get("/api/v1/privacy/rights")["whole"] is False


def test_what_was_dropped_is_counted_by_reason_without_its_name(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        body = json.loads(otlp_logs(["req_1"], email=ADDRESS))
        attributes = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["attributes"]
        attributes += [
            {"key": "my.secret.attribute", "value": {"stringValue": "hunter2"}},
            {"key": "another.of.mine", "value": {"stringValue": "hunter2"}},
        ]
        assert server.post_otlp("logs", json.dumps(body).encode()) == 200
        server.wait_drained()
        told = server.get("/api/v1/privacy/dropped")
        unknown = {one["reason"]: one for one in told["reasons"]}["unknown_attribute"]
        assert unknown["quantity"] >= 2
        assert unknown["by_policy"] is True
        assert unknown["means"] == "the policy does not name it"
        assert told["total"] == sum(one["quantity"] for one in told["reasons"])
        assert "secret" not in json.dumps(told)
        assert "hunter2" not in json.dumps(told)


def test_the_policy_is_that_of_the_preset_in_force_or_the_one_asked_for(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        standard = server.get("/api/v1/privacy/attributes")
        strict = server.get("/api/v1/privacy/attributes?preset=strict")
        assert (standard["preset"], strict["preset"]) == ("standard", "strict")
        assert standard["kept"] > strict["kept"] > 0
        for table in (standard, strict):
            assert sum(table["treatments"].values()) == len(table["rows"])
            assert all(row["means"] for row in table["rows"] if row["treatment"] != "drop")
        shown = json.loads(command("privacy", "policy", "--of", "strict", "--json", home=tmp_path).stdout)["rows"]
        assert [{k: v for k, v in row.items() if k != "means"} for row in strict["rows"]] == shown
        command("privacy", "policy", "strict", home=tmp_path)
        assert server.get("/api/v1/privacy/attributes") == strict
