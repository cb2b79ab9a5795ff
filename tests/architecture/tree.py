"""The sources as data: which files there are and what each imports."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Module", "committed_files", "modules"]

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (ROOT / "src", ROOT / "sdk" / "src")


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    def imports(self) -> Iterator[str]:
        """Every module imported, at the top or inside a function; only absolute names exist here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: a relative import"
                assert node.module
                yield node.module

    def is_in(self, *packages: str) -> bool:
        return any(self.name == package or self.name.startswith(package + ".") for package in packages)


PLUGIN = ROOT / "src" / "tachograph" / "plugin"  # scripts that Claude Code starts; to the package they are data


@functools.cache
def modules() -> tuple[Module, ...]:
    found = []
    for root in SOURCES:
        for path in sorted(path for path in root.rglob("*.py") if not path.is_relative_to(PLUGIN)):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            found.append(Module(name, path, ast.parse(path.read_text("utf-8"), str(path))))
    return tuple(found)


@functools.cache
def committed_files() -> tuple[Path, ...]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return tuple(path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file())
