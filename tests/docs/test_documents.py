"""The written pages say what is there: links, commands, folders, packages."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, committed_files

PAGES = [path for path in committed_files() if path.suffix == ".md" and not path.is_relative_to(ROOT / "tests")]


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        assert place.exists(), f"{target} in {page.name}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{target} in {page.name}"


SNIPPETS = [
    pytest.param(code, id=f"{page.name}-{number}")
    for page in PAGES
    for number, code in enumerate(
        re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
]


@pytest.mark.parametrize("code", SNIPPETS)
def test_python_in_the_documents_runs(code, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TACHOGRAPH_HOME", str(tmp_path / "home"))
    (tmp_path / "snippet.py").write_text(code, "utf-8")
    runpy.run_path(str(tmp_path / "snippet.py"), run_name="__main__")


def dev_commands() -> set[str]:
    listed = subprocess.run([ROOT / "dev"], capture_output=True, text=True, check=True, timeout=20).stdout
    return set(re.findall(r"^\./dev (\w+)", listed, re.MULTILINE))


def test_the_script_lists_its_commands():
    assert dev_commands() == {"up", "run", "test", "fix", "demo", "bench", "docs", "web", "wheel", "lock"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_named_exist(page):
    from tachograph.cli.app import COMMANDS

    page_text = page.read_text("utf-8")
    named = set(re.findall(r"\./dev ([a-z]+)", page_text))
    assert named <= dev_commands()
    named = set(re.findall(r"`tachograph ([a-z]+)", page_text))
    assert named <= {name for name, _ in COMMANDS}


def test_every_command_is_in_the_readme():
    from tachograph.cli.app import COMMANDS

    readme = text("README.md")
    assert [name for name, _ in COMMANDS if f"`tachograph {name}" not in readme] == []


def test_every_command_says_what_it_does_and_shows_an_example():
    from tachograph.cli.app import COMMANDS
    from tachograph.cli.lazy import load_command
    from tools.reference import options_of

    for name, place in COMMANDS:
        command = load_command(place)
        assert f"Example: tachograph {name}" in (command.help or ""), name
        assert all(meaning for _, meaning in options_of(command)), name


def test_every_metric_dimension_and_attribute_has_a_meaning():
    from tachograph.analytics.dimensions import DIMENSIONS
    from tachograph.analytics.metrics import METRICS
    from tachograph_sdk.model.attributes import ATTRIBUTES

    for registry in (METRICS, DIMENSIONS, ATTRIBUTES):
        assert [name for name, entry in registry.items() if not entry.help] == []


def test_an_unknown_command_is_a_mistake_in_the_call():
    done = subprocess.run([ROOT / "dev", "no-such"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert "./dev test" in done.stderr
    assert done.stdout == ""


def test_the_dependency_table_is_the_dependency_list():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    needed = {re.split(r"[^A-Za-z0-9._-]", dependency)[0] for dependency in project["dependencies"]}
    rows = set(re.findall(r"^\| `([a-z0-9._-]+)` \|", text("docs/decisions/dependencies.md"), re.MULTILINE))
    assert rows == needed


def test_every_decision_is_in_the_index():
    index = text("docs/decisions/README.md")
    pages = [path.name for path in PAGES if path.parent == ROOT / "docs/decisions" and path.name != "README.md"]
    assert [name for name in pages if f"]({name})" not in index] == []


def test_the_architecture_names_every_part():
    page = text("ARCHITECTURE.md")
    parts = [
        path.name
        for folder in ("src/tachograph", "sdk/src/tachograph_sdk")
        for path in (ROOT / folder).iterdir()
        if (path.is_dir() and any(path.glob("*.py"))) or (path.suffix == ".py" and not path.name.startswith("__"))
    ]
    assert [name for name in parts if name not in page] == []


def test_the_layers_on_the_page_are_the_layers_that_are_checked():
    contract = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    checked = [line.replace("(", "").replace(")", "") for line in contract["layers"] if "__main__" not in line]
    page = text("ARCHITECTURE.md")
    assert "\n".join(checked) in page


@pytest.mark.parametrize(
    "path",
    [p for p in committed_files() if p.parent == ROOT / "changes" and p.name != "README.md"],
    ids=lambda p: p.name,
)
def test_a_fragment_is_a_sentence_with_a_kind(path):
    assert re.fullmatch(r"[a-z0-9-]+\.(added|changed|fixed|removed|security|privacy)\.md", path.name)
    sentence = path.read_text("utf-8").strip()
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_every_ignored_lint_rule_has_its_reason():
    block = text("pyproject.toml").partition("\nignore = [\n")[2].partition("\n]\n")[0]
    assert block
    assert [line for line in block.splitlines() if "#" not in line] == []
