"""Rules of style.md that a linter does not know."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.tree import ROOT, modules

MOST_LINES = 400  # at 400 look for the seam
NAMES_PEOPLE_KNOW = {"ConsentManager", "AlertManager"}  # from the systems this one replaces


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
def test_a_file_has_one_subject(module):
    lines = module.path.read_text("utf-8").count("\n")
    assert lines <= MOST_LINES, f"{lines} lines: look for the seam"


def test_names_say_what_things_are():
    vague = [
        f"{module.name}.{node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and node.name.endswith(("Manager", "Helper", "Util", "Utils"))
        and node.name not in NAMES_PEOPLE_KNOW
    ]
    vague += [m.name for m in modules() if m.name.rpartition(".")[2] in {"utils", "util", "helpers", "misc", "common"}]
    assert vague == []


def test_a_public_module_says_what_it_offers():
    silent = []
    for module in modules():
        offers = any(
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
            for node in module.tree.body
        )
        declares = any(
            isinstance(node, ast.Assign | ast.AnnAssign)
            and any(
                isinstance(target, ast.Name) and target.id == "__all__"
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            )
            for node in module.tree.body
        )
        if offers and not declares and not module.name.rpartition(".")[2].startswith("_"):
            silent.append(module.name)
    assert silent == []


def test_a_test_is_found():
    """A file in tests/ that pytest does not collect is a promise nobody keeps."""
    lost = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if "\ndef test_" in path.read_text("utf-8") and not path.name.startswith("test_")
    ]
    assert lost == []
