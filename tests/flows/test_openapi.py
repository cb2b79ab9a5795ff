"""Other people's tools take our OpenAPI document at its word: one makes requests of it, one a client that is then used."""

from __future__ import annotations

import importlib
import inspect
import json
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.harness import Running, command, serve

pytestmark = [pytest.mark.ci, pytest.mark.timeout(900)]

SETTINGS = Path(__file__).parent / "openapi"
TOOLS = Path(sys.executable).parent

EXAMPLES = int(os.environ.get("TACHOGRAPH_TEST_OPENAPI_EXAMPLES", "4"))


@pytest.fixture(scope="module", params=["demo", pytest.param("empty", marks=pytest.mark.long)])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A real server: on made-up data, and on a new home."""
    home = tmp_path_factory.mktemp("home")
    if request.param == "demo":
        command("demo", "--no-serve", home=home)
        home = home / "demo"
    with serve(home) as server:
        server.wait_drained()
        yield server


def test_schemathesis_finds_nothing(running: Running, tmp_path: Path) -> None:
    """All of its checks, on every question; requests that the document allows, and requests that it forbids."""
    arguments = [
        *(str(TOOLS / "st"), "--config-file", str(SETTINGS / "schemathesis.toml"), "run"),
        *(running.about["http"] + "/api/openapi.json", "--header", f"Authorization: Bearer {running.now()['token']}"),
        *("--include-method", "GET", "--exclude-path", "/api/live", "--checks", "all", "--phases", "fuzzing"),
        *("--max-examples", str(EXAMPLES), "--continue-on-failure", "--seed", "20261120"),
    ]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=800, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert found is not None, done.stdout[-2000:]
    assert int(found[1]) > 30 * EXAMPLES
    assert found[1] == found[2]


BODIES: dict[str, dict[str, Any]] = {
    "sql": {"sql": "select count(*) from requests"},
    "import_files": {"paths": ["/nowhere"]},
    "reprice": {"dry_run": True},
    "show_subject": {"everything": True},
    "rectify": {"project": ["/nowhere"], "attribute": "project", "value": "/elsewhere"},
    "object_to": {"project": ["/nowhere"]},
    "erase": {"project": ["/nowhere"], "dry_run": True},
    "decide": {"decision": "deny"},
    "delete_by_age": {"dry_run": True},
    "setup_otel": {"enable": True, "dry_run": True},
    "setup_plugin": {"install": True, "dry_run": True},
}
NOT_THERE = {
    "undo_correction": {"id": "zz"},
    "withdraw_objection": {"id": "zz"},
    "redeem_page_key": {"key": "zz"},
}
"""Orders about what there is not: refused, as described; what answers as a stream says so in its last line."""


def test_a_generated_client_calls_every_endpoint(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "openapi.json"
    told = running.get("/api/openapi.json")
    document.write_text(json.dumps(told))
    made = subprocess.run(
        [
            *(str(TOOLS / "openapi-python-client"), "generate", "--path", str(document), "--meta", "none"),
            *("--output-path", str(tmp_path / "generated_client"), "--config", str(SETTINGS / "client.yml")),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{TOOLS}:{os.environ['PATH']}"},
    )
    assert made.returncode == 0, made.stderr
    assert "WARNING" not in made.stdout + made.stderr, "the whole document can be read"
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "generated_client"]:
        del sys.modules[name]
    client = importlib.import_module("generated_client").AuthenticatedClient(
        base_url=running.about["http"], token=running.now()["token"], timeout=60.0, raise_on_unexpected_status=True
    )
    called: set[str] = set()
    sessions = running.get("/api/v1/sessions?limit=1")["sessions"]
    with client:
        for module in operations():
            name = module.__name__.rpartition(".")[2]
            if name == "live":  # never ends
                called.add(name)
                continue
            answer = module.sync_detailed(**given(module, name, client, sessions, tmp_path))
            status = int(answer.status_code)
            assert answer.parsed is not None, (name, status, answer.content[:300])
            if name in NOT_THERE:
                assert status == 400 or b'"error"' in answer.content, name
            elif "session" in inspect.signature(module.sync_detailed).parameters and not sessions and status == 404:
                pass
            else:
                assert status == 200 or (not sessions and status == 404), (name, status, answer.content[:300])
            called.add(name)
    assert called == {operation["operationId"] for path in told["paths"].values() for operation in path.values()}


def operations() -> Iterator[Any]:
    api = importlib.import_module("generated_client.api")
    for found in pkgutil.walk_packages(api.__path__, "generated_client.api."):
        if not found.ispkg:
            yield importlib.import_module(found.name)


def given(module: Any, name: str, client: Any, sessions: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """The arguments that a call cannot do without."""
    arguments: dict[str, Any] = {"client": client}
    for parameter in inspect.signature(module.sync_detailed).parameters.values():
        if parameter.name == "body":
            orders: list[Any] = [
                v for n, v in vars(module).items() if inspect.isclass(v) and n.endswith(("Order", "Question", "Id"))
            ]
            body = {**BODIES, **NOT_THERE, "export_subject": {"everything": True, "to": str(folder / "export")}}.get(
                name
            )
            arguments["body"] = orders[0].from_dict(body or {})
        elif parameter.default is inspect.Parameter.empty and parameter.name not in arguments:
            if parameter.name == "metrics":
                items = importlib.import_module("generated_client.models").QueryMetricsItem
                arguments["metrics"] = [items("requests"), items("cost_usd")]
            else:
                assert parameter.name in {"session", "id"}, (name, parameter.name)
                arguments[parameter.name] = sessions[0]["id"] if sessions else "s_0123456789abcdef"
    return arguments
