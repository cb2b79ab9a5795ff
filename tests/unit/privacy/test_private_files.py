"""Files of one owner: whole or not there, never readable by others, and safe between processes."""

import multiprocessing
import os
import stat
import subprocess
import sys
import threading

import pytest

from tachograph_sdk.private_files import append_line, create_once, lock_file, remove, replace_file, sweep


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def create(path, start, answers):
    start.wait()
    answers.put(create_once(path, os.urandom(16)))


def test_all_processes_that_make_a_file_at_once_get_the_same(tmp_path):
    context = multiprocessing.get_context("fork")
    start, answers = context.Event(), context.Queue()
    processes = [context.Process(target=create, args=(tmp_path / "id", start, answers)) for _ in range(16)]
    for process in processes:
        process.start()
    start.set()
    seen = {answers.get(timeout=30) for _ in processes}
    for process in processes:
        process.join()
    assert seen == {(tmp_path / "id").read_bytes()}
    assert [path.name for path in tmp_path.iterdir()] == ["id"]


@pytest.mark.parametrize("make", [create_once, replace_file, append_line])
def test_only_the_owner_can_read_it_whatever_the_umask_says(tmp_path, make):
    before = os.umask(0)
    try:
        make(tmp_path / "file", b"private")
    finally:
        os.umask(before)
    assert mode(tmp_path / "file") == 0o600


def append(path, start, word):
    start.wait()
    for _ in range(50):
        append_line(path, word * 400)


def test_lines_of_several_processes_never_mix(tmp_path):
    context = multiprocessing.get_context("fork")
    start = context.Event()
    words = [bytes([65 + number]) for number in range(8)]
    processes = [context.Process(target=append, args=(tmp_path / "lines", start, word)) for word in words]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join()
    lines = (tmp_path / "lines").read_bytes().splitlines()
    assert sorted(lines) == sorted(word * 400 for word in words for _ in range(50))


def test_what_follows_half_a_line_is_a_line_of_its_own(tmp_path):
    """A disk that is full takes half a line; the next one must not be lost with it."""
    append_line(tmp_path / "lines", b"one")
    with (tmp_path / "lines").open("ab") as file:
        file.write(b"hal")
    append_line(tmp_path / "lines", b"two")
    assert (tmp_path / "lines").read_bytes().splitlines() == [b"one", b"hal", b"two"]


def test_threads_that_replace_one_file_at_once_do_not_spoil_each_other(tmp_path):
    contents = [bytes([65 + number]) * 200_000 for number in range(4)]
    failures = []

    def again(content):
        try:
            for _ in range(25):
                replace_file(tmp_path / "file", content)
                if (tmp_path / "file").read_bytes() not in contents:
                    failures.append("mixed")
        except OSError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=again, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_what_a_killed_process_was_writing_is_swept_up_and_what_a_living_one_writes_is_not(tmp_path):
    code = """
import os, sys
from pathlib import Path
from tachograph_sdk import private_files
private_files.os.fsync = lambda _: os.kill(os.getpid(), 9)
private_files.replace_file(Path(sys.argv[1]), b"who is to be erased")
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "plan.json")], check=False)
    (left,) = tmp_path.iterdir()
    assert left.read_bytes() == b"who is to be erased"
    mine = tmp_path / f".plan.json.{os.getpid()}-1"
    others = [tmp_path / ".hidden", tmp_path / ".a.toml", tmp_path / "plan.1-2"]
    for path in (mine, *others):
        path.touch()
    sweep(tmp_path)
    assert not left.exists()
    assert sorted(tmp_path.iterdir()) == sorted((mine, *others))
    sweep(tmp_path / "nowhere")


def test_a_replacement_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    replace_file(tmp_path / "file", b"before")

    def fail(_):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        replace_file(tmp_path / "file", b"after")
    assert (tmp_path / "file").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("write", [replace_file, append_line])
def test_a_link_put_in_the_way_is_not_followed(tmp_path, write):
    target = tmp_path / "elsewhere"
    target.write_bytes(b"mine")
    (tmp_path / "file").symlink_to(target)
    try:
        write(tmp_path / "file", b"other")
    except OSError:
        pass
    assert target.read_bytes() == b"mine"


def test_a_lock_is_held_by_one_and_let_go_of_at_the_end(tmp_path):
    with lock_file(tmp_path / "lock"), pytest.raises(BlockingIOError), lock_file(tmp_path / "lock", wait=False):
        pass
    with lock_file(tmp_path / "lock", wait=False):
        pass


def test_removing_says_whether_there_was_anything(tmp_path):
    (tmp_path / "file").touch()
    assert remove(tmp_path / "file")
    assert not remove(tmp_path / "file")
