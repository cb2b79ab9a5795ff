"""What may import what, where the layers in pyproject.toml cannot say it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.tree import ROOT, Module, modules

# Distribution -> what it is imported as, where that is not the same.
IMPORTED_AS = {
    "opentelemetry-proto": "opentelemetry",
    "googleapis-common-protos": "google",
    "protobuf": "google",
    "grpcio": "grpc",
    "prometheus-client": "prometheus_client",
    "backports.zstd": "backports",
}
LATER_STANDARD = {"compression"}  # part of the standard library from Python 3.14
# What others find by themselves once it is installed: uvicorn the first two, the standard library's zoneinfo the third.
FOUND_BY_OTHERS = {"httptools", "uvloop", "tzdata"}

ASKED_FOR = "tachograph_sdk.privacy.anonymity"  # makes a pydantic base class, when somebody asks for that

PLACES = {  # who else may know of these
    "duckdb": ["tachograph.store"],
    "nanoarrow": ["tachograph.store"],
    "fastapi": ["tachograph.server"],
    "starlette": ["tachograph.server"],
    "uvicorn": ["tachograph.server", "tachograph.wiring", "tachograph.inputs.otlp"],
    "grpc": ["tachograph.server", "tachograph.wiring", "tachograph.inputs.otlp"],
    "pydantic": ["tachograph.config", "tachograph.server", ASKED_FOR],
    "prometheus_client": ["tachograph.server"],
    "click": ["tachograph.cli"],
    "rich": ["tachograph.cli"],
}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[^A-Za-z0-9._-]", dependency)[0] for dependency in project["dependencies"]]
    return {IMPORTED_AS.get(name, name).replace("-", "_") for name in names}


def third_party(module: Module) -> set[str]:
    roots = {name.partition(".")[0] for name in module.imports()}
    return roots - set(sys.stdlib_module_names) - LATER_STANDARD - {"tachograph", "tachograph_sdk"}


def test_the_sdk_uses_the_standard_library_only():
    used = {module.name: third_party(module) for module in modules() if module.is_in("tachograph_sdk")}
    assert {name: packages for name, packages in used.items() if packages} == {ASKED_FOR: {"pydantic"}}


def test_the_sdk_loads_the_standard_library_only():
    code = (
        "import pkgutil, sys, importlib, tachograph_sdk\n"
        "for found in pkgutil.walk_packages(tachograph_sdk.__path__, 'tachograph_sdk.'): importlib.import_module(found.name)\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(roots & {'pydantic', 'tachograph', 'duckdb', 'click', 'msgspec'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_everything_imported_is_declared():
    """What another package happens to bring may be gone with its next version."""
    allowed = declared() | {"starlette"}  # fastapi's own vocabulary
    assert {module.name: undeclared for module in modules() if (undeclared := third_party(module) - allowed)} == {}


def test_everything_declared_is_used():
    used = {name for module in modules() for name in third_party(module)}
    assert declared() - {"tachograph_sdk"} - used - FOUND_BY_OTHERS == set()


@pytest.mark.parametrize("package", PLACES)
def test_a_technology_is_known_in_one_place(package):
    strangers = [m.name for m in modules() if package in third_party(m) and not m.is_in(*PLACES[package])]
    assert strangers == []


def test_only_the_pipeline_and_the_sdk_client_release():
    allowed = ("tachograph.pipeline", "tachograph_sdk.client", "tachograph_sdk.privacy")
    assert [
        module.name
        for module in modules()
        if "tachograph_sdk.privacy.release" in module.imports() and not module.is_in(*allowed)
    ] == []


def is_environment(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    )


def handed_on(node: ast.AST) -> list[ast.AST]:
    """`dict(os.environ)` and `{**os.environ}`: a child gets all of it, nobody looks inside."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return list(node.args)
    if isinstance(node, ast.Dict):
        return [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
    return []


def test_only_the_configuration_reads_the_environment():
    found = []
    for module in modules():
        if module.is_in(
            "tachograph.config", "tachograph_sdk.privacy.environment", "tachograph.statusline.surroundings"
        ):
            continue
        passed = {id(part) for node in ast.walk(module.tree) for part in handed_on(node)}
        found += [
            f"{module.name}:{node.lineno}"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute) and is_environment(node) and id(node) not in passed
        ]
    assert found == []
