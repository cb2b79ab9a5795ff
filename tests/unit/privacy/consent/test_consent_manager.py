"""The names of the replaced SDK metrics, on the ledger that collection and sending look at."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.client.compat import ConsentManager, PrivacySettings
from tachograph_sdk.model.consent import ConsentState, Decision, How
from tachograph_sdk.privacy.consent import Consent
from tachograph_sdk.privacy.consent.legacy import legacy_file, read_legacy, take_over_legacy
from tests.unit.outbox.parts import Place, make_outbox, put
from tests.unit.privacy.consent.people import CONTENT, ERRORS, NAMES, PERFORMANCE, USAGE, Person, consent_in

DEFAULT = ["usage_analytics", "error_reporting", "performance_metrics"]

# As that SDK writes it after `grant_consent(["usage_analytics", "error_reporting"])`, and after `withdraw_consent()`.
GIVEN: dict[str, Any] = {
    "consent_version": "1.0",
    "consent_given": True,
    "consent_timestamp": "2025-09-01T12:00:00.123456+00:00",
    "data_types_consented": ["error_reporting", "usage_analytics", "something_else"],
    "privacy_settings": {"anonymize_paths": True, "auto_delete_after_days": 90},
    "withdrawal_timestamp": None,
}
WITHDRAWN = {
    **GIVEN,
    "consent_given": False,
    "data_types_consented": [],
    "withdrawal_timestamp": "2025-09-02T00:00:00+00:00",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that says no, and an empty folder of the user."""
    for name in list(os.environ):
        if name.startswith(("CI", "GITHUB_", "GITLAB_", "TACHOGRAPH_")) or name == "DO_NOT_TRACK":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def write_legacy(told: object, tmp_path: Path) -> Path:
    path = tmp_path / "user/.claude-code-sdk/consent.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told))
    return path


def test_it_is_imported_from_where_the_documents_say():
    import tachograph_sdk.client.compat as names

    assert {"ConsentManager", "PrivacySettings"} <= set(names.__all__)


def test_a_yes_is_a_yes_for_collection_and_sending(tmp_path: Path):
    manager = ConsentManager(terminal=Person(*["y\n"] * 3))
    assert manager.request_consent() is True
    everywhere = Consent(tmp_path / "data/tachograph", environ={})
    assert [bool(everywhere.granted(purpose)) for purpose in (USAGE, ERRORS, PERFORMANCE)] == [True] * 3
    assert everywhere.granted(NAMES) is None
    assert manager.consent.granted(USAGE) is not None
    assert manager.has_consent()
    assert manager.has_consent("error_reporting")
    assert not manager.has_consent("project_names")
    assert not manager.has_consent("nonsense")


def test_what_is_granted_is_not_asked_for_again(tmp_path: Path):
    ConsentManager(terminal=Person("y\n")).request_consent(["usage_analytics"])
    person = Person()
    assert ConsentManager(terminal=person).request_consent(["usage_analytics"]) is True
    assert person.read == ""


@pytest.mark.parametrize("lines", [["n\n"] * 3, [], ["y\n", "n\n", "y\n"], ["y\n", "y\n"], [KeyboardInterrupt]])
def test_anything_less_than_a_yes_to_each_is_false(lines: list[Any]):
    assert ConsentManager(terminal=Person(*lines)).request_consent() is False


def test_no_terminal_means_no():
    manager = ConsentManager(terminal=Person("y\n", there=False))
    assert manager.request_consent() is False
    assert manager.has_consent() is False


def test_nobody_consents_to_what_does_not_exist():
    person = Person(*["y\n"] * 5)
    manager = ConsentManager(terminal=person)
    assert manager.request_consent(["usage_analytics", "nonsense"]) is False
    manager.grant_consent(["nonsense"])
    assert person.read == ""
    assert not manager.has_consent()


def test_the_answers_have_the_known_keys():
    manager = ConsentManager()
    empty = manager.get_consent_info()
    assert empty == {
        "consent_given": False,
        "consent_date": None,
        "data_types": [],
        "privacy_settings": PrivacySettings().to_dict(),
        "withdrawal_date": None,
    }
    manager.grant_consent(["usage_analytics", "error_reporting"])
    given = manager.get_consent_info()
    assert (given["consent_given"], given["withdrawal_date"]) == (True, None)
    assert given["consent_date"].endswith("+00:00")
    assert given["data_types"] == ["usage_analytics", "error_reporting"]
    manager.withdraw_consent()
    gone = manager.get_consent_info()
    assert (gone["consent_given"], gone["consent_date"], gone["data_types"]) == (False, None, [])
    assert gone["withdrawal_date"].endswith("+00:00")
    assert json.loads(json.dumps(gone)) == gone


def test_the_export_holds_the_whole_history():
    manager = ConsentManager()
    manager.grant_consent(["usage_analytics"])
    manager.withdraw_consent()
    told = manager.export_consent_data()
    assert set(told) == {"consent_data", "export_timestamp", "privacy_rights"}
    assert told["privacy_rights"] == dict.fromkeys(
        ["data_portability", "right_to_erasure", "right_to_rectification", "right_of_access"], True
    )
    assert {"consent_version", "consent_given", "consent_timestamp", "data_types_consented"} <= set(
        told["consent_data"]
    )
    assert [entry["decision"] for entry in told["consent_data"]["history"]] == ["grant", "withdraw"]
    assert json.loads(json.dumps(told)) == told


def test_consent_can_be_given_again_after_it_was_taken_back():
    manager = ConsentManager(terminal=Person("y\n"))
    manager.grant_consent(["usage_analytics"])
    manager.withdraw_consent(["usage_analytics"])
    assert not manager.has_consent()
    assert manager.request_consent(["usage_analytics"]) is True


def test_deleting_all_data_leaves_neither_consent_nor_old_files(tmp_path: Path):
    old = write_legacy(GIVEN, tmp_path)
    old.with_name("analytics.json").write_text("{}")
    manager = ConsentManager()
    manager.consent.on_withdraw("queue", lambda _: 4)
    manager.grant_consent(DEFAULT)
    assert manager.delete_all_data() is True
    assert not manager.has_consent()
    assert list(old.parent.iterdir()) == []
    assert not (tmp_path / "data/tachograph/consent/ledger.jsonl").exists()
    assert manager.get_consent_info()["withdrawal_date"] is None


def test_deleting_that_did_not_work_everywhere_says_so(tmp_path: Path):
    manager = ConsentManager()
    manager.grant_consent(DEFAULT)

    def fail(_: object) -> int:
        raise OSError("no")

    manager.consent.on_withdraw("queue", fail)
    assert manager.delete_all_data() is False
    assert not manager.has_consent()


@pytest.mark.parametrize("end", [ConsentManager.withdraw_consent, ConsentManager.delete_all_data])
def test_what_waits_to_be_sent_goes_with_the_consent(tmp_path: Path, end: Any):
    manager = ConsentManager(home=tmp_path)
    manager.grant_consent(["usage_analytics"])
    outbox = make_outbox(tmp_path)
    put(outbox, Place())
    end(manager)
    assert outbox.entries() == []
    assert [receipt["reason"] for receipt in outbox.receipts.read()] == ["withdrawn"]


def test_a_file_that_is_named_keeps_its_own_ledger(tmp_path: Path):
    ConsentManager(tmp_path / "mine/consent.json").grant_consent(["usage_analytics"])
    assert not ConsentManager().has_consent()
    assert ConsentManager(tmp_path / "mine/consent.json").has_consent("usage_analytics")


def test_privacy_settings_cannot_be_weakened(caplog: pytest.LogCaptureFixture):
    manager = ConsentManager()
    manager.update_privacy_settings(PrivacySettings())
    assert caplog.text == ""
    manager.update_privacy_settings(PrivacySettings.from_dict({"anonymize_paths": False}))
    assert "stay as they are" in caplog.text
    assert manager.get_privacy_settings() == PrivacySettings()


def test_the_banner_says_what_is_asked():
    banner = ConsentManager().show_consent_banner()
    assert "Usage analytics" in banner
    assert "[y/N]" in banner


# What an old file says


def test_an_old_consent_becomes_none_of_ours_and_is_asked_anew(tmp_path: Path):
    old = write_legacy(GIVEN, tmp_path)
    before = old.read_bytes()
    person = Person("y\n", "y\n")
    manager = ConsentManager(terminal=person)
    assert not manager.has_consent()
    told = manager.export_consent_data()["consent_data"]
    assert told["asked_under_an_older_text"] is True
    assert told["states"]["usage_analytics"] == "outdated"
    assert told["states"]["performance_metrics"] == "unasked"
    entry = manager.consent.history()[0]
    assert (entry.decision, entry.how, entry.subjects[0].text_version) == (Decision.EXPIRE, How.IMPORT, 0)
    assert entry.at_us == 1_756_728_000_123_456
    assert old.read_bytes() == before
    assert manager.request_consent(["usage_analytics", "error_reporting"]) is True
    assert person.read.count("[y/N]") == 2


def test_an_old_withdrawal_stays_one(tmp_path: Path):
    write_legacy(WITHDRAWN, tmp_path)
    manager = ConsentManager()
    assert {s.state for s in manager.consent.status().standings if s.purpose in (USAGE, ERRORS, PERFORMANCE)} == {
        ConsentState.WITHDRAWN
    }
    assert manager.get_consent_info()["withdrawal_date"] == "2025-09-02T00:00:00+00:00"


def test_an_old_file_is_read_once_and_never_overrules_what_was_decided_since(tmp_path: Path):
    write_legacy(GIVEN, tmp_path)
    manager = ConsentManager()
    manager.grant_consent(["usage_analytics"])
    write_legacy(WITHDRAWN, tmp_path)
    manager = ConsentManager()
    assert manager.has_consent("usage_analytics")
    entries = len(manager.consent.history())
    assert len(ConsentManager().consent.history()) == entries


@pytest.mark.parametrize(
    "told",
    [
        [],
        None,
        "text",
        {},
        {"consent_given": True},
        {**GIVEN, "data_types_consented": "usage_analytics"},
        {**GIVEN, "data_types_consented": [1, None, {}]},
        {**GIVEN, "consent_given": "yes"},
        {**GIVEN, "consent_given": False},
    ],
)
def test_a_file_that_says_nothing_is_nothing(told: object, tmp_path: Path):
    write_legacy(told, tmp_path)
    assert not ConsentManager().has_consent()
    assert ConsentManager().consent.history() == ()


@pytest.mark.parametrize("when", [None, 5, "yesterday", "9999-99-99", "2025-09-01", "1900-01-01T00:00:00+00:00"])
def test_a_date_nobody_understands_costs_only_the_date(when: object, tmp_path: Path):
    path = write_legacy({**GIVEN, "consent_timestamp": when}, tmp_path)
    found = read_legacy(path)
    assert found is not None
    assert found.purposes == (USAGE, ERRORS)
    assert ConsentManager().consent.status().standings[0].state is ConsentState.OUTDATED


def test_a_file_that_is_none_is_nothing(tmp_path: Path):
    path = tmp_path / "consent.json"
    assert read_legacy(path) is None
    os.mkfifo(path)
    assert read_legacy(path) is None
    path.unlink()
    path.mkdir()
    assert read_legacy(path) is None
    path.rmdir()
    path.write_bytes(b"[" * 200_000)
    assert read_legacy(path) is None
    assert legacy_file({"HOME": "/nowhere"}) == Path("/nowhere/.claude-code-sdk/consent.json")


def test_a_grant_is_never_taken_over(home: Path):
    at = consent_in(home)
    with pytest.raises(Exception, match="another text"):
        at.take_over(Decision.GRANT, at.terms.subjects([CONTENT]))
    assert take_over_legacy(at, None) is None


def test_a_home_that_cannot_be_used_is_logged_and_raises_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    (tmp_path / "file").write_text("")
    caplog.set_level(logging.WARNING)
    manager = ConsentManager(home=tmp_path / "file", terminal=Person("y\n"))
    manager.grant_consent(["usage_analytics"])
    assert manager.request_consent(["usage_analytics"]) is False
    manager.withdraw_consent()
    assert not manager.has_consent()
    assert "could not be" in caplog.text or "cannot be" in caplog.text
