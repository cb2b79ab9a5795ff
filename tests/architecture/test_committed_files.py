"""What is committed works elsewhere and tells nothing about where it was written."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT, committed_files

TEXT = {".py", ".md", ".toml", ".txt", ".in", ".sql", ".json", ".ts", ".svelte", ".html", ".css", ".yml", ".sh", ""}
MOST_BYTES = 2_000_000


def texts() -> list[tuple[str, str]]:
    found = []
    for path in committed_files():
        if path.suffix in TEXT:
            try:
                found.append((str(path.relative_to(ROOT)), path.read_text("utf-8")))
            except UnicodeDecodeError:
                continue
    return found


def test_no_path_of_the_machine_it_was_written_on():
    places = [re.escape(f"/{top}/{name}") for top, name in (("work", "main"), ("work", "shared"), ("work", ".library"))]
    places += [re.escape("/" + "root/.pyenv"), re.escape("/opt/" + "pypi"), r"/tmp/" + r"t/bin"]
    if len(ROOT.parts) > 2:
        places.append(re.escape(str(ROOT)) + r"\b")
    pattern = re.compile("|".join(places))
    assert [name for name, text in texts() if pattern.search(text)] == []


def test_no_host_that_packages_come_from():
    """Nothing that is committed says where to fetch a package: whoever installs decides that."""
    hosts = ((("pypi", "pythonhosted", "npmjs"), "org"), (("npmjs", "yarnpkg"), "com"))
    pattern = re.compile("|".join(rf"{name}\.{end}\b" for names, end in hosts for name in names))
    assert [name for name, text in texts() if pattern.search(text)] == []


def test_lock_files_hold_hashes_and_no_addresses():
    locks = [path for path in committed_files() if path.parent == ROOT / "requirements"]
    assert {path.name for path in locks} >= {"run.txt", "dev.txt", "all.txt", "uv.txt"}
    for path in locks:
        text = path.read_text("utf-8")
        assert "://" not in text, path.name
        if path.suffix == ".txt":
            pins = re.findall(r"^[A-Za-z0-9][^\s]*==", text, re.MULTILINE)
            blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
            assert len(pins) == sum("--hash=sha256:" in block for block in blocks), path.name
    for path in committed_files():
        assert path.name not in {"uv.lock", "poetry.lock", "yarn.lock"}
        if path.name == "package-lock.json":
            assert "://" not in re.sub(r'"(url|funding)": "[^"]*"', "", path.read_text("utf-8")), path


def test_the_smaller_lock_is_part_of_the_larger():
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text("utf-8")
        return set(re.findall(r"^([A-Za-z0-9][^\s;]*==[^\s;]+)", text, re.MULTILINE))

    assert pins("run.txt") < pins("dev.txt") < pins("all.txt")


def test_nothing_is_huge():
    assert [p.name for p in committed_files() if p.stat().st_size > MOST_BYTES] == []


@pytest.mark.parametrize("name", ["dev", ".ci/run"])
def test_scripts_can_be_run(name):
    assert (ROOT / name).stat().st_mode & 0o111


def test_no_leftover_of_an_editor_or_a_merge():
    for name, text in texts():
        assert not re.search(r"^(<{7} |>{7} )", text, re.MULTILINE), name
        assert "\r\n" not in text or name.startswith("tests/golden/"), name
