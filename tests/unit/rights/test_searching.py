"""The byte search finds what it must find, in every way of writing, and says where without saying what."""

from __future__ import annotations

import base64
import os
import uuid
from pathlib import Path

import pytest

from tachograph.server.rights.searching import Search, search, search_apart

NAME = "jane.doe@example.org"
WRITTEN = {
    "utf-8": NAME.encode(),
    "upper case": NAME.upper().encode(),
    "utf-16 le": NAME.encode("utf-16-le"),
    "utf-16 be": NAME.encode("utf-16-be"),
    "hex": NAME.encode().hex().encode(),
    "HEX": NAME.encode().hex().upper().encode(),
    "base64 0": base64.b64encode(NAME.encode() + b"?"),
    "base64 1": base64.b64encode(b"x" + NAME.encode() + b"yz"),
    "base64 2": base64.b64encode(b"xy" + NAME.encode() + b"z"),
    "base64 url": base64.urlsafe_b64encode(b"xy" + NAME.encode() + b"z"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_a_text_is_found_however_it_is_written(how: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(os.urandom(3000) + WRITTEN[how] + os.urandom(3000))
    (tmp_path / "other").write_bytes(os.urandom(3000))
    found = search(tmp_path, Search(texts=[NAME])).found
    assert [file for file, _ in found] == ["deep/file"]
    assert "jane" not in repr(found)


@pytest.mark.parametrize("pseudonym", ["u_0123456789abcdef", "s_fedcba9876543210"])
@pytest.mark.parametrize("encode", [str.encode, lambda t: t.encode("utf-16-le"), lambda t: t.encode("utf-16-be"),
                                    lambda t: t.encode().hex().encode()])  # fmt: skip
def test_one_of_many_pseudonyms_is_found(pseudonym: str, encode, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"..." + encode(pseudonym) + b"...")
    many = [f"s_{n:016x}" for n in range(500)]
    assert search(tmp_path, Search(texts=[], pseudonyms=[*many, pseudonym])).found
    assert not search(tmp_path, Search(texts=[], pseudonyms=many)).found


def test_an_event_id_is_found_as_text_and_as_a_database_keeps_it(tmp_path: Path) -> None:
    one = uuid.uuid4()
    turned = (one.int ^ (1 << 127)).to_bytes(16, "little")
    for written in (one.bytes, turned, one.hex.encode(), str(one).encode()):
        (tmp_path / "file").write_bytes(b"." * 10 + written)
        assert search(tmp_path, Search(texts=[], event_ids=[one.hex])).found
    (tmp_path / "file").write_bytes(uuid.uuid4().bytes)
    assert not search(tmp_path, Search(texts=[], event_ids=[one.hex])).found


def test_a_text_across_two_pieces_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"." * (4 * 1024 * 1024 - 5) + NAME.encode())
    assert search(tmp_path, Search(texts=[NAME])).found == [("file", "utf-8")]


def test_what_is_skipped_too_short_or_a_link_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(NAME.encode())
    (tmp_path / "link").symlink_to(tmp_path / "plan")
    told = search(tmp_path, Search(texts=[NAME, "ab"], skip=["plan"]))
    assert (told.files, told.found) == (0, [])


def test_what_a_link_leads_to_on_another_disk_is_looked_at(tmp_path: Path) -> None:
    home, disk = tmp_path / "home", tmp_path / "disk"
    home.mkdir()
    (disk / "deep").mkdir(parents=True)
    (disk / "store").write_text("of jane.doe@example.org")
    (disk / "deep" / "segment").write_text("of jane.doe@example.org")
    (home / "store").symlink_to(disk / "store")
    (home / "journal").symlink_to(disk / "deep")
    (home / "up").symlink_to(tmp_path)
    (home / "itself").symlink_to(home)
    (home / "nowhere").symlink_to(tmp_path / "gone")
    told = search(home, Search(texts=["jane.doe@example.org"]))
    assert [name for name, _ in told.found] == ["store", "journal/segment"]


def test_a_file_that_cannot_be_read_counts_as_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"nothing")
    (tmp_path / "file").chmod(0)
    if os.access(tmp_path / "file", os.R_OK):
        pytest.skip("this user may read everything")
    assert search(tmp_path, Search(texts=[NAME])).found == [("file", "cannot be read")]


def test_the_search_in_a_process_of_its_own_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(NAME.encode())
    what = Search(texts=[NAME], pseudonyms=["u_0123456789abcdef"], event_ids=["00" * 16])
    assert search_apart(tmp_path, what) == search(tmp_path, what)
