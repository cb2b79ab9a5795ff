"""Which commands make a commit or open a pull request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.inputs.agents.kit.shell import commits, opens_pull_request

HEREDOC = """git commit -m "$(cat <<'EOF'
Fix the "quoted" thing, don't run: git push; (unbalanced

Co-Authored-By: x
EOF
)" && git status"""

COMMITS = [
    "git commit -m x",
    "git add -A && git commit -q -m 'Polite greeting' && git log --oneline | head -1",
    "cd x; git commit -am 'a; b'",
    "git -c user.name=x -c user.email=y commit -m z",
    "git -C /tmp/x --no-pager commit --amend --no-edit",
    "GIT_AUTHOR_DATE=now git commit --allow-empty -m x",
    "sudo git commit -m x",
    "/usr/bin/git commit -m x",
    "(git commit -m x)",
    "if true; then git commit -m x; fi",
    "git status\ngit commit -m x\n",
    "git add . \\\n && git commit -m x",
    HEREDOC,
    "cat <<EOF > f\ntext\nEOF\ngit commit -m x",
    "# first\ngit commit -m x",
    "git commit",
    "cat <<<'git' && git commit -m x",
]
NOT_COMMITS = [
    "git status",
    "git commit --dry-run",
    "git commit -h",
    "git help commit",
    "git log --grep commit",
    "echo git commit",
    "echo 'git commit -m x'",
    'echo "then; git commit -m x"',
    "grep -r 'git commit' .",
    "# git commit -m x",
    "ls # && git commit -m x",
    "cat <<EOF\ngit commit -m x\nEOF",
    "cat <<'EOF' > hook.sh\n#!/bin/sh\ngit commit -m x\nEOF",
    "git commit-tree HEAD^{tree}",
    "gitcommit",
    "npm run commit",
    "",
]


@pytest.mark.parametrize("command", COMMITS)
def test_makes_a_commit(command: str) -> None:
    assert commits(command)


@pytest.mark.parametrize("command", NOT_COMMITS)
def test_makes_no_commit(command: str) -> None:
    assert not commits(command)


@pytest.mark.parametrize(
    ("command", "opens"),
    [
        ("gh pr create --fill", True),
        ("git push -u origin x && gh pr create --title 'a' --body \"$(cat <<'EOF'\nb\nEOF\n)\"", True),
        ("GH_TOKEN=x gh pr create", True),
        ("glab mr create --fill", True),
        ("gh pr create --dry-run", False),
        ("gh pr create --web", False),
        ("gh pr view 7", False),
        ("gh issue create", False),
        ("echo gh pr create", False),
        ("echo 'gh pr create'", False),
    ],
)
def test_opens_a_pull_request(command: str, opens: bool) -> None:
    assert opens_pull_request(command) is opens


@given(st.text(alphabet="git comi-m'\"$()`\\<E\nO;&|#x ", max_size=60))
def test_no_command_breaks_it(command: str) -> None:
    commits(command + " commit create")
    opens_pull_request(command + " commit create")


@pytest.mark.parametrize("part", ["$(", '"', "'", "`", "<<E\n", '"$(', "(", "\\"])
def test_hostile_commands_take_linear_time(part: str) -> None:
    """A hundred thousand openings that are never closed: neither the stack nor the time of a test is used up."""
    commits("git commit " + part * 100_000)
