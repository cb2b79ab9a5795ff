"""The plugin's marketplace: one truth in two places, and nothing in it that an older Claude Code chokes on."""

from __future__ import annotations

import ast
import json
import re
import sys

from tests.architecture.tree import ROOT, committed_files

PACKAGED = ROOT / "src" / "tachograph" / "plugin"
METRICS = PACKAGED / "metrics"
KNOWN_TO_ALL = {  # events of Claude Code 1.0.128; one that an older one does not know disables all hooks of a plugin
    "PreToolUse", "PostToolUse", "Notification", "UserPromptSubmit", "SessionStart", "SessionEnd", "Stop", "SubagentStop",
    "PreCompact",
}  # fmt: skip


def load(path):
    return json.loads(path.read_text())


def test_the_checkout_and_the_package_are_the_same_marketplace():
    root, packaged = (
        load(ROOT / ".claude-plugin" / "marketplace.json"),
        load(PACKAGED / ".claude-plugin/marketplace.json"),
    )
    for marketplace, folder in ((root, ROOT), (packaged, PACKAGED)):
        for plugin in marketplace["plugins"]:
            assert plugin["source"].startswith("./")
            assert (folder / plugin.pop("source")).resolve() == METRICS
    assert root == packaged


def test_the_plugin_has_the_version_and_the_words_of_the_package():
    manifest, (entry,) = (
        load(METRICS / ".claude-plugin/plugin.json"),
        load(ROOT / ".claude-plugin/marketplace.json")["plugins"],
    )
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    assert manifest["version"] == version[1]
    assert manifest["name"] == entry["name"] == "metrics"
    assert manifest["description"] == entry["description"]


def test_hooks_name_only_what_every_version_knows_and_match_by_a_string():
    hooks = load(METRICS / "hooks/hooks.json")["hooks"]
    assert set(hooks) == {"SessionStart", "UserPromptSubmit", "PreToolUse", "SessionEnd"}
    assert set(hooks) <= KNOWN_TO_ALL
    for event, groups in hooks.items():
        for group in groups:
            assert group.get("matcher") == ("Skill" if event == "PreToolUse" else None)
            for hook in group["hooks"]:
                assert hook["type"] == "command"
                variables = re.findall(r"\$\{?CLAUDE\w*\}?", hook["command"])
                assert variables == ["${CLAUDE_PLUGIN_ROOT}"]  # which the installation into Claude Code 1 replaces
                assert '"${CLAUDE_PLUGIN_ROOT}"' in hook["command"]


def test_nothing_of_the_plugin_is_a_package():
    files = [path for path in committed_files() if path.is_relative_to(PACKAGED)]
    assert not [path for path in files if path.name == "__init__.py"]
    assert {path.suffix for path in files} <= {"", ".json", ".py", ".md", ".sh"}


def test_its_scripts_are_python_3_8_and_import_the_standard_library_and_each_other_only():
    scripts = sorted((METRICS / "scripts").glob("*.py"))
    known = sys.stdlib_module_names | {path.stem for path in scripts}
    for path in scripts:
        text = path.read_text()
        assert text.count("\n") <= 400, f"{path}: look for the seam"
        tree = ast.parse(text, str(path), feature_version=(3, 8))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= known, path
