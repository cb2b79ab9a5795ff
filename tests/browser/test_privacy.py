"""The tab Privacy and what every page says about it: as the API tells, with the commands that change it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tachograph.home import Home
from tachograph.wiring.presets import open_permissions
from tachograph_sdk.model.consent import ConsentPurpose, How
from tests.browser.looking import NARROW, WIDE, Look
from tests.flows.harness import Running, command, otlp_logs, serve, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SWITCHES = ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS", "CONTINUOUS_INTEGRATION", "BUILD_NUMBER")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A home where texts are kept, with consent, and clear names are shown."""
    home = tmp_path_factory.mktemp("recording")
    with pytest.MonkeyPatch.context() as patch:
        for name in SWITCHES:
            patch.delenv(name, raising=False)
        patch.setenv("TACHOGRAPH_TELEMETRY_IN_CI", "1")
        assert open_permissions(Home(home)).grant([ConsentPurpose.CONTENT_RECORDING], how=How.CODE).granted
        command("privacy", "policy", "content", "--yes", home=home)
        command("privacy", "identity", "clear", home=home)
        with serve(home) as server:
            assert server.post_otlp("logs", otlp_logs(["req_1", "req_2"], email="jane@example.org")) == 200
            server.wait_drained()
            yield server


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A home with the preset `strict`, where DO_NOT_TRACK is set."""
    home = tmp_path_factory.mktemp("strict")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DO_NOT_TRACK", "1")
        command("privacy", "policy", "strict", home=home)
        with serve(home) as server:
            assert server.post_otlp("logs", otlp_logs(["req_1", "req_2"], email="jane@example.org")) == 200
            server.wait_drained()
            yield server


# --- what every page says --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "dark"), [(WIDE, False), (NARROW, True)])
def test_what_is_recorded_is_told_on_every_page_with_the_commands_that_end_it(
    recording: Running, look: Look, width: int, dark: bool
) -> None:
    look.resize(width, dark=dark)
    look.open(recording.about["http"], "#/overview?range=all")
    for tab in ("overview", "sessions", "privacy"):
        look.page.evaluate(f"location.hash = '#/{tab}?range=all'")
        look.wait()
        commands = look.page.locator(".banner code").all_inner_texts()
        assert commands == ["tachograph privacy policy standard", "tachograph privacy identity pseudonym"], tab
        assert "`" not in look.page.inner_text("body"), tab
        strip = look.page.inner_text("footer")
        assert "Preset “content”, clear names." in strip, tab
        assert look.overflow() <= 0, tab
    ground, ink = look.page.evaluate(
        "(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('.banner')))"
    )
    assert abs(brightness(ground) - brightness(ink)) > 300, "a notice has to be read"
    assert look.complaints == []


def brightness(color: str) -> int:
    """Of rgb(r, g, b)."""
    return sum(int(float(x)) for x in color[4:-1].split(",")[:3])


def test_a_choice_in_a_terminal_is_seen_by_who_comes_back_to_the_page(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("choice")
    with serve(home) as server:
        look.open(server.about["http"], "#/privacy")
        assert look.page.locator("[data-preset]").get_attribute("data-preset") == "standard"
        assert look.page.locator(".banner").count() == 0
        command("privacy", "policy", "strict", home=home)
        command("privacy", "identity", "clear", home=home)
        look.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # somebody comes back to the page
        look.page.locator("[data-preset=strict]").wait_for()
        look.page.locator(".banner code").wait_for()
        assert "Preset “strict”, clear names." in look.page.inner_text("footer")


# --- the tab ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", ["captures", "recording", "strict"], indirect=True)
def test_the_figures_of_the_tab_are_those_of_the_api(server: Running, look: Look) -> None:
    look.open(server.about["http"], "#/privacy")
    page = look.page
    policy = server.get("/api/v1/privacy/policy")
    table = server.get("/api/v1/privacy/attributes")
    assert page.locator("[data-preset]").get_attribute("data-preset") == policy["preset"] == table["preset"]
    assert page.locator("[data-identity]").get_attribute("data-identity") == policy["identity"]
    assert figures(page, "What is kept") == {
        "texts_kept": policy["texts_kept"],
        **{f"treatment {name}": count for name, count in table["treatments"].items()},
    }
    dropped = server.get("/api/v1/privacy/dropped")
    assert figures(page, "What was dropped") == {one["reason"]: one["quantity"] for one in dropped["reasons"]}
    plan = {tier["tier"]: tier for tier in server.get("/api/v1/privacy/retention")["tiers"]}
    shown = page.locator("[data-panel='privacy/How long'] [data-tier]")
    assert shown.count() == len(plan) > 0
    for tier in shown.all():
        told = plan[tier.get_attribute("data-tier") or ""]
        assert tier.locator("[data-metric=rows_kept]").get_attribute("value") == str(told["rows_kept"])
        assert tier.locator("[data-metric=days]").get_attribute("value") == str(told["days"])
    used = server.get("/api/v1/privacy/rights")
    assert figures(page, "Your rights") == {
        "objections": len(used["objections"]),
        "corrections": sum(used["corrections"].values()),
        "erasures": used["by_kind"].get("erasure", 0),
    }
    kept = [row for row in table["rows"] if row["treatment"] != "drop"]
    assert len(kept) == table["kept"]
    assert page.locator("[data-panel='privacy/The policy'] tbody tr").count() == len(kept)
    assert look.complaints == []


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Running:
    """The server that a test's parameter names."""
    running: Running = request.getfixturevalue(request.param)
    return running


def figures(page: Page, panel: str) -> dict[str, int]:
    """The figures of one panel by what they are."""
    found: list[list[str]] = page.locator(f"[data-panel='privacy/{panel}'] data").evaluate_all(
        "all => all.map(one => [one.dataset.metric, one.getAttribute('value')])"
    )
    return {metric: int(value) for metric, value in found}


def test_the_captures_have_drops_to_show(captures: Running) -> None:
    reasons = {one["reason"] for one in captures.get("/api/v1/privacy/dropped")["reasons"]}
    assert reasons, "else the comparison above compares nothing"


def test_the_policy_can_be_searched(captures: Running, look: Look) -> None:
    look.open(captures.about["http"], "#/privacy")
    panel = look.page.locator("[data-panel='privacy/The policy']")
    panel.get_by_label("Search").fill("cache price")
    rows = captures.get("/api/v1/privacy/attributes")["rows"]
    assert panel.locator("tbody tr").count() < 20
    panel.get_by_label("Search").fill("working directory")
    assert panel.locator("[data-attribute=project]").count() == 1
    panel.get_by_label("Search").fill("")
    panel.get_by_label("Show").select_option("drop")
    assert panel.locator("tbody tr").count() == sum(row["treatment"] == "drop" for row in rows)
    panel.get_by_label("Of the preset").select_option("strict")
    strict_rows = captures.get("/api/v1/privacy/attributes?preset=strict")["treatments"]["drop"]
    look.page.wait_for_function(
        f"() => document.querySelectorAll(\"[data-panel='privacy/The policy'] tbody tr\").length === {strict_rows}"
    )
    panel.get_by_label("Search").fill("no such thing anywhere")
    assert "No row has these words" in panel.inner_text()


def test_strict_shows_no_panel_about_people(strict: Running, captures: Running, look: Look) -> None:
    about_people = {
        (one["name"], panel["title"])
        for one in captures.get("/api/v1/dashboards")["dashboards"]
        for panel in one["panels"]
        if "user" in panel["by"]
    }
    assert about_people == {("costs", "Top users"), ("productivity", "Contributors")}
    for server in (captures, strict):
        look.open(server.about["http"], "#/overview?range=all")
        look.page.get_by_text(f"Preset “{'strict' if server is strict else 'standard'}”").wait_for()
        by_user = look.page.get_by_role("group", name="Filters").get_by_role("button", name="User", exact=True)
        assert by_user.count() == (0 if server is strict else 1), "its list is one of people by what they cost"
        for tab in sorted({name for name, _ in about_people}):
            look.page.evaluate(f"location.hash = '#/{tab}?range=all'")
            look.wait()
            for name, title in about_people:
                panel = look.page.locator(f"[data-panel='{name}/{title}']")
                if name == tab and server is captures:
                    assert panel.get_attribute("data-source"), title
                elif name == tab:
                    assert "preset `strict` compares no people" in panel.inner_text(), title
                    assert panel.get_attribute("data-source") == "", "it asks for nothing"
                    assert panel.locator("data, canvas, table").count() == 0, title


# --- consent ---------------------------------------------------------------------------------------------------------


def test_consent_is_told_with_what_blocks_it_and_the_command(recording: Running, strict: Running, look: Look) -> None:
    look.open(recording.about["http"], "#/privacy")
    given = look.page.locator("[data-purpose=content_recording]")
    assert given.get_attribute("data-consent") == "granted"
    assert "Allowed, " in given.inner_text()
    assert "(by a program)" in given.inner_text()
    assert "tachograph privacy consent withdraw content_recording" in given.inner_text()
    other = look.page.locator("[data-purpose=usage_analytics]")
    assert "Not asked, so not allowed." in other.inner_text()
    assert "tachograph privacy consent grant usage_analytics" in other.inner_text()
    assert look.page.locator("[data-panel='privacy/Consent'] li button", has_text="Allow").count() == 0, (
        "no key, no switch"
    )
    look.open(strict.about["http"], "#/privacy")
    assert "DO_NOT_TRACK says no to everything" in look.page.inner_text("[data-panel='privacy/Consent']")


def test_with_a_key_consent_is_given_after_its_text_was_shown_and_taken_back(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("deciding")
    with pytest.MonkeyPatch.context() as patch:
        for name in SWITCHES:
            patch.delenv(name, raising=False)
        patch.setenv("TACHOGRAPH_TELEMETRY_IN_CI", "1")
        with serve(home) as server:
            look.open(server.about["http"], f"#/privacy?key={key_of(server)}")
            page = look.page
            row = page.locator("[data-purpose=usage_analytics]")
            row.get_by_role("button", name="Allow…").click()
            dialog = page.get_by_role("dialog")
            told = server.get("/api/v1/consent")["texts"]["usage_analytics"]["text"]
            for line in told.splitlines()[1:]:
                said = line.split(":", 1)[1].strip().replace("`", "")
                assert said in dialog.inner_text(), "what is agreed to is shown word by word"
            dialog.get_by_role("button", name="Leave it as it is").click()
            assert state_of(server, "usage_analytics") == "unasked", "looking is not deciding"
            row.get_by_role("button", name="Allow…").click()
            dialog.get_by_role("button", name="Allow, as it is written above").click()
            page.locator("[data-purpose=usage_analytics][data-consent=granted]").wait_for()
            assert state_of(server, "usage_analytics") == "granted"
            assert "on this page" in row.inner_text()
            row.get_by_role("button", name="Withdraw…").click()
            assert "What waits to be sent for it is removed" in dialog.inner_text()
            dialog.get_by_role("button", name="Withdraw", exact=True).click()
            page.locator("[data-purpose=usage_analytics][data-consent=withdrawn]").wait_for()
            assert state_of(server, "usage_analytics") == "withdrawn"
            assert look.complaints == []


def key_of(server: Running) -> str:
    """A new key for a page, as `tachograph open` gets it."""
    token = server.now()["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    status, body = server.request("POST", server.about["http"], "/api/v1/page-keys", b"{}", headers)
    assert status == 200, body
    return str(json.loads(body)["key"])


def state_of(server: Running, purpose: str) -> str:
    """Of consent."""
    rows = {row["purpose"]: row["state"] for row in server.get("/api/v1/consent")["purposes"]}
    return str(rows[purpose])


# --- what leaves -----------------------------------------------------------------------------------------------------


def test_what_left_is_what_receipts_say(look: Look, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("leaving")
    out = home / "sent"
    (home / "tachograph.toml").write_text(
        f'[outbox]\nmode = "review"\n[forward]\ninterval_s = 0.2\n[file_sink]\npath = "{out}"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in SWITCHES:
            patch.delenv(name, raising=False)
        patch.setenv("TACHOGRAPH_TELEMETRY_IN_CI", "1")
        command("privacy", "consent", "grant", "usage_analytics", home=home)
        with serve(home) as server:
            panel = look.page.locator("[data-panel='privacy/What leaves']")
            look.open(server.about["http"], "#/privacy")
            assert "Nothing has left this machine." in panel.inner_text()
            assert "file:…/sent" in panel.inner_text(), "where it would go"
            assert "only after somebody approved it" in panel.inner_text()
            send_until_it_waits(server)
            look.page.reload()
            look.wait()
            told = server.get("/api/v1/outbox")
            assert (
                figures(look.page, "What leaves")
                == {f"envelopes {one['state']}": one["envelopes"] for one in told["envelopes"]}
                != {}
            )
            assert panel.locator("[data-left]").get_attribute("data-left") == "false", "waiting is not leaving"
            command("outbox", "approve", "--all", home=home)
            command("outbox", "send", home=home, check=False)
            wait_for_left(server)
            look.page.reload()
            look.wait()
            assert panel.locator("[data-left]").get_attribute("data-left") == "true"
            assert "Nothing has left" not in look.page.inner_text("body")
            assert "file:…/sent" in panel.locator("[data-left]").inner_text()


def send_until_it_waits(server: Running) -> None:
    wait_until((server.home / "outbox/sinks/file_sink.cursor").exists, "the worker begins")
    assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
    wait_until(lambda: bool(server.get("/api/v1/outbox")["envelopes"]), "an envelope waits")


def wait_for_left(server: Running) -> None:
    wait_until(lambda: server.get("/api/v1/outbox")["left"]["envelopes"] > 0, "it left")
