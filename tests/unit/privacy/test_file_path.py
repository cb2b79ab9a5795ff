"""One file has one spelling, whoever names it; what names no file has none."""

from __future__ import annotations

import pytest

from tachograph_sdk.privacy.file_path import file_path
from tachograph_sdk.privacy.pseudonym import Pseudonymizer

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("path", "folder", "made"),
    [
        ("/home/dev/app/a.py", None, "/home/dev/app/a.py"),
        ("a.py", "/home/dev/app", "/home/dev/app/a.py"),
        ("./a.py", "/home/dev/app/", "/home/dev/app/a.py"),
        ("../app/./b/../a.py", "/home/dev/app", "/home/dev/app/a.py"),
        ("//home//dev/app/a.py", None, "/home/dev/app/a.py"),
        ("/../../a.py", None, "/a.py"),
        ("C:\\Users\\dev\\a.py", None, "c:/Users/dev/a.py"),
        ("c:/Users/dev/./a.py", None, "c:/Users/dev/a.py"),
        ("src\\a.py", "C:\\Users\\dev", "c:/Users/dev/src/a.py"),
        ("\\\\?\\C:\\Users\\dev\\a.py", None, "c:/Users/dev/a.py"),
        ("\\\\server\\share\\a.py", None, "//server/share/a.py"),
        ("\\\\?\\UNC\\server\\share\\a.py", None, "//server/share/a.py"),
        ("/home/dev/we\\ird.py", None, "/home/dev/we\\ird.py"),  # here a backslash is a part of the name
        ("/home/dev/cafe\u0301.py", None, "/home/dev/caf\u00e9.py"),
    ],
)
def test_one_file_has_one_spelling(path: str, folder: str | None, made: str) -> None:
    assert file_path(path, folder) == made
    if not made.startswith("//"):  # a share has its own spelling only in the way Windows writes it
        assert file_path(made) == made


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (None, "/x"), ("", "/x"), (5, "/x"), (["/a"], "/x"),
        ("a.py", None), ("a.py", ""), ("a.py", "home"), ("a.py", 5), ("~/a.py", "/x"), ("~dev/a.py", "/x"),
        ("/home/dev/", None), ("/home/dev/.", None), ("/home/dev/..", None), ("/", None), ("src/", "/x"),
        ("/a\0b", None), ("/a\nb", None), ("/" + "a" * 5000, None),
    ],
)  # fmt: skip
def test_what_names_no_file_is_none(path: object, folder: object) -> None:
    assert file_path(path, folder) is None


def test_a_long_path_is_spelled_as_a_short_one_is() -> None:
    """They are not remembered; what they become is the same."""
    long = "/" + "/".join(["a" * 50] * 20)
    assert file_path(long + "/./b") == long + "/b"


def test_who_looks_for_a_file_finds_its_pseudonym_however_it_is_spelled() -> None:
    pseudonyms = Pseudonymizer(SECRET)
    stored = pseudonyms.file("/home/dev/app/a.py")
    assert stored.startswith("f_")
    assert pseudonyms.name("file", "/home/dev//app/x/../a.py") == stored
    assert pseudonyms.name("file", stored) == stored
    assert pseudonyms.name("file", "a.py") != stored


def test_a_path_is_never_kept_in_clear() -> None:
    pseudonyms = Pseudonymizer(SECRET, keeps_clear=True)
    pseudonyms.file("/home/dev/app/a.py")
    pseudonyms.project("/home/dev/app")
    assert list(pseudonyms.take_clear().values()) == ["/home/dev/app"]
