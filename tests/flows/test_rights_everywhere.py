"""What an erasure must find besides records: envelopes, what a killed process left, and what it must leave alone."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tachograph.config import Settings
from tachograph.home import Home
from tachograph.wiring.parts import build_core
from tachograph.wiring.rights import build_rights
from tachograph_sdk.model.consent import ConsentPurpose, How
from tachograph_sdk.privacy.consent import Consent
from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret
from tests.flows.harness import command, serve
from tests.flows.test_rights import JANE, SESSIONS, erase, telemetry
from tests.unit.outbox.parts import Place, make_outbox, put


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TACHOGRAPH_JOURNAL__SEGMENT_AGE_S", "0.3")


@pytest.fixture
def at(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    with serve(home) as server:
        assert server.post_otlp("logs", telemetry(JANE)) == 200
        server.wait_drained()
        assert server.stop() == 0
    return home


def test_everything_means_every_envelope_too(at: Path) -> None:
    names = Pseudonymizer(load_or_create_secret(Home(at).secret))
    outbox = make_outbox(at, mode="review")
    put(outbox, Place(), number=1, about=[names.user(JANE)])
    put(outbox, Place(), number=2)
    held = json.loads(command("privacy", "show", "--everything", "--json", home=at).stdout)
    assert held["outbox_envelopes"] == 2
    assert json.loads(command("privacy", "show", "--json", home=at).stdout) == held, "who names nobody means everybody"
    plan = json.loads(command("privacy", "erase", "--everything", "--dry-run", "--json", home=at).stdout)
    assert plan["outbox_envelopes"] == 2
    told = erase(at, "--everything")
    assert told["outbox_envelopes"] == 2
    assert told["complete"], told["search"]
    assert outbox.entries() == []


def test_envelopes_with_records_that_say_nobodys_name_go_with_the_person(at: Path) -> None:
    """In a session of two people a record may be told to be hers by its request alone: by its id it is found again."""
    with serve(at) as server:
        assert server.post_otlp("logs", telemetry("bob@example.com", session=SESSIONS[JANE][0], start=50)) == 200
        nameless = telemetry("", session=SESSIONS[JANE][0], count=1).replace(b"api_request", b"api_error")
        assert server.post_otlp("logs", nameless) == 200
        server.wait_drained()
        sql = "select event_id from events where user_id is null"
        ((event_id,),) = json.loads(command("query", sql, "--json", home=at).stdout)["rows"]
        assert server.stop() == 0
    outbox = make_outbox(at, mode="review")
    put(outbox, Place(), number=1, about=[event_id.replace("-", "")])
    put(outbox, Place(), number=2, about=["u_0000000000000000"])
    told = erase(at, "--person", JANE)
    assert told["tables"]["events"] == 9
    assert told["outbox_envelopes"] == 1
    assert told["complete"], told["search"]


def test_what_a_killed_process_was_writing_goes_too(at: Path) -> None:
    gone = 2**22 + 1  # no system gives a process this number
    for name in ("erasure.json", "corrections.json"):
        (at / f".{name}.{gone}-1").write_text(json.dumps({"texts": [JANE]}))
    assert erase(at, "--person", JANE)["complete"]


def test_who_gave_consent_can_be_erased_and_the_ledger_still_proves_it(at: Path) -> None:
    consent = Consent(at, environ={})
    assert consent.grant([ConsentPurpose.USAGE_ANALYTICS], how=How.CODE, who=JANE).recorded
    told = erase(at, "--person", JANE)
    assert told["tables"]["requests"] == 8
    assert told["complete"], told["search"]
    assert consent.verify() is None
    (entry,) = consent.history()
    assert entry.who is not None


@pytest.mark.parametrize(
    "content",
    [
        "{",
        '{"version": 9}',
        *(pytest.param(t, marks=pytest.mark.long) for t in ("{}", "[]", '{"version": 1, "at_us": 5}')),
    ],
)
def test_a_plan_that_cannot_be_read_is_told_with_what_to_do(at: Path, content: str) -> None:
    (at / "erasure.json").write_text(content)
    for words in (("report",), ("privacy", "erase", "--person", JANE, "--yes")):
        done = command(*words, home=at, check=False)
        assert done.returncode == 1
        assert "erasure.json" in done.stderr
        assert "delete it, then erase again" in done.stderr
        assert "Traceback" not in done.stderr
    (at / "erasure.json").unlink()
    assert erase(at, "--person", JANE)["complete"]


def test_an_export_is_not_made_while_something_is_erased(at: Path, tmp_path: Path) -> None:
    """It would be noted after the noted ones were deleted, and stay with all that was just erased."""
    core = build_core(Home(at), Settings())
    quiet = threading.Lock()
    rights = build_rights(Home(at), Settings(), core, quiet=quiet)
    order = {"person": [JANE], "to": str(tmp_path / "jane"), "form": "json"}
    thread = threading.Thread(target=rights.export, args=(order,))
    with quiet:  # as erasing holds it
        thread.start()
        thread.join(1.0)
        assert thread.is_alive()
        assert not (tmp_path / "jane").exists()
    thread.join()
    core.store.close()
    assert (tmp_path / "jane").is_dir()
