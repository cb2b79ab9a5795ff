"""What a fresh interpreter loads. Counted in modules, not in milliseconds, so that it says the same everywhere."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# -S and -I: nothing from the environment, and nothing that .pth files of an installation would import.
PROBE = """
import sys
sys.path[:0] = {path!r}
before = set(sys.modules)
import {module}
import json
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loads(module: str) -> set[str]:
    code = PROBE.format(path=[p for p in sys.path if p], module=module)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "module",
    [
        "tachograph_sdk",
        "tachograph_sdk.errors",
        "tachograph_sdk.model.attributes",
        "tachograph_sdk.model.event",
        "tachograph_sdk.model.money",
        "tachograph_sdk.model.usage",
        "tachograph_sdk.client.compat",
        "tachograph_sdk.privacy.consent",
        "tachograph_sdk.net",
        "tachograph_sdk.outbox.sender",
        "tachograph_sdk.privacy.policy",
        "tachograph_sdk.privacy.release",
    ],
)
def test_the_sdk_loads_only_the_standard_library(module):
    foreign = {name for name in loads(module) if not name.startswith("_")} - set(sys.stdlib_module_names)
    assert foreign == {"tachograph_sdk"}


HEAVY = {"duckdb", "fastapi", "starlette", "pydantic", "rich", "nanoarrow"}
NEVER = {"pandas", "pyarrow", "numpy", "polars"}


def test_the_receiver_loads_no_database_and_no_web_framework():
    assert loads("tachograph.server.receiver") & (HEAVY | NEVER) == set()


def test_the_command_line_starts_without_database_or_servers():
    assert loads("tachograph.cli.app") & {"duckdb", "nanoarrow", "fastapi", "uvicorn", "grpc", "opentelemetry"} == set()


@pytest.mark.parametrize("module", ["tachograph.server.core", "tachograph.wiring", "tachograph.cli.app"])
def test_no_data_frame_library_is_ever_loaded(module):
    assert loads(module) & NEVER == set()


def test_the_import_of_prices_is_light():
    assert loads("tachograph.pricing") & (HEAVY | NEVER) == set()


@pytest.mark.parametrize("module", ["tachograph_sdk.privacy.consent", "tachograph_sdk.privacy.policy"])
def test_who_only_asks_what_is_allowed_loads_no_detectors(module):
    code = f"import sys, {module}; print('tachograph_sdk.privacy.detectors' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False\n"
