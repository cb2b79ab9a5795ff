"""The dashboard's way to consent: what is shown is what is agreed to, and only this server's own pages may ask."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.served import AUTH
from tests.unit.server.test_api import client, receiver_health, task

__all__ = ["client", "receiver_health", "task"]  # fixtures

PLACE = "/api/v1/consent"


def states(client: TestClient) -> dict[str, str]:
    return {row["purpose"]: row["state"] for row in client.get(PLACE).json()["purposes"]}


def hashes(client: TestClient) -> dict[str, str]:
    return {row["purpose"]: row["text_sha256"] for row in client.get(PLACE).json()["purposes"]}


def post(client: TestClient, body: Any, **headers: str) -> Any:
    return client.post(PLACE, json=body, headers={**AUTH, **headers})


def test_nothing_is_allowed_until_it_was(client: TestClient) -> None:
    told = client.get(PLACE).json()
    assert {row["state"] for row in told["purposes"]} == {"unasked"}
    assert not any(row["allowed"] for row in told["purposes"])
    assert "[y/N]" not in str(told)
    assert told["texts"]["usage_analytics"]["text"].startswith("Usage analytics, for Tachograph")


def test_a_grant_names_the_text_that_was_read(client: TestClient) -> None:
    order = {"decision": "grant", "purposes": ["usage_analytics"]}
    for texts in ({}, {"usage_analytics": "0" * 64}, {"error_reporting": hashes(client)["usage_analytics"]}):
        refused = post(client, {**order, "texts": texts})
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "policy_changed"
        assert states(client)["usage_analytics"] == "unasked"
    told = post(client, {**order, "texts": hashes(client)})
    assert told.status_code == 200
    assert told.json()["granted"] == ["usage_analytics"]
    assert states(client) == {**dict.fromkeys(states(client), "unasked"), "usage_analytics": "granted"}
    row = client.get(PLACE).json()["purposes"][0]
    assert (row["how"], row["reference"]) == ("dashboard", told.json()["reference"])


def test_what_was_allowed_is_taken_back_and_refused(client: TestClient) -> None:
    post(client, {"decision": "grant", "purposes": ["usage_analytics", "error_reporting"], "texts": hashes(client)})
    assert post(client, {"decision": "withdraw"}).json()["granted"] == []
    assert post(client, {"decision": "deny", "purposes": ["project_names"]}).status_code == 200
    assert states(client) == {
        "usage_analytics": "withdrawn",
        "performance_metrics": "unasked",
        "error_reporting": "withdrawn",
        "project_names": "denied",
        "content_recording": "unasked",
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer other"}, 401),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "elsewhere.example"}, 403),
    ],
)
def test_no_other_page_consents_for_anybody(client: TestClient, headers: dict[str, str], status: int) -> None:
    order = {"decision": "grant", "purposes": ["usage_analytics"], "texts": hashes(client)}
    assert post(client, order, **headers).status_code == status
    assert states(client)["usage_analytics"] == "unasked"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"decision": "perhaps"}, 422),
        ({"decision": "grant", "purposes": ["nonsense"]}, 400),
        ({"decision": "withdraw", "purposes": ["nonsense"]}, 400),
        ([], 422),
    ],
)
def test_a_wrong_order_changes_nothing(client: TestClient, body: Any, status: int) -> None:
    assert post(client, body).status_code == status
    assert set(states(client).values()) == {"unasked"}
