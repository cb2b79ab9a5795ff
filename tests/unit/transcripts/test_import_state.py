"""The quick check: it may say "nothing new" only when that is so, and it costs next to nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.files.state import check_unchanged_files
from tachograph.inputs.histories.find import Place
from tachograph.inputs.histories.state import ImportCache
from tests.unit.transcripts.making import FOLDER, NAMES, ListStore, joined, make_importer, response


class Home:
    def __init__(self, root: Path) -> None:
        self.projects = root / "projects"
        self.folder = self.projects / FOLDER
        self.folder.mkdir(parents=True)
        self.store_file = root / "store.duckdb"
        self.store_file.write_bytes(b"A" * 5000)
        self.cache = ImportCache(root / "imports.cache", self.store_file)
        self.cache_file = root / "imports.cache"
        self.path = self.folder / "s.jsonl"
        self.path.write_bytes(joined(response(1)) + response(2)[:50])
        self.store = ListStore()

    def run(self) -> None:
        make_importer(self.store, self.projects, cache=self.cache).run()

    def unchanged(self) -> bool:
        answer = check_unchanged_files(
            (), cache=self.cache, name_file=NAMES.file, places=[Place(BY_ID["claude_code"], self.projects)]
        )
        if answer is None:
            return False
        report = answer.histories
        assert (report.read, report.records, report.new) == (0, 0, 0)
        return True


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_before_and_after_an_import(home: Home) -> None:
    assert not home.unchanged()
    home.run()
    assert home.unchanged()
    home.run()
    assert home.unchanged()


def test_anything_new_is_noticed(home: Home) -> None:
    home.run()
    with home.path.open("ab") as file:
        file.write(b"x")
    assert not home.unchanged()
    home.run()
    assert home.unchanged()
    (home.folder / "t.jsonl").write_bytes(b"")
    assert not home.unchanged()
    home.run()
    os.utime(home.path, ns=(7, 7))
    assert not home.unchanged()
    home.run()
    data = home.path.read_bytes()
    home.path.rename(home.folder / "old")
    home.path.write_bytes(data)
    os.utime(home.path, ns=(7, 7))
    assert not home.unchanged()  # the same in all but the inode


def test_a_file_that_is_gone_is_nothing_new(home: Home) -> None:
    home.run()
    home.path.unlink()
    assert home.unchanged()


def test_another_store_knows_nothing(home: Home) -> None:
    home.run()
    home.store_file.write_bytes(b"B" * 5000)  # the same name, perhaps the same inode, another database
    assert not home.unchanged()
    home.store_file.unlink()
    assert not home.unchanged()


def test_a_copy_put_back_from_a_backup_may_know_less(home: Home) -> None:
    backup = home.store_file.with_name("backup")
    backup.write_bytes(home.store_file.read_bytes())
    home.run()
    os.replace(backup, home.store_file)
    assert not home.unchanged()


def test_a_store_that_grew_is_the_same_store(home: Home) -> None:
    home.run()
    with home.store_file.open("ab") as file:
        file.write(b"more")
    assert home.unchanged()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"version":1}', b'{"version":1,"store":"x","files":[1]}', b"\xff"]
)
def test_a_damaged_memory_is_no_memory(home: Home, damage: bytes) -> None:
    home.run()
    home.cache_file.write_bytes(damage)
    assert not home.unchanged()
    home.run()
    assert home.unchanged()


def test_it_is_private_and_names_no_path(home: Home) -> None:
    home.run()
    assert stat.S_IMODE(home.cache_file.stat().st_mode) == 0o600
    text = home.cache_file.read_text()
    assert "s.jsonl" not in text
    assert "dev" not in text
    assert [p.name for p in home.cache_file.parent.glob(".imports-*")] == []


def test_a_store_without_a_file_has_no_quick_check(tmp_path: Path) -> None:
    cache = ImportCache(tmp_path / "imports.cache", None)
    cache.save({"f_x": (1, 2, 3)})
    assert cache.load() is None


def test_a_real_databases_header_tells_two_apart(tmp_path: Path) -> None:
    import duckdb

    identities = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table t as select 1 as x")
        cache = ImportCache(tmp_path / name, path)
        cache.save({"f_x": (1, 2, 3)})
        with duckdb.connect(str(path)) as connection:
            connection.execute("insert into t select range from range(100000)")
            connection.execute("checkpoint")
        assert cache.load() == {"f_x": (1, 2, 3)}
        identities.append((tmp_path / name).read_text())
    assert identities[0] != identities[1]


def test_it_loads_neither_the_database_nor_the_parser() -> None:
    program = "import sys, tachograph.inputs.files.state, tachograph.inputs.files; print(*sorted(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert not {"duckdb", "msgspec", "nanoarrow", "pydantic", "google"} & set(done.stdout.split())


def test_looking_at_the_stores_file_leaves_its_lock_alone(tmp_path: Path):
    """On POSIX a process loses all its locks on a file when it closes any descriptor of it."""
    from tachograph.store.duckdb import DuckDBStore

    path = tmp_path / "store.duckdb"
    store = DuckDBStore(path)
    cache = ImportCache(tmp_path / "imports.cache", path)
    cache.save({"f_1": (1, 2, 3)})
    assert cache.load() == {"f_1": (1, 2, 3)}
    code = (
        "import sys\nfrom tachograph.store.duckdb import DuckDBStore\n"
        "try: DuckDBStore(sys.argv[1]).close()\nexcept Exception as error: print(type(error).__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "StoreBusy"
    store.compact()
    assert cache.load() is None, "another file: what is known of it has to be asked"
    store.close()
