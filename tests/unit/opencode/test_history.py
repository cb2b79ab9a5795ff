"""Where opencode's files are looked for, and what is taken for one."""

from __future__ import annotations

from pathlib import Path

from tachograph.inputs.agents.histories import BY_ID

DATABASE, DOCUMENTS = BY_ID["opencode"], BY_ID["opencode_json"]


def test_the_usual_places(tmp_path: Path) -> None:
    data = tmp_path / ".local" / "share" / "opencode"
    assert DATABASE.roots({}, tmp_path) == [data / "opencode.db"]
    assert DOCUMENTS.roots({}, tmp_path) == [data / "storage" / "message"]
    elsewhere = tmp_path / "x"
    assert DATABASE.roots({"XDG_DATA_HOME": str(elsewhere)}, tmp_path) == [elsewhere / "opencode" / "opencode.db"]
    assert DATABASE.roots({"OPENCODE_DATA_DIR": str(elsewhere)}, tmp_path) == [elsewhere / "opencode.db"]


def test_databases_of_other_channels_and_one_of_ones_own(tmp_path: Path) -> None:
    for name in ("opencode.db", "opencode-dev.db", "opencode.db-wal", "auth.json"):
        (tmp_path / name).touch()
    found = DATABASE.roots({"OPENCODE_DATA_DIR": str(tmp_path), "OPENCODE_DB": "mine.sqlite"}, tmp_path)
    assert found == [tmp_path / "opencode-dev.db", tmp_path / "opencode.db", tmp_path / "mine.sqlite"]
    assert DATABASE.roots({"OPENCODE_DATA_DIR": str(tmp_path), "OPENCODE_DB": ":memory:"}, tmp_path) == found[:2]
    assert DATABASE.companions == ("-wal",)


def test_only_its_histories_are_meant_where_its_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "opencode"
    (folder / "storage" / "message").mkdir(parents=True)
    (folder / "opencode.db").touch()
    (folder / "auth.json").touch()
    assert DATABASE.inside is not None
    assert DATABASE.inside(str(folder)) == [str(folder / "opencode.db"), str(folder / "storage" / "message")]
    assert DATABASE.inside(str(tmp_path)) == []


def test_what_is_one_by_its_first_bytes() -> None:
    assert DATABASE.begins(b"SQLite format 3\x00...")
    assert not DATABASE.begins(b"{}")
    assert DOCUMENTS.begins(b'{\n "id": "msg_1f",\n "sessionID": "ses_e0",\n "role": "user"}')
    assert not DOCUMENTS.begins(b'{"type":"user","sessionId":"1"}')
    assert DOCUMENTS.wanted("msg_1f7b.json")
    assert not DOCUMENTS.wanted("ses_1f7b.json")
