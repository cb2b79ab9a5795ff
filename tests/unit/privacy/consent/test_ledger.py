"""Every decision is on record, and whatever happened to the record shows."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tachograph_sdk import private_files
from tachograph_sdk.errors import ConsentError
from tachograph_sdk.model.consent import Decision, How
from tachograph_sdk.privacy.consent.entry import Entry, NewerFormat, Subject, Wrong, read_entry
from tachograph_sdk.privacy.consent.ledger import YOUNG_NS, Ledger
from tachograph_sdk.privacy.consent.reading import marks_of
from tests.unit.privacy.consent.people import ERRORS, PERFORMANCE, USAGE, Person, consent_in, files_under


def some_entry(n: int = 0) -> Entry:
    subject = Subject(purpose="usage_analytics", text_version=1, text_sha256="a" * 64)
    return Entry(n=n, at_us=5, who="u_1", how=How.CODE, decision=Decision.GRANT, subjects=(subject,), policy_version=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "consent")
    for _ in range(4):
        made.decide(lambda _: some_entry())
    return made


def lines_of(ledger: Ledger) -> list[bytes]:
    return ledger.path.read_bytes().splitlines(keepends=True)


def test_an_entry_says_who_when_how_what_and_under_which_text(home: Path):
    at = consent_in(home)
    at.grant([USAGE, ERRORS], how=How.COMMAND, who="Jane Doe")
    told = json.loads((home / "consent/ledger.jsonl").read_text())
    assert (told["n"], told["how"], told["decision"], told["policy_version"]) == (1, "command", "grant", 1)
    assert 0 < told["at_us"] - 1_795_000_000_000_000 < 10_000_000
    assert [s["purpose"] for s in told["purposes"]] == ["usage_analytics", "error_reporting"]
    shown = at.terms.texts[USAGE].shown().encode()
    assert told["purposes"][0]["text_sha256"] == hashlib.sha256(shown).hexdigest()
    assert told["who"].startswith("c_")
    assert "Jane" not in (home / "consent/ledger.jsonl").read_text()


def test_anybody_can_check_the_chain_without_this_program(ledger: Ledger):
    before = "0" * 64
    for line in ledger.path.read_text().splitlines():
        told = json.loads(line)
        stated = told.pop("hash")
        assert told["previous"] == before
        before = hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        assert stated == before
    assert json.loads(ledger.anchor.read_text()) == {"count": 4, "head": before}


def test_files_are_the_owners_alone(ledger: Ledger):
    old = os.umask(0)
    try:
        ledger.decide(lambda _: some_entry())
    finally:
        os.umask(old)
    for path in (ledger.path, ledger.anchor, ledger.lock):
        assert path.stat().st_mode & 0o777 == 0o600, path.name
    assert ledger.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_closed_by_the_next_decision(ledger: Ledger):
    ledger.path.chmod(0o644)
    assert ledger.read().damage is None
    ledger.decide(lambda _: some_entry())
    assert ledger.path.stat().st_mode & 0o777 == 0o600


def swap(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], *lines[2:]]


def flip(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"grant"', b'"deny"'), *lines[2:]]


def forge(lines: list[bytes]) -> list[bytes]:
    """An entry changed and hashed anew, by somebody who did not go on to those after it."""
    told = json.loads(lines[1])
    told["policy_version"] = 9
    del told["hash"]
    told["hash"] = hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return [lines[0], json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n", *lines[2:]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (swap, 1),
        (flip, 2),
        (forge, 3),
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], 3),
        (lambda lines: lines[1:], 1),
        (lambda lines: lines[:3], 4),
        (lambda lines: [], 1),
        (lambda lines: [*lines[:3], lines[3][:-9]], 4),
        (lambda lines: [*lines, b"{}\n"], 5),
        (lambda lines: [*lines, b"\n"], 5),
        (lambda lines: [lines[0].replace(b'":', b'": '), *lines[1:]], 1),
        (lambda lines: [lines[0].replace(b'{"at_us":5', b'{"at_us":5,"at_us":5', 1), *lines[1:]], 1),
        (lambda lines: [b"\x00" * len(lines[0]) + b"\n", *lines[1:]], 1),
        (lambda lines: [b"[" * 100_000 + b"\n", *lines[1:]], 1),
    ],
)
def test_each_change_shows_and_the_first_bad_line_is_named(ledger: Ledger, change, line: int):
    ledger.path.write_bytes(b"".join(change(lines_of(ledger))))
    reading = ledger.read()
    assert reading.damage is not None
    assert reading.valid == ()
    assert reading.damage.line == line
    assert reading.damage.hint


def test_each_single_byte_counts(ledger: Ledger):
    data = ledger.path.read_bytes()
    for at in range(0, len(data), 7):
        ledger.path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert ledger.read().damage is not None, at
    ledger.path.write_bytes(data)
    assert ledger.read().damage is None


def test_a_last_entry_that_was_rewritten_does_not_fit_the_anchor(ledger: Ledger):
    lines = lines_of(ledger)
    last = json.loads(lines[3])
    forged = Entry(
        n=4,
        at_us=6,
        who="u_1",
        how=How.CODE,
        decision=Decision.GRANT,
        subjects=some_entry().subjects,
        policy_version=1,
        previous=last["previous"],
    )
    ledger.path.write_bytes(b"".join(lines[:3]) + forged.line() + b"\n")
    damage = ledger.read().damage
    assert damage is not None
    assert damage.line == 4


@pytest.mark.parametrize(
    "content", [None, b"", b"{}", b"[]", b'{"count": -1, "head": ""}', b'{"count": true, "head": ""}']
)
def test_an_anchor_that_is_gone_or_nonsense_is_damage(ledger: Ledger, content: bytes | None):
    ledger.anchor.unlink() if content is None else ledger.anchor.write_bytes(content)
    assert ledger.read().damage is not None


def test_a_ledger_of_one_entry_needs_its_anchor_too(tmp_path: Path):
    ledger = Ledger(tmp_path / "consent")
    ledger.decide(lambda _: some_entry())
    ledger.anchor.unlink()
    assert ledger.read().damage is not None


def test_an_anchor_that_could_not_be_written_is_moved_on_before_the_next_entry(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
):
    """Twice in a row, so that it would be behind by two if nobody saw to it."""
    place = "tachograph_sdk.privacy.consent.ledger"
    write, replace = private_files.append_line, private_files.replace_file
    full = [False]

    def append_line(path: Path, line: bytes) -> None:
        write(path, line)
        full[0] = True

    def replace_file(path: Path, data: bytes) -> None:
        if full[0]:
            raise OSError(28, "No space left on device")
        replace(path, data)

    monkeypatch.setattr(f"{place}.append_line", append_line)
    monkeypatch.setattr(f"{place}.replace_file", replace_file)
    for entries in (5, 6):
        full[0] = False
        ledger.decide(lambda _: some_entry())
        reading = ledger.read()
        assert (reading.damage, len(reading.valid), reading.anchored) == (None, entries, entries - 1)


def test_a_ledger_that_is_gone_while_its_anchor_is_there_is_damage(ledger: Ledger):
    ledger.path.unlink()
    damage = ledger.read().damage
    assert damage is not None
    assert "0 of 4" in damage.problem


def test_an_anchor_one_behind_is_the_trace_of_a_crash_and_two_behind_are_not(ledger: Ledger):
    lines = lines_of(ledger)
    for known, good in ((3, True), (2, False)):
        ledger.anchor.write_text(json.dumps({"count": known, "head": json.loads(lines[known - 1])["hash"]}))
        assert (ledger.read().damage is None) is good
    ledger.anchor.write_text(json.dumps({"count": 3, "head": json.loads(lines[2])["hash"]}))
    ledger.decide(lambda _: some_entry())
    assert ledger.read().damage is None
    assert json.loads(ledger.anchor.read_text())["count"] == 5


@pytest.mark.skipif(os.name != "posix", reason="modes")
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_can_write_is_not_believed(ledger: Ledger, mode: int):
    for path in (ledger.path, ledger.anchor):
        path.chmod(mode)
        damage = ledger.read().damage
        assert damage is not None
        assert path.name in damage.problem
        path.chmod(0o600)
    ledger.folder.chmod(mode | 0o111)
    damage = ledger.read().damage
    assert damage is not None
    assert not damage.can_be_set_aside


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_ledger_of_another_user_is_not_believed_and_not_touched(ledger: Ledger):
    os.chown(ledger.path, 65534, -1)
    assert "another user" in getattr(ledger.read().damage, "problem", "")
    os.chown(ledger.folder, 65534, -1)
    with pytest.raises(ConsentError):
        ledger.decide(lambda _: some_entry())
    assert files_under(ledger.folder) == ["anchor.json", "ledger.jsonl", "ledger.lock"]


def test_neither_a_link_nor_a_pipe_nor_a_folder_is_a_ledger(ledger: Ledger, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    ledger.path.rename(elsewhere)
    ledger.path.symlink_to(elsewhere)
    assert ledger.read().damage is not None
    ledger.path.unlink()
    os.mkfifo(ledger.path)
    assert ledger.read().damage is not None
    ledger.path.unlink()
    ledger.path.mkdir()
    assert ledger.read().damage is not None


def test_what_is_damaged_is_kept_under_another_name_and_a_new_ledger_follows_from_it(ledger: Ledger):
    broken = ledger.path.read_bytes()[:-20]
    ledger.path.write_bytes(broken)
    ledger.decide(lambda entries: some_entry() if entries == () else None)
    assert [entry.n for entry in ledger.read().valid] == [1]
    aside = [path for path in ledger.folder.iterdir() if ".broken-" in path.name]
    assert sorted(path.suffix for path in aside) == [".json", ".jsonl"]
    kept = next(path for path in aside if path.suffix == ".jsonl")
    assert kept.read_bytes() == broken
    assert ledger.read().valid[0].previous == hashlib.sha256(broken).hexdigest()


def test_a_later_version_of_the_program_is_not_overruled_by_an_older_one(ledger: Ledger):
    with ledger.path.open("ab") as file:
        file.write(b'{"v":2,"something":"new"}\n')
    damage = ledger.read().damage
    assert damage is not None
    assert "update" in damage.hint
    with pytest.raises(ConsentError):
        ledger.decide(lambda _: some_entry())
    with pytest.raises(NewerFormat):
        read_entry(b'{"v":2}')


@pytest.mark.parametrize("line", [b"", b"1", b"null", b"{}", b"\xff", b"[]", b'{"v":1}', some_entry(1).line()[:-1]])
def test_what_is_no_entry_says_so(line: bytes):
    with pytest.raises(Wrong):
        read_entry(line)


def test_a_decision_that_could_not_be_read_again_is_not_written(ledger: Ledger):
    before = ledger.path.read_bytes()
    bad = Entry(n=0, at_us=-1, who=None, how=How.CODE, decision=Decision.DENY, subjects=(), policy_version=1)
    with pytest.raises(ConsentError):
        ledger.decide(lambda _: bad)
    assert ledger.path.read_bytes() == before


def test_half_a_line_is_taken_back_when_the_disk_is_full(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    before = ledger.path.read_bytes()
    real = os.write

    def write_half(descriptor: int, data: bytes) -> int:
        return real(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", write_half)
        with pytest.raises(ConsentError):
            ledger.decide(lambda _: some_entry())
    assert ledger.path.read_bytes() == before
    assert ledger.read().damage is None


def test_looking_again_costs_no_reading_and_a_change_is_seen(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.YOUNG_NS", 0)
    first = ledger.read()
    opened: list[object] = []
    real = os.open

    def counted(*args, **named):
        opened.append(args[0])
        return real(*args, **named)

    monkeypatch.setattr(os, "open", counted)
    assert all(ledger.read() is first for _ in range(100))
    assert opened == []
    Ledger(ledger.folder).decide(lambda _: some_entry())
    assert len(ledger.read().valid) == 5


def test_a_change_in_the_same_tick_of_the_clock_is_seen(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """On a file system whose times are no finer than a tenth of a second."""

    def coarse(*paths: Path) -> tuple[object, ...]:
        marks = marks_of(*paths)
        return tuple((*m[:4], m[4] // 10**8 * 10**8, m[5] // 10**8 * 10**8) if len(m) == 6 else m for m in marks)  # type: ignore[arg-type,index]

    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.marks_of", coarse)
    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.YOUNG_NS", 2 * YOUNG_NS)
    for _ in range(30):
        data = ledger.path.read_bytes()
        assert ledger.read().damage is None
        ledger.path.write_bytes(data[:20] + b"X" + data[21:])
        assert ledger.read().damage is not None
        ledger.path.write_bytes(data)


WRITER = """
import sys
from pathlib import Path
from tachograph_sdk.model.consent import ConsentPurpose, How
from tachograph_sdk.privacy.consent import Consent
at = Consent(Path(sys.argv[1]), environ={})
purpose = ConsentPurpose(sys.argv[2])
for turn in range(int(sys.argv[3])):
    at.grant([purpose], how=How.CODE).raise_problem()
    at.withdraw([purpose], how=How.CODE).raise_problem()
"""


def start(home: Path, purpose: str, turns: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(home), purpose, str(turns)], stderr=subprocess.PIPE)


def test_two_processes_write_at_once_and_nothing_is_lost_or_mixed(home: Path):
    running = [start(home, purpose, 40) for purpose in ("usage_analytics", "error_reporting")]
    watcher = consent_in(home)
    while any(process.poll() is None for process in running):
        assert watcher.verify() is None
    assert [process.communicate()[1] for process in running] == [b"", b""]
    entries = watcher.history()
    assert len(entries) == 160
    for purpose in ("usage_analytics", "error_reporting"):
        said = [entry.decision for entry in entries if entry.subjects[0].purpose == purpose]
        assert said == [Decision.GRANT, Decision.WITHDRAW] * 40


def test_fifty_at_once(home: Path):
    """Threads with a ledger each: the lock is of the open file, so that they are as good as processes."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(50)

    def run(number: int) -> None:
        try:
            ledger = Ledger(home / "consent")
            barrier.wait()
            ledger.decide(lambda _: some_entry(number))
            assert ledger.read().damage is None
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    reading = Ledger(home / "consent").read()
    assert reading.damage is None
    assert [entry.n for entry in reading.valid] == list(range(1, 51))


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_in_the_middle_the_ledger_is_whole(home: Path):
    for turn in range(6):
        process = start(home, "usage_analytics", 10_000)
        before = len(consent_in(home).history())
        while len(consent_in(home).history()) < before + 2 + turn and process.poll() is None:
            pass
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert consent_in(home).verify() is None
    assert len(consent_in(home).history()) > 20


def test_who_waits_too_long_for_another_process_is_told(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    import fcntl

    monkeypatch.setattr("tachograph_sdk.privacy.consent.ledger.LOCK_S", 0.02)
    with ledger.lock.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConsentError, match="locked"):
            ledger.decide(lambda _: some_entry())
    ledger.decide(lambda _: some_entry())


def test_an_answer_that_changes_nothing_writes_nothing(home: Path):
    at = consent_in(home, person=Person())
    assert at.withdraw(how=How.CODE).recorded
    assert files_under(home) == []
    at.grant([USAGE, PERFORMANCE], how=How.CODE)
    for _ in range(5):
        assert at.grant([USAGE], how=How.CODE).granted == {USAGE}
    at.deny([ERRORS], how=How.CODE)
    at.deny([ERRORS], how=How.CODE)
    assert len(at.history()) == 2
