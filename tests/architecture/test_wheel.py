"""What a user gets: the two wheels, built here from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, committed_files

BUILD = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, zipfile.ZipFile]:
    built = {}
    for name, folder in (("tachograph", ROOT), ("tachograph_sdk", ROOT / "sdk")):
        target = tmp_path_factory.mktemp(name)
        environment = {"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(
            [sys.executable, "-c", BUILD, str(target)], cwd=folder, env=environment, check=True, capture_output=True
        )
        built[name] = zipfile.ZipFile(next(target.glob("*.whl")))
    return built


def sources(folder: str) -> set[str]:
    root = ROOT / folder
    return {str(path.relative_to(root)) for path in committed_files() if path.is_relative_to(root)}


@pytest.mark.parametrize(("name", "folder"), [("tachograph", "src"), ("tachograph_sdk", "sdk/src")])
def test_everything_committed_under_the_package_is_in_the_wheel(wheels, name, folder):
    inside = set(wheels[name].namelist())
    assert sources(folder) <= inside


def test_nothing_else_is_in_the_wheels(wheels):
    for name, wheel in wheels.items():
        strangers = [
            inside
            for inside in wheel.namelist()
            if not inside.startswith((f"{name}/", f"{name}-"))
            or Path(inside).suffix in {".pyc", ".duckdb", ".jsonl", ".log"}
            or "__pycache__" in inside
        ]
        assert strangers == []


def test_data_files_are_there(wheels):
    inside = wheels["tachograph"].namelist()
    assert "tachograph/pricing/prices.toml" in inside
    assert "tachograph/py.typed" in inside
    plugin = "tachograph/plugin/metrics/"
    for name in (".claude-plugin/plugin.json", "hooks/hooks.json", "scripts/hook.sh", "scripts/ship.py"):
        assert plugin + name in inside
    assert "tachograph/plugin/.claude-plugin/marketplace.json" in inside
    assert any(name.startswith("tachograph/store/migrations/") and name.endswith(".sql") for name in inside)
    assert "tachograph_sdk/py.typed" in wheels["tachograph_sdk"].namelist()


def test_the_wheels_are_small(wheels):
    sizes = {name: sum(info.compress_size for info in wheel.infolist()) for name, wheel in wheels.items()}
    assert sizes["tachograph"] < 2_000_000, sizes
    assert sizes["tachograph_sdk"] < 300_000, sizes


def test_the_sdk_needs_nothing_and_the_rest_needs_the_sdk_of_its_own_version(wheels):
    def metadata(name: str):
        wheel = wheels[name]
        entry = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(wheel.read(entry).decode())

    sdk, rest = metadata("tachograph_sdk"), metadata("tachograph")
    assert not [need for need in sdk.get_all("Requires-Dist") or [] if "extra ==" not in need]
    assert f"tachograph-sdk=={sdk['Version']}" in (rest.get_all("Requires-Dist") or [])
    assert sdk["Version"] == rest["Version"]
    assert rest["License-Expression"] == sdk["License-Expression"] == "MIT"


def test_the_command_is_installed(wheels):
    wheel = wheels["tachograph"]
    entry = next(n for n in wheel.namelist() if n.endswith("entry_points.txt"))
    assert "tachograph = tachograph.cli:main" in wheel.read(entry).decode()
