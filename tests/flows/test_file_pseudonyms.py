"""The file a tool worked on, through the whole program: a pseudonym that joins what two sources say, and nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tachograph.home import Home
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret
from tests.flows.harness import command

SESSION = "1a2b3c4d-1111-4222-8333-444455556666"
# Secrets in a folder, in a name, in a path that is relative, in one that is cut, in one that is none.
SECRETS = ("Lovelace77", "AKIAIOSFODNN7EXAMPLE", "jane.doe@example.org", "4111111111111111", "hunter2hunter2")
FOLDER = "/home/Lovelace77/app"
PATHS = {
    "Read": f"{FOLDER}/AKIAIOSFODNN7EXAMPLE.py",
    "Edit": "src/../AKIAIOSFODNN7EXAMPLE.py",
    "Write": "/home/Lovelace77/4111111111111111/jane.doe@example.org.txt",
    "NotebookEdit": "C:\\Users\\Lovelace77\\hunter2hunter2.ipynb",
    "MultiEdit": "~hunter2hunter2/x.py",
}


def transcript(folder: Path) -> Path:
    """A call of each tool with its result, as Claude Code writes them."""
    common = {"sessionId": SESSION, "cwd": FOLDER, "version": "2.1.328"}
    lines: list[dict[str, Any]] = []
    for number, (tool, path) in enumerate(PATHS.items(), 1):
        at = f"2026-11-20T13:00:{number:02d}.000Z"
        given = {"notebook_path" if tool == "NotebookEdit" else "file_path": path, "new_string": "hunter2hunter2"}
        use = {"type": "tool_use", "id": f"toolu_{number}", "name": tool, "input": given}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": path}
        told = {"structuredPatch": [{"lines": ["+hunter2hunter2"]}]} if tool != "Read" else {}
        lines.append(
            common
            | {"type": "assistant", "uuid": f"a{number}", "timestamp": at}
            | {
                "message": {
                    "id": f"msg_{number}",
                    "model": "claude-opus-5-5",
                    "content": [use],
                    "usage": {"output_tokens": 1},
                }
            }
        )
        lines.append(
            common
            | {"type": "user", "uuid": f"u{number}", "timestamp": at, "message": {"content": [result]}}
            | {"toolUseResult": told}
        )
    folder.mkdir(parents=True)
    file = folder / f"{SESSION}.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.fixture(params=["pseudonym", "clear"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A home with the transcript imported; also one whose owner sees people and folders under clear names."""
    at = tmp_path / "home"
    at.mkdir(mode=0o700)
    if request.param == "clear":
        command("privacy", "identity", "clear", home=at)
    command("import", str(transcript(tmp_path / "projects" / "-home-Lovelace77-app")), home=at)
    return at


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        return store.execute(sql).fetchall()


def everything(home: Path) -> str:
    """Every row of every table, and every other file."""
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        names = [name for (name,) in store.execute("select table_name from duckdb_tables()").fetchall()]
        found = [json.dumps(store.execute(f'select * from "{name}"').fetchall(), default=str) for name in names]
    found += [p.read_bytes().decode("latin-1") for p in home.rglob("*") if p.is_file()]
    return "\n".join(found)


def test_no_path_or_name_of_a_file_is_stored_and_two_spellings_are_one_file(home: Path) -> None:
    names = Pseudonymizer(load_or_create_secret(Home(home).secret))
    one = names.file(f"{FOLDER}/AKIAIOSFODNN7EXAMPLE.py")
    told = dict(
        rows(home, "select tool_name, attributes ->> 'file' from events where kind = 'tool.call' order by occurred_at")
    )
    assert told == {
        "Read": one,
        "Edit": one,
        "Write": names.file(PATHS["Write"]),
        "NotebookEdit": names.file("c:/Users/Lovelace77/hunter2hunter2.ipynb"),
        "MultiEdit": None,  # of whose home it is nobody says
    }
    stored = everything(home).lower()
    clear = json.loads(command("privacy", "identity", "--json", home=home).stdout)["identity"] == "clear"
    for secret in SECRETS:
        if clear and secret == "Lovelace77":  # the folder's own name is what its owner chose to see
            assert stored.count(FOLDER.lower()) > 0
            stored = stored.replace(FOLDER.lower(), "")
        assert secret.lower() not in stored, secret


def test_a_copy_of_ones_data_has_the_pseudonyms_and_an_erasure_leaves_none(home: Path, tmp_path: Path) -> None:
    file = Pseudonymizer(load_or_create_secret(Home(home).secret)).file(PATHS["Write"])
    out = tmp_path / "mine.zip"
    command("privacy", "export", "--session", SESSION, "--to", str(out), home=home)
    with zipfile.ZipFile(out) as copy:
        assert any(file.encode() in copy.read(name) for name in copy.namelist())
    assert file in everything(home)
    command("privacy", "erase", "--session", SESSION, "--yes", home=home)
    assert file not in everything(home)
    assert rows(home, "select count(*) from events") == [(0,)]


def test_under_strict_no_file_is_kept(tmp_path: Path) -> None:
    at = tmp_path / "home"
    at.mkdir(mode=0o700)
    (at / "tachograph.toml").write_text('[privacy]\npreset = "strict"\n')
    command("import", str(transcript(tmp_path / "projects" / "-home-Lovelace77-app")), home=at)
    assert rows(at, "select count(*) from events where kind = 'tool.call'") == [(5,)]
    assert rows(at, "select count(*) from events where attributes ->> 'file' is not null") == [(0,)]
