"""Whatever happens in whatever order, nothing is collected or sent without a grant, and with one it is.

Beside the real thing runs a model of a few lines. Two objects of this process and a process of its own decide and look;
between them texts and policies change, switches are set, and the files are cut, changed, opened to others or lost.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tachograph_sdk.model.consent import ConsentPurpose, Grant, How
from tachograph_sdk.privacy.consent import EVERY_PURPOSE, Consent
from tests.architecture.tree import ROOT
from tests.effort import rounds
from tests.unit.privacy.consent.people import CONTENT, ERRORS, Person, consent_in, terms

PURPOSES = st.sets(st.sampled_from(EVERY_PURPOSE), min_size=1)
YES_NO = {"grant": "granted", "deny": "denied", "withdraw": "withdrawn"}
SWITCHES = {
    "DO_NOT_TRACK": frozenset(EVERY_PURPOSE),
    "ci": frozenset(EVERY_PURPOSE),
    "Disable_Telemetry": frozenset(EVERY_PURPOSE),
    "DISABLE_ERROR_REPORTING": frozenset({ERRORS}),
}


class OtherProcess:
    """A process that lives as long as the tests do."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.unit.privacy.consent.worker"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)
        )

    def order(self, **told: Any) -> set[ConsentPurpose]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return {ConsentPurpose(p) for p in json.loads(self._process.stdout.readline())}

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


@pytest.fixture(scope="module", autouse=True)
def other_process() -> Iterator[OtherProcess]:
    other = OtherProcess()
    ConsentMachine.other = other
    yield other
    other.end()


class Program:
    """Collects and sends as the real ones do: asks at collection, and again at sending; a withdrawal empties the queue."""

    def __init__(self, consent: Consent) -> None:
        self.consent = consent
        self.queue: list[tuple[ConsentPurpose, Grant]] = []
        consent.on_withdraw("queue", self.purge)

    def collect(self, purpose: ConsentPurpose) -> bool:
        grant = self.consent.granted(purpose)
        if grant is not None:
            self.queue.append((purpose, grant))
        return grant is not None

    def send(self) -> list[ConsentPurpose]:
        sent = [purpose for purpose, _ in self.queue if self.consent.granted(purpose) is not None]
        self.queue.clear()
        return sent

    def purge(self, purposes: frozenset[ConsentPurpose]) -> int:
        kept = [item for item in self.queue if item[0] not in purposes]
        removed = len(self.queue) - len(kept)
        self.queue[:] = kept
        return removed


class ConsentMachine(RuleBasedStateMachine):
    other: OtherProcess

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tachograph-test-consent-"))
        self.home = self.folder / "home"
        self.environ: dict[str, str] = {}
        self.version, self.policy = 1, 1
        # The model: what the latest entry says of a purpose, and whether the files can be believed.
        self.said: dict[ConsentPurpose, tuple[str, int, int]] = {}
        self.damaged = self.open_folder = self.read_only = False
        self.programs: list[Program] = []
        self.stopped: list[set[ConsentPurpose]] = []
        self.start_programs()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    # The model

    def state(self, purpose: ConsentPurpose) -> str:
        if self.damaged or self.open_folder or purpose not in self.said:
            return "unasked"
        decision, version, policy = self.said[purpose]
        if decision == "grant" and (version, policy) != (self.version, self.policy):
            return "outdated"
        return {**YES_NO, "expire": "outdated"}[decision]

    def allowed(self, purpose: ConsentPurpose, program: int | None) -> bool:
        if any(purpose in SWITCHES[name] for name in self.environ):
            return False
        if program is not None and purpose in self.stopped[program]:
            return False
        return self.state(purpose) == "granted"

    def entries(self) -> bool:
        return bool(self.said) and not self.damaged

    def new_ledger(self) -> None:
        if self.damaged:
            self.said, self.damaged = {}, False

    def model_grant(self, purposes: set[ConsentPurpose], program: int | None) -> None:
        needed = any(self.state(p) != "granted" for p in purposes)
        if (needed and self.read_only) or self.open_folder:
            return
        if needed:
            self.new_ledger()
            self.said.update(dict.fromkeys(purposes, ("grant", self.version, self.policy)))
        if program is not None:
            self.stopped[program] -= purposes

    def model_refuse(self, purposes: set[ConsentPurpose], program: int | None, *, rest: bool) -> None:
        if self.open_folder:  # what cannot be written takes everything out of force, where it can
            if not self.read_only:
                self.said, self.damaged = {}, False
                self.clear(purposes, program)
            elif program is not None:
                self.stopped[program] |= purposes
            return
        withdrawn = {p for p in purposes if self.state(p) in ("granted", "outdated")}
        denied = {p for p in purposes if rest and self.state(p) == "unasked"}
        if self.read_only and (withdrawn or denied or self.damaged):
            if program is not None:
                self.stopped[program] |= purposes
            return
        if withdrawn or denied or self.damaged:
            self.new_ledger()
        self.said.update(dict.fromkeys(withdrawn, ("withdraw", 0, 0)))
        self.said.update(dict.fromkeys(denied, ("deny", 0, 0)))
        self.clear(purposes, program)

    def clear(self, purposes: set[ConsentPurpose], program: int | None) -> None:
        if program is not None:
            self.stopped[program] -= purposes

    # What people and programs do

    @initialize(asked=st.sets(st.sampled_from(EVERY_PURPOSE)))
    def begin(self, asked: set[ConsentPurpose]) -> None:
        if asked:
            self.grant(asked, 0)
            self.collect()

    @rule()
    def restart(self) -> None:
        self.start_programs()

    def start_programs(self) -> None:
        """Two, as after a restart."""
        self.programs = []
        for _ in range(2):
            consent = consent_in(self.home, at=terms(self.version, self.policy))
            consent._environ = self.environ
            self.programs.append(Program(consent))
        self.stopped = [set(), set()]

    @contextlib.contextmanager
    def disk(self) -> Iterator[None]:
        """A file system that takes nothing, while it is read-only."""

        def refuse(*_: object, **__: object) -> None:
            raise OSError(30, "Read-only file system")

        with contextlib.ExitStack() as patched:
            if self.read_only:
                patched.enter_context(mock.patch("tachograph_sdk.privacy.consent.ledger.lock_file", refuse))
                patched.enter_context(mock.patch.object(Path, "rename", refuse))
                patched.enter_context(mock.patch("tachograph_sdk.privacy.pseudonym.create_once", refuse))
            yield

    def elsewhere(self, order: str, purposes: set[ConsentPurpose] | None) -> set[ConsentPurpose]:
        named = None if purposes is None else sorted(purposes)
        return self.other.order(
            home=str(self.home),
            order=order,
            purposes=named,
            version=self.version,
            policy=self.policy,
            environ=self.environ,
        )

    @rule(purposes=PURPOSES, program=st.sampled_from([0, 1, None]))
    def grant(self, purposes: set[ConsentPurpose], program: int | None) -> None:
        if program is None and self.read_only:
            return  # the other process has a disk of its own
        with self.disk():
            if program is None:
                self.elsewhere("grant", purposes)
            else:
                self.programs[program].consent.grant(purposes, how=How.CODE)
        self.model_grant(purposes, program)

    @rule(purposes=PURPOSES, program=st.sampled_from([0, 1, None]))
    def deny(self, purposes: set[ConsentPurpose], program: int | None) -> None:
        if program is None and self.read_only:
            return
        with self.disk():
            if program is None:
                self.elsewhere("deny", purposes)
            else:
                self.programs[program].consent.deny(purposes, how=How.CODE)
        self.model_refuse(purposes, program, rest=True)

    @rule(purposes=st.none() | PURPOSES, program=st.sampled_from([0, 1, None]))
    def withdraw(self, purposes: set[ConsentPurpose] | None, program: int | None) -> None:
        if program is None and self.read_only:
            return
        with self.disk():
            if program is None:
                self.elsewhere("withdraw", purposes)
            else:
                self.programs[program].consent.withdraw(purposes, how=How.CODE)
                left = {purpose for purpose, _ in self.programs[program].queue}
                assert not left & (set(EVERY_PURPOSE) if purposes is None else purposes)
        self.model_refuse(set(EVERY_PURPOSE) if purposes is None else purposes, program, rest=purposes is not None)

    @precondition(lambda self: not self.read_only and not self.open_folder)
    @rule(
        purposes=PURPOSES,
        again=st.booleans(),
        lines=st.lists(st.sampled_from(["y\n", "YES\n", "n\n", "\n", "maybe\n"]), max_size=5),
    )
    def ask(self, purposes: set[ConsentPurpose], again: bool, lines: list[str]) -> None:
        consent = self.programs[0].consent
        consent._terminal = Person(*lines)
        consent.ask(purposes, again=again)
        blocked = {p for p in purposes if any(p in SWITCHES[name] for name in self.environ)}
        closed = {"granted"} if again else {"granted", "denied", "withdrawn"}
        asked = [p for p in EVERY_PURPOSE if p in purposes - blocked - self.stopped[0] and self.state(p) not in closed]
        answered = dict(zip(asked, lines, strict=False))
        for purpose in answered:
            if self.state(purpose) == "outdated":
                self.said[purpose] = ("expire", 0, 0)
        if no := {p for p, line in answered.items() if line not in ("y\n", "YES\n")}:
            self.model_refuse(no, 0, rest=True)
        if yes := {p for p, line in answered.items() if line in ("y\n", "YES\n")}:
            self.model_grant(yes, 0)

    # What changes around them

    @rule(step=st.sampled_from([1, 1, -1]), of_text=st.booleans())
    def another_version(self, step: int, of_text: bool) -> None:
        """A program that is updated, or put back to the version before."""
        if of_text:
            self.version = max(1, self.version + step)
        else:
            self.policy = max(1, self.policy + step)
        self.start_programs()

    @rule(name=st.sampled_from(sorted(SWITCHES)), value=st.sampled_from(["1", "true", "YES"]))
    def set_switch(self, name: str, value: str) -> None:
        self.environ[name] = value

    @rule()
    def lift_switches(self) -> None:
        self.environ.clear()

    @rule(read_only=st.booleans(), is_open=st.booleans())
    def change_the_disk(self, read_only: bool, is_open: bool) -> None:
        """Mounted for reading only, or a folder that others can write."""
        self.read_only = read_only
        if (self.home / "consent").is_dir():
            (self.home / "consent").chmod(0o777 if is_open else 0o700)
            self.open_folder = is_open

    # What happens to the files

    @precondition(lambda self: self.entries())
    @rule(what=st.sampled_from(["cut", "flip", "lines", "rubbish", "lose", "lose everything"]), data=st.data())
    def spoil(self, what: str, data: st.DataObject) -> None:
        folder, share = self.home / "consent", data.draw(st.floats(0, 1, exclude_max=True))
        before = (folder / "ledger.jsonl").read_bytes()
        at, after = int(len(before) * share), before
        if what == "cut":
            after = before[:at]
        elif what == "flip":
            after = before[:at] + bytes([before[at] ^ (1 << data.draw(st.integers(0, 7)))]) + before[at + 1 :]
        elif what == "lines":
            lines = before.splitlines(keepends=True)
            chosen = data.draw(st.lists(st.sampled_from(range(len(lines))), max_size=len(lines) + 1))
            after = b"".join(lines[n] for n in chosen)
        elif what == "rubbish":
            rubbish = data.draw(st.binary(min_size=1, max_size=50))
            after = before + rubbish if data.draw(st.booleans()) else rubbish + before
        elif what == "lose":
            self.lose(folder / data.draw(st.sampled_from(["ledger.jsonl", "anchor.json"])), data)
        elif not self.open_folder:  # this cannot be seen; it leaves everything unasked
            shutil.rmtree(folder)
            self.said = {}
        if after != before:
            (folder / "ledger.jsonl").write_bytes(after)
            self.damaged = True

    def lose(self, path: Path, data: st.DataObject) -> None:
        """Deleted, opened to others, given away, or replaced by a link to where it is now."""
        self.damaged = True
        match data.draw(st.sampled_from(["delete", "open", "give", "link"])):
            case "delete":
                path.unlink()
            case "open":
                path.chmod(0o666)
            case "give" if os.geteuid() == 0:
                os.chown(path, 65534, -1)
            case _:
                path.rename(self.folder / path.name)
                path.symlink_to(self.folder / path.name)

    # What must hold

    @rule()
    def collect(self) -> None:
        for number, program in enumerate(self.programs):
            for purpose in EVERY_PURPOSE:
                assert program.collect(purpose) == self.allowed(purpose, number)

    @rule(program=st.sampled_from([0, 1]))
    def send(self, program: int) -> None:
        waiting = [purpose for purpose, _ in self.programs[program].queue]
        assert self.programs[program].send() == [p for p in waiting if self.allowed(p, program)]

    @invariant()
    def nothing_without_a_grant_and_everything_with_one(self) -> None:
        for number, program in enumerate(self.programs):
            for purpose in EVERY_PURPOSE:
                granted = program.consent.granted(purpose)
                assert (granted is not None) == self.allowed(purpose, number)
                assert granted is None or granted.text_version == self.version
        assert self.elsewhere("look", None) == {p for p in EVERY_PURPOSE if self.allowed(p, None)}
        assert consent_in(None).granted(CONTENT) is None

    @invariant()
    def the_state_is_what_the_model_says(self) -> None:
        for standing in self.programs[1].consent.status().standings:
            assert standing.state == self.state(standing.purpose), standing.purpose


TestConsentMachine = ConsentMachine.TestCase
TestConsentMachine.settings = settings(max_examples=rounds(30, thorough=120), stateful_step_count=30)
