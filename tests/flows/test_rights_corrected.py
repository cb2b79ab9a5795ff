"""What was corrected first and erased then, and what the commands say of it, on the real program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.home import Home
from tests.flows.harness import command
from tests.flows.test_rights import BOB, FOLDERS, JANE, SESSIONS, telemetry, transcripts


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """A home in which two of Jane's requests stand in a session of Bob's, without a name."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    told = tmp_path / "told"
    told.mkdir()
    for person in (JANE, BOB):
        (told / f"{person}.json").write_bytes(telemetry(person))
    agents = transcripts(tmp_path / "agents", BOB)
    for path in agents.rglob("*.jsonl"):
        text = path.read_text()
        for number in (6, 7):
            text = text.replace(f'"req_{SESSIONS[BOB][0][:8]}_{number}"', f'"req_{SESSIONS[JANE][0][:8]}_{number}"')
        path.write_text(text)
    command("import", str(told), str(agents), home=home)
    return home


@pytest.mark.timeout(120)
def test_an_erasure_takes_the_ids_of_records_out_of_corrections_that_stay(at: Path) -> None:
    command("privacy", "rectify", "--person", JANE, "--set", "skill=sort", "--instead-of", "none", home=at)
    command("privacy", "rectify", "--person", JANE, "--set", "user=eve@example.net", home=at)
    (first, _) = json.loads(Home(at).corrections.read_bytes())["corrections"]
    assert first["footprint"]["events"], "records that do not say whose they are, in a session that is another's"
    done = json.loads(command("privacy", "erase", "--person", "eve@example.net", "--yes", "--json", home=at).stdout)
    assert done["complete"]
    (left,) = json.loads(Home(at).corrections.read_bytes())["corrections"]
    assert left["correction_id"] == first["correction_id"]
    assert left["footprint"]["events"] == []


@pytest.mark.timeout(120)
def test_sessions_are_counted_and_times_have_their_zone(at: Path) -> None:
    said = command("privacy", "show", "--everything", home=at).stdout
    assert " of 3 sessions, from 2026-11-01 " in said
    assert said.count(" UTC") >= 2
    asked = command("privacy", "erase", "--session", SESSIONS[BOB][1], "--dry-run", home=at).stdout
    assert "1 session, from 2026-11-01 " in asked
    for given in ((), ("--since", "2026-01-01")):
        refused = command("privacy", "erase", *given, home=at, check=False)
        assert refused.returncode == 2
        assert "--person" in refused.stderr, "first whose, then whether"


@pytest.mark.timeout(120)
def test_what_is_in_force_is_told_with_whose_and_until_when(at: Path) -> None:
    command("privacy", "rectify", "--person", JANE, "--set", "skill=sort", "--instead-of", "none", home=at)
    command("privacy", "object", "--person", JANE, "--until", "2027-01-01", "--tz", "UTC", home=at)
    corrections = command("privacy", "rectify", "--list", home=at).stdout
    assert "skill = sort instead of none, for u_" in corrections
    objections = command("privacy", "object", "--list", home=at).stdout
    assert "person  all purposes, until 2027-01-01 00:00:00 UTC" in objections


@pytest.mark.timeout(120)
def test_an_import_says_what_was_not_kept_and_the_doctor_why(at: Path, tmp_path: Path) -> None:
    assert "objections" not in command("doctor", home=at, check=False).stdout
    command("privacy", "object", "--project", FOLDERS[JANE], home=at)
    said = command("import", str(transcripts(tmp_path / "more", JANE)), home=at).stdout
    assert "0 events new" in said
    assert "34 events not kept: somebody objected to that (`tachograph privacy object --list`)" in said
    assert "objections: 1 in force" in command("doctor", home=at, check=False).stdout
    command("privacy", "erase", "--person", BOB, "--yes", home=at)
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "logs.json").write_bytes(telemetry(BOB))
    said = command("import", str(tmp_path / "again"), home=at).stdout
    assert "8 events not kept: that was erased before, and does not come back" in said
